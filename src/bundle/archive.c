/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/archive.h"

#include "base/sort.h"
#include "codec/gzip.h"
#include "codec/tar.h"

/* The best compression takes ten times as long to save a tenth: not for much. */
static const struct {
	size_t below;
	int level;
} levels[] = { { (size_t)4 << 20, 9 }, { (size_t)32 << 20, 5 }, { SIZE_MAX, 1 } };

static err_t
refuse(struct diag *diag, str_t name, const char *why)
{
	struct buf shown;

	/* The name may hold anything: what cannot be printed is shown as an escape. */
	buf_init(&shown, 4 * BUNDLE_NAME_MAX);
	for (size_t i = 0; i < name.len && i < BUNDLE_NAME_MAX; i++) {
		if (name.data[i] >= ' ' && name.data[i] <= '~')
			buf_add_char(&shown, name.data[i]);
		else
			buf_printf(&shown, "\\x%02x", (unsigned char)name.data[i]);
	}
	if (name.len > 0)
		diag_say(diag, "bundle", "%.*s: %s", (int)shown.len, shown.data, why);
	else
		diag_say(diag, "bundle", "the bundle is refused: %s", why);
	buf_fini(&shown);
	return ERR_BUNDLE;
}

/* ---- names ---- */

static str_t
base_name(str_t name)
{
	for (size_t at = name.len; at > 0; at--)
		if (name.data[at - 1] == '/')
			return str_skip(name, at);
	return name;
}

enum archive_kind
archive_kind(str_t name)
{
	str_t base = base_name(name);

	if (str_eq(name, STR(".manifest")))
		return ARCHIVE_MANIFEST;
	if (str_eq(name, STR(".signatures.json")))
		return ARCHIVE_SIGNATURES;
	if (str_eq(base, STR("data.json")))
		return ARCHIVE_JSON;
	if (str_eq(base, STR("data.yaml")) || str_eq(base, STR("data.yml")))
		return ARCHIVE_YAML;
	if (str_has_suffix(base, STR(".rego")) && base.len > 5)
		return ARCHIVE_MODULE;
	for (size_t i = 0; i < base.len; i++)
		if (base.data[i] < 'A' || base.data[i] > 'Z')
			return ARCHIVE_UNKNOWN;
	return ARCHIVE_OTHER;
}

static const char *
find_unwanted(str_t name)
{
	str_t base = base_name(name);

	if (archive_kind(name) != ARCHIVE_UNKNOWN)
		return NULL;
	if (str_has_suffix(base, STR(".wasm")))
		return "Wasm modules are not run here";
	if (str_eq(base, STR("patch.json")))
		return "delta bundles are not taken: send a whole one";
	if (str_eq(base, STR("plan.json")))
		return "compiled plans are not taken: send the policies";
	return "a bundle holds only .rego, data.json, data.yaml and .manifest";
}

static const char *
part_fault(str_t part)
{
	if (part.len == 0)
		return "its name has an empty part";
	if (str_eq(part, STR(".")) || str_eq(part, STR("..")))
		return "its name leads out of the bundle";
	if (part.data[0] == '~' || part.data[0] == ' ' || part.data[part.len - 1] == ' ')
		return "its name begins or ends with a character that deceives";
	return NULL;
}

const char *
archive_name_fault(str_t name)
{
	unsigned parts = 0;

	if (name.len > BUNDLE_NAME_MAX)
		return "its name is longer than 512 bytes";
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '\\' ||
		    name.data[i] == ':')
			return "its name has a character that is not allowed";
	for (size_t from = 0; from <= name.len; parts++) {
		size_t to = str_find_char(name, '/', from);
		const char *fault = part_fault(str_sub(name, from, to - from));

		if (fault != NULL)
			return fault;
		from = to + 1;
	}
	return parts > BUNDLE_DEPTH_MAX ? "its name has more than 32 parts" : NULL;
}

static int
compare_names(const void *left, const void *right, void *context)
{
	return str_cmp(*(const str_t *)left, *(const str_t *)right);
}

/*
 * In byte order a name stands before all that begin with it, but others may come
 * in between (p/a, p/a-b, p/a/c), so what may be a directory is kept on a stack
 * and given up when a name leaves its prefix.
 */
static err_t
check_sorted(const str_t *names, size_t count, struct diag *diag)
{
	str_t open[BUNDLE_DEPTH_MAX * 4];
	size_t depth = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && str_eq(names[i - 1], names[i]))
			return refuse(diag, names[i], "it is in the bundle twice");
		while (depth > 0 && !str_has_prefix(names[i], open[depth - 1]))
			depth--;
		for (size_t d = 0; d < depth; d++)
			if (names[i].data[open[d].len] == '/')
				return refuse(diag, open[d], "it is both a file and a directory");
		if (depth < COUNT(open))
			open[depth++] = names[i];
		else
			return refuse(diag, names[i], "its name extends too many others");
	}
	return ERR_OK;
}

err_t
archive_check_names(const struct bundle_file *files, size_t count, struct arena *arena,
    struct diag *diag)
{
	str_t *names = ARENA_ARRAY(arena, str_t, count), *scratch = ARENA_ARRAY(arena, str_t, count);

	if (arena_failed(arena))
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const char *fault = archive_name_fault(files[i].name);

		if (fault == NULL)
			fault = find_unwanted(files[i].name);
		if (fault != NULL)
			return refuse(diag, files[i].name, fault);
		names[i] = files[i].name;
	}
	sort_stable(names, count, sizeof(str_t), scratch, compare_names, NULL);
	return check_sorted(names, count, diag);
}

static str_t
fold_case(struct arena *arena, str_t name)
{
	char *copy = arena_copy(arena, name.data, name.len);

	for (size_t i = 0; copy != NULL && i < name.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	return str_make(copy, name.len);
}

err_t
archive_check_twins(const struct bundle_file *files, size_t count, struct arena *arena,
    struct diag *diag)
{
	str_t *names = ARENA_ARRAY(arena, str_t, count), *scratch = ARENA_ARRAY(arena, str_t, count);

	if (arena_failed(arena))
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		names[i] = fold_case(arena, files[i].name);
	if (arena_failed(arena))
		return ERR_MEMORY;
	sort_stable(names, count, sizeof(str_t), scratch, compare_names, NULL);
	for (size_t i = 1; i < count; i++)
		if (str_eq(names[i - 1], names[i]))
			return refuse(diag, names[i],
			    "two files have this name but for upper and lower case");
	return ERR_OK;
}

/* ---- archives ---- */

/* OPA writes /data.json, and `tar .` writes ./data.json: one of either is dropped. */
static str_t
drop_root(str_t name)
{
	if (name.data[0] == '/')
		return str_skip(name, 1);
	return str_has_prefix(name, STR("./")) && name.len > 2 ? str_skip(name, 2) : name;
}

/* A directory may be listed once, under a good name; `tar .` lists the root itself. */
static err_t
check_directory(const struct tar_entry *entries, size_t count, size_t i, struct diag *diag)
{
	str_t name = drop_root(entries[i].name);
	const char *fault;

	if (str_eq(name, STR(".")) && i == 0)
		return ERR_OK;
	fault = archive_name_fault(name);
	for (size_t j = 0; fault == NULL && j < count; j++)
		if (j != i && str_eq(entries[j].name, entries[i].name))
			fault = "it is in the bundle twice";
	return fault == NULL ? ERR_OK : refuse(diag, entries[i].name, fault);
}

static err_t
list_files(const struct tar_entry *entries, size_t count, struct arena *arena, struct diag *diag,
    const struct bundle_file **ret, size_t *ret_count)
{
	struct bundle_file *files = ARENA_ARRAY(arena, struct bundle_file, count);
	size_t file_count = 0, directory_count = 0;

	if (files == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		str_t name = entries[i].name;

		if (entries[i].is_directory) {
			/* Each is compared with all others, so there must not be many. */
			if (++directory_count > BUNDLE_FILES_MAX / 20)
				return refuse(diag, name, "there are too many directories");
			TRY(check_directory(entries, count, i, diag));
			continue;
		}
		files[file_count++] = (struct bundle_file){ drop_root(name), entries[i].bytes };
	}
	if (file_count == 0)
		return refuse(diag, STR_NONE, "there is no file in it");
	*ret = files;
	*ret_count = file_count;
	return archive_check_names(files, file_count, arena, diag);
}

err_t
archive_read(str_t bytes, const struct archive_limits *limits, struct arena *arena,
    struct diag *diag, const struct bundle_file **ret, size_t *ret_count)
{
	const struct gzip_limits gzip = { .unpacked = limits->unpacked, .ratio = BUNDLE_RATIO_MAX };
	const struct tar_entry *entries = NULL;
	struct tar_fault fault;
	size_t count = 0;
	const char *why;
	str_t archive;
	err_t err;

	if (bytes.len > limits->packed)
		return refuse(diag, STR_NONE, "it is larger than the limit");
	err = gzip_read(arena, bytes, &gzip, &archive, &why);
	if (err == ERR_MEMORY)
		return err;
	if (err != ERR_OK)
		return refuse(diag, STR_NONE, why);
	err = tar_read(arena, archive, BUNDLE_FILES_MAX, &entries, &count, &fault);
	if (err == ERR_MEMORY)
		return err;
	if (err != ERR_OK)
		return refuse(diag, fault.name, fault.why);
	return list_files(entries, count, arena, diag, ret, ret_count);
}

/* ---- the seal ---- */

/* Nothing else that a bundle key signs begins like this. */
static const char seal_prefix[] = "coresdk bundle seal 1";

struct seal_message {
	char prefix[sizeof(seal_prefix)]; /* with its NUL */
	uint8_t digest[SHA256_SIZE];
};

static str_t
make_seal_message(str_t body, struct seal_message *message)
{
	memcpy(message->prefix, seal_prefix, sizeof(seal_prefix));
	digest_of(DIGEST_SHA256, body, message->digest);
	return str_make((const char *)message, sizeof(*message));
}

/* rfc1952 2.3.1.1: a subfield "CS" whose data is the signature. */
static err_t
make_seal(struct buf *extra, str_t body, const struct key *key, enum algorithm a)
{
	struct seal_message message;
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t len = 0;

	TRY(signature_make(key, a, make_seal_message(body, &message), signature, &len));
	buf_add_text(extra, "CS");
	buf_add_char(extra, (char)(len & 0xff));
	buf_add_char(extra, (char)(len >> 8));
	buf_add(extra, signature, len);
	return buf_failed(extra) ? ERR_LIMIT : ERR_OK;
}

bool
archive_is_sealed(str_t bytes, const struct verifier *verifier)
{
	struct verify_context *context = verify_context_new();
	struct seal_message message;
	struct gzip_member member;
	struct buf header;
	const char *why;
	bool sealed = false;

	buf_init(&header, 4096);
	if (context != NULL && gzip_split(bytes, &member, &why) == ERR_OK &&
	    member.extra.len > 4 && str_has_prefix(member.extra, STR("CS"))) {
		gzip_write_header(&header, member.extra);
		sealed = str_eq(buf_str(&header), member.header) &&
		    (size_t)((uint8_t)member.extra.data[2] | (uint8_t)member.extra.data[3] << 8) ==
		        member.extra.len - 4 &&
		    verifier_check(verifier, context, make_seal_message(member.body, &message),
		        str_skip(member.extra, 4)) == ERR_OK;
	}
	buf_fini(&header);
	verify_context_free(&context);
	return sealed;
}

static err_t
pack(struct buf *out, str_t archive, const struct key *key, enum algorithm a)
{
	struct buf body, extra;
	size_t at = 0;
	err_t err;

	while (archive.len >= levels[at].below)
		at++;
	buf_init(&body, BUNDLE_PACKED_MAX);
	buf_init(&extra, 4096);
	err = gzip_write_body(&body, archive, levels[at].level);
	if (err == ERR_OK && key != NULL)
		err = make_seal(&extra, buf_str(&body), key, a);
	gzip_write_header(out, buf_str(&extra));
	buf_add_str(out, buf_str(&body));
	buf_fini(&extra);
	buf_fini(&body);
	return err == ERR_OK && buf_failed(out) ? ERR_LIMIT : err;
}

err_t
archive_write(struct buf *out, const struct bundle_file *files, size_t count,
    const struct key *key, enum algorithm a)
{
	struct buf archive;
	err_t err = ERR_OK;

	buf_init(&archive, BUNDLE_UNPACKED_MAX);
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		err = tar_write_file(&archive, files[i].name, files[i].bytes);
	tar_write_end(&archive);
	if (err == ERR_OK && buf_failed(&archive))
		err = ERR_LIMIT;
	if (err == ERR_OK)
		err = pack(out, buf_str(&archive), key, a);
	buf_fini(&archive);
	return err;
}
