/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulebook: everything that a reload replaces, as one thing.
 *
 * Configuration, policy, data, key set, and what follows from them.  Made by the
 * maintenance thread, published through base/shared, immutable; a worker looks
 * at one for the whole of a request.
 *
 *   lifetime  rulebook_make to rulebook_destroy, by whoever lets go last
 *   failure   err_t and findings; nothing is changed
 */
#ifndef SIDECAR_RULEBOOK_H
#define SIDECAR_RULEBOOK_H

#include "audit/mask.h"
#include "config/delivery.h"
#include "config/config.h"
#include "engine/snapshot.h"
#include "license/license.h"
#include "net/allow.h"
#include "settings/settings.h"
#include "sidecar/key_files.h"
#include "sidecar/metric.h"
#include "token/issuers.h"
#include "token/local.h"

#define RULEBOOK_ADMITS_NOT "this client may not call this service (tls.allowed_clients)"

struct rulebook {
	struct arena *arena;
	struct config config;
	struct snapshot *snapshot; /* with or without a policy */
	struct issuers issuers;
	struct jwks **key_sets; /* shared: each that an issuer has, once */
	size_t key_set_count;
	struct local_key *local_key; /* NULL: this host issues no tokens */
	struct audit_mask mask;
	struct license license;
	struct allow_list clients; /* tls.allowed_clients */
	struct settings settings; /* of cache.config_path */
	int64_t settings_s; /* wall: when they came into use */
	struct metric_names metric_names; /* given when it is published */
	int64_t made_s; /* wall clock */
	uint64_t generation; /* grows with each: caches compare it */
	bool development;
	bool serves_last_good; /* instead of what is delivered */
	bool believes_anything; /* development without a key set: any well-formed token */
	str_t note; /* what each audit record must say: "development", or empty */
};

struct rulebook_bundle { /* of one bundle that the configuration names */
	str_t id; /* config/delivery.h */
	str_t name, bytes;
	bool was_in_use, is_last_good;
};

struct rulebook_texts { /* what it is made from */
	str_t config_name, config_text;
	const struct config_inputs *inputs;
	const struct rulebook_bundle *bundles;
	size_t bundle_count;
	const struct key_files *key_files;
	str_t settings_name, settings;
	str_t license; /* empty: none */
	const struct jwks *license_keys;
	int64_t settings_s;
	int64_t date_s; /* wall: at which dates are judged */
};

err_t rulebook_make(const struct rulebook_texts *, uint64_t generation, struct diag *,
    struct rulebook **ret);
size_t rulebook_key_count(const struct rulebook *); /* in all its key sets */
/* Whether tls.allowed_clients lets the peer call that; who comes by a Unix socket was let in there. */
bool rulebook_admits(const struct rulebook *, const struct peer *, str_t path);
void rulebook_destroy(void *rulebook); /* a shared_destroy_fn */

/* Of a bundle's configuration; NULL: it is not configured any more. */
const struct config_delivery *rulebook_find_delivery(const struct config_delivery *, size_t count,
    str_t id);
/* All that the configuration names, the main one first; in the arena. */
err_t rulebook_list_deliveries(struct arena *, const struct config *,
    const struct config_delivery **ret, size_t *ret_count);
/* The keys of a bundle, without those that are revoked. */
err_t rulebook_read_keys(const struct config *, const struct config_delivery *, struct diag *,
    struct bundle_keys **ret);

/* The policy has expired, and nothing may be allowed by it any more (policy.on_expired: deny). */
bool rulebook_is_over(const struct rulebook *, int64_t now);

/* Asks the default rule something, so that a policy that cannot run is not published. */
err_t rulebook_check(const struct rulebook *, struct diag *);

#endif
