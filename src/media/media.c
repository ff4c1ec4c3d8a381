/* SPDX-License-Identifier: Apache-2.0 */
#include "media/media.h"

#include <stdarg.h>
#include <stdio.h>

#include "codec/tar.h"
#include "release/statement.h"

#define MEDIA_TYPE "coresdk-media"
#define MANIFEST "manifest.jws"

static const struct {
	const char *kind, *file;
} rows[MEDIA_KINDS] = {
	[MEDIA_BUNDLE] = { "bundle", "policy-bundle.tar.gz" },
	[MEDIA_JWKS] = { "jwks", "jwks.json" },
	[MEDIA_LICENSE] = { "license", "license.jwt" },
	[MEDIA_CRL] = { "crl", "crl.pem" },
	[MEDIA_REVOCATIONS] = { "revocations", "revocations" },
	[MEDIA_CONFIG] = { "config", "config.yaml" },
	[MEDIA_TAG] = { "tag", "config.yaml.hmac" },
	[MEDIA_BINARY] = { "binary", "coresdk-sidecar" },
};

const char *
media_kind_name(enum media_kind kind)
{
	return rows[kind].kind;
}

const struct media_part *
media_find(const struct media *m, enum media_kind kind)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->parts[i].kind == kind)
			return &m->parts[i];
	return NULL;
}

bool
media_is_for(const struct media *m, str_t host)
{
	for (size_t i = 0; i < m->host_count; i++) {
		str_t name = m->hosts[i];

		if (str_has_suffix(name, STR("*"))
			? str_has_prefix(host, str_sub(name, 0, name.len - 1))
			: str_eq(name, host))
			return true;
	}
	return m->host_count == 0;
}

static str_t
digest_text(struct arena *arena, str_t bytes)
{
	char hex[SHA256_HEX_SIZE];

	digest_sha256_hex(bytes, hex);
	return arena_str(arena, str_make(hex, sizeof(hex)));
}

/* ---- writing ---- */

static value_t
make_part(struct arena *arena, const struct media_part *p)
{
	struct object_builder o;

	object_builder_init(&o, arena, 5);
	(void)object_builder_add_text(&o, "kind", value_text(arena, rows[p->kind].kind));
	(void)object_builder_add_text(&o, "name", value_text(arena, rows[p->kind].file));
	(void)object_builder_add_text(&o, "size", value_int((int64_t)p->bytes.len));
	(void)object_builder_add_text(
	    &o, "sha256", value_string(arena, digest_text(arena, p->bytes)));
	(void)object_builder_add_text(&o, "revision", value_string(arena, p->revision));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static value_t
make_manifest(struct arena *arena, const struct media *m)
{
	value_t parts[MEDIA_KINDS], hosts[MEDIA_HOSTS_MAX];
	struct object_builder o;

	for (size_t i = 0; i < m->count; i++)
		parts[i] = make_part(arena, &m->parts[i]);
	for (size_t i = 0; i < m->host_count; i++)
		hosts[i] = value_string(arena, m->hosts[i]);
	object_builder_init(&o, arena, 6);
	(void)object_builder_add_text(&o, "media", value_int(1));
	(void)object_builder_add_text(&o, "created", value_int(m->created));
	(void)object_builder_add_text(&o, "expires", value_int(m->expires));
	(void)object_builder_add_text(&o, "number", value_int(m->number));
	(void)object_builder_add_text(&o, "hosts", value_array(arena, hosts, m->host_count));
	(void)object_builder_add_text(&o, "parts", value_array(arena, parts, m->count));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static err_t
write_archive(const struct media *m, str_t manifest, struct buf *out)
{
	TRY(tar_write_file(out, STR(MANIFEST), manifest));
	for (size_t i = 0; i < m->count; i++)
		TRY(tar_write_file(
		    out, str_of(rows[m->parts[i].kind].file), m->parts[i].bytes));
	tar_write_end(out);
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

err_t
media_write(struct arena *arena, const struct media *m, const struct key *key,
    struct diag *diag, struct buf *out)
{
	value_t manifest = make_manifest(arena, m);
	struct buf text;
	err_t err;

	if (arena_failed(arena))
		return ERR_MEMORY;
	for (size_t i = 1; i < m->count; i++)
		must(m->parts[i - 1].kind < m->parts[i].kind);
	buf_init(&text, STATEMENT_SIZE_MAX);
	err = statement_write(&text, key, STR(MEDIA_TYPE), manifest);
	if (err == ERR_OK)
		err = write_archive(m, buf_str(&text), out);
	buf_fini(&text);
	if (err == ERR_LIMIT)
		diag_say(diag, "media", "the delivery would be larger than 1 GiB");
	return err;
}

/* ---- reading ---- */

static err_t refuse(struct diag *, str_t name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static err_t
refuse(struct diag *diag, str_t name, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diag_say(diag, "media", "%.*s: %s", STR_FMT(name), text);
	return ERR_SIGNATURE;
}

static err_t
read_entries(struct arena *arena, str_t bytes, str_t name, struct diag *diag,
    const struct tar_entry **ret, size_t *ret_count)
{
	struct tar_fault fault;
	err_t err;

	if (bytes.len > MEDIA_SIZE_MAX)
		return refuse(diag, name, "it is larger than 1 GiB");
	err = tar_read(arena, bytes, MEDIA_KINDS + 1, ret, ret_count, &fault);
	if (err == ERR_MEMORY)
		return err;
	if (err != ERR_OK)
		return refuse(
		    diag, name, "this is no delivery, or a damaged one: %s", fault.why);
	if (*ret_count == 0 || !str_eq((*ret)[0].name, STR(MANIFEST)) ||
	    (*ret)[0].is_directory)
		return refuse(
		    diag, name, "this is no delivery: it does not begin with " MANIFEST);
	return ERR_OK;
}

static bool
read_hosts(value_t hosts, struct media *m)
{
	if (hosts.tag != VALUE_ARRAY || hosts.count > MEDIA_HOSTS_MAX)
		return false;
	for (uint32_t i = 0; i < hosts.count; i++) {
		if (!value_is_string(hosts.items[i]) ||
		    !statement_is_plain(value_str(hosts.items[i])))
			return false;
		m->hosts[m->host_count++] = value_str(hosts.items[i]);
	}
	return true;
}

static bool
find_kind(str_t kind, enum media_kind *ret)
{
	for (int i = 0; i < MEDIA_KINDS; i++) {
		if (str_eq(kind, str_of(rows[i].kind))) {
			*ret = (enum media_kind)i;
			return true;
		}
	}
	return false;
}

/* The entry is what the manifest says of it. */
static err_t
read_part(struct arena *arena, value_t said, const struct tar_entry *entry, str_t name,
    struct diag *diag, struct media *m)
{
	struct media_part *p = &m->parts[m->count];
	str_t kind = statement_text(said, "kind");

	if (!find_kind(kind, &p->kind))
		return refuse(diag, name,
		    "it has a part of a kind that this program does not know: %.*s",
		    STR_FMT(str_cut(kind, 32)));
	if (m->count > 0 && p->kind <= m->parts[m->count - 1].kind)
		return refuse(diag, name,
		    "its manifest lists a part twice, or out of order: %s",
		    rows[p->kind].kind);
	if (entry->is_directory || !str_eq(entry->name, str_of(rows[p->kind].file)) ||
	    !str_eq(entry->name, statement_text(said, "name")))
		return refuse(diag, name, "the part %s is not where the manifest has it",
		    rows[p->kind].kind);
	if (statement_number(said, "size", -1) != (int64_t)entry->bytes.len)
		return refuse(diag, name, "the part %s does not have the size that was signed",
		    rows[p->kind].kind);
	p->sha256 = digest_text(arena, entry->bytes);
	if (!str_eq(p->sha256, statement_text(said, "sha256")))
		return refuse(diag, name, "the part %s was changed after it was signed",
		    rows[p->kind].kind);
	p->revision = statement_text(said, "revision");
	if (!statement_is_plain(p->revision))
		return refuse(diag, name, "the revision of the part %s is not printable",
		    rows[p->kind].kind);
	p->bytes = entry->bytes;
	m->count++;
	return ERR_OK;
}

static err_t
read_manifest(struct arena *arena, value_t v, const struct tar_entry *entries, size_t count,
    str_t name, struct diag *diag, struct media *m)
{
	value_t parts = value_object_get_text(v, "parts");

	if (statement_number(v, "media", 0) != 1)
		return refuse(diag, name, "it is of a later format than this program knows");
	m->created = statement_number(v, "created", 0);
	m->expires = statement_number(v, "expires", -1);
	m->number = statement_number(v, "number", -1);
	if (m->expires < 0 || m->number < 0 ||
	    !read_hosts(value_object_get_text(v, "hosts"), m) || parts.tag != VALUE_ARRAY)
		return refuse(diag, name, "its manifest is malformed");
	if (parts.count + 1 < count)
		return refuse(diag, name, "it has a file that the manifest does not list");
	if (parts.count + 1 > count)
		return refuse(diag, name, "a part that the manifest lists is missing");
	for (uint32_t i = 0; i < parts.count; i++)
		TRY(read_part(arena, parts.items[i], &entries[i + 1], name, diag, m));
	return m->count > 0 ? ERR_OK : refuse(diag, name, "it has no part");
}

/* Packed again it must be the same: modes, dates and owners of a tar say nothing here. */
static err_t
check_form(const struct media *m, str_t manifest, str_t bytes, str_t name, struct diag *diag)
{
	struct buf again;
	err_t err;

	buf_init(&again, MEDIA_SIZE_MAX + TAR_BLOCK * 4);
	err = write_archive(m, manifest, &again);
	if (err == ERR_OK && !str_eq(buf_str(&again), bytes))
		err = refuse(diag, name,
		    "it was changed on the way: it is not in the form that core media pack "
		    "writes");
	buf_fini(&again);
	return err;
}

err_t
media_read(struct arena *arena, str_t bytes, str_t name, const struct bundle_keys *keys,
    struct diag *diag, struct media *ret)
{
	const struct tar_entry *entries = NULL;
	struct media m = { .count = 0 };
	struct statement st;
	size_t count = 0;

	TRY(read_entries(arena, bytes, name, diag, &entries, &count));
	TRY(statement_read(arena, entries[0].bytes, STR(MEDIA_TYPE), keys, name, diag, &st));
	TRY(read_manifest(arena, st.payload, entries, count, name, diag, &m));
	TRY(check_form(&m, entries[0].bytes, bytes, name, diag));
	m.id = digest_text(arena, entries[0].bytes);
	m.key = st.key;
	m.kid = st.kid;
	if (arena_failed(arena))
		return ERR_MEMORY;
	*ret = m;
	return ERR_OK;
}
