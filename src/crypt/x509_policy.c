/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/x509_policy.h"

static const str_t any_policy = STR("\x55\x1d\x20\x00");

/* Policies that hold so far; `any`: all others too. */
struct held {
	struct x509_texts oids;
	bool any;
};

/* How many certificates may still follow before the rule bites. */
struct state {
	struct arena *arena;
	struct held held;
	int64_t explicit_after, no_any_after, no_mapping_after;
};

static bool
has(const struct x509_texts *list, str_t oid)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->at[i], oid))
			return true;
	return false;
}

static bool
add(struct state *s, struct held *held, str_t oid)
{
	return has(&held->oids, oid) ||
	    (held->oids.count < X509_POLICIES_MAX && VEC_PUSH(s->arena, &held->oids, oid));
}

/* rfc5280 6.1.3 (d) and (e) */
static bool
narrow(struct state *s, const struct x509_certificate *c, bool any_counts)
{
	struct held next = { .any = false };

	for (size_t i = 0; i < c->policies.count; i++) {
		str_t oid = c->policies.at[i];

		if (!str_eq(oid, any_policy) && (s->held.any || has(&s->held.oids, oid)) &&
		    !add(s, &next, oid))
			return false;
	}
	if (any_counts && has(&c->policies, any_policy)) {
		next.any = s->held.any;
		for (size_t i = 0; i < s->held.oids.count; i++)
			if (!add(s, &next, s->held.oids.at[i]))
				return false;
	}
	s->held = next;
	return true;
}

/* rfc5280 6.1.4 (a) and (b) */
static bool
map(struct state *s, const struct x509_certificate *c)
{
	struct held next = { .any = s->held.any };

	for (size_t i = 0; i < s->held.oids.count; i++) {
		bool mapped = false;

		for (size_t m = 0; m < c->mappings.count; m++)
			mapped = mapped || str_eq(c->mappings.at[m].issuer, s->held.oids.at[i]);
		if (!mapped && !add(s, &next, s->held.oids.at[i]))
			return false;
	}
	for (size_t m = 0; m < c->mappings.count; m++) {
		const struct x509_mapping *mapping = &c->mappings.at[m];

		if (str_eq(mapping->issuer, any_policy) || str_eq(mapping->subject, any_policy))
			return false;
		if (s->no_mapping_after > 0 &&
		    (s->held.any || has(&s->held.oids, mapping->issuer)) &&
		    !add(s, &next, mapping->subject))
			return false;
	}
	s->held = next;
	return true;
}

static void
lower(int64_t *count, bool said, int64_t limit)
{
	if (said && limit < *count)
		*count = limit < 0 ? 0 : limit;
}

/* rfc5280 6.1.4 (h) to (j) */
static void
count_down(struct state *s, const struct x509_certificate *c, bool self_issued)
{
	s->explicit_after -= !self_issued && s->explicit_after > 0;
	s->no_any_after -= !self_issued && s->no_any_after > 0;
	s->no_mapping_after -= !self_issued && s->no_mapping_after > 0;
	lower(&s->explicit_after, c->has_require_explicit, c->require_explicit);
	lower(&s->no_mapping_after, c->has_inhibit_mapping, c->inhibit_mapping);
	lower(&s->no_any_after, c->has_inhibit_any, c->inhibit_any);
}

static bool
pass(struct state *s, const struct x509_certificate *c, bool is_leaf)
{
	bool self_issued = str_eq(c->raw_issuer, c->raw_subject);

	if (c->policies.count > X509_POLICIES_MAX || c->mappings.count > X509_POLICIES_MAX ||
	    !narrow(s, c, s->no_any_after > 0 || (!is_leaf && self_issued)))
		return false;
	if (s->explicit_after == 0 && s->held.oids.count == 0 && !s->held.any)
		return false;
	if (is_leaf)
		return true;
	if (!map(s, c))
		return false;
	count_down(s, c, self_issued);
	return true;
}

bool
x509_policies_hold(struct arena *arena, const struct x509_certificate *const *chain,
    size_t count)
{
	int64_t all = (int64_t)count;
	struct state s = { .arena = arena, .held = { .any = true }, .explicit_after = all,
		.no_any_after = all, .no_mapping_after = all };
	bool demanded = false;

	for (size_t i = 0; i + 1 < count; i++)
		demanded = demanded || chain[i]->has_require_explicit;
	if (!demanded)
		return true;
	for (size_t i = count - 1; i > 0; i--) /* the root has no say */
		if (!pass(&s, chain[i - 1], i == 1))
			return false;
	s.explicit_after -= s.explicit_after > 0; /* rfc5280 6.1.5 */
	if (chain[0]->has_require_explicit && chain[0]->require_explicit == 0)
		s.explicit_after = 0;
	return s.explicit_after > 0 || s.held.oids.count > 0 || s.held.any;
}
