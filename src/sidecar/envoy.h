/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envoy: the input that a CheckRequest of Envoy's ext_authz (v3) makes, as the OPA-Envoy
 * plugin makes it.
 *
 *   attributes      the AttributeContext as protobuf's JSON
 *   parsed_path     the path's parts, without escapes; parsed_query: { name: [values] }
 *   parsed_body     a JSON or form body, if it is whole; truncated_body: it is not
 *   version         { encoding: "protojson", ext_authz: "v3" }
 *
 * A path is a path whatever it looks like: "//host/x" has the parts host and x, and no
 * other reader of it is asked.
 *
 *   failure  VALUE_NONE: *ret_why (static text) says what is malformed
 */
#ifndef SIDECAR_ENVOY_H
#define SIDECAR_ENVOY_H

#include "value/value.h"

value_t envoy_input(struct arena *, str_t check_request, const char **ret_why);

#endif
