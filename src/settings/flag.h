/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flag: a feature flag, and what it says to whom.
 *
 *   new-checkout:
 *     enabled: true               false: everybody gets the default, whatever the rules say
 *     variants: { on: true, off: false, blue: "#0000ff" }    this is on and off if left out
 *     default: off                what no rule serves; `off`, else the first, if left out
 *     rules:                      the first that fits serves
 *       - { users: [u1], serve: on }
 *       - { tenants: [acme], roles: [admin], attributes: { plan: [pro, team] }, serve: on }
 *       - { rollout: 12.5, by: user, serve: blue }
 *       - { split: { on: 30, blue: 70 } }
 *
 * All conditions of a rule must hold.  A roll-out is stable: who is in at 10 % is in at
 * 20 %, on every host and after every restart, since only the flag's key and the text it
 * goes by (user, tenant or an attribute) decide; who lacks that text is not in.
 *
 *   enabled   the variant's value if that is true or false; else whether it is not `off`
 *   threads   immutable
 */
#ifndef SETTINGS_FLAG_H
#define SETTINGS_FLAG_H

#include "base/str.h"
#include "value/value.h"

enum { FLAG_PARTS = 10000 }; /* of a whole: a hundredth of a percent */

struct flag_texts {
	const str_t *at;
	size_t count;
};

struct flag_variant {
	str_t name;
	value_t value;
};

struct flag_attribute { /* the attribute equals one of the values, or an element of it does */
	str_t name;
	const value_t *values;
	size_t count;
};

struct flag_share {
	uint32_t variant, upto; /* parts below this one */
};

struct flag_rule {
	struct flag_texts tenants, users, roles; /* none: all */
	const struct flag_attribute *attributes;
	size_t attribute_count;
	uint32_t rollout; /* of FLAG_PARTS */
	str_t by; /* "user", "tenant" or an attribute's name */
	uint32_t serve; /* a variant; only without shares */
	const struct flag_share *shares; /* of a split */
	size_t share_count;
};

struct flag {
	str_t key;
	bool enabled;
	const struct flag_variant *variants;
	size_t variant_count;
	uint32_t fallback; /* a variant */
	const struct flag_rule *rules;
	size_t rule_count;
};

struct flag_question {
	str_t tenant, user;
	value_t attributes; /* an object; `role` and `roles` among them are roles */
};

struct flag_answer {
	bool enabled;
	const struct flag_variant *variant;
	size_t rule; /* from 1; 0: the default */
};

struct flag_answer flag_ask(const struct flag *, const struct flag_question *);

/* 0 to FLAG_PARTS - 1: where a text stands in the roll-outs of a flag. */
uint32_t flag_place(str_t key, str_t text);

#endif
