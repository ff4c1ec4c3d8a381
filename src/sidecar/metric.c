/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/metric.h"

#include <stdlib.h>

#define US INT64_C(1000)
#define MS INT64_C(1000000)

/* Close together where decisions are, from a look into the cache to the budget's end. */
const int64_t metric_bounds_ns[METRIC_BOUND_COUNT] = { 2 * US, 5 * US, 10 * US, 15 * US, 20 * US, 30 * US,
	50 * US, 75 * US, 100 * US, 150 * US, 250 * US, 500 * US, 1 * MS, 2500 * US, 5 * MS, 10 * MS, 25 * MS,
	50 * MS, 100 * MS, 1000 * MS };

void
metric_observe(struct metric_histogram *h, int64_t ns)
{
	size_t i = 0;

	while (i < METRIC_BOUND_COUNT && ns > metric_bounds_ns[i])
		i++;
	metric_add(&h->buckets[i], 1);
	metric_add(&h->sum_ns, ns > 0 ? (uint64_t)ns : 0);
}

enum metric_action
metric_action_of(str_t action)
{
	static const str_t known[METRIC_ACTION_COUNT] = { [METRIC_READ] = STR("read"),
		[METRIC_WRITE] = STR("write"),
		[METRIC_CREATE] = STR("create"),
		[METRIC_UPDATE] = STR("update"),
		[METRIC_DELETE] = STR("delete") };

	for (int i = METRIC_READ; i < METRIC_ACTION_COUNT; i++) {
		if (str_eq(action, known[i]))
			return (enum metric_action)i;
	}
	return METRIC_OTHER;
}

struct metric_cells *
metric_cells_new(void)
{
	return calloc(1, sizeof(struct metric_cells));
}

void
metric_cells_free(struct metric_cells **cells)
{
	free(*cells);
	*cells = NULL;
}

/* ---- tenants ---- */

err_t
metric_tenants_open(struct metric_tenants *t)
{
	enum { NAMES_BYTES = 64 << 10 };

	t->arena = arena_new(NAMES_BYTES);
	if (t->arena == NULL)
		return ERR_MEMORY;
	t->names[0] = STR("other");
	atomic_store(&t->count, 1);
	return ERR_OK;
}

void
metric_tenants_close(struct metric_tenants *t)
{
	arena_free(&t->arena);
	*t = (struct metric_tenants){ 0 };
}

/* The tenant of that name, a new one if there is room; 0 if not. */
static uint32_t
find_or_add(struct metric_tenants *t, str_t name)
{
	uint32_t count = atomic_load(&t->count);

	for (uint32_t i = 0; i < count; i++) {
		if (str_eq(t->names[i], name))
			return i;
	}
	if (count == METRIC_TENANTS_MAX || name.len == 0 || name.len > METRIC_NAME_LEN_MAX)
		return 0;
	t->names[count] = arena_str(t->arena, name);
	if (arena_failed(t->arena))
		return 0;
	atomic_store(&t->count, count + 1); /* what is below it is never written again */
	return count;
}

static void
add_name(struct metric_names *names, str_t name, uint32_t tenant)
{
	size_t at = names->count;

	if (tenant == 0 || at == METRIC_NAMES_MAX)
		return;
	for (; at > 0 && str_cmp(names->at[at - 1].name, name) > 0; at--)
		;
	if (at > 0 && str_eq(names->at[at - 1].name, name))
		return; /* the first meaning stays */
	memmove(&names->at[at + 1], &names->at[at], (names->count - at) * sizeof(names->at[0]));
	names->at[at] = (struct metric_name){ name, tenant };
	names->count++;
}

void
metric_tenants_name(struct metric_tenants *t, str_t default_tenant, const struct settings *settings,
    struct metric_names *ret)
{
	ret->count = 0;
	add_name(ret, default_tenant, find_or_add(t, default_tenant));
	for (size_t i = 0; i < settings->tenant_count; i++) {
		const struct settings_tenant *one = &settings->tenants[i];
		uint32_t tenant = find_or_add(t, one->id);

		add_name(ret, one->id, tenant);
		for (size_t k = 0; k < one->aliases.count; k++)
			add_name(ret, one->aliases.at[k], tenant);
	}
}

uint32_t
metric_tenant_of(const struct metric_names *names, str_t tenant)
{
	size_t from = 0, to = names->count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = str_cmp(names->at[middle].name, tenant);

		if (order == 0)
			return names->at[middle].tenant;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return 0;
}

/* ---- adding up ---- */

void
metric_sum_add(struct metric_sum *sum, const struct metric_histogram *h)
{
	for (size_t i = 0; i <= METRIC_BOUND_COUNT; i++) {
		uint64_t n = metric_get(&h->buckets[i]);

		sum->buckets[i] += n;
		sum->count += n; /* of the buckets as they were read: the whole always agrees with its parts */
	}
	sum->sum_ns += metric_get(&h->sum_ns);
}

/* Between the bounds of its bucket, in proportion; above the last bound nothing is known but that. */
int64_t
metric_sum_quantile(const struct metric_sum *sum, double part)
{
	double rank = part * (double)sum->count, below = 0;

	for (size_t i = 0; i < METRIC_BOUND_COUNT && sum->count > 0; i++) {
		double here = (double)sum->buckets[i];
		int64_t from = i > 0 ? metric_bounds_ns[i - 1] : 0;

		if (here > 0 && below + here >= rank)
			return from + (int64_t)((double)(metric_bounds_ns[i] - from) * (rank - below) / here);
		below += here;
	}
	return sum->count > 0 ? metric_bounds_ns[METRIC_BOUND_COUNT - 1] : 0;
}
