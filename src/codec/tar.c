/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/tar.h"

#include <stddef.h>
#include <stdio.h>

#include "base/vec.h"

enum { EXTENSION_MAX = 64 * 1024, FIELD_NAME = 100, FIELD_PREFIX = 155 };

/* POSIX.1-2001 pax, "ustar Interchange Format". */
struct header {
	char name[FIELD_NAME];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[8]; /* with the version */
	char user[32], group[32], major[8], minor[8];
	char prefix[FIELD_PREFIX];
	char pad[12];
};

_Static_assert(sizeof(struct header) == TAR_BLOCK, "a header is a block");

VEC_TYPE(entry_list, struct tar_entry);

struct reading {
	struct arena *arena;
	str_t archive;
	size_t at;
	struct tar_fault *fault;
	/* what extension headers say about the next entry */
	bool extended;
	str_t path; /* empty: not said */
	bool has_size;
	uint64_t size;
};

static err_t
refuse(struct reading *r, const char *why)
{
	r->fault->why = why;
	return ERR_SYNTAX;
}

static bool
is_zero(str_t bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i] != 0)
			return false;
	return true;
}

/* ---- fields ---- */

/* Digits, then nothing but NUL and blanks; or base 256 (GNU, star) with the top bit set. */
static bool
read_number(const char *field, size_t len, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0, digits;

	if ((unsigned char)field[0] == 0x80) {
		for (i = 1; i < len; i++) {
			if (value >> 55 != 0)
				return false;
			value = value << 8 | (unsigned char)field[i];
		}
		*ret = value;
		return true;
	}
	while (i < len && field[i] == ' ')
		i++;
	for (digits = i; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	if (i == digits)
		return false;
	for (; i < len; i++)
		if (field[i] != '\0' && field[i] != ' ')
			return false;
	*ret = value;
	return true;
}

/* Up to the first NUL; false: there is something behind it. */
static bool
read_text(const char *field, size_t len, str_t *ret)
{
	size_t end = str_find_char(str_make(field, len), '\0', 0);

	*ret = str_make(field, end);
	return is_zero(str_make(field + end, len - end));
}

static bool
has_checksum(const struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	size_t from = offsetof(struct header, checksum);
	uint64_t sum = 0, said;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= from && i < from + sizeof(h->checksum) ? ' ' : bytes[i];
	return read_number(h->checksum, sizeof(h->checksum), &said) && said == sum;
}

static err_t
read_name(struct reading *r, const struct header *h, str_t *ret)
{
	bool posix = memcmp(h->magic, "ustar\0" "00", 8) == 0;
	bool gnu = memcmp(h->magic, "ustar  \0", 8) == 0;
	str_t name, prefix;

	if (!read_text(h->name, sizeof(h->name), &name))
		return refuse(r, "there is something behind the end of a name");
	r->fault->name = name;
	if (!posix && !gnu && !is_zero(str_make(h->magic, sizeof(h->magic))))
		return refuse(r, "a header is of no known format");
	if (!read_text(h->prefix, sizeof(h->prefix), &prefix) || (!posix && prefix.len > 0))
		return refuse(r, "there is something behind the end of a name");
	if (prefix.len > 0 && prefix.data[0] == '/')
		return refuse(r, "a name is absolute");
	*ret = name;
	if (prefix.len == 0)
		return ERR_OK;
	*ret = arena_printf(r->arena, "%.*s/%.*s", STR_FMT(prefix), STR_FMT(name));
	return ret->data != NULL ? ERR_OK : ERR_MEMORY;
}

/* The bytes that follow a header, and the zeros up to the next block. */
static err_t
take_bytes(struct reading *r, uint64_t size, str_t *ret)
{
	size_t left = r->archive.len - r->at, padded;

	if (size > left)
		return refuse(r, "a file is cut off");
	padded = ((size_t)size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	if (padded > left)
		return refuse(r, "a file is cut off");
	*ret = str_sub(r->archive, r->at, (size_t)size);
	if (!is_zero(str_sub(r->archive, r->at + (size_t)size, padded - (size_t)size)))
		return refuse(r, "there is something in the padding behind a file");
	r->at += padded;
	return ERR_OK;
}

/* ---- extension headers ---- */

static bool
read_decimal(str_t text, uint64_t *ret)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret = value;
	return true;
}

static bool
has_byte(str_t s, char c)
{
	return str_find_char(s, c, 0) < s.len;
}

static err_t
take_record(struct reading *r, str_t key, str_t value, bool global)
{
	/* Kept by honest archivers; without a meaning here. */
	static const str_t ignored[] = { STR("mtime"), STR("atime"), STR("ctime"), STR("uid"),
		STR("gid"), STR("uname"), STR("gname"), STR("comment") };

	if (key.len == 0 || has_byte(key, '\0') || has_byte(value, '\0') || has_byte(value, '\n'))
		return refuse(r, "a pax record is malformed");
	if (global && !str_eq(key, STR("comment")))
		return refuse(r, "a global pax header changes the entries behind it");
	if (str_eq(key, STR("path"))) {
		if (r->path.len > 0 || value.len == 0)
			return refuse(r, "a pax header names a file twice or not at all");
		r->path = value;
		return ERR_OK;
	}
	if (str_eq(key, STR("size"))) {
		if (r->has_size || !read_decimal(value, &r->size))
			return refuse(r, "a pax header gives a size twice or not as a number");
		r->has_size = true;
		return ERR_OK;
	}
	for (size_t i = 0; i < COUNT(ignored); i++)
		if (str_eq(key, ignored[i]))
			return ERR_OK;
	return refuse(r, "a pax header has a record of an unknown kind");
}

/* POSIX.1-2001 pax, "Extended Header": "%d %s=%s\n", the number counting all of it. */
static err_t
read_records(struct reading *r, str_t body, bool global)
{
	if (body.len == 0)
		return refuse(r, "a pax header is empty");
	while (body.len > 0) {
		size_t blank = str_find_char(body, ' ', 0), equals;
		uint64_t len;
		str_t record;

		if (blank == body.len || !read_decimal(str_sub(body, 0, blank), &len) ||
		    len > body.len || len < blank + 2)
			return refuse(r, "a pax record has a wrong length");
		record = str_sub(body, blank + 1, (size_t)len - blank - 1);
		if (record.data[record.len - 1] != '\n')
			return refuse(r, "a pax record does not end with a line end");
		record.len--;
		equals = str_find_char(record, '=', 0);
		if (equals == record.len)
			return refuse(r, "a pax record has no =");
		TRY(take_record(r, str_sub(record, 0, equals), str_skip(record, equals + 1), global));
		body = str_skip(body, (size_t)len);
	}
	return ERR_OK;
}

static err_t
read_extension(struct reading *r, char type, uint64_t size)
{
	str_t body;

	if (type != 'g' && r->extended)
		return refuse(r, "an entry has more than one extension header");
	if (size > EXTENSION_MAX)
		return refuse(r, "an extension header is longer than 64 KiB");
	TRY(take_bytes(r, size, &body));
	if (type == 'g')
		return read_records(r, body, true);
	r->extended = true;
	if (type == 'x')
		return read_records(r, body, false);
	/* GNU's long name: the name and a NUL. */
	if (body.len < 2 || str_find_char(body, '\0', 0) != body.len - 1)
		return refuse(r, "a long name is malformed");
	r->path = str_sub(body, 0, body.len - 1);
	return ERR_OK;
}

/* ---- entries ---- */

static err_t
finish_entry(struct reading *r, const struct header *h, uint64_t size, struct tar_entry *ret)
{
	struct tar_entry entry = { .is_directory = h->type == '5' };

	TRY(read_name(r, h, &entry.name));
	if (r->path.len > 0)
		entry.name = r->path;
	r->fault->name = entry.name;
	if (entry.name.len == 0)
		return refuse(r, "a file has no name");
	if (entry.name.len > TAR_NAME_MAX)
		return refuse(r, "a name is too long");
	if (r->has_size && r->size != size)
		return refuse(r, "a file has two sizes");
	if (!is_zero(str_make(h->link, sizeof(h->link))))
		return refuse(r, "a file names the target of a link");
	TRY(take_bytes(r, size, &entry.bytes));
	if (!entry.is_directory && entry.name.data[entry.name.len - 1] == '/')
		entry.is_directory = h->type == '\0'; /* before POSIX, this was the only sign */
	if (entry.is_directory && size > 0)
		return refuse(r, "a directory has contents");
	if (entry.is_directory && entry.name.len > 1 &&
	    entry.name.data[entry.name.len - 1] == '/')
		entry.name.len--;
	r->path = STR_NONE;
	r->extended = r->has_size = false;
	*ret = entry;
	return ERR_OK;
}

static const char *
name_kind(char type)
{
	switch (type) {
	case '1':
		return "it is a hard link";
	case '2':
		return "it is a symbolic link";
	case '3':
	case '4':
		return "it is a device";
	case '6':
		return "it is a pipe";
	default:
		return "it is of a kind that is neither file nor directory";
	}
}

/* Behind the last entry: two blocks of zeros, and nothing but zeros. */
static err_t
check_end(struct reading *r)
{
	str_t rest = str_skip(r->archive, r->at);

	r->fault->name = STR_NONE;
	if (r->extended)
		return refuse(r, "an extension header has no entry behind it");
	if (rest.len < (size_t)2 * TAR_BLOCK)
		return refuse(r, "its end is missing");
	return is_zero(rest) ? ERR_OK : refuse(r, "there is something behind its end");
}

err_t
tar_read(struct arena *arena, str_t archive, size_t entry_limit, const struct tar_entry **ret,
    size_t *ret_count, struct tar_fault *fault)
{
	struct reading r = { .arena = arena, .archive = archive, .fault = fault };
	struct entry_list entries = { 0 };

	*fault = (struct tar_fault){ .why = "out of memory" };
	if (archive.len == 0 || archive.len % TAR_BLOCK != 0)
		return refuse(&r, "it is not a whole number of blocks");
	while (r.at < archive.len && !is_zero(str_sub(archive, r.at, TAR_BLOCK))) {
		const struct header *h = (const void *)(archive.data + r.at);
		struct tar_entry entry;
		uint64_t size;

		r.at += TAR_BLOCK;
		if (!has_checksum(h))
			return refuse(&r, "a header does not have its checksum");
		(void)read_text(h->name, sizeof(h->name), &fault->name);
		if (!read_number(h->size, sizeof(h->size), &size))
			return refuse(&r, "a size is not a number");
		if (h->type == 'x' || h->type == 'g' || h->type == 'L') {
			TRY(read_extension(&r, h->type, size));
			continue;
		}
		if (h->type != '0' && h->type != '\0' && h->type != '5')
			return refuse(&r, name_kind(h->type));
		TRY(finish_entry(&r, h, size, &entry));
		if (entries.count >= entry_limit) {
			fault->why = "there are too many files";
			return ERR_LIMIT;
		}
		if (!VEC_PUSH(arena, &entries, entry))
			return ERR_MEMORY;
	}
	TRY(check_end(&r));
	*ret = entries.at;
	*ret_count = entries.count;
	return ERR_OK;
}

/* ---- writing ---- */

static void
add_zeros(struct buf *out, size_t count)
{
	static const char zeros[TAR_BLOCK];

	for (; count > TAR_BLOCK; count -= TAR_BLOCK)
		buf_add(out, zeros, TAR_BLOCK);
	buf_add(out, zeros, count);
}

static void
add_padded(struct buf *out, str_t bytes)
{
	buf_add_str(out, bytes);
	add_zeros(out, (TAR_BLOCK - bytes.len % TAR_BLOCK) % TAR_BLOCK);
}

static void
add_header(struct buf *out, str_t name, char type, size_t size)
{
	struct header h = { .type = type };
	const unsigned char *bytes = (const unsigned char *)&h;
	unsigned sum = 0;

	memcpy(h.name, name.data, name.len < FIELD_NAME ? name.len : FIELD_NAME);
	memcpy(h.mode, "0000644", 8);
	memcpy(h.uid, "0000000", 8);
	memcpy(h.gid, "0000000", 8);
	(void)snprintf(h.size, sizeof(h.size), "%011zo", size);
	memcpy(h.mtime, "00000000000", 12);
	memcpy(h.magic, "ustar\0" "00", 8);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += bytes[i];
	(void)snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);
	buf_add(out, &h, sizeof(h));
}

/* The number in front of a pax record counts its own digits too. */
static void
add_path_record(struct buf *out, str_t name)
{
	size_t bare = name.len + sizeof(" path=\n") - 1, len = bare, digits = 0;

	for (size_t n = bare; n > 0; n /= 10)
		digits++;
	len = bare + digits;
	for (size_t n = len, again = 0; n > 0; n /= 10)
		if (++again > digits)
			len++;
	buf_printf(out, "%zu path=%.*s\n", len, STR_FMT(name));
}

err_t
tar_write_file(struct buf *out, str_t name, str_t bytes)
{
	struct buf record;

	if (name.len == 0 || name.len > TAR_NAME_MAX || bytes.len > UINT64_C(077777777777))
		return ERR_LIMIT;
	if (name.len > FIELD_NAME) {
		buf_init(&record, EXTENSION_MAX);
		add_path_record(&record, name);
		add_header(out, STR("pax"), 'x', record.len);
		add_padded(out, buf_str(&record));
		buf_fini(&record);
	}
	add_header(out, name, '0', bytes.len);
	add_padded(out, bytes);
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

void
tar_write_end(struct buf *out)
{
	add_zeros(out, (size_t)2 * TAR_BLOCK);
}
