/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: queries and their values, what ends a run, broken programs, and the clause index. */
#include "rego/vm.h"

#include <stdio.h>
#include <tap.h>

#include "codec/json.h"
#include "rego/parser.h"
#include "rego/program_internal.h"

enum { ARENA_LIMIT = 256 << 20, TEXT_LIMIT = 1 << 20 };

static const struct rego_host host = { 0 };

struct fixture {
	struct arena *arena, *request;
	struct diag diag;
	struct rego_unit unit;
	struct rego_program *program;
	struct rego_eval *machine;
};

static bool
open_fixture(struct fixture *f, str_t module, const char *data)
{
	struct json_options options = { 0 };

	*f = (struct fixture){ .arena = arena_new(ARENA_LIMIT), .request = arena_new(ARENA_LIMIT),
		.machine = rego_eval_new() };
	diag_init(&f->diag, f->arena, 10);
	f->unit = (struct rego_unit){ .arena = f->arena, .intern = intern_new(f->arena), .diag = &f->diag,
		.data = VALUE_NONE };
	options.add = f->unit.intern;
	return json_read(f->arena, str_of(data), &options, NULL, &f->unit.data) == ERR_OK &&
	    rego_parse_module(&f->unit, STR("t.rego"), module, REGO_V1, NULL) == ERR_OK &&
	    rego_compile(&f->unit) == ERR_OK && rego_program_make(&f->unit, &f->program) == ERR_OK;
}

static void
close_fixture(struct fixture *f)
{
	rego_eval_free(&f->machine);
	arena_free(&f->request);
	arena_free(&f->arena);
}

static err_t
run(struct fixture *f, const char *path, const char *input, struct rego_budget budget, value_t *ret,
    struct rego_error *error)
{
	struct rego_request request = { .program = f->program, .arena = f->request, .host = &host,
		.budget = budget };
	struct json_options options = { .find = f->unit.intern };

	*error = (struct rego_error){ 0 };
	arena_reset(f->request);
	if (rego_program_entry(f->program, str_of(path), &request.entry) != ERR_OK ||
	    json_read(f->request, str_of(input), &options, NULL, &request.input) != ERR_OK)
		return ERR_INTERNAL;
	return rego_run(f->machine, &request, ret, error);
}

static bool
is_text(value_t v, const char *want)
{
	struct buf text;
	bool same;

	buf_init(&text, TEXT_LIMIT);
	if (value_is_defined(v))
		value_print(&text, v);
	same = str_eq(buf_str(&text), str_of(want));
	if (!same)
		tap_note("got %.*s, want %s", STR_FMT(buf_str(&text)), want);
	buf_fini(&text);
	return same;
}

/* ---- values ---- */

/* `p` of the rules; "" is undefined, "!code" an error. */
static const struct {
	const char *what, *rules, *want;
} values[] = {
	{ "a constant", "p := 1", "1" },
	{ "undefined", "p := 1 if input.nope", "" },
	{ "false is no true", "p if input.off", "" },
	{ "else", "p := 1 if input.nope\nelse := 2", "2" },
	{ "default", "default p := 7\np := 1 if input.nope", "7" },
	{ "input", "p := input.n", "3" },
	{ "base data", "p := data.b.x", "5" },
	{ "iteration", "p := [x | some x in input.xs; x > 1]", "[2, 3]" },
	{ "keys", "p := {k: v | some k, v in {\"a\": 1}}", "{\"a\": 1}" },
	{ "every holds", "p if every x in input.xs { x > 0 }", "true" },
	{ "every fails", "p if every x in input.xs { x > 1 }", "" },
	{ "every of nothing", "p if every x in [] { x > 1 }", "true" },
	{ "every with key", "p if every k, v in [0, 1] { k == v }", "true" },
	{ "with input", "q := input.n\np := x if { x := q with input.n as 9 }", "9" },
	{ "with ends", "q := input.n\np := [x, q] if { x := q with input.n as 9 }", "[9, 3]" },
	{ "with data", "p := x if { x := data.b.x with data.b.x as 6 }", "6" },
	{ "with a rule", "q := 1\np := x if { x := q with data.t.q as 2 }", "2" },
	{ "with a built-in", "f(_) := 42\np := x if { x := count([]) with count as f }", "42" },
	{ "with a value for a function", "p := x if { x := count([]) with count as 4 }", "4" },
	{ "with an operator", "q if 1 != 1\np if { q with neq as true }", "true" },
	{ "with, nested", "q := input.n\nr := x if { x := q with input.n as 1 }\n"
	    "p := [x, r] if { x := r with input.n as 2 }", "[1, 1]" },
	{ "partial set", "p contains x if some x in input.xs", "{1, 2, 3}" },
	{ "partial object", "p[k] := v if some k, v in {\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 2}" },
	{ "equal members agree", "p[\"a\"] := 1 if input.n\np[\"a\"] := 1", "{\"a\": 1}" },
	{ "a value meets no rule below that holds",
	    "q[k] := 1 if k := \"a\"\nq.a[r] := 2 if { r := 1; false }\np := q.a", "1" },
	{ "a value and the rule below agree",
	    "q[k] := {1: 2} if k := \"a\"\nq.a := {1: 2}\np := q.a", "{1: 2}" },
	{ "a value meets a rule below", "q[k] := {1: 2} if k := \"a\"\nq.a.b := 3\np := q.a",
	    "!eval_conflict_error" },
	{ "members conflict", "p[\"a\"] := x if some x in [1, 2]", "!eval_conflict_error" },
	{ "values conflict", "p := x if some x in [1, 2]", "!eval_conflict_error" },
	{ "equal values agree", "p := x if some x in [1, 1]", "1" },
	{ "functions conflict", "f(_) := 1\nf(x) := 2 if x > 0\np := f(1)", "!eval_conflict_error" },
	{ "object keys conflict", "p := {k: v | some v in [1, 2]; k := \"a\"}", "!eval_conflict_error" },
	{ "the document of a package", "a.x := 1\na.y := 2\np := data.t.a", "{\"x\": 1, \"y\": 2}" },
	{ "a document with base data", "p := data.b", "{\"x\": 5}" },
	{ "a reference through a variable", "a.x := 1\na.y := 2\np := {v | some k; v := a[k]}", "{1, 2}" },
	{ "not", "p if not input.nope", "true" },
	{ "unification", "p := [x, y] if [x, 2] = [1, y]", "[1, 2]" },
	{ "an error of a built-in", "p := 1 / 0", "" },
};

static void
try_values(void)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		struct fixture f;
		struct rego_error error;
		char module[512];
		int len = snprintf(module, sizeof(module), "package t\nimport rego.v1\n%s\n", values[i].rules);
		value_t v = VALUE_NONE;
		bool opened = open_fixture(&f, str_make(module, (size_t)len), "{\"b\": {\"x\": 5}}");
		err_t e;

		ok(opened, "%s compiles %.*s", values[i].what, STR_FMT(diag_first_message(&f.diag)));
		if (opened) {
			e = run(&f, "data.t.p", "{\"n\": 3, \"off\": false, \"xs\": [1, 2, 3]}",
			    (struct rego_budget){ 0 }, &v, &error);
			if (values[i].want[0] == '!')
				ok(e == ERR_EVAL && strcmp(error.code, values[i].want + 1) == 0 && error.row > 2,
				    "%s", values[i].what);
			else
				ok(e == ERR_OK && is_text(v, values[i].want), "%s", values[i].what);
		}
		close_fixture(&f);
	}
}

/* ---- budgets ---- */

static const char budget_text[] =
    "package t\n"
    "import rego.v1\n"
    "long := count([x | some i, j in input.xs; some x in input.xs])\n"
    "big := [s | some i in input.xs; some j in input.xs; s := [i, j]]\n"
    "a(x) := b(x)\n"
    "b(x) := c(x)\n"
    "c(x) := d(x)\n"
    "d(x) := x + 1\n"
    "deep := a(1)\n";

static const struct {
	const char *what, *rule;
	struct rego_budget budget;
	err_t err;
	uint32_t first_row, last_row;
} budgets[] = {
	{ "instructions", "data.t.long", { .instructions = 500 }, ERR_LIMIT, 3, 3 },
	{ "bytes", "data.t.big", { .bytes = 8192 }, ERR_LIMIT, 4, 4 },
	{ "depth", "data.t.deep", { .depth = 3 }, ERR_LIMIT, 5, 9 },
	{ "deadline", "data.t.long", { .deadline_ns = 1 }, ERR_DEADLINE, 3, 3 },
};

static void
try_budgets(void)
{
	struct fixture f;
	struct rego_error error;
	struct buf input;
	value_t v;
	const char *text;

	ok(open_fixture(&f, str_of(budget_text), "{}"), "compiles");
	buf_init(&input, TEXT_LIMIT);
	buf_add_text(&input, "{\"xs\": [0");
	for (int i = 1; i < 300; i++)
		buf_printf(&input, ", %d", i);
	buf_add_text(&input, "]}");
	text = arena_copy(f.arena, input.data, input.len);
	buf_fini(&input);
	for (size_t i = 0; i < COUNT(budgets); i++) {
		err_t e;

		ok(run(&f, budgets[i].rule, text, (struct rego_budget){ 0 }, &v, &error) == ERR_OK &&
		        value_is_defined(v), "%s without a budget", budgets[i].what);
		e = run(&f, budgets[i].rule, text, budgets[i].budget, &v, &error);
		if (!ok(e == budgets[i].err && error.code != NULL &&
		            strcmp(error.code, "eval_cancel_error") == 0 && error.message[0] != '\0',
		        "%s: stopped", budgets[i].what))
			tap_note("%s, %s", err_text(e), error.message);
		ok(str_eq(error.file, STR("t.rego")) && error.row >= budgets[i].first_row &&
		        error.row <= budgets[i].last_row, "%s: at line %u", budgets[i].what, error.row);
		ok(run(&f, "data.t.deep", "{}", (struct rego_budget){ 0 }, &v, &error) == ERR_OK &&
		        is_text(v, "2"), "the machine goes on");
	}
	close_fixture(&f);
}

/* ---- the verifier ---- */

static const char verify_text[] =
    "package t\n"
    "import rego.v1\n"
    "q := input.n\n"
    "f(x, y) := x + y\n"
    "p contains [x, k] if { some k, v in input.xs; x := f(v, 1); x != q; not v == 7 }\n"
    "r := {k: v | some k, v in data.b}\n"
    "s := x if { x := q with input.n as 4 }\n"
    "g.a := 1\n"
    "g.b := 2 if input.n\n"
    "t := [g[k] | some k in [\"a\", \"b\"]]\n"
    "u if every x in input.xs { x > 0 }\n";

static const char *const operands[] = {
#define OP(name, operands, doc) operands,
#include "rego/opcode.def"
#undef OP
};

/* An operand just out of range; false: the letter has no range. */
static bool
break_operand(const struct rego_program *p, const struct rego_func *f, struct rego_insn *insn, char letter)
{
	switch (letter) {
	case 'A': case 'a': insn->a = (uint16_t)f->reg_count; return true;
	case 'B': case 'b': case 'r': insn->b = UINT16_MAX; return letter != 'r' || insn->n > 0;
	case 'R': insn->x = f->reg_count + 1; return true;
	case 'c': insn->c = (uint16_t)f->reg_count; return true;
	case 'C': insn->c = (uint16_t)(f->reg_count - 1); return true;
	case 'k': insn->x = (uint32_t)p->consts.count; return true;
	case 'p': insn->x = (uint32_t)p->paths.count; return true;
	case 'f': insn->x = (uint32_t)p->funcs.count; return true;
	case 'u': insn->x = (uint32_t)rego_builtin_count(); return true;
	case 'w': insn->x = (uint32_t)p->withs.count; return true;
	case 't': insn->x = (uint32_t)p->nodes.count; return true;
	case 'i': insn->x = (uint32_t)p->indexes.count; return true;
	case 'j': insn->jump = f->end; return true;
	default: return false;
	}
}

static void
try_broken_operands(struct fixture *f, size_t seen[128])
{
	struct rego_program *p = f->program;
	size_t broken = 0, refused = 0;

	for (size_t i = 0; i < p->funcs.count; i++) {
		const struct rego_func *func = &p->funcs.at[i];

		for (uint32_t at = func->begin; at < func->end; at++) {
			const struct rego_insn good = p->code.at[at];

			for (const char *o = operands[good.op]; *o != '\0'; o++) {
				if (!break_operand(p, func, &p->code.at[at], *o)) {
					p->code.at[at] = good;
					continue;
				}
				broken++;
				seen[(unsigned char)*o]++;
				refused += rego_verify(p, 0, &f->diag) == ERR_INTERNAL;
				p->code.at[at] = good;
			}
		}
	}
	ok(broken > 50 && refused == broken, "%zu of %zu broken operands are refused", refused, broken);
}

/* Code of one entry function; jumps count from its begin. */
static const struct {
	const char *what;
	bool valid;
	struct rego_insn code[6];
} flows[] = {
	{ "a constant", true, { { .op = OP_CONST }, { .op = OP_RETURN } } },
	{ "a register that nothing wrote", false, { { .op = OP_MOVE, .b = 1 }, { .op = OP_RETURN } } },
	{ "one written on one way only", false,
	    { { .op = OP_CONST }, { .op = OP_TEST, .jump = 3 }, { .op = OP_CONST, .a = 1 }, { .op = OP_RETURN, .a = 1 } } },
	{ "one written on both ways", true,
	    { { .op = OP_CONST }, { .op = OP_UNDEFINED, .a = 1 }, { .op = OP_TEST, .jump = 4 },
		{ .op = OP_CONST, .a = 1 }, { .op = OP_RETURN, .a = 1 } } },
	{ "undefined in an array", false,
	    { { .op = OP_UNDEFINED }, { .op = OP_ARRAY, .a = 1, .x = 1 }, { .op = OP_RETURN, .a = 1 } } },
	{ "what is defined in an array", true,
	    { { .op = OP_UNDEFINED }, { .op = OP_DEFINED, .jump = 3 }, { .op = OP_ARRAY, .x = 1 }, { .op = OP_RETURN } } },
	{ "half a pair", false, { { .op = OP_CONST }, { .op = OP_OBJECT, .a = 1, .x = 1 }, { .op = OP_RETURN, .a = 1 } } },
	{ "a constant as collector", false, { { .op = OP_CONST }, { .op = OP_PUSH }, { .op = OP_RETURN } } },
	{ "a collector as value", false, { { .op = OP_COLLECT, .x = AST_SET_COMP }, { .op = OP_RETURN } } },
	{ "a collector", true,
	    { { .op = OP_COLLECT, .x = AST_SET_COMP }, { .op = OP_CONST, .a = 1 }, { .op = OP_PUSH, .b = 1 },
		{ .op = OP_FINISH, .a = 1 }, { .op = OP_RETURN, .a = 1 } } },
	{ "a collector of no kind", false,
	    { { .op = OP_COLLECT, .x = 99 }, { .op = OP_FINISH, .a = 1 }, { .op = OP_RETURN, .a = 1 } } },
	{ "a collector that is finished", false,
	    { { .op = OP_COLLECT, .x = AST_SET_COMP }, { .op = OP_FINISH, .a = 1 }, { .op = OP_PUSH, .b = 1 },
		{ .op = OP_RETURN, .a = 1 } } },
	{ "a scan", true,
	    { { .op = OP_CONST }, { .op = OP_SCAN, .a = 1, .c = 2, .jump = 4 }, { .op = OP_TEST, .a = 3, .jump = 3 },
		{ .op = OP_SCAN_NEXT, .a = 1, .c = 2, .jump = 2 }, { .op = OP_RETURN } } },
	{ "a scan's key behind it", false,
	    { { .op = OP_CONST }, { .op = OP_SCAN, .a = 1, .c = 2, .jump = 3 },
		{ .op = OP_SCAN_NEXT, .a = 1, .c = 2, .jump = 2 }, { .op = OP_RETURN, .a = 2 } } },
	{ "the next of no scan", false,
	    { { .op = OP_CONST }, { .op = OP_SCAN_NEXT, .a = 1, .c = 2, .jump = 0 }, { .op = OP_RETURN } } },
	{ "a jump back", false, { { .op = OP_CONST }, { .op = OP_TEST, .jump = 0 }, { .op = OP_RETURN } } },
	{ "the end of no `with`", false, { { .op = OP_CONST }, { .op = OP_WITH_END }, { .op = OP_RETURN } } },
	{ "a document as value", false, { { .op = OP_DOC }, { .op = OP_RETURN } } },
	{ "a document evaluated", true,
	    { { .op = OP_DOC }, { .op = OP_DOC_VALUE, .a = 1, .jump = 2 }, { .op = OP_RETURN, .a = 1 } } },
};

static void
try_flows(void)
{
	for (size_t i = 0; i < COUNT(flows); i++) {
		struct fixture f;
		struct rego_program *p;
		uint32_t from;

		ok(open_fixture(&f, str_of(verify_text), "{}"), "compiles");
		p = f.program;
		from = (uint32_t)p->code.count;
		for (size_t k = 0; k < COUNT(flows[i].code) && (k == 0 || flows[i].code[k - 1].op != OP_RETURN); k++) {
			struct rego_insn insn = flows[i].code[k];

			insn.jump += from;
			VEC_PUSH(f.arena, &p->code, insn);
		}
		VEC_PUSH(f.arena, &p->funcs, ((struct rego_func){ .kind = FUNC_ENTRY, .begin = from,
		    .end = (uint32_t)p->code.count, .reg_count = 8 }));
		ok((rego_verify(p, 0, &f.diag) == ERR_OK) == flows[i].valid, "%s", flows[i].what);
		close_fixture(&f);
	}
}

static void
try_verifier(void)
{
	struct fixture f;
	struct rego_insn *last, good;
	struct rego_func *func;
	size_t seen[128] = { 0 };

	ok(open_fixture(&f, str_of(verify_text), "{\"b\": {\"x\": 1}}"), "compiles");
	ok(rego_verify(f.program, 0, &f.diag) == ERR_OK, "what the planner makes is valid");
	try_broken_operands(&f, seen);
	for (const char *letter = "Aabckpfurj"; *letter != '\0'; letter++)
		ok(seen[(unsigned char)*letter] > 0, "operand %c was broken", *letter);
	func = &f.program->funcs.at[0];
	last = &f.program->code.at[func->end - 1];
	good = *last;
	last->op = OP_COUNT;
	ok(rego_verify(f.program, 0, &f.diag) == ERR_INTERNAL, "no such instruction");
	*last = (struct rego_insn){ .op = OP_UNDEFINED };
	ok(rego_verify(f.program, 0, &f.diag) == ERR_INTERNAL, "a function that runs off its end");
	*last = good;
	func->end += (uint32_t)f.program->code.count;
	ok(rego_verify(f.program, 0, &f.diag) == ERR_INTERNAL, "a function beyond the code");
	func->end -= (uint32_t)f.program->code.count;
	ok(rego_verify(f.program, 0, &f.diag) == ERR_OK, "mended");
	close_fixture(&f);
}

/* ---- the index of clauses ---- */

enum { CLAUSES = 24, MANY_CLAUSES = 10000 };

/* Clause i holds for key i % 10; the slow way hides the constant from the index.  Both may conflict. */
static str_t
make_clauses(struct arena *arena, bool slow)
{
	struct buf b;
	str_t ret;

	buf_init(&b, TEXT_LIMIT);
	buf_add_text(&b, "package t\nimport rego.v1\n");
	for (int i = 0; i < CLAUSES; i++) {
		const char *form = slow ? "p := %d if { some c in [\"k%d\"]; input.k == c }\n"
					: "p := %d if input.k == \"k%d\"\n";

		buf_printf(&b, form, i % 10, i % 10);
	}
	buf_add_text(&b, slow ? "p := 100 if { some c in [1]; input.k == c }\n"
			      : "p := 100 if 1 == input.k\n");
	buf_add_text(&b, "p := 101 if input.other\n");
	ret = arena_str(arena, buf_str(&b));
	buf_fini(&b);
	return ret;
}

static bool
lists_index(const struct fixture *f)
{
	struct buf b;
	bool has;

	buf_init(&b, TEXT_LIMIT);
	rego_program_list(f->program, &b);
	has = str_find(buf_str(&b), STR(" INDEX "), 0) < b.len;
	buf_fini(&b);
	return has;
}

static void
try_index(void)
{
	static const char *const inputs[] = { "{\"k\": \"k0\"}", "{\"k\": \"k3\"}", "{\"k\": \"k9\"}",
		"{\"k\": \"k10\"}", "{\"k\": 1}", "{\"k\": 1.0}", "{\"k\": true}", "{\"k\": null}", "{\"k\": [1]}",
		"{}", "[]", "null", "{\"other\": 1}", "{\"k\": \"k7\", \"other\": {}}" };
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct fixture fast, slow;
	size_t defined = 0, conflicts = 0;

	ok(open_fixture(&fast, make_clauses(arena, false), "{}") &&
	        open_fixture(&slow, make_clauses(arena, true), "{}"), "both compile");
	ok(lists_index(&fast) && !lists_index(&slow), "one has an index, the other none");
	for (size_t i = 0; i < COUNT(inputs); i++) {
		struct rego_error error, other;
		value_t a = VALUE_NONE, b = VALUE_NONE;
		err_t fast_err = run(&fast, "data.t.p", inputs[i], (struct rego_budget){ 0 }, &a, &error);
		err_t slow_err = run(&slow, "data.t.p", inputs[i], (struct rego_budget){ 0 }, &b, &other);

		ok(fast_err == slow_err && error.row == other.row && a.tag == b.tag &&
		        (!value_is_defined(a) || value_equal(a, b)), "the same clauses for %s", inputs[i]);
		defined += value_is_defined(a);
		conflicts += fast_err == ERR_EVAL;
	}
	ok(defined == 6 && conflicts == 1, "%zu are defined, %zu conflict", defined, conflicts);
	close_fixture(&fast);
	close_fixture(&slow);
	arena_free(&arena);
}

/* Lists as long as the rule has clauses, one for each constant, would not fit the arena. */
static void
try_large_index(void)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct fixture f;
	struct rego_error error;
	struct buf b;
	value_t v = VALUE_NONE;

	buf_init(&b, TEXT_LIMIT);
	buf_add_text(&b, "package t\n");
	for (int i = 0; i < MANY_CLAUSES; i++)
		buf_printf(&b, "p := %d if input.k == %d\n", i, i);
	ok(open_fixture(&f, arena_str(arena, buf_str(&b)), "{}") && lists_index(&f),
	    "an index of %d constants", MANY_CLAUSES);
	ok(run(&f, "data.t.p", "{\"k\": 9876}", (struct rego_budget){ .instructions = 100 }, &v, &error) ==
	            ERR_OK && is_text(v, "9876"), "the clause is found at once");
	buf_fini(&b);
	close_fixture(&f);
	arena_free(&arena);
}

int
main(void)
{
	try_values();
	try_budgets();
	try_verifier();
	try_flows();
	try_index();
	try_large_index();
	return tap_done();
}
