/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/build.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/sort.h"
#include "base/vec.h"
#include "bundle/archive.h"
#include "bundle/signature.h"
#include "codec/json.h"
#include "crypt/digest.h"

enum { DIRECTORY_DEPTH_MAX = BUNDLE_DEPTH_MAX - 1 };
#define SCRATCH_MEMORY ((size_t)4 << 30)

VEC_TYPE(file_list, struct bundle_file);

/* ---- gathering ---- */

struct gathering {
	struct arena *arena;
	struct diag *diag;
	bool with_tests;
	size_t total;
	struct file_list files;
};

static err_t
refuse(struct diag *diag, const char *path, const char *why)
{
	diag_say(diag, "bundle", "%s: %s", path, why);
	return ERR_BUNDLE;
}

static bool
is_wanted(const struct gathering *g, str_t name)
{
	enum archive_kind kind = archive_kind(name);

	if (kind == ARCHIVE_MODULE)
		return g->with_tests || !str_has_suffix(name, STR("_test.rego"));
	return kind == ARCHIVE_JSON || kind == ARCHIVE_YAML || kind == ARCHIVE_MANIFEST;
}

static err_t
gather_file(struct gathering *g, const char *path, str_t name)
{
	struct bundle_file file = { .name = arena_str(g->arena, name) };
	struct buf bytes;
	err_t err;

	buf_init(&bytes, BUNDLE_UNPACKED_MAX - g->total);
	err = file_read(NULL, path, FILE_ANY, &bytes, g->diag);
	if (err == ERR_OK) {
		g->total += bytes.len;
		file.bytes = arena_str(g->arena, buf_str(&bytes));
		if (g->files.count >= BUNDLE_FILES_MAX)
			err = refuse(g->diag, path, "a bundle holds at most 10000 files");
		else if (!VEC_PUSH(g->arena, &g->files, file) || file.bytes.data == NULL)
			err = ERR_MEMORY;
	}
	buf_fini(&bytes);
	return err;
}

/* `name` is the path below the directory that is gathered; empty: that directory itself. */
static err_t gather_directory(struct gathering *g, const char *path, str_t name, unsigned depth);

static err_t
gather_entry(struct gathering *g, const char *dir, str_t dir_name, const char *entry, unsigned depth)
{
	str_t path = arena_printf(g->arena, "%s/%s", dir, entry);
	str_t name = dir_name.len == 0 ? arena_str(g->arena, str_of(entry))
	                               : arena_printf(g->arena, "%.*s/%s", STR_FMT(dir_name), entry);
	struct stat st;

	if (path.data == NULL || name.data == NULL)
		return ERR_MEMORY;
	if (lstat(path.data, &st) != 0)
		return refuse(g->diag, path.data, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return entry[0] == '.' ? ERR_OK : gather_directory(g, path.data, name, depth + 1);
	if (!is_wanted(g, name))
		return ERR_OK;
	if (S_ISLNK(st.st_mode) && stat(path.data, &st) != 0)
		return refuse(g->diag, path.data, strerror(errno));
	return S_ISREG(st.st_mode) ? gather_file(g, path.data, name) : ERR_OK;
}

static err_t
gather_directory(struct gathering *g, const char *path, str_t name, unsigned depth)
{
	DIR *handle;
	err_t err = ERR_OK;

	if (depth > DIRECTORY_DEPTH_MAX)
		return refuse(g->diag, path, "the directories are nested too deep");
	handle = opendir(path);
	if (handle == NULL) {
		diag_say(g->diag, "bundle", "%s: the directory cannot be read: %s", path,
		    strerror(errno));
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	}
	for (struct dirent *entry = readdir(handle); err == ERR_OK && entry != NULL;
	    entry = readdir(handle))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = gather_entry(g, path, name, entry->d_name, depth);
	(void)closedir(handle);
	return err;
}

static int
compare_files(const void *left, const void *right, void *context)
{
	return str_cmp(((const struct bundle_file *)left)->name,
	    ((const struct bundle_file *)right)->name);
}

static err_t
sort_files(struct arena *arena, struct bundle_file *files, size_t count)
{
	struct bundle_file *scratch = ARENA_ARRAY(arena, struct bundle_file, count);

	if (scratch == NULL)
		return ERR_MEMORY;
	sort_stable(files, count, sizeof(*files), scratch, compare_files, NULL);
	return ERR_OK;
}

err_t
bundle_gather(const char *dir, bool with_tests, struct arena *arena, struct diag *diag,
    struct bundle_files *ret)
{
	struct gathering g = { .arena = arena, .diag = diag, .with_tests = with_tests };

	TRY(gather_directory(&g, dir, STR_NONE, 0));
	if (g.files.count == 0)
		return refuse(diag, dir, "there is no policy and no data in this directory");
	TRY(sort_files(arena, g.files.at, g.files.count));
	*ret = (struct bundle_files){ g.files.at, g.files.count };
	return ERR_OK;
}

/* ---- building ---- */

/* SHA-256 over the digests of names and contents, so that no two lists run together. */
static str_t
digest_contents(struct arena *arena, const struct bundle_files *files)
{
	struct digest *all = digest_new(DIGEST_SHA256);
	uint8_t raw[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	if (all == NULL)
		return STR_NONE;
	for (size_t i = 0; i < files->count; i++) {
		digest_of(DIGEST_SHA256, files->at[i].name, raw);
		digest_add(all, str_make((char *)raw, sizeof(raw)));
		digest_of(DIGEST_SHA256, files->at[i].bytes, raw);
		digest_add(all, str_make((char *)raw, sizeof(raw)));
	}
	digest_end(all, raw);
	digest_free(&all);
	for (size_t i = 0; i < sizeof(raw); i++) {
		hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	return arena_str(arena, str_make(hex, sizeof(hex)));
}

static str_t
write_manifest(struct arena *arena, const struct bundle_manifest *m, str_t revision)
{
	struct buf text;
	str_t ret;

	buf_init(&text, BUNDLE_MODULE_SIZE_MAX);
	buf_add_text(&text, "{\"revision\":");
	json_write_string(&text, revision, false);
	buf_add_text(&text, ",\"roots\":[");
	for (size_t i = 0; i < m->root_count; i++) {
		if (i > 0)
			buf_add_char(&text, ',');
		json_write_string(&text, m->roots[i], false);
	}
	buf_printf(&text, "],\"rego_version\":%d", m->rego_version >= 0 ? m->rego_version : 1);
	if (value_is_defined(m->file_rego_versions)) {
		buf_add_text(&text, ",\"file_rego_versions\":");
		json_write(&text, m->file_rego_versions);
	}
	if (value_is_defined(m->metadata)) {
		buf_add_text(&text, ",\"metadata\":");
		json_write(&text, m->metadata);
	}
	buf_add_text(&text, "}\n");
	ret = buf_failed(&text) ? STR_NONE : arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return ret;
}

/* The files with the manifest completed, in order of their names. */
static err_t
complete_manifest(const struct bundle_files *files, const struct bundle_manifest *m,
    str_t revision, struct arena *arena, struct bundle_files *ret)
{
	struct bundle_file *all = ARENA_ARRAY(arena, struct bundle_file, files->count + 2);
	size_t count = 0;

	if (revision.len == 0)
		revision = m->revision.len > 0 ? m->revision : digest_contents(arena, files);
	if (all == NULL || revision.len == 0)
		return ERR_MEMORY;
	for (size_t i = 0; i < files->count; i++)
		if (archive_kind(files->at[i].name) != ARCHIVE_MANIFEST)
			all[count++] = files->at[i];
	all[count].name = STR(".manifest");
	all[count].bytes = write_manifest(arena, m, revision);
	if (all[count++].bytes.len == 0)
		return ERR_LIMIT;
	*ret = (struct bundle_files){ all, count };
	return sort_files(arena, all, count);
}

/* Behind the first; a key twice would look like more signatures than it is. */
static err_t
add_signers(const struct bundle_build_options *o, struct diag *diag, struct signer *signers)
{
	if (o->more_key_count >= BUNDLE_SIGNATURES_MAX)
		return refuse(diag, ".signatures.json", "at most 16 keys sign a bundle");
	for (size_t i = 0; i < o->more_key_count; i++) {
		const struct key *key = o->more_keys[i];

		for (size_t k = 0; k <= i; k++)
			if (key_same(signers[k].key, key))
				return refuse(diag, ".signatures.json", "the same key is to sign twice");
		signers[i + 1] = (struct signer){ key, algorithm_default(key_kind(key)),
			key_thumbprint(key) };
	}
	return ERR_OK;
}

/* Appends .signatures.json; there is room for it. */
static err_t
sign(struct bundle_files *files, const value_t *documents,
    const struct bundle_build_options *o, enum algorithm a, struct arena *arena, struct diag *diag)
{
	struct signer signers[BUNDLE_SIGNATURES_MAX] = {
		{ o->key, a, o->kid.len > 0 ? o->kid : key_thumbprint(o->key) },
	};
	const struct signature_claims claims = {
		.kid = o->more_key_count == 0 ? signers[0].kid : STR_NONE,
		.scope = o->scope,
		.created = o->created,
		.not_before = o->not_before,
		.expires = o->expires,
		.revision_number = o->revision_number,
	};
	struct buf text;
	err_t err;

	TRY(add_signers(o, diag, signers));
	buf_init(&text, BUNDLE_UNPACKED_MAX);
	err = signature_write(&text, files->at, documents, files->count, signers,
	    o->more_key_count + 1, &claims);
	if (err == ERR_KEY)
		diag_say(diag, "bundle", "the signing key (%s) cannot sign with %s",
		    key_kind_name(key_kind(o->key)), algorithm_name(a));
	files->at[files->count].name = STR(".signatures.json");
	files->at[files->count].bytes = arena_str(arena, buf_str(&text));
	files->count++;
	buf_fini(&text);
	return err;
}

/* The parsed form of each of the files: the manifest is new, the others were read already. */
static err_t
collect_documents(const struct bundle_files *files, const struct bundle *draft,
    struct arena *arena, value_t **ret)
{
	*ret = ARENA_ARRAY(arena, value_t, files->count);
	if (*ret == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < files->count; i++) {
		const struct bundle_file *file = &files->at[i];

		if (archive_kind(file->name) == ARCHIVE_MANIFEST)
			TRY(json_read(arena, file->bytes, NULL, NULL, &(*ret)[i]));
		for (size_t k = 0; !value_is_defined((*ret)[i]) && k < draft->file_count; k++)
			if (draft->files[k].bytes.data == file->bytes.data)
				(*ret)[i] = draft->documents[k];
	}
	return ERR_OK;
}

static err_t
write_bundle(const struct bundle_files *files, const struct bundle *draft,
    const struct bundle_build_options *options, struct arena *arena, struct diag *diag,
    struct buf *out)
{
	enum algorithm a = options->algorithm;
	struct bundle_files all;
	value_t *documents;

	if (options->key != NULL && a == ALGORITHM_NONE)
		a = algorithm_default(key_kind(options->key));
	TRY(complete_manifest(files, &draft->manifest, options->revision, arena, &all));
	TRY(collect_documents(&all, draft, arena, &documents));
	if (options->key != NULL)
		TRY(sign(&all, documents, options, a, arena, diag));
	return archive_write(out, all.at, all.count, options->key, a);
}

err_t
bundle_build(const struct bundle_files *files, const struct bundle_build_options *options,
    struct arena *arena, struct diag *diag, struct buf *out, struct bundle *ret)
{
	struct bundle draft;
	struct bundle_options reading = {
		.known = &draft,
		.name = STR("the new bundle"),
		.ignore_times = true,
		.scope = options->scope,
		.scratch = options->scratch,
	};
	struct arena *scratch;
	err_t err;

	TRY(bundle_read_files(files->at, files->count, arena, options->intern, diag, &draft));
	scratch = arena_new(SCRATCH_MEMORY);
	err = scratch != NULL ? write_bundle(files, &draft, options, scratch, diag, out) : ERR_MEMORY;
	diag_keep(diag);
	arena_free(&scratch);
	TRY(err);
	/* What was written is read as a stranger would, before anybody relies on it. */
	return bundle_read(buf_str(out), &reading, arena, options->intern, diag, ret);
}

int64_t
bundle_created_time(int64_t now)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;
	long long seconds;

	if (text == NULL || *text < '0' || *text > '9')
		return now;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? seconds : now;
}
