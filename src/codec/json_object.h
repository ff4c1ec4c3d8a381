/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_object: an object of members as they stand in a text: keys are strings,
 * in any order, of equal ones the last wins.  Made for the many small objects
 * of a request.
 */
#ifndef CODEC_JSON_OBJECT_H
#define CODEC_JSON_OBJECT_H

#include "codec/json_share.h"
#include "value/value.h"

/*
 * Sorts `entries` in place.  *ret_twice (NULL: not asked) becomes a key that is
 * there twice, if one is.  VALUE_NONE: the arena refused.
 */
value_t json_object_make(struct arena *, struct json_share *, struct value_entry *entries,
    size_t count, value_t *ret_twice); /* the share may be NULL */

#endif
