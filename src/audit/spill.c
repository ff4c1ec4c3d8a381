/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "audit/spill.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"

enum { CHUNK = 64 << 10 };
_Static_assert(CHUNK >= 2 * AUDIT_LINE_MAX, "a chunk holds a whole line");

void
audit_spill_init(struct audit_spill *s)
{
	*s = (struct audit_spill){ 0 };
}

err_t
audit_spill_open(struct audit_spill *s, str_t path, uint64_t limit,
    struct audit_chain *ret_head)
{
	struct audit_recovery found;

	must(!s->open);
	TRY(audit_logfile_open(&s->file, path, &found));
	*ret_head = found.chain;
	s->open = true;
	s->limit = limit;
	s->taken = s->shown = 0;
	s->cut_due = false;
	return ERR_OK;
}

void
audit_spill_close(struct audit_spill *s)
{
	if (s->open)
		audit_logfile_close(&s->file);
	s->open = false;
}

err_t
audit_spill_add(struct audit_spill *s, str_t lines, bool sync)
{
	uint64_t before;
	err_t err;
	int saved;

	if (!s->open)
		return ERR_IO;
	if (lines.len > s->limit || s->file.size > s->limit - lines.len)
		return ERR_LIMIT;
	if (s->cut_due)
		TRY(audit_logfile_cut(&s->file, s->file.size));
	s->cut_due = false;
	before = s->file.size;
	err = audit_logfile_append(&s->file, lines);
	if (err == ERR_OK && sync)
		err = audit_logfile_sync(&s->file);
	if (err == ERR_OK)
		return ERR_OK;
	/* These lines are refused: others will bear their numbers. */
	saved = errno;
	s->file.size = before;
	s->cut_due = audit_logfile_cut(&s->file, before) != ERR_OK;
	errno = saved;
	return ERR_IO;
}

static err_t
set_aside(struct audit_spill *s)
{
	char name[sizeof(s->file.name) + 24];

	(void)snprintf(name, sizeof(name), "%s-%lld", s->file.name, (long long)time(NULL));
	if (renameat(s->file.dir_fd, s->file.name, s->file.dir_fd, name) != 0)
		return ERR_IO;
	audit_spill_close(s);
	return ERR_SYNTAX;
}

err_t
audit_spill_read(struct audit_spill *s, struct digest *digest, struct audit_chain *chain,
    struct buf *lines, bool *ret_more)
{
	char chunk[CHUNK];
	uint64_t left = s->file.size - s->taken;
	ssize_t got = pread(s->file.fd, chunk, left < sizeof(chunk) ? (size_t)left : sizeof(chunk), (off_t)s->taken);
	str_t rest = str_make(chunk, got > 0 ? (size_t)got : 0);

	if (got < 0)
		return ERR_IO;
	s->shown = 0;
	while (rest.len > 0) {
		size_t end = str_find_char(rest, '\n', 0);
		str_t line = str_sub(rest, 0, end);
		struct audit_link link;

		if (end == rest.len && rest.len < AUDIT_LINE_MAX)
			break; /* the rest of it comes with the next chunk */
		if (end == rest.len || !audit_line_read(digest, line, &link))
			return set_aside(s);
		if (link.seq > chain->seq) {
			if (link.seq != chain->seq + 1 ||
			    memcmp(link.prev_hash, chain->hash, AUDIT_HASH_LEN) != 0)
				return set_aside(s);
			buf_add(lines, line.data, line.len + 1);
			chain->seq = link.seq;
			memcpy(chain->hash, link.hash, AUDIT_HASH_LEN);
		}
		rest = str_skip(rest, end + 1);
		s->shown += end + 1;
	}
	*ret_more = s->shown > 0 && s->taken + s->shown < s->file.size;
	return buf_failed(lines) ? ERR_LIMIT : ERR_OK;
}

void
audit_spill_taken(struct audit_spill *s)
{
	s->taken += s->shown;
	s->shown = 0;
}

err_t
audit_spill_empty(struct audit_spill *s)
{
	if (s->file.size > 0 && ftruncate(s->file.fd, 0) != 0)
		return ERR_IO;
	s->file.size = s->taken = s->shown = 0;
	return ERR_OK;
}
