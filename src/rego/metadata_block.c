/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/metadata_block.h"

#include "base/utf8.h"
#include "rego/ast_compare.h"
#include "rego/builtin/uri.h"
#include "rego/error_text.h"
#include "rego/metadata_yaml.h"
#include "rego/parser_internal.h"

struct block {
	struct rego_unit *unit;
	struct arena *arena;
	const struct ast_comment *comments; /* the first is METADATA */
	size_t count;
	struct ast_annotations *a;
	struct metadata_fault *fault;
};

static bool
refuse(struct block *b, str_t message)
{
	*b->fault = (struct metadata_fault){ b->comments[0].loc, message };
	return false;
}

static bool
refuse_text(struct block *b, const char *message)
{
	return refuse(b, str_of(message));
}

/* ---- what a value looks like in Go's %s ---- */

static void
print_go(struct buf *out, value_t v, unsigned depth)
{
	switch (v.tag) {
	case VALUE_NULL:
		buf_add_text(out, "%!s(<nil>)");
		return;
	case VALUE_STRING:
		buf_add_str(out, value_str(v));
		return;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break;
	default:
		buf_printf(out, "%%!s(%s=",
		    value_is_bool(v)     ? "bool"
		    : v.tag == VALUE_INT ? "int"
					 : "float64");
		value_print(out, v);
		buf_add_char(out, ')');
		return;
	}
	buf_add_text(out, v.tag == VALUE_ARRAY ? "[" : "map[");
	for (uint32_t i = 0; i < v.count && depth < YAML_DEPTH_DEFAULT; i++) {
		value_t key, item;

		value_entry_at(v, i, &key, &item);
		if (i > 0)
			buf_add_char(out, ' ');
		if (v.tag == VALUE_OBJECT)
			buf_printf(out, "%.*s:", STR_FMT(value_str(key)));
		print_go(out, item, depth + 1);
	}
	buf_add_char(out, ']');
}

static bool
refuse_value(struct block *b, const char *what, value_t v, str_t why)
{
	struct buf out;
	str_t message;

	buf_init(&out, 1 << 20);
	buf_printf(&out, "invalid %s definition ", what);
	print_go(&out, v, 0);
	buf_printf(&out, ": %.*s", STR_FMT(why));
	message = arena_str(b->arena, buf_str(&out));
	buf_fini(&out);
	return refuse(b, message);
}

/* ---- references ---- */

static void
move_term(struct ast_term *t, struct ast_loc loc)
{
	t->loc = loc;
	for (size_t i = 0; t->kind == AST_REF && i < t->items.count; i++)
		t->items.at[i]->loc = loc;
}

/* One term; NULL: *ret_error, as ParseTerm says it. */
static struct ast_term *
parse_term(struct block *b, str_t text, str_t *ret_error)
{
	struct rego_unit unit = *b->unit; /* its list of files stays as it is */
	struct diag diag;
	struct ast_body body;
	err_t err;

	diag_init(&diag, b->arena, 100);
	unit.files.at = NULL;
	unit.files.count = unit.files.capacity = 0;
	unit.diag = &diag;
	err = rego_parse_body(&unit, STR_NONE, text, REGO_V1, &body);
	if (err != ERR_OK) {
		str_t why = rego_error_text(b->arena, &diag);

		*ret_error =
		    arena_printf(b->arena, "failed to parse term: %.*s", STR_FMT(why));
		return NULL;
	}
	if (body.exprs.count != 1) {
		*ret_error = STR("expected exactly one term");
		return NULL;
	}
	if (body.exprs.at[0]->kind != AST_EXPR_TERM) {
		*ret_error = STR("expected term");
		return NULL;
	}
	move_term(body.exprs.at[0]->terms.at[0], b->a->loc);
	return body.exprs.at[0]->terms.at[0];
}

static struct ast_term *
parse_ref(struct block *b, str_t text, str_t *ret_error)
{
	struct ast_term *t = parse_term(b, text, ret_error);

	if (t == NULL)
		*ret_error =
		    arena_printf(b->arena, "failed to parse ref: %.*s", STR_FMT(*ret_error));
	else if (t->kind != AST_REF)
		*ret_error =
		    arena_printf(b->arena, "expected ref but got %.*s", STR_FMT(text));
	return t != NULL && t->kind == AST_REF ? t : NULL;
}

/* A variable as the reference that it is alone. */
static struct ast_term *
ref_of(struct block *b, struct ast_term *t)
{
	struct ast_term *ref = ARENA_NEW(b->arena, struct ast_term);

	if (ref == NULL)
		return NULL;
	*ref = (struct ast_term){ .kind = AST_REF, .loc = t->loc };
	return VEC_PUSH(b->arena, &ref->items, t) ? ref : NULL;
}

static bool
is_named(const struct ast_term *t, const char *name)
{
	return t->kind == AST_VAR && str_eq(rego_name_str(t->var.name), str_of(name));
}

/* ---- members ---- */

static str_t
text_member(const struct metadata_raw *raw, enum metadata_member member)
{
	value_t v = raw->member[member];

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static value_t
object_text(value_t object, const char *key)
{
	value_t v = value_object_get_text(object, key);

	return value_is_string(v) ? v : VALUE_NONE;
}

static str_t
trimmed(value_t v)
{
	return value_is_defined(v) ? str_trim_space(value_str(v)) : STR_NONE;
}

/* { first: text, second: text }; the second is left out when it is empty. */
static value_t
pair_value(struct block *b, const char *first, str_t one, const char *second, str_t two)
{
	struct object_builder out;

	object_builder_init(&out, b->arena, 2);
	(void)object_builder_add_text(&out, first, value_string(b->arena, one));
	if (two.len > 0)
		(void)object_builder_add_text(&out, second, value_string(b->arena, two));
	return object_builder_freeze(&out, OBJECT_LAST_WINS, NULL);
}

static value_t
resource_value(struct block *b, value_t v, str_t *ret_error)
{
	str_t ref, description = STR_NONE, normal = STR_NONE;

	if (value_is_string(v)) {
		*ret_error = STR("ref URL may not be empty string");
		ref = value_str(v);
	} else if (v.tag == VALUE_OBJECT) {
		*ret_error = STR("'ref' value required in object");
		description = trimmed(object_text(v, "description"));
		ref = trimmed(object_text(v, "ref"));
	} else {
		*ret_error = STR("invalid value type, must be string or map");
		return VALUE_NONE;
	}
	if (ref.len == 0 || !rego_uri_normalize(b->arena, ref, &normal, ret_error))
		return VALUE_NONE;
	return pair_value(b, "ref", normal, "description", description);
}

/* "Jane Doe <jane@example.com>": words, the last maybe an address; one blank between them. */
static value_t
author_of_text(struct block *b, str_t s, str_t *ret_error)
{
	char *name = arena_alloc_raw(b->arena, s.len + 1, 1);
	size_t len = 0, word = 0; /* where the last word begins */
	str_t last, email = STR_NONE;

	if (name == NULL)
		return VALUE_NONE;
	s = str_trim_space(s);
	for (size_t i = 0; i < s.len; i++) {
		bool blank = s.data[i] == ' ' || (s.data[i] >= '\t' && s.data[i] <= '\r');

		if (!blank)
			name[len++] = s.data[i];
		else if (name[len - 1] != ' ')
			word = len + 1, name[len++] = ' ';
	}
	*ret_error = STR("author is an empty string");
	if (len == 0)
		return VALUE_NONE;
	last = str_make(name + word, len - word);
	if (last.len >= 2 && last.data[0] == '<' && last.data[last.len - 1] == '>') {
		email = str_sub(last, 1, last.len - 2);
		len = word > 0 ? word - 1 : 0;
	}
	return pair_value(b, "name", str_make(name, len), "email", email);
}

static value_t
author_value(struct block *b, value_t v, str_t *ret_error)
{
	str_t name, email;

	if (value_is_string(v))
		return author_of_text(b, value_str(v), ret_error);
	*ret_error = STR("invalid value type, must be string or map");
	if (v.tag != VALUE_OBJECT)
		return VALUE_NONE;
	name = trimmed(object_text(v, "name"));
	email = trimmed(object_text(v, "email"));
	*ret_error = STR("'name' and/or 'email' values required in object");
	return name.len + email.len == 0 ? VALUE_NONE
					 : pair_value(b, "name", name, "email", email);
}

typedef value_t item_fn(struct block *, value_t, str_t *ret_error);

static bool
read_list(struct block *b, const struct metadata_raw *raw, enum metadata_member member,
    const char *what, item_fn *read_item, value_t *ret)
{
	value_t list = raw->member[member], *items;

	if (!value_is_defined(list) || list.count == 0)
		return true;
	items = ARENA_ARRAY(b->arena, value_t, list.count);
	if (items == NULL)
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		str_t why = raw->key_problem[member];

		if (why.data != NULL)
			return refuse_value(b, what, list.items[i], why);
		items[i] = read_item(b, list.items[i], &why);
		if (!value_is_defined(items[i]))
			return refuse_value(b, what, list.items[i], why);
	}
	*ret = value_array_of(items, list.count);
	return true;
}

/* ---- compile, schemas ---- */

static str_t
quoted(struct block *b, str_t s)
{
	struct buf out;
	str_t text;

	buf_init(&out, 6 * s.len + 16);
	value_print(&out, value_string(b->arena, s));
	text = arena_str(b->arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static bool
refuse_compile(struct block *b, const char *what, str_t text, str_t why)
{
	text = quoted(b, text);
	return refuse(b, arena_printf(b->arena, "invalid %s %.*s: %.*s", what, STR_FMT(text),
			     STR_FMT(why)));
}

static bool
read_mask(struct block *b, str_t text)
{
	str_t why = STR_NONE;
	struct ast_term *t = parse_term(b, text, &why);

	if (t == NULL)
		return refuse_compile(b, "mask_rule annotation", text, why);
	if (t->kind == AST_REF)
		b->a->mask_rule = t;
	else if (t->kind == AST_VAR || (t->kind == AST_CONST && value_is_string(t->constant)))
		b->a->mask_rule = ref_of(b, t);
	else
		return refuse_compile(b, "mask_rule annotation type", text, STR("string"));
	return b->a->mask_rule != NULL;
}

static bool
read_compile(struct block *b, const struct metadata_raw *raw)
{
	value_t compile = raw->member[MEMBER_COMPILE];
	value_t unknowns = value_object_get_text(compile, "unknowns");
	value_t mask = value_object_get_text(compile, "mask_rule");

	b->a->has_compile = value_is_defined(compile);
	for (uint32_t i = 0; unknowns.tag == VALUE_ARRAY && i < unknowns.count; i++) {
		struct ast_term *ref = NULL;
		str_t text, why = STR_NONE;

		if (value_is_string(unknowns.items[i])) {
			text = value_str(unknowns.items[i]);
			ref = parse_ref(b, text, &why);
			if (ref == NULL)
				return refuse_compile(b, "unknowns element", text, why);
		}
		if (!VEC_PUSH(b->arena, &b->a->unknowns, ref))
			return false;
	}
	return !value_is_string(mask) || read_mask(b, value_str(mask));
}

/* schema, schema.x, schema["x"]... */
static bool
read_schema_ref(struct block *b, str_t text, struct ast_term **ret)
{
	str_t unused;
	struct ast_term *t = parse_term(b, text, &unused);

	if (t != NULL && is_named(t, "schema"))
		*ret = ref_of(b, t);
	else if (t != NULL && t->kind == AST_REF && is_named(t->items.at[0], "schema"))
		*ret = t;
	else
		return refuse_text(b, "invalid schema reference");
	return *ret != NULL;
}

static bool
read_schema(struct block *b, const struct metadata_raw *raw, value_t pair)
{
	struct metadata_schema s = { 0 };
	value_t key = VALUE_NONE, value = VALUE_NONE;
	str_t path = STR_NONE, unused;

	if (pair.tag == VALUE_OBJECT && pair.count > 0) {
		value_entry_at(pair, 0, &key, &value);
		path = value_str(key);
	}
	s.path = parse_ref(b, path, &unused);
	if (s.path == NULL)
		return refuse_text(b, "invalid document reference");
	if (value_is_string(value)) {
		if (!read_schema_ref(b, value_str(value), &s.schema))
			return false;
	} else if (value.tag == VALUE_OBJECT) {
		str_t why = raw->key_problem[MEMBER_SCHEMAS];

		if (why.data != NULL)
			return refuse(b, arena_printf(b->arena,
					     "invalid schema definition: %.*s", STR_FMT(why)));
		s.definition = value;
	} else {
		path = quoted(b, path);
		return refuse(
		    b, arena_printf(b->arena, "invalid schema declaration for path %.*s",
			   STR_FMT(path)));
	}
	return VEC_PUSH(b->arena, &b->a->schemas, s);
}

static bool
read_object(
    struct block *b, const struct metadata_raw *raw, enum metadata_member member, value_t *ret)
{
	value_t v = raw->member[member];

	if (raw->key_problem[member].data != NULL)
		return refuse(b, raw->key_problem[member]);
	if (v.tag == VALUE_OBJECT && v.count > 0)
		*ret = v;
	return true;
}

/* ---- the block ---- */

static bool
read_members(struct block *b, const struct metadata_raw *raw)
{
	struct ast_annotations *a = b->a;
	value_t schemas = raw->member[MEMBER_SCHEMAS];
	value_t organizations = raw->member[MEMBER_ORGANIZATIONS];

	a->scope_text = text_member(raw, MEMBER_SCOPE);
	a->title = text_member(raw, MEMBER_TITLE);
	a->description = text_member(raw, MEMBER_DESCRIPTION);
	a->entrypoint = raw->member[MEMBER_ENTRYPOINT].tag == VALUE_TRUE;
	if (organizations.count > 0)
		a->organizations = organizations;
	if (!read_list(b, raw, MEMBER_RELATED_RESOURCES, "related-resource", resource_value,
		&a->related_resources) ||
	    !read_compile(b, raw))
		return false;
	for (uint32_t i = 0; i < schemas.count; i++)
		if (!read_schema(b, raw, schemas.items[i]))
			return false;
	return read_list(b, raw, MEMBER_AUTHORS, "author", author_value, &a->authors) &&
	       read_object(b, raw, MEMBER_CUSTOM, &a->custom) &&
	       read_object(b, raw, MEMBER_LABELS, &a->labels);
}

/* The comments' lines without the blank in front: the YAML, and the block as it is told. */
static bool
join_lines(struct block *b, str_t *ret)
{
	struct buf yaml, text;
	bool joined;

	buf_init(&yaml, PARSER_TEXT_LIMIT);
	buf_init(&text, PARSER_TEXT_LIMIT);
	buf_add_text(&text, "# METADATA");
	for (size_t i = 1; i < b->count; i++) {
		str_t line = b->comments[i].text;

		line = str_has_prefix(line, STR(" ")) ? str_skip(line, 1) : line;
		buf_printf(&yaml, "%.*s\n", STR_FMT(line));
		buf_printf(&text, "\n# %.*s", STR_FMT(line));
	}
	*ret = arena_str(b->arena, buf_str(&yaml));
	b->a->text = arena_str(b->arena, buf_str(&text));
	joined = !buf_failed(&yaml) && !buf_failed(&text) && !arena_failed(b->arena);
	buf_fini(&yaml);
	buf_fini(&text);
	return joined;
}

/* 'x' as Go's %+q has it. */
static void
print_rune(struct buf *out, uint32_t rune)
{
	if (rune == '\'' || rune == '\\')
		buf_printf(out, "'\\%c'", (char)rune);
	else if (rune >= ' ' && rune < 0x7f)
		buf_printf(out, "'%c'", (char)rune);
	else if (rune >= '\a' && rune <= '\r')
		buf_printf(out, "'\\%c'", "abtnvfr"[rune - '\a']);
	else if (rune < 0x80)
		buf_printf(out, "'\\x%02x'", rune);
	else
		buf_printf(out, rune < 0x10000 ? "'\\u%04x'" : "'\\U%08x'", rune);
}

/*
 * What follows the colons of a line, if none has a blank behind it: likely why YAML did not
 * see a key.  A colon at the end of the line is fine.
 */
static void
print_hint(struct buf *out, const struct ast_comment *c)
{
	str_t s = c->text;
	size_t colon = str_find_char(s, ':', 0), count = 0, before = out->len;

	if (colon == s.len)
		return;
	buf_printf(out, "\n  Hint: on line %u, symbol(s) [", c->loc.row);
	while (colon < s.len) {
		uint32_t rune = 0xfffd;
		size_t width;

		s = str_skip(s, colon + 1);
		if (s.len == 0 || s.data[0] == ' ' || s.data[0] == '\t') {
			out->len = before;
			return;
		}
		if (s.data[0] != ':')
			rune = utf8_decode(s, &width);
		if (count++ > 0)
			buf_add_char(out, ' ');
		print_rune(out, rune);
		colon = str_find_char(s, ':', 0);
	}
	buf_add_text(out,
	    "] immediately following a key/value separator ':' is not a legal yaml "
	    "space character");
}

/* The comment whose line YAML names: as OPA counts, the one behind it. */
static struct ast_loc
find_line(struct block *b, str_t error)
{
	str_t type_errors = STR("yaml: unmarshal errors:\n  line "),
	      others = STR("yaml: line ");
	size_t skip = str_has_prefix(error, type_errors) ? type_errors.len
		      : str_has_prefix(error, others)    ? others.len
							 : 0;
	size_t line = 0;

	for (size_t i = skip; skip > 0 && i < error.len && error.data[i] >= '0' &&
			      error.data[i] <= '9' && line < b->count;
	     i++)
		line = 10 * line + (size_t)(error.data[i] - '0');
	return b->comments[line + 1 < b->count ? line + 1 : b->count - 1].loc;
}

static bool
refuse_yaml(struct block *b, str_t error)
{
	struct buf out;
	str_t message;

	buf_init(&out, 4 << 20);
	buf_add_str(&out, error);
	for (size_t i = 1; i < b->count; i++)
		print_hint(&out, &b->comments[i]);
	message = arena_str(b->arena, buf_str(&out));
	buf_fini(&out);
	*b->fault = (struct metadata_fault){ find_line(b, error), message };
	return false;
}

static bool
read_block(struct block *b)
{
	struct metadata_raw raw;
	str_t text, error = STR_NONE;
	err_t err;

	if (!join_lines(b, &text))
		return false;
	if (str_trim_space(text).len == 0)
		return refuse_text(b, "expected METADATA block, found whitespace");
	err = rego_metadata_yaml(b->arena, text, &raw, &error);
	if (err == ERR_SYNTAX)
		return refuse_yaml(b, error);
	return err == ERR_OK && read_members(b, &raw);
}

struct ast_annotations *
rego_metadata_block(struct rego_unit *unit, const struct ast_comment *comments, size_t count,
    struct metadata_fault *ret_fault)
{
	struct ast_annotations *a = ARENA_NEW(unit->arena, struct ast_annotations);
	struct block b = { unit, unit->arena, comments, count, a, ret_fault };

	if (a == NULL)
		return NULL;
	a->loc = comments[0].loc;
	a->last_row = comments[count - 1].loc.row;
	return read_block(&b) ? a : NULL;
}
