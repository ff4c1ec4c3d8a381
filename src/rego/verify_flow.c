/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each register holds, followed through the code of one function.
 *
 * Registers begin with whatever an earlier call left there, so nothing may be read
 * that was not written on every way to the reader; and a register of the machine's
 * own (a position in a scan, a collector) is good for its own instructions only.
 * Code goes forward but for SCAN_NEXT, which the machine counts: so every program
 * comes to an end or runs into its budget.
 */
#include <stdlib.h>

#include "base/must.h"
#include "rego/builtin.h"
#include "rego/verify_internal.h"

/* Of a register, from the least known; merging two that differ gives what both allow. */
enum kind {
	NOTHING, /* may be anything: not to be read */
	SCAN,    /* a position in a collection */
	LIST,    /* a place in a list of clauses */
	COLLECTOR,
	DOCUMENT, /* a value, undefined, or a document that is not evaluated yet */
	MAYBE,    /* a value or undefined */
	VALUE,    /* a value */
};

/* Register kinds where control arrives at a position, one byte each; then how many `with` are
 * open. */
struct state {
	uint8_t *kinds;
	uint32_t withs;
	bool reached;
};

struct flow {
	const struct rego_program *program;
	const struct rego_func *func;
	struct arena *arena;
	struct state *at; /* by position from func->begin; kinds only where a jump arrives */
	struct state now;
	struct state clauses; /* where the lists of indexes lead */
	bool *is_clause;      /* by position */
	uint32_t again;       /* position to go back to; UINT32_MAX: on */
	bool valid;
};

enum { MEMORY = 256 << 20, STRIDE = 8 };

static uint8_t
merge_kind(uint8_t a, uint8_t b)
{
	uint8_t less = a < b ? a : b;

	return a == b || less >= DOCUMENT ? less : NOTHING;
}

static uint8_t *
make_kinds(struct flow *f)
{
	return arena_alloc(f->arena, f->func->reg_count + STRIDE, STRIDE);
}

/* STRIDE registers; mostly there is nothing to lose, or both are the same. */
static bool
merge_some(uint8_t *to, const uint8_t *from)
{
	uint64_t before, other;
	bool news = false;

	memcpy(&before, to, STRIDE);
	memcpy(&other, from, STRIDE);
	if (before == 0 || before == other)
		return false;
	for (int i = 0; i < STRIDE; i++) {
		uint8_t merged = merge_kind(to[i], from[i]);

		news |= merged != to[i];
		to[i] = merged;
	}
	return news;
}

/* Control may come to `to` as things are now.  True: that is news. */
static bool
arrive(struct flow *f, struct state *to)
{
	bool news = !to->reached;

	if (to->kinds == NULL)
		to->kinds = make_kinds(f);
	if (to->kinds == NULL) {
		f->valid = false;
		return false;
	}
	if (!to->reached) {
		memcpy(to->kinds, f->now.kinds, f->func->reg_count);
		to->withs = f->now.withs;
		to->reached = true;
		return true;
	}
	f->valid = f->valid && to->withs == f->now.withs;
	for (uint32_t i = 0; i < f->func->reg_count; i += STRIDE)
		news |= merge_some(to->kinds + i, f->now.kinds + i);
	return news;
}

static void
leave(struct flow *f, const struct rego_insn *insn)
{
	f->valid = f->valid && insn->jump > (uint32_t)(insn - f->program->code.at);
	if (f->valid)
		(void)arrive(f, &f->at[insn->jump - f->func->begin]);
}

/* The failing way of an instruction, on which it leaves `left` in a. */
static void
fail(struct flow *f, const struct rego_insn *insn, uint8_t left)
{
	uint8_t before = f->now.kinds[insn->a];

	f->now.kinds[insn->a] = left;
	leave(f, insn);
	f->now.kinds[insn->a] = before;
}

/* All clauses that lists of the function's indexes name, in one: there are many. */
static void
arrive_at_clauses(struct flow *f, uint32_t from)
{
	if (!arrive(f, &f->clauses))
		return;
	struct state now = f->now;

	f->now = f->clauses;
	for (uint32_t i = 0; f->valid && i < f->func->end - f->func->begin; i++) {
		if (f->is_clause[i] && arrive(f, &f->at[i]) && f->func->begin + i <= from &&
		    f->again > f->func->begin + i)
			f->again = f->func->begin + i;
	}
	f->now = now;
}

/* ---- reading and writing registers ---- */

static void
need(struct flow *f, uint32_t reg, enum kind kind)
{
	f->valid = f->valid && f->now.kinds[reg] == kind;
}

static void
need_at_least(struct flow *f, uint32_t reg, enum kind kind)
{
	f->valid = f->valid && f->now.kinds[reg] >= kind;
}

static void
need_values(struct flow *f, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		need_at_least(f, first + i, VALUE);
}

static void
set(struct flow *f, uint32_t reg, enum kind kind)
{
	f->now.kinds[reg] = (uint8_t)kind;
}

/* Gives a value or fails, leaving nothing. */
static void
give(struct flow *f, const struct rego_insn *insn)
{
	fail(f, insn, MAYBE);
	set(f, insn->a, VALUE);
}

/* ---- instructions ---- */

static void
flow_read(struct flow *f, const struct rego_insn *insn)
{
	uint8_t left = f->now.kinds[insn->a];

	switch (insn->op) {
	case OP_CONST:
		set(f, insn->a, VALUE);
		break;
	case OP_MOVE:
		need_at_least(f, insn->b, MAYBE);
		set(f, insn->a, f->now.kinds[insn->b]);
		break;
	case OP_UNDEFINED:
		set(f, insn->a, MAYBE);
		break;
	case OP_PATH:
	case OP_GET_CONST:
		need_at_least(f, insn->b, MAYBE);
		give(f, insn);
		break;
	case OP_GET:
		need_at_least(f, insn->c, MAYBE);
		need_at_least(f, insn->b, DOCUMENT);
		left = f->now.kinds[insn->b];
		give(f, insn);
		set(f, insn->a, left == DOCUMENT ? DOCUMENT : VALUE);
		break;
	case OP_TEST:
	case OP_DEFINED:
		need_at_least(f, insn->a, MAYBE);
		fail(f, insn, left);
		set(f, insn->a, VALUE);
		break;
	case OP_IS_ARRAY:
	case OP_IS_OBJECT:
	case OP_IS_COLLECTION:
		need_at_least(f, insn->a, MAYBE);
		fail(f, insn, left);
		break;
	case OP_DOC:
		set(f, insn->a, DOCUMENT);
		break;
	case OP_DOC_VALUE:
		need_at_least(f, insn->b, DOCUMENT);
		give(f, insn);
		break;
	case OP_INPUT:
	case OP_INPUT_PATH:
	case OP_DATA_PATH:
		give(f, insn);
		break;
	default: /* one that is new, and not described here */
		f->valid = false;
	}
}

static void
flow_compare(struct flow *f, const struct rego_insn *insn)
{
	need_at_least(f, insn->b, MAYBE);
	if (insn->op != OP_EQ_CONST)
		need_at_least(f, insn->c, MAYBE);
	leave(f, insn);
}

static void
flow_scan(struct flow *f, const struct rego_insn *insn)
{
	struct state *body;

	need_at_least(f, insn->b, DOCUMENT);
	/* Neither may be the collection or another of the three: they change while it is gone
	 * through. */
	f->valid = f->valid && insn->a != insn->b && insn->a != insn->c &&
		   insn->a != insn->c + 1 && insn->b != insn->c && insn->b != insn->c + 1;
	if (insn->op == OP_SCAN) {
		set(f, insn->c, NOTHING);
		set(f, insn->c + 1U, NOTHING);
		fail(f, insn, NOTHING);
	} else {
		need(f, insn->a, SCAN);
	}
	if (!f->valid)
		return;
	set(f, insn->a, SCAN);
	set(f, insn->c, VALUE);
	set(f, insn->c + 1U, VALUE);
	if (insn->op == OP_SCAN)
		return;
	body = &f->at[insn->jump - f->func->begin];
	if (arrive(f, body) && insn->jump <= (uint32_t)(insn - f->program->code.at) &&
	    f->again > insn->jump)
		f->again = insn->jump;
	set(f, insn->a, NOTHING);
	set(f, insn->c, NOTHING);
	set(f, insn->c + 1U, NOTHING);
}

static void
flow_make(struct flow *f, const struct rego_insn *insn)
{
	switch (insn->op) {
	case OP_ARRAY:
	case OP_SET:
	case OP_OBJECT:
		need_values(f, insn->b, insn->x);
		f->valid = f->valid && (insn->op != OP_OBJECT || insn->x % 2 == 0);
		set(f, insn->a, VALUE);
		break;
	case OP_COLLECT:
		f->valid =
		    f->valid && (insn->x == AST_OBJECT || insn->x == AST_ARRAY_COMP ||
				    insn->x == AST_SET_COMP || insn->x == AST_OBJECT_COMP);
		set(f, insn->a, COLLECTOR);
		break;
	case OP_FINISH:
		need(f, insn->b, COLLECTOR);
		set(f, insn->b, NOTHING);
		set(f, insn->a, VALUE);
		break;
	case OP_PUT_PATH:
	case OP_PUT_MEMBER:
		f->valid = f->valid && insn->n > 0;
		need(f, insn->a, COLLECTOR);
		need_values(f, insn->b, insn->n);
		need_at_least(f, insn->c, VALUE);
		break;
	default: /* PUSH, PUT */
		need(f, insn->a, COLLECTOR);
		need_at_least(f, insn->b, VALUE);
		if (insn->op == OP_PUT)
			need_at_least(f, insn->c, VALUE);
	}
}

static void
flow_call(struct flow *f, const struct rego_insn *insn)
{
	uint8_t before = f->now.kinds[insn->a];

	if (insn->op != OP_CALL_RULE) {
		need_values(f, insn->b, insn->n);
		give(f, insn);
		return;
	}
	/* A value that is known to be missing leaves the register as it was. */
	fail(f, insn, merge_kind(before, MAYBE));
	set(f, insn->a, VALUE);
}

static void
flow_with(struct flow *f, const struct rego_insn *insn)
{
	const struct rego_withs *withs;

	if (insn->op == OP_WITH_END) {
		f->valid = f->valid && f->now.withs > 0;
		f->now.withs--;
		return;
	}
	withs = &f->program->withs.at[insn->x];
	for (uint32_t i = 0; i < withs->count; i++)
		need_at_least(f, insn->b + i, withs->at[i].by_function ? MAYBE : VALUE);
	leave(f, insn);
	f->now.withs++;
}

/* One instruction; afterwards f->now is what its successor finds. */
static void
step(struct flow *f, const struct rego_insn *insn)
{
	switch (insn->op) {
	case OP_JUMP:
		leave(f, insn);
		f->now.reached = false;
		break;
	case OP_EQ:
	case OP_EQ_CONST:
	case OP_NE:
	case OP_LT:
	case OP_LE:
	case OP_MEMBER:
		flow_compare(f, insn);
		break;
	case OP_SCAN:
	case OP_SCAN_NEXT:
		flow_scan(f, insn);
		break;
	case OP_CALL_RULE:
	case OP_CALL_FUNC:
	case OP_CALL_BUILTIN:
		flow_call(f, insn);
		break;
	case OP_RETURN:
		need_at_least(f, insn->a, MAYBE);
		f->valid = f->valid && f->now.withs == 0;
		f->now.reached = false;
		break;
	case OP_RESULT:
		need_at_least(f, insn->a, MAYBE);
		need_at_least(f, insn->b, VALUE);
		set(f, insn->a, VALUE);
		break;
	case OP_INDEX:
		fail(f, insn, NOTHING);
		set(f, insn->a, LIST);
		arrive_at_clauses(f, (uint32_t)(insn - f->program->code.at));
		f->now.reached = false;
		break;
	case OP_INDEX_NEXT:
		need(f, insn->a, LIST);
		arrive_at_clauses(f, (uint32_t)(insn - f->program->code.at));
		set(f, insn->a, NOTHING);
		break;
	case OP_WITH:
	case OP_WITH_END:
		flow_with(f, insn);
		break;
	case OP_ARRAY:
	case OP_SET:
	case OP_OBJECT:
	case OP_COLLECT:
	case OP_PUSH:
	case OP_PUT:
	case OP_PUT_PATH:
	case OP_PUT_MEMBER:
	case OP_FINISH:
		flow_make(f, insn);
		break;
	default:
		flow_read(f, insn);
	}
}

static void
mark_clauses(struct flow *f, uint32_t func_id)
{
	for (size_t i = 0; i < f->program->indexes.count; i++) {
		const struct rego_index *index = &f->program->indexes.at[i];

		if (index->func != func_id)
			continue;
		for (uint32_t k = 0; k <= index->list_count; k++) {
			const uint32_t *list =
			    k < index->list_count ? index->lists[k] : index->otherwise;

			for (; *list != INDEX_END; list++)
				f->is_clause[*list - f->func->begin] = true;
		}
	}
}

static void
follow(struct flow *f, uint32_t *ret_at)
{
	const struct rego_func *func = f->func;

	f->now.reached = true;
	memset(f->now.kinds, VALUE, func->param_count);
	for (uint32_t i = func->begin; f->valid && i < func->end;) {
		struct state *here = &f->at[i - func->begin];

		*ret_at = i;
		f->again = UINT32_MAX;
		if (here->kinds != NULL && f->now.reached)
			(void)arrive(f, here);
		if (here->reached) {
			memcpy(f->now.kinds, here->kinds, func->reg_count);
			f->now.withs = here->withs;
			f->now.reached = true;
		}
		if (f->now.reached)
			step(f, &f->program->code.at[i]);
		if (f->again !=
		    UINT32_MAX) /* by what was noted there; what follows here comes by again */
			f->now.reached = false;
		i = f->again != UINT32_MAX ? f->again : i + 1;
	}
}

/* Where SCAN_NEXT goes back to, things must be known when control first comes by. */
static void
mark_bodies(struct flow *f)
{
	for (uint32_t i = f->func->begin; i < f->func->end; i++) {
		const struct rego_insn *insn = &f->program->code.at[i];
		struct state *body;

		if (insn->op != OP_SCAN_NEXT)
			continue;
		body = &f->at[insn->jump - f->func->begin];
		if (body->kinds != NULL)
			continue;
		body->kinds = make_kinds(f);
		f->valid = f->valid && body->kinds != NULL;
	}
}

bool
verify_flow(const struct rego_program *p, uint32_t func_id, uint32_t *ret_at)
{
	const struct rego_func *func = &p->funcs.at[func_id];
	uint32_t len = func->end - func->begin;
	struct flow f = {
		.program = p, .func = func, .arena = arena_new(MEMORY), .valid = true
	};

	if (f.arena == NULL)
		return false;
	f.at = ARENA_ARRAY(f.arena, struct state, len);
	f.is_clause = ARENA_ARRAY(f.arena, bool, len);
	f.now.kinds = make_kinds(&f);
	f.valid = f.at != NULL && f.is_clause != NULL && f.now.kinds != NULL;
	if (f.valid) {
		mark_clauses(&f, func_id);
		mark_bodies(&f);
		follow(&f, ret_at);
	}
	arena_free(&f.arena);
	return f.valid;
}
