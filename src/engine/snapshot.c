/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/must.h"
#include "bundle/build.h"
#include "bundle/bundle.h"
#include "bundle/roots.h"
#include "engine/policy.h"
#include "rego/compile.h"

enum { RULES_MAX = 100000 };

#define DEFAULT_MEMORY ((size_t)1 << 30)
#define SCRATCH_MEMORY (BUNDLE_UNPACKED_MAX + ((size_t)64 << 20))

struct rule_entry {
	str_t path; /* data.authz.allow */
	uint32_t entry;
};

struct snapshot {
	struct policy *policy; /* NULL: no policy */
	struct arena *arena; /* facts and the table of rules */
	struct snapshot_facts facts;
	str_t default_rule; /* may be empty */
	struct rule_entry *rules; /* open-addressed by the path's hash */
	uint32_t rule_mask;
	uint32_t *entries; /* by the node's id */
	size_t entry_count;
};

static _Atomic uint64_t last_generation = 0;

/* ---- the table of rules ---- */

static struct rule_entry *
find_rule(const struct snapshot *s, str_t path)
{
	uint32_t at = value_hash_bytes(path.data, path.len) & s->rule_mask;

	while (s->rules[at].path.data != NULL && !str_eq(s->rules[at].path, path))
		at = (at + 1) & s->rule_mask;
	return &s->rules[at];
}

static size_t
count_nodes(const struct rego_node *node)
{
	size_t count = 1;

	for (size_t i = 0; i < node->children.count; i++)
		count += count_nodes(node->children.at[i]);
	return count;
}

static bool
is_plain_name(str_t name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return name.len > 0;
}

static bool
has_document(const struct rego_node *node)
{
	for (size_t i = 0; i < node->rules.count; i++) {
		if (!ast_takes_args(&node->rules.at[i]->head))
			return true;
	}
	return node->children.count > 0;
}

/* Every rule and package gets its entry point now, so that a request only looks it up. */
static err_t
add_rules(struct snapshot *s, const struct rego_node *node, str_t path)
{
	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];
		struct rule_entry *slot;
		str_t below;

		if (child->key.tag != VALUE_STRING || !has_document(child))
			continue;
		if (str_find_char(value_str(child->key), '"', 0) < child->key.count)
			continue; /* no path can spell it */
		below = is_plain_name(value_str(child->key))
		    ? arena_printf(s->arena, "%.*s.%.*s", STR_FMT(path), STR_FMT(value_str(child->key)))
		    : arena_printf(s->arena, "%.*s[\"%.*s\"]", STR_FMT(path), STR_FMT(value_str(child->key)));
		if (below.data == NULL)
			return ERR_MEMORY;
		slot = find_rule(s, below);
		slot->path = below;
		TRY(policy_entry(s->policy, below, &slot->entry));
		must(child->id < s->entry_count);
		s->entries[child->id] = slot->entry;
		TRY(add_rules(s, child, below));
	}
	return ERR_OK;
}

static err_t
index_rules(struct snapshot *s)
{
	size_t count = count_nodes(s->policy->unit.root);
	uint32_t slots = 16;

	if (count > RULES_MAX)
		return ERR_LIMIT;
	while (slots < count * 2)
		slots *= 2;
	s->rules = ARENA_ARRAY(s->arena, struct rule_entry, slots);
	s->entries = ARENA_ARRAY(s->arena, uint32_t, count);
	if (s->rules == NULL || s->entries == NULL)
		return ERR_MEMORY;
	s->rule_mask = slots - 1;
	s->entry_count = count;
	for (size_t i = 0; i < count; i++)
		s->entries[i] = REGO_ENTRY_NONE;
	must(s->policy->unit.root->id < count);
	TRY(policy_entry(s->policy, STR("data"), &s->entries[s->policy->unit.root->id]));
	return add_rules(s, s->policy->unit.root, STR("data"));
}

uint32_t
snapshot_find(const struct snapshot *s, str_t rule, str_t *ret_path)
{
	char full[512];
	const struct rule_entry *found;

	if (rule.len == 0)
		rule = s->default_rule;
	*ret_path = rule;
	if (s->rules == NULL)
		return REGO_ENTRY_NONE;
	if (!str_has_prefix(rule, STR("data."))) {
		if (rule.len == 0 || rule.len + 5 > sizeof(full))
			return REGO_ENTRY_NONE;
		memcpy(full, "data.", 5);
		memcpy(full + 5, rule.data, rule.len);
		rule = str_make(full, rule.len + 5);
	}
	found = find_rule(s, rule);
	if (found->path.data == NULL)
		return REGO_ENTRY_NONE;
	*ret_path = found->path;
	return found->entry;
}

uint32_t
snapshot_entry(const struct snapshot *s, str_t rule)
{
	str_t path;

	return snapshot_find(s, rule, &path);
}

/* ---- documents ---- */

static const struct rego_node *
find_child(const struct rego_node *node, value_t key)
{
	size_t low = 0, high = node->children.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = value_compare(node->children.at[middle]->key, key);

		if (order == 0)
			return node->children.at[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void
snapshot_document(const struct snapshot *s, const value_t *keys, size_t count,
    struct snapshot_document *ret)
{
	const struct rego_node *node = s->policy != NULL ? s->policy->unit.root : NULL;
	uint32_t used = 0;

	*ret = (struct snapshot_document){ .entry = REGO_ENTRY_NONE };
	if (node == NULL)
		return;
	while (used < count && node->rules.count == 0) {
		const struct rego_node *child = find_child(node, keys[used]);

		if (child == NULL || child->hidden || !has_document(child))
			break;
		node = child;
		used++;
	}
	ret->has_rules = node->rules.count > 0;
	if (used == count || node->rules.count > 0) {
		ret->entry = s->entries[node->id];
		ret->used = used;
		return;
	}
	/* Below a package, beside its rules: what stands there came as data. */
	ret->base = s->policy->unit.data;
	for (size_t i = 0; i < count && value_is_defined(ret->base); i++)
		ret->base = value_get(ret->base, keys[i]);
}

size_t
snapshot_module_count(const struct snapshot *s)
{
	return s->policy != NULL ? s->policy->unit.files.count : 0;
}

void
snapshot_module_at(const struct snapshot *s, size_t index, str_t *ret_name, str_t *ret_text)
{
	*ret_name = s->policy->unit.files.at[index].name;
	*ret_text = s->policy->unit.files.at[index].text;
}

err_t
snapshot_load_again(const struct snapshot *s, struct policy *p)
{
	const struct rego_unit *unit = s->policy != NULL ? &s->policy->unit : NULL;

	if (unit == NULL)
		return policy_compile(p);
	p->unit.capabilities = unit->capabilities;
	p->unit.experimental = unit->experimental;
	if (value_is_defined(unit->data))
		policy_add_data(p, value_copy(p->arena, p->unit.intern, unit->data));
	for (size_t i = 0; i < unit->modules.count; i++) {
		const struct ast_module *m = unit->modules.at[i];
		const struct rego_file *f = &unit->files.at[m->file];

		TRY(policy_add_module(p, f->name, f->text, m->version));
	}
	return policy_compile(p);
}

/* ---- making ---- */

/* Of several bundles two may have files of one name. */
static str_t
name_module(struct snapshot *s, const struct snapshot_bundle *from, str_t name)
{
	return from == NULL ? name
			    : arena_printf(s->policy->arena, "%.*s/%.*s", STR_FMT(from->id), STR_FMT(name));
}

static err_t
add_bundle(struct snapshot *s, const struct bundle *b, const struct snapshot_bundle *from)
{
	policy_add_data(s->policy, b->data);
	for (size_t i = 0; i < b->module_count; i++) {
		enum rego_version version = b->modules[i].rego_version == 0 ? REGO_V0 : REGO_V1;

		TRY(policy_add_module(s->policy, name_module(s, from, b->modules[i].name),
		    b->modules[i].text, version));
	}
	return ERR_OK;
}

/* Packages below one first segment may come from several bundles. */
static err_t
note_policies(struct snapshot *s, const struct bundle *bundles, size_t count)
{
	size_t most = 0, found = 0;
	str_t *policies;

	for (size_t i = 0; i < count; i++)
		most += bundles[i].policy_count;
	policies = ARENA_ARRAY(s->arena, str_t, most);
	if (policies == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < bundles[i].policy_count; k++) {
			size_t same = 0;

			while (same < found && !str_eq(policies[same], bundles[i].policies[k]))
				same++;
			if (same == found)
				policies[found++] = arena_str(s->arena, bundles[i].policies[k]);
		}
	s->facts.policies = policies;
	s->facts.policy_count = (uint32_t)found;
	return ERR_OK;
}

static void
note_bundle(struct snapshot *s, const struct bundle *b, str_t id, struct snapshot_bundle_facts *f)
{
	const struct bundle_signature *sig = &b->signature;

	f->id = arena_str(s->arena, id);
	f->revision = arena_str(s->arena, b->manifest.revision);
	f->digest = arena_str(s->arena, str_make(b->digest, sizeof(b->digest)));
	f->revision_number = sig->revision_number;
	f->created = sig->created;
	f->expires = sig->expires;
	f->signer_count = (uint32_t)sig->signer_count;
	if (!sig->verified)
		return;
	f->content = arena_str(s->arena, str_make(sig->content, sizeof(sig->content)));
	f->algorithm = str_of(algorithm_name(sig->algorithm));
	f->key = arena_str(s->arena, sig->key);
}

static err_t
note_facts(struct snapshot *s, const struct snapshot_options *options, const struct bundle *bundles)
{
	struct snapshot_facts *f = &s->facts;
	struct snapshot_bundle_facts *all =
	    ARENA_ARRAY(s->arena, struct snapshot_bundle_facts, options->bundle_count);

	if (all == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < options->bundle_count; i++) {
		note_bundle(s, &bundles[i], options->bundles[i].id, &all[i]);
		if (all[i].expires > 0 && (f->expires == 0 || all[i].expires < f->expires))
			f->expires = all[i].expires;
		f->revision = i == 0 ? all[i].revision
				     : arena_printf(s->arena, "%.*s %.*s=%.*s", STR_FMT(f->revision),
					   STR_FMT(all[i].id), STR_FMT(all[i].revision));
	}
	f->bundles = all;
	f->bundle_count = (uint32_t)options->bundle_count;
	if (f->bundle_count == 0) {
		f->revision = arena_str(s->arena, bundles[0].manifest.revision);
		return ERR_OK;
	}
	f->digest = all[0].digest;
	f->algorithm = all[0].algorithm;
	f->key = all[0].key;
	f->revision_number = all[0].revision_number;
	f->created = all[0].created;
	return ERR_OK;
}

static err_t
read_directory(struct snapshot *s, str_t name, struct diag *diag, struct bundle *ret)
{
	str_t dir = arena_str(s->arena, name);
	struct bundle_files files;

	TRY(bundle_gather(dir.data, false, s->policy->arena, diag, &files));
	return bundle_read_files(files.at, files.count, s->policy->arena, s->policy->unit.intern, diag,
	    ret);
}

/* The unpacked bundle is as large as its data and is gone when the data is read. */
static err_t
read_unpacked(struct snapshot *s, str_t bytes, struct bundle_options *reading, struct diag *diag,
    struct bundle *ret)
{
	err_t e;

	reading->scratch = arena_new(SCRATCH_MEMORY);
	if (reading->scratch == NULL)
		return ERR_MEMORY;
	e = bundle_read(bytes, reading, s->policy->arena, s->policy->unit.intern, diag, ret);
	if (e != ERR_OK)
		diag_keep(diag); /* findings quote the unpacked texts */
	ret->files = NULL;
	ret->file_count = 0;
	arena_free(&reading->scratch);
	return e;
}

static err_t
read_bundle(struct snapshot *s, const struct snapshot_options *options,
    const struct snapshot_bundle *from, struct diag *diag, struct bundle *ret)
{
	struct bundle_options reading = { .name = from->name,
		.keys = from->verify_keys,
		.require_signature = options->require_signature,
		.threshold = from->threshold,
		.scope = from->scope,
		.ignore_expiry = from->was_in_use,
		.now = options->now };
	struct diag aside;
	err_t e;

	if (options->bundle_count == 1)
		return read_unpacked(s, from->bytes, &reading, diag, ret);
	diag_init(&aside, s->policy->arena, 4);
	e = read_unpacked(s, from->bytes, &reading, &aside, ret);
	if (e != ERR_OK && aside.error_count > 0) /* of several: which */
		diag_say(diag, "bundle", "%.*s: %.*s", STR_FMT(from->id), STR_FMT(diag_first_message(&aside)));
	return e;
}

static err_t
read_bundles(struct snapshot *s, const struct snapshot_options *options, struct diag *diag,
    struct bundle *bundles)
{
	size_t count = options->bundle_count;
	struct roots_owner *owners = ARENA_ARRAY(s->policy->arena, struct roots_owner, count);

	if (owners == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		TRY(read_bundle(s, options, &options->bundles[i], diag, &bundles[i]));
		owners[i] = (struct roots_owner){ options->bundles[i].id, &bundles[i].manifest };
	}
	return count > 1 ? roots_check(owners, count, s->policy->arena, diag) : ERR_OK;
}

static err_t
load_policy(struct snapshot *s, const struct snapshot_options *options, struct diag *diag)
{
	size_t limit = options->memory_limit != 0 ? options->memory_limit : DEFAULT_MEMORY;
	size_t count = options->bundle_count > 0 ? options->bundle_count : 1;
	struct bundle *bundles;

	TRY(policy_new(limit, diag, &s->policy));
	bundles = ARENA_ARRAY(s->policy->arena, struct bundle, count);
	if (bundles == NULL)
		return ERR_MEMORY;
	if (options->bundle_count > 0)
		TRY(read_bundles(s, options, diag, bundles));
	else
		TRY(read_directory(s, options->policy_dir, diag, bundles));
	s->policy->unit.experimental = options->experimental;
	s->policy->unit.check_data_conflicts = true;
	s->policy->unit.capabilities =
	    options->allow_network ? &rego_capabilities_connected : &rego_capabilities_air_gapped;
	for (size_t i = 0; i < count; i++)
		TRY(add_bundle(s, &bundles[i], count > 1 ? &options->bundles[i] : NULL));
	TRY(policy_compile(s->policy));
	TRY(note_policies(s, bundles, count));
	TRY(note_facts(s, options, bundles));
	if (arena_failed(s->arena))
		return ERR_MEMORY;
	return index_rules(s);
}

static struct snapshot *
begin(void)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->arena = arena_new(DEFAULT_MEMORY);
	if (s->arena == NULL)
		snapshot_free(&s);
	else
		s->facts.generation = atomic_fetch_add(&last_generation, 1) + 1;
	return s;
}

err_t
snapshot_make(const struct snapshot_options *options, struct diag *diag, struct snapshot **ret)
{
	struct snapshot *s = begin();
	err_t e = s != NULL ? ERR_OK : ERR_MEMORY;

	if (e == ERR_OK)
		s->default_rule = arena_str(s->arena, options->default_rule);
	if (e == ERR_OK && (options->bundle_count > 0 || options->policy_dir.len > 0))
		e = load_policy(s, options, diag);
	if (e != ERR_OK) {
		diag_keep(diag); /* findings quote the modules' texts */
		snapshot_free(&s);
		return e;
	}
	*ret = s;
	return ERR_OK;
}

static err_t
load_sources(struct snapshot *s, const struct snapshot_module *modules, size_t count, str_t data_json,
    struct diag *diag)
{
	TRY(policy_new(DEFAULT_MEMORY, diag, &s->policy));
	if (data_json.len > 0)
		TRY(policy_add_data_json(s->policy, STR("data.json"), data_json));
	for (size_t i = 0; i < count; i++)
		TRY(policy_add_module(s->policy, modules[i].name, modules[i].text, modules[i].version));
	TRY(policy_compile(s->policy));
	return index_rules(s);
}

err_t
snapshot_make_from(const struct snapshot_module *modules, size_t count, str_t data_json,
    struct diag *diag, struct snapshot **ret)
{
	struct snapshot *s = begin();
	err_t e = s != NULL ? load_sources(s, modules, count, data_json, diag) : ERR_MEMORY;

	if (e != ERR_OK) {
		diag_keep(diag); /* findings quote the modules' texts */
		snapshot_free(&s);
		return e;
	}
	*ret = s;
	return ERR_OK;
}

void
snapshot_free(struct snapshot **snapshot)
{
	struct snapshot *s = *snapshot;

	if (s == NULL)
		return;
	policy_free(&s->policy);
	arena_free(&s->arena);
	free(s);
	*snapshot = NULL;
}

/* ---- reading ---- */

const struct intern *
snapshot_intern(const struct snapshot *s)
{
	return s->policy != NULL ? s->policy->unit.intern : NULL;
}

const struct rego_program *
snapshot_program(const struct snapshot *s)
{
	return s->policy != NULL ? s->policy->program : NULL;
}

const struct snapshot_facts *
snapshot_facts(const struct snapshot *s)
{
	return &s->facts;
}
