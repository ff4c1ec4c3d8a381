/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query: which lines of the log are asked for.
 *
 * Texts are compared as they stand in the line (text.h), so a line that does not match is
 * passed by without being read as JSON.
 *
 *   memory   the texts live in the arena given to audit_query_make
 */
#ifndef AUDIT_QUERY_H
#define AUDIT_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/mask.h"
#include "base/arena.h"
#include "base/diag.h"
#include "audit/record.h"
#include "base/err.h"

struct audit_wish { /* in the words of whoever asks */
	str_t tenant_id;
	bool any_tenant; /* also lines of the log's own, which have none */
	str_t action; /* exact, or with a last `*`; empty: any */
	int64_t from_ms, to_ms; /* both included; 0: no bound */
	uint32_t limit;
};

struct audit_query {
	str_t tenants[2]; /* plain, and as a mask writes it */
	size_t tenant_count; /* 0: any */
	str_t action;
	bool any_action, is_prefix;
	int64_t from_ms, to_ms;
	uint32_t limit;
};

/*
 * `mask` (may be NULL) is the one that lines are written with now.  ERR_CONFIG: it hides what
 * is asked by; ERR_SYNTAX: the wish makes no sense.  The diag says why.
 */
err_t audit_query_make(struct arena *, const struct audit_wish *, const struct audit_mask *,
    struct diag *, struct audit_query *ret);

struct audit_peek { /* what a line shows at a glance; what it lacks is empty */
	int64_t time_ms;
	uint64_t seq;
	str_t tenant_id, action; /* as written */
};
bool audit_peek(str_t line, struct audit_peek *ret); /* false: it is no line of a log */

bool audit_query_matches(const struct audit_query *, const struct audit_peek *);

#endif
