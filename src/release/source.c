/* SPDX-License-Identifier: Apache-2.0 */
#include "release/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

struct source
source_of(const char *name, str_t bytes)
{
	return (struct source){ .name = name, .fd = -1, .bytes = bytes, .size = bytes.len };
}

err_t
source_open(const char *path, struct diag *diag, struct source *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		int error = errno;

		if (fd >= 0)
			(void)close(fd);
		diag_say(diag, "file", "cannot open %s: %s", path, strerror(error));
		return error == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)close(fd);
		diag_say(diag, "file", "%s is not a regular file", path);
		return ERR_IO;
	}
	*ret = (struct source){ .name = path, .fd = fd, .size = (uint64_t)st.st_size };
	return ERR_OK;
}

void
source_close(struct source *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

err_t
source_read(const struct source *s, uint64_t at, char *room, size_t len, struct diag *diag)
{
	if (s->fd < 0) {
		memcpy(room, str_sub(s->bytes, (size_t)at, len).data, len);
		return ERR_OK;
	}
	while (len > 0) {
		ssize_t got = pread(s->fd, room, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			diag_say(diag, "file", "cannot read %s: %s", s->name,
			    got < 0 ? strerror(errno) : "it became shorter meanwhile");
			return ERR_IO;
		}
		room += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return ERR_OK;
}

err_t
source_digest(const struct source *s, uint64_t len, enum digest_kind kind, uint8_t *ret,
    struct diag *diag)
{
	struct digest *digest = digest_new(kind);
	char chunk[CHUNK];
	err_t err = digest != NULL ? ERR_OK : ERR_MEMORY;

	for (uint64_t at = 0; err == ERR_OK && at < len;) {
		size_t part = len - at < CHUNK ? (size_t)(len - at) : CHUNK;

		err = source_read(s, at, chunk, part, diag);
		if (err == ERR_OK)
			digest_add(digest, str_make(chunk, part));
		at += part;
	}
	if (err == ERR_OK)
		digest_end(digest, ret);
	digest_free(&digest);
	return err;
}
