/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sort.h"
#include "base/vec.h"
#include "codec/json.h"
#include "crypt/secret.h"

enum { PATH_LIMIT = 4096, SCRATCH_LIMIT = 8 << 20 };

struct bundle_keys {
	struct jwks *sets[BUNDLE_KEYS_MAX]; /* what was read, to be freed */
	size_t set_count;
	struct {
		const struct jwk *jwk;
		bool named, revoked;
	} keys[BUNDLE_KEYS_MAX];
	size_t count;
};

static err_t
refuse(struct diag *diag, str_t name, const char *why)
{
	diag_say(diag, "bundle", "%.*s: %s", STR_FMT(name), why);
	return ERR_KEY;
}

struct bundle_keys *
bundle_keys_new(void)
{
	return calloc(1, sizeof(struct bundle_keys));
}

void
bundle_keys_free(struct bundle_keys **keys)
{
	if (*keys == NULL)
		return;
	for (size_t i = 0; i < (*keys)->set_count; i++)
		jwks_free(&(*keys)->sets[i]);
	free(*keys);
	*keys = NULL;
}

size_t
bundle_keys_count(const struct bundle_keys *keys)
{
	return keys->count;
}

const struct jwk *
bundle_keys_at(const struct bundle_keys *keys, size_t i, bool *ret_named)
{
	*ret_named = keys->keys[i].named;
	return keys->keys[i].jwk;
}

const char *
bundle_keys_fault(const struct bundle_keys *keys, size_t i, int64_t now)
{
	const struct jwk *jwk = keys->keys[i].jwk;
	int64_t until = jwk->not_after > 0 ? jwk->not_after : jwk->expires;

	if (keys->keys[i].revoked)
		return "is revoked";
	if (now > 0 && now < jwk->not_before)
		return "is not to be believed yet (not_before)";
	if (now > 0 && until > 0 && now >= until)
		return "is not to be believed any more (not_after)";
	return NULL;
}

/* Takes the set. */
static err_t
take_set(struct bundle_keys *keys, struct jwks *set, bool from_pem, str_t name, struct diag *diag)
{
	if (jwks_count(set) > BUNDLE_KEYS_MAX - keys->count) {
		jwks_free(&set);
		return refuse(diag, name, "there are more than 64 keys to verify bundles with");
	}
	keys->sets[keys->set_count++] = set; /* no set is empty: there is room */
	for (size_t i = 0; i < jwks_count(set); i++) {
		keys->keys[keys->count].jwk = jwks_at(set, i);
		keys->keys[keys->count].revoked = jwks_at(set, i)->revoked;
		keys->keys[keys->count++].named = !from_pem && jwks_at(set, i)->has_kid;
	}
	return ERR_OK;
}

/* Every PEM block of the text. */
static err_t
add_pem(struct bundle_keys *keys, str_t text, str_t name, struct diag *diag)
{
	static const str_t begin = STR("-----BEGIN ");

	for (size_t at = str_find(text, begin, 0); at < text.len;) {
		size_t next = str_find(text, begin, at + begin.len);
		struct jwks *set = NULL;
		struct key *key = NULL;
		err_t err = key_read_pem(str_sub(text, at, next - at), KEY_STRICT, diag, &key);

		if (err == ERR_OK)
			err = jwks_new_from_key(key, diag, &set);
		key_free(&key);
		if (err != ERR_OK)
			return refuse(diag, name, "a key in this file cannot be used");
		TRY(take_set(keys, set, true, name, diag));
		at = next;
	}
	return ERR_OK;
}

static err_t
add_json(struct bundle_keys *keys, str_t text, str_t name, struct diag *diag)
{
	struct arena *scratch = arena_new(SCRATCH_LIMIT);
	struct jwks *set = NULL;
	struct buf wrapped;
	value_t document = VALUE_NONE;
	err_t err = scratch == NULL ? ERR_MEMORY : json_read(scratch, text, NULL, diag, &document);

	buf_init(&wrapped, JWKS_TEXT_MAX + 32);
	if (err == ERR_OK && value_is_defined(value_object_get_text(document, "kty"))) {
		buf_add_text(&wrapped, "{\"keys\":[");
		buf_add_str(&wrapped, text);
		buf_add_text(&wrapped, "]}");
		text = buf_str(&wrapped);
		err = buf_failed(&wrapped) ? ERR_LIMIT : ERR_OK;
	}
	if (err == ERR_OK)
		err = jwks_new(text, name, diag, &set);
	if (err == ERR_OK)
		err = take_set(keys, set, false, name, diag);
	buf_fini(&wrapped);
	arena_free(&scratch);
	return err;
}

err_t
bundle_keys_add_text(struct bundle_keys *keys, str_t text, str_t name, struct diag *diag)
{
	str_t trimmed = str_trim_space(text);

	if (trimmed.len > 0 && trimmed.data[0] == '{')
		return add_json(keys, text, name, diag);
	if (str_find(text, STR("-----BEGIN "), 0) == text.len)
		return refuse(diag, name, "this is neither PEM nor a JWK nor a JWKS");
	return add_pem(keys, text, name, diag);
}

/* ---- files ---- */

static err_t
add_file(struct bundle_keys *keys, const char *path, struct diag *diag)
{
	struct buf text;
	err_t err;

	buf_init(&text, JWKS_TEXT_MAX);
	err = file_read(NULL, path, FILE_ANY, &text, diag);
	if (err == ERR_OK)
		err = bundle_keys_add_text(keys, buf_str(&text), str_of(path), diag);
	buf_fini(&text);
	return err;
}

VEC_TYPE(name_list, str_t);

static int
compare_names(const void *left, const void *right, void *context)
{
	return str_cmp(*(const str_t *)left, *(const str_t *)right);
}

static bool
is_key_name(str_t name)
{
	static const str_t endings[] = { STR(".pub"), STR(".pem"), STR(".jwk"), STR(".json") };

	for (size_t i = 0; i < COUNT(endings); i++)
		if (name.data[0] != '.' && str_has_suffix(name, endings[i]))
			return true;
	return false;
}

static err_t
list_keys(struct arena *arena, const char *dir, struct name_list *names, struct diag *diag)
{
	DIR *handle = opendir(dir);
	str_t *scratch;

	if (handle == NULL) {
		diag_say(diag, "bundle", "%s: the directory cannot be read: %s", dir, strerror(errno));
		return ERR_IO;
	}
	for (struct dirent *entry = readdir(handle); entry != NULL; entry = readdir(handle)) {
		str_t name = str_of(entry->d_name);

		if (is_key_name(name))
			(void)VEC_PUSH(arena, names, arena_str(arena, name));
	}
	(void)closedir(handle);
	scratch = ARENA_ARRAY(arena, str_t, names->count);
	if (arena_failed(arena))
		return ERR_MEMORY;
	sort_stable(names->at, names->count, sizeof(str_t), scratch, compare_names, NULL);
	return ERR_OK;
}

static err_t
add_directory(struct bundle_keys *keys, const char *dir, struct diag *diag)
{
	struct arena *arena = arena_new(SCRATCH_LIMIT);
	struct name_list names = { 0 };
	err_t err = arena == NULL ? ERR_MEMORY : list_keys(arena, dir, &names, diag);

	for (size_t i = 0; err == ERR_OK && i < names.count; i++) {
		str_t path = arena_printf(arena, "%s/%.*s", dir, STR_FMT(names.at[i]));

		err = path.data == NULL ? ERR_MEMORY : add_file(keys, path.data, diag);
	}
	if (err == ERR_OK && names.count == 0)
		err = refuse(diag, str_of(dir), "there are no keys (.pub, .pem, .jwk, .json) in this "
		                                "directory");
	arena_free(&arena);
	return err;
}

err_t
bundle_keys_add_path(struct bundle_keys *keys, const char *path, struct diag *diag)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return add_directory(keys, path, diag);
	return add_file(keys, path, diag);
}

/* ---- revoked keys ---- */

static void
mark_revoked(struct bundle_keys *keys, str_t id)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct jwk *jwk = keys->keys[i].jwk;

		if ((jwk->has_kid && str_eq(jwk->kid, id)) ||
		    str_eq(key_thumbprint(jwk->key), id))
			keys->keys[i].revoked = true;
	}
}

err_t
bundle_keys_revoke_text(struct bundle_keys *keys, str_t text, str_t name, struct diag *diag)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = str_find_char(text, '\n', at);
		str_t line = str_sub(text, at, end - at);

		line = str_trim_space(str_sub(line, 0, str_find_char(line, '#', 0)));
		at = end + 1;
		for (size_t i = 0; i < line.len; i++)
			if (line.data[i] <= ' ')
				return refuse(diag, name, "this is no list of revoked keys: one kid or thumbprint a line");
		if (line.len > 0)
			mark_revoked(keys, line);
	}
	return ERR_OK;
}

err_t
bundle_keys_revoke_path(struct bundle_keys *keys, const char *path, struct diag *diag)
{
	struct buf text;
	err_t err;

	buf_init(&text, BUNDLE_REVOKED_TEXT_MAX);
	err = file_read(NULL, path, FILE_ANY, &text, diag);
	if (err == ERR_OK)
		err = bundle_keys_revoke_text(keys, buf_str(&text), str_of(path), diag);
	buf_fini(&text);
	return err;
}

/* ---- signing keys ---- */

static err_t
read_private(str_t text, str_t name, struct diag *diag, struct key **ret)
{
	struct key *key = NULL;

	TRY(key_read_pem(text, KEY_STRICT, diag, &key));
	if (!key_is_private(key)) {
		key_free(&key);
		return refuse(diag, name, "this is a public key: signing needs the private one");
	}
	*ret = key;
	return ERR_OK;
}

static void
warn_if_open(const char *path, struct diag *diag)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		(void)diag_add(diag, DIAG_WARNING, "bundle", (struct diag_place){ .row = 0 },
		    "%s: others may read this signing key (mode %04o, wanted 0600)", path,
		    (unsigned)st.st_mode & 07777);
}

static err_t
read_private_file(const char *path, struct diag *diag, struct key **ret)
{
	struct buf text;
	err_t err;

	buf_init(&text, KEY_TEXT_MAX);
	(void)buf_reserve(&text, KEY_TEXT_MAX); /* growing would leave copies behind */
	warn_if_open(path, diag);
	err = file_read(NULL, path, FILE_ANY, &text, diag);
	if (err == ERR_OK)
		err = read_private(buf_str(&text), str_of(path), diag, ret);
	if (text.data != NULL)
		secret_wipe(text.data, text.capacity);
	buf_fini(&text);
	return err;
}

err_t
bundle_key_source(const char *source, struct diag *diag, struct key **ret)
{
	const char *name = source;

	if (strncmp(source, "env:", 4) == 0) {
		source = getenv(source + 4);
		if (source == NULL || source[0] == '\0')
			return refuse(diag, str_of(name), "this environment variable is not set");
	} else if (strstr(source, "-----BEGIN ") != NULL) {
		name = "the signing key"; /* its text must not be repeated */
	}
	if (strstr(source, "-----BEGIN ") != NULL)
		return read_private(str_of(source), str_of(name), diag, ret);
	return read_private_file(source, diag, ret);
}

static err_t
write_new_file(const char *dir, const char *name, mode_t mode, str_t text, struct diag *diag)
{
	char path[PATH_LIMIT];
	int fd, len = snprintf(path, sizeof(path), "%s/%s", dir, name);
	err_t err;

	if (len < 0 || (size_t)len >= sizeof(path))
		return refuse(diag, str_of(dir), "this path is too long");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0) {
		diag_say(diag, "bundle", "%s: cannot be made: %s", path, strerror(errno));
		return ERR_IO;
	}
	err = fchmod(fd, mode) == 0 ? file_write_all(NULL, fd, text) : ERR_IO;
	if (err == ERR_OK && fsync(fd) != 0)
		err = ERR_IO;
	if (close(fd) != 0 && err == ERR_OK)
		err = ERR_IO;
	if (err != ERR_OK)
		diag_say(diag, "bundle", "%s: cannot be written", path);
	return err;
}

err_t
bundle_keygen(const char *dir, enum key_kind kind, struct diag *diag, struct key **ret)
{
	struct key *key = NULL;
	struct buf text;
	err_t err;

	TRY(file_make_dirs(NULL, dir, 0700, diag));
	TRY(key_generate(kind, &key));
	buf_init(&text, KEY_TEXT_MAX);
	(void)buf_reserve(&text, KEY_TEXT_MAX); /* growing would leave copies behind */
	err = key_write_pem_private(&text, key);
	if (err == ERR_OK)
		err = write_new_file(dir, "signing-key.pem", 0600, buf_str(&text), diag);
	if (text.data != NULL)
		secret_wipe(text.data, text.capacity);
	buf_clear(&text);
	if (err == ERR_OK)
		err = key_write_pem_public(&text, key);
	if (err == ERR_OK)
		err = write_new_file(dir, "signing-key.pub", 0644, buf_str(&text), diag);
	buf_fini(&text);
	if (err != ERR_OK)
		key_free(&key);
	else
		*ret = key;
	return err;
}
