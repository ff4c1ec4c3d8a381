/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/metric_collect.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audit/lane.h"
#include "base/clock.h"
#include "sidecar/freshness.h"
#include "sidecar/health.h"
#include "sidecar/service.h"
#include "sidecar/version.h"

struct page {
	struct metric_text text;
	struct commons *commons;
	const struct rulebook *book;
	const struct snapshot_facts *facts;
	struct vitals vitals;
	struct audit_status audit;
	struct health health;
	int64_t now_s;
};

static const str_t result_names[METRIC_RESULT_COUNT] = { STR("allowed"), STR("denied"), STR("failed") };

/* ---- little writers ---- */

static void
plain(struct page *p, uint64_t value)
{
	metric_text_count(&p->text, NULL, 0, value);
}

static void
labelled(struct page *p, const char *label, str_t value, uint64_t number)
{
	metric_text_count(&p->text, &METRIC_LABEL(label, value), 1, number);
}

static uint64_t
since(const struct page *p, int64_t then_s)
{
	return then_s > 0 && p->now_s > then_s ? (uint64_t)(p->now_s - then_s) : 0;
}

/* Sum over all workers of the cell at `offset`. */
static uint64_t
sum_at(const struct commons *c, size_t offset)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < c->worker_count; i++)
		sum += metric_get((const _Atomic uint64_t *)((const char *)c->cells[i] + offset));
	return sum;
}
#define SUM(p, cell) sum_at((p)->commons, offsetof(struct metric_cells, cell))

static void
sum_histogram(const struct commons *c, size_t offset, struct metric_sum *sum)
{
	for (uint32_t i = 0; i < c->worker_count; i++)
		metric_sum_add(sum, (const struct metric_histogram *)((const char *)c->cells[i] + offset));
}

static size_t
offset_of_request(uint32_t tenant, uint32_t rpc, uint32_t result)
{
	return offsetof(struct metric_cells, requests) +
	    ((tenant * METRIC_RPC_COUNT + rpc) * METRIC_RESULT_COUNT + result) * sizeof(uint64_t);
}

static size_t
offset_of_duration(uint32_t tenant, uint32_t rpc)
{
	return offsetof(struct metric_cells, durations) +
	    (tenant * METRIC_RPC_COUNT + rpc) * sizeof(struct metric_histogram);
}

static uint32_t
tenant_count(const struct page *p)
{
	return atomic_load(&p->commons->tenants.count);
}

/* "coresdk.v1.AuthService/Authorize", or "rest" */
static str_t
rpc_name(uint32_t rpc)
{
	size_t count;
	const struct grpc_method *methods = service_methods(&count);

	return rpc == METRIC_REST ? STR("rest") : str_skip(methods[rpc].path, 1);
}

/* The method's name, if it is one of AuthService. */
static bool
is_auth(uint32_t rpc, str_t *ret_method)
{
	const str_t service = STR("coresdk.v1.AuthService/");
	str_t name = rpc_name(rpc);

	if (!str_has_prefix(name, service))
		return false;
	*ret_method = str_skip(name, service.len);
	return true;
}

/* ---- requests ---- */

static void
collect_auth_requests(struct page *p)
{
	struct metric_label labels[3] = { { "tenant_id" }, { "method" }, { "result" } };

	for (uint32_t rpc = 0; rpc < METRIC_RPC_COUNT; rpc++) {
		if (!is_auth(rpc, &labels[1].value))
			continue;
		for (uint32_t i = 0; i < tenant_count(p) * METRIC_RESULT_COUNT; i++) {
			uint32_t tenant = i / METRIC_RESULT_COUNT, result = i % METRIC_RESULT_COUNT;
			uint64_t n = sum_at(p->commons, offset_of_request(tenant, rpc, result));

			labels[0].value = p->commons->tenants.names[tenant];
			labels[2].value = result_names[result];
			if (n > 0)
				metric_text_count(&p->text, labels, 3, n);
		}
	}
}

static void
collect_auth_latency(struct page *p)
{
	struct metric_label labels[2] = { { "tenant_id" }, { "method" } };

	for (uint32_t rpc = 0; rpc < METRIC_RPC_COUNT; rpc++) {
		if (!is_auth(rpc, &labels[1].value))
			continue;
		for (uint32_t tenant = 0; tenant < tenant_count(p); tenant++) {
			struct metric_sum sum = { 0 };

			sum_histogram(p->commons, offset_of_duration(tenant, rpc), &sum);
			labels[0].value = p->commons->tenants.names[tenant];
			if (sum.count > 0)
				metric_text_histogram(&p->text, labels, 2, &sum);
		}
	}
}

static void
collect_policy_eval(struct page *p)
{
	static const str_t actions[METRIC_ACTION_COUNT] = { STR("other"), STR("read"), STR("write"), STR("create"),
		STR("update"), STR("delete") };
	struct metric_label labels[3] = { { "tenant_id" }, { "action" }, { "result" } };
	uint32_t count = tenant_count(p) * METRIC_ACTION_COUNT * METRIC_RESULT_COUNT;

	for (uint32_t i = 0; i < count; i++) {
		struct metric_sum sum = { 0 };

		sum_histogram(p->commons,
		    offsetof(struct metric_cells, evaluations) + i * sizeof(struct metric_histogram), &sum);
		labels[0].value = p->commons->tenants.names[i / METRIC_RESULT_COUNT / METRIC_ACTION_COUNT];
		labels[1].value = actions[i / METRIC_RESULT_COUNT % METRIC_ACTION_COUNT];
		labels[2].value = result_names[i % METRIC_RESULT_COUNT];
		if (sum.count > 0)
			metric_text_histogram(&p->text, labels, 3, &sum);
	}
}

static void
collect_requests(struct page *p)
{
	struct metric_label labels[2] = { { "rpc" }, { "result" } };

	for (uint32_t i = 0; i < METRIC_RPC_COUNT * METRIC_RESULT_COUNT; i++) {
		uint32_t rpc = i / METRIC_RESULT_COUNT, result = i % METRIC_RESULT_COUNT;
		uint64_t n = 0;

		for (uint32_t tenant = 0; tenant < tenant_count(p); tenant++)
			n += sum_at(p->commons, offset_of_request(tenant, rpc, result));
		labels[0].value = rpc_name(rpc);
		labels[1].value = result_names[result];
		if (n > 0)
			metric_text_count(&p->text, labels, 2, n);
	}
}

static void
sum_rpc(const struct commons *c, uint32_t rpc, struct metric_sum *sum)
{
	for (uint32_t tenant = 0; tenant < atomic_load(&c->tenants.count); tenant++)
		sum_histogram(c, offset_of_duration(tenant, rpc), sum);
}

static void
collect_request_duration(struct page *p)
{
	for (uint32_t rpc = 0; rpc < METRIC_RPC_COUNT; rpc++) {
		struct metric_sum sum = { 0 };

		sum_rpc(p->commons, rpc, &sum);
		if (sum.count > 0)
			metric_text_histogram(&p->text, &METRIC_LABEL("rpc", rpc_name(rpc)), 1, &sum);
	}
}

void
metric_collect_durations(const struct commons *c, struct metric_sum *ret)
{
	*ret = (struct metric_sum){ 0 };
	for (uint32_t rpc = 0; rpc < METRIC_RPC_COUNT; rpc++) {
		if (!str_has_prefix(rpc_name(rpc), STR("grpc.")))
			sum_rpc(c, rpc, ret);
	}
}

static void
collect_errors(struct page *p)
{
	labelled(p, "error_type", STR("client"), SUM(p, errors[METRIC_ERROR_CLIENT]));
	labelled(p, "error_type", STR("policy_engine"), SUM(p, errors[METRIC_ERROR_POLICY]));
	labelled(p, "error_type", STR("audit"), SUM(p, errors[METRIC_ERROR_AUDIT]));
	labelled(p, "error_type", STR("internal"), SUM(p, errors[METRIC_ERROR_INTERNAL]));
	labelled(p, "error_type", STR("config"), p->vitals.reloads_refused);
	labelled(p, "error_type", STR("network"), SUM(p, refused) + SUM(p, handshakes_failed) + SUM(p, cut_off));
}

/* ---- tokens, limits ---- */

static uint64_t
sum_token(const struct page *p, uint32_t reason)
{
	return sum_at(p->commons, offsetof(struct metric_cells, tokens) + reason * sizeof(uint64_t));
}

static void
collect_tokens(struct page *p)
{
	for (uint32_t i = 0; i < METRIC_REASON_COUNT; i++)
		labelled(p, "result",
		    i == TOKEN_NONE ? STR("accepted") : str_of(token_reason_name((enum token_reason)i)),
		    sum_token(p, i));
}

/* Reasons stand in the order of the checks: those behind the last one about keys had found theirs. */
static void
collect_jwks_hits(struct page *p)
{
	uint64_t hits = sum_token(p, TOKEN_NONE);

	for (uint32_t i = TOKEN_KEY_ALGORITHM; i < TOKEN_MEMORY; i++)
		hits += sum_token(p, i);
	plain(p, hits);
}

static void
collect_token_cache_hits(struct page *p)
{
	plain(p, SUM(p, tokens_cached));
}

static void
collect_revoked_tokens(struct page *p)
{
	plain(p, revoked_count(p->commons->revoked));
}

static void
collect_limiter_displaced(struct page *p)
{
	plain(p, limiter_displaced(p->commons->limiter));
}

/* ---- audit ---- */

static void
collect_audit_records(struct page *p)
{
	labelled(p, "outcome", STR("written"), p->audit.written);
	labelled(p, "outcome", STR("lost"), p->audit.lost);
	labelled(p, "outcome", STR("spilled"), p->audit.spilled);
	labelled(p, "outcome", STR("dropped"), p->audit.dropped);
}

static void
collect_audit_trouble(struct page *p)
{
	plain(p, p->audit.trouble);
}

static void
collect_audit_lag(struct page *p)
{
	plain(p, SUM(p, waiting));
}

static void
collect_audit_lag_bytes(struct page *p)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < p->commons->worker_count; i++)
		bytes += ring_used(audit_writer_lane(p->commons->audit, i)->ring);
	plain(p, bytes);
}

static void
collect_audit_rotations(struct page *p)
{
	plain(p, p->audit.rotations);
}

static void
collect_audit_batches(struct page *p)
{
	plain(p, p->audit.batches);
}

/* ---- what is in use ---- */

static void
collect_reloads(struct page *p)
{
	labelled(p, "result", STR("ok"), p->vitals.reloads - p->vitals.reloads_refused);
	labelled(p, "result", STR("refused"), p->vitals.reloads_refused);
}

static void
collect_reload_refused(struct page *p)
{
	for (size_t i = 0; i < VITALS_PART_COUNT; i++)
		labelled(p, "part", str_of(vitals_part_names[i]), p->vitals.refused[i]);
}

static void
collect_bundle_info(struct page *p)
{
	const struct metric_label labels[] = { METRIC_LABEL("revision", p->facts->revision),
		METRIC_LABEL("algorithm", p->facts->algorithm) };

	if (snapshot_program(p->book->snapshot) != NULL)
		metric_text_count(&p->text, labels, COUNT(labels), 1);
}

static void
collect_bundle_revision(struct page *p)
{
	plain(p, p->facts->revision_number);
}

static void
collect_bundle_since(struct page *p)
{
	plain(p, (uint64_t)p->vitals.part_s[VITALS_BUNDLE]);
}

static void
collect_bundle_age(struct page *p)
{
	plain(p, since(p, p->vitals.part_s[VITALS_BUNDLE]));
}

static void
collect_bundle_stale(struct page *p)
{
	plain(p, p->book->serves_last_good || freshness_stage(p->facts->expires, p->now_s) == FRESHNESS_OVER);
}

static void
collect_policies(struct page *p)
{
	plain(p, p->facts->policy_count);
}

static void
collect_keys(struct page *p)
{
	plain(p, rulebook_key_count(p->book));
}

static void
collect_keys_age(struct page *p)
{
	plain(p, since(p, p->vitals.part_s[VITALS_KEYS]));
}

static void
collect_license_state(struct page *p)
{
	enum license_state state = license_state(&p->book->license, p->now_s);

	for (int i = LICENSE_NONE; i <= LICENSE_INVALID; i++)
		labelled(p, "state", str_of(license_state_name((enum license_state)i)), state == (enum license_state)i);
}

static void
collect_license_days(struct page *p)
{
	plain(p, (uint64_t)license_days_left(&p->book->license, p->now_s));
}

static void
add_days(struct page *p, const char *file, int64_t until_s)
{
	if (until_s != 0)
		metric_text_milli(&p->text, &METRIC_LABEL("file", str_of(file)), 1,
		    (until_s - p->now_s) / LICENSE_DAY_S * 1000);
}

static void
collect_certificate_days(struct page *p)
{
	add_days(p, "tls.server_cert", p->vitals.certificate_until_s);
	add_days(p, "tls.ca_cert", p->vitals.ca_until_s);
}

static void
collect_settings_info(struct page *p)
{
	if (p->book->settings.version.len > 0)
		labelled(p, "version", p->book->settings.version, 1);
}

static void
collect_ready(struct page *p)
{
	plain(p, p->health.serving);
}

static void
collect_warnings(struct page *p)
{
	plain(p, p->health.count);
}

/* ---- the process ---- */

static void
collect_connections(struct page *p)
{
	plain(p, gate_count(p->commons->gate));
}

static void
collect_connections_total(struct page *p)
{
	labelled(p, "outcome", STR("accepted"), SUM(p, accepted));
	labelled(p, "outcome", STR("refused"), SUM(p, refused));
	labelled(p, "outcome", STR("handshake_failed"), SUM(p, handshakes_failed));
	labelled(p, "outcome", STR("cut_off"), SUM(p, cut_off));
}

static void
collect_streams(struct page *p)
{
	plain(p, SUM(p, streams));
}

static void
collect_workers(struct page *p)
{
	plain(p, p->commons->worker_count);
}

static void
collect_build_info(struct page *p)
{
	labelled(p, "version", STR(CORESDK_VERSION), 1);
}

static void
collect_process_cpu(struct page *p)
{
	struct rusage used = { 0 };

	(void)getrusage(RUSAGE_SELF, &used);
	metric_text_milli(&p->text, NULL, 0,
	    (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000) +
		(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000);
}

/* The second number of statm, in pages. */
uint64_t
metric_collect_memory(const struct commons *c)
{
	char text[256];
	ssize_t len = pread(c->statm_fd, text, sizeof(text), 0);
	uint64_t pages = 0;

	if (len <= 0)
		return 0;
	/* The second number. */
	for (size_t i = str_find_char(str_make(text, (size_t)len), ' ', 0) + 1;
	     i < (size_t)len && text[i] >= '0' && text[i] <= '9'; i++)
		pages = pages * 10 + (uint64_t)(text[i] - '0');
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
collect_process_memory(struct page *p)
{
	plain(p, metric_collect_memory(p->commons));
}

static void
collect_process_start(struct page *p)
{
	plain(p, (uint64_t)p->vitals.start_s);
}

static void
collect_process_fds(struct page *p)
{
	struct rlimit files = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &files);
	plain(p, files.rlim_cur);
}

/* ---- the page ---- */

static const struct {
	struct metric_row row;
	void (*collect)(struct page *);
} rows[] = {
#define METRIC(member, name, kind, labels, help) { { name, METRIC_##kind, labels, help }, collect_##member },
#include "sidecar/metric.def"
#undef METRIC
};

void
metric_collect(struct commons *c, const struct rulebook *book, bool draining, bool open, struct buf *out)
{
	struct page p = { .text = { .out = out, .open = open, .service = book->config.service_name },
		.commons = c,
		.book = book,
		.facts = snapshot_facts(book->snapshot),
		.now_s = clock_mark_now_s(c->clock) };

	vitals_get(&c->vitals, &p.vitals);
	audit_writer_status(c->audit, &p.audit);
	health_look(c, book, draining, &p.health);
	for (size_t i = 0; i < COUNT(rows); i++) {
		metric_text_family(&p.text, &rows[i].row);
		rows[i].collect(&p);
	}
	metric_text_end(&p.text);
}
