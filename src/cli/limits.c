/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/limits.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "config/config.h"

/* What config.def says when nobody says otherwise. */
static const char *const defaults[] = {
#define KEY(member, path, type, range, unit, fallback, ...) [CONFIG_KEY_##member] = fallback,
#include "config/config.def"
#undef KEY
};

static struct limits
server_limits(void)
{
	return (struct limits){
		.time_ns = atoll(defaults[CONFIG_KEY_policy_budget_time_ms]) * CLOCK_NS_PER_MS,
		.memory = (size_t)atoll(defaults[CONFIG_KEY_policy_budget_memory_kb]) << 10,
		.steps = (uint64_t)atoll(defaults[CONFIG_KEY_policy_budget_steps]),
	};
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = { { "ms", 1000000 }, { "us", 1000 }, { "s", 1000000000 },
	{ "m", 60000000000 }, { 0 } };
static const struct unit sizes[] = { { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { 0 } };
static const struct unit counts[] = { { "", 1 }, { 0 } };

/* Digits and a unit; the product stays below 2^62. */
static bool
read_amount(str_t text, const struct unit *units, uint64_t *ret)
{
	uint64_t amount = 0;
	size_t at = 0;

	for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
		if (amount > UINT64_MAX / 100)
			return false;
		amount = amount * 10 + (uint64_t)(text.data[at] - '0');
	}
	for (; at > 0 && amount > 0 && units->name != NULL; units++) {
		if (str_eq(str_skip(text, at), str_of(units->name)))
			return !__builtin_mul_overflow(amount, units->factor, ret) && *ret >> 62 == 0;
	}
	return false;
}

static bool
read_one(str_t name, str_t amount, struct limits *l)
{
	uint64_t n;

	if (str_eq(name, STR("time")) && read_amount(amount, times, &n))
		l->time_ns = (int64_t)n;
	else if (str_eq(name, STR("memory")) && read_amount(amount, sizes, &n))
		l->memory = (size_t)n;
	else if (str_eq(name, STR("steps")) && read_amount(amount, counts, &n))
		l->steps = n;
	else if (str_eq(name, STR("depth")) && read_amount(amount, counts, &n) && n <= UINT32_MAX)
		l->depth = (uint32_t)n;
	else
		return false;
	return true;
}

err_t
limits_read(struct cli *cli, str_t text, struct limits *ret)
{
	struct limits l = { 0 };

	for (size_t at = 0, end; at <= text.len; at = end + 1) {
		str_t word;
		size_t equals;

		end = str_find_char(text, ',', at);
		word = str_sub(text, at, end - at);
		equals = str_find_char(word, '=', 0);
		if (str_eq(word, STR("server"))) {
			l = server_limits();
		} else if (str_eq(word, STR("none"))) {
			l = (struct limits){ 0 };
		} else if (!read_one(str_sub(word, 0, equals), str_skip(word, equals + (equals < word.len)), &l)) {
			diag_say(&cli->diag, "usage",
			    "--limits takes server, none, or any of time=100ms, memory=32MiB, steps=N, depth=N, not %.*s",
			    STR_FMT(word));
			return ERR_USAGE;
		}
	}
	*ret = l;
	return ERR_OK;
}
