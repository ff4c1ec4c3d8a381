/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/vm.h"

#include <stdlib.h>

#include "base/must.h"
#include "rego/vm_internal.h"
#include "value/work.h"

struct rego_eval *
rego_eval_new(void)
{
	struct rego_eval *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->stack = malloc(STACK_VALUES * sizeof(value_t));
	e->frames = malloc(FRAME_COUNT * sizeof(struct vm_frame));
	e->cache = rego_cache_new(256);
	if (e->stack == NULL || e->frames == NULL || e->cache == NULL)
		rego_eval_free(&e);
	return e;
}

void
rego_eval_free(struct rego_eval **eval)
{
	struct rego_eval *e = *eval;

	if (e == NULL)
		return;
	rego_cache_free(&e->cache);
	free(e->stack);
	free(e->frames);
	free(e->memo);
	free(e);
	*eval = NULL;
}

/* ---- steps that are too long for the loop ---- */

/* A field of a small object, by its name: the commonest step of all. */
static inline value_t
get_constant(const value_t *container, const value_t *key)
{
	if (container->tag == VALUE_OBJECT && (key->flags & VALUE_INTERNED) != 0) {
		const struct value_object *o = container->object;
		const struct value_string *name = key->string;

		for (uint32_t i = 0; o->index == NULL && i < o->count; i++) {
			if (o->keys[i].string == name)
				return o->values[i];
		}
	}
	return value_get(*container, *key);
}

static value_t
walk_path(value_t v, const struct rego_path *path)
{
	for (uint32_t i = 0; i < path->count && value_is_defined(v); i++)
		v = get_constant(&v, &path->keys[i]);
	return v;
}

static bool
is_member(value_t item, value_t collection)
{
	switch (collection.tag) {
	case VALUE_SET:
		return value_set_has(collection, item);
	case VALUE_ARRAY:
		for (uint32_t i = 0; i < collection.count; i++) {
			if (value_equal(collection.items[i], item))
				return true;
		}
		return false;
	case VALUE_OBJECT:
		for (uint32_t i = 0; i < collection.count; i++) {
			if (value_equal(collection.object->values[i], item))
				return true;
		}
		return false;
	default:
		return false;
	}
}

static value_t
make_set(struct rego_eval *e, const value_t *items, uint32_t count)
{
	struct set_builder b;

	set_builder_init(&b, e->arena, count);
	for (uint32_t i = 0; i < count; i++)
		(void)set_builder_add(&b, items[i]);
	return set_builder_freeze(&b);
}

static value_t
make_object(struct rego_eval *e, const value_t *pairs, uint32_t count)
{
	struct object_builder b;

	object_builder_init(&b, e->arena, count / 2);
	for (uint32_t i = 0; i + 1 < count; i += 2)
		(void)object_builder_add(&b, pairs[i], pairs[i + 1]);
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

/* The entry at the iterator's position; false: there is none (or a halt, see e->err). */
static bool
scan_entry(struct rego_eval *e, value_t *iter, value_t collection, value_t *key, value_t *top)
{
	if (collection.tag == TAG_DOC) {
		const value_t *keys = iter->internal;

		while (keys != NULL && iter->count < keys->count) {
			key[0] = keys->items[iter->count];
			if (!vm_doc_get(e, collection, key[0], top, &key[1]))
				return false;
			if (value_is_defined(key[1]))
				return true;
			iter->count++;
		}
		return false;
	}
	if (iter->count >= collection.count || !value_is_collection(collection))
		return false;
	value_entry_at(collection, iter->count, &key[0], &key[1]);
	return true;
}

static bool
scan_begin(struct rego_eval *e, value_t *iter, value_t collection, value_t *key, value_t *top)
{
	*iter = (value_t){ .tag = TAG_ITER };
	if (collection.tag == TAG_DOC) {
		value_t *keys = ARENA_NEW(e->arena, value_t);

		if (keys == NULL || !vm_doc_keys(e, collection, top, keys))
			return false;
		iter->internal = keys;
	}
	return scan_entry(e, iter, collection, key, top);
}

/* The list of clauses for what input has at the index's path. */
static uint32_t *
pick_clauses(const struct rego_eval *e, const struct rego_index *index)
{
	value_t v = walk_path(e->context->input, &e->program->paths.at[index->path]), number;

	if (!value_is_defined(v))
		return index->otherwise;
	number = value_object_get(index->numbers, v);
	return value_is_defined(number) ? index->lists[number.integer] : index->otherwise;
}

/* Outcome of a built-in, or of what stands for it; false: halted.  *ret undefined: no value. */
static bool
call_builtin(struct rego_eval *e, uint32_t id, const value_t *args, uint32_t count, value_t *ret)
{
	struct rego_call call = { .arg = args, .arg_count = count, .arena = e->arena,
		.host = e->request->host, .eval = e };

	*ret = VALUE_NONE;
	switch (rego_builtin_call(id, &call, ret)) {
	case REGO_DEFINED:
		if (!value_is_defined(*ret) && !rego_builtin_is_void(id))
			return arena_failed(e->arena) ? vm_spend(e)
						      : vm_halt(e, ERR_INTERNAL, "eval_internal_error",
							    "%s gave no value", rego_builtin_at(id)->name);
		if (!value_is_defined(*ret))
			*ret = value_bool(true);
		return vm_check_depth(e, *ret);
	case REGO_UNDEFINED:
		*ret = VALUE_NONE;
		return !arena_failed(e->arena) || vm_spend(e);
	case REGO_FAILED:
		*ret = VALUE_NONE;
		if (arena_failed(e->arena)) /* then that is why */
			return vm_spend(e);
		if (!e->request->strict_builtin_errors)
			return true;
		return vm_halt(e, ERR_EVAL, e->builtin_error.code, "%s", e->builtin_error.message);
	case REGO_HALT:
		break;
	}
	e->slice = e->slice < 0 ? e->slice : 0;
	return vm_spend(e) ? vm_halt(e, ERR_LIMIT, "eval_cancel_error", "%s: the budget is spent",
				 rego_builtin_at(id)->name)
			   : false;
}

static bool
conflict(struct rego_eval *e, const struct rego_func *func)
{
	return vm_halt(e, ERR_EVAL, "eval_conflict_error",
	    func->is_function ? "functions must not produce multiple outputs for same inputs"
			      : "complete rules must not produce multiple outputs");
}

static bool
keeps_values(const struct rego_eval *e)
{
	return (e->program->unit->without & REGO_WITHOUT_MEMO) == 0;
}

bool
vm_rule(struct rego_eval *e, uint32_t func, value_t *top, value_t *ret)
{
	value_t *memo = &e->context->memo[e->program->funcs.at[func].memo], unkept;

	if (memo->tag == VALUE_UNDEFINED && memo->flags == 0) {
		value_t v;

		if (!vm_run(e, func, top, &v))
			return false;
		memo = keeps_values(e) ? &e->context->memo[e->program->funcs.at[func].memo] : &unkept;
		*memo = v;
		if (!value_is_defined(v))
			memo->flags = MEMO_UNDEFINED;
	}
	*ret = value_is_defined(*memo) ? *memo : VALUE_NONE;
	return true;
}

/* Calls whatever stands in for a function or built-in under `with`. */
static bool
call_mock(struct rego_eval *e, const struct vm_mock *mock, const value_t *args, uint32_t count,
    value_t *top, value_t *ret)
{
	if (!mock->by_function) {
		*ret = mock->value;
		return true;
	}
	if (mock->replacement_is_builtin)
		return call_builtin(e, mock->replacement, args, count, ret);
	if (top + count > e->stack + STACK_VALUES)
		return vm_halt(e, ERR_LIMIT, "eval_cancel_error", "the stack is full");
	if (count > 0)
		memmove(top, args, count * sizeof(*args));
	if (!vm_without_mocks(e) || !vm_run(e, mock->replacement, top, ret))
		return false;
	vm_with_end(e);
	return true;
}

/* ---- the loop ---- */

bool
vm_run(struct rego_eval *e, uint32_t func_id, value_t *base, value_t *ret)
{
	static const void *const plain[] = {
#define OP(name, operands, doc) &&do_##name,
#include "rego/opcode.def"
#undef OP
	};
	static const void *const traced[] = {
#define OP(name, operands, doc) &&trace,
#include "rego/opcode.def"
#undef OP
	};
	const struct rego_program *const program = e->program;
	const struct rego_insn *const code = program->code.at;
	const void *const *const dispatch = e->request->tracer != NULL ? traced : plain;
	const value_t *const consts = program->consts.at;
	const uint32_t first_frame = e->frame_count;
	const bool keeps = keeps_values(e);
	const struct rego_insn *ip, *previous = NULL;
	struct rego_func *func = &program->funcs.at[func_id];
	struct vm_context *context = e->context;
	value_t *r, v;
	value_t made; /* whose address is taken: kept apart, so that v stays in registers */

/* Macros of this function only: undefined at its end. */
#define NEXT goto *dispatch[ip->op]
#define STEP    \
	do {    \
		ip++; \
		NEXT; \
	} while (0)
#define FAIL                      \
	do {                      \
		ip = code + ip->jump; \
		NEXT;             \
	} while (0)
#define FAIL_UNLESS(condition) \
	do {                   \
		if (condition) \
			STEP;  \
		FAIL;          \
	} while (0)
#define HALT_UNLESS(call)      \
	do {                   \
		e->at = ip;    \
		if (!(call))   \
			goto halt; \
	} while (0)
#define TOP (r + func->reg_count)
#define SET_OR_FAIL(reg, value)                     \
	do {                                        \
		const value_t got = (value);        \
		r[reg] = got;                       \
		FAIL_UNLESS(value_is_defined(got)); \
	} while (0)

	r = base;
	previous = NULL;
	ip = NULL;
	e->run_depth++;

enter: /* func, r: the window's registers are the caller's arguments so far */
	if (e->frame_count >= e->depth_limit || e->run_depth > RUN_DEPTH || r + func->reg_count >= e->stack + STACK_VALUES) {
		if (ip != NULL)
			e->at = ip;
		(void)vm_halt(e, ERR_LIMIT, "eval_cancel_error", "the calls nest too deep in %.*s",
		    STR_FMT(func->name));
		goto halt;
	}
	e->frames[e->frame_count++] = (struct vm_frame){ ip, r, func, context };
	if (e->request->tracer != NULL) {
		for (uint32_t i = func->param_count; i < func->reg_count; i++)
			r[i] = VALUE_NONE;
		e->trace_depth++;
		vm_trace(e, REGO_EVENT_ENTER, code + func->begin, r, func, VALUE_NONE);
		previous = NULL;
	}
	ip = code + func->begin;
	if (--e->slice < 0) {
		HALT_UNLESS(vm_spend(e));
	}
	NEXT;

trace:
	if (previous != NULL && ip == code + previous->jump && ip != previous + 1 &&
	    previous->op != OP_JUMP && previous->op != OP_SCAN_NEXT && previous->op != OP_DEFINED)
		vm_trace(e, REGO_EVENT_FAIL, previous, r, func, VALUE_NONE);
	if (program->marks.at[ip - code])
		vm_trace(e, REGO_EVENT_EVAL, ip, r, func, VALUE_NONE);
	if (ip->op == OP_RETURN) {
		vm_trace(e, REGO_EVENT_EXIT, ip, r, func, r[ip->a]);
		e->trace_depth--;
	}
	previous = ip;
	goto *plain[ip->op];

do_JUMP:
	ip = code + ip->jump;
	NEXT;
do_CONST:
	r[ip->a] = consts[ip->x];
	STEP;
do_MOVE:
	r[ip->a] = r[ip->b];
	STEP;
do_UNDEFINED:
	r[ip->a] = VALUE_NONE;
	STEP;
do_INPUT:
	SET_OR_FAIL(ip->a, context->input);
do_INPUT_PATH:
	SET_OR_FAIL(ip->a, walk_path(context->input, &program->paths.at[ip->x]));
do_DATA_PATH:
	SET_OR_FAIL(ip->a, context->data_replaced ? walk_path(context->data, &program->paths.at[ip->x])
						  : program->paths.at[ip->x].resolved);
do_PATH:
	SET_OR_FAIL(ip->a, walk_path(r[ip->b], &program->paths.at[ip->x]));
do_GET:
	v = r[ip->b];
	if (v.tag == TAG_DOC) {
		HALT_UNLESS(vm_doc_get(e, v, r[ip->c], TOP, &r[ip->a]));
		FAIL_UNLESS(r[ip->a].tag != VALUE_UNDEFINED);
	}
	SET_OR_FAIL(ip->a, value_get(v, r[ip->c]));
do_GET_CONST:
	SET_OR_FAIL(ip->a, get_constant(&r[ip->b], &consts[ip->x]));
do_TEST:
	FAIL_UNLESS(value_is_truthy(r[ip->a]));
do_DEFINED:
	FAIL_UNLESS(value_is_defined(r[ip->a]));
do_EQ:
	FAIL_UNLESS(value_equal(r[ip->b], r[ip->c]));
do_EQ_CONST:
	FAIL_UNLESS(value_equal(r[ip->b], consts[ip->x]));
do_NE:
	FAIL_UNLESS(!value_equal(r[ip->b], r[ip->c]));
do_LT:
	FAIL_UNLESS(value_compare(r[ip->b], r[ip->c]) < 0);
do_LE:
	FAIL_UNLESS(value_compare(r[ip->b], r[ip->c]) <= 0);
do_MEMBER:
	if (r[ip->c].tag == VALUE_ARRAY || r[ip->c].tag == VALUE_OBJECT) {
		e->slice -= r[ip->c].count / 8;
		if (e->slice < 0)
			HALT_UNLESS(vm_spend(e));
	}
	FAIL_UNLESS(is_member(r[ip->b], r[ip->c]));
do_IS_ARRAY:
	FAIL_UNLESS(r[ip->a].tag == VALUE_ARRAY && r[ip->a].count == ip->x);
do_IS_OBJECT:
	FAIL_UNLESS(r[ip->a].tag == VALUE_OBJECT && r[ip->a].count == ip->x);
do_IS_COLLECTION:
	FAIL_UNLESS(value_is_collection(r[ip->a]));
do_SCAN:
	e->at = ip;
	if (scan_begin(e, &r[ip->a], r[ip->b], &r[ip->c], TOP))
		STEP;
	if (e->err != ERR_OK)
		goto halt;
	FAIL;
do_SCAN_NEXT:
	e->at = ip;
	if (--e->slice < 0 && !vm_spend(e))
		goto halt;
	r[ip->a].count++;
	if (scan_entry(e, &r[ip->a], r[ip->b], &r[ip->c], TOP)) {
		ip = code + ip->jump;
		NEXT;
	}
	if (e->err != ERR_OK)
		goto halt;
	STEP;
do_CALL_RULE:
	v = context->memo[program->funcs.at[ip->x].memo];
	if (v.tag != VALUE_UNDEFINED) {
		r[ip->a] = v;
		STEP;
	}
	if (v.flags == MEMO_UNDEFINED)
		FAIL;
	r += func->reg_count;
	func = &program->funcs.at[ip->x];
	goto enter;
do_CALL_FUNC:
	if (context->mocks != NULL) {
		const struct vm_mock *mock = vm_find_mock(context, false, ip->x);

		if (mock != NULL) {
			HALT_UNLESS(call_mock(e, mock, &r[ip->b], ip->n, TOP, &r[ip->a]));
			FAIL_UNLESS(value_is_defined(r[ip->a]));
		}
	}
	if (TOP + ip->n >= e->stack + STACK_VALUES) {
		HALT_UNLESS(vm_halt(e, ERR_LIMIT, "eval_cancel_error", "the stack is full"));
	}
	for (uint32_t i = 0; i < ip->n; i++)
		TOP[i] = r[ip->b + i];
	r += func->reg_count;
	func = &program->funcs.at[ip->x];
	goto enter;
do_CALL_BUILTIN:
	if (context->mocks != NULL) {
		const struct vm_mock *mock = vm_find_mock(context, true, ip->x);

		if (mock != NULL) {
			HALT_UNLESS(call_mock(e, mock, &r[ip->b], ip->n, TOP, &r[ip->a]));
			FAIL_UNLESS(value_is_defined(r[ip->a]));
		}
	}
	if (--e->slice < 0) {
		HALT_UNLESS(vm_spend(e));
	}
	HALT_UNLESS(call_builtin(e, ip->x, &r[ip->b], ip->n, &made));
	SET_OR_FAIL(ip->a, made);
do_RETURN: {
	struct vm_frame *frame = &e->frames[--e->frame_count];

	v = r[ip->a];
	previous = NULL;
	if (func->kind == FUNC_RULE && frame->caller != NULL && keeps) {
		context->memo[func->memo] = v;
		if (!value_is_defined(v))
			context->memo[func->memo].flags = MEMO_UNDEFINED;
	}
	if (e->frame_count == first_frame) {
		e->run_depth--;
		*ret = v;
		return true;
	}
	ip = frame->caller;
	func = e->frames[e->frame_count - 1].func;
	r = e->frames[e->frame_count - 1].base;
	r[ip->a] = v;
	FAIL_UNLESS(value_is_defined(v));
}
do_ARRAY:
	r[ip->a] = value_array(e->arena, &r[ip->b], ip->x);
	goto made;
do_SET:
	r[ip->a] = make_set(e, &r[ip->b], ip->x);
	goto made;
do_OBJECT:
	r[ip->a] = make_object(e, &r[ip->b], ip->x);
	goto made;
do_COLLECT:
	r[ip->a] = vm_collector(e, ip->x, ip->n != 0);
	goto made;
do_PUSH:
	HALT_UNLESS(vm_push(e, r[ip->a], r[ip->b]));
	STEP;
do_PUT:
	HALT_UNLESS(vm_put(e, r[ip->a], r[ip->b], r[ip->c]));
	STEP;
do_PUT_PATH:
	HALT_UNLESS(vm_put_path(e, r[ip->a], &r[ip->b], ip->n, r[ip->c], false));
	STEP;
do_PUT_MEMBER:
	HALT_UNLESS(vm_put_path(e, r[ip->a], &r[ip->b], ip->n, r[ip->c], true));
	STEP;
do_FINISH:
	HALT_UNLESS(vm_finish(e, r[ip->b], &r[ip->a]) && vm_check_depth(e, r[ip->a]));
	STEP;
do_INDEX:
	r[ip->a] = (value_t){ .tag = TAG_ITER, .internal = pick_clauses(e, &program->indexes.at[ip->x]) };
	if (*(const uint32_t *)r[ip->a].internal == INDEX_END)
		FAIL;
	ip = code + *(const uint32_t *)r[ip->a].internal;
	NEXT;
do_INDEX_NEXT: {
	const uint32_t *list = r[ip->a].internal;

	if (list[++r[ip->a].count] == INDEX_END)
		STEP;
	ip = code + list[r[ip->a].count];
	NEXT;
}
do_RESULT:
	if (!value_is_defined(r[ip->a])) {
		r[ip->a] = r[ip->b];
		STEP;
	}
	HALT_UNLESS(value_equal(r[ip->a], r[ip->b]) || conflict(e, func));
	STEP;
do_WITH:
	HALT_UNLESS(vm_with_begin(e, &program->withs.at[ip->x], &r[ip->b], TOP));
	context = e->context;
	STEP;
do_WITH_END:
	vm_with_end(e);
	context = e->context;
	STEP;
do_DOC:
	HALT_UNLESS(vm_doc_make(e, ip->x, &r[ip->a]));
	STEP;
do_DOC_VALUE:
	HALT_UNLESS(vm_doc_value(e, r[ip->b], TOP, &made) && vm_check_depth(e, made));
	SET_OR_FAIL(ip->a, made);

made:
	if (!value_is_defined(r[ip->a])) {
		e->at = ip;
		(void)vm_spend(e);
		(void)vm_halt(e, ERR_LIMIT, "eval_cancel_error",
		    "the evaluation of %.*s needs more memory than it may use", STR_FMT(func->name));
		goto halt;
	}
	HALT_UNLESS(vm_check_depth(e, r[ip->a]));
	STEP;

halt:
	if (e->request->tracer != NULL)
		e->trace_depth = 0;
	e->frame_count = first_frame;
	return false;

#undef NEXT
#undef STEP
#undef FAIL
#undef FAIL_UNLESS
#undef HALT_UNLESS
#undef TOP
#undef SET_OR_FAIL
}

/* ---- entry ---- */

static bool
prepare(struct rego_eval *e, const struct rego_request *request)
{
	uint32_t count = request->program->memo_count;

	if (e->memo_capacity < count) {
		value_t *memo = realloc(e->memo, count * sizeof(value_t));

		if (memo == NULL)
			return false;
		e->memo = memo;
		e->memo_capacity = count;
	}
	if (count > 0)
		memset(e->memo, 0, count * sizeof(value_t));
	e->request = request;
	e->program = request->program;
	e->arena = request->arena;
	e->root = (struct vm_context){ .input = request->input, .data = request->program->data,
		.memo = e->memo };
	e->context = &e->root;
	e->frame_count = e->run_depth = e->doc_depth = e->trace_depth = 0;
	e->depth_limit = request->budget.depth == 0 || request->budget.depth > FRAME_COUNT
	    ? FRAME_COUNT
	    : request->budget.depth;
	e->slice = VM_SLICE;
	e->work_left = request->budget.instructions != 0 ? request->budget.instructions : UINT64_MAX / 2;
	e->bytes_at_start = request->budget.bytes != 0 ? arena_used(request->arena) : 0;
	value_work_begin(vm_take_work, e);
	e->err = ERR_OK;
	e->at = NULL;
	e->now_known = false;
	e->randoms = NULL;
	return true;
}

err_t
rego_run(struct rego_eval *e, const struct rego_request *request, value_t *ret, struct rego_error *error)
{
	value_t v = VALUE_NONE;
	bool done;

	must(request->entry < request->program->funcs.count);
	error->code = NULL;
	e->error = error;
	*ret = VALUE_NONE;
	if (!prepare(e, request))
		return ERR_MEMORY;
	done = vm_run(e, request->entry, e->stack, &v) && vm_spend(e); /* what was spent since the last look counts too */
	value_work_end();
	if (!done)
		return e->err;
	*ret = v;
	return ERR_OK;
}
