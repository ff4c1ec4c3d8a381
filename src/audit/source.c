/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 256 << 10 };
_Static_assert(CHUNK > 2 * AUDIT_LINE_MAX, "a chunk holds a whole line");

struct audit_source {
	gzFile gzip; /* reads plain files as they are */
	bool at_end; /* the file has no more bytes */
	size_t from, to; /* what is not given out yet */
	char bytes[CHUNK];
};

err_t
audit_source_open(int dir_fd, const char *name, struct audit_source **ret)
{
	struct audit_source *s = calloc(1, sizeof(*s));
	int fd;

	if (s == NULL || name == NULL) { /* memory ran out on its way here */
		free(s);
		return ERR_MEMORY;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	s->gzip = fd >= 0 ? gzdopen(fd, "rb") : NULL;
	if (s->gzip == NULL) {
		int saved = errno;

		if (fd >= 0)
			(void)close(fd);
		free(s);
		errno = saved;
		return ERR_IO;
	}
	(void)gzbuffer(s->gzip, CHUNK);
	*ret = s;
	return ERR_OK;
}

void
audit_source_close(struct audit_source **source)
{
	if (*source == NULL)
		return;
	(void)gzclose_r((*source)->gzip);
	free(*source);
	*source = NULL;
}

static err_t
fill(struct audit_source *s)
{
	int got, error;

	memmove(s->bytes, s->bytes + s->from, s->to - s->from);
	s->to -= s->from;
	s->from = 0;
	got = gzread(s->gzip, s->bytes + s->to, (unsigned)(sizeof(s->bytes) - s->to));
	(void)gzerror(s->gzip, &error);
	/* An early end is Z_BUF_ERROR, and comes with the bytes before it. */
	if (error != Z_OK && error != Z_STREAM_END)
		return error == Z_ERRNO ? ERR_IO : ERR_SYNTAX;
	s->at_end = got == 0;
	s->to += (size_t)got;
	return ERR_OK;
}

err_t
audit_source_line(struct audit_source *s, str_t *ret_line, bool *ret_whole)
{
	for (;;) {
		str_t rest = str_make(s->bytes + s->from, s->to - s->from);
		size_t end = str_find_char(rest, '\n', 0);

		if (end < rest.len || rest.len > AUDIT_LINE_MAX || s->at_end) {
			*ret_line = str_sub(rest, 0, end);
			*ret_whole = end < rest.len;
			s->from += end + *ret_whole;
			return ERR_OK;
		}
		TRY(fill(s));
	}
}

bool
audit_source_at_end(const struct audit_source *s)
{
	return s->at_end && s->from == s->to;
}

static err_t
find_last(struct audit_source *s, struct digest *digest, struct audit_chain *ret)
{
	while (!audit_source_at_end(s)) {
		struct audit_link link;
		str_t line;
		bool whole;

		TRY(audit_source_line(s, &line, &whole));
		if (!whole || !audit_line_read(digest, line, &link))
			continue;
		ret->seq = link.seq;
		memcpy(ret->hash, link.hash, sizeof(ret->hash));
	}
	return ERR_OK;
}

err_t
audit_source_last(int dir_fd, const char *name, struct audit_chain *ret)
{
	struct digest *digest = digest_new(DIGEST_SHA256);
	struct audit_chain found = { .seq = 0 };
	struct audit_source *s = NULL;
	err_t err = digest == NULL ? ERR_MEMORY : audit_source_open(dir_fd, name, &s);

	audit_genesis(found.hash);
	if (err == ERR_OK)
		err = find_last(s, digest, &found);
	audit_source_close(&s);
	digest_free(&digest);
	TRY(err);
	*ret = found;
	return ERR_OK;
}
