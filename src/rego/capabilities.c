/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/capabilities.h"

#include <string.h>

#include "base/vec.h"
#include "codec/json.h"
#include "rego/builtin.h"

const struct rego_capabilities rego_capabilities_air_gapped = { .name = "air-gapped" };
const struct rego_capabilities rego_capabilities_connected = { .name = "connected",
	.network = true };

/* OPA's names; rego_v1 brings what came before it. */
static const struct {
	const char *name;
	unsigned brings;
} features[] = {
	{ "keywords_in_refs", 0 },
	{ "rego_v1", REGO_FEATURE_STRING_HEADS | REGO_FEATURE_HEADS | REGO_FEATURE_V1_IMPORT },
	{ "rego_v1_import", REGO_FEATURE_V1_IMPORT },
	{ "rule_head_ref_string_prefixes", REGO_FEATURE_STRING_HEADS },
	{ "rule_head_refs", REGO_FEATURE_STRING_HEADS | REGO_FEATURE_HEADS },
	{ "template_strings", REGO_FEATURE_TEMPLATES },
};

enum {
	ALL_FEATURES = REGO_FEATURE_STRING_HEADS | REGO_FEATURE_HEADS | REGO_FEATURE_V1_IMPORT |
	    REGO_FEATURE_TEMPLATES,
};

const struct rego_capabilities *
rego_capabilities_find(const char *name)
{
	if (strcmp(name, rego_capabilities_air_gapped.name) == 0)
		return &rego_capabilities_air_gapped;
	if (strcmp(name, rego_capabilities_connected.name) == 0)
		return &rego_capabilities_connected;
	return NULL;
}

bool
rego_capabilities_grant(const struct rego_capabilities *c, uint32_t builtin)
{
	return c == NULL || c->granted == NULL || c->granted[builtin];
}

bool
rego_capabilities_lack(const struct rego_capabilities *c, enum rego_feature feature)
{
	return c != NULL && (c->missing & (unsigned)feature) != 0;
}

bool
rego_capabilities_grant_keyword(const struct rego_capabilities *c, str_t word)
{
	if (c == NULL || !value_is_defined(c->keywords))
		return true;
	for (uint32_t i = 0; i < c->keywords.count; i++) {
		if (str_eq(value_str(c->keywords.items[i]), word))
			return true;
	}
	return false;
}

/* ---- files ---- */

struct file {
	const char *name;
	struct diag *diag;
};

static err_t
refuse(const struct file *f, const char *problem)
{
	struct diag_place place = { .file = str_of(f->name), .row = 1, .col = 1 };

	(void)diag_add(f->diag, DIAG_ERROR, "capabilities", place, "%s", problem);
	return ERR_SYNTAX;
}

/* An optional member that lists strings; VALUE_NONE: it is not there. */
static err_t
read_words(const struct file *f, value_t all, const char *key, value_t *ret)
{
	*ret = value_object_get_str(all, str_of(key));
	if (!value_is_defined(*ret) || ret->tag == VALUE_NULL) {
		*ret = VALUE_NONE;
		return ERR_OK;
	}
	for (uint32_t i = 0; ret->tag == VALUE_ARRAY && i < ret->count; i++) {
		if (!value_is_string(ret->items[i]))
			return refuse(f, "features, future_keywords and allow_net are lists of strings");
	}
	return ret->tag == VALUE_ARRAY
	    ? ERR_OK
	    : refuse(f, "features, future_keywords and allow_net are lists of strings");
}

static err_t
read_builtins(const struct file *f, value_t list, bool *granted)
{
	if (!value_is_defined(list) || list.tag == VALUE_NULL)
		return ERR_OK;
	if (list.tag != VALUE_ARRAY)
		return refuse(f, "builtins is a list of objects");
	for (uint32_t i = 0; i < list.count; i++) {
		value_t name = list.items[i].tag == VALUE_OBJECT
		    ? value_object_get_str(list.items[i], STR("name"))
		    : VALUE_NONE;
		uint32_t id;

		if (!value_is_string(name))
			return refuse(f, "each of builtins is an object with a name");
		id = rego_builtin_find(value_str(name));
		if (id != REGO_BUILTIN_NONE)
			granted[id] = true;
	}
	return ERR_OK;
}

err_t
rego_capabilities_read(struct arena *arena, const char *name, str_t json, struct diag *diag,
    struct rego_capabilities *ret)
{
	struct json_options options = { .file = str_of(name) };
	struct rego_capabilities c = { .name = name, .network = true, .missing = ALL_FEATURES };
	struct file f = { name, diag };
	bool *granted = ARENA_ARRAY(arena, bool, rego_builtin_count());
	value_t all, words;

	if (granted == NULL)
		return ERR_MEMORY;
	TRY(json_read(arena, json, &options, diag, &all));
	if (all.tag != VALUE_OBJECT)
		return refuse(&f, "capabilities are an object with builtins, features and the like");
	TRY(read_builtins(&f, value_object_get_str(all, STR("builtins")), granted));
	TRY(read_words(&f, all, "allow_net", &words));
	TRY(read_words(&f, all, "features", &words));
	for (uint32_t i = 0; value_is_defined(words) && i < words.count; i++) {
		for (size_t k = 0; k < COUNT(features); k++) {
			if (str_eq(value_str(words.items[i]), str_of(features[k].name)))
				c.missing &= ~features[k].brings;
		}
	}
	TRY(read_words(&f, all, "future_keywords", &c.keywords));
	if (!value_is_defined(c.keywords))
		c.keywords = value_empty_array();
	c.granted = granted;
	*ret = c;
	return ERR_OK;
}

/* ---- printing ---- */

/* One row's signature as OPA's type declarations (v1/types). */
struct signature {
	struct arena *arena;
	str_t rest;
};

static value_t write_type(struct signature *);

static void
skip_blanks(struct signature *s)
{
	while (s->rest.len > 0 && s->rest.data[0] == ' ')
		s->rest = str_skip(s->rest, 1);
}

static bool
take(struct signature *s, const char *text)
{
	skip_blanks(s);
	if (!str_has_prefix(s->rest, str_of(text)))
		return false;
	s->rest = str_skip(s->rest, strlen(text));
	return true;
}

static value_t
make_object(struct arena *arena, const char *const *keys, const value_t *values, size_t count)
{
	struct object_builder b;

	object_builder_init(&b, arena, count);
	for (size_t i = 0; i < count; i++) {
		if (value_is_defined(values[i]))
			(void)object_builder_add_text(&b, keys[i], values[i]);
	}
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

static value_t
make_type(struct signature *s, const char *type, const char *part, value_t of)
{
	const char *const keys[] = { "type", part };
	const value_t values[] = { value_text(s->arena, type), of };

	return make_object(s->arena, keys, values, 2);
}

/* Types up to `close`, with `separator` between them. */
static value_t
write_types(struct signature *s, const char *separator, const char *close)
{
	VEC(value_t) types = { 0 };

	do {
		(void)VEC_PUSH(s->arena, &types, write_type(s));
	} while (take(s, separator));
	(void)take(s, close);
	return value_array(s->arena, types.at, types.count);
}

static str_t
take_name(struct signature *s)
{
	size_t len = 0;
	str_t name;

	skip_blanks(s);
	while (len < s->rest.len && strchr(":,|<>[](){} ", s->rest.data[len]) == NULL)
		len++;
	name = str_sub(s->rest, 0, len);
	s->rest = str_skip(s->rest, len);
	return name;
}

/* K: V] */
static value_t
write_dynamic(struct signature *s)
{
	static const char *const keys[] = { "key", "value" };
	value_t values[2];

	values[0] = write_type(s);
	(void)take(s, ":");
	values[1] = write_type(s);
	(void)take(s, "]");
	return make_object(s->arena, keys, values, 2);
}

/* a: T, b: U, [K: V]> */
static value_t
write_members(struct signature *s)
{
	static const char *const keys[] = { "type", "static", "dynamic" };
	static const char *const member_keys[] = { "key", "value" };
	value_t values[3] = { value_text(s->arena, "object"), VALUE_NONE, VALUE_NONE };
	VEC(value_t) members = { 0 };

	do {
		value_t member[2];

		if (take(s, "[")) {
			values[2] = write_dynamic(s);
			continue;
		}
		member[0] = value_string(s->arena, take_name(s));
		(void)take(s, ":");
		member[1] = write_type(s);
		(void)VEC_PUSH(s->arena, &members, make_object(s->arena, member_keys, member, 2));
	} while (take(s, ","));
	(void)take(s, ">");
	values[1] = value_array(s->arena, members.at, members.count);
	return make_object(s->arena, keys, values, 3);
}

/* Signatures are ours and flat: as deep as they are written. */
static value_t
write_type(struct signature *s)
{
	char name[16];
	str_t word;

	if (take(s, "("))
		return make_type(s, "any", "of", write_types(s, "|", ")"));
	word = take_name(s);
	memcpy(name, word.data, word.len < sizeof(name) ? word.len : sizeof(name) - 1);
	name[word.len < sizeof(name) ? word.len : sizeof(name) - 1] = '\0';
	if (strcmp(name, "array") == 0 && take(s, "[")) {
		value_t of = write_type(s);

		(void)take(s, "]");
		return make_type(s, name, "dynamic", of);
	}
	if (strcmp(name, "set") == 0 && take(s, "[")) {
		value_t of = write_type(s);

		(void)take(s, "]");
		return make_type(s, name, "of", of);
	}
	if (strcmp(name, "array") == 0 && take(s, "<"))
		return make_type(s, name, "static", write_types(s, ",", ">"));
	if (strcmp(name, "object") == 0 && take(s, "["))
		return make_type(s, name, "dynamic", write_dynamic(s));
	if (strcmp(name, "object") == 0 && take(s, "<"))
		return write_members(s);
	return make_type(s, name, "", VALUE_NONE);
}

static value_t
write_declaration(struct arena *arena, const char *signature)
{
	static const char *const keys[] = { "type", "args", "variadic", "result" };
	struct signature s = { arena, str_of(signature) };
	value_t values[4] = { value_text(arena, "function"), VALUE_NONE, VALUE_NONE, VALUE_NONE };
	VEC(value_t) args = { 0 };

	while (!take(&s, "->") && s.rest.len > 0 && !arena_failed(arena)) {
		(void)take_name(&s);
		(void)take(&s, ":");
		if (take(&s, "..."))
			values[2] = write_type(&s);
		else
			(void)VEC_PUSH(arena, &args, write_type(&s));
		(void)take(&s, ",");
	}
	if (args.count > 0)
		values[1] = value_array(arena, args.at, args.count);
	if (!take(&s, "void"))
		values[3] = write_type(&s);
	return make_object(arena, keys, values, 4);
}

static value_t
write_row(struct arena *arena, const struct rego_builtin *row)
{
	static const char *const keys[] = { "name", "decl", "infix", "relation", "nondeterministic",
		"deprecated" };
	value_t values[] = { value_text(arena, row->name), write_declaration(arena, row->signature),
		row->infix != NULL ? value_text(arena, row->infix) : VALUE_NONE,
		row->flags & REGO_RELATION ? value_bool(true) : VALUE_NONE,
		row->flags & REGO_NONDETERMINISTIC ? value_bool(true) : VALUE_NONE,
		row->flags & REGO_DEPRECATED ? value_bool(true) : VALUE_NONE };

	return make_object(arena, keys, values, COUNT(keys));
}

static value_t
write_texts(struct arena *arena, const char *const *texts, size_t count)
{
	value_t *items = ARENA_ARRAY(arena, value_t, count);

	for (size_t i = 0; items != NULL && i < count; i++)
		items[i] = value_text(arena, texts[i]);
	return items == NULL ? VALUE_NONE : value_array_of(items, count);
}

value_t
rego_capabilities_value(struct arena *arena, const struct rego_capabilities *c)
{
	static const char *const keys[] = { "builtins", "features", "future_keywords" };
	static const char *const current[] = { "keywords_in_refs", "rego_v1", "template_strings" };
	static const char *const words[] = { "and", "not", "or" };
	struct object_builder rows; /* sorts them by name */
	VEC(value_t) list = { 0 };
	value_t values[3], sorted;

	object_builder_init(&rows, arena, rego_builtin_count());
	for (uint32_t i = 0; i < rego_builtin_count(); i++) {
		const struct rego_builtin *row = rego_builtin_at(i);

		if (rego_capabilities_grant(c, i) &&
		    (c == NULL || c->network || (row->flags & REGO_NETWORK) == 0))
			(void)object_builder_add_text(&rows, row->name, write_row(arena, row));
	}
	sorted = object_builder_freeze(&rows, OBJECT_LAST_WINS, NULL);
	for (uint32_t i = 0; i < sorted.count; i++)
		(void)VEC_PUSH(arena, &list, sorted.object->values[i]);
	values[0] = value_array(arena, list.at, list.count);
	values[1] = write_texts(arena, current, COUNT(current));
	values[2] = write_texts(arena, words, COUNT(words));
	return arena_failed(arena) ? VALUE_NONE : make_object(arena, keys, values, 3);
}
