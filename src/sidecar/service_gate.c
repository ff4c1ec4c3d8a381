/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DataGateService: may this token do that with a store, a database, a workflow, a secret?
 *
 * Each gate is a question to the policy with the token's identity and the input document
 * of Authorize, and in it a member `gate` with what this gate's request says.  A gate
 * reaches nothing of what it guards.
 */
#include "codec/json.h"
#include "sidecar/fields.h"
#include "sidecar/input.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

enum { GATE_JSON_DEPTH = 256 };

struct gate_request {
	str_t token, action, first, second, tenant_id;
	struct field_pairs context;
	const struct gate *gate;
};

struct gate { /* what sets one gate apart */
	const char *rpc, *kind;
	const char *actions; /* separated by blanks; NULL: any */
	const char *prefix; /* of the resource */
	const char *first, *second; /* members of `gate`; NULL: none */
	const char *json; /* the field that `second` is, as JSON; NULL: it is a text */
	bool joined; /* the resource names both */
	const struct field_row *rows;
	size_t row_count;
};

/* ---- decode ---- */

#define OFFSET(member) offsetof(struct gate_request, member)

static const struct field_row plain_rows[] = {
	{ 1, FIELD_TEXT, OFFSET(token) },
	{ 2, FIELD_TEXT, OFFSET(action) },
	{ 3, FIELD_TEXT, OFFSET(first) },
	{ 4, FIELD_TENANT, OFFSET(tenant_id) },
	{ 6, FIELD_PAIRS, OFFSET(context) },
};

static const struct field_row pair_rows[] = {
	{ 1, FIELD_TEXT, OFFSET(token) },
	{ 2, FIELD_TEXT, OFFSET(action) },
	{ 3, FIELD_TEXT, OFFSET(first) },
	{ 4, FIELD_TEXT, OFFSET(second) },
	{ 5, FIELD_TENANT, OFFSET(tenant_id) },
	{ 7, FIELD_PAIRS, OFFSET(context) },
};

/* The JSON reader checks its text itself, and says where. */
static const struct field_row json_rows[] = {
	{ 1, FIELD_TEXT, OFFSET(token) },
	{ 2, FIELD_TEXT, OFFSET(action) },
	{ 3, FIELD_TEXT, OFFSET(first) },
	{ 4, FIELD_BYTES, OFFSET(second) },
	{ 5, FIELD_TENANT, OFFSET(tenant_id) },
	{ 7, FIELD_PAIRS, OFFSET(context) },
};

#define ROWS(rows) rows, COUNT(rows)

static const struct gate gates[] = {
	{ "Gate", "gate", NULL, "", NULL, NULL, NULL, false, ROWS(plain_rows) },
	{ "StorageGate", "storage", "read write delete list", "storage/", "bucket",
	    "object_key", NULL, true, ROWS(pair_rows) },
	{ "DatabaseGate", "database", "read write delete admin", "database/", "collection",
	    "query", "query_json", false, ROWS(json_rows) },
	{ "WorkflowGate", "workflow", "execute read cancel", "workflow/", "workflow_id",
	    "input", "input_json", false, ROWS(json_rows) },
	{ "SecretGate", "secret", "read write rotate", "secret/", "secret_name", "provider",
	    NULL, false, ROWS(pair_rows) },
};

static const struct gate *
find_gate(const char *rpc)
{
	for (size_t i = 0; i < COUNT(gates); i++) {
		if (strcmp(gates[i].rpc, rpc) == 0)
			return &gates[i];
	}
	must(false);
	return NULL;
}

static err_t
take_context(struct request *r, const struct field_pairs *pairs)
{
	struct message_pair *context =
	    ARENA_ARRAY(r->arena, struct message_pair, pairs->count);

	if (context == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < pairs->count; i++)
		context[i] = (struct message_pair){ pairs->at[i].key, pairs->at[i].value };
	r->message.context = context;
	r->message.context_count = pairs->count;
	return ERR_OK;
}

/* Whole, whatever bytes the parts have: what the policy sees is what is meant. */
static err_t
name_resource(struct request *r, const struct gate_request *own)
{
	struct buf *name = &r->worker->scratch;

	buf_clear(name);
	buf_add_text(name, own->gate->prefix);
	buf_add_str(name, own->first);
	if (own->gate->joined) {
		buf_add_char(name, '/');
		buf_add_str(name, own->second);
	}
	if (buf_failed(name))
		return ERR_LIMIT;
	r->message.resource = arena_str(r->arena, buf_str(name));
	return arena_failed(r->arena) ? ERR_MEMORY : ERR_OK;
}

static err_t
decode_gate(struct request *r)
{
	const struct gate *gate = find_gate(r->method->name);
	struct gate_request *own = ARENA_NEW(r->arena, struct gate_request);
	struct message *m = &r->message;

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	own->gate = gate;
	TRY(fields_read(r->arena, r->bytes, gate->rows, gate->row_count, own));
	m->token = own->token;
	m->action = own->action;
	m->tenant_id = own->tenant_id;
	TRY(name_resource(r, own));
	return take_context(r, &own->context);
}

/* ---- ask ---- */

static bool
is_listed(const char *list, str_t word)
{
	str_t rest = str_of(list);

	while (rest.len > 0) {
		size_t end = str_find_char(rest, ' ', 0);

		if (str_eq(str_sub(rest, 0, end), word))
			return true;
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
	return false;
}

static bool
refuse(struct request *r, enum problem problem, str_t why)
{
	request_deny(r, problem, why);
	return false;
}

/* What no policy should have to look out for. */
static bool
check_request(struct request *r)
{
	const struct gate_request *own = r->own;
	const struct gate *gate = own->gate;

	if (own->token.len == 0) {
		request_deny_token(r, TOKEN_EMPTY);
		return false;
	}
	if (own->action.len == 0)
		return refuse(r, PROBLEM_POLICY_DENIED, STR("the request names no action"));
	if (gate->actions != NULL && !is_listed(gate->actions, own->action))
		return refuse(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "a %s gate knows the actions %s", gate->kind,
			gate->actions));
	if (gate->first != NULL && own->first.len == 0)
		return refuse(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "the request names no %s", gate->first));
	/* Or `a/b` + `c` and `a` + `b/c` would be one resource. */
	if (gate->joined && str_find_char(own->first, '/', 0) < own->first.len)
		return refuse(r, PROBLEM_POLICY_DENIED,
		    arena_printf(r->notes, "a %s has no slash in its name", gate->first));
	return true;
}

static bool
read_member(struct request *r, const char *field, str_t text, value_t *ret)
{
	struct json_options options = { .find = snapshot_intern(r->book->snapshot),
		.depth_limit = GATE_JSON_DEPTH,
		.file = str_of(field) };
	struct diag diag;
	err_t err;

	diag_init(&diag, r->notes, 1);
	err = json_read(r->arena, text, &options, &diag, ret);
	if (err == ERR_OK)
		return true;
	if (diag.first != NULL)
		request_fail(r, ERR_SYNTAX,
		    arena_printf(r->notes, "%s:%u:%u: %.*s", field, diag.first->place.row,
			diag.first->place.col, STR_FMT(diag.first->message)));
	request_fail(r, err, STR_NONE);
	return false;
}

static bool
make_gate(struct request *r, value_t *ret)
{
	const struct gate_request *own = r->own;
	const struct gate *gate = own->gate;
	struct object_builder object;
	value_t second;

	object_builder_init(&object, r->arena, 3);
	input_add(r, &object, STR("kind"), input_text(r, str_of(gate->kind)));
	if (gate->first != NULL)
		input_add(r, &object, str_of(gate->first), input_text(r, own->first));
	if (gate->json != NULL && own->second.len > 0) {
		if (!read_member(r, gate->json, own->second, &second))
			return false;
		input_add(r, &object, str_of(gate->second), second);
	} else if (gate->json == NULL && gate->second != NULL) {
		input_add(r, &object, str_of(gate->second), input_text(r, own->second));
	}
	*ret = object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	return true;
}

static bool
ask_gate(struct request *r, struct question *q)
{
	value_t input, document;

	if (!check_request(r) || !make_gate(r, &document))
		return false;
	input = input_make(r);
	if (arena_failed(r->arena)) {
		request_fail(r, ERR_MEMORY, STR_NONE);
		return false;
	}
	q->rule = r->book->config.policy_gate_rule;
	q->input = value_object_with(r->arena, input, input_text(r, STR("gate")), document);
	return true;
}

/* ---- respond ---- */

static void
respond_gate(const struct request *r, struct buf *out)
{
	value_t scopes = r->identity.scopes;

	wire_write_uint(out, 1, r->allow);
	wire_write_bytes(out, 2, r->reason);
	for (uint32_t i = 0; scopes.tag == VALUE_ARRAY && i < scopes.count; i++)
		wire_write_item(out, 3, value_str(scopes.items[i]));
	if (!r->allow)
		message_write_problem(out, 4, r->problem, r->reason);
}

static void
refuse_gate(struct buf *out, str_t reason)
{
	wire_write_bytes(out, 2, reason);
	message_write_problem(out, 4, PROBLEM_AUDIT_UNAVAILABLE, reason);
}

const struct handler service_gate = {
	.decode = decode_gate,
	.ask = ask_gate,
	.respond = respond_gate,
	.refuse = refuse_gate,
};
