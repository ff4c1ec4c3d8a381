/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGO_BUILTIN_JSON_INTERNAL_H
#define REGO_BUILTIN_JSON_INTERNAL_H

#include "rego/builtin.h"

/*
 * `v` as JSON can hold it: sets are arrays; a key that is not a string is its JSON text.  What
 * is so already is shared.  False: the budget or the arena is spent; answer REGO_HALT.
 */
bool rego_to_json(struct rego_call *, value_t v, value_t *ret);

/* Tells why `text` is not JSON, as Go's encoding/json would; nothing if it is. */
void rego_json_fault(struct arena *, struct buf *problem, str_t text);

#endif
