/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/key_files.h"

#include "base/file.h"

enum { PATH_BYTES_MAX = 8192 };

void
key_files_init(struct key_files *f)
{
	f->count = 0;
}

static void
close_file(struct key_file *one)
{
	buf_fini(&one->path);
	jwks_free(&one->set);
}

void
key_files_fini(struct key_files *f)
{
	while (f->count > 0)
		close_file(&f->at[--f->count]);
}

static struct key_file *
find(const struct key_files *f, str_t path)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(buf_str(&f->at[i].path), path))
			return (struct key_file *)(uintptr_t)&f->at[i];
	return NULL;
}

struct jwks *
key_files_find(const struct key_files *f, str_t path)
{
	const struct key_file *one = find(f, path);

	return one != NULL ? one->set : NULL;
}

bool
key_files_are_absent(const struct key_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->at[i].set != NULL || f->at[i].refused)
			return false;
	return true;
}

size_t
key_files_set_count(const struct key_files *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->at[i].set != NULL;
	return count;
}

/* ---- taking ---- */

static err_t
judge(struct key_file *one, str_t text, size_t most, struct diag *diag, bool *ret_changed)
{
	uint8_t digest[SHA256_SIZE];
	struct jwks *set = NULL;

	digest_of(DIGEST_SHA256, text, digest);
	if (one->set != NULL && one->most == most &&
	    memcmp(one->digest, digest, sizeof(digest)) == 0)
		return ERR_OK;
	TRY(jwks_new_from_file(text, buf_str(&one->path), most, diag, &set));
	jwks_free(&one->set);
	one->set = set;
	one->most = most;
	*ret_changed = true;
	memcpy(one->digest, digest, sizeof(digest));
	return ERR_OK;
}

/* A file that is not there, and never was, is no finding: there may be no tokens at all. */
static err_t
take(struct key_file *one, size_t most, struct diag *diag, bool *ret_changed)
{
	str_t path = buf_str(&one->path);
	struct buf text;
	err_t err;

	one->refused = false;
	buf_init(&text, JWKS_TEXT_MAX);
	err = file_read(NULL, path.data, FILE_OURS, &text, NULL);
	if (err == ERR_NOT_FOUND && one->set == NULL) {
		buf_fini(&text);
		return ERR_OK;
	}
	if (err != ERR_OK) { /* once more for the sentence */
		buf_clear(&text);
		err = file_read(NULL, path.data, FILE_OURS, &text, diag);
	}
	if (err == ERR_OK)
		err = judge(one, buf_str(&text), most, diag, ret_changed);
	if (err != ERR_OK) {
		one->refused = true;
		diag_say(diag, "jwks",
		    one->set != NULL ? "%.*s is refused; the key set in use stays"
				     : "%.*s is refused: there is no key set",
		    STR_FMT(path));
	}
	diag_keep(diag); /* before the text that findings quote goes */
	buf_fini(&text);
	return err;
}

static bool
lists(const str_t *paths, size_t count, str_t path)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(paths[i], path))
			return true;
	return false;
}

static void
drop_others(struct key_files *f, const str_t *paths, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (lists(paths, count, buf_str(&f->at[i].path)))
			f->at[kept++] = f->at[i];
		else
			close_file(&f->at[i]);
	}
	f->count = kept;
}

static err_t
add(struct key_files *f, str_t path)
{
	struct key_file *one = &f->at[f->count];

	if (f->count == KEY_FILES_MAX)
		return ERR_LIMIT;
	*one = (struct key_file){ .most = 0 };
	buf_init(&one->path, PATH_BYTES_MAX);
	buf_add_str(&one->path, path);
	buf_add_char(&one->path, '\0'); /* behind it, not in it */
	if (buf_failed(&one->path)) {
		buf_fini(&one->path);
		return ERR_LIMIT;
	}
	one->path.len--;
	f->count++;
	return ERR_OK;
}

err_t
key_files_take(
    struct key_files *f, const str_t *paths, size_t count, size_t most, struct diag *diag)
{
	err_t first = ERR_OK;

	f->changed = false;
	drop_others(f, paths, count);
	for (size_t i = 0; i < count; i++)
		if (paths[i].len > 0 && find(f, paths[i]) == NULL)
			TRY(add(f, paths[i]));
	for (size_t i = 0; i < f->count; i++) {
		err_t err = take(&f->at[i], most, diag, &f->changed);

		first = first != ERR_OK ? first : err;
	}
	return first;
}
