/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml_node.h"

#include "tap.h"

static struct arena *arena;

/* [a b], {k v}, words with the first letter of what they resolve to: s:text, b:true. */
static void
show(struct buf *out, const struct yaml_node *n)
{
	static const char kinds[] = "snbiuftm";

	if (n->kind == YAML_NODE_SCALAR) {
		buf_printf(out, "%u%c:%.*s", n->line, kinds[yaml_node_resolve(n).kind],
		    STR_FMT(n->text));
		return;
	}
	buf_add_char(out, n->kind == YAML_NODE_SEQUENCE ? '[' : '{');
	for (size_t i = 0; i < n->count; i++) {
		if (i > 0)
			buf_add_char(out, ' ');
		show(out, n->items[i]);
	}
	buf_add_char(out, n->kind == YAML_NODE_SEQUENCE ? ']' : '}');
}

static const struct {
	const char *text, *want;
} good[] = {
	{ "a: 1\nb:\n- yes\n- true\n", "{1s:a 1i:1 2s:b [3s:yes 4b:true]}" },
	{ "[~, 'x', \"1\", 1.5, 2001-01-01, <<, !!str 1]",
	    "[1n:~ 1s:x 1s:1 1f:1.5 1t:2001-01-01 1m:<< 1s:1]" },
	{ "a: &x [1]\nb: *x\n", "{1s:a [1i:1] 2s:b [1i:1]}" },
	{ "one\n---\n: : :", "1s:one" },
	{ "", "nothing" },
	{ "# only a comment\n", "nothing" },
};

static const struct {
	const char *text, *problem;
	uint32_t line;
} bad[] = {
	{ "a: `b`", "found character that cannot start any token", 0 },
	{ "t: x\nd\nk: v\n", "could not find expected ':'", 2 },
	{ "t\nd: p", "mapping values are not allowed in this context", 2 },
	{ "a: *x", "unknown anchor 'x' referenced", 0 },
	{ "&x [*x]", "anchor 'x' value contains itself", 0 },
};

static void
test_good(const char *text, const char *want)
{
	struct yaml_fault fault = { 0 };
	struct yaml_node *n;
	struct buf out;
	err_t err = yaml_node_read(arena, str_of(text), &fault, &n);

	buf_init(&out, 1 << 16);
	if (err == ERR_OK && n != NULL)
		show(&out, n);
	else
		buf_add_text(&out, err == ERR_OK ? "nothing" : fault.problem);
	ok(str_eq(buf_str(&out), str_of(want)), "%s: %.*s", text, STR_FMT(buf_str(&out)));
	buf_fini(&out);
}

static void
test_limits(void)
{
	struct yaml_fault fault = { 0 };
	struct yaml_node *n;
	struct buf text;

	buf_init(&text, 1 << 16);
	for (int i = 0; i <= YAML_DEPTH_DEFAULT; i++)
		buf_add_char(&text, '[');
	ok(yaml_node_read(arena, buf_str(&text), &fault, &n) == ERR_LIMIT, "too deep");
	buf_clear(&text);
	buf_add_text(&text, "- &a0 [1, 2]\n");
	for (int i = 1; i < 40; i++)
		buf_printf(&text, "- &a%d [*a%d, *a%d]\n", i, i - 1, i - 1);
	ok(yaml_node_read(arena, buf_str(&text), &fault, &n) == ERR_LIMIT,
	    "aliases of aliases");
	buf_clear(&text);
	buf_add_text(&text, "- &a0 [1]\n");
	for (int i = 1; i < 600; i++)
		buf_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
	ok(yaml_node_read(arena, buf_str(&text), &fault, &n) == ERR_LIMIT, "deep by aliases");
	buf_fini(&text);
}

int
main(void)
{
	arena = arena_new(64 << 20);
	for (size_t i = 0; i < COUNT(good); i++)
		test_good(good[i].text, good[i].want);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct yaml_fault fault = { 0 };
		struct yaml_node *n;
		err_t err = yaml_node_read(arena, str_of(bad[i].text), &fault, &n);

		ok(err == ERR_SYNTAX && fault.line == bad[i].line &&
			str_eq(str_of(fault.problem), str_of(bad[i].problem)),
		    "%s: line %u: %s", bad[i].text, fault.line, fault.problem);
	}
	test_limits();
	arena_free(&arena);
	return tap_done();
}
