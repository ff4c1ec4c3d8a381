/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot: everything a decision rests on, built aside and published whole.
 *
 * Policy program, base data, their strings, and where they came from.
 * Made by the maintenance thread (or the command line), read by every worker;
 * immutable from the moment snapshot_make answers ERR_OK.
 *
 *   lifetime  counted by shared.h; its arena goes with it
 *   failure   ERR_BUNDLE, ERR_POLICY, ERR_KEY, ERR_IO: the diag says what, the
 *             snapshot in use is untouched
 */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include "base/diag.h"
#include "base/err.h"
#include "rego/program.h"
#include "value/value.h"

struct snapshot;

struct snapshot_bundle {
	str_t id; /* which of several it is: "main" */
	str_t name; /* of its file, for messages */
	str_t bytes;
	const struct bundle_keys *verify_keys; /* NULL: only with require_signature false */
	unsigned threshold; /* how many keys must have signed; 0: one */
	str_t scope;
	bool was_in_use; /* it may have expired since */
};

struct snapshot_options {
	const struct snapshot_bundle *bundles; /* none of them, or all: their roots do not overlap */
	size_t bundle_count;
	str_t policy_dir; /* development: an unsigned directory; empty: none */
	bool require_signature;
	bool allow_network; /* the `connected` capabilities */
	bool experimental; /* keywords that OPA tries out */
	str_t default_rule; /* data.authz.allow */
	int64_t now; /* unix seconds, for not_before and expires */
	size_t memory_limit; /* bytes; 0: 1 GiB */
};

err_t snapshot_make(const struct snapshot_options *, struct diag *, struct snapshot **ret);
void snapshot_free(struct snapshot **);

/* From texts, for tests, the bench and `core eval`: modules and data already read. */
struct snapshot_module {
	str_t name, text;
	enum rego_version version;
};
err_t snapshot_make_from(const struct snapshot_module *, size_t count, str_t data_json,
    struct diag *, struct snapshot **ret);

const struct intern *snapshot_intern(const struct snapshot *); /* NULL: there is no policy */
const struct rego_program *snapshot_program(const struct snapshot *); /* NULL: no policy */

struct snapshot_bundle_facts {
	str_t id;
	str_t revision; /* of the manifest; empty: none */
	str_t digest; /* SHA-256 of the bundle file, 64 hex digits */
	str_t content; /* likewise of what was signed; empty: unsigned */
	str_t algorithm; /* of the verified signature; empty: unsigned */
	str_t key; /* thumbprint of who signed first */
	uint32_t signer_count;
	uint64_t revision_number; /* 0: not given */
	int64_t created, expires; /* unix seconds; 0: not given */
};

struct snapshot_facts {
	str_t revision; /* of the manifest, of several "r1 geo=r7"; empty: none */
	str_t digest; /* of the first bundle; empty: none */
	str_t algorithm, key; /* likewise */
	uint64_t revision_number; /* likewise; 0: not given */
	int64_t created; /* likewise, unix seconds; 0: not given */
	int64_t expires; /* the first to end of all; 0: none does */
	const struct snapshot_bundle_facts *bundles; /* in the order of the options */
	uint32_t bundle_count;
	uint32_t policy_count; /* packages by first segment below data */
	const str_t *policies;
	uint64_t generation; /* dense, per process: caches compare it */
};
const struct snapshot_facts *snapshot_facts(const struct snapshot *);

/*
 * The entry point of a rule ("data.authz.allow" or "authz.allow").  Rules of the
 * policy are resolved when the snapshot is made, so this is one hash look-up;
 * REGO_ENTRY_NONE when no rule or package has that path.
 */
uint32_t snapshot_entry(const struct snapshot *, str_t rule);
/* The same, and the rule's whole path (data.authz.allow), of the snapshot's lifetime; an empty rule
 * is the default one. */
uint32_t snapshot_find(const struct snapshot *, str_t rule, str_t *ret_path);

/*
 * The document at data.k1.k2…: what `entry` evaluates to, and below that the keys from
 * `used` on; or, where no rule can be, base data (`base`, VALUE_NONE: undefined).  Keys
 * are values and never text of a query.
 */
struct snapshot_document {
	uint32_t entry; /* REGO_ENTRY_NONE: `base` it is */
	uint32_t used;
	value_t base;
	bool has_rules; /* at this path or on the way to it */
};
void snapshot_document(const struct snapshot *, const value_t *keys, size_t count,
    struct snapshot_document *ret);

/* The same modules and data in an empty policy, compiled: for who must add to it. */
struct policy;
err_t snapshot_load_again(const struct snapshot *, struct policy *);

/* The modules as they came, in the order of the bundle. */
size_t snapshot_module_count(const struct snapshot *);
void snapshot_module_at(const struct snapshot *, size_t index, str_t *ret_name, str_t *ret_text);

#endif
