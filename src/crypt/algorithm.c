/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/algorithm.h"

static const struct {
	const char *name;
	enum algorithm_family family;
	enum digest_kind digest;
	enum key_kind key;
} rows[ALGORITHM_END] = {
	[ALGORITHM_NONE] = { "none", ALGORITHM_HMAC, DIGEST_SHA256, KEY_NONE },
#define ALGORITHM(name, wire, family, digest, key) \
	[ALGORITHM_##name] = { wire, ALGORITHM_##family, digest, key },
#include "crypt/algorithm.def"
#undef ALGORITHM
};

enum algorithm
algorithm_find(str_t wire_name)
{
	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (str_eq(str_of(rows[a].name), wire_name))
			return (enum algorithm)a;
	return ALGORITHM_NONE;
}

const char *
algorithm_name(enum algorithm a)
{
	return rows[a].name;
}

enum algorithm_family
algorithm_family(enum algorithm a)
{
	return rows[a].family;
}

enum digest_kind
algorithm_digest(enum algorithm a)
{
	return rows[a].digest;
}

enum key_kind
algorithm_key(enum algorithm a)
{
	return rows[a].key;
}

algorithm_set_t
algorithm_set_of_key(enum key_kind kind)
{
	algorithm_set_t set = 0;

	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (kind != KEY_NONE && rows[a].key == kind)
			set |= ALGORITHM_BIT(a);
	return set;
}

algorithm_set_t
algorithm_set_asymmetric(void)
{
	algorithm_set_t set = 0;

	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (rows[a].key != KEY_NONE)
			set |= ALGORITHM_BIT(a);
	return set;
}

enum algorithm
algorithm_default(enum key_kind kind)
{
	for (int a = ALGORITHM_NONE + 1; a < ALGORITHM_END; a++)
		if (kind != KEY_NONE && rows[a].key == kind)
			return (enum algorithm)a;
	return ALGORITHM_NONE;
}
