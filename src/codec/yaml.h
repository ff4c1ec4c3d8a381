/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml: YAML straight into values and back, through libyaml.
 *
 * A document means what sigs.k8s.io/yaml, and so OPA, makes of it as JSON: plain
 * scalars are resolved as YAML 1.1 has it (yes and off are booleans, 010 is 8), floats
 * are doubles, dates stay strings, keys become strings, `<<` merges.
 *
 *   strict   one document; no key twice in one mapping.  `as_opa`: the last of
 *            equal keys wins, and what follows the first document is not read
 *   limits   nesting; anchors; and how many nodes aliases may add, all in all
 *   memory   values in the arena; what an alias names is shared, not copied
 *   failure  ERR_SYNTAX (diag: row, column, what), ERR_LIMIT, ERR_MEMORY; the
 *            finding borrows the text, to show the line
 */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "base/diag.h"
#include "base/err.h"
#include "value/intern.h"
#include "value/value.h"

enum {
	YAML_DEPTH_DEFAULT = 500,
	YAML_ANCHORS_MAX = 1000,
	YAML_ALIAS_NODES_MAX = 100000,
};

/* What yaml.v2 says of a text: the error is "yaml: line N: problem". */
struct yaml_fault {
	uint32_t line; /* 0: it names none */
	bool json; /* no fault in YAML, but what JSON cannot hold: "json: problem" */
	char problem[96];
};

struct yaml_options {
	const struct intern *find; /* as struct json_options has them */
	struct intern *add;
	uint32_t depth_limit; /* 0: YAML_DEPTH_DEFAULT */
	size_t size_limit; /* bytes of text; 0: none but the arena's */
	bool as_opa;
	str_t file; /* for the diag */
	struct yaml_fault *ret_fault; /* may be NULL */
};

err_t yaml_read(struct arena *, str_t text, const struct yaml_options *, struct diag *,
    value_t *ret_value); /* options and diag may be NULL; an empty text is null */

/*
 * Block style; keys in the order of people (k2 before k10); quoted is what would not be read
 * back as a string.  `v` is what JSON can hold: no sets, all keys strings.
 */
err_t yaml_write(struct buf *, value_t v);

#endif
