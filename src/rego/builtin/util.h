/* SPDX-License-Identifier: Apache-2.0 */
/*
 * util: what the bodies of many families need: results out of the arena, operands
 * that must be integers or collections of strings, text that grows.
 */
#ifndef REGO_BUILTIN_UTIL_H
#define REGO_BUILTIN_UTIL_H

#include "rego/builtin.h"

/* DEFINED, or HALT when the arena refused to make it (VALUE_NONE). */
enum rego_outcome rego_give(value_t made, value_t *ret);
enum rego_outcome rego_give_str(struct rego_call *, str_t, value_t *ret); /* copies; charges */

/* Takes work off the budget, as for `bytes` read, though none are made.  False: answer REGO_HALT. */
bool rego_work(struct rego_call *, size_t bytes);

/*
 * Text of unknown length: fill the buf, then give it.  It stops growing at what the
 * budget could hold; giving it takes it down.
 */
void rego_text_init(struct rego_call *, struct buf *);
enum rego_outcome rego_give_text(struct rego_call *, struct buf *, value_t *ret);

/* Operands count from 1.  False: the call has failed with OPA's message; answer REGO_FAILED. */
bool rego_operand_int(struct rego_call *, unsigned operand, int64_t *ret);
bool rego_operand_strings(struct rego_call *, unsigned operand); /* array or set: all strings? */

/* An integer of any size?  For rows that check their operands themselves. */
bool rego_operand_integer(struct rego_call *, unsigned operand);

/* An integer in int64 as it is written: 1 and 1.0, but not 1e2. */
bool rego_is_plain_int(value_t, int64_t *ret);

/* Items of an array or a set. */
const value_t *rego_items(value_t);

/* In double quotes with Go's escapes, as its %q. */
void rego_quote(struct buf *, str_t);

/* A string as it is, anything else as Rego text. */
void rego_print_bare(struct buf *, value_t);

#endif
