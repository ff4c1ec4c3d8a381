/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/flag.h"

#include "crypt/digest.h"

static bool
lists(const struct flag_texts *texts, str_t text)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (str_eq(texts->at[i], text))
			return true;
	}
	return texts->count == 0;
}

static bool
lists_value(const struct flag_texts *texts, value_t v)
{
	for (uint32_t i = 0; v.tag == VALUE_ARRAY && i < v.count; i++) {
		if (value_is_string(v.items[i]) && lists(texts, value_str(v.items[i])))
			return true;
	}
	return value_is_string(v) && lists(texts, value_str(v));
}

static bool
has_role(const struct flag_texts *roles, value_t attributes)
{
	return roles->count == 0 || lists_value(roles, value_object_get_text(attributes, "role")) ||
	    lists_value(roles, value_object_get_text(attributes, "roles"));
}

static bool
is_one_of(const struct flag_attribute *a, value_t v)
{
	for (size_t i = 0; i < a->count; i++) {
		if (value_equal(a->values[i], v))
			return true;
	}
	return false;
}

static bool
has_attribute(const struct flag_attribute *a, value_t attributes)
{
	value_t v = value_object_get_str(attributes, a->name);

	if (!value_is_defined(v))
		return false;
	for (uint32_t i = 0; v.tag == VALUE_ARRAY && i < v.count; i++) {
		if (is_one_of(a, v.items[i]))
			return true;
	}
	return is_one_of(a, v);
}

/* ---- roll-outs ---- */

uint32_t
flag_place(str_t key, str_t text)
{
	uint8_t inner[SHA256_SIZE], both[2 * SHA256_SIZE];
	uint64_t number = 0;

	/* Two digests, so that no key and text together read as others. */
	digest_of(DIGEST_SHA256, key, both);
	digest_of(DIGEST_SHA256, text, both + SHA256_SIZE);
	digest_of(DIGEST_SHA256, str_make((const char *)both, sizeof(both)), inner);
	for (size_t i = 0; i < sizeof(number); i++)
		number = number << 8 | inner[i];
	return (uint32_t)(number % FLAG_PARTS);
}

/* The text that a rule goes by; empty: this one has none. */
static str_t
text_by(const struct flag_rule *rule, const struct flag_question *q)
{
	value_t v;

	if (str_eq(rule->by, STR("user")))
		return q->user;
	if (str_eq(rule->by, STR("tenant")))
		return q->tenant;
	v = value_object_get_str(q->attributes, rule->by);
	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static bool
fits(const struct flag_rule *rule, const struct flag_question *q)
{
	if (!lists(&rule->tenants, q->tenant) || !lists(&rule->users, q->user) ||
	    !has_role(&rule->roles, q->attributes))
		return false;
	for (size_t i = 0; i < rule->attribute_count; i++) {
		if (!has_attribute(&rule->attributes[i], q->attributes))
			return false;
	}
	return true;
}

/* The variant that the rule serves; -1: none. */
static int64_t
serve(const struct flag *flag, const struct flag_rule *rule, const struct flag_question *q)
{
	bool needs_place = rule->rollout < FLAG_PARTS || rule->share_count > 0;
	str_t text = needs_place ? text_by(rule, q) : STR_NONE;
	uint32_t place;

	if (!fits(rule, q) || (needs_place && text.len == 0))
		return -1;
	if (!needs_place)
		return rule->serve;
	place = flag_place(flag->key, text);
	if (place >= rule->rollout)
		return -1;
	for (size_t i = 0; i < rule->share_count; i++) {
		if (place < rule->shares[i].upto)
			return rule->shares[i].variant;
	}
	return rule->serve;
}

static struct flag_answer
answer(const struct flag *flag, uint32_t variant, size_t rule)
{
	const struct flag_variant *v = &flag->variants[variant];

	return (struct flag_answer){
		.enabled = value_is_bool(v->value) ? v->value.tag == VALUE_TRUE :
						     !str_eq(v->name, STR("off")),
		.variant = v,
		.rule = rule,
	};
}

struct flag_answer
flag_ask(const struct flag *flag, const struct flag_question *q)
{
	for (size_t i = 0; flag->enabled && i < flag->rule_count; i++) {
		int64_t variant = serve(flag, &flag->rules[i], q);

		if (variant >= 0)
			return answer(flag, (uint32_t)variant, i + 1);
	}
	return answer(flag, flag->fallback, 0);
}
