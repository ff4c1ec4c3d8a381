/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact: texts and documents without their secrets.
 *
 *   text      each part that looks like a secret becomes [REDACTED]; the rest stays
 *   document  a member with a telling name loses its whole value, whatever it is; a string or
 *             number with a telling part is replaced whole; the shape of the document stays
 *
 * pattern.def has the names and the shapes; a caller may add some for one call.  Names
 * of members are not searched, nor is anything decoded (base64, escapes in strings).
 *
 *   lifetime  redactor: new to free; extra: init to fini
 *   limits    REDACT_EXTRA_MAX names and as many patterns of REDACT_PATTERN_MAX bytes; time is
 *             linear in the text for each pattern
 *   threads   a redactor is one thread's
 *   failure   ERR_SYNTAX: a pattern that does not compile (*ret_which); ERR_LIMIT, ERR_MEMORY.
 *             Then nothing may be shown.
 */
#ifndef REDACT_REDACT_H
#define REDACT_REDACT_H

#include "base/buf.h"
#include "base/err.h"
#include "value/value.h"

enum { REDACT_EXTRA_MAX = 64, REDACT_PATTERN_MAX = 1024 };

#define REDACT_MARK "[REDACTED]"

struct redactor;
struct regex;

struct redact_extra { /* of one call */
	const str_t *names; /* borrowed */
	size_t name_count;
	struct regex *shapes[REDACT_EXTRA_MAX];
	size_t shape_count;
};

struct redactor *redactor_new(void); /* NULL: out of memory */
void redactor_free(struct redactor **);

err_t redact_extra_init(struct redact_extra *, const str_t *names, size_t name_count,
    const str_t *patterns, size_t pattern_count, str_t *ret_which);
void redact_extra_fini(struct redact_extra *);

/* `extra` may be NULL. */
err_t redact_text(struct redactor *, const struct redact_extra *, str_t text, struct buf *out);
err_t redact_document(struct redactor *, const struct redact_extra *, struct arena *, value_t,
    value_t *ret);

#endif
