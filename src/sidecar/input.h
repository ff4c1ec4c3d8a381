/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: the document that Authorize puts before a policy.
 *
 *   {tenant_id, subject, action, resource, resource_owner, resource_tenant,
 *    context: {roles, scopes, groups, …}, claims}
 *
 * What a verified token says outranks what the request says: context.roles,
 * .scopes and .groups are the token's; without a token they are the request's
 * (its TenantContext's roles; its context's texts, split).  resource_owner and
 * resource_tenant come from the context and stay in it too; what nobody gave is
 * absent, so that a policy finds it undefined.
 */
#ifndef SIDECAR_INPUT_H
#define SIDECAR_INPUT_H

#include "sidecar/request.h"

value_t input_make(struct request *); /* in its arena; VALUE_NONE: the arena refused */

/* For documents of other shapes: a text that the policy compares fast, and such a member. */
value_t input_text(struct request *, str_t);
void input_add(struct request *, struct object_builder *, str_t key, value_t);

#endif
