/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag: findings for people.
 *
 * A diag collects findings: where (file, line, column, the source line), what
 * (a stable code and a sentence) and, when there is a likely mend, a hint.
 * Functions that can find several things wrong take a struct diag * and go on;
 * the err_t they return only says that something was found.
 *
 *   lifetime  findings and their texts live in the arena given to diag_init
 *   limit     findings beyond `limit` are counted, not kept
 *   NULL      every function takes a NULL diag and then does nothing
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag_place {
	str_t file; /* empty: no place in a file */
	str_t source; /* the whole text of the file, to cut the line from; may be empty */
	uint32_t row, col; /* from 1; col counts code points; 0: unknown */
	uint32_t width; /* bytes to underline; 0 is drawn as 1 */
};

struct diag_finding {
	struct diag_finding *next;
	enum diag_level level;
	str_t code; /* stable: "rego_parse_error", "config", "bundle" */
	str_t message, hint; /* hint may be empty */
	struct diag_place place;
	bool is_general; /* about a statement as a whole: OPA's text shows no line of it */
};

struct diag {
	struct arena *arena;
	struct diag_finding *first, **tail;
	size_t error_count, warning_count, limit;
};

void diag_init(struct diag *, struct arena *, size_t limit);

/* The last finding, to hang a hint on; NULL when it was not kept. */
struct diag_finding *diag_add(struct diag *, enum diag_level, const char *code,
    struct diag_place, const char *format, ...) __attribute__((format(printf, 5, 6)));
void diag_hint(struct diag *, struct diag_finding *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An error without a place, for code that has only a sentence to say. */
void diag_say(struct diag *, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Findings borrow file names and texts.  Who frees those calls this first: names
 * and texts of at most DIAG_KEEP_MAX bytes move into the diag's arena; a longer
 * text is let go, and its lines are then not shown.
 */
enum { DIAG_KEEP_MAX = 64 << 10 };
void diag_keep(struct diag *);

void diag_sort(struct diag *); /* by file, row, column; what has no place last; stable */

/*
 * `file:row:col: code: message`, the line, a caret, `help: hint`.  Of a long line what is
 * around the caret; control characters as U+FFFD, so that a text cannot steer a terminal.
 */
void diag_print(const struct diag *, struct buf *, bool color);
str_t diag_first_message(const struct diag *); /* empty if there is none */

#endif
