/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/hint.h"

#include "base/nearest.h"

/* By how the message begins; or by how it ends, where it begins with a name. */
static const struct {
	const char *prefix, *suffix, *hint;
} mends[] = {
	{ "var ", " assigned above",
	    "a variable gets its value once: compare with `==`, or take a new name" },
	{ "var ", " referenced above",
	    "move the assignment before the first use, or compare with `==`" },
	{ "var ", " declared above",
	    "one declaration is enough: leave the second out, or take a new name" },
	{ "arg ", " redeclared",
	    "the name is an argument's: compare with `==`, or take a new name" },
	{ "assigned var ", " unused", "leave it out, or name it `_`" },
	{ "declared var ", " unused", "leave the `some` out, or use the variable" },
	{ "import ", " unused", "leave the import out" },
	{ "unused argument ", NULL, "`_` takes any value and needs no use" },
	{ "import must not shadow ", NULL, "give one of the two another name with `as`" },
	{ "variables must not shadow input", NULL,
	    "`input` is what the query is asked about: take another name" },
	{ "variables must not shadow data", NULL,
	    "`data` is where policies and documents are: take another name" },
	{ "rules must not shadow input", NULL,
	    "`input` is what the query is asked about: take another name" },
	{ "rules must not shadow data", NULL,
	    "`data` is where policies and documents are: take another name" },
	{ "args must not shadow ", NULL, "take another name for the argument" },
	{ "cannot assign to ", NULL, "`:=` gives a variable its value: compare with `==`" },
	{ "cannot assign vars inside negated", NULL,
	    "assign first, then negate: `x := value` on a line of its own, then `not x`" },
	{ "rule arguments cannot contain calls", NULL,
	    "take a variable, and compare it in the body" },
	{ "called function ", " shadowed",
	    "a variable has the function's name: rename the variable" },
	{ "with keyword target must reference", NULL,
	    "replace input.x, data.x or a function; a local variable cannot be replaced" },
	{ "with keyword cannot partially replace", NULL,
	    "replace the whole rule, not a part of its value" },
	{ "with keyword replacing built-in function: target must not be a relation", NULL,
	    "replace a function of your own that calls it" },
	{ "with keyword replacing", NULL,
	    "this built-in stays as it is: replace a function of your own that calls it" },
	{ "multiple default rules ", NULL, "keep one of them" },
	{ "conflicting rules ", NULL,
	    "all rules of one name are of one kind: a value, `contains`, or functions of as "
	    "many arguments" },
	{ "conflicting rule for data path", NULL,
	    "the data has a value at this path: rename the rule or the key" },
	{ "rule ", " is recursive",
	    "a rule must not depend on itself: break the circle, perhaps with "
	    "graph.reachable" },
	{ "rule ", " conflicts with",
	    "a rule with a value has nothing below it: rename one of them" },
	{ "package ", " conflicts with rule",
	    "a package and a rule have the same path: rename one of them" },
	{ "function ", " used as reference, not called",
	    "call it, with its arguments in parentheses" },
	{ "expression is unsafe", NULL, "a part of it has no value yet: bind it first" },
	{ "var ", " is undeclared",
	    "the variable must have a value before: bind it on a line above" },
	{ "illegal call to relation", NULL,
	    "draw its results first: `some ... ; walk(x, [path, value])`" },
	{ "empty query", NULL, "write an expression" },
	{ "print(", " used as value", "print() stands alone on its line" },
};

str_t
hint_for_message(str_t message)
{
	for (size_t i = 0; i < COUNT(mends); i++) {
		str_t suffix = str_of(mends[i].suffix);

		if (str_has_prefix(message, str_of(mends[i].prefix)) &&
		    (suffix.len == 0 || str_find(message, suffix, 0) < message.len))
			return str_of(mends[i].hint);
	}
	return STR_NONE;
}

/* ---- types ---- */

str_t
hint_key(struct compiler *c, type_t t, const struct ast_term *part)
{
	struct nearest n;

	if (t->kind == TYPE_OBJECT && part->kind == AST_CONST &&
	    value_is_string(part->constant)) {
		nearest_begin(&n, value_str(part->constant));
		for (uint32_t i = 0; i < t->count; i++) {
			if (value_is_string(t->properties[i].key))
				nearest_try(&n, value_str(t->properties[i].key));
		}
		if (n.name.len > 0)
			return arena_printf(c->arena, "did you mean `%.*s`?", STR_FMT(n.name));
	}
	return arena_printf(c->arena, "it goes into %.*s", STR_FMT(type_text(c, t)));
}

static bool
are(type_t a, type_t b, enum type_kind one, enum type_kind other)
{
	return a != NULL && b != NULL &&
	       ((a->kind == one && b->kind == other) || (a->kind == other && b->kind == one));
}

str_t
hint_equality(struct compiler *c, type_t left, type_t right)
{
	const char *mend = "values of different types are never equal";

	if (are(left, right, TYPE_NUMBER, TYPE_STRING))
		mend = "to_number() makes a number of a string";
	else if (are(left, right, TYPE_BOOLEAN, TYPE_STRING))
		mend = "true and false have no quotes";
	else if (are(left, right, TYPE_ARRAY, TYPE_SET))
		mend = "an array stands in [...], a set in {...}";
	else if (are(left, right, TYPE_OBJECT, TYPE_SET))
		mend = "`{}` is an object, the empty set is set()";
	return arena_printf(c->arena, "%.*s on the left, %.*s on the right: %s",
	    STR_FMT(type_text(c, left)), STR_FMT(type_text(c, right)), mend);
}

str_t
hint_operands(struct compiler *c, str_t function, type_t f, const type_t *have, size_t count)
{
	const char *mend = "";

	if (str_eq(function, STR("plus")) && count == 2 &&
	    (have[0] == NULL || have[0]->kind == TYPE_STRING || have[1] == NULL ||
		have[1]->kind == TYPE_STRING))
		mend =
		    "; strings are joined by concat(\"\", [a, b]) or a template $\"{a}{b}\"";
	else if ((str_eq(function, STR("or")) || str_eq(function, STR("and")) ||
		     str_eq(function, STR("minus"))) &&
		 count == 2 &&
		 (are(have[0], have[1], TYPE_OBJECT, TYPE_SET) ||
		     are(have[0], have[1], TYPE_OBJECT, TYPE_OBJECT)))
		mend = "; the empty set is set()";
	else if (str_eq(function, STR("count")))
		mend = "; only collections and strings can be counted";
	return arena_printf(c->arena, "it takes (%.*s), not (%.*s)%s",
	    STR_FMT(type_list_text(c, f->items, f->count)),
	    STR_FMT(type_list_text(c, have, count)), mend);
}
