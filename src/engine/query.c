/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/query.h"

#include "engine/policy.h"

static err_t
compile(const struct snapshot *s, str_t text, struct diag *diag, struct policy **ret,
    uint32_t *ret_entry)
{
	struct policy_query query = { .text = text, .version = REGO_V1 };
	struct policy *p;

	if (text.len > QUERY_TEXT_MAX) {
		diag_say(diag, "rego_parse_error", "the query is too long");
		return ERR_LIMIT;
	}
	TRY(policy_new(QUERY_MEMORY, diag, &p));
	*ret = p; /* to be freed, whatever comes */
	TRY(snapshot_load_again(s, p));
	TRY(policy_query(p, &query, ret_entry));
	return arena_failed(p->arena) ? ERR_LIMIT : ERR_OK;
}

static void
run(struct policy *p, uint32_t entry, const struct query *q, struct arena *arena,
    struct decision *d)
{
	struct rego_request request = { .program = p->program,
		.entry = entry,
		.arena = p->arena,
		.host = q->host,
		.budget = q->budget,
		.tracer = q->tracer };
	struct rego_eval *machine = rego_eval_new();
	value_t result = VALUE_NONE;

	if (machine == NULL) {
		d->err = ERR_MEMORY;
		return;
	}
	/* Strings are compared by address: they must be of this program's table. */
	if (value_is_defined(q->input))
		request.input = value_copy(p->arena, p->unit.intern, q->input);
	d->err = rego_run(machine, &request, &result, &d->error);
	if (d->err == ERR_OK && value_is_defined(result))
		d->result = value_copy(arena, NULL, result);
	if (d->err != ERR_OK) {
		d->message =
		    arena_str(arena, d->error.code != NULL ? str_of(d->error.message)
							   : str_of(err_text(d->err)));
		d->error.message = d->message.data;
		d->error.file = arena_str(arena, d->error.file);
	}
	rego_eval_free(&machine);
}

void
query_ask(const struct snapshot *s, const struct query *q, struct arena *arena,
    struct diag *diag, struct decision *ret)
{
	struct policy *p = NULL;
	uint32_t entry = REGO_ENTRY_NONE;

	*ret = (struct decision){
		.input = q->input, .rule = q->text, .reasons = value_empty_array()
	};
	ret->err = compile(s, q->text, diag, &p, &entry);
	if (ret->err == ERR_OK)
		run(p, entry, q, arena, ret);
	diag_keep(diag);
	policy_free(&p);
	ret->allow =
	    ret->err == ERR_OK && ret->result.tag == VALUE_ARRAY && ret->result.count > 0;
	if (ret->err == ERR_OK && arena_failed(arena))
		ret->err = ERR_LIMIT;
}
