/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/type_check.h"

static void
set_effect(const struct rego_node *node, uint8_t *effects, enum node_effect effect)
{
	if (effects[node->id] < effect)
		effects[node->id] = (uint8_t)effect;
	for (node = node->parent; node != NULL && effects[node->id] == EFFECT_NONE;
	     node = node->parent)
		effects[node->id] = EFFECT_BELOW;
}

/* The rules at and below a target. */
static void
collect_rules(struct checker *k, const struct rego_node *node)
{
	for (size_t i = 0; i < node->rules.count; i++) {
		for (const struct ast_rule *r = node->rules.at[i]; r != NULL; r = r->else_rule)
			PUSH(k->compiler, &k->affected, r->serial);
	}
	for (size_t i = 0; i < node->children.count; i++)
		collect_rules(k, node->children.at[i]);
}

static void
affect_users(struct checker *k, uint8_t *effects)
{
	const struct rule_types *rules = k->env.rules;

	while (k->affected.count > 0) {
		uint32_t rule = k->affected.at[--k->affected.count];

		for (size_t i = 0; i < rules->users[rule].count; i++) {
			uint32_t user = rules->users[rule].at[i];

			if (effects[rules->node_of_rule[user]->id] >= EFFECT_ANY)
				continue;
			set_effect(rules->node_of_rule[user], effects, EFFECT_ANY);
			PUSH(k->compiler, &k->affected, user);
		}
	}
}

/* A fresh table of effects, beginning with those around. */
static uint8_t *
push_effects(struct checker *k)
{
	uint32_t count = k->env.rules->node_count;
	uint8_t *effects;

	if (k->effect_depth == k->effects.count)
		PUSH(k->compiler, &k->effects, compiler_alloc(k->compiler, count, 1));
	effects = k->effects.at[k->effect_depth++];
	for (uint32_t i = 0; i < count; i++)
		effects[i] = k->env.effects == NULL ? EFFECT_NONE : k->env.effects[i];
	return effects;
}

/* Replaced documents have the type of what replaces them; what depends on them, any. */
void
check_enter_withs(struct checker *k, const struct ast_expr *e)
{
	uint8_t *effects = NULL;

	for (size_t i = 0; i < e->withs.count; i++) {
		const struct ast_with *w = &e->withs.at[i];
		struct type_target target = { compiler_find_node(k->compiler, w->target), NULL };

		if (target.node == NULL)
			continue;
		target.type = env_term(&k->env, w->value);
		if (target.type == NULL || target.node->rules.count == 0 ||
		    target.node->rules.at[0]->head.args.count > 0)
			target.type = &type_any;
		if (effects == NULL)
			effects = push_effects(k);
		set_effect(target.node, effects, EFFECT_REPLACED);
		PUSH(k->compiler, &k->env.targets, target);
		k->affected.count = 0;
		collect_rules(k, target.node);
		affect_users(k, effects);
	}
	if (effects != NULL)
		k->env.effects = effects;
}
