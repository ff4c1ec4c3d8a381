/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata_yaml: the members of a metadata block, as Go's yaml.v3 puts them into OPA's
 * structure: unknown members are skipped, a member of the wrong kind is an error that
 * names its line.
 *
 * Memory in the arena; the error's text is OPA's.
 */
#ifndef REGO_METADATA_YAML_H
#define REGO_METADATA_YAML_H

#include "codec/yaml_node.h"
#include "value/value.h"

enum metadata_member {
	MEMBER_SCOPE,
	MEMBER_TITLE,
	MEMBER_DESCRIPTION,
	MEMBER_ENTRYPOINT,
	MEMBER_ORGANIZATIONS,     /* array of strings */
	MEMBER_RELATED_RESOURCES, /* array */
	MEMBER_AUTHORS,           /* array */
	MEMBER_SCHEMAS,           /* array of objects, or of null */
	MEMBER_COMPILE,           /* objects */
	MEMBER_CUSTOM,
	MEMBER_LABELS,
	MEMBER_COUNT,
};

struct metadata_raw {
	value_t member[MEMBER_COUNT];    /* VALUE_NONE: not there */
	str_t key_problem[MEMBER_COUNT]; /* a mapping inside has a key that is no string */
};

/* ERR_SYNTAX: *ret_error is "yaml: ..."; ERR_MEMORY, ERR_LIMIT: the arena refused. */
err_t rego_metadata_yaml(
    struct arena *, str_t text, struct metadata_raw *ret, str_t *ret_error);

#endif
