/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest_search: AuthZEN's searches: which subjects, resources or actions are permitted.
 *
 * Policy must list them: rest.search_rule is asked with what the client sent and `search`,
 * which is subject, resource or action; its value is a set or array of such entities.  What
 * in it is none, or of another type than was asked for, makes the answer an error: a list
 * that lacks what the policy meant must not pass for the whole one.
 */
#include "sidecar/rest.h"
#include "sidecar/worker.h"

enum kind { SUBJECT, RESOURCE, ACTION };

static const char *const kinds[] = { "subject", "resource", "action" };

struct search {
	value_t body;
	enum kind kind;
	value_t *found;
	size_t count;
	const char *trouble; /* with the rule's value; NULL: none */
};

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

static value_t
text_of(value_t entity, const char *name)
{
	value_t v = value_object_get_text(entity, name);

	return value_is_string(v) ? v : VALUE_NONE;
}

/* ---- what is asked ---- */

static err_t
read_kind(struct request *r, struct search *s)
{
	str_t name = str_skip(rest_request(r)->path, sizeof("/access/v1/search/") - 1);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (str_eq(name, str_of(kinds[i]))) {
			s->kind = (enum kind)i;
			return ERR_OK;
		}
	}
	r->err_text = STR("searches are for subject, resource and action");
	return ERR_NOT_FOUND;
}

/* Of what is searched for, its type is known; of the others, all. */
static err_t
check_entities(struct request *r, const struct search *s)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		value_t entity = value_object_get_text(s->body, kinds[i]);
		bool is_sought = s->kind == (enum kind)i;

		if (i == ACTION ? !is_sought && !value_is_defined(text_of(entity, "name")) :
				  !value_is_defined(text_of(entity, "type")) ||
				(!is_sought && !value_is_defined(text_of(entity, "id"))))
			return refuse(r, arena_printf(r->notes, "this search needs %s with %s", kinds[i],
					     i == ACTION ? "the text name" :
						 is_sought ? "the text type" :
							     "the texts type and id"));
	}
	return ERR_OK;
}

static err_t
decode(struct request *r)
{
	struct search *s = ARENA_NEW(r->notes, struct search);
	str_t text, why;

	if (s == NULL)
		return ERR_MEMORY;
	r->own = s;
	TRY(read_kind(r, s));
	if (r->book->config.rest_search_rule.len == 0) {
		r->err_text = STR("searches are not served: rest.search_rule names no rule that lists what is permitted");
		return ERR_UNIMPLEMENTED;
	}
	if (rest_body_read(r, &text) != ERR_OK)
		return refuse(r, text);
	if (rest_document_read(r, text, false, &s->body, &why) != ERR_OK)
		return refuse(r, arena_printf(r->notes, "the body is not JSON: %.*s", STR_FMT(why)));
	if (s->body.tag != VALUE_OBJECT)
		return refuse(r, STR("the body must be a JSON object"));
	r->message.action = str_of(kinds[s->kind]);
	return check_entities(r, s);
}

static bool
ask(struct request *r, struct question *q)
{
	const struct search *s = r->own;
	struct object_builder o;

	object_builder_init(&o, r->arena, 1);
	(void)object_builder_add_text(&o, "search", value_text(r->arena, kinds[s->kind]));
	q->rule = r->book->config.rest_search_rule;
	q->input = value_object_merge(r->arena, s->body, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
	q->with_reasons = false;
	return true;
}

/* ---- what is found ---- */

static const char *
check_found(const struct search *s, value_t entity)
{
	value_t want = text_of(value_object_get_text(s->body, kinds[s->kind]), "type");
	value_t type = text_of(entity, "type");

	if (s->kind == ACTION)
		return value_is_defined(text_of(entity, "name")) ? NULL : "an action without a name";
	if (!value_is_defined(type) || !value_is_defined(text_of(entity, "id")))
		return "an entity without type and id";
	return str_eq(value_str(type), value_str(want)) ? NULL : "an entity of another type than was asked for";
}

/* A list, even an empty one, is an answer: what is recorded is that it was given. */
static void
conclude(struct request *r)
{
	struct search *s = r->own;
	value_t list = r->decision.result, key, entity;

	if (list.tag != VALUE_SET && list.tag != VALUE_ARRAY) {
		s->trouble = "no set or array";
	} else {
		s->found = ARENA_ARRAY(r->arena, value_t, list.count);
		for (uint32_t i = 0; s->found != NULL && s->trouble == NULL && i < list.count; i++) {
			value_entry_at(list, i, &key, &entity);
			s->trouble = check_found(s, entity);
			s->found[s->count++] = entity;
		}
		if (s->found == NULL && list.count > 0)
			s->trouble = "too long a list";
	}
	if (s->trouble == NULL)
		r->allow = true;
	else
		request_deny(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "%.*s gives %s", STR_FMT(r->decision.rule), s->trouble));
}

static void
respond(const struct request *r, struct buf *out)
{
	const struct search *s = r->own;
	struct object_builder o;

	if (rest_respond_trouble(r, out))
		return;
	if (!r->allow) {
		rest_begin(out, 500, REST_JSON);
		rest_write_error(out, STR("internal_error"), r->reason, VALUE_NONE);
		return;
	}
	object_builder_init(&o, r->arena, 1);
	(void)object_builder_add_text(&o, "results", value_array_of(s->found, s->count));
	rest_begin(out, 200, REST_JSON);
	rest_write_value(out, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL), false);
}

const struct handler rest_search = {
	.decode = decode,
	.ask = ask,
	.conclude = conclude,
	.respond = respond,
	.flags = HANDLER_VALUE,
};
