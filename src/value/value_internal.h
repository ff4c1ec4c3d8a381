/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share about the insides of collections. */
#ifndef VALUE_VALUE_INTERNAL_H
#define VALUE_VALUE_INTERNAL_H

#include "value/value.h"

/* Room for a set or object of `count` entries; NULL: too many, or the arena refused. */
struct value_set *value_set_begin(struct arena *, size_t count);
struct value_object *value_object_begin(struct arena *, size_t count);

/* Ends them: entries are in order, without duplicates.  Makes the index. */
value_t value_set_done(struct arena *, struct value_set *, size_t count);
value_t value_object_done(struct arena *, struct value_object *, size_t count);

/* Number of the object's first entry whose key is not before `key`. */
uint32_t value_object_lower_bound(value_t object, value_t key);

uint32_t value_hash_words(uint64_t first, uint64_t second); /* keyed; never 0 */

value_t value_number_copy(struct arena *, value_t);

#endif
