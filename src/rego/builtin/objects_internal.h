/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the objects family. */
#ifndef REGO_BUILTIN_OBJECTS_INTERNAL_H
#define REGO_BUILTIN_OBJECTS_INTERNAL_H

#include "rego/builtin.h"

/*
 * A path as json.filter, json.remove and json.patch take it, as an array of keys:
 * "a/b" or ["a", "b"].  VALUE_NONE: neither, or the arena refused.
 */
value_t rego_path_parse(struct arena *, value_t path);

/* As rego_charge(); a refusal also fails the arena, so that one check at the end sees it. */
bool rego_path_charge(struct rego_call *, size_t bytes);

rego_builtin_fn rego_json_filter, rego_json_remove, rego_json_patch;

#endif
