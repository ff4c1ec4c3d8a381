/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: RFC 8259, straight into values and back.
 *
 * The reader is strict: one document, UTF-8 checked, no trailing bytes, numbers
 * and escapes by the grammar, nesting and size limited.  A duplicate key is
 * settled as OPA does: the last one wins; or it is an error, on request.  A
 * lone surrogate escape becomes U+FFFD, as Go does.
 *
 *   memory   values in the arena; strings copied (the text may go away)
 *   large    with a table to add to, equal parts of a large document are shared
 *            (json_share.h), and once the table is long keys are only looked up
 *   intern   with a table, keys and strings of at most JSON_INTERN_MAX bytes are
 *            looked up, or added when the snapshot is being built
 *   failure  ERR_SYNTAX (diag: row, column, what), ERR_LIMIT, ERR_MEMORY; the
 *            finding borrows the text, to show the line
 *
 * Where RFC 8259 leaves the choice: numbers of any size are read exactly, as far
 * as number.h goes; a byte order mark and bytes that are not UTF-8 are refused.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/diag.h"
#include "base/err.h"
#include "value/intern.h"
#include "value/value.h"

enum { JSON_INTERN_MAX = 64, JSON_DEPTH_DEFAULT = 1000 };

struct json_options {
	const struct intern *find; /* look strings up here; may be NULL */
	struct intern *add; /* or add them here (then `find` is not used); may be NULL */
	uint32_t depth_limit; /* 0: JSON_DEPTH_DEFAULT */
	size_t size_limit; /* bytes of text; 0: none but the arena's */
	bool refuse_duplicates;
	str_t file; /* for the diag */
};

err_t json_read(struct arena *, str_t text, const struct json_options *, struct diag *,
    value_t *ret_value); /* options and diag may be NULL */

/*
 * As Go's encoding/json: compact, keys in the order of the object, U+2028 and
 * U+2029 as escapes, malformed UTF-8 as \ufffd.  Sets are written as arrays;
 * keys that are not strings as their JSON text.
 */
void json_write(struct buf *, value_t);
/* OPA's json.marshal: also escapes < > &. */
void json_write_escaped(struct buf *, value_t);
/* Indented; `indent` per level ("  "), `prefix` before each line after the first. */
void json_write_pretty(struct buf *, value_t, str_t prefix, str_t indent);
void json_write_pretty_escaped(struct buf *, value_t, str_t prefix, str_t indent);
/* A string with its quotes. */
void json_write_string(struct buf *, str_t, bool escape_html);

#endif
