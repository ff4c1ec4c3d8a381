/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric: what is counted while serving, and the table of all that is published.
 *
 * Each worker counts into cells of its own, with plain relaxed adds: one writer, no lock,
 * no shared cache line.  Whoever is asked for metrics adds the cells of all workers up.
 *
 *   labels   nothing that a client chooses: rpcs are those of service.def, actions a fixed
 *            list, tenants those that the operator listed, everything else is "other"
 *   tenants  METRIC_TENANTS_MAX of them get a name of their own, for the life of the
 *            process: a reload adds names and takes none away
 *   memory   cells are taken at birth; pages that nobody counts in are never touched
 *   threads  cells: written by their worker, read by all.  tenants: added by the maintenance
 *            thread before it publishes the rulebook that needs them, read by all
 */
#ifndef SIDECAR_METRIC_H
#define SIDECAR_METRIC_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "settings/settings.h"
#include "token/reason.h"

enum {
	METRIC_TENANTS_MAX = 32, /* the first is "other" */
	METRIC_NAMES_MAX = 256, /* tenants' ids and aliases */
	METRIC_NAME_LEN_MAX = 128,
	METRIC_RPC_COUNT = 3 /* two of reflection, see service.c, and METRIC_REST */
#define SERVED(...) +1
#define STREAMED(...) +1
#define UNSERVED(...) +1
#include "sidecar/service.def"
#undef SERVED
#undef STREAMED
#undef UNSERVED
	,
	METRIC_REST = METRIC_RPC_COUNT - 1, /* what comes over HTTP */
	METRIC_REASON_COUNT = 0
#define REASON(...) +1
#include "token/reason.def"
#undef REASON
};

enum metric_result { METRIC_ALLOWED, METRIC_DENIED, METRIC_FAILED, METRIC_RESULT_COUNT };

/* Those that the published policies know; what else a client may call it is "other". */
enum metric_action {
	METRIC_OTHER,
	METRIC_READ,
	METRIC_WRITE,
	METRIC_CREATE,
	METRIC_UPDATE,
	METRIC_DELETE,
	METRIC_ACTION_COUNT
};
enum metric_action metric_action_of(str_t action);

/* Upper bounds of buckets, in nanoseconds; one more bucket has what is above. */
enum { METRIC_BOUND_COUNT = 20 };
extern const int64_t metric_bounds_ns[METRIC_BOUND_COUNT];

struct metric_histogram {
	_Atomic uint64_t buckets[METRIC_BOUND_COUNT + 1];
	_Atomic uint64_t sum_ns;
};

/* What goes wrong, by whose fault; see metric.def. */
enum metric_error {
	METRIC_ERROR_CLIENT,
	METRIC_ERROR_POLICY,
	METRIC_ERROR_AUDIT,
	METRIC_ERROR_INTERNAL,
	METRIC_ERROR_COUNT
};

struct metric_cells {
	_Atomic uint64_t requests[METRIC_TENANTS_MAX][METRIC_RPC_COUNT][METRIC_RESULT_COUNT];
	struct metric_histogram durations[METRIC_TENANTS_MAX][METRIC_RPC_COUNT];
	struct metric_histogram evaluations[METRIC_TENANTS_MAX][METRIC_ACTION_COUNT][METRIC_RESULT_COUNT];
	_Atomic uint64_t tokens[METRIC_REASON_COUNT], tokens_cached;
	_Atomic uint64_t errors[METRIC_ERROR_COUNT];
	/* Not counts but how things stand. */
	_Atomic uint64_t waiting, streams; /* answers without a record yet; open streams */
	_Atomic uint64_t accepted, refused, handshakes_failed, cut_off; /* connections, copied from net */
};

static inline void
metric_add(_Atomic uint64_t *cell, uint64_t amount) /* by the cell's one writer */
{
	atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + amount,
	    memory_order_relaxed);
}

static inline void
metric_set(_Atomic uint64_t *cell, uint64_t value)
{
	atomic_store_explicit(cell, value, memory_order_relaxed);
}

static inline uint64_t
metric_get(const _Atomic uint64_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

void metric_observe(struct metric_histogram *, int64_t ns);

struct metric_cells *metric_cells_new(void); /* NULL: out of memory */
void metric_cells_free(struct metric_cells **);

/* ---- tenants ---- */

struct metric_tenants { /* names that were ever given out; the first is "other" */
	struct arena *arena;
	_Atomic uint32_t count;
	str_t names[METRIC_TENANTS_MAX];
};

struct metric_names { /* of one rulebook: which name stands for which tenant; sorted */
	size_t count;
	struct metric_name {
		str_t name; /* an id or an alias */
		uint32_t tenant;
	} at[METRIC_NAMES_MAX];
};

err_t metric_tenants_open(struct metric_tenants *);
void metric_tenants_close(struct metric_tenants *);
/* Gives names to the default tenant and to those of the settings; what finds no room is "other". */
void metric_tenants_name(struct metric_tenants *, str_t default_tenant, const struct settings *,
    struct metric_names *ret);
uint32_t metric_tenant_of(const struct metric_names *, str_t tenant);

/* ---- adding up ---- */

struct metric_sum { /* a histogram of plain numbers */
	uint64_t buckets[METRIC_BOUND_COUNT + 1], count, sum_ns;
};
void metric_sum_add(struct metric_sum *, const struct metric_histogram *);
/* The duration that `part` (0.99) of all stay below, as far as the buckets tell; 0: there are none. */
int64_t metric_sum_quantile(const struct metric_sum *, double part);

#endif
