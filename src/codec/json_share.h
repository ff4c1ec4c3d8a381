/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_share: what a large document says often is kept once.
 *
 * Data of a bundle is records: the same keys again and again, the same few lists,
 * limits and fractions.  Equal rows of keys, and small arrays, objects and fractions
 * that came lately, are given out again in place of new ones.  Values are immutable,
 * so nobody can tell, but by the memory.
 *
 *   limits   fixed tables that forget: no document makes them grow, and one that
 *            repeats nothing pays a hash and a comparison per collection
 *   memory   the tables are in the arena given, for as long as one document is read;
 *            what they point to is in the document's own
 */
#ifndef CODEC_JSON_SHARE_H
#define CODEC_JSON_SHARE_H

#include "value/value.h"

struct json_share;

struct json_share *json_share_new(struct arena *); /* NULL: it refused */

/* One that has these very items and was kept; else VALUE_NONE. */
value_t json_share_find_array(const struct json_share *, const value_t *items, size_t count);
value_t json_share_find_number(const struct json_share *, str_t spelling);
/* A kept string, or a new one in the arena; VALUE_NONE: it refused. */
value_t json_share_string(struct json_share *, struct arena *, str_t);
void json_share_keep_array(struct json_share *, value_t);
void json_share_keep_number(struct json_share *, value_t);

/*
 * An object of entries in order, 1 to VALUE_SCAN_LIMIT of them: a kept one, or a new one in the
 * arena that shares its keys if it can.  VALUE_NONE: the arena refused.
 */
value_t json_share_object(struct json_share *, struct arena *, const struct value_entry *,
    size_t count);

#endif
