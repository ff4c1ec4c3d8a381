/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sprintf as Go's fmt does it, for the four kinds of operands that OPA makes.
 *
 *   format.c        reads the format string, finds operands
 *   format_print.c  one operand under one verb: text and integers
 *   format_float.c  floating-point verbs
 */
#ifndef REGO_BUILTIN_FORMAT_INTERNAL_H
#define REGO_BUILTIN_FORMAT_INTERNAL_H

#include "rego/builtin/util.h"

/* What stands between % and the verb. */
struct format_spec {
	bool plus, minus, sharp, space, zero;
	bool plus_v, sharp_v; /* + and # of %v, which mean something else there */
	bool has_width, has_precision;
	int width, precision;
};

enum format_kind { FORMAT_TEXT, FORMAT_INT, FORMAT_BIG, FORMAT_FLOAT };

struct format_operand {
	enum format_kind kind;
	union {
		str_t text;
		int64_t integer;
		value_t big;
		double real;
	};
};

/* All of sprintf; the buf fails when memory is short. */
void format_write(struct rego_call *, struct buf *, str_t format, const value_t *operands,
    uint32_t count);

/* Reads the operand; booleans, null and collections are their Rego text.  False: no memory. */
bool format_operand_read(struct rego_call *, value_t, struct format_operand *ret);

const char *format_type_name(const struct format_operand *);
void format_print(struct buf *, const struct format_spec *, const struct format_operand *,
    uint32_t verb);

/* False: no verb of floats. */
bool format_float(struct buf *, const struct format_spec *, double, uint32_t verb);

void format_pad(struct buf *, const struct format_spec *, int count); /* blanks or zeros */
void format_padded(struct buf *, const struct format_spec *, str_t); /* at the wanted width */

#endif
