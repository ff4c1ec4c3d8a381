/* SPDX-License-Identifier: Apache-2.0 */
/* Names that were perhaps meant. */
#include "base/nearest.h"
#include "rego/builtin.h"
#include "rego/pass/hint.h"
#include "rego/pass/scope.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

struct word {
	const char *name, *hint;
};

static str_t
find_word(const struct word *words, size_t count, str_t name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(name, str_of(words[i].name)))
			return str_of(words[i].hint);
	}
	return STR_NONE;
}

/* Constants and functions as other languages call them. */
static const struct word constants[] = {
	{ "True", "it is `true`" },
	{ "TRUE", "it is `true`" },
	{ "False", "it is `false`" },
	{ "FALSE", "it is `false`" },
	{ "None", "it is `null`" },
	{ "nil", "it is `null`" },
	{ "NULL", "it is `null`" },
	{ "Null", "it is `null`" },
	{ "undefined", "whether something is undefined is asked by `not x`" },
};

static const struct word functions[] = {
	{ "len", "did you mean `count`?" },
	{ "length", "did you mean `count`?" },
	{ "size", "did you mean `count`?" },
	{ "str", "sprintf makes text of a value, with \"%v\"" },
	{ "string", "sprintf makes text of a value, with \"%v\"" },
	{ "to_string", "sprintf makes text of a value, with \"%v\"" },
	{ "tostring", "sprintf makes text of a value, with \"%v\"" },
	{ "format", "did you mean `sprintf`?" },
	{ "printf", "did you mean `sprintf`?" },
	{ "int", "did you mean `to_number`?" },
	{ "float", "did you mean `to_number`?" },
	{ "number", "did you mean `to_number`?" },
	{ "toLower", "did you mean `lower`?" },
	{ "to_lower", "did you mean `lower`?" },
	{ "toUpper", "did you mean `upper`?" },
	{ "to_upper", "did you mean `upper`?" },
	{ "join", "did you mean `concat`?" },
	{ "append", "did you mean `array.concat`?" },
	{ "push", "did you mean `array.concat`?" },
	{ "keys", "did you mean `object.keys`?" },
	{ "values", "the values of an object are [v | some v in x]" },
	{ "map", "write a comprehension: [f(x) | some x in xs]" },
	{ "filter", "write a comprehension: [x | some x in xs; condition]" },
	{ "match", "did you mean `regex.match`?" },
	{ "matches", "did you mean `regex.match`?" },
	{ "typeof", "did you mean `type_name`?" },
	{ "type", "did you mean `type_name`?" },
	{ "range", "did you mean `numbers.range`?" },
	{ "now", "did you mean `time.now_ns`?" },
	{ "starts_with", "did you mean `startswith`?" },
	{ "startsWith", "did you mean `startswith`?" },
	{ "ends_with", "did you mean `endswith`?" },
	{ "endsWith", "did you mean `endswith`?" },
	{ "includes", "whether xs has x is asked by `x in xs`" },
	{ "has", "whether xs has x is asked by `x in xs`" },
	{ "exists", "that something is defined is asked by naming it, the contrary by `not`" },
	{ "defined",
	    "that something is defined is asked by naming it, the contrary by `not`" },
	{ "if", "`if` stands between head and body: `name := value if { ... }`" },
};

static const struct word successors[] = {
	{ "any", "write `some x in xs; x`, or `true in xs`" },
	{ "all", "write `every x in xs { x }`" },
	{ "re_match", "it is now regex.match" },
	{ "set_diff", "write `a - b`" },
	{ "net.cidr_overlap", "it is now net.cidr_contains" },
	{ "cast_array", "test with is_array; [x | some x in xs] makes an array" },
	{ "cast_set", "test with is_set; {x | some x in xs} makes a set" },
	{ "cast_string", "test with is_string" },
	{ "cast_boolean", "test with is_boolean" },
	{ "cast_null", "test with is_null" },
	{ "cast_object", "test with is_object" },
};

void
hint_deprecated(struct compiler *c, struct diag_finding *f, str_t builtin)
{
	str_t hint = find_word(successors, COUNT(successors), builtin);

	if (hint.len > 0)
		diag_hint(c->unit->diag, f, "%.*s", STR_FMT(hint));
}

/* ---- names in reach ---- */

static const struct rego_node *
package_node(struct compiler *c, const struct ast_rule *rule)
{
	if (rule->module == NULL || rule->module->package == NULL || c->unit->root == NULL)
		return NULL;
	return compiler_find_node(c, rule->module->package);
}

static void
try_children(struct nearest *n, const struct rego_node *node, bool functions_only)
{
	for (size_t i = 0; node != NULL && i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];
		bool is_function =
		    child->rules.count > 0 && ast_takes_args(&child->rules.at[0]->head);

		if (value_is_string(child->key) && child->rules.count > 0 &&
		    is_function == functions_only)
			nearest_try(n, value_str(child->key));
	}
}

static void
try_imports(struct compiler *c, struct nearest *n, const struct ast_rule *rule)
{
	for (size_t i = 0; rule->module != NULL && i < rule->module->imports.count; i++) {
		const struct ast_import *import = &rule->module->imports.at[i];
		rego_name_t name = import_is_feature(import) ? NULL : import_name(c, import);

		if (name != NULL)
			nearest_try(n, name_str(name));
	}
}

/* But not `unsafe` itself, wherever else it stands. */
static void
try_locals(
    struct compiler *c, struct nearest *n, const struct ast_rule *rule, rego_name_t unsafe)
{
	struct var_set vars = { 0 };

	vars_of_args(c, &vars, &rule->head);
	vars_of_body(c, &vars, &rule->body, SKIP_FOR_SAFETY);
	for (size_t i = 0; i < vars.count; i++) {
		rego_name_t source = compiler_source(c, vars.at[i]);

		if (source != unsafe && source != vars.at[i] && !name_is_generated(source) &&
		    !name_is_wildcard(source))
			nearest_try(n, name_str(source));
	}
}

/* A package that is called by its last part, and is not imported. */
static bool
hint_import(struct compiler *c, struct diag_finding *f, str_t name)
{
	for (size_t i = 0; i < c->modules.count; i++) {
		const struct ast_term *path = c->modules.at[i]->package;
		const struct ast_term *last =
		    path == NULL ? NULL : path->items.at[path->items.count - 1];

		if (last == NULL || last->kind != AST_CONST ||
		    !str_eq(value_str(last->constant), name))
			continue;
		diag_hint(c->unit->diag, f,
		    "a package of that name is to be imported: `import %.*s`",
		    STR_FMT(term_text(c, path)));
		return true;
	}
	return false;
}

/* ---- variables without a value ---- */

static bool
is_word_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch >= '0' && ch <= '9') || ch == '_';
}

/* The first place of the whole word in the text; text.len: it is not there. */
static size_t
find_whole(str_t text, str_t word)
{
	for (size_t at = 0; (at = str_find(text, word, at)) < text.len; at++) {
		size_t end = at + word.len;

		if ((at == 0 || !is_word_char(text.data[at - 1])) &&
		    (end == text.len || !is_word_char(text.data[end])))
			return at;
	}
	return text.len;
}

static str_t
loc_source(struct compiler *c, struct ast_loc loc)
{
	str_t text =
	    loc.file < c->unit->files.count ? c->unit->files.at[loc.file].text : STR_NONE;

	if (loc.offset > text.len)
		return STR_NONE;
	text = str_skip(text, loc.offset);
	return str_sub(text, 0, loc.len < text.len ? loc.len : text.len);
}

/* `input.user-id` is a difference; *ret is then "user-id". */
static bool
is_dashed_name(str_t text, size_t at, size_t len, str_t *ret)
{
	size_t from = at;

	while (from > 1 && text.data[from - 1] == '-' && is_word_char(text.data[from - 2])) {
		from--;
		while (from > 0 && is_word_char(text.data[from - 1]))
			from--;
	}
	if (from == 0 || from == at || text.data[from - 1] != '.')
		return false;
	*ret = str_sub(text, from, at + len - from);
	return true;
}

static bool
is_object_key(str_t text, size_t end)
{
	while (end < text.len && text.data[end] == ' ')
		end++;
	return end < text.len && text.data[end] == ':' &&
	       (end + 1 == text.len || text.data[end + 1] != '=');
}

/* What the text around the variable tells. */
static bool
hint_by_text(struct compiler *c, struct diag_finding *f, str_t name, struct ast_loc loc)
{
	struct diag *d = c->unit->diag;
	str_t text = loc_source(c, loc), file, dashed;
	size_t at = find_whole(text, name);

	if (at == text.len)
		return false;
	/* A head's variable is its whole text: what follows it is in the file. */
	file = loc.file < c->unit->files.count ? c->unit->files.at[loc.file].text : STR_NONE;
	if (is_dashed_name(text, at, name.len, &dashed))
		diag_hint(d, f,
		    "`-` subtracts; a key with a dash stands in brackets: [\"%.*s\"]",
		    STR_FMT(dashed));
	else if (is_object_key(file, loc.offset + at + name.len))
		diag_hint(d, f, "a key that is a string has quotes: \"%.*s\"", STR_FMT(name));
	else
		return false;
	return true;
}

void
hint_var(struct compiler *c, struct diag_finding *f, const struct ast_rule *rule,
    rego_name_t unsafe, struct ast_loc loc)
{
	struct diag *d = c->unit->diag;
	str_t name = name_str(unsafe), word = find_word(constants, COUNT(constants), name);
	bool is_negated = str_has_prefix(loc_source(c, loc), STR("not "));
	struct nearest n;

	if (f == NULL)
		return;
	if (name_is_wildcard(unsafe) || name.len == 0) {
		diag_hint(d, f,
		    is_negated
			? "under `not` nothing is searched: ask `not` of a rule that searches"
			: "a wildcard has a value only as a key of a reference: xs[_]");
		return;
	}
	if (word.len > 0) {
		diag_hint(d, f, "%.*s", STR_FMT(word));
		return;
	}
	if (hint_by_text(c, f, name, loc) || hint_import(c, f, name))
		return;
	nearest_begin(&n, name);
	try_locals(c, &n, rule, unsafe);
	try_children(&n, package_node(c, rule), false);
	try_imports(c, &n, rule);
	nearest_try(&n, STR("input"));
	nearest_try(&n, STR("data"));
	if (n.name.len > 0)
		diag_hint(d, f, "did you mean `%.*s`?", STR_FMT(n.name));
	else if (is_negated)
		diag_hint(d, f,
		    "under `not` a variable gets no value: bind `%.*s` before, or ask `not` "
		    "of a rule",
		    STR_FMT(name));
	else
		diag_hint(d, f,
		    "`%.*s` has no value: bind it with `some %.*s in xs` or `%.*s := value`",
		    STR_FMT(name), STR_FMT(name), STR_FMT(name));
}

void
hint_place(struct compiler *c, struct diag_finding *f, struct ast_loc loc)
{
	if (f != NULL && loc.file < c->unit->files.count)
		diag_hint(c->unit->diag, f, "it stands in the template at %.*s:%u:%u",
		    STR_FMT(c->unit->files.at[loc.file].name), loc.row, loc.col);
}

/* ---- references ---- */

/* Data may bring what no rule has. */
static bool
is_in_data(const struct compiler *c, const struct ast_term *ref, size_t i)
{
	value_t v = c->unit->data;

	for (size_t k = 1; k <= i && value_is_defined(v); k++) {
		if (ref->items.at[k]->kind != AST_CONST)
			return true;
		v = value_get(v, ref->items.at[k]->constant);
	}
	return value_is_defined(v);
}

void
hint_near_path(struct compiler *c, const struct ast_term *ref)
{
	const struct rego_node *node = c->unit->root, *child;
	struct nearest n;
	size_t i = 1;

	if (!c->unit->warn)
		return;
	for (; i < ref->items.count && ref->items.at[i]->kind == AST_CONST; i++) {
		child = compiler_child(node, ref->items.at[i]->constant);
		if (child == NULL)
			break;
		if (child->rules.count > 0) /* what is below is the rule's affair */
			return;
		node = child;
	}
	if (i == ref->items.count || ref->items.at[i]->kind != AST_CONST ||
	    !value_is_string(ref->items.at[i]->constant) || is_in_data(c, ref, i))
		return;
	nearest_begin(&n, value_str(ref->items.at[i]->constant));
	for (size_t k = 0; k < node->children.count; k++) {
		if (value_is_string(node->children.at[k]->key))
			nearest_try(&n, value_str(node->children.at[k]->key));
	}
	if (n.name.len > 0)
		compiler_warn(c, "unknown_ref", ref->loc, n.name,
		    "no rule and no data at %.*s", STR_FMT(term_text(c, ref)));
}

/* ---- functions ---- */

/* Functions that stand beside data.a.b.f; and the part of the name before the last dot. */
static const struct rego_node *
siblings_of(struct compiler *c, str_t path, size_t last_dot)
{
	const struct rego_node *node = c->unit->root;

	for (size_t at = str_find_char(path, '.', 0); node != NULL && at < last_dot;) {
		size_t end = str_find_char(path, '.', at + 1);

		node = compiler_child(
		    node, intern_add(c->unit->intern, str_sub(path, at + 1, end - at - 1)));
		at = end;
	}
	return node;
}

void
hint_function(
    struct compiler *c, struct diag_finding *f, const struct ast_rule *rule, str_t name)
{
	struct diag *d = c->unit->diag;
	str_t word = find_word(functions, COUNT(functions), name), prefix = STR_NONE;
	size_t last_dot = name.len;
	struct nearest n;

	if (f == NULL)
		return;
	if (word.len > 0) {
		diag_hint(d, f, "%.*s", STR_FMT(word));
		return;
	}
	if (hint_import(c, f, str_sub(name, 0, str_find_char(name, '.', 0))))
		return;
	if (str_has_prefix(name, STR("data.")) && c->unit->root != NULL) {
		while (last_dot > 0 && name.data[last_dot - 1] != '.')
			last_dot--;
		prefix = str_sub(name, 0, last_dot);
		nearest_begin(&n, str_skip(name, last_dot));
		try_children(&n, siblings_of(c, name, last_dot - 1), true);
	} else {
		nearest_begin(&n, name);
		try_children(&n, package_node(c, rule), true);
		for (uint32_t i = 0; i < rego_builtin_count(); i++) {
			if ((rego_builtin_at(i)->flags & REGO_OPERATOR) == 0)
				nearest_try(&n, str_of(rego_builtin_at(i)->name));
		}
	}
	if (n.name.len > 0)
		diag_hint(d, f, "did you mean `%.*s%.*s`?", STR_FMT(prefix), STR_FMT(n.name));
	else
		diag_hint(d, f,
		    "no rule and no built-in has this name; a function of another package is "
		    "called through its import, or as data.package.name");
}

static str_t
args_text(struct compiler *c, const struct ast_head *head)
{
	str_t text = STR_NONE;

	for (size_t i = 0; i < head->args.count; i++)
		text = arena_printf(c->arena, "%.*s%s%.*s", STR_FMT(text), i > 0 ? ", " : "",
		    STR_FMT(term_text(c, head->args.at[i])));
	return text;
}

void
hint_arity(struct compiler *c, struct diag_finding *f, const struct ast_term *function)
{
	struct diag *d = c->unit->diag;
	uint32_t id = compiler_builtin(c, function);
	const struct rego_node *node;
	str_t name;

	if (f == NULL)
		return;
	if (id != REGO_BUILTIN_NONE) {
		str_t signature = str_of(rego_builtin_at(id)->signature);

		signature =
		    str_trim_space(str_sub(signature, 0, str_find(signature, STR("->"), 0)));
		diag_hint(d, f, "it takes (%.*s)", STR_FMT(signature));
		return;
	}
	node = compiler_find_node(c, function);
	if (node == NULL || node->rules.count == 0)
		return;
	name = value_is_string(node->key) ? value_str(node->key) : STR("it");
	if (ast_takes_args(&node->rules.at[0]->head))
		diag_hint(d, f, "it is %.*s(%.*s)", STR_FMT(name),
		    STR_FMT(args_text(c, &node->rules.at[0]->head)));
	else if (rego_builtin_find(name) != REGO_BUILTIN_NONE)
		diag_hint(d, f, "this rule hides the built-in `%.*s`: rename the rule",
		    STR_FMT(name));
	else
		diag_hint(d, f,
		    "`%.*s` is a rule and no function: name it without parentheses",
		    STR_FMT(name));
}
