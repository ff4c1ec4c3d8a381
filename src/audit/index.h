/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index: which parts of one file of the log need not be read.
 *
 * Lines are counted in blocks.  A block knows where it stands, the times it spans, and
 * hashes of the tenants and actions in it, as long as they are few; so a block that cannot
 * hold what is asked for is passed by.  Offsets are those of the plain file: they hold for
 * its .gz too.
 *
 * It is a help, never a witness: what it leads to is verified, and without it, or when it
 * does not fit, the file is read from end to end.
 *
 *   lifetime  new/free
 *   limits    AUDIT_INDEX_BLOCKS_MAX blocks; beyond that, two neighbours become one
 *   failure   sticky: audit_index_usable says false
 */
#ifndef AUDIT_INDEX_H
#define AUDIT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/query.h"
#include "audit/record.h"
#include "base/diag.h"

enum {
	AUDIT_INDEX_BLOCKS_MAX = 8192,
	AUDIT_INDEX_NAMES = 8, /* tenants, or actions, that a block tells apart */
	AUDIT_INDEX_RECORDS = 256, /* of a block, to begin with */
	AUDIT_INDEX_BYTES = 256 << 10,
};

struct audit_index_names {
	uint32_t count; /* above AUDIT_INDEX_NAMES: too many to tell */
	uint32_t hash[AUDIT_INDEX_NAMES];
};

struct audit_index_block {
	uint64_t offset, len, first_seq;
	int64_t least_ms, most_ms;
	uint32_t records;
	struct audit_index_names tenants, actions;
};

struct audit_index {
	struct arena *arena;
	struct audit_index_block *blocks;
	size_t count, capacity;
	uint32_t grain; /* records of a full block */
	uint64_t end; /* bytes covered: whole lines */
	uint64_t last_seq;
	char first_hash[AUDIT_HASH_LEN]; /* as the first line says: which file this is of */
};

struct audit_index *audit_index_new(void); /* NULL: out of memory */
void audit_index_free(struct audit_index **);

/* The next line of the file; *ret_peek is what it showed.  false: it is no line of a log. */
bool audit_index_add(struct audit_index *, str_t line, struct audit_peek *ret_peek);
bool audit_index_usable(const struct audit_index *);
bool audit_index_may_hold(const struct audit_index_block *, const struct audit_query *);

/* ---- kept in a file of its own ---- */

void audit_index_write(struct buf *, const struct audit_index *);
err_t audit_index_read(str_t bytes, struct audit_index **ret); /* ERR_SYNTAX: it is spoiled */

/* `dir` must be there; `log_name` is that of the plain rotated file. */
err_t audit_index_save(const struct audit_index *, str_t dir, str_t log_name);
/* ERR_NOT_FOUND; or ERR_SYNTAX, also when it is not of the file whose first line this is. */
err_t audit_index_load(str_t dir, str_t log_name, str_t first_line, struct audit_index **ret);
bool audit_index_is_kept(str_t dir, str_t log_name); /* good or not */
/* Removes what belongs to none of these. */
struct audit_file;
void audit_index_prune(str_t dir, const struct audit_file *files, size_t count);

#endif
