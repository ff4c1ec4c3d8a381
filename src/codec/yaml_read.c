/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <yaml.h>

#include "base/must.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "codec/base64.h"
#include "codec/json_object.h"
#include "codec/yaml.h"
#include "codec/yaml_scalar.h"
#include "value/number.h"

/* A value, and how many values it is made of when aliases are written out. */
struct node {
	value_t value;
	size_t size;
};

struct anchor {
	str_t name;
	struct node node; /* undefined while it is being read */
};

enum { MERGED = 0x80 }; /* a flag of a key, while its mapping is being read */

VEC_TYPE(anchors, struct anchor);
VEC_TYPE(items, value_t);
VEC_TYPE(entries, struct value_entry);

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	struct arena *arena;
	struct yaml_options options;
	struct diag *diag;
	str_t text;
	struct anchors anchors;
	size_t alias_nodes;
	err_t err;
};

/* ---- refusing ---- */

static bool
refuse_at(struct reader *r, err_t err, yaml_mark_t mark, const char *message)
{
	struct diag_place place = { .file = r->options.file, .source = r->text,
		.row = (uint32_t)mark.line + 1, .col = (uint32_t)mark.column + 1 };

	r->err = err;
	(void)diag_add(r->diag, DIAG_ERROR, "yaml", place, "%s", message);
	return false;
}

static bool
refuse(struct reader *r, err_t err, const char *message)
{
	if (r->options.ret_fault != NULL) {
		r->options.ret_fault->line = (uint32_t)r->event.start_mark.line + 1;
		(void)snprintf(r->options.ret_fault->problem, sizeof(r->options.ret_fault->problem),
		    "%s", message);
	}
	return refuse_at(r, err, r->event.start_mark, message);
}

static bool
refuse_memory(struct reader *r)
{
	return refuse(r, ERR_MEMORY, "the document needs more memory than it may have");
}

/* What libyaml refused. */
static bool
refuse_text(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t mark = p->problem_mark;
	const char *problem = p->problem != NULL ? p->problem : "unknown problem parsing YAML content";

	if (p->error == YAML_MEMORY_ERROR)
		return refuse_memory(r);
	if (p->error == YAML_READER_ERROR)
		mark = p->mark;
	if (r->options.ret_fault != NULL) { /* counted from 0, but for scanner errors, as yaml.v2 does */
		size_t line = mark.line != 0 ? mark.line + (p->error == YAML_SCANNER_ERROR) :
		                               p->context_mark.line;

		r->options.ret_fault->line = (uint32_t)line;
		(void)snprintf(r->options.ret_fault->problem, sizeof(r->options.ret_fault->problem),
		    "%s", problem);
	}
	return refuse_at(r, ERR_SYNTAX, mark, problem);
}

static bool
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	return yaml_parser_parse(&r->parser, &r->event) == 1 || refuse_text(r);
}

/* ---- scalars ---- */

static value_t
make_string(struct reader *r, str_t s)
{
	value_t found = VALUE_NONE;

	if (r->options.add != NULL)
		return intern_add(r->options.add, s);
	if (r->options.find != NULL)
		found = intern_find(r->options.find, s);
	return value_is_defined(found) ? found : value_string(r->arena, s);
}

static bool
read_binary(struct reader *r, str_t text, value_t *ret)
{
	str_t bytes;
	err_t e = base64_decode(r->arena, text, BASE64_STANDARD | BASE64_PADDED | BASE64_LOOSE,
	    &bytes, NULL);

	if (e == ERR_MEMORY)
		return refuse_memory(r);
	if (e != ERR_OK)
		return refuse(r, ERR_SYNTAX, "!!binary value contains invalid base64 data");
	if (!utf8_is_valid(bytes))
		return refuse(r, ERR_SYNTAX, "!!binary value is not text");
	*ret = make_string(r, bytes);
	return value_is_defined(*ret) || refuse_memory(r);
}

static value_t
make_float(struct reader *r, double x)
{
	char text[YAML_NUMBER_TEXT];

	return number_parse(r->arena, yaml_print_json(x, text));
}

/* Whether an explicit tag allows what the text resolves to; it may turn an integer into a float. */
static bool
obey_tag(str_t tag, struct yaml_scalar *s)
{
	if (str_eq(tag, STR("null")))
		return s->kind == YAML_NULL;
	if (str_eq(tag, STR("bool")))
		return s->kind == YAML_BOOL;
	if (str_eq(tag, STR("int")))
		return s->kind == YAML_INT || s->kind == YAML_UINT;
	if (str_eq(tag, STR("timestamp")))
		return s->kind == YAML_TIME;
	if (str_eq(tag, STR("float")) && s->kind == YAML_INT)
		*s = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = (double)s->integer };
	return !str_eq(tag, STR("float")) || s->kind == YAML_FLOAT;
}

/* The scalar of the current event; one with a foreign tag is a string. */
static bool
resolve(struct reader *r, struct yaml_scalar *ret)
{
	static const char yaml_tags[] = "tag:yaml.org,2002:";
	str_t text = str_make((char *)r->event.data.scalar.value, r->event.data.scalar.length);
	str_t tag = str_of((char *)r->event.data.scalar.tag);

	*ret = (struct yaml_scalar){ .kind = YAML_STRING };
	if (tag.len == 0) {
		if (r->event.data.scalar.plain_implicit)
			*ret = yaml_resolve(text);
		return true;
	}
	if (!str_has_prefix(tag, str_of(yaml_tags)))
		return true;
	tag = str_skip(tag, sizeof(yaml_tags) - 1);
	if (str_eq(tag, STR("null")) || str_eq(tag, STR("bool")) || str_eq(tag, STR("int")) ||
	    str_eq(tag, STR("float")) || str_eq(tag, STR("timestamp"))) {
		*ret = yaml_resolve(text);
		return obey_tag(tag, ret) ||
		    refuse(r, ERR_SYNTAX, "the scalar is not what its tag says");
	}
	if (str_eq(tag, STR("merge")))
		ret->kind = YAML_MERGE;
	return true;
}

static bool
refuse_number(struct reader *r, double number)
{
	struct yaml_fault *fault = r->options.ret_fault;

	(void)refuse(r, ERR_SYNTAX, "a number that is infinite or none");
	if (fault == NULL)
		return false;
	fault->line = 0;
	fault->json = true;
	(void)snprintf(fault->problem, sizeof(fault->problem), "unsupported value: %s",
	    number != number ? "NaN" : number > 0 ? "+Inf" : "-Inf");
	return false;
}

static bool
read_scalar(struct reader *r, value_t *ret)
{
	str_t text = str_make((char *)r->event.data.scalar.value, r->event.data.scalar.length);
	struct yaml_scalar s;

	if (str_eq(str_of((char *)r->event.data.scalar.tag), STR("tag:yaml.org,2002:binary")))
		return read_binary(r, text, ret);
	if (!resolve(r, &s))
		return false;
	switch (s.kind) {
	case YAML_NULL:
		*ret = value_null();
		return true;
	case YAML_BOOL:
		*ret = value_bool(s.boolean);
		return true;
	case YAML_INT:
		*ret = value_int(s.integer);
		return true;
	case YAML_UINT:
		*ret = number_from_uint64(r->arena, s.natural);
		break;
	case YAML_FLOAT:
		if (!(s.number - s.number == 0))
			return refuse_number(r, s.number);
		*ret = make_float(r, s.number);
		break;
	default:
		*ret = make_string(r, text);
	}
	return value_is_defined(*ret) || refuse_memory(r);
}

/* A key is a string in the end, whatever it resolves to; *ret_merge: it is `<<`. */
static bool
read_key(struct reader *r, value_t *ret, bool *ret_merge)
{
	char digits[YAML_NUMBER_TEXT];
	str_t text = str_make((char *)r->event.data.scalar.value, r->event.data.scalar.length);
	struct yaml_scalar s;

	if (!resolve(r, &s))
		return false;
	*ret_merge = s.kind == YAML_MERGE;
	switch (s.kind) {
	case YAML_NULL:
	case YAML_UINT:
		return refuse(r, ERR_SYNTAX, "a key cannot be null or an integer beyond 64 bits");
	case YAML_BOOL:
		text = s.boolean ? STR("true") : STR("false");
		break;
	case YAML_INT:
		text = str_make(digits, (size_t)snprintf(digits, sizeof(digits), "%lld",
						(long long)s.integer));
		break;
	case YAML_FLOAT:
		if (s.number != s.number)
			text = STR(".nan");
		else if (s.number - s.number != 0)
			text = s.number > 0 ? STR(".inf") : STR("-.inf");
		else
			text = yaml_print_general(s.number, true, digits);
		break;
	default:
		break;
	}
	*ret = make_string(r, text);
	return value_is_defined(*ret) || refuse_memory(r);
}

/* ---- anchors ---- */

static struct anchor *
find_anchor(struct reader *r, str_t name)
{
	for (size_t i = r->anchors.count; i > 0; i--) {
		if (str_eq(r->anchors.at[i - 1].name, name))
			return &r->anchors.at[i - 1];
	}
	return NULL;
}

/* A node with an anchor begins: its place is taken now, so that it cannot contain itself. */
static bool
begin_anchor(struct reader *r, const yaml_char_t *name, size_t *ret_index)
{
	str_t copy;

	*ret_index = SIZE_MAX;
	if (name == NULL)
		return true;
	if (r->anchors.count == YAML_ANCHORS_MAX)
		return refuse(r, ERR_LIMIT, "the document has too many anchors");
	copy = arena_str(r->arena, str_of((const char *)name));
	*ret_index = r->anchors.count;
	return (copy.data != NULL &&
		   VEC_PUSH(r->arena, &r->anchors, ((struct anchor){ .name = copy }))) ||
	    refuse_memory(r);
}

static bool
refuse_alias(struct reader *r)
{
	struct yaml_fault *fault = r->options.ret_fault;

	(void)refuse(r, ERR_SYNTAX, "the alias names no anchor");
	if (fault == NULL)
		return false;
	fault->line = 0;
	(void)snprintf(fault->problem, sizeof(fault->problem), "unknown anchor '%s' referenced",
	    (const char *)r->event.data.alias.anchor);
	return false;
}

static bool
read_alias(struct reader *r, struct node *ret)
{
	const struct anchor *a = find_anchor(r, str_of((char *)r->event.data.alias.anchor));

	if (a == NULL)
		return refuse_alias(r);
	if (!value_is_defined(a->node.value))
		return refuse(r, ERR_SYNTAX, "the anchor's value contains itself");
	r->alias_nodes += a->node.size;
	if (r->alias_nodes > YAML_ALIAS_NODES_MAX)
		return refuse(r, ERR_LIMIT, "aliases make the document too large");
	*ret = a->node;
	return true;
}

/* ---- collections ---- */

static bool read_node(struct reader *r, uint32_t depth, struct node *ret);

static bool
read_sequence(struct reader *r, uint32_t depth, struct node *ret)
{
	struct items items = { 0 };
	struct node item;

	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (!read_node(r, depth + 1, &item))
			return false;
		ret->size += item.size;
		if (!VEC_PUSH(r->arena, &items, item.value))
			return refuse_memory(r);
	}
	ret->value = items.count > 0 ? value_array_of(items.at, items.count) : value_empty_array();
	return true;
}

static bool
merge_object(struct reader *r, struct entries *entries, value_t from)
{
	if (from.tag != VALUE_OBJECT)
		return refuse(r, ERR_SYNTAX, "map merge requires map or sequence of maps as the value");
	for (uint32_t i = 0; i < from.count; i++) {
		struct value_entry e = value_object_entry(from.object, i);

		e.key.flags |= MERGED;
		if (!VEC_PUSH(r->arena, entries, e))
			return refuse_memory(r);
	}
	r->alias_nodes += from.count;
	if (r->alias_nodes > YAML_ALIAS_NODES_MAX)
		return refuse(r, ERR_LIMIT, "aliases make the document too large");
	return true;
}

/* Puts the members of what `<<` names among the entries; of several maps the first wins. */
static bool
merge(struct reader *r, struct entries *entries, value_t from)
{
	if (from.tag != VALUE_ARRAY)
		return merge_object(r, entries, from);
	for (uint32_t i = from.count; i > 0; i--) {
		if (!merge_object(r, entries, from.items[i - 1]))
			return false;
	}
	return true;
}

static bool
refuse_twice(struct reader *r, value_t key)
{
	char message[128];

	(void)snprintf(message, sizeof(message),
	    "the mapping that ends here has the key \"%.*s\" twice",
	    key.count < 64 ? (int)key.count : 64, key.string->bytes);
	return refuse(r, ERR_SYNTAX, message);
}

/* What was merged may be there again, but not twice what was written.  Clears the marks. */
static bool
check_own_keys(struct reader *r, struct entries *entries)
{
	struct arena_mark mark = arena_mark(r->arena);
	struct value_entry *own = ARENA_ARRAY(r->arena, struct value_entry, entries->count);
	value_t twice = VALUE_NONE;
	size_t count = 0;

	if (own == NULL)
		return refuse_memory(r);
	for (size_t i = 0; i < entries->count; i++) {
		if ((entries->at[i].key.flags & MERGED) == 0)
			own[count++] = entries->at[i];
		entries->at[i].key.flags &= (uint8_t)~MERGED;
	}
	if (count > 0 && !value_is_defined(json_object_make(r->arena, NULL, own, count, &twice)))
		return refuse_memory(r);
	arena_release(r->arena, mark);
	return !value_is_defined(twice) || r->options.as_opa || refuse_twice(r, twice);
}

static bool
make_mapping(struct reader *r, struct entries *entries, bool has_merge, value_t *ret)
{
	value_t twice = VALUE_NONE;

	if (has_merge && !check_own_keys(r, entries))
		return false;
	*ret = value_empty_object();
	if (entries->count > 0)
		*ret = json_object_make(r->arena, NULL, entries->at, entries->count,
		    has_merge || r->options.as_opa ? NULL : &twice);
	if (!value_is_defined(*ret))
		return refuse_memory(r);
	return !value_is_defined(twice) || refuse_twice(r, twice);
}

/* The key that the current event is. */
static bool
read_any_key(struct reader *r, value_t *ret, bool *ret_merge)
{
	struct node aliased;
	size_t anchor;

	*ret_merge = false;
	if (r->event.type == YAML_ALIAS_EVENT) {
		if (!read_alias(r, &aliased))
			return false;
		*ret = aliased.value;
		return value_is_string(*ret) ||
		    refuse(r, ERR_SYNTAX, "a key is a string, and the alias names something else");
	}
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, ERR_SYNTAX, "a key is a scalar, not a list or a mapping");
	if (!begin_anchor(r, r->event.data.scalar.anchor, &anchor) || !read_key(r, ret, ret_merge))
		return false;
	if (anchor != SIZE_MAX)
		r->anchors.at[anchor].node = (struct node){ *ret, 1 };
	return true;
}

static bool
read_mapping(struct reader *r, uint32_t depth, struct node *ret)
{
	struct entries entries = { 0 };
	bool is_merge, has_merge = false;
	struct value_entry e;
	struct node item;

	for (;;) {
		if (!next(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return make_mapping(r, &entries, has_merge, &ret->value);
		if (!read_any_key(r, &e.key, &is_merge) || !next(r) ||
		    !read_node(r, depth + 1, &item))
			return false;
		ret->size += item.size;
		has_merge |= is_merge;
		if (is_merge) {
			if (!merge(r, &entries, item.value))
				return false;
			continue;
		}
		e.value = item.value;
		if (!VEC_PUSH(r->arena, &entries, e))
			return refuse_memory(r);
	}
}

/* Reads the node that begins with the current event. */
static bool
read_node(struct reader *r, uint32_t depth, struct node *ret)
{
	size_t anchor;
	bool is_read;

	if (depth > r->options.depth_limit)
		return refuse(r, ERR_LIMIT, "the document is nested too deeply");
	ret->size = 1;
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r, ret);
	case YAML_SCALAR_EVENT:
		is_read = begin_anchor(r, r->event.data.scalar.anchor, &anchor) &&
		    read_scalar(r, &ret->value);
		break;
	case YAML_SEQUENCE_START_EVENT:
		is_read = begin_anchor(r, r->event.data.sequence_start.anchor, &anchor) &&
		    read_sequence(r, depth, ret);
		break;
	default:
		must(r->event.type == YAML_MAPPING_START_EVENT);
		is_read = begin_anchor(r, r->event.data.mapping_start.anchor, &anchor) &&
		    read_mapping(r, depth, ret);
	}
	if (is_read && anchor != SIZE_MAX)
		r->anchors.at[anchor].node = *ret;
	return is_read;
}

static bool
read_document(struct reader *r, value_t *ret)
{
	struct node root;

	if (!next(r)) /* the stream begins */
		return false;
	if (!next(r))
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		*ret = value_null();
		return true;
	}
	if (!next(r) || !read_node(r, 1, &root))
		return false;
	*ret = root.value;
	if (!next(r)) /* the document ends */
		return false;
	if (r->options.as_opa)
		return true;
	if (!next(r)) /* and so should the stream */
		return false;
	return r->event.type == YAML_STREAM_END_EVENT ||
	    refuse(r, ERR_SYNTAX, "a second document begins here");
}

err_t
yaml_read(struct arena *arena, str_t text, const struct yaml_options *options,
    struct diag *diag, value_t *ret_value)
{
	struct reader r = { .arena = arena, .diag = diag, .text = text };

	*ret_value = VALUE_NONE;
	if (options != NULL)
		r.options = *options;
	if (r.options.depth_limit == 0)
		r.options.depth_limit = YAML_DEPTH_DEFAULT;
	if (yaml_parser_initialize(&r.parser) != 1)
		return ERR_MEMORY;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.data, text.len);
	if ((r.options.size_limit != 0 && text.len > r.options.size_limit) || text.len > INT32_MAX)
		(void)refuse(&r, ERR_LIMIT, "the document is too large");
	else if (!read_document(&r, ret_value))
		*ret_value = VALUE_NONE;
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return r.err;
}
