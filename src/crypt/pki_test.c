/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/pki.h"

#include "tap.h"

enum { NOW = 1800000000, DAY = 86400 };

static const struct {
	const char *what;
	int from, to, until; /* days from now */
	bool good;
} spans[] = {
	{ "good for long", -1, 365, 30, true },
	{ "about to end", -1, 20, 30, false },
	{ "ended", -20, -1, 0, false },
	{ "not begun", 1, 365, 30, false },
};

static bool
is_good(const struct pki_pair *p, const struct pki_pair *authority)
{
	return pki_pair_is_good(p, authority, NOW, NOW + DAY);
}

int
main(void)
{
	struct pki_wish ca_wish = { "our CA", NULL, false, NOW - DAY, NOW + 3650L * DAY };
	struct pki_wish wish = { "leaf", "DNS:localhost,IP:127.0.0.1", true, NOW - DAY, NOW + 100L * DAY };
	struct pki_pair ca, other, leaf, mixed;

	pki_pair_init(&ca);
	pki_pair_init(&other);
	pki_pair_init(&leaf);
	pki_pair_init(&mixed);
	ok(pki_authority_make(&ca_wish, &ca) == ERR_OK && is_good(&ca, NULL), "an authority");
	ok(pki_authority_make(&ca_wish, &other) == ERR_OK && !is_good(&ca, &other), "another of the same name");
	ok(pki_leaf_make(&ca, &wish, &leaf) == ERR_OK && is_good(&leaf, &ca), "a leaf is its authority's");
	ok(!is_good(&leaf, &other) && !is_good(&leaf, NULL), "and nobody else's");
	buf_add_str(&mixed.certificate, buf_str(&leaf.certificate));
	ok(is_good(&mixed, &ca), "without its key it may still be good");
	buf_add_str(&mixed.key, buf_str(&ca.key));
	ok(!is_good(&mixed, &ca), "with another's it is not");
	ok(pki_leaf_make(&mixed, &wish, &other) == ERR_KEY, "nor does such a pair sign");
	buf_clear(&mixed.key);
	ok(pki_leaf_make(&mixed, &wish, &other) == ERR_KEY, "nor one without a key");
	buf_clear(&mixed.certificate);
	buf_add_text(&mixed.certificate, "rubbish");
	ok(!is_good(&mixed, NULL), "rubbish is no certificate");
	for (size_t i = 0; i < COUNT(spans); i++) {
		wish.from_s = NOW + (int64_t)spans[i].from * DAY;
		wish.to_s = NOW + (int64_t)spans[i].to * DAY;
		ok(pki_leaf_make(&ca, &wish, &leaf) == ERR_OK &&
			pki_pair_is_good(&leaf, &ca, NOW, NOW + (int64_t)spans[i].until * DAY) == spans[i].good,
		    "%s", spans[i].what);
	}
	pki_pair_fini(&ca);
	pki_pair_fini(&other);
	pki_pair_fini(&leaf);
	pki_pair_fini(&mixed);
	return tap_done();
}
