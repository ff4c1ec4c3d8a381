/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts of a schema have names, and what a $ref leads to. */
#include "codec/json.h"
#include "rego/builtin/schema_internal.h"
#include "rego/builtin/uri_read.h"

enum { FIRST_SLOTS = 16, URI_WORK = 512 };

/* ---- the map ---- */

static size_t
slot_of(const struct schema_map *m, str_t key)
{
	size_t at = value_hash_bytes(key.data, key.len) & (m->capacity - 1);

	while (m->slots[at].key.data != NULL && !str_eq(m->slots[at].key, key))
		at = (at + 1) & (m->capacity - 1);
	return at;
}

struct schema_slot *
schema_map_find(const struct schema_map *m, str_t key)
{
	struct schema_slot *slot = m->capacity > 0 ? &m->slots[slot_of(m, key)] : NULL;

	return slot != NULL && slot->key.data != NULL ? slot : NULL;
}

static bool
grow(struct arena *arena, struct schema_map *m)
{
	struct schema_map bigger = { .count = m->count,
		.capacity = m->capacity > 0 ? m->capacity * 2 : FIRST_SLOTS };

	bigger.slots = ARENA_ARRAY(arena, struct schema_slot, bigger.capacity);
	if (bigger.slots == NULL)
		return false;
	for (size_t i = 0; i < m->capacity; i++) {
		if (m->slots[i].key.data != NULL)
			bigger.slots[slot_of(&bigger, m->slots[i].key)] = m->slots[i];
	}
	*m = bigger;
	return true;
}

struct schema_slot *
schema_map_add(struct arena *arena, struct schema_map *m, str_t key)
{
	struct schema_slot *slot;

	if (m->count * 2 >= m->capacity && !grow(arena, m))
		return NULL;
	slot = &m->slots[slot_of(m, key)];
	if (slot->key.data == NULL) {
		slot->key = arena_str(arena, key);
		if (slot->key.data == NULL)
			return NULL;
		m->count++;
	}
	return slot;
}

/* ---- references as text ---- */

static bool
read_reference(struct schema_compiler *c, str_t text, struct uri *ret)
{
	struct uri_fault fault;

	if (!schema_work(c, URI_WORK + text.len * 8))
		return false;
	if (uri_read(c->arena, text, ret, &fault))
		return true;
	if (fault.problem.len == 0)
		return false;
	return schema_refuse(c, "%.*s", STR_FMT(uri_explain(c->arena, &fault)));
}

bool
schema_ref_check(struct schema_compiler *c, str_t reference)
{
	struct uri unused;

	return read_reference(c, reference, &unused);
}

/* Empty if there is none: a reference that cannot be read is refused when its keyword is. */
static bool
resolve(struct schema_compiler *c, str_t base_text, str_t text, str_t *ret)
{
	struct uri base, ref, resolved;
	struct uri_fault unused;

	if (!schema_work(c, URI_WORK + (base_text.len + text.len) * 8) ||
	    !uri_read(c->arena, base_text, &base, &unused) ||
	    !uri_read(c->arena, text, &ref, &unused))
		return false;
	base.fragment = base.raw_fragment = STR(""); /* never inherited */
	if (!uri_resolve(c->arena, &base, &ref, &resolved))
		return false;
	*ret = uri_text(c->arena, &resolved);
	return !arena_failed(c->arena);
}

/* ---- the document ---- */

struct schema_doc *
schema_doc_find(const struct schema_doc *object, str_t key)
{
	if (object->value.tag != VALUE_OBJECT)
		return NULL;
	for (uint32_t low = 0, high = object->value.count; low < high;) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_cmp(value_str(object->value.object->keys[middle]), key);

		if (order == 0)
			return &object->parts[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool
build(struct schema_compiler *c, value_t v, unsigned depth, struct schema_doc *ret)
{
	value_t key, part;

	ret->value = v;
	if (v.tag != VALUE_ARRAY && v.tag != VALUE_OBJECT)
		return true;
	if (depth == SCHEMA_DEPTH)
		return schema_refuse(c, "the schema nests deeper than %d levels", SCHEMA_DEPTH);
	if (!schema_work(c, v.count * sizeof(*ret->parts)))
		return false;
	ret->parts = ARENA_ARRAY(c->arena, struct schema_doc, v.count);
	for (uint32_t i = 0; ret->parts != NULL && i < v.count; i++) {
		value_entry_at(v, i, &key, &part);
		if (!build(c, part, depth + 1, &ret->parts[i]))
			return false;
	}
	return ret->parts != NULL;
}

static bool
is_string(const struct schema_doc *doc)
{
	return doc != NULL && value_is_string(doc->value);
}

/* False: this one is known already, so it and what is in it are passed over. */
static bool
enter_name(struct schema_compiler *c, struct schema_doc *doc, str_t *base, enum schema_draft draft)
{
	struct schema_doc *id = schema_doc_find(doc, STR("id"));
	struct schema_slot *slot;

	if (id == NULL)
		id = schema_doc_find(doc, STR("$id"));
	if (!is_string(id) || !resolve(c, *base, value_str(id->value), base))
		return true;
	if (schema_map_find(&c->documents, *base) != NULL)
		return false;
	slot = schema_map_add(c->arena, &c->documents, *base);
	if (slot != NULL) {
		slot->doc = doc;
		slot->draft = draft;
	}
	return true;
}

static void find_names(struct schema_compiler *c, struct schema_doc *doc, str_t base,
    enum schema_draft draft);

static void
find_names_in_parts(struct schema_compiler *c, struct schema_doc *doc, str_t base,
    enum schema_draft draft)
{
	for (uint32_t i = 0; i < doc->value.count; i++)
		find_names(c, &doc->parts[i], base, draft);
}

/* Names in `doc`, and its $refs made absolute.  `build` has bounded the depth. */
static void
find_names(struct schema_compiler *c, struct schema_doc *doc, str_t base, enum schema_draft draft)
{
	struct schema_doc *ref = schema_doc_find(doc, STR("$ref"));

	if (doc->value.tag == VALUE_ARRAY)
		find_names_in_parts(c, doc, base, draft);
	if (doc->value.tag != VALUE_OBJECT || !enter_name(c, doc, &base, draft))
		return;
	if (is_string(ref))
		doc->has_ref = resolve(c, base, value_str(ref->value), &doc->ref);
	for (uint32_t i = 0; i < doc->value.count; i++) {
		str_t key = value_str(doc->value.object->keys[i]);

		if (str_eq(key, STR("const")) || str_eq(key, STR("enum")))
			continue; /* these are taken literally */
		if (!str_eq(key, STR("properties")) && !str_eq(key, STR("dependencies")) &&
		    !str_eq(key, STR("patternProperties")))
			find_names(c, &doc->parts[i], base, draft);
		else if (doc->parts[i].value.tag == VALUE_OBJECT)
			find_names_in_parts(c, &doc->parts[i], base, draft);
	}
}

static bool
read_draft(struct schema_compiler *c, const struct schema_doc *doc, enum schema_draft *ret)
{
	const struct schema_doc *named = schema_doc_find(doc, STR("$schema"));
	struct uri uri;

	*ret = SCHEMA_DRAFT_NONE;
	if (value_is_bool(doc->value))
		return true;
	if (doc->value.tag != VALUE_OBJECT)
		return schema_refuse(c, "schema is invalid");
	if (named == NULL)
		return true;
	if (!value_is_string(named->value))
		return schema_refuse(c, "$schema must be of type string");
	if (!read_reference(c, value_str(named->value), &uri))
		return false;
	*ret = schema_meta_draft(uri_text(c->arena, &uri));
	return true;
}

bool
schema_ref_enter(struct schema_compiler *c, value_t value, str_t reference,
    struct schema_doc **ret_doc, enum schema_draft *ret_draft)
{
	struct schema_doc *doc = ARENA_NEW(c->arena, struct schema_doc);
	struct schema_slot *slot;

	if (doc == NULL || !build(c, value, 0, doc) || !read_draft(c, doc, ret_draft))
		return false;
	find_names(c, doc, reference, *ret_draft);
	slot = schema_map_add(c->arena, &c->documents, reference);
	if (slot == NULL || c->stopped)
		return false;
	slot->doc = doc;
	slot->draft = *ret_draft;
	*ret_doc = doc;
	return true;
}

/* ---- following ---- */

/* ~1 is a slash and ~0 a tilde (rfc6901 3). */
static str_t
decode_token(struct arena *arena, str_t token)
{
	char *bytes = arena_alloc_raw(arena, token.len + 1, 1);
	size_t len = 0;

	for (size_t i = 0; bytes != NULL && i < token.len; i++) {
		char next = i + 1 < token.len ? token.data[i + 1] : '\0';

		bytes[len++] = token.data[i];
		if (token.data[i] == '~' && (next == '0' || next == '1')) {
			bytes[len - 1] = next == '1' ? '/' : '~';
			i++;
		}
	}
	return str_make(bytes, bytes != NULL ? len : 0);
}

static bool
step_into_array(struct schema_compiler *c, struct schema_doc **doc, str_t token)
{
	bool negative = token.len > 0 && token.data[0] == '-';
	size_t i = token.len > 0 && (negative || token.data[0] == '+') ? 1 : 0;
	uint64_t index = 0;

	if (i == token.len)
		return schema_refuse(c, "Invalid array index '%.*s'", STR_FMT(token));
	for (; i < token.len; i++) {
		if (token.data[i] < '0' || token.data[i] > '9' || index > UINT32_MAX)
			return schema_refuse(c, "Invalid array index '%.*s'", STR_FMT(token));
		index = index * 10 + (uint64_t)(token.data[i] - '0');
	}
	if ((negative && index > 0) || index >= (*doc)->value.count)
		return schema_refuse(c, "Out of bound array[0,%u] index '%s%llu'", (*doc)->value.count,
		    negative && index > 0 ? "-" : "", (unsigned long long)index);
	*doc = &(*doc)->parts[index];
	return true;
}

/* A fragment that is no JSON pointer leads to the whole document. */
static bool
follow_pointer(struct schema_compiler *c, struct schema_doc **doc, str_t pointer)
{
	if (pointer.len == 0 || pointer.data[0] != '/')
		return true;
	for (size_t begin = 1, end; begin <= pointer.len; begin = end + 1) {
		str_t token, name;

		end = str_find_char(pointer, '/', begin);
		token = str_sub(pointer, begin, end - begin);
		if ((*doc)->value.tag == VALUE_ARRAY) {
			if (!step_into_array(c, doc, token))
				return false;
			continue;
		}
		if ((*doc)->value.tag != VALUE_OBJECT)
			return schema_refuse(c, "Invalid token reference '%.*s'", STR_FMT(token));
		name = decode_token(c->arena, token);
		*doc = schema_doc_find(*doc, name);
		if (*doc == NULL)
			return schema_refuse(c, "Object has no key '%.*s'", STR_FMT(name));
	}
	return true;
}

/* From outside only the drafts' own schemas are to be had. */
static bool
load(struct schema_compiler *c, const struct uri *uri, str_t address, str_t reference,
    struct schema_doc **ret_doc, enum schema_draft *ret_draft)
{
	bool is_file = str_eq(uri->scheme, STR("file"));
	str_t text;
	value_t value;

	if (is_file ? !str_has_prefix(uri->path, STR("/"))
		: uri->scheme.len == 0 || uri->authority.len == 0)
		return schema_refuse(c, "Reference %.*s must be canonical", STR_FMT(reference));
	text = schema_meta_text(c->arena, address);
	if (text.data == NULL)
		return schema_refuse(c, "%s reference loading disabled: %.*s",
		    is_file ? "file" : "remote", STR_FMT(reference));
	if (!schema_work(c, text.len) || json_read(c->arena, text, NULL, NULL, &value) != ERR_OK)
		return false;
	return schema_ref_enter(c, value, address, ret_doc, ret_draft);
}

bool
schema_ref_find(struct schema_compiler *c, str_t reference, struct schema_doc **ret_doc,
    enum schema_draft *ret_draft)
{
	struct schema_slot *slot = schema_map_find(&c->documents, reference);
	struct uri uri, whole;
	str_t address;

	if (slot != NULL) {
		*ret_doc = slot->doc;
		*ret_draft = slot->draft;
		return true;
	}
	if (!read_reference(c, reference, &uri))
		return false;
	whole = uri;
	whole.fragment = whole.raw_fragment = STR("");
	address = uri_text(c->arena, &whole);
	slot = schema_map_find(&c->documents, address);
	if (slot != NULL) {
		*ret_doc = slot->doc;
		*ret_draft = slot->draft;
	} else if (!load(c, &uri, address, reference, ret_doc, ret_draft)) {
		return false;
	}
	return follow_pointer(c, ret_doc, uri.fragment);
}
