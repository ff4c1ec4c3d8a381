/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier takes cannot break the machine: a real program with some of its
 * fields changed, and a function made of the bytes beside it.
 *
 *   byte 0   how many changes follow, at most 15; of 6 bytes each: place (2), field, value (3)
 *   then     instructions of 8 bytes, of one more function
 */
#include <stdlib.h>

#include "base/must.h"
#include "codec/json.h"
#include "rego/builtin.h"
#include "rego/parser.h"
#include "rego/program_internal.h"
#include "rego/vm.h"

enum {
	SNAPSHOT = 64 << 20,
	REQUEST = 4 << 20,
	STEPS = 3000,
	CHANGE = 6,
	INSN = 8,
	MOST_CODE = 200,
	REGISTERS = 12
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char module[] =
    "package t\n"
    "import rego.v1\n"
    "default a := 1\n"
    "a := 2 if input.x == 1\n"
    "else := 3 if { not input.y; input.x > 0 }\n"
    "f(x, [y, z]) := x + y if z != 2\n"
    "s contains x if { some x in input.xs; x < 3; x <= input.x }\n"
    "o[k] := v if { some k, v in input.o }\n"
    "g[k].b[v] := 1 if { some k, v in data.b.o }\n"
    "h.c[k] contains v if { some k, v in data.b.o }\n"
    "e if every k, v in input.xs { v > k; {v} != {k} }\n"
    "w := y if { y := a with input.x as 5 with data.b.o as {\"z\": [1]} with data.t.o as 1 }\n"
    "m := y if { y := [f(1, [i, 3]) | some i in input.xs] with count as f2 with f as 7 }\n"
    "m2 := y if { y := [count([i]) | some i in input.xs] with count as f2 }\n"
    "f2(_) := 9\n"
    "d := [v | some k; v := data.t.deep[k]]\n"
    "deep.x := 1\n"
    "deep.y[k] := {\"q\": k} if { some k in {1, 2} }\n"
    "c := {k: [v, \"t\"] | some k, v in input.o; [1, {\"a\": q}] = [k, v]; q in {1, 2}}\n"
    "all := [data.t.deep, walk_it, input, $\"{input.x} {a}\", input.o.a.b, data.b[input.k]]\n"
    "walk_it := {p | walk(input, [p, _])}\n"
    "i := 0 if { input.k == \"k0\" }\ni := 1 if { input.k == \"k1\" }\ni := 2 if { input.k == "
    "\"k2\" }\n"
    "i := 3 if { input.k == \"k3\" }\ni := 4 if { input.k == \"k4\" }\ni := 5 if { input.k == "
    "\"k5\"; input.y }\n"
    "i := 6 if { input.x == 1 }\n";
static const char input[] = "{\"x\": 1, \"xs\": [1, 2, 3], \"o\": {\"a\": {\"b\": 1}, \"c\": "
			    "{\"a\": 2}}, \"k\": \"k3\"}";

static struct rego_unit unit;
static struct rego_program *program;
static struct arena *request;
static struct rego_eval *machine;

static void
compile_once(void)
{
	static struct diag diag;
	struct json_options options = { 0 };
	uint32_t entry;

	if (program != NULL)
		return;
	unit = (struct rego_unit){
		.arena = arena_new(SNAPSHOT), .diag = &diag, .data = VALUE_NONE
	};
	diag_init(&diag, unit.arena, 5);
	unit.intern = intern_new(unit.arena);
	options.add = unit.intern;
	must(json_read(unit.arena, STR("{\"b\": {\"o\": {\"x\": [1, 2], \"k3\": 4}}}"),
		 &options, NULL, &unit.data) == ERR_OK);
	must(rego_parse_module(&unit, STR("t.rego"), str_of(module), REGO_V1, NULL) == ERR_OK);
	must(rego_compile(&unit) == ERR_OK && rego_program_make(&unit, &program) == ERR_OK);
	must(rego_program_entry(program, STR("data.t"), &entry) == ERR_OK);
	request = arena_new(REQUEST);
	machine = rego_eval_new();
}

/* The program with copies of what is changed; nodes, indexes and constants are those of the
 * real one. */
static bool
copy_program(struct arena *arena, struct rego_program *p)
{
	struct rego_insn *code =
	    ARENA_ARRAY(arena, struct rego_insn, program->code.count + MOST_CODE);
	struct ast_loc *locs =
	    ARENA_ARRAY(arena, struct ast_loc, program->code.count + MOST_CODE);
	uint8_t *marks = ARENA_ARRAY(arena, uint8_t, program->code.count + MOST_CODE);
	struct rego_func *funcs =
	    ARENA_ARRAY(arena, struct rego_func, program->funcs.count + 1);

	*p = *program;
	if (code == NULL || locs == NULL || marks == NULL || funcs == NULL)
		return false;
	memcpy(code, program->code.at, program->code.count * sizeof(*code));
	memcpy(funcs, program->funcs.at, program->funcs.count * sizeof(*funcs));
	p->code.at = code;
	p->locs.at = locs;
	p->marks.at = marks;
	p->funcs.at = funcs;
	return true;
}

static void
change(struct rego_program *p, const uint8_t *at)
{
	size_t place = (size_t)(at[0] | at[1] << 8) % p->code.count;
	uint32_t value = (uint32_t)(at[3] | at[4] << 8 | at[5] << 16);
	struct rego_insn *insn = &p->code.at[place];
	struct rego_func *func = &p->funcs.at[place % p->funcs.count];

	switch (at[2] % 12) {
	case 0:
		insn->op = (uint8_t)(value % OP_COUNT);
		break;
	case 1:
		insn->a = (uint16_t)value;
		break;
	case 2:
		insn->b = (uint16_t)value;
		break;
	case 3:
		insn->c = (uint16_t)value;
		break;
	case 4:
		insn->x = value;
		break;
	case 5:
		insn->n = (uint8_t)value;
		break;
	case 6:
		insn->jump = value % (uint32_t)p->code.count;
		break;
	case 7: /* the instruction of another place */
		*insn = p->code.at[value % p->code.count];
		break;
	case 8:
		func->reg_count = value;
		break;
	case 9:
		func->param_count = value % 16;
		break;
	case 10:
		func->kind = (uint8_t)(value % 4);
		break;
	default:
		func->memo = value;
	}
}

/* Operands are brought into range, mostly, so that the verifier has something to think about.
 */
static uint32_t
add_function(struct rego_program *p, const uint8_t *data, size_t size)
{
	uint32_t begin = (uint32_t)p->code.count, len = (uint32_t)(size / INSN);

	if (len > MOST_CODE - 1)
		len = MOST_CODE - 1;
	for (uint32_t i = 0; i < len; i++, data += INSN) {
		struct rego_insn *insn = &p->code.at[p->code.count++];

		*insn = (struct rego_insn){ .op = data[0] % OP_COUNT,
			.a = data[1] % REGISTERS,
			.b = data[2] % REGISTERS,
			.c = data[3] % REGISTERS,
			.n = data[4] % 8,
			.x = data[5],
			.jump = begin + data[6] % (len + 1) };
		if (insn->op == OP_CALL_BUILTIN) {
			insn->x = (uint32_t)((data[5] | data[7] << 8) % rego_builtin_count());
			insn->n = (uint8_t)(rego_builtin_arity(insn->x) % 8);
		} else if (insn->op == OP_COLLECT) {
			insn->x = (const uint32_t[]){ AST_ARRAY_COMP, AST_SET_COMP,
				AST_OBJECT_COMP, AST_OBJECT }[data[5] % 4];
		} else if (insn->op == OP_CALL_FUNC && data[5] < p->funcs.count) {
			insn->n = (uint8_t)p->funcs.at[data[5]].param_count;
		}
	}
	p->code.at[p->code.count++] =
	    (struct rego_insn){ .op = OP_RETURN, .a = data[0] % REGISTERS };
	p->locs.count = p->marks.count = p->code.count;
	p->funcs.at[p->funcs.count++] = (struct rego_func){ .kind = FUNC_ENTRY,
		.begin = begin,
		.end = (uint32_t)p->code.count,
		.reg_count = REGISTERS,
		.name = STR("made") };
	return (uint32_t)p->funcs.count - 1;
}

static int64_t
now(void *context)
{
	(void)context;
	return INT64_C(1700000000000000000);
}

static void
random_bytes(void *context, void *bytes, size_t len)
{
	(void)context;
	memset(bytes, 7, len);
}

static const struct rego_host host = { .now_ns = now, .random = random_bytes };

static void
run(const struct rego_program *p, uint32_t entry)
{
	struct json_options options = { .find = unit.intern };
	struct rego_request r = { .program = p,
		.entry = entry,
		.arena = request,
		.host = &host,
		.budget = { .instructions = STEPS } };
	struct rego_error error = { 0 };
	struct buf text;
	value_t v;

	arena_reset(request);
	if (json_read(request, str_of(input), &options, NULL, &r.input) != ERR_OK ||
	    rego_run(machine, &r, &v, &error) != ERR_OK || !value_is_defined(v))
		return;
	buf_init(&text, 1 << 16);
	json_write(&text, v);
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[INSN] = { 0 };
	struct arena *arena;
	struct rego_program p;
	struct diag diag;
	size_t changes = size > 0 ? data[0] % 16 : 0;
	uint32_t made;

	compile_once();
	arena = arena_new(SNAPSHOT);
	diag_init(&diag, arena, 1);
	if (!copy_program(arena, &p))
		abort();
	data += size > 0;
	size -= size > 0;
	for (; changes > 0 && size >= CHANGE; changes--, data += CHANGE, size -= CHANGE)
		change(&p, data);
	made = add_function(
	    &p, size >= INSN ? data : none, size - size % INSN > INSN ? size - INSN : 0);
	if (rego_verify(&p, 0, &diag) == ERR_OK) {
		for (uint32_t i = 0; i < p.funcs.count; i++) {
			if (p.funcs.at[i].kind == FUNC_ENTRY || i == made)
				run(&p, i);
		}
	}
	arena_free(&arena);
	return 0;
}
