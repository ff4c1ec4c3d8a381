/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/evaluate.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"

enum { INPUT_DEPTH = 256, REASONS_MAX = 64 };

struct evaluator {
	struct rego_eval *machine;
	const struct rego_host *host;
};

struct evaluator *
evaluator_new(const struct rego_host *host)
{
	struct evaluator *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->host = host;
	v->machine = rego_eval_new();
	if (v->machine == NULL)
		evaluator_free(&v);
	return v;
}

void
evaluator_free(struct evaluator **evaluator)
{
	if (*evaluator == NULL)
		return;
	rego_eval_free(&(*evaluator)->machine);
	free(*evaluator);
	*evaluator = NULL;
}

/* The slow way, for its position and sentence, once reading has failed. */
static void
explain_input(str_t json, const struct json_options *options, struct arena *arena, struct decision *d)
{
	struct diag diag;
	value_t v;

	diag_init(&diag, arena, 1);
	(void)!json_read(arena, json, options, &diag, &v);
	if (diag.first == NULL)
		return;
	d->input_place = diag.first->place;
	d->message = diag.first->message;
}

static err_t
read_input(const struct snapshot *s, const struct question *q, struct arena *arena, struct decision *d)
{
	struct json_options options = { .find = snapshot_intern(s), .depth_limit = INPUT_DEPTH,
		.file = STR("input") };
	err_t e;

	d->input = q->input;
	if (value_is_defined(q->input) || q->input_json.len == 0)
		return ERR_OK;
	e = json_read(arena, q->input_json, &options, NULL, &d->input);
	if (e != ERR_OK) {
		d->message = str_of(err_text(e));
		explain_input(q->input_json, &options, arena, d);
	}
	return e;
}

static err_t
run(struct evaluator *v, const struct snapshot *s, uint32_t entry, const struct question *q,
    struct arena *arena, struct decision *d, value_t *ret)
{
	struct rego_request request = { .program = snapshot_program(s), .entry = entry, .input = d->input,
		.arena = arena, .host = v->host, .budget = q->budget,
		.strict_builtin_errors = q->strict_builtin_errors, .tracer = q->tracer };

	return rego_run(v->machine, &request, ret, &d->error);
}

static void
add_reason(struct arena *arena, value_t *reasons, uint32_t *count, value_t reason)
{
	struct buf text;

	if (*count == REASONS_MAX)
		return;
	if (reason.tag == VALUE_STRING) {
		reasons[(*count)++] = reason;
		return;
	}
	buf_init(&text, 1 << 16);
	value_print(&text, reason);
	reasons[*count] = value_string(arena, buf_str(&text));
	*count += value_is_defined(reasons[*count]);
	buf_fini(&text);
}

/* A set or array gives each of its members, an object {"msg": ..} its message, a string itself. */
static void
add_reasons(struct arena *arena, value_t *reasons, uint32_t *count, value_t found)
{
	value_t key, member;

	if (found.tag == VALUE_SET || found.tag == VALUE_ARRAY) {
		for (uint32_t i = 0; i < found.count; i++) {
			value_entry_at(found, i, &key, &member);
			add_reason(arena, reasons, count, member);
		}
		return;
	}
	if (found.tag == VALUE_STRING)
		add_reason(arena, reasons, count, found);
}

static value_t
find_reasons(struct evaluator *v, const struct snapshot *s, const struct question *q, struct arena *arena,
    struct decision *d)
{
	static const char *const names[] = { "deny", "deny_reasons", "deny_message", "deny_reason" };
	value_t *reasons = ARENA_ARRAY(arena, value_t, REASONS_MAX);
	uint32_t count = 0;
	size_t package = d->rule.len;

	while (package > 0 && d->rule.data[package - 1] != '.')
		package--;
	for (size_t i = 0; i < COUNT(names) && reasons != NULL; i++) {
		char path[512];
		int len = snprintf(path, sizeof(path), "%.*s%s", (int)package, d->rule.data, names[i]);
		struct decision side = { .input = d->input };
		uint32_t entry;
		value_t found;

		if (len <= 0 || (size_t)len >= sizeof(path))
			continue;
		entry = snapshot_entry(s, str_make(path, (size_t)len));
		/* Reasons are for people: one that cannot be had does not change the decision. */
		if (entry != REGO_ENTRY_NONE && run(v, s, entry, q, arena, &side, &found) == ERR_OK)
			add_reasons(arena, reasons, &count, found);
	}
	return value_array_of(reasons, count);
}

static void
note_failure(struct decision *d)
{
	d->result = VALUE_NONE;
	d->message = d->error.code != NULL ? str_of(d->error.message) : str_of(err_text(d->err));
}

/* A document is a value, and a decision only where it is `true`. */
static void
evaluate_path(struct evaluator *v, const struct snapshot *s, const struct question *q, struct arena *arena,
    struct decision *d)
{
	struct snapshot_document found;

	d->rule = q->path_name;
	snapshot_document(s, q->path, q->path_count, &found);
	d->result = found.base;
	d->err = read_input(s, q, arena, d);
	if (d->err == ERR_OK && found.entry != REGO_ENTRY_NONE) {
		d->err = run(v, s, found.entry, q, arena, d, &d->result);
		if (d->err != ERR_OK)
			note_failure(d);
	}
	if (found.entry == REGO_ENTRY_NONE)
		found.used = (uint32_t)q->path_count;
	for (size_t i = found.used; i < q->path_count && value_is_defined(d->result); i++)
		d->result = value_get(d->result, q->path[i]);
	if (d->err != ERR_OK)
		d->result = VALUE_NONE;
	d->allow = d->result.tag == VALUE_TRUE;
}

void
evaluate(struct evaluator *v, const struct snapshot *s, const struct question *q, struct arena *arena,
    struct decision *ret)
{
	uint32_t entry;

	*ret = (struct decision){ .allow = false, .reasons = value_empty_array() };
	if (q->path != NULL) {
		evaluate_path(v, s, q, arena, ret);
		return;
	}
	entry = snapshot_find(s, q->rule, &ret->rule);
	if (entry == REGO_ENTRY_NONE) {
		ret->err = ERR_NOT_FOUND;
		ret->message = arena_printf(arena, "no rule %.*s in the policy", STR_FMT(ret->rule));
		return;
	}
	ret->err = read_input(s, q, arena, ret);
	if (ret->err != ERR_OK)
		return;
	ret->err = run(v, s, entry, q, arena, ret, &ret->result);
	if (ret->err != ERR_OK) {
		note_failure(ret);
		return;
	}
	if (q->with_reasons && ret->result.tag != VALUE_TRUE)
		ret->reasons = find_reasons(v, s, q, arena, ret);
	ret->allow = ret->result.tag == VALUE_TRUE;
}
