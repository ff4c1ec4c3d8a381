/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capabilities: what a policy may use.
 *
 * Two profiles are built in: `air-gapped` refuses calls of built-ins that need a
 * network like OPA's unsafe ones; `connected` refuses nothing.  A file in the form of
 * `opa capabilities` grants what it lists: a built-in that it leaves out is an
 * undefined function, names that are not known here grant nothing.
 *
 *   builtins          by name; declarations are those of this program's rows
 *   features          rule heads with references, rego.v1, template strings;
 *                     keywords_in_refs is read, but restricts nothing
 *   future_keywords   and, or and not may be imported only if listed
 *   allow_net         must be a list of strings; no host is ever reached anyway
 *
 *   lifetime   a file's capabilities live in the arena that they are read into
 *   failure    ERR_SYNTAX with a finding: no JSON, or not of this form
 */
#ifndef REGO_CAPABILITIES_H
#define REGO_CAPABILITIES_H

#include "base/diag.h"
#include "base/err.h"
#include "value/value.h"

enum rego_feature {
	REGO_FEATURE_STRING_HEADS = 1, /* p.q := 1 */
	REGO_FEATURE_HEADS = 2, /* p.q[x] := 1 */
	REGO_FEATURE_V1_IMPORT = 4,
	REGO_FEATURE_TEMPLATES = 8,
};

struct rego_capabilities {
	const char *name; /* of the profile or file, for messages */
	bool network; /* grants built-ins that need a network */
	const bool *granted; /* by a built-in's id; NULL: all */
	unsigned missing; /* features that are not there */
	value_t keywords; /* list of future keywords; VALUE_NONE: all */
};

extern const struct rego_capabilities rego_capabilities_air_gapped, rego_capabilities_connected;

err_t rego_capabilities_read(struct arena *, const char *name, str_t json, struct diag *,
    struct rego_capabilities *ret);

/* The built-in profile of that name; NULL: none. */
const struct rego_capabilities *rego_capabilities_find(const char *name);

/* What the profile grants, as `opa capabilities --current` prints it.  VALUE_NONE: no memory. */
value_t rego_capabilities_value(struct arena *, const struct rego_capabilities *);

/* NULL may be asked too: everything is granted. */
bool rego_capabilities_grant(const struct rego_capabilities *, uint32_t builtin); /* is it known? */
bool rego_capabilities_lack(const struct rego_capabilities *, enum rego_feature);
bool rego_capabilities_grant_keyword(const struct rego_capabilities *, str_t word);

#endif
