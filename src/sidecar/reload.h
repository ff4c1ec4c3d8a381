/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload: from files to a published rulebook, at start and whenever asked.
 *
 * Read → verify → compile → self-check → publish, all aside.  Each part that is
 * refused (configuration, key set, settings, license, bundle, TLS files) leaves its predecessor in
 * use, and the findings say why; the parts that are good are taken.  At start a
 * bundle that is refused or missing gives way to the last good one in data_dir;
 * if there is none either, the daemon serves and denies.
 *
 *   bundles   the main one and those of policy.bundles.  They are taken together; if that fails,
 *             each by itself with the others as they are.  Either all that are configured serve,
 *             or none
 *   revision  a bundle's revision number never goes below the highest taken into
 *             use (state.h, floor.h), unless a rollback is allowed, which the audit log then says
 *   expiry    a bundle that has expired is not taken; one in use stays, also as the last good
 *             one after a restart: freshness.h says so, or denies
 *   threads   the maintenance thread's alone; what it publishes is for all
 */
#ifndef SIDECAR_RELOAD_H
#define SIDECAR_RELOAD_H

#include "audit/writer.h"
#include "base/log.h"
#include "base/shared.h"
#include "sidecar/clock_mark.h"
#include "sidecar/rulebook.h"
#include "sidecar/state.h"
#include "sidecar/vitals.h"

struct commons;

struct reload_bundle {
	str_t id; /* config/delivery.h */
	struct buf bytes, name; /* in use; empty: none */
	bool is_last_good;
	struct state state;
};

struct reload {
	const struct log *log;
	struct arena *arena; /* of the process: names and places of bundles */
	struct config_inputs inputs;
	struct shared *books; /* of struct rulebook */
	struct shared *tls; /* of struct tls_context; empty while tls is off */
	struct shared_view view; /* of books: what was published last */
	struct revoked *revoked; /* where delivered revocations go; NULL until there is one */
	struct audit_writer *audit; /* NULL until there is one */
	uint64_t generation;

	struct reload_bundle bundles[CONFIG_DELIVERIES_MAX];
	size_t bundle_count;

	struct jwks *license_keys; /* embedded */
	struct key_files key_files; /* of tokens */
	const struct clock_mark *clock; /* set before reload_first */
	struct buf config_text, settings, license; /* the texts in use … */
	int64_t settings_s; /* wall: when they came into use */
	struct buf config_name, settings_name; /* … and the names of their files */

	struct commons *commons; /* where vitals are told and tenants get their names */
	struct vitals vitals;
	str_t last_problem; /* of the last reload; empty: it went well */
	struct arena *last_arena; /* that text's */
};

/* Takes over `config_text`, which is emptied. */
err_t reload_init(struct reload *, const struct log *, struct commons *, const struct config_inputs *,
    str_t config_name, struct buf *config_text);
void reload_fini(struct reload *);

/* ERR_OK whenever there is something to serve with; findings are logged. */
err_t reload_first(struct reload *);
/* SIGHUP: configuration, key set, settings, license, bundle and TLS files.  The first error, after all was tried. */
err_t reload_everything(struct reload *, struct diag *);
/* A bundle that `core` holds open; closes nothing.  `id` says which one it replaces. */
err_t reload_policy(struct reload *, int bundle_fd, str_t id, str_t name, bool allow_rollback,
    struct diag *);

void reload_tell_vitals(struct reload *); /* after a change of them */
/* ,"bundles":[…]: each that is in use, for `core sidecar status`. */
void reload_write_bundles(struct reload *, struct buf *);
/* Tokens that auth.revocations_path names are revoked from now on. */
err_t reload_take_revocations(struct reload *, const struct config *, struct diag *);

const struct rulebook *reload_current(struct reload *); /* until the next reload */

#endif
