/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search: one query over the files of a log, newest line first.
 *
 * Files are searched from the newest to the oldest.  One with an index, plain or packed by us
 * (packed.h), is read block by block from its end; any other is read once from its
 * beginning, and the last matches are kept.  Only whole lines whose bytes give their hash
 * are found; others that would match are counted as spoiled.
 *
 *   lifetime  in the caller's storage, init to fini
 *   limits    bytes read, time, AUDIT_SEARCH_HELD_MAX bytes of lines held
 *   threads   one; `stop` may be set by any
 *   failure   ERR_LIMIT, ERR_DEADLINE: a bound was reached, and an answer would be incomplete;
 *             audit_search_why says which.  ERR_IO, ERR_SYNTAX as source.h
 */
#ifndef AUDIT_SEARCH_H
#define AUDIT_SEARCH_H

#include "audit/index.h"
#include "audit/packed.h"

enum { AUDIT_SEARCH_HELD_MAX = 8 << 20 };

/* A line without its newline, borrowed.  An error ends the search. */
typedef err_t audit_found_fn(void *context, str_t line, const struct audit_link *);

struct audit_search {
	/* Set before init. */
	const struct audit_query *query;
	audit_found_fn *found;
	void *context;
	uint64_t bytes_max; /* 0: no bound */
	int64_t deadline_ns; /* steady; 0: none */
	const _Atomic bool *stop; /* NULL: nobody will */
	uint64_t below; /* only records of a lower number; 0: all */

	uint32_t left; /* lines that are still wanted */
	uint64_t bytes, spoiled; /* read; lines */
	const char *why;
	struct digest *digest;
	struct arena *arena; /* of one block */
	struct buf block; /* of a file; or the lines held */
};

err_t audit_search_init(struct audit_search *);
void audit_search_fini(struct audit_search *);
const char *audit_search_why(const struct audit_search *);

/*
 * A plain file behind `fd`, or a packed one, as far as the index covers it.  ERR_SYNTAX: the
 * index does not fit the file.
 */
err_t audit_search_blocks(struct audit_search *, int fd, struct audit_packed *,
    const struct audit_index *);
/* Any file.  `known` and `build` may be NULL; `build` is a new index, and of all of the file then. */
err_t audit_search_stream(struct audit_search *, int dir_fd, const char *name,
    const struct audit_index *known, struct audit_index *build);

/* ---- for who reads besides ---- */

err_t audit_search_charge(struct audit_search *, uint64_t bytes);

#endif
