/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: the file of cache.config_path: values, flags, rate limits, tenants.
 *
 *   values:                       texts for ConfigService
 *     region: eu-1
 *   flags:                        see flag.h
 *     new-checkout: { rules: [ { tenants: [acme], rollout: 25, serve: on } ] }
 *   rate_limits:                  the first whose key and tenants fit counts
 *     - { key: login, limit: 5, window_secs: 60 }
 *     - { key: "export.*", tenants: [acme], limit: 2, window_secs: 3600 }
 *   tenants:                      when there are any, others are unknown
 *     acme: { name: Acme Corp, aliases: [acme-corp], attributes: { plan: team } }
 *
 *   lifetime  in the arena given; immutable
 *   threads   free to share
 *   failure   ERR_CONFIG and findings, each with file, line and column; nothing of a file
 *             that has one is used
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/diag.h"
#include "base/err.h"
#include "settings/flag.h"

enum { SETTINGS_VERSION_LEN = 16 };

struct settings_pair {
	str_t key, value;
};

struct settings_pairs {
	const struct settings_pair *at;
	size_t count;
};

struct settings_rate {
	str_t key; /* a last "*" stands for any ending */
	struct flag_texts tenants; /* none: all */
	uint32_t limit, window_secs;
};

struct settings_tenant {
	str_t id, name;
	struct flag_texts aliases;
	struct settings_pairs attributes;
};

struct settings {
	str_t version; /* of the text: the first digits of its SHA-256; empty: there is no file */
	struct settings_pairs values; /* by key */
	const struct flag *flags; /* by key */
	size_t flag_count;
	const struct settings_rate *rates; /* as written */
	size_t rate_count;
	const struct settings_tenant *tenants; /* by id */
	size_t tenant_count;
};

err_t settings_read(struct arena *, str_t name, str_t text, struct diag *, struct settings *ret);

const struct flag *settings_flag(const struct settings *, str_t key); /* NULL: there is none */
const struct settings_rate *settings_rate(const struct settings *, str_t tenant, str_t key); /* NULL */
const struct settings_tenant *settings_tenant(const struct settings *, str_t id_or_alias); /* NULL */

#endif
