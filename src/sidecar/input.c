/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/input.h"

/* Names and short texts that the policy knows are compared by address. */
value_t
input_text(struct request *r, str_t text)
{
	const struct intern *names = snapshot_intern(r->book->snapshot);
	value_t known = names != NULL ? intern_find(names, text) : VALUE_NONE;

	return value_is_defined(known) ? known : value_string(r->arena, text);
}

void
input_add(struct request *r, struct object_builder *object, str_t key, value_t value)
{
	(void)object_builder_add(object, input_text(r, key), value);
}

static value_t
list_roles(struct request *r)
{
	const struct message *m = &r->message;
	value_t *items = ARENA_ARRAY(r->arena, value_t, m->role_count);

	for (size_t i = 0; items != NULL && i < m->role_count; i++)
		items[i] = input_text(r, m->roles[i]);
	return items != NULL ? value_array_of(items, m->role_count) : VALUE_NONE;
}

/* roles, scopes and groups: lists, whoever gave them. */
static value_t
make_list(struct request *r, str_t key, str_t text)
{
	bool is_list = str_eq(key, STR("roles")) || str_eq(key, STR("scopes")) ||
	    str_eq(key, STR("groups"));

	return is_list ? message_words(r->arena, value_string(r->arena, text)) : input_text(r, text);
}

static value_t
make_context(struct request *r)
{
	const struct message *m = &r->message;
	bool believed = r->identity.claims.tag == VALUE_OBJECT;
	struct object_builder context;

	object_builder_init(&context, r->arena, m->context_count + 3);
	/* OBJECT_FIRST_WINS: so the most trusted come first. */
	if (believed || m->role_count > 0)
		input_add(r, &context, STR("roles"), believed ? r->identity.roles : list_roles(r));
	if (believed) {
		input_add(r, &context, STR("scopes"), r->identity.scopes);
		input_add(r, &context, STR("groups"), r->identity.groups);
	}
	for (size_t i = 0; i < m->context_count; i++)
		input_add(r, &context, m->context[i].key, make_list(r, m->context[i].key, m->context[i].value));
	/* A policy that looks for them must find them, if only empty. */
	input_add(r, &context, STR("roles"), value_empty_array());
	input_add(r, &context, STR("scopes"), value_empty_array());
	input_add(r, &context, STR("groups"), value_empty_array());
	return object_builder_freeze(&context, OBJECT_FIRST_WINS, NULL);
}

static str_t
find_context(const struct message *m, str_t key)
{
	for (size_t i = 0; i < m->context_count; i++) {
		if (str_eq(m->context[i].key, key))
			return m->context[i].value;
	}
	return STR("");
}

value_t
input_make(struct request *r)
{
	const struct message *m = &r->message;
	bool believed = r->identity.claims.tag == VALUE_OBJECT;
	struct object_builder input;

	str_t resource_tenant = find_context(m, STR("resource_tenant"));

	r->resource_owner = find_context(m, STR("resource_owner"));
	object_builder_init(&input, r->arena, 8);
	input_add(r, &input, STR("tenant_id"), input_text(r, m->tenant_id));
	input_add(r, &input, STR("subject"), input_text(r, m->subject));
	input_add(r, &input, STR("action"), input_text(r, m->action));
	input_add(r, &input, STR("resource"), input_text(r, m->resource));
	/* Absent if unknown: two empty texts must not make somebody an owner. */
	if (r->resource_owner.len > 0)
		input_add(r, &input, STR("resource_owner"), input_text(r, r->resource_owner));
	if (resource_tenant.len > 0)
		input_add(r, &input, STR("resource_tenant"), input_text(r, resource_tenant));
	input_add(r, &input, STR("context"), make_context(r));
	input_add(r, &input, STR("claims"), believed ? r->identity.claims : value_empty_object());
	return object_builder_freeze(&input, OBJECT_FIRST_WINS, NULL);
}
