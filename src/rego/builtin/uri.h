/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri: URIs as Go reads and writes them, for callers that are no built-ins.
 */
#ifndef REGO_BUILTIN_URI_H
#define REGO_BUILTIN_URI_H

#include "base/arena.h"

/* The text as Go's URL.String() has it; else *ret_error, as Go's url.Parse() says it. */
bool rego_uri_normalize(struct arena *, str_t text, str_t *ret, str_t *ret_error);

#endif
