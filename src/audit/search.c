/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/search.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "audit/source.h"
#include "base/clock.h"
#include "base/vec.h"

enum { ARENA_BYTES = 16 << 20, BLOCK_BYTES_MAX = 64 << 20 };

err_t
audit_search_init(struct audit_search *s)
{
	s->left = s->query->limit;
	s->bytes = s->spoiled = 0;
	s->why = "";
	buf_init(&s->block, BLOCK_BYTES_MAX);
	s->digest = digest_new(DIGEST_SHA256);
	s->arena = arena_new(ARENA_BYTES);
	if (s->digest != NULL && s->arena != NULL)
		return ERR_OK;
	audit_search_fini(s);
	return ERR_MEMORY;
}

void
audit_search_fini(struct audit_search *s)
{
	digest_free(&s->digest);
	arena_free(&s->arena);
	buf_fini(&s->block);
}

const char *
audit_search_why(const struct audit_search *s)
{
	return s->why;
}

static err_t
give_up(struct audit_search *s, err_t err, const char *why)
{
	s->why = why;
	return err;
}

err_t
audit_search_charge(struct audit_search *s, uint64_t bytes)
{
	s->bytes += bytes;
	if (s->bytes_max > 0 && s->bytes > s->bytes_max)
		return give_up(s, ERR_LIMIT, "more of the log would have to be read than is allowed");
	if (s->stop != NULL && atomic_load_explicit(s->stop, memory_order_relaxed))
		return give_up(s, ERR_DEADLINE, "nobody waits for the answer any more");
	if (s->deadline_ns > 0 && clock_steady_ns(&clock_system) > s->deadline_ns)
		return give_up(s, ERR_DEADLINE, "the search would take longer than is allowed");
	return ERR_OK;
}

static bool
is_wanted(const struct audit_search *s, str_t line)
{
	struct audit_peek peek;

	return audit_peek(line, &peek) && (s->below == 0 || peek.seq < s->below) &&
	    audit_query_matches(s->query, &peek);
}

static err_t
give(struct audit_search *s, str_t line)
{
	struct audit_link link;

	if (!audit_line_read(s->digest, line, &link)) {
		s->spoiled++;
		return ERR_OK;
	}
	s->left--;
	return s->found(s->context, line, &link);
}

/* ---- with an index: block by block, from the end ---- */

struct span { /* of a line in the block */
	uint32_t at, len;
};

static err_t
read_block(struct audit_search *s, int fd, struct audit_packed *packed,
    const struct audit_index_block *b)
{
	buf_clear(&s->block);
	if (b->len > BLOCK_BYTES_MAX || !buf_reserve(&s->block, (size_t)b->len))
		return give_up(s, ERR_LIMIT, "a part of the log is too big to be searched");
	if (packed != NULL)
		return audit_packed_read(packed, b->offset, b->len, &s->block);
	while (s->block.len < b->len) {
		ssize_t got = pread(fd, s->block.data + s->block.len, (size_t)b->len - s->block.len,
		    (off_t)(b->offset + s->block.len));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		if (got == 0)
			return ERR_SYNTAX;
		s->block.len += (size_t)got;
	}
	return ERR_OK;
}

/* The block begins with the record that the index says, and ends where a line ends. */
static bool
fits(const struct audit_index_block *b, str_t bytes)
{
	str_t first = str_sub(bytes, 0, str_find_char(bytes, '\n', 0));
	uint64_t seq;

	return bytes.data[bytes.len - 1] == '\n' &&
	    (b->first_seq == 0 || (audit_line_seq(first, &seq) && seq == b->first_seq));
}

static err_t
search_block(struct audit_search *s, str_t bytes)
{
	VEC(struct span) found = { 0 };
	str_t rest = bytes;

	while (rest.len > 0) {
		size_t end = str_find_char(rest, '\n', 0);
		struct span span = { (uint32_t)(rest.data - bytes.data), (uint32_t)end };

		if (is_wanted(s, str_sub(rest, 0, end)) && !VEC_PUSH(s->arena, &found, span))
			return ERR_MEMORY;
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
	while (found.count > 0 && s->left > 0) {
		struct span span = found.at[--found.count];

		TRY(give(s, str_sub(bytes, span.at, span.len)));
	}
	return ERR_OK;
}

err_t
audit_search_blocks(struct audit_search *s, int fd, struct audit_packed *packed,
    const struct audit_index *index)
{
	for (size_t i = index->count; i > 0 && s->left > 0; i--) {
		const struct audit_index_block *b = &index->blocks[i - 1];

		if (!audit_index_may_hold(b, s->query))
			continue;
		TRY(audit_search_charge(s, b->len));
		TRY(read_block(s, fd, packed, b));
		if (!fits(b, buf_str(&s->block)))
			return ERR_SYNTAX;
		arena_reset(s->arena);
		TRY(search_block(s, buf_str(&s->block)));
	}
	return ERR_OK;
}

/* ---- any file, from its beginning ---- */

struct held { /* the last lines that matched, in order, in s->block */
	VEC(struct span) spans;
	size_t first; /* of spans: those before it are no longer wanted */
};

static void
drop_old(struct audit_search *s, struct held *h)
{
	size_t gone = h->first < h->spans.count ? h->spans.at[h->first].at : s->block.len;

	if (gone <= s->block.len / 2)
		return;
	buf_drop(&s->block, gone);
	h->spans.count -= h->first;
	memmove(h->spans.at, h->spans.at + h->first, h->spans.count * sizeof(*h->spans.at));
	h->first = 0;
	for (size_t i = 0; i < h->spans.count; i++)
		h->spans.at[i].at -= (uint32_t)gone;
}

static err_t
hold(struct audit_search *s, struct held *h, str_t line)
{
	struct span span = { (uint32_t)s->block.len, (uint32_t)line.len };

	buf_add_str(&s->block, line);
	if (!VEC_PUSH(s->arena, &h->spans, span))
		return ERR_MEMORY;
	h->first += h->spans.count - h->first > s->left;
	drop_old(s, h);
	if (buf_failed(&s->block) || s->block.len > 2 * (size_t)AUDIT_SEARCH_HELD_MAX)
		return give_up(s, ERR_LIMIT, "the answer would be too big: ask for fewer");
	return ERR_OK;
}

static err_t
give_held(struct audit_search *s, struct held *h)
{
	while (h->spans.count > h->first && s->left > 0) {
		struct span span = h->spans.at[--h->spans.count];

		TRY(give(s, str_sub(buf_str(&s->block), span.at, span.len)));
	}
	return ERR_OK;
}

/* Whether the line at this offset may be of use; *i moves along with the offsets. */
static bool
may_hold(const struct audit_search *s, const struct audit_index *known, size_t *i, uint64_t offset)
{
	if (known == NULL)
		return true;
	while (*i < known->count && known->blocks[*i].offset + known->blocks[*i].len <= offset)
		++*i;
	return *i == known->count || audit_index_may_hold(&known->blocks[*i], s->query);
}

static err_t
read_stream(struct audit_search *s, struct audit_source *from, const struct audit_index *known,
    struct audit_index *build)
{
	struct held held = { 0 };
	struct audit_peek peek;
	uint64_t offset = 0;
	size_t block = 0;
	str_t line;
	bool whole;

	for (;;) {
		TRY(audit_source_line(from, &line, &whole));
		if (!whole && audit_source_at_end(from))
			return give_held(s, &held); /* a torn last line is nobody's */
		TRY(audit_search_charge(s, line.len + 1));
		if (build != NULL)
			(void)audit_index_add(build, line, &peek);
		if (may_hold(s, known, &block, offset) && is_wanted(s, line))
			TRY(hold(s, &held, line));
		offset += line.len + whole;
	}
}

err_t
audit_search_stream(struct audit_search *s, int dir_fd, const char *name,
    const struct audit_index *known, struct audit_index *build)
{
	struct audit_source *source = NULL;
	err_t err;

	TRY(audit_source_open(dir_fd, name, &source));
	buf_clear(&s->block);
	arena_reset(s->arena);
	err = read_stream(s, source, known, build);
	audit_source_close(&source);
	return err;
}
