/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every built-in with operands of any shape: ends within its budget, and what it
 * gives is a value that can be printed, compared and hashed.
 *
 *   bytes 0, 1   the row; then each operand, as read_value() has it
 */
#include "base/must.h"
#include "codec/json.h"
#include "rego/builtin.h"
#include "rego/parser.h"
#include "rego/program_internal.h"
#include "rego/vm.h"
#include "value/number.h"

enum { SNAPSHOT = 16 << 20, REQUEST = 8 << 20, STEPS = 20000, MOST_OPERANDS = 8, DEEPEST = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rego_eval *machine;
static struct arena *snapshot, *request;

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

static uint8_t
next(struct cursor *c)
{
	return cursor_left(c) > 0 ? cursor_u8(c) : 0;
}

static value_t
read_text(struct cursor *c)
{
	size_t len = next(c);

	return value_string(
	    snapshot, cursor_take(c, len < cursor_left(c) ? len : cursor_left(c)));
}

static value_t
read_number(struct cursor *c)
{
	static const char *const odd[] = { "1.0", "1e2", "-0", "0.5", "-1.5",
		"123456789012345678901234567890", "9223372036854775807",
		"-9223372036854775808", "1e300", "1e-300", "18446744073709551616", "100" };
	uint8_t kind = next(c);

	if (kind < COUNT(odd))
		return number_parse(snapshot, str_of(odd[kind]));
	return value_int(kind < 128 ? kind - 16 : (int64_t)next(c) << 8 | next(c));
}

static value_t
read_value(struct cursor *c, uint8_t kind, int depth)
{
	uint8_t count = kind / 16 % 8;
	struct object_builder object;
	struct set_builder set;
	value_t items[8];

	switch (depth > DEEPEST ? 3 : kind % 8) {
	case 0:
		return value_null();
	case 1:
		return value_bool(count % 2 == 0);
	case 2:
		return read_number(c);
	case 3:
	case 4:
		return read_text(c);
	case 5:
		for (uint8_t i = 0; i < count; i++)
			items[i] = read_value(c, next(c), depth + 1);
		return value_array(snapshot, items, count);
	case 6:
		set_builder_init(&set, snapshot, count);
		for (uint8_t i = 0; i < count; i++)
			(void)set_builder_add(&set, read_value(c, next(c), depth + 1));
		return set_builder_freeze(&set);
	default:
		object_builder_init(&object, snapshot, count);
		for (uint8_t i = 0; i < count; i++) {
			value_t key =
			    count % 2 == 0 ? read_text(c) : read_value(c, next(c), depth + 1);

			(void)object_builder_add(
			    &object, key, read_value(c, next(c), depth + 1));
		}
		return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	}
}

/* A kind byte of the type that the signature wants of operand `i`, more often than not. */
static uint8_t
wanted_kind(const struct rego_builtin *row, uint32_t i, uint8_t kind)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} types[] = { { "string", 3 }, { "number", 2 }, { "array", 5 }, { "set", 6 },
		{ "object", 7 }, { "boolean", 1 } };
	str_t signature = str_of(row->signature);
	size_t at = 0, best = signature.len;

	if (kind >= 224)
		return kind;
	for (uint32_t k = 0; k <= i && at < signature.len; k++)
		at = str_find(signature, STR(": "), at) + 2;
	for (size_t t = 0; t < COUNT(types); t++) {
		size_t found = str_find(signature, str_of(types[t].name), at);

		if (found < best) {
			best = found;
			kind = (uint8_t)(kind / 8 * 8 + types[t].kind);
		}
	}
	return kind;
}

/* entry: constants, the call, its value. */
static void
call(uint32_t id, const value_t *operands, uint32_t count)
{
	struct rego_insn code[MOST_OPERANDS + 4] = { 0 };
	struct ast_loc locs[MOST_OPERANDS + 4] = { 0 };
	uint8_t marks[MOST_OPERANDS + 4] = { 0 };
	value_t consts[MOST_OPERANDS + 1];
	struct rego_func func = { .kind = FUNC_ENTRY,
		.end = count + 4,
		.reg_count = MOST_OPERANDS + 2,
		.name = STR("f") };
	struct rego_unit unit = { .data = VALUE_NONE };
	struct rego_program p = { .data = value_empty_object(), .unit = &unit };
	struct rego_request r = { .program = &p,
		.arena = request,
		.host = &host,
		.budget = { .instructions = STEPS } };
	struct rego_error error = { 0 };
	struct diag diag;
	value_t v;

	for (uint32_t i = 0; i < count; i++) {
		consts[i] = operands[i];
		code[i] = (struct rego_insn){ .op = OP_CONST, .a = (uint16_t)i, .x = i };
	}
	code[count] = (struct rego_insn){ .op = OP_UNDEFINED, .a = MOST_OPERANDS };
	code[count + 1] = (struct rego_insn){ .op = OP_CALL_BUILTIN,
		.a = MOST_OPERANDS,
		.n = (uint8_t)count,
		.x = id,
		.jump = count + 2 };
	code[count + 2] = (struct rego_insn){ .op = OP_RETURN, .a = MOST_OPERANDS };
	code[count + 3] = code[count + 2];
	p.code.at = code;
	p.locs.at = locs;
	p.marks.at = marks;
	p.code.count = p.locs.count = p.marks.count = count + 4;
	p.consts.at = consts;
	p.consts.count = count;
	p.funcs.at = &func;
	p.funcs.count = 1;
	diag_init(&diag, snapshot, 1);
	must(rego_verify(&p, 0, &diag) == ERR_OK);
	if (rego_run(machine, &r, &v, &error) == ERR_OK && value_is_defined(v)) {
		struct buf text;

		must(
		    value_equal(v, v) && value_compare(v, v) == 0 && v.depth <= VALUE_DEEPEST);
		(void)value_hash(v);
		buf_init(&text, 1 << 20);
		value_print(&text, v);
		json_write(&text, v);
		buf_fini(&text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(str_make((const char *)data, size));
	uint32_t id = (uint32_t)(next(&c) | next(&c) << 8) % (uint32_t)rego_builtin_count();
	uint32_t count = rego_builtin_arity(id);
	value_t operands[MOST_OPERANDS];

	if (machine == NULL) {
		machine = rego_eval_new();
		snapshot = arena_new(SNAPSHOT);
		request = arena_new(REQUEST);
	}
	arena_reset(snapshot);
	arena_reset(request);
	if (count > MOST_OPERANDS)
		count = 2;
	for (uint32_t i = 0; i < count; i++) {
		operands[i] = read_value(&c, wanted_kind(rego_builtin_at(id), i, next(&c)), 0);
		if (!value_is_defined(operands[i]))
			return 0;
	}
	call(id, operands, count);
	return 0;
}
