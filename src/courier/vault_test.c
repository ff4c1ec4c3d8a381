/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "courier/vault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define MAC64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "coresdk-courier 1\n"

static const struct {
	const char *text, *etag; /* NULL: it is no tag */
} tags[] = {
	{ HEAD MAC64 "\n\"a\"\n", "\"a\"" },
	{ HEAD MAC64 "\n\n", "" },
	{ HEAD MAC64 "\n", NULL },
	{ HEAD MAC64 "\n\"a\"", NULL },
	{ HEAD "g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\n", NULL },
	{ HEAD MAC64 "0\n\n", NULL },
	{ HEAD MAC64 "\na\nb\n", NULL },
	{ HEAD MAC64 "\na\x7f\n", NULL },
	{ "coresdk-courier 2\n" MAC64 "\n\n", NULL },
	{ HEAD, NULL },
	{ "", NULL },
};

static void
check_tags(void)
{
	for (size_t i = 0; i < COUNT(tags); i++) {
		uint8_t mac[32];
		str_t etag = STR_NONE;
		bool read = vault_tag_read(str_of(tags[i].text), mac, &etag);

		ok(read == (tags[i].etag != NULL) && (!read || str_eq(etag, str_of(tags[i].etag))),
		    "tag %zu is %s", i, tags[i].etag != NULL ? "read" : "refused");
	}
}

static void
spoil(const struct vault *v, const char *name, long at, char with)
{
	char path[VAULT_PATH_MAX + VAULT_NAME_MAX];
	int fd = vault_path(v, name, path) ? open(path, O_WRONLY) : -1;

	ok(fd >= 0 && pwrite(fd, &with, 1, at) == 1, "%s is changed", name);
	(void)close(fd);
}

static err_t
read_back(const struct vault *v, const char *name, const char *want, const char *want_etag)
{
	char etag[VAULT_ETAG_MAX] = "";
	struct buf bytes;
	err_t err;

	buf_init(&bytes, 1 << 16);
	err = vault_read(v, name, &bytes, etag, NULL);
	if (err == ERR_OK && (!str_eq(buf_str(&bytes), str_of(want)) || strcmp(etag, want_etag) != 0))
		err = ERR_INTERNAL;
	if (err != ERR_OK && bytes.len != 0)
		err = ERR_INTERNAL; /* what is not believed must not be left in hand */
	buf_fini(&bytes);
	return err;
}

static void
check_copies(struct vault *v)
{
	char long_etag[VAULT_ETAG_MAX + 1];

	memset(long_etag, 'e', VAULT_ETAG_MAX);
	long_etag[VAULT_ETAG_MAX] = '\0';
	ok(read_back(v, "a", "", "") == ERR_NOT_FOUND, "nothing was written: nothing is there");
	ok(vault_write(v, "a", STR("bytes"), STR("\"1\""), NULL) == ERR_OK &&
		read_back(v, "a", "bytes", "\"1\"") == ERR_OK, "what was written is read");
	ok(vault_write(v, "b", STR(""), STR("x\ry"), NULL) == ERR_OK && read_back(v, "b", "", "") == ERR_OK,
	    "an ETag that no header can carry is kept as none");
	ok(vault_write(v, "b", STR("z"), str_of(long_etag), NULL) == ERR_OK &&
		read_back(v, "b", "z", "") == ERR_OK, "nor one of %d bytes", VAULT_ETAG_MAX);
	ok(vault_write(v, "b", STR("z"), str_of(long_etag + 1), NULL) == ERR_OK &&
		read_back(v, "b", "z", long_etag + 1) == ERR_OK, "one byte less is kept");
	spoil(v, "a", 2, 'X');
	ok(read_back(v, "a", "bytes", "\"1\"") == ERR_SIGNATURE, "a changed byte is found");
	spoil(v, "a", 2, 't');
	ok(read_back(v, "a", "bytes", "\"1\"") == ERR_OK, "and is right again when it is put back");
	spoil(v, "a.tag", (long)(sizeof(HEAD) - 1 + 64 + 2), '2');
	ok(read_back(v, "a", "bytes", "\"2\"") == ERR_SIGNATURE, "a changed ETag is found");
}

/* The right bytes and a right tag, but of another name. */
static void
check_names(struct vault *v)
{
	char from[VAULT_PATH_MAX + VAULT_NAME_MAX], to[VAULT_PATH_MAX + VAULT_NAME_MAX];
	bool moved;

	ok(vault_write(v, "jwks", STR("k"), STR("e"), NULL) == ERR_OK, "a copy of one name");
	moved = vault_path(v, "jwks", from) && vault_path(v, "other", to) && rename(from, to) == 0 &&
	    vault_path(v, "jwks.tag", from) && vault_path(v, "other.tag", to) && rename(from, to) == 0;
	ok(moved && read_back(v, "other", "k", "e") == ERR_SIGNATURE, "is not one of another");
}

int
main(void)
{
	char room[] = "/tmp/coresdk-vault-XXXXXX", path[VAULT_PATH_MAX + VAULT_NAME_MAX], command[2048];
	struct vault v, second;
	struct stat st;

	check_tags();
	if (mkdtemp(room) == NULL)
		return 1;
	ok(vault_open(&v, str_of(room), NULL) == ERR_OK, "it opens");
	ok(vault_open(&second, str_of(room), NULL) == ERR_REFUSED, "once at a time");
	ok(vault_path(&v, "key", path) && stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_size == 32,
	    "the key is nobody else's");
	check_copies(&v);
	check_names(&v);
	ok(vault_write(&v, "kept", STR("k"), STR("e"), NULL) == ERR_OK, "what is written");
	vault_close(&v);
	ok(vault_open(&v, str_of(room), NULL) == ERR_OK && read_back(&v, "kept", "k", "e") == ERR_OK,
	    "is there after a start");
	vault_close(&v);
	ok(chmod(path, 0644) == 0 && vault_open(&v, str_of(room), NULL) == ERR_REFUSED,
	    "a key that others can read is refused");
	ok(unlink(path) == 0 && vault_open(&v, str_of(room), NULL) == ERR_OK &&
		read_back(&v, "kept", "k", "e") == ERR_SIGNATURE, "with another key, nothing is believed");
	vault_close(&v);
	static const char *const names[] = { "key", "lock", "a", "a.tag", "b", "b.tag", "other", "other.tag", "kept", "kept.tag" };
	for (size_t i = 0; i < COUNT(names); i++)
		if (vault_path(&v, names[i], path))
			(void)unlink(path);
	(void)rmdir(v.dir);
	(void)snprintf(command, sizeof(command), "%s", room);
	ok(rmdir(command) == 0, "nothing else was left");
	return tap_done();
}
