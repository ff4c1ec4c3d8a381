/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SecretsService: secrets from a directory or from systemd, if the policy gives them.
 *
 * A request names several: each is a question to the policy, a file that is read only
 * after a yes, and a record of its own.  What the caller says of itself is believed as far
 * as the connection is: put mTLS or the service token in front.
 *
 * Values go from the file into memory of their own (crypt/secret), from there into the
 * answer, and are wiped on every stop of that way.
 */
#include "base/vec.h"
#include "secrets/store.h"
#include "sidecar/fields.h"
#include "sidecar/input.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

enum {
	REASON_MAX = 200, /* of one refusal, in a text about several */
	DETAIL_MAX = 4096, /* of that text */
	VALUES_MAX = 512 << 10, /* bytes of all values of one answer */
};

struct secret_item { /* one secret that is asked for */
	str_t name, provider, path, version, bundle;
	str_t spec; /* the reference, as it came */
	err_t err; /* why it is not given out, and … */
	const char *why; /* … known before anything is read */
	char reason[REASON_MAX];
	size_t reason_len;
	struct secret *value;
};

struct secrets_request {
	str_t caller, context_id;
	struct field_texts bundles, refs; /* refs: bytes of SecretRefPb */
	str_t tenant_id, user_id, entity_id;
	struct field_texts groups, teams;
	struct secret_item *items;
	size_t item_count, item_capacity, resolved, value_bytes;
};

#define OFFSET(member) offsetof(struct secrets_request, member)

static const struct field_row rows[] = {
	{ 1, FIELD_BYTES, OFFSET(caller) },
	{ 2, FIELD_TEXTS, OFFSET(bundles) },
	{ 3, FIELD_PARTS, OFFSET(refs) },
	{ 4, FIELD_TEXT, OFFSET(context_id) },
};

static const struct field_row caller_rows[] = {
	{ 1, FIELD_TEXT, OFFSET(tenant_id) },
	{ 2, FIELD_TEXT, OFFSET(user_id) },
	{ 3, FIELD_TEXTS, OFFSET(groups) },
	{ 4, FIELD_TEXT, OFFSET(entity_id) },
	{ 5, FIELD_TEXTS, OFFSET(teams) },
};

static const struct field_row ref_rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct secret_item, name) },
	{ 2, FIELD_TEXT, offsetof(struct secret_item, provider) },
	{ 3, FIELD_TEXT, offsetof(struct secret_item, path) },
	{ 4, FIELD_TEXT, offsetof(struct secret_item, version) },
};

/* ---- decode ---- */

static err_t
complain(struct request *r, err_t err, const char *why)
{
	r->err_text = str_of(why);
	return err;
}

static err_t
decode_secrets(struct request *r)
{
	struct secrets_request *own = ARENA_NEW(r->arena, struct secrets_request);
	size_t most = (size_t)r->book->config.secrets_max_per_request;

	if (own == NULL)
		return ERR_MEMORY;
	TRY(fields_read(r->arena, r->bytes, rows, COUNT(rows), own));
	TRY(fields_read(r->arena, own->caller, caller_rows, COUNT(caller_rows), own));
	r->message.tenant_id = own->tenant_id;
	r->message.subject = own->user_id.len > 0 ? own->user_id : own->entity_id;
	r->message.action = STR("resolve");
	if (own->tenant_id.len == 0)
		return complain(r, ERR_SYNTAX, "caller.tenant_id is missing");
	if (own->refs.count + own->bundles.count == 0)
		return complain(r, ERR_SYNTAX, "the request names no secret");
	if (own->refs.count + own->bundles.count > most)
		return complain(r, ERR_LIMIT,
		    "the request names more secrets than secrets.max_per_request");
	own->item_capacity = most;
	own->items = ARENA_ARRAY(r->arena, struct secret_item, most);
	if (own->items == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < own->refs.count; i++) {
		struct secret_item *item = &own->items[own->item_count++];

		item->spec = own->refs.at[i];
		TRY(fields_read(r->arena, item->spec, ref_rows, COUNT(ref_rows), item));
	}
	r->own = own; /* from here on there may be values: finish() sees to them */
	return ERR_OK;
}

/* ---- providers ---- */

static const char *const elsewhere[] = { "vault", "hashicorp", "aws", "azure", "gcp" };

/* The store that a reference means; NULL and why: there is none. */
static err_t
find_store(const struct commons *c, const struct secret_item *item, struct store *ret,
    const char **ret_why)
{
	str_t provider = item->provider;
	bool any = provider.len == 0;

	for (size_t i = 0; i < COUNT(elsewhere); i++) {
		if (str_eq_nocase(provider, str_of(elsewhere[i]))) {
			*ret_why = "its provider is not reachable behind the air gap";
			return ERR_PROVIDER;
		}
	}
	if ((any || str_eq_nocase(provider, STR("local")) ||
		str_eq_nocase(provider, STR("file"))) &&
	    c->secrets_dir.len > 0) {
		*ret = (struct store){ STORE_TENANTS, c->secrets_dir.data };
		return ERR_OK;
	}
	if ((any || str_eq_nocase(provider, STR("systemd"))) && c->credentials_dir.len > 0) {
		*ret = (struct store){ STORE_CREDENTIALS, c->credentials_dir.data };
		return ERR_OK;
	}
	*ret_why = "no provider of that name is configured";
	return ERR_PROVIDER;
}

/*
 * The policy saw a name: that name is what is read.  A path that led elsewhere would be read
 * under another's permission.
 */
static err_t
check_reference(const struct secret_item *item, const char **ret_why)
{
	if (item->path.len > 0 && !str_eq(item->path, item->name)) {
		*ret_why = "a secret is found here by its name, not by a path";
		return ERR_NOT_FOUND;
	}
	if (item->version.len > 0 && !str_eq(item->version, STR("latest"))) {
		*ret_why = "secrets have no versions here";
		return ERR_NOT_FOUND;
	}
	return ERR_OK;
}

/* ---- bundles ---- */

/*
 * A bundle becomes the secrets in it.  One that cannot be read becomes a secret without a
 * name, so that the policy is asked before the caller learns that.
 */
static void
add_bundle(struct request *r, struct secrets_request *own, str_t bundle, size_t room)
{
	const struct commons *c = r->worker->options.commons;
	struct store store = { STORE_TENANTS, c->secrets_dir.data };
	struct secret_item missing = { .bundle = bundle, .name = STR("") };
	struct store_names names = { 0 };

	if (c->secrets_dir.len == 0) {
		missing.err = ERR_PROVIDER;
		missing.why = "no directory of secrets is configured";
	} else {
		missing.err =
		    store_list(&store, own->tenant_id, bundle, r->arena, &names, &missing.why);
	}
	if (missing.err == ERR_OK && names.count == 0) {
		missing.err = ERR_NOT_FOUND;
		missing.why = "there is no such bundle";
	} else if (missing.err == ERR_OK && names.count > room) {
		missing.err = ERR_LIMIT;
		missing.why =
		    "the bundle has more secrets than secrets.max_per_request leaves room for";
	}
	if (missing.err != ERR_OK) {
		own->items[own->item_count++] = missing;
		return;
	}
	for (size_t i = 0; i < names.count; i++)
		own->items[own->item_count++] = (struct secret_item){
			.name = names.at[i], .bundle = bundle, .provider = STR("local")
		};
}

static void
add_bundles(struct request *r, struct secrets_request *own)
{
	for (size_t i = 0; i < own->bundles.count; i++) {
		size_t after = own->bundles.count - i - 1; /* each needs one place at least */

		add_bundle(r, own, own->bundles.at[i],
		    own->item_capacity - own->item_count - after);
	}
}

/* ---- ask ---- */

static value_t
make_list(struct request *r, const struct field_texts *texts)
{
	value_t *items = ARENA_ARRAY(r->arena, value_t, texts->count);

	for (size_t i = 0; items != NULL && i < texts->count; i++)
		items[i] = input_text(r, texts->at[i]);
	return items != NULL ? value_array_of(items, texts->count) : VALUE_NONE;
}

static value_t
make_input(struct request *r, const struct secrets_request *own,
    const struct secret_item *item)
{
	struct object_builder input;

	object_builder_init(&input, r->arena, 10);
	input_add(r, &input, STR("tenant_id"), input_text(r, own->tenant_id));
	input_add(r, &input, STR("user_id"), input_text(r, own->user_id));
	input_add(r, &input, STR("groups"), make_list(r, &own->groups));
	input_add(r, &input, STR("teams"), make_list(r, &own->teams));
	input_add(r, &input, STR("entity_id"), input_text(r, own->entity_id));
	input_add(r, &input, STR("name"), input_text(r, item->name));
	input_add(r, &input, STR("provider"), input_text(r, item->provider));
	input_add(r, &input, STR("path"), input_text(r, item->path));
	input_add(r, &input, STR("version"), input_text(r, item->version));
	input_add(r, &input, STR("bundle"), input_text(r, item->bundle));
	return object_builder_freeze(&input, OBJECT_LAST_WINS, NULL);
}

static err_t
read_item(struct request *r, struct secrets_request *own, struct secret_item *item,
    const char **ret_why)
{
	size_t most = (size_t)r->book->config.secrets_max_value_kb << 10;
	struct store store;

	if (item->err != ERR_OK) {
		*ret_why = item->why;
		return item->err;
	}
	TRY(find_store(r->worker->options.commons, item, &store, ret_why));
	TRY(check_reference(item, ret_why));
	TRY(store_read(&store, own->tenant_id, item->bundle, item->name, most, &item->value,
	    ret_why));
	if (secret_str(item->value).len > VALUES_MAX - own->value_bytes) {
		secret_free(&item->value);
		*ret_why = "the answer would be too big";
		return ERR_LIMIT;
	}
	return ERR_OK;
}

/* Whole characters of a text, as many as there is room for. */
static str_t
cut_text(str_t text, size_t most)
{
	size_t len = text.len < most ? text.len : most;

	while (len < text.len && len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
		len--;
	return str_cut(text, len);
}

static void
keep_reason(const struct request *r, struct secret_item *item)
{
	str_t reason = cut_text(r->reason, REASON_MAX);

	memcpy(item->reason, reason.len > 0 ? reason.data : "", reason.len);
	item->reason_len = reason.len;
}

/* For the record: `secret/NAME`, `secret/BUNDLE/NAME`. */
static str_t
name_resource(struct request *r, const struct secret_item *item)
{
	struct buf *name = &r->worker->scratch;

	buf_clear(name);
	buf_add_text(name, "secret/");
	if (item->bundle.len > 0) {
		buf_add_str(name, cut_text(item->bundle, STORE_NAME_MAX));
		buf_add_char(name, '/');
	}
	buf_add_str(name, cut_text(item->name, STORE_NAME_MAX));
	return arena_str(r->notes, buf_str(name));
}

/* The same three steps that a whole request takes: ask, act, record. */
static void
resolve_item(struct request *r, struct secrets_request *own, struct secret_item *item)
{
	struct question q = { .rule = r->book->config.policy_secret_rule,
		.input = make_input(r, own, item),
		.with_reasons = true };
	const char *why = "";

	r->message.resource = name_resource(r, item);
	if (!value_is_defined(q.input) || request_decide(r, &q) != ERR_OK)
		request_deny(r, PROBLEM_POLICY_DENIED, str_of(err_text(ERR_MEMORY)));
	if (!r->allow) {
		item->err = ERR_REFUSED;
	} else {
		item->err = read_item(r, own, item, &why);
		/* A file that is not to be trusted is no denial. */
		if (item->err == ERR_REFUSED)
			item->err = ERR_INTERNAL;
		if (item->err != ERR_OK)
			request_deny(r, PROBLEM_SECRETS_UNAVAILABLE, str_of(why));
	}
	if (!request_note(r) && item->err == ERR_OK) {
		item->err = ERR_AUDIT;
		request_deny(r, PROBLEM_AUDIT_UNAVAILABLE, str_of(err_text(ERR_AUDIT)));
		secret_free(&item->value);
	}
	keep_reason(r, item);
	if (item->value != NULL) {
		own->resolved++;
		own->value_bytes += secret_str(item->value).len;
	}
}

/* PERMISSION_DENIED, NOT_FOUND, UNAVAILABLE or INTERNAL: nothing else, as clients expect. */
static err_t
outward(err_t err)
{
	bool is_told = err == ERR_REFUSED || err == ERR_NOT_FOUND || err == ERR_PROVIDER ||
	    err == ERR_AUDIT;

	return is_told ? err : ERR_INTERNAL;
}

static void
add_quoted(struct buf *text, const char *kind, str_t name)
{
	buf_printf(text, "%s `", kind);
	buf_add_str(text, name);
	buf_add_char(text, '`');
}

/* A token in the place of a name is not to be shown. */
static str_t
shown_name(str_t name)
{
	return message_is_token(name) ? STR("(a token)") : cut_text(name, STORE_NAME_MAX);
}

static void
add_failure(struct buf *text, const struct secret_item *item)
{
	str_t name = shown_name(item->name), bundle = shown_name(item->bundle);

	if (text->len > 0)
		buf_add_text(text, "; ");
	if (bundle.len > 0)
		add_quoted(text, "bundle", bundle);
	if (bundle.len > 0 && name.len > 0)
		buf_add_text(text, ", ");
	if (name.len > 0 || bundle.len == 0)
		add_quoted(text, "secret", name);
	buf_add_text(text, ": ");
	buf_add_str(text, str_make(item->reason, item->reason_len));
}

static const struct secret_item *
first_failure(const struct secrets_request *own)
{
	for (size_t i = 0; i < own->item_count; i++) {
		if (own->items[i].err != ERR_OK)
			return &own->items[i];
	}
	return NULL;
}

/* What was not given out and why; in the worker's scratch. */
static str_t
tell_failures(const struct request *r, const struct secrets_request *own)
{
	struct buf *text = &r->worker->scratch;

	buf_clear(text);
	for (size_t i = 0; i < own->item_count && text->len < DETAIL_MAX; i++) {
		if (own->items[i].err != ERR_OK)
			add_failure(text, &own->items[i]);
	}
	return cut_text(buf_str(text), DETAIL_MAX);
}

static bool
ask_secrets(struct request *r, struct question *q)
{
	struct secrets_request *own = r->own;
	const struct secret_item *failed;

	add_bundles(r, own);
	for (size_t i = 0; i < own->item_count; i++) {
		struct arena_mark values = arena_mark(r->arena), notes = arena_mark(r->notes);

		resolve_item(r, own, &own->items[i]);
		r->reason = STR_NONE;
		r->message.resource = STR_NONE;
		r->decision = (struct decision){ 0 };
		arena_release(r->arena, values);
		arena_release(r->notes, notes);
	}
	failed = first_failure(own);
	r->allow = own->resolved > 0;
	if (own->resolved == 0 && failed != NULL) {
		str_t text = tell_failures(r, own);

		request_fail(r, outward(failed->err), arena_str(r->notes, text));
	}
	return false;
}

/* ---- respond ---- */

static size_t
resolved_size(const struct secret_item *item)
{
	size_t spec = item->spec.len > 0 ? item->spec.len : wire_bytes_size(1, item->name.len);

	return wire_bytes_size(1, item->name.len) +
	       wire_bytes_size(2, secret_str(item->value).len) +
	       wire_bytes_size(3, item->bundle.len) + wire_bytes_size(4, spec);
}

static void
write_resolved(struct buf *out, const struct secret_item *item)
{
	wire_write_head(out, 1, resolved_size(item));
	wire_write_bytes(out, 1, item->name);
	wire_write_bytes(out, 2, secret_str(item->value));
	wire_write_bytes(out, 3, item->bundle);
	if (item->spec.len > 0) {
		wire_write_bytes(out, 4, item->spec);
	} else {
		wire_write_head(out, 4, wire_bytes_size(1, item->name.len));
		wire_write_bytes(out, 1, item->name);
	}
}

static uint32_t
http_status(err_t err)
{
	switch (outward(err)) {
	case ERR_REFUSED:
		return 403;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_PROVIDER:
	case ERR_AUDIT:
		return 503;
	default:
		return 500;
	}
}

static void
respond_secrets(const struct request *r, struct buf *out)
{
	const struct secrets_request *own = r->own;
	const struct secret_item *failed = first_failure(own);
	size_t size = DETAIL_MAX + 1024;

	for (size_t i = 0; i < own->item_count; i++) {
		if (own->items[i].value != NULL)
			size += resolved_size(&own->items[i]) + 16;
	}
	/* At once: memory that grows would leave values behind. */
	if (!buf_reserve(out, size))
		return;
	for (size_t i = 0; i < own->item_count; i++) {
		if (own->items[i].value != NULL)
			write_resolved(out, &own->items[i]);
	}
	if (failed == NULL)
		return;
	message_write_problem_status(out, 2, PROBLEM_SECRETS_PARTIAL, http_status(failed->err), tell_failures(r, own));
}

static void
refuse_secrets(struct buf *out, str_t reason)
{
	message_write_problem(out, 2, PROBLEM_SECRETS_UNAVAILABLE, reason);
}

static void
finish_secrets(struct request *r)
{
	struct secrets_request *own = r->own;

	for (size_t i = 0; own != NULL && i < own->item_count; i++)
		secret_free(&own->items[i].value);
}

const struct handler service_resolve_secret = {
	.decode = decode_secrets,
	.ask = ask_secrets,
	.respond = respond_secrets,
	.refuse = refuse_secrets,
	.finish = finish_secrets,
	.flags = HANDLER_SECRET,
};
