/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/rulebook.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "bundle/keys.h"
#include "config/issuer.h"
#include "crypt/secret.h"
#include "engine/evaluate.h"
#include "sidecar/host.h"
#include "sidecar/rest.h"
#include "sidecar/service.h"

enum { MASK_KEY_FILE_MAX = 256 };
#define CONFIG_BYTES_MAX ((size_t)256 << 20) /* of which settings may need the most */
#define CHECK_BYTES_MAX ((size_t)64 << 20)

/* ---- bundles ---- */

err_t
rulebook_list_deliveries(struct arena *arena, const struct config *c,
    const struct config_delivery **ret, size_t *ret_count)
{
	size_t count = c->policy_bundles.count;
	struct config_delivery *all = ARENA_ARRAY(arena, struct config_delivery, count + 1);

	if (all == NULL)
		return ERR_MEMORY;
	config_delivery_main(c, &all[0]);
	for (size_t i = 0; i < count; i++)
		if (config_delivery_read(arena, c, c->policy_bundles.at[i], &all[i + 1]).len > 0)
			return ERR_CONFIG; /* the configuration was checked: only for lack of memory */
	*ret = all;
	*ret_count = count + 1;
	return ERR_OK;
}

const struct config_delivery *
rulebook_find_delivery(const struct config_delivery *all, size_t count, str_t id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(all[i].name, id))
			return &all[i];
	return NULL;
}

err_t
rulebook_read_keys(const struct config *c, const struct config_delivery *d, struct diag *diag,
    struct bundle_keys **ret)
{
	struct bundle_keys *keys = bundle_keys_new();
	err_t err = keys == NULL ? ERR_MEMORY : ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < d->verify_keys.count; i++)
		err = bundle_keys_add_path(keys, d->verify_keys.at[i].data, diag);
	if (err == ERR_OK && c->policy_revoked_keys.len > 0)
		err = bundle_keys_revoke_path(keys, c->policy_revoked_keys.data, diag);
	if (err != ERR_OK)
		bundle_keys_free(&keys);
	else
		*ret = keys;
	return err;
}

/* A key file that is not there is a finding only when a bundle needs it. */
static err_t
prepare_bundle(struct rulebook *b, const struct rulebook_bundle *from, struct diag *diag,
    struct bundle_keys **keys, struct snapshot_bundle *ret)
{
	const struct config_delivery *all, *d;
	size_t count;

	TRY(rulebook_list_deliveries(b->arena, &b->config, &all, &count));
	d = rulebook_find_delivery(all, count, from->id);
	if (d == NULL)
		return ERR_CONFIG;
	if (b->config.policy_require_signature)
		TRY(rulebook_read_keys(&b->config, d, diag, keys));
	*ret = (struct snapshot_bundle){
		.id = from->id,
		.name = from->name,
		.bytes = from->bytes,
		.verify_keys = *keys,
		.threshold = (unsigned)d->verify_threshold,
		.scope = d->scope,
		.was_in_use = from->was_in_use,
	};
	b->serves_last_good = b->serves_last_good || from->is_last_good;
	return ERR_OK;
}

static err_t
make_snapshot(struct rulebook *b, const struct rulebook_texts *t, struct diag *diag)
{
	struct bundle_keys *keys[CONFIG_DELIVERIES_MAX] = { NULL };
	struct snapshot_bundle bundles[CONFIG_DELIVERIES_MAX];
	const struct config *c = &b->config;
	const struct snapshot_options options = {
		.bundles = bundles,
		.bundle_count = t->bundle_count,
		.policy_dir = c->policy_dir,
		.require_signature = c->policy_require_signature,
		.allow_network = c->policy_capabilities == CONFIG_CONNECTED,
		.experimental = c->policy_experimental,
		.default_rule = c->policy_default_rule,
		.now = t->date_s,
	};
	err_t err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < t->bundle_count; i++)
		err = prepare_bundle(b, &t->bundles[i], diag, &keys[i], &bundles[i]);
	if (err == ERR_OK)
		err = snapshot_make(&options, diag, &b->snapshot);
	for (size_t i = 0; i < t->bundle_count; i++)
		bundle_keys_free(&keys[i]);
	return err;
}

bool
rulebook_is_over(const struct rulebook *b, int64_t now)
{
	int64_t expires = snapshot_facts(b->snapshot)->expires;

	return b->config.policy_on_expired == CONFIG_EXPIRED_DENY && expires > 0 && now >= expires;
}

/* ---- tokens ---- */

/* The set that this path has now; the rulebook keeps it for as long as it lives itself. */
static const struct jwks *
hold_set(struct rulebook *b, const struct key_files *files, str_t path)
{
	struct jwks *set = key_files_find(files, path);

	for (size_t i = 0; i < b->key_set_count; i++)
		if (b->key_sets[i] == set)
			return set;
	if (set != NULL)
		b->key_sets[b->key_set_count++] = jwks_share(set);
	return set;
}

static struct issuer
make_issuer(struct rulebook *b, const struct key_files *files, const struct config_issuer *c)
{
	struct issuer issuer = {
		.name = c->issuer,
		.keys = hold_set(b, files, c->jwks_path),
		.rules.claims = { .audiences = c->audiences.at,
		    .audience_count = c->audiences.count,
		    .leeway = c->leeway_secs },
	};

	for (size_t i = 0; i < c->algorithms.count; i++)
		issuer.rules.jws.algorithms |= ALGORITHM_BIT(algorithm_find(c->algorithms.at[i]));
	return issuer;
}

static err_t
make_issuers(struct rulebook *b, const struct rulebook_texts *t)
{
	const struct config *c = &b->config;
	size_t count = c->auth_issuers.count;
	struct issuer *entries = ARENA_ARRAY(b->arena, struct issuer, count), any;
	struct config_issuer one = {
		.jwks_path = c->auth_jwks_path,
		.audiences = c->auth_audiences,
		.algorithms = c->auth_algorithms,
		.leeway_secs = c->auth_leeway_secs,
	};

	b->key_sets = ARENA_ARRAY(b->arena, struct jwks *, count + 1);
	if (arena_failed(b->arena))
		return ERR_MEMORY;
	any = make_issuer(b, t->key_files, &one);
	for (size_t i = 0; i < count; i++) {
		if (config_issuer_read(b->arena, c, c->auth_issuers.at[i], &one).len > 0)
			return ERR_CONFIG; /* the configuration was checked: only for lack of memory */
		entries[i] = make_issuer(b, t->key_files, &one);
	}
	return issuers_make(b->arena, &any, entries, count, &b->issuers);
}

static err_t
read_local_key(struct rulebook *b, struct diag *diag)
{
	const struct config *c = &b->config;
	struct buf text;
	err_t err;

	if (c->auth_local_key_path.len == 0)
		return ERR_OK;
	buf_init(&text, LOCAL_KEY_MAX + 1);
	err = file_read(NULL, c->auth_local_key_path.data, FILE_SECRET, &text, diag);
	if (err == ERR_OK)
		err = local_key_new(buf_str(&text), c->auth_local_issuer, diag, &b->local_key);
	secret_wipe(text.data, text.len);
	buf_fini(&text);
	return err;
}

/* ---- audit ---- */

static err_t
make_mask(struct rulebook *b, struct diag *diag)
{
	const struct config *c = &b->config;
	struct buf key;
	err_t err = ERR_OK;

	buf_init(&key, MASK_KEY_FILE_MAX);
	if (c->audit_mask_key_path.len > 0)
		err = file_read(NULL, c->audit_mask_key_path.data, FILE_SECRET, &key, diag);
	if (err == ERR_OK)
		err = audit_mask_make(c->audit_mask.at, c->audit_mask.count, buf_str(&key), diag,
		    &b->mask);
	buf_fini(&key);
	return err;
}

/* ---- clients ---- */

static bool
is_served(const struct allow_entry *e)
{
	const struct grpc_method *methods;
	size_t count;

	methods = service_methods(&count);
	for (size_t i = 0; i < count; i++) {
		if (allow_entry_is_for(e, methods[i].path))
			return true;
	}
	return allow_entry_is_for(e, REST_SERVICE);
}

/* A service that is misspelt would be open to whom it shall not be. */
static err_t
list_clients(struct rulebook *b, struct diag *diag)
{
	const struct config_list *texts = &b->config.tls_allowed_clients;

	TRY(allow_list_read(b->arena, texts->at, texts->count, diag, &b->clients));
	for (size_t i = 0; i < b->clients.count; i++) {
		const struct allow_entry *e = &b->clients.at[i];

		if (e->service.len == 0 || is_served(e))
			continue;
		diag_say(diag, "config", "tls.allowed_clients: there is no service \"%.*s\"", STR_FMT(e->service));
		return ERR_CONFIG;
	}
	return ERR_OK;
}

bool
rulebook_admits(const struct rulebook *b, const struct peer *peer, str_t path)
{
	return peer->kind == PEER_UNIX || allow_list_admits(&b->clients, peer, path);
}

/* The text was read once to judge it; the tree borrows what it was read from. */
static err_t
make_settings(struct rulebook *b, const struct rulebook_texts *t, struct diag *diag)
{
	str_t name = arena_str(b->arena, t->settings_name), text = arena_str(b->arena, t->settings);

	if (arena_failed(b->arena))
		return ERR_MEMORY;
	b->settings_s = t->settings_s;
	return settings_read(b->arena, name, text, diag, &b->settings);
}

static err_t
fill(struct rulebook *b, const struct rulebook_texts *t, struct diag *diag)
{
	str_t name = arena_str(b->arena, t->config_name), text = arena_str(b->arena, t->config_text);

	if (arena_failed(b->arena))
		return ERR_MEMORY;
	TRY(config_load_text(b->arena, name, text, t->inputs, diag, &b->config));
	b->development = b->config.environment == CONFIG_DEVELOPMENT;
	b->believes_anything = b->development && key_files_are_absent(t->key_files);
	b->note = b->development ? STR("development") : STR_NONE;
	TRY(make_issuers(b, t));
	TRY(read_local_key(b, diag));
	TRY(make_mask(b, diag));
	TRY(list_clients(b, diag));
	TRY(license_read(b->arena, t->license, t->license_keys, &b->license));
	if (t->settings.len > 0)
		TRY(make_settings(b, t, diag));
	return make_snapshot(b, t, diag);
}

err_t
rulebook_make(const struct rulebook_texts *t, uint64_t generation, struct diag *diag,
    struct rulebook **ret)
{
	struct rulebook *b = calloc(1, sizeof(*b));
	err_t err = ERR_MEMORY;

	if (b == NULL)
		return ERR_MEMORY;
	b->generation = generation;
	b->made_s = clock_wall_s(&clock_system);
	b->arena = arena_new(CONFIG_BYTES_MAX);
	if (b->arena != NULL)
		err = fill(b, t, diag);
	if (err != ERR_OK) {
		diag_keep(diag); /* findings name paths of this configuration */
		rulebook_destroy(b);
	} else {
		*ret = b;
	}
	return err;
}

size_t
rulebook_key_count(const struct rulebook *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->key_set_count; i++)
		count += jwks_count(b->key_sets[i]);
	return count;
}

void
rulebook_destroy(void *rulebook)
{
	struct rulebook *b = rulebook;

	if (b == NULL)
		return;
	local_key_free(&b->local_key);
	while (b->key_set_count > 0)
		jwks_free(&b->key_sets[--b->key_set_count]);
	snapshot_free(&b->snapshot);
	arena_free(&b->arena);
	free(b);
}

err_t
rulebook_check(const struct rulebook *b, struct diag *diag)
{
	struct evaluator *evaluator = evaluator_new(&sidecar_host);
	struct arena *arena = arena_new(CHECK_BYTES_MAX);
	struct question q = { .rule = b->config.policy_default_rule,
		.input = value_empty_object(),
		.with_reasons = true };
	struct decision d;
	err_t err = ERR_MEMORY;

	if (evaluator != NULL && arena != NULL) {
		q.budget.deadline_ns =
		    clock_steady_ns(&clock_system) + b->config.policy_budget_time_ms * CLOCK_NS_PER_MS;
		q.budget.instructions = (uint64_t)b->config.policy_budget_steps;
		evaluate(evaluator, b->snapshot, &q, arena, &d);
		/* No rule, an error on an empty input: the policy's affair.  A broken machine is ours. */
		err = d.err == ERR_INTERNAL || d.err == ERR_MEMORY ? d.err : ERR_OK;
	}
	if (err != ERR_OK)
		diag_say(diag, "policy", "the policy fails the self-check: %s", err_text(err));
	evaluator_free(&evaluator);
	arena_free(&arena);
	return err;
}
