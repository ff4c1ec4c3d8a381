/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of schema share: see schema.h. */
#ifndef REGO_BUILTIN_SCHEMA_INTERNAL_H
#define REGO_BUILTIN_SCHEMA_INTERNAL_H

#include "base/vec.h"
#include "rego/builtin/schema.h"
#include "value/number.h"

/* ---- the schema as a document: schema_ref.c ---- */

/* A value of the schema with what was found out about it. */
struct schema_doc {
	value_t value;
	struct schema_doc *parts; /* of an array or an object, by place */
	str_t ref; /* its $ref, absolute, if `has_ref` */
	bool has_ref;
};

struct schema_doc *schema_doc_find(const struct schema_doc *object, str_t key); /* NULL: none */

struct schema_slot {
	str_t key;
	struct schema_doc *doc; /* of documents */
	enum schema_draft draft;
	struct schema_node *node; /* of references */
};

/* By reference: open addressing, at most half full. */
struct schema_map {
	struct schema_slot *slots;
	size_t count, capacity; /* a power of two, or 0 */
};

struct schema_slot *schema_map_find(const struct schema_map *, str_t key);
struct schema_slot *schema_map_add(struct arena *, struct schema_map *, str_t key); /* NULL: no memory */

struct schema_compiler {
	struct schema *schema;
	struct arena *arena; /* the schema's */
	const struct schema_host *host;
	struct schema_map documents, references;
	unsigned depth;
	bool with_patterns;
	bool stopped; /* the host refused */
	str_t problem; /* in the schema's arena */
};

/* Both answer false. */
bool schema_refuse(struct schema_compiler *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool schema_refuse_type(struct schema_compiler *, const char *expected, const char *given);

bool schema_work(struct schema_compiler *, size_t bytes); /* false: stopped */

/* Enters `value` under `reference` and all that has an $id in it. */
bool schema_ref_enter(struct schema_compiler *, value_t value, str_t reference,
    struct schema_doc **ret_doc, enum schema_draft *ret_draft);
/* What a reference leads to.  *ret_draft may be NONE: as where it stands. */
bool schema_ref_find(struct schema_compiler *, str_t reference, struct schema_doc **ret_doc,
    enum schema_draft *ret_draft);
bool schema_ref_check(struct schema_compiler *, str_t reference); /* refuses what is no URI */

/* The schema of the draft whose schema has this address; STR_NONE: none. */
str_t schema_meta_text(struct arena *, str_t address);
enum schema_draft schema_meta_draft(str_t address);

/* ---- compiling ---- */

typedef bool schema_keyword_fn(struct schema_compiler *, struct schema_node *,
    const struct schema_doc *keyword, str_t name);

/* Numbers, lengths, const and enum: schema_keyword.c */
schema_keyword_fn schema_read_multiple_of, schema_read_minimum, schema_read_maximum,
    schema_read_exclusive, schema_read_count, schema_read_pattern, schema_read_format,
    schema_read_required, schema_read_unique, schema_read_const, schema_read_enum,
    schema_read_type, schema_read_text;

bool schema_make_regex(struct schema_compiler *, str_t source, struct regex **ret); /* NULL: malformed */

/* ---- numbers and text: schema_number.c ---- */

/* As JSON with numbers as doubles, as Go writes them: what is equal has the same text. */
void schema_text(struct buf *, value_t);
str_t schema_text_make(struct arena *, value_t);

/* Exact, of any decimals.  STR "1e+06", as Go's %v of a big.Float. */
int schema_number_compare(struct arena *, value_t, value_t);
bool schema_number_is_multiple(struct arena *, value_t number, value_t of);
str_t schema_number_text(struct arena *, value_t);

/* ---- validating ---- */

struct schema_result {
	struct schema_fault *first, *last;
	int64_t score; /* how well it matched, to choose among several */
};

struct schema_run {
	struct arena *arena;
	const struct schema_host *host;
	unsigned depth;
	bool stopped, circular;
};

void schema_check(struct schema_run *, const struct schema_node *, value_t,
    const struct schema_path *, struct schema_result *);
void schema_check_array(struct schema_run *, const struct schema_node *, value_t,
    const struct schema_path *, struct schema_result *);
void schema_check_object(struct schema_run *, const struct schema_node *, value_t,
    const struct schema_path *, struct schema_result *);
void schema_check_number(struct schema_run *, const struct schema_node *, value_t,
    const struct schema_path *, struct schema_result *);
void schema_check_string(struct schema_run *, const struct schema_node *, value_t,
    const struct schema_path *, struct schema_result *);
void schema_check_common(struct schema_run *, const struct schema_node *, value_t,
    const struct schema_path *, struct schema_result *);

bool schema_run_work(struct schema_run *, size_t bytes);
void schema_add_fault(struct schema_run *, struct schema_result *, enum schema_fault_kind,
    const struct schema_path *, str_t text);
void schema_merge(struct schema_result *, const struct schema_result *from);
const struct schema_path *schema_path_name(struct schema_run *, const struct schema_path *, str_t);
const struct schema_path *schema_path_index(struct schema_run *, const struct schema_path *, uint32_t);

bool schema_format_matches(struct schema_run *, str_t format, str_t text);
bool schema_is_email(str_t);

#endif
