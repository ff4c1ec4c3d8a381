/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of agents: MintAgentToken (client_only.proto) and AgentSpawnGate.
 *
 * An agent never has a right that who sends it lacks, nor a token that outlives his or
 * AGENT_TTL_MAX seconds.  The policy has the last word: a rule that is not there denies.
 */
#include "base/clock.h"
#include "codec/json.h"
#include "sidecar/fields.h"
#include "sidecar/input.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

enum { AGENT_TTL_MAX = 300, AGENT_CHAIN_MAX = 8, AGENT_ID_MAX = 256 };
#define DELEGATION_RULE "data.coresdk.agent_delegation.allow"

struct agent_request {
	str_t token, target, tenant_id; /* target: the service, or the agent's id */
	struct field_texts scopes; /* asked for */
	uint64_t ttl;
	value_t chain, granted; /* arrays of strings */
	str_t issued;
};

/* Both requests have the same fields in the same places. */
static const struct field_row rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct agent_request, token) },
	{ 2, FIELD_TEXT, offsetof(struct agent_request, target) },
	{ 3, FIELD_TEXTS, offsetof(struct agent_request, scopes) },
	{ 4, FIELD_UINT, offsetof(struct agent_request, ttl) },
	{ 5, FIELD_TENANT, offsetof(struct agent_request, tenant_id) },
};

static err_t
decode(struct request *r)
{
	struct agent_request *own = ARENA_NEW(r->notes, struct agent_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	TRY(fields_read(r->notes, r->bytes, rows, COUNT(rows), own));
	r->message.token = own->token;
	r->message.tenant_id = own->tenant_id;
	return ERR_OK;
}

/* ---- who may send an agent ---- */

static bool
refuse(struct request *r, enum problem problem, str_t reason)
{
	request_deny(r, problem, reason);
	return false;
}

/* What both rpcs need before a policy is worth asking; false: refused or failed. */
static bool
check_sender(struct request *r)
{
	struct agent_request *own = r->own;
	int64_t left = r->identity.expires_at - r->date_s;

	if (r->book->local_key == NULL) {
		request_fail(r, ERR_CONFIG, STR("auth.local_key_path names no key to issue tokens with"));
		return false;
	}
	if (own->token.len == 0) {
		request_deny_token(r, TOKEN_EMPTY);
		return false;
	}
	if (own->target.len == 0 || own->target.len > AGENT_ID_MAX)
		return refuse(r, PROBLEM_AGENT_INVALID, STR("the agent or service has no name, or one that is too long"));
	if (own->tenant_id.len > 0 && r->identity.tenant_id.len > 0 && !str_eq(own->tenant_id, r->identity.tenant_id))
		return refuse(r, PROBLEM_TENANT_ISOLATION, STR("the token is of another tenant"));
	/* An int64 below 1 is a very big uint64: clamped to 1 rather than to the most. */
	if (own->ttl > INT64_MAX)
		own->ttl = 1;
	if (own->ttl == 0 || own->ttl > AGENT_TTL_MAX)
		own->ttl = AGENT_TTL_MAX;
	if (r->identity.expires_at > 0 && (int64_t)own->ttl > left)
		own->ttl = left > 0 ? (uint64_t)left : 1;
	return true;
}

static value_t
list_of(struct request *r, const struct field_texts *texts)
{
	value_t *items = ARENA_ARRAY(r->arena, value_t, texts->count);

	for (size_t i = 0; items != NULL && i < texts->count; i++)
		items[i] = value_string(r->arena, texts->at[i]);
	return items != NULL ? value_array_of(items, texts->count) : VALUE_NONE;
}

/* The agents that the token went through, and now its holder. */
static bool
make_chain(struct request *r)
{
	struct agent_request *own = r->own;
	value_t before = value_object_get_text(r->identity.claims, "agent_chain");
	uint32_t count = before.tag == VALUE_ARRAY ? before.count : 0;
	value_t *items = ARENA_ARRAY(r->arena, value_t, (size_t)count + 1);

	if (count >= AGENT_CHAIN_MAX)
		return refuse(r, PROBLEM_AGENT_CHAIN, STR("the chain of agents is too long"));
	if (items == NULL)
		return refuse(r, PROBLEM_POLICY_DENIED, str_of(err_text(ERR_MEMORY)));
	for (uint32_t i = 0; i < count; i++)
		items[i] = before.items[i];
	items[count] = value_string(r->arena, r->identity.subject);
	own->chain = value_array_of(items, (size_t)count + 1);
	return true;
}

/* ---- issuing ---- */

static void
add(struct request *r, struct object_builder *o, const char *key, value_t v)
{
	if (value_is_defined(v))
		(void)object_builder_add_text(o, key, v);
}

static value_t
joined(struct request *r, value_t words)
{
	struct buf *text = &r->worker->scratch;

	buf_clear(text);
	for (uint32_t i = 0; i < words.count; i++) {
		if (i > 0)
			buf_add_char(text, ' ');
		buf_add_str(text, value_str(words.items[i]));
	}
	return value_string(r->arena, buf_str(text));
}

static void
issue(struct request *r, value_t subject, const char *grant_type, value_t audience)
{
	struct agent_request *own = r->own;
	struct buf *text = &r->worker->scratch;
	int64_t now = r->date_s;
	struct object_builder actor, claims;

	object_builder_init(&actor, r->arena, 2);
	add(r, &actor, "sub", value_string(r->arena, own->target));
	add(r, &actor, "act", value_object_get_text(r->identity.claims, "act"));
	object_builder_init(&claims, r->arena, 11);
	add(r, &claims, "sub", subject);
	add(r, &claims, "aud", audience);
	add(r, &claims, "tenant_id", value_string(r->arena, r->message.tenant_id));
	add(r, &claims, "scope", joined(r, own->granted));
	add(r, &claims, "act", object_builder_freeze(&actor, OBJECT_LAST_WINS, NULL)); /* rfc8693 4.1 */
	add(r, &claims, "agent_chain", own->chain);
	add(r, &claims, "principal_type", value_text(r->arena, "agent"));
	add(r, &claims, "grant_type", value_text(r->arena, grant_type));
	add(r, &claims, "typ", value_text(r->arena, "agent"));
	add(r, &claims, "iat", value_int(now));
	add(r, &claims, "exp", value_int(now + (int64_t)own->ttl));
	buf_clear(text);
	if (local_sign(r->book->local_key, r->arena, object_builder_freeze(&claims, OBJECT_LAST_WINS, NULL), text) !=
	    ERR_OK)
		request_deny(r, PROBLEM_AUTH_NOT_ISSUED, STR("the token could not be issued"));
	else
		own->issued = arena_str(r->notes, buf_str(text));
}

/* ---- MintAgentToken ---- */

static bool
ask_mint(struct request *r, struct question *q)
{
	struct agent_request *own = r->own;
	struct object_builder input;
	str_t missing;

	r->message.action = STR("agent.delegate");
	r->message.resource = own->target;
	if (!check_sender(r) || !make_chain(r))
		return false;
	for (size_t i = 0; i < own->scopes.count; i++) {
		if (!identity_has_scopes(&r->identity, own->scopes.at[i], &missing))
			return refuse(r, PROBLEM_AUTH_INSUFFICIENT_SCOPE,
			    arena_printf(r->notes, "the parent token does not have the scope `%.*s`",
				STR_FMT(request_plain(r, missing))));
	}
	own->granted = list_of(r, &own->scopes);
	object_builder_init(&input, r->arena, 6);
	add(r, &input, "target_service", value_string(r->arena, own->target));
	add(r, &input, "scopes", own->granted);
	add(r, &input, "parent_claims", r->identity.claims);
	add(r, &input, "tenant_id", value_string(r->arena, r->message.tenant_id));
	add(r, &input, "ttl_seconds", value_int((int64_t)own->ttl));
	add(r, &input, "agent_chain", own->chain);
	q->input = object_builder_freeze(&input, OBJECT_LAST_WINS, NULL);
	q->rule = STR(DELEGATION_RULE);
	return true;
}

static void
act_mint(struct request *r)
{
	const struct agent_request *own = r->own;

	issue(r, value_string(r->arena, r->identity.subject), "agent_delegation", value_string(r->arena, own->target));
}

static void
respond_mint(const struct request *r, struct buf *out)
{
	const struct agent_request *own = r->own;
	struct buf *chain = &r->worker->scratch;

	buf_clear(chain);
	json_write(chain, own->chain);
	out->failed |= buf_failed(chain);
	wire_write_bytes(out, 1, own->issued);
	wire_write_uint(out, 2, own->ttl);
	wire_write_bytes(out, 3, buf_str(chain));
}

const struct handler service_mint_agent_token = {
	.decode = decode,
	.ask = ask_mint,
	.act = act_mint,
	.respond = respond_mint,
	.flags = HANDLER_STATUS,
};

/* ---- AgentSpawnGate ---- */

/* The capabilities asked for that the user has, as a scope or as a permission. */
static value_t
intersect(struct request *r)
{
	const struct agent_request *own = r->own;
	struct identity user = r->identity, by_permission = r->identity;
	value_t *items = ARENA_ARRAY(r->arena, value_t, own->scopes.count);
	size_t count = 0;
	str_t missing;

	by_permission.scopes = message_words(r->arena, value_object_get_text(r->identity.claims, "permissions"));
	for (size_t i = 0; items != NULL && i < own->scopes.count; i++) {
		str_t one = own->scopes.at[i];

		/* A blank would be two scopes to whoever reads the token. */
		if (one.len > 0 && str_find_char(one, ' ', 0) == one.len &&
		    (identity_has_scopes(&user, one, &missing) || identity_has_scopes(&by_permission, one, &missing)))
			items[count++] = value_string(r->arena, one);
	}
	return items != NULL ? value_array_of(items, count) : VALUE_NONE;
}

static bool
ask_spawn(struct request *r, struct question *q)
{
	struct agent_request *own = r->own;
	struct object_builder gate;
	value_t input;

	r->message.action = STR("spawn");
	r->message.resource = arena_printf(r->notes, "agent/%.*s",
	    STR_FMT(str_cut(request_plain(r, own->target), AGENT_ID_MAX)));
	if (!check_sender(r) || !make_chain(r))
		return false;
	own->granted = intersect(r);
	object_builder_init(&gate, r->arena, 4);
	add(r, &gate, "kind", value_text(r->arena, "agent_spawn"));
	add(r, &gate, "agent_id", value_string(r->arena, own->target));
	add(r, &gate, "capabilities", list_of(r, &own->scopes));
	add(r, &gate, "effective_permissions", own->granted);
	input = input_make(r);
	q->input = value_object_with(r->arena, input, value_text(r->arena, "gate"),
	    object_builder_freeze(&gate, OBJECT_LAST_WINS, NULL));
	q->rule = r->book->config.policy_gate_rule;
	return true;
}

static void
act_spawn(struct request *r)
{
	const struct agent_request *own = r->own;
	str_t subject = arena_printf(r->notes, "agent:%.*s@user:%.*s@tenant:%.*s", STR_FMT(own->target),
	    STR_FMT(r->identity.subject), STR_FMT(r->message.tenant_id));

	issue(r, value_string(r->arena, subject), "agent_spawn", VALUE_NONE);
}

static void
respond_spawn(const struct request *r, struct buf *out)
{
	const struct agent_request *own = r->own;

	wire_write_uint(out, 1, r->allow);
	wire_write_bytes(out, 2, r->reason);
	if (!r->allow) {
		message_write_problem(out, 6, r->problem, r->reason);
		return;
	}
	wire_write_bytes(out, 3, own->issued);
	for (uint32_t i = 0; i < own->granted.count; i++)
		wire_write_item(out, 4, value_str(own->granted.items[i]));
	wire_write_uint(out, 5, own->ttl);
}

static void
refuse_spawn(struct buf *out, str_t reason)
{
	wire_write_bytes(out, 2, reason);
	message_write_problem(out, 6, PROBLEM_AUDIT_UNAVAILABLE, reason);
}

const struct handler service_agent_spawn = {
	.decode = decode,
	.ask = ask_spawn,
	.act = act_spawn,
	.respond = respond_spawn,
	.refuse = refuse_spawn,
};
