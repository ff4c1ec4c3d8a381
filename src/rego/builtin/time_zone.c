/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/time_zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "rego/builtin/time_rule.h"
#include "rego/builtin/time_zone_data.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo/"
#define LOCAL_ZONE "/etc/localtime"

enum { MOST_KINDS = 256, LONGEST_RULE = 128, HEADER_LEN = 44, LARGEST_DATABASE = 1 << 20 };

struct kind { /* of local time */
	struct time_offset offset;
	bool summer;
};

struct change {
	int64_t when;
	uint8_t kind;
};

struct time_zone {
	struct change *changes;
	size_t change_count, kind_count;
	struct kind kinds[MOST_KINDS];
	bool has_rule;
	struct time_rule rule; /* after the last change */
};

struct header {
	uint32_t utc_count, standard_count, leap_count, change_count, kind_count, name_bytes;
	uint8_t version;
};

/* ---- decoding (rfc8536 3.1, 3.2) ---- */

static bool
read_header(struct cursor *c, struct header *ret)
{
	str_t magic = cursor_take(c, 4);

	ret->version = cursor_u8(c);
	(void)cursor_take(c, 15);
	ret->utc_count = cursor_u32be(c);
	ret->standard_count = cursor_u32be(c);
	ret->leap_count = cursor_u32be(c);
	ret->change_count = cursor_u32be(c);
	ret->kind_count = cursor_u32be(c);
	ret->name_bytes = cursor_u32be(c);
	return !c->failed && str_eq(magic, STR("TZif")) && ret->kind_count > 0 &&
	    ret->kind_count <= MOST_KINDS && ret->change_count <= TIME_ZONE_LARGEST &&
	    ret->name_bytes <= TIME_ZONE_LARGEST && ret->leap_count <= TIME_ZONE_LARGEST;
}

static void
skip_body(struct cursor *c, const struct header *h, size_t time_size)
{
	(void)cursor_take(c, h->change_count * (time_size + 1) + (size_t)h->kind_count * 6 +
	    h->name_bytes + h->leap_count * (time_size + 4));
	(void)cursor_take(c, h->standard_count);
	(void)cursor_take(c, h->utc_count);
}

static int64_t
read_time(struct cursor *c, size_t size)
{
	uint64_t high;

	if (size == 4)
		return (int32_t)cursor_u32be(c);
	high = cursor_u32be(c);
	return (int64_t)(high << 32 | cursor_u32be(c));
}

static void
copy_name(char *to, str_t names, size_t from)
{
	size_t end = from < names.len ? str_find_char(names, '\0', from) : from;

	(void)snprintf(to, TIME_ZONE_NAME_LEN, "%.*s",
	    from < names.len ? (int)(end - from) : 0, from < names.len ? names.data + from : "");
}

static bool
read_kinds(struct cursor *c, const struct header *h, struct time_zone *z)
{
	uint8_t name_at[MOST_KINDS];
	str_t names;

	for (uint32_t i = 0; i < h->kind_count; i++) {
		z->kinds[i].offset.seconds = (int32_t)cursor_u32be(c);
		z->kinds[i].summer = cursor_u8(c) != 0;
		name_at[i] = cursor_u8(c);
		if (z->kinds[i].offset.seconds <= -25 * 3600 || z->kinds[i].offset.seconds >= 26 * 3600)
			return false; /* rfc8536 3.2 */
	}
	z->kind_count = h->kind_count;
	names = cursor_take(c, h->name_bytes);
	for (uint32_t i = 0; i < h->kind_count; i++)
		copy_name(z->kinds[i].offset.name, names, name_at[i]);
	return !c->failed;
}

static bool
read_body(struct cursor *c, const struct header *h, size_t time_size, struct time_zone *z)
{
	if (cursor_left(c) < h->change_count * (time_size + 1))
		return false;
	z->changes = calloc(h->change_count + 1, sizeof(*z->changes));
	if (z->changes == NULL)
		return false;
	z->change_count = h->change_count;
	for (uint32_t i = 0; i < h->change_count; i++) {
		z->changes[i].when = read_time(c, time_size);
		if (i > 0 && z->changes[i].when <= z->changes[i - 1].when)
			return false;
	}
	for (uint32_t i = 0; i < h->change_count; i++) {
		z->changes[i].kind = cursor_u8(c);
		if (z->changes[i].kind >= h->kind_count)
			return false;
	}
	if (!read_kinds(c, h, z))
		return false;
	(void)cursor_take(c, h->leap_count * (time_size + 4));
	(void)cursor_take(c, h->standard_count);
	(void)cursor_take(c, h->utc_count);
	return !c->failed;
}

/* A newline, the rule, a newline (rfc8536 3.3). */
static bool
read_footer(struct cursor *c, struct time_zone *z)
{
	str_t rest = cursor_take(c, cursor_left(c));
	size_t end;

	if (rest.len == 0 || rest.data[0] != '\n')
		return true;
	rest = str_skip(rest, 1);
	end = str_find_char(rest, '\n', 0);
	if (end > LONGEST_RULE)
		return false;
	z->has_rule = time_rule_parse(str_sub(rest, 0, end), &z->rule);
	return true;
}

static bool
read_zone(str_t file, struct time_zone *z)
{
	struct cursor c = cursor_of(file);
	struct header h;

	if (file.len < HEADER_LEN || file.len > TIME_ZONE_LARGEST || !read_header(&c, &h))
		return false;
	if (h.version == 0)
		return read_body(&c, &h, 4, z);
	skip_body(&c, &h, 4);
	return read_header(&c, &h) && read_body(&c, &h, 8, z) && read_footer(&c, z);
}

struct time_zone *
time_zone_new(str_t file)
{
	struct time_zone *z = calloc(1, sizeof(*z));

	if (z != NULL && !read_zone(file, z))
		time_zone_free(&z);
	return z;
}

void
time_zone_free(struct time_zone **zone)
{
	if (*zone == NULL)
		return;
	free((*zone)->changes);
	free(*zone);
	*zone = NULL;
}

/* ---- files ---- */

/* No way out of the directory: no empty parts, no dots at a part's front. */
static bool
is_zone_name(str_t name)
{
	char before = '/';

	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (before == '/' || strchr("_+-/", c) == NULL || c == '\0'))
			return false;
		before = c;
	}
	return name.len > 0 && name.len < 64;
}

static err_t
load_file(const char *path, struct time_zone **ret)
{
	struct buf file;
	err_t err;

	buf_init(&file, TIME_ZONE_LARGEST);
	err = file_read(NULL, path, FILE_ANY, &file, NULL);
	if (err == ERR_OK) {
		*ret = time_zone_new(buf_str(&file));
		err = *ret != NULL ? ERR_OK : ERR_SYNTAX;
	}
	buf_fini(&file);
	return err;
}

/*
 * Whether the system's zone files are older than ours.  Their version stands in the first
 * line of the database's text form ("# version 2025b"); where it does not, they may be
 * anything, and who installed them will know.
 */
static bool
is_outdated(void)
{
	static const char mark[] = "# version ";
	struct buf text;
	bool older = false;

	buf_init(&text, LARGEST_DATABASE);
	if (file_read(NULL, ZONE_DIRECTORY "tzdata.zi", FILE_ANY, &text, NULL) == ERR_OK &&
	    str_has_prefix(buf_str(&text), str_of(mark))) {
		str_t version = str_skip(buf_str(&text), sizeof(mark) - 1);

		version = str_sub(version, 0, str_find_char(version, '\n', 0));
		older = str_cmp(version, str_of(time_zone_data_version)) < 0;
	}
	buf_fini(&text);
	return older;
}

err_t
time_zone_load_own(str_t name, struct time_zone **ret)
{
	struct arena *arena = arena_new(TIME_ZONE_DATA_MEMORY);
	str_t all, file;
	err_t err = arena != NULL ? time_zone_data_unpack(arena, &all) : ERR_MEMORY;

	if (err == ERR_OK)
		err = time_zone_data_find(all, name, &file);
	if (err == ERR_OK) {
		*ret = time_zone_new(file);
		err = *ret != NULL ? ERR_OK : ERR_MEMORY;
	}
	arena_free(&arena);
	return err;
}

err_t
time_zone_load(str_t name, struct time_zone **ret)
{
	char path[sizeof(ZONE_DIRECTORY) + 64];
	err_t err;

	if (str_eq(name, STR("Local")))
		return load_file(LOCAL_ZONE, ret);
	if (!is_zone_name(name))
		return ERR_SYNTAX;
	(void)snprintf(path, sizeof(path), ZONE_DIRECTORY "%.*s", STR_FMT(name));
	if (!is_outdated() && load_file(path, ret) == ERR_OK)
		return ERR_OK;
	err = time_zone_load_own(name, ret);
	return err == ERR_NOT_FOUND ? load_file(path, ret) : err;
}

/* ---- asking ---- */

static const struct kind *
first_kind(const struct time_zone *z)
{
	bool used = false;
	size_t i;

	for (i = 0; i < z->change_count && !used; i++)
		used = z->changes[i].kind == 0;
	if (!used)
		return &z->kinds[0];
	if (z->kinds[z->changes[0].kind].summer) {
		for (i = z->changes[0].kind; i-- > 0;) {
			if (!z->kinds[i].summer)
				return &z->kinds[i];
		}
	}
	for (i = 0; i < z->kind_count; i++) {
		if (!z->kinds[i].summer)
			return &z->kinds[i];
	}
	return &z->kinds[0];
}

struct time_offset
time_zone_offset_at(const struct time_zone *z, int64_t unix_seconds)
{
	size_t low = 0, high = z->change_count; /* changes before `low` are in the past */

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->changes[middle].when <= unix_seconds)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->change_count && z->has_rule)
		return time_rule_offset_at(&z->rule, unix_seconds);
	return low == 0 ? first_kind(z)->offset : z->kinds[z->changes[low - 1].kind].offset;
}
