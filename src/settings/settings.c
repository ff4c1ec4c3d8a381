/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/settings.h"

#include <stdlib.h>

#include "crypt/digest.h"
#include "settings/reader.h"

/* ---- values and flags ---- */

static void
read_values(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_pairs(r, node, &((struct settings *)into)->values);
}

static int
compare_flags(const void *a, const void *b)
{
	return str_cmp(((const struct flag *)a)->key, ((const struct flag *)b)->key);
}

static void
read_flags(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct settings *s = into;
	size_t count = node->count / 2;
	struct flag *flags = ARENA_ARRAY(r->arena, struct flag, count);

	if (!reader_is(r, node, YAML_TREE_MAPPING, "flags") || flags == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		reader_one_flag(r, node->items[2 * i], node->items[2 * i + 1], &flags[i]);
	qsort(flags, count, sizeof(*flags), compare_flags);
	s->flags = flags;
	s->flag_count = count;
}

/* ---- rate limits ---- */

static void
read_key(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_text(r, node, &((struct settings_rate *)into)->key);
}

static void
read_rate_tenants(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_texts(r, node, &((struct settings_rate *)into)->tenants);
}

static void
read_limit(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_count(r, node, &((struct settings_rate *)into)->limit);
}

static void
read_window(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_count(r, node, &((struct settings_rate *)into)->window_secs);
}

static const struct reader_key rate_keys[] = {
	{ "key", read_key },
	{ "tenants", read_rate_tenants },
	{ "limit", read_limit },
	{ "window_secs", read_window },
};

static void
read_rates(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct settings *s = into;
	struct settings_rate *rates = ARENA_ARRAY(r->arena, struct settings_rate, node->count);

	if (!reader_is(r, node, YAML_TREE_SEQUENCE, "rate_limits") || rates == NULL)
		return;
	for (size_t i = 0; i < node->count; i++) {
		size_t wrong = r->wrong;

		reader_section(r, node->items[i], "a rate limit", rate_keys, COUNT(rate_keys), &rates[i]);
		if (wrong == r->wrong && (rates[i].key.len == 0 || rates[i].limit == 0 || rates[i].window_secs == 0))
			(void)reader_wrong(r, node->items[i], "a rate limit has a key, a limit and window_secs");
	}
	s->rates = rates;
	s->rate_count = node->count;
}

/* ---- tenants ---- */

static void
read_name(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_text(r, node, &((struct settings_tenant *)into)->name);
}

static void
read_aliases(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_texts(r, node, &((struct settings_tenant *)into)->aliases);
}

static void
read_attributes(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_pairs(r, node, &((struct settings_tenant *)into)->attributes);
}

static const struct reader_key tenant_keys[] = {
	{ "name", read_name },
	{ "aliases", read_aliases },
	{ "attributes", read_attributes },
};

static int
compare_tenants(const void *a, const void *b)
{
	return str_cmp(((const struct settings_tenant *)a)->id, ((const struct settings_tenant *)b)->id);
}

static void
read_tenants(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct settings *s = into;
	size_t count = node->count / 2;
	struct settings_tenant *tenants = ARENA_ARRAY(r->arena, struct settings_tenant, count);

	if (!reader_is(r, node, YAML_TREE_MAPPING, "tenants") || tenants == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		tenants[i].id = tenants[i].name = node->items[2 * i]->text;
		reader_section(r, node->items[2 * i + 1], "a tenant", tenant_keys, COUNT(tenant_keys), &tenants[i]);
	}
	qsort(tenants, count, sizeof(*tenants), compare_tenants);
	s->tenants = tenants;
	s->tenant_count = count;
}

/* ---- the file ---- */

static const struct reader_key keys[] = {
	{ "values", read_values },
	{ "flags", read_flags },
	{ "rate_limits", read_rates },
	{ "tenants", read_tenants },
};

err_t
settings_read(struct arena *arena, str_t name, str_t text, struct diag *diag, struct settings *ret)
{
	struct reader r = { .arena = arena, .diag = diag, .name = name, .text = text };
	struct settings s = { 0 };
	struct yaml_tree *root = NULL;
	char digest[SHA256_HEX_SIZE];

	TRY(yaml_tree_read(arena, "settings", name, text, diag, &root));
	if (root != NULL)
		reader_section(&r, root, "the file", keys, COUNT(keys), &s);
	if (r.wrong > 0)
		return ERR_CONFIG;
	digest_sha256_hex(text, digest);
	s.version = arena_str(arena, str_make(digest, SETTINGS_VERSION_LEN));
	if (arena_failed(arena))
		return ERR_MEMORY;
	*ret = s;
	return ERR_OK;
}

/* ---- looking things up ---- */

const struct flag *
settings_flag(const struct settings *s, str_t key)
{
	struct flag wanted = { .key = key };

	return s->flag_count > 0 ? bsearch(&wanted, s->flags, s->flag_count, sizeof(wanted), compare_flags) : NULL;
}

static bool
lists(const struct flag_texts *texts, str_t text)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (str_eq(texts->at[i], text))
			return true;
	}
	return false;
}

const struct settings_rate *
settings_rate(const struct settings *s, str_t tenant, str_t key)
{
	for (size_t i = 0; i < s->rate_count; i++) {
		const struct settings_rate *rate = &s->rates[i];
		bool open = str_has_suffix(rate->key, STR("*"));

		if (open ? !str_has_prefix(key, str_cut(rate->key, rate->key.len - 1)) : !str_eq(key, rate->key))
			continue;
		if (rate->tenants.count == 0 || lists(&rate->tenants, tenant))
			return rate;
	}
	return NULL;
}

const struct settings_tenant *
settings_tenant(const struct settings *s, str_t id)
{
	struct settings_tenant wanted = { .id = id }, *found = NULL;

	if (s->tenant_count > 0)
		found = bsearch(&wanted, s->tenants, s->tenant_count, sizeof(wanted), compare_tenants);
	for (size_t i = 0; found == NULL && i < s->tenant_count; i++) {
		if (lists(&s->tenants[i].aliases, id))
			return &s->tenants[i];
	}
	return found;
}
