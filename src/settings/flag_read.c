/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one flag. */
#include "base/vec.h"
#include "settings/reader.h"

/* As read: names of variants are looked up when all of the flag is known. */
struct draft_rule {
	struct flag_rule rule;
	const struct yaml_tree *node, *serve, *split;
	bool has_rollout;
};

struct draft {
	struct flag flag;
	const struct yaml_tree *fallback;
	VEC(struct draft_rule) rules;
};

/* ---- variants ---- */

static void
set_variants(struct reader *r, struct flag *flag, const struct yaml_tree *node)
{
	bool is_list = node->kind == YAML_TREE_SEQUENCE;
	size_t step = is_list ? 1 : 2, count = node->count / step;
	struct flag_variant *variants = ARENA_ARRAY(r->arena, struct flag_variant, count);

	if (node->kind == YAML_TREE_SCALAR || count == 0 || variants == NULL) {
		(void)reader_wrong(r, node, "variants are a mapping of names to values, or a list of names");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct yaml_tree *name = node->items[i * step];

		reader_text(r, name, &variants[i].name);
		variants[i].value = is_list ? value_string(r->arena, name->text) :
					      yaml_tree_value(r->arena, node->items[i * 2 + 1]);
	}
	flag->variants = variants;
	flag->variant_count = count;
}

static void
read_variants(struct reader *r, const struct yaml_tree *node, void *into)
{
	set_variants(r, &((struct draft *)into)->flag, node);
}

static bool
find_variant(const struct flag *flag, str_t name, uint32_t *ret)
{
	for (size_t i = 0; i < flag->variant_count; i++) {
		if (str_eq(flag->variants[i].name, name)) {
			*ret = (uint32_t)i;
			return true;
		}
	}
	return false;
}

static uint32_t
variant_named(struct reader *r, const struct flag *flag, const struct yaml_tree *node)
{
	uint32_t found = 0;

	if (node->kind != YAML_TREE_SCALAR || !find_variant(flag, node->text, &found))
		(void)reader_wrong(r, node, "the flag `%.*s` has no variant `%.*s`", STR_FMT(flag->key),
		    STR_FMT(node->text));
	return found;
}

/* ---- rules ---- */

static void
read_tenants(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_texts(r, node, &((struct draft_rule *)into)->rule.tenants);
}

static void
read_users(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_texts(r, node, &((struct draft_rule *)into)->rule.users);
}

static void
read_roles(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_texts(r, node, &((struct draft_rule *)into)->rule.roles);
}

static void
read_attributes(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct flag_rule *rule = &((struct draft_rule *)into)->rule;
	size_t count = node->count / 2;
	struct flag_attribute *list = ARENA_ARRAY(r->arena, struct flag_attribute, count);

	if (!reader_is(r, node, YAML_TREE_MAPPING, "attributes") || list == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		value_t v = yaml_tree_value(r->arena, node->items[2 * i + 1]), *one;

		list[i].name = node->items[2 * i]->text;
		list[i].values = v.items;
		list[i].count = v.count;
		if (v.tag == VALUE_ARRAY)
			continue;
		one = ARENA_NEW(r->arena, value_t);
		if (one == NULL)
			return;
		*one = v;
		list[i].values = one;
		list[i].count = 1;
	}
	rule->attributes = list;
	rule->attribute_count = count;
}

static void
read_rollout(struct reader *r, const struct yaml_tree *node, void *into)
{
	((struct draft_rule *)into)->has_rollout = true;
	reader_percent(r, node, &((struct draft_rule *)into)->rule.rollout);
}

static void
read_by(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_text(r, node, &((struct draft_rule *)into)->rule.by);
}

static void
read_serve(struct reader *r, const struct yaml_tree *node, void *into)
{
	((struct draft_rule *)into)->serve = node;
}

static void
read_split(struct reader *r, const struct yaml_tree *node, void *into)
{
	((struct draft_rule *)into)->split = node;
}

static const struct reader_key rule_keys[] = {
	{ "tenants", read_tenants },
	{ "users", read_users },
	{ "roles", read_roles },
	{ "attributes", read_attributes },
	{ "rollout", read_rollout },
	{ "by", read_by },
	{ "serve", read_serve },
	{ "split", read_split },
};

static void
read_rules(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct draft *draft = into;

	if (!reader_is(r, node, YAML_TREE_SEQUENCE, "rules"))
		return;
	for (size_t i = 0; i < node->count; i++) {
		struct draft_rule rule = { .node = node->items[i],
			.rule = { .rollout = FLAG_PARTS, .by = STR("user") } };

		reader_section(r, node->items[i], "a rule", rule_keys, COUNT(rule_keys), &rule);
		if (!VEC_PUSH(r->arena, &draft->rules, rule))
			return;
	}
}

static void
finish_split(struct reader *r, const struct flag *flag, const struct yaml_tree *node, struct flag_rule *rule)
{
	size_t count = node->count / 2;
	struct flag_share *shares = ARENA_ARRAY(r->arena, struct flag_share, count);
	uint32_t sum = 0;

	if (!reader_is(r, node, YAML_TREE_MAPPING, "a split") || shares == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		uint32_t parts = 0;

		reader_percent(r, node->items[2 * i + 1], &parts);
		sum += parts < FLAG_PARTS ? parts : FLAG_PARTS;
		shares[i] = (struct flag_share){ variant_named(r, flag, node->items[2 * i]), sum };
	}
	if (sum != FLAG_PARTS)
		(void)reader_wrong(r, node, "the shares of a split must add up to 100 percent, not to %u.%02u",
		    sum / 100, sum % 100);
	rule->shares = shares;
	rule->share_count = count;
}

static void
finish_rule(struct reader *r, const struct flag *flag, const struct draft_rule *draft, struct flag_rule *ret)
{
	uint32_t on = 0;

	*ret = draft->rule;
	if (draft->split != NULL) {
		finish_split(r, flag, draft->split, ret);
		if (draft->serve != NULL || draft->has_rollout)
			(void)reader_wrong(r, draft->split, "a rule with a split has neither serve nor rollout");
	} else if (draft->serve != NULL) {
		ret->serve = variant_named(r, flag, draft->serve);
	} else if (find_variant(flag, STR("on"), &on)) {
		ret->serve = on;
	} else {
		(void)reader_wrong(r, draft->node, "the rule must say which variant it serves");
	}
}

/* ---- the flag ---- */

static void
read_enabled(struct reader *r, const struct yaml_tree *node, void *into)
{
	reader_flag(r, node, &((struct draft *)into)->flag.enabled);
}

static void
read_default(struct reader *r, const struct yaml_tree *node, void *into)
{
	((struct draft *)into)->fallback = node;
}

static void
read_description(struct reader *r, const struct yaml_tree *node, void *into)
{
	str_t text; /* for people who read the file */

	reader_text(r, node, &text);
}

static const struct reader_key flag_keys[] = {
	{ "enabled", read_enabled },
	{ "description", read_description },
	{ "variants", read_variants },
	{ "default", read_default },
	{ "rules", read_rules },
};

void
reader_one_flag(struct reader *r, const struct yaml_tree *key, const struct yaml_tree *node, struct flag *ret)
{
	static const struct flag_variant on_and_off[] = { { STR("on"), { .tag = VALUE_TRUE } },
		{ STR("off"), { .tag = VALUE_FALSE } } };
	struct draft draft = { .flag = { .key = key->text, .enabled = true, .variants = on_and_off,
				   .variant_count = COUNT(on_and_off) } };
	struct flag_rule *rules;

	reader_section(r, node, "a flag", flag_keys, COUNT(flag_keys), &draft);
	if (draft.fallback != NULL)
		draft.flag.fallback = variant_named(r, &draft.flag, draft.fallback);
	else
		(void)find_variant(&draft.flag, STR("off"), &draft.flag.fallback);
	rules = ARENA_ARRAY(r->arena, struct flag_rule, draft.rules.count);
	for (size_t i = 0; rules != NULL && i < draft.rules.count; i++)
		finish_rule(r, &draft.flag, &draft.rules.at[i], &rules[i]);
	draft.flag.rules = rules;
	draft.flag.rule_count = rules != NULL ? draft.rules.count : 0;
	*ret = draft.flag;
}
