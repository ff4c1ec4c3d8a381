/* SPDX-License-Identifier: Apache-2.0 */
#include "secrets/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sort.h"
#include "base/vec.h"

/* ---- names ---- */

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

bool
store_is_name(str_t name)
{
	if (name.len == 0 || name.len > STORE_NAME_MAX || name.data[0] == '.' ||
	    name.data[0] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_name_char(name.data[i]))
			return false;
	}
	return true;
}

/* ---- directories ---- */

static err_t
fail(err_t err, const char *why, const char **ret_why)
{
	*ret_why = why;
	return err;
}

static err_t
explain_errno(const char *missing, const char **ret_why)
{
	switch (errno) {
	case ENOENT:
		return fail(ERR_NOT_FOUND, missing, ret_why);
	case ELOOP:
		return fail(ERR_REFUSED, "it is a link", ret_why);
	case ENOTDIR:
		return fail(ERR_REFUSED, "its directory is none, or a link", ret_why);
	case EACCES:
	case EPERM:
		return fail(ERR_IO, "this service may not read it", ret_why);
	default:
		return fail(ERR_IO, "it cannot be read", ret_why);
	}
}

static bool
is_trusted_owner(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Whoever may write to a directory may put any file there. */
static err_t
check_dir(int fd, const char **ret_why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail(ERR_IO, "it cannot be read", ret_why);
	if (!is_trusted_owner(&st))
		return fail(ERR_REFUSED, "its directory is another user's", ret_why);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail(ERR_REFUSED, "others may write to its directory", ret_why);
	return ERR_OK;
}

/* Closes `above` and opens the directory `name` in it. */
static err_t
step_into(int above, str_t name, const char *missing, int *ret, const char **ret_why)
{
	char path[STORE_NAME_MAX + 1] = { 0 };
	err_t err = ERR_OK;
	int fd = -1;

	if (!store_is_name(name)) {
		err = fail(ERR_NOT_FOUND, missing, ret_why);
	} else {
		memcpy(path, name.data, name.len);
		fd = openat(above, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = fd >= 0 ? check_dir(fd, ret_why) : explain_errno(missing, ret_why);
	}
	(void)close(above);
	if (err == ERR_OK)
		*ret = fd;
	else if (fd >= 0)
		(void)close(fd);
	return err;
}

/* The path of DIR itself is the operator's: links in it are. */
static err_t
open_top(const struct store *s, int *ret, const char **ret_why)
{
	int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err_t err;

	if (fd < 0)
		return fail(ERR_IO, "the directory of secrets cannot be read", ret_why);
	err = check_dir(fd, ret_why);
	if (err == ERR_OK)
		*ret = fd;
	else
		(void)close(fd);
	return err;
}

static err_t
open_dir(const struct store *s, str_t tenant, str_t bundle, int *ret, const char **ret_why)
{
	int fd;

	TRY(open_top(s, &fd, ret_why));
	if (s->kind == STORE_TENANTS)
		TRY(step_into(fd, tenant, "the tenant has no secrets", &fd, ret_why));
	if (s->kind == STORE_TENANTS && bundle.len > 0)
		TRY(step_into(fd, bundle, "there is no such bundle", &fd, ret_why));
	*ret = fd;
	return ERR_OK;
}

/* ---- files ---- */

/* systemd gives root's file to a service by an access list: its mask is in the group's bits. */
static mode_t
forbidden_mode(const struct store *s, const struct stat *st)
{
	mode_t forbidden = S_IRWXG | S_IRWXO;

	if (s->kind == STORE_CREDENTIALS && st->st_uid == 0 && st->st_gid == 0)
		forbidden &= ~(mode_t)S_IRGRP;
	return forbidden;
}

static err_t
check_file(const struct store *s, const struct stat *st, size_t most, const char **ret_why)
{
	if (S_ISDIR(st->st_mode)) /* a bundle of that name */
		return fail(ERR_NOT_FOUND, "there is no such secret", ret_why);
	if (!S_ISREG(st->st_mode))
		return fail(ERR_REFUSED, "it is not a regular file", ret_why);
	if (!is_trusted_owner(st))
		return fail(ERR_REFUSED, "its file is another user's", ret_why);
	if ((st->st_mode & forbidden_mode(s, st)) != 0)
		return fail(ERR_REFUSED, "others may read or write its file", ret_why);
	if (st->st_nlink != 1)
		return fail(ERR_REFUSED, "its file has another name", ret_why);
	if (st->st_size < 0 || (uintmax_t)st->st_size > most)
		return fail(ERR_LIMIT, "it is too big", ret_why);
	return ERR_OK;
}

/* One byte more than there should be: a file that grows while it is read is not given out. */
static err_t
read_value(int fd, size_t size, struct secret **ret, const char **ret_why)
{
	struct secret *value = secret_new_blank(size + 1);
	size_t len = 0;

	if (value == NULL)
		return fail(ERR_MEMORY, "there is no memory for it", ret_why);
	while (len <= size) {
		ssize_t got = read(fd, secret_fill(value) + len, size + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got < 0)
				len = size + 1;
			break;
		}
		len += (size_t)got;
	}
	if (len != size) {
		secret_free(&value);
		return fail(ERR_IO, "it changed while it was read", ret_why);
	}
	secret_cut(value, size);
	*ret = value;
	return ERR_OK;
}

static err_t
read_file(const struct store *s, int dir, const char *name, size_t most, struct secret **ret,
    const char **ret_why)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	err_t err;

	if (fd < 0)
		return explain_errno("there is no such secret", ret_why);
	if (fstat(fd, &st) != 0)
		err = fail(ERR_IO, "it cannot be read", ret_why);
	else
		err = check_file(s, &st, most, ret_why);
	if (err == ERR_OK)
		err = read_value(fd, (size_t)st.st_size, ret, ret_why);
	(void)close(fd);
	return err;
}

err_t
store_read(const struct store *s, str_t tenant, str_t bundle, str_t name, size_t most,
    struct secret **ret, const char **ret_why)
{
	char path[STORE_NAME_MAX + 1] = { 0 };
	err_t err;
	int dir;

	if (!store_is_name(name))
		return fail(ERR_NOT_FOUND, "that is no name of a secret", ret_why);
	memcpy(path, name.data, name.len);
	TRY(open_dir(s, tenant, bundle, &dir, ret_why));
	err = read_file(s, dir, path, most, ret, ret_why);
	(void)close(dir);
	return err;
}

/* ---- bundles ---- */

static int
compare_names(const void *a, const void *b, void *context)
{
	return str_cmp(*(const str_t *)a, *(const str_t *)b);
}

static err_t
list_names(DIR *dir, struct arena *arena, struct store_names *names, const char **ret_why)
{
	const struct dirent *entry;

	errno = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (names->count == STORE_LIST_MAX)
			return fail(ERR_LIMIT, "the bundle has too many secrets", ret_why);
		if (!VEC_PUSH(arena, names, arena_str(arena, str_of(entry->d_name))))
			return fail(ERR_MEMORY, "there is no memory for it", ret_why);
		errno = 0;
	}
	return errno == 0 ? ERR_OK : fail(ERR_IO, "the bundle cannot be read", ret_why);
}

err_t
store_list(const struct store *s, str_t tenant, str_t bundle, struct arena *arena,
    struct store_names *ret, const char **ret_why)
{
	struct store_names names = { 0 };
	str_t *scratch;
	DIR *dir;
	err_t err;
	int fd;

	if (s->kind != STORE_TENANTS || !store_is_name(bundle))
		return fail(ERR_NOT_FOUND, "there is no such bundle", ret_why);
	TRY(open_dir(s, tenant, bundle, &fd, ret_why));
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return fail(ERR_IO, "the bundle cannot be read", ret_why);
	}
	err = list_names(dir, arena, &names, ret_why);
	(void)closedir(dir);
	if (err != ERR_OK)
		return err;
	scratch = ARENA_ARRAY(arena, str_t, names.count);
	if (scratch == NULL)
		return fail(ERR_MEMORY, "there is no memory for it", ret_why);
	sort_stable(names.at, names.count, sizeof(*names.at), scratch, compare_names, NULL);
	*ret = names;
	return ERR_OK;
}
