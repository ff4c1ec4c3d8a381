/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: JSON Schema as OPA has it: drafts 4, 6 and 7, told apart by $schema, and a
 * mixture of all three when there is none.
 *
 * schema_make() reads a schema into a tree of nodes, once; schema_validate() then
 * looks at documents.  Messages and their order are those of gojsonschema; where it
 * leaves the order to chance, members go in the order of their names.
 *
 *   schema_compile.c   keywords to nodes     schema_ref.c     $ref, $id, $schema
 *   schema_keyword.c   small keywords        schema_meta.c    the drafts' own schemas
 *   schema_validate.c  documents             schema_collection.c schema_scalar.c
 *   schema_format.c    "format"              schema_email.c   addresses (RFC 5322)
 *   schema_number.c    exact decimals        schema_message.c what errors say
 *   schema.c           the built-ins
 *
 *   lifetime  a schema has an arena of its own: make to free; faults stand in the caller's
 *   limits    SCHEMA_MEMORY bytes, SCHEMA_DEPTH levels of schema and of validation; work is
 *             taken from the host before it is done
 *   threads   one thread at a time: regular expressions keep scratch
 *   failure   SCHEMA_BAD: a sentence says why.  SCHEMA_STOPPED: the host refused more work
 *   network   none: a $ref that leaves the schema is refused
 */
#ifndef REGO_BUILTIN_SCHEMA_H
#define REGO_BUILTIN_SCHEMA_H

#include "regex/regex.h"
#include "value/value.h"

enum { SCHEMA_MEMORY = 16 << 20, SCHEMA_DEPTH = 1500 };

enum schema_outcome { SCHEMA_GOOD, SCHEMA_BAD, SCHEMA_STOPPED };

/* Who pays: false means stop. */
struct schema_host {
	bool (*work)(void *context, size_t bytes);
	void *context;
};

enum schema_draft { SCHEMA_DRAFT_NONE, SCHEMA_DRAFT_4 = 4, SCHEMA_DRAFT_6 = 6, SCHEMA_DRAFT_7 = 7,
	SCHEMA_HYBRID = 100 };

/* In the order in which messages list them. */
enum schema_type {
	SCHEMA_ARRAY, SCHEMA_BOOLEAN, SCHEMA_INTEGER, SCHEMA_NUMBER, SCHEMA_NULL, SCHEMA_OBJECT,
	SCHEMA_STRING, SCHEMA_TYPES,
};

extern const char *const schema_type_names[SCHEMA_TYPES];

struct schema_node;

struct schema_nodes {
	struct schema_node **at;
	size_t count, capacity;
};

struct schema_strings {
	str_t *at;
	size_t count, capacity;
};

struct schema_pattern {
	str_t source;
	struct regex *regex; /* NULL: patterns are not looked at */
	struct schema_node *node;
};

struct schema_dependency {
	str_t property;
	struct schema_strings needs;
	struct schema_node *node; /* or NULL */
};

enum schema_rest { SCHEMA_REST_UNSAID, SCHEMA_REST_REFUSED, SCHEMA_REST_ALLOWED, SCHEMA_REST_NODE };

/* What is behind "additional...": nothing, false, true, a schema. */
struct schema_additional {
	enum schema_rest rest;
	struct schema_node *node;
};

struct schema_node {
	enum schema_draft draft;
	str_t property; /* where it stands: the name of a property, or the keyword */
	struct schema_node *parent;
	const void *mark; /* of whoever walks the nodes */
	struct schema_node *ref; /* if this is set, nothing else counts */
	bool is_bool, passes; /* true and false as schemas */

	uint8_t type_count;
	uint8_t types[SCHEMA_TYPES]; /* enum schema_type, as written; none: any */

	struct schema_nodes properties, items, one_of, any_of, all_of;
	bool items_are_alike; /* items has one schema for all */
	struct schema_additional additional_properties, additional_items;
	struct {
		struct schema_pattern *at;
		size_t count, capacity;
	} patterns;
	struct {
		struct schema_dependency *at;
		size_t count, capacity;
	} dependencies;
	struct schema_node *property_names, *contains, *not, *when, *then, *otherwise;

	value_t multiple_of, minimum, exclusive_minimum, maximum, exclusive_maximum; /* or VALUE_NONE */
	int64_t min_length, max_length, min_items, max_items, min_properties, max_properties; /* -1: unsaid */
	struct regex *pattern;
	str_t pattern_source, format;
	struct schema_strings required;
	bool unique_items;

	bool has_constant, has_enumeration;
	str_t constant; /* as text: see schema_text() */
	struct schema_strings enumeration;
};

struct schema {
	struct arena *arena;
	struct schema_node *root;
	struct {
		struct regex **at;
		size_t count, capacity;
	} regexes;
};

/* `document` is JSON (no sets, string keys) and is copied.  *ret_problem stands in `arena`. */
enum schema_outcome schema_make(struct arena *, const struct schema_host *, value_t document,
    bool with_patterns, struct schema **ret, str_t *ret_problem);
void schema_free(struct schema **);

enum schema_fault_kind {
	SCHEMA_FAULT_FALSE, SCHEMA_FAULT_REQUIRED, SCHEMA_FAULT_TYPE, SCHEMA_FAULT_ANY_OF,
	SCHEMA_FAULT_ONE_OF, SCHEMA_FAULT_ALL_OF, SCHEMA_FAULT_NOT, SCHEMA_FAULT_DEPENDENCY,
	SCHEMA_FAULT_CONST, SCHEMA_FAULT_ENUM, SCHEMA_FAULT_ADDITIONAL_ITEMS, SCHEMA_FAULT_MIN_ITEMS,
	SCHEMA_FAULT_MAX_ITEMS, SCHEMA_FAULT_UNIQUE, SCHEMA_FAULT_CONTAINS,
	SCHEMA_FAULT_MIN_PROPERTIES, SCHEMA_FAULT_MAX_PROPERTIES, SCHEMA_FAULT_ADDITIONAL_PROPERTY,
	SCHEMA_FAULT_PROPERTY_NAME, SCHEMA_FAULT_MIN_LENGTH, SCHEMA_FAULT_MAX_LENGTH,
	SCHEMA_FAULT_PATTERN, SCHEMA_FAULT_FORMAT, SCHEMA_FAULT_MULTIPLE_OF, SCHEMA_FAULT_MINIMUM,
	SCHEMA_FAULT_EXCLUSIVE_MINIMUM, SCHEMA_FAULT_MAXIMUM, SCHEMA_FAULT_EXCLUSIVE_MAXIMUM,
	SCHEMA_FAULT_THEN, SCHEMA_FAULT_ELSE, SCHEMA_FAULT_KINDS,
};

/* Where in the document: names and indices, from the inside out. */
struct schema_path {
	const struct schema_path *outer; /* NULL: this is the document itself */
	str_t name;
	uint32_t index;
	bool is_index;
};

struct schema_fault {
	struct schema_fault *next;
	enum schema_fault_kind kind;
	const struct schema_path *path;
	str_t text; /* what the message is about: a property, a format, a number as text ... */
	str_t given; /* TYPE */
};

/* BAD: the schema goes round in circles.  GOOD with faults: the document does not match. */
enum schema_outcome schema_validate(struct arena *, const struct schema_host *, const struct schema *,
    value_t document, struct schema_fault **ret_faults, str_t *ret_problem);

const char *schema_fault_type(const struct schema_fault *);
str_t schema_fault_field(struct arena *, const struct schema_fault *);
str_t schema_fault_message(struct arena *, const struct schema_fault *, str_t field);

#endif
