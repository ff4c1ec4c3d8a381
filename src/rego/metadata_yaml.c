/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/metadata_yaml.h"

#include <stdio.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "value/number.h"

struct decoder {
	struct arena *arena;
	VEC(str_t) errors;  /* of types: all are told */
	str_t failure;      /* ends it at once */
	str_t *key_problem; /* of the member being decoded */
};

/* The kinds of members, by the names of their types in Go. */
enum kind { TEXT, FLAG, TEXTS, ANY_LIST, MAP, MAPS };

static const char *const go_types[] = {
	[TEXT] = "string",
	[FLAG] = "bool",
	[TEXTS] = "[]string",
	[ANY_LIST] = "[]interface {}",
	[MAP] = "map[string]interface {}",
	[MAPS] = "[]map[string]interface {}",
};

static const struct {
	const char *name;
	enum kind kind;
} members[MEMBER_COUNT] = {
	[MEMBER_SCOPE] = { "scope", TEXT },
	[MEMBER_TITLE] = { "title", TEXT },
	[MEMBER_DESCRIPTION] = { "description", TEXT },
	[MEMBER_ENTRYPOINT] = { "entrypoint", FLAG },
	[MEMBER_ORGANIZATIONS] = { "organizations", TEXTS },
	[MEMBER_RELATED_RESOURCES] = { "related_resources", ANY_LIST },
	[MEMBER_AUTHORS] = { "authors", ANY_LIST },
	[MEMBER_SCHEMAS] = { "schemas", MAPS },
	[MEMBER_COMPILE] = { "compile", MAP },
	[MEMBER_CUSTOM] = { "custom", MAP },
	[MEMBER_LABELS] = { "labels", MAP },
};

enum { KEYS_MAX = 2000 }; /* of one mapping: each is compared with each */

/* ---- errors ---- */

static bool
fail(struct decoder *d, const char *what)
{
	if (d->failure.len == 0)
		d->failure = str_of(what);
	return false;
}

static void
add_error(struct decoder *d, str_t text)
{
	(void)VEC_PUSH(d->arena, &d->errors, text);
}

static const char *
tag_of(const struct yaml_node *n)
{
	static const char *const tags[] = {
		[YAML_STRING] = "str",
		[YAML_NULL] = "null",
		[YAML_BOOL] = "bool",
		[YAML_INT] = "int",
		[YAML_UINT] = "int",
		[YAML_FLOAT] = "float",
		[YAML_TIME] = "timestamp",
		[YAML_MERGE] = "merge",
	};

	if (n->kind != YAML_NODE_SCALAR)
		return n->kind == YAML_NODE_SEQUENCE ? "seq" : "map";
	return tags[yaml_node_resolve(n).kind];
}

/* The first bytes, as Go cuts them; what is left of a character is shown as U+FFFD. */
static str_t
cut(struct decoder *d, str_t text, size_t most)
{
	struct buf b;
	str_t whole = str_sub(text, 0, most), made;

	buf_init(&b, 4 * most);
	while (whole.len > 0) {
		size_t width;

		utf8_add(&b, utf8_decode(whole, &width));
		whole = str_skip(whole, width);
	}
	made = arena_str(d->arena, buf_str(&b));
	buf_fini(&b);
	return made;
}

static value_t
wrong_type(struct decoder *d, const struct yaml_node *n, const char *type)
{
	bool is_long = n->text.len > 10;
	str_t shown = is_long ? cut(d, n->text, 7) : n->text;

	if (n->kind == YAML_NODE_SCALAR)
		shown =
		    arena_printf(d->arena, " `%.*s%s`", STR_FMT(shown), is_long ? "..." : "");
	add_error(d, arena_printf(d->arena, "line %u: cannot unmarshal !!%s%.*s into %s",
			 n->line, tag_of(n), STR_FMT(shown), type));
	return VALUE_NONE;
}

/* ---- scalars ---- */

static bool
is_null(const struct yaml_node *n)
{
	return n->kind == YAML_NODE_SCALAR && yaml_node_resolve(n).kind == YAML_NULL;
}

static int
take_number(str_t *s)
{
	int sum = 0;
	size_t i = 0;

	for (; i < s->len && i < 4 && s->data[i] >= '0' && s->data[i] <= '9'; i++)
		sum = sum * 10 + (s->data[i] - '0');
	*s = str_skip(*s, i);
	return sum;
}

/* A timestamp as Go writes it into JSON: RFC 3339 with as few digits behind the second as do.
 */
static value_t
time_value(struct decoder *d, str_t s)
{
	int part[6] = { 0 };
	size_t fraction = 0;
	str_t zone, digits = STR_NONE;

	for (size_t i = 0; i < COUNT(part) && s.len > 0; i++) {
		part[i] = take_number(&s);
		if (s.len > 0 && i < COUNT(part) - 1)
			s = str_skip(s, 1);
	}
	if (s.len > 0 && (s.data[0] == '.' || s.data[0] == ',')) {
		for (fraction = 1;
		     fraction < s.len && s.data[fraction] >= '0' && s.data[fraction] <= '9';)
			fraction++;
		digits = str_sub(s, 1, fraction - 1 < 9 ? fraction - 1 : 9);
		while (digits.len > 0 && digits.data[digits.len - 1] == '0')
			digits.len--;
	}
	zone = str_skip(s, fraction);
	if (zone.len == 0 || str_eq(zone, STR("+00:00")) || str_eq(zone, STR("-00:00")))
		zone = STR("Z");
	s = arena_printf(d->arena, "%04d-%02d-%02dT%02d:%02d:%02d%s%.*s%.*s", part[0], part[1],
	    part[2], part[3], part[4], part[5], digits.len > 0 ? "." : "", STR_FMT(digits),
	    STR_FMT(zone));
	return value_string(d->arena, s);
}

static value_t
scalar_value(struct decoder *d, const struct yaml_node *n)
{
	struct yaml_scalar s = yaml_node_resolve(n);
	char text[YAML_NUMBER_TEXT];

	switch (s.kind) {
	case YAML_NULL:
		return value_null();
	case YAML_BOOL:
		return value_bool(s.boolean);
	case YAML_INT:
		return value_int(s.integer);
	case YAML_UINT:
		return number_from_uint64(d->arena, s.natural);
	case YAML_FLOAT:
		if (s.number - s.number == 0)
			return number_parse(d->arena, yaml_print_json(s.number, text));
		break; /* JSON has no infinity: its text */
	case YAML_TIME:
		return time_value(d, n->text);
	default:
		break;
	}
	return value_string(d->arena, n->text);
}

/* VALUE_NONE: null, which leaves the text empty, or no scalar. */
static value_t
text_value(struct decoder *d, const struct yaml_node *n)
{
	if (n->kind != YAML_NODE_SCALAR)
		return wrong_type(d, n, go_types[TEXT]);
	return is_null(n) ? VALUE_NONE : value_string(d->arena, n->text);
}

/* Where a boolean is wanted, a few words of YAML 1.1 still are one. */
static value_t
flag_value(struct decoder *d, const struct yaml_node *n)
{
	static const char *const yes[] = { "y", "Y", "yes", "on" };
	static const char *const no[] = { "n", "N", "no", "off" };
	struct yaml_scalar s = { .kind = YAML_MERGE };

	if (n->kind == YAML_NODE_SCALAR)
		s = yaml_node_resolve(n);
	if (s.kind == YAML_NULL)
		return VALUE_NONE;
	if (s.kind == YAML_BOOL)
		return value_bool(s.boolean);
	for (size_t i = 0; s.kind == YAML_STRING && i < COUNT(yes); i++) {
		if (str_eq(n->text, str_of(yes[i])))
			return value_bool(true);
		if (str_eq(n->text, str_of(no[i])))
			return value_bool(false);
	}
	return wrong_type(d, n, go_types[FLAG]);
}

/* ---- collections ---- */

/* Steps on the way to a value, for errors. */
struct path {
	const struct path *up;
	str_t key;
	size_t index; /* when key.data is NULL */
};

static value_t any_value(
    struct decoder *d, const struct yaml_node *n, const struct path *path);

/* No key twice; reports each that is. */
static bool
check_keys(struct decoder *d, const struct yaml_node *n)
{
	size_t before = d->errors.count;

	if (n->count > 2 * KEYS_MAX)
		return fail(d, "a mapping has too many keys");
	for (size_t i = 0; i < n->count; i += 2) {
		for (size_t k = i + 2; k < n->count; k += 2) {
			const struct yaml_node *a = n->items[i], *b = n->items[k];

			if (a->kind != b->kind || !str_eq(a->text, b->text))
				continue;
			add_error(
			    d, arena_printf(d->arena,
				   "line %u: mapping key \"%.*s\" already defined at line %u",
				   b->line, STR_FMT(b->text), a->line));
			if (d->errors.count - before >= 100 || arena_failed(d->arena))
				return false;
		}
	}
	return d->errors.count == before;
}

static bool
is_merge(const struct yaml_node *key)
{
	return key->kind == YAML_NODE_SCALAR && yaml_node_resolve(key).kind == YAML_MERGE;
}

static void
note_key_problem(struct decoder *d, const struct path *path)
{
	str_t text = STR_NONE;

	for (; path != NULL; path = path->up) {
		str_t step = path->key.data != NULL
				 ? path->key
				 : arena_printf(d->arena, "%zu", path->index);

		text = text.len == 0
			   ? step
			   : arena_printf(d->arena, "%.*s/%.*s", STR_FMT(step), STR_FMT(text));
	}
	if (d->key_problem->data == NULL)
		*d->key_problem =
		    arena_printf(d->arena, "invalid map key type(s): %.*s", STR_FMT(text));
}

static bool put_pairs(struct decoder *, const struct yaml_node *, bool text_keys,
    const struct path *, struct object_builder *);

/* The members of what `<<` names. */
static bool
put_merged(struct decoder *d, const struct yaml_node *from, bool text_keys,
    const struct path *path, struct object_builder *out)
{
	if (from->kind == YAML_NODE_MAPPING)
		return put_pairs(d, from, text_keys, path, out);
	if (from->kind != YAML_NODE_SEQUENCE)
		return fail(d, "map merge requires map or sequence of maps as the value");
	for (size_t i = 0; i < from->count; i++) {
		if (from->items[i]->kind != YAML_NODE_MAPPING)
			return fail(
			    d, "map merge requires map or sequence of maps as the value");
		if (!put_pairs(d, from->items[i], text_keys, path, out))
			return false;
	}
	return true;
}

/* First comes first: what is merged comes last. */
static bool
put_pairs(struct decoder *d, const struct yaml_node *n, bool text_keys,
    const struct path *path, struct object_builder *out)
{
	if (!check_keys(d, n))
		return true;
	for (size_t i = 0; i < n->count; i += 2) {
		const struct yaml_node *key = n->items[i];
		struct path here = { .up = path, .key = key->text };
		value_t value;

		if (is_merge(key))
			continue;
		if (text_keys ? key->kind != YAML_NODE_SCALAR
			      : !str_eq(str_of(tag_of(key)), STR("str"))) {
			if (text_keys)
				(void)wrong_type(d, key, go_types[TEXT]);
			else
				note_key_problem(d, path);
			continue;
		}
		value =
		    any_value(d, n->items[i + 1], path == NULL && text_keys ? NULL : &here);
		if (is_null(key))
			continue;
		if (!value_is_defined(value) ||
		    !object_builder_add(out, value_string(d->arena, key->text), value))
			return false;
	}
	for (size_t i = 0; i < n->count; i += 2)
		if (is_merge(n->items[i]) &&
		    !put_merged(d, n->items[i + 1], text_keys, path, out))
			return false;
	return true;
}

static value_t
map_value(
    struct decoder *d, const struct yaml_node *n, bool text_keys, const struct path *path)
{
	struct object_builder out;

	object_builder_init(&out, d->arena, n->count / 2 + 1);
	if (!put_pairs(d, n, text_keys, path, &out))
		return VALUE_NONE;
	return object_builder_freeze(&out, OBJECT_FIRST_WINS, NULL);
}

static value_t
list_value(struct decoder *d, const struct yaml_node *n, const struct path *path)
{
	value_t *items = ARENA_ARRAY(d->arena, value_t, n->count);

	if (items == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < n->count; i++) {
		struct path here = { .up = path, .index = i };

		items[i] = any_value(d, n->items[i], &here);
		if (!value_is_defined(items[i]))
			return VALUE_NONE;
	}
	return value_array_of(items, n->count);
}

static value_t
any_value(struct decoder *d, const struct yaml_node *n, const struct path *path)
{
	switch ((enum yaml_node_kind)n->kind) {
	case YAML_NODE_SCALAR:
		return scalar_value(d, n);
	case YAML_NODE_SEQUENCE:
		return list_value(d, n, path);
	case YAML_NODE_MAPPING:
		return map_value(d, n, false, path);
	}
	return VALUE_NONE;
}

/* ---- members ---- */

static value_t
member_map(struct decoder *d, const struct yaml_node *n)
{
	if (is_null(n))
		return value_null();
	if (n->kind != YAML_NODE_MAPPING)
		return wrong_type(d, n, go_types[MAP]);
	return map_value(d, n, true, NULL);
}

/* Elements that are refused, and null where a text is wanted, leave no gap. */
static value_t
member_list(struct decoder *d, const struct yaml_node *n, enum kind kind)
{
	value_t *items;
	size_t count = 0;

	if (is_null(n))
		return VALUE_NONE;
	if (n->kind != YAML_NODE_SEQUENCE)
		return wrong_type(d, n, go_types[kind]);
	items = ARENA_ARRAY(d->arena, value_t, n->count);
	if (items == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < n->count; i++) {
		const struct yaml_node *item = n->items[i];
		value_t v = kind == TEXTS  ? text_value(d, item)
			    : kind == MAPS ? member_map(d, item)
					   : any_value(d, item, NULL);

		if (value_is_defined(v))
			items[count++] = v;
	}
	return value_array_of(items, count);
}

static value_t
member_value(struct decoder *d, const struct yaml_node *n, enum kind kind)
{
	value_t v;

	switch (kind) {
	case TEXT:
		return text_value(d, n);
	case FLAG:
		return flag_value(d, n);
	case MAP:
		v = member_map(d, n);
		return v.tag == VALUE_NULL ? VALUE_NONE : v;
	case TEXTS:
	case ANY_LIST:
	case MAPS:
		break;
	}
	return member_list(d, n, kind);
}

/* `depth` of merges: each takes the members that are not there yet. */
static void
decode_members(
    struct decoder *d, const struct yaml_node *n, unsigned depth, struct metadata_raw *ret)
{
	if (n->kind != YAML_NODE_MAPPING || depth > 8) {
		(void)fail(d, "map merge requires map or sequence of maps as the value");
		return;
	}
	if (!check_keys(d, n))
		return;
	for (size_t i = 0; i < n->count; i += 2) {
		const struct yaml_node *key = n->items[i];

		if (key->kind != YAML_NODE_SCALAR)
			(void)wrong_type(d, key, go_types[TEXT]);
		for (size_t k = 0; key->kind == YAML_NODE_SCALAR && k < MEMBER_COUNT; k++) {
			if (!str_eq(key->text, str_of(members[k].name)) ||
			    value_is_defined(ret->member[k]))
				continue;
			d->key_problem = &ret->key_problem[k];
			ret->member[k] = member_value(d, n->items[i + 1], members[k].kind);
		}
	}
	for (size_t i = 0; i < n->count; i += 2)
		if (is_merge(n->items[i]))
			decode_members(d, n->items[i + 1], depth + 1, ret);
}

static str_t
join_errors(struct decoder *d)
{
	struct buf b;
	str_t text;

	buf_init(&b, 1 << 20);
	buf_add_text(&b, "yaml: unmarshal errors:");
	for (size_t i = 0; i < d->errors.count; i++)
		buf_printf(&b, "\n  %.*s", STR_FMT(d->errors.at[i]));
	text = arena_str(d->arena, buf_str(&b));
	buf_fini(&b);
	return text;
}

static err_t
read_nodes(struct arena *arena, str_t text, struct yaml_node **ret, str_t *ret_error)
{
	struct yaml_fault fault = { 0 };
	err_t err = yaml_node_read(arena, text, &fault, ret);

	if (err == ERR_OK || err == ERR_MEMORY)
		return err;
	if (fault.line > 0)
		*ret_error =
		    arena_printf(arena, "yaml: line %u: %s", fault.line, fault.problem);
	else
		*ret_error = arena_printf(arena, "yaml: %s", fault.problem);
	return ERR_SYNTAX;
}

err_t
rego_metadata_yaml(struct arena *arena, str_t text, struct metadata_raw *ret, str_t *ret_error)
{
	struct decoder d = { .arena = arena };
	struct metadata_raw raw = { 0 };
	struct yaml_node *root = NULL;

	TRY(read_nodes(arena, text, &root, ret_error));
	if (root != NULL && !is_null(root)) {
		if (root->kind == YAML_NODE_MAPPING)
			decode_members(&d, root, 0, &raw);
		else
			(void)wrong_type(&d, root, "ast.rawAnnotation");
	}
	if (arena_failed(arena))
		return ERR_MEMORY;
	*ret = raw;
	if (d.failure.len > 0)
		*ret_error = arena_printf(arena, "yaml: %.*s", STR_FMT(d.failure));
	else if (d.errors.count > 0)
		*ret_error = join_errors(&d);
	else
		return ERR_OK;
	return ERR_SYNTAX;
}
