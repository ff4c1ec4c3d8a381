/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/hex.h"
#include "crypt/hmac.h"
#include "crypt/random.h"

enum { KEY_BYTES = 32, TAG_TEXT_MAX = 1024, SCRATCH = 4096 };

static const char magic[] = "coresdk-courier 1\n";

/* ---- the directory ---- */

bool
vault_path(const struct vault *v, const char *name, char ret[VAULT_PATH_MAX + VAULT_NAME_MAX])
{
	int len = snprintf(ret, VAULT_PATH_MAX + VAULT_NAME_MAX, "%s/%s", v->dir, name);

	return len > 0 && len < VAULT_PATH_MAX + VAULT_NAME_MAX;
}

static err_t
lock(struct vault *v, struct diag *diag)
{
	char path[VAULT_PATH_MAX + VAULT_NAME_MAX];

	if (!vault_path(v, "lock", path))
		return ERR_LIMIT;
	v->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (v->lock_fd >= 0 && flock(v->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	diag_say(diag, "courier",
	    errno == EWOULDBLOCK ? "%s: another coresdk-courier is at work here; stop it first" :
				   "%s cannot be locked",
	    path);
	return errno == EWOULDBLOCK ? ERR_REFUSED : ERR_IO;
}

static err_t
take_key(struct vault *v, struct diag *diag)
{
	char path[VAULT_PATH_MAX + VAULT_NAME_MAX];
	uint8_t fresh[KEY_BYTES];
	struct buf bytes;
	err_t err;

	if (!vault_path(v, "key", path))
		return ERR_LIMIT;
	buf_init(&bytes, KEY_BYTES + 1);
	err = file_read(NULL, path, FILE_SECRET, &bytes, NULL);
	if (err == ERR_NOT_FOUND || (err == ERR_OK && bytes.len != KEY_BYTES)) {
		random_bytes(fresh, sizeof(fresh));
		buf_clear(&bytes);
		buf_add(&bytes, fresh, sizeof(fresh));
		secret_wipe(fresh, sizeof(fresh));
		err = file_replace(NULL, path, 0600, buf_str(&bytes), diag);
	} else if (err != ERR_OK) {
		buf_clear(&bytes);
		err = file_read(NULL, path, FILE_SECRET, &bytes, diag); /* for its sentence */
	}
	if (err == ERR_OK) {
		v->key = secret_new(buf_str(&bytes));
		err = v->key != NULL ? ERR_OK : ERR_MEMORY;
	}
	if (bytes.data != NULL)
		secret_wipe(bytes.data, bytes.len);
	buf_fini(&bytes);
	return err;
}

err_t
vault_open(struct vault *v, str_t data_dir, struct diag *diag)
{
	int len = snprintf(v->dir, sizeof(v->dir), "%.*s/courier", STR_FMT(data_dir));
	err_t err;

	v->key = NULL;
	v->lock_fd = -1;
	if (len < 0 || (size_t)len >= sizeof(v->dir)) {
		diag_say(diag, "courier", "data_dir is longer than %d bytes", VAULT_PATH_MAX);
		return ERR_LIMIT;
	}
	err = file_make_dirs(NULL, v->dir, 0700, diag);
	if (err == ERR_OK)
		err = lock(v, diag);
	if (err == ERR_OK)
		err = take_key(v, diag);
	if (err != ERR_OK)
		vault_close(v);
	return err;
}

void
vault_close(struct vault *v)
{
	secret_free(&v->key);
	if (v->lock_fd >= 0)
		(void)close(v->lock_fd);
	v->lock_fd = -1;
}

/* ---- tags ---- */

static bool
is_etag(str_t etag)
{
	for (size_t i = 0; i < etag.len; i++)
		if (etag.data[i] < 0x20 || etag.data[i] > 0x7e)
			return false;
	return etag.len < VAULT_ETAG_MAX;
}

static void
make_mac(const struct vault *v, const char *name, str_t etag, str_t bytes, uint8_t *ret)
{
	char digest[SHA256_HEX_SIZE];
	struct buf text;

	digest_sha256_hex(bytes, digest);
	buf_init(&text, SCRATCH);
	buf_printf(&text, "%s\n%.*s\n%.*s\n", name, STR_FMT(etag), SHA256_HEX_SIZE, digest);
	must(!buf_failed(&text));
	hmac_of(DIGEST_SHA256, secret_str(v->key), buf_str(&text), ret);
	buf_fini(&text);
}

bool
vault_tag_read(str_t text, uint8_t *ret_mac, str_t *ret_etag)
{
	str_t head = str_make(magic, sizeof(magic) - 1), etag;
	uint8_t mac[SHA256_SIZE];

	if (!str_has_prefix(text, head) || !str_has_suffix(text, STR("\n")))
		return false;
	text = str_skip(text, head.len);
	if (text.len < SHA256_HEX_SIZE + 2 || text.data[SHA256_HEX_SIZE] != '\n')
		return false;
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	etag = str_sub(text, SHA256_HEX_SIZE + 1, text.len - SHA256_HEX_SIZE - 2);
	if (!is_etag(etag))
		return false;
	memcpy(ret_mac, mac, sizeof(mac));
	*ret_etag = etag;
	return true;
}

static bool
name_files(const struct vault *v, const char *name, char *bytes_path, char *tag_path)
{
	char tag_name[VAULT_NAME_MAX];
	int len = snprintf(tag_name, sizeof(tag_name), "%s.tag", name);

	return len > 0 && len < VAULT_NAME_MAX && vault_path(v, name, bytes_path) &&
	    vault_path(v, tag_name, tag_path);
}

err_t
vault_write(const struct vault *v, const char *name, str_t bytes, str_t etag, struct diag *diag)
{
	char bytes_path[VAULT_PATH_MAX + VAULT_NAME_MAX], tag_path[VAULT_PATH_MAX + VAULT_NAME_MAX];
	uint8_t mac[SHA256_SIZE];
	struct buf tag;
	err_t err;

	if (!name_files(v, name, bytes_path, tag_path))
		return ERR_LIMIT;
	if (!is_etag(etag))
		etag = STR("");
	make_mac(v, name, etag, bytes, mac);
	buf_init(&tag, TAG_TEXT_MAX);
	buf_add_text(&tag, magic);
	hex_write(&tag, str_make((char *)mac, sizeof(mac)));
	buf_printf(&tag, "\n%.*s\n", STR_FMT(etag));
	must(!buf_failed(&tag));
	err = file_replace(NULL, bytes_path, 0600, bytes, diag);
	if (err == ERR_OK)
		err = file_replace(NULL, tag_path, 0600, buf_str(&tag), diag);
	buf_fini(&tag);
	return err;
}

err_t
vault_read(const struct vault *v, const char *name, struct buf *bytes, char ret_etag[VAULT_ETAG_MAX],
    struct diag *diag)
{
	char bytes_path[VAULT_PATH_MAX + VAULT_NAME_MAX], tag_path[VAULT_PATH_MAX + VAULT_NAME_MAX];
	uint8_t mac[SHA256_SIZE], want[SHA256_SIZE];
	struct buf tag;
	str_t etag;
	err_t err;

	if (!name_files(v, name, bytes_path, tag_path))
		return ERR_LIMIT;
	buf_clear(bytes);
	buf_init(&tag, TAG_TEXT_MAX);
	err = file_read(NULL, bytes_path, FILE_OURS, bytes, NULL);
	if (err == ERR_OK)
		err = file_read(NULL, tag_path, FILE_OURS, &tag, NULL);
	if (err == ERR_OK) {
		err = vault_tag_read(buf_str(&tag), mac, &etag) ? ERR_OK : ERR_SIGNATURE;
		if (err == ERR_OK)
			make_mac(v, name, etag, buf_str(bytes), want);
		if (err == ERR_OK && !secret_equal(mac, want, sizeof(mac)))
			err = ERR_SIGNATURE;
	}
	if (err == ERR_OK) {
		memcpy(ret_etag, etag.data, etag.len);
		ret_etag[etag.len] = '\0';
	} else {
		buf_clear(bytes);
		if (err != ERR_NOT_FOUND)
			diag_say(diag, "courier", "%s is not what the courier wrote: it is not used", bytes_path);
	}
	buf_fini(&tag);
	return err;
}
