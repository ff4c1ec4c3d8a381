/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/admin_status.h"

#include <string.h>
#include <unistd.h>

#include "audit/lane.h"
#include "base/clock.h"
#include "codec/json.h"
#include "sidecar/daemon.h"
#include "sidecar/health.h"
#include "sidecar/metric_collect.h"
#include "sidecar/version.h"

void
admin_add_text(struct buf *out, const char *name, str_t text)
{
	buf_printf(out, ",\"%s\":", name);
	json_write_string(out, text, false);
}

void
admin_add_number(struct buf *out, const char *name, int64_t number)
{
	buf_printf(out, ",\"%s\":%lld", name, (long long)number);
}

void
admin_add_flag(struct buf *out, const char *name, bool flag)
{
	buf_printf(out, ",\"%s\":%s", name, flag ? "true" : "false");
}

static void
add_count(struct buf *out, const char *name, uint64_t count)
{
	buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)count);
}

static void
add_age(struct buf *out, const char *name, int64_t then_s)
{
	admin_add_number(out, name, then_s > 0 ? clock_wall_s(&clock_system) - then_s : 0);
}

void
admin_status_write_policy(struct daemon *d, struct buf *out)
{
	const struct rulebook *book = reload_current(&d->reload);
	const struct snapshot_facts *f = snapshot_facts(book->snapshot);

	admin_add_text(out, "bundle", buf_str(&d->reload.bundles[0].name));
	admin_add_text(out, "revision", f->revision);
	add_count(out, "revision_number", f->revision_number);
	admin_add_text(out, "sha256", f->digest);
	admin_add_text(out, "algorithm", f->algorithm);
	admin_add_text(out, "key", f->key);
	admin_add_number(out, "expires", f->expires);
	admin_add_flag(out, "last_good", book->serves_last_good);
	reload_write_bundles(&d->reload, out);
	add_count(out, "policy_count", f->policy_count);
	buf_add_text(out, ",\"policies\":[");
	for (uint32_t i = 0; i < f->policy_count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		json_write_string(out, f->policies[i], false);
	}
	buf_add_char(out, ']');
}

static void
add_counts(struct buf *out, struct daemon *d)
{
	struct worker_counts all = { 0 };
	uint64_t streams = 0;

	for (uint32_t i = 0; i < d->worker_count; i++) {
		struct worker_counts one = worker_get_counts(d->workers[i]);

		all.requests += one.requests;
		all.allowed += one.allowed;
		all.denied += one.denied;
		all.failed += one.failed;
		all.withheld += one.withheld;
		all.tokens_accepted += one.tokens_accepted;
		all.tokens_refused += one.tokens_refused;
		all.tokens_cached += one.tokens_cached;
		streams += metric_get(&d->workers[i]->cells->streams);
	}
	add_count(out, "workers", d->worker_count);
	add_count(out, "connections", gate_count(d->gate));
	add_count(out, "connections_refused", gate_refused_count(d->gate));
	add_count(out, "streams", streams);
	add_count(out, "memory_bytes", metric_collect_memory(&d->commons));
	add_count(out, "requests", all.requests);
	add_count(out, "allowed", all.allowed);
	add_count(out, "denied", all.denied);
	add_count(out, "failed", all.failed);
	add_count(out, "withheld", all.withheld);
	add_count(out, "tokens_accepted", all.tokens_accepted);
	add_count(out, "tokens_refused", all.tokens_refused);
	add_count(out, "tokens_cached", all.tokens_cached);
	add_count(out, "tokens_key_unknown", unknown_kids_total(&d->commons.unknown_kids));
}

/* With the buckets, so that who asks twice knows the time between. */
static void
add_latency(struct buf *out, const struct daemon *d)
{
	struct metric_sum sum;

	metric_collect_durations(&d->commons, &sum);
	buf_printf(out, ",\"latency\":{\"count\":%llu", (unsigned long long)sum.count);
	admin_add_number(out, "p50_ns", metric_sum_quantile(&sum, 0.5));
	admin_add_number(out, "p90_ns", metric_sum_quantile(&sum, 0.9));
	admin_add_number(out, "p99_ns", metric_sum_quantile(&sum, 0.99));
	buf_add_text(out, ",\"bounds_ns\":[");
	for (size_t i = 0; i < METRIC_BOUND_COUNT; i++)
		buf_printf(out, "%s%lld", i > 0 ? "," : "", (long long)metric_bounds_ns[i]);
	buf_add_text(out, "],\"buckets\":[");
	for (size_t i = 0; i <= METRIC_BOUND_COUNT; i++)
		buf_printf(out, "%s%llu", i > 0 ? "," : "", (unsigned long long)sum.buckets[i]);
	buf_add_text(out, "]}");
}

static void
add_audit(struct buf *out, const struct daemon *d)
{
	struct audit_status s;
	uint64_t waiting = 0, bytes = 0;

	audit_writer_status(d->audit, &s);
	for (uint32_t i = 0; i < d->worker_count; i++) {
		waiting += metric_get(&d->workers[i]->cells->waiting);
		bytes += ring_used(audit_writer_lane(d->audit, i)->ring);
	}
	buf_printf(out, ",\"audit\":{\"trouble\":%s", s.trouble ? "true" : "false");
	admin_add_text(out, "error", s.trouble ? str_of(strerror(s.error)) : STR(""));
	add_count(out, "seq", s.seq);
	add_count(out, "written", s.written);
	add_count(out, "lost", s.lost);
	add_count(out, "spilled", s.spilled);
	add_count(out, "dropped", s.dropped);
	add_count(out, "rotations", s.rotations);
	add_count(out, "batches", s.batches);
	add_count(out, "checkpoints", s.seals);
	add_count(out, "checkpoints_failed", s.seals_failed);
	add_count(out, "lag_records", waiting);
	add_count(out, "lag_bytes", bytes);
	buf_add_char(out, '}');
}

static void
add_license(struct buf *out, struct daemon *d)
{
	const struct license *l = &reload_current(&d->reload)->license;
	int64_t now = clock_mark_now_s(&d->clock);

	buf_printf(out, ",\"license\":{\"state\":\"%s\"", license_state_name(license_state(l, now)));
	admin_add_text(out, "organization", l->organization);
	admin_add_text(out, "plan", l->plan);
	admin_add_number(out, "days_left", license_days_left(l, now));
	admin_add_number(out, "expires", l->until_s > 0 ? l->until_s : 0);
	buf_add_char(out, '}');
}

void
admin_status_write_clock(const struct daemon *d, struct buf *out)
{
	int64_t behind = clock_mark_behind_s(&d->clock);

	buf_printf(out, ",\"clock\":{\"set_back\":%s", behind > 0 ? "true" : "false");
	admin_add_number(out, "behind_s", behind);
	admin_add_number(out, "judged_at", clock_mark_now_s(&d->clock));
	buf_add_char(out, '}');
}

static void
add_keys(struct buf *out, struct daemon *d)
{
	const struct rulebook *book = reload_current(&d->reload);

	buf_printf(out, ",\"keys\":{\"count\":%zu", rulebook_key_count(book));
	admin_add_text(out, "path", book->config.auth_jwks_path);
	add_age(out, "age_s", d->reload.vitals.part_s[VITALS_KEYS]);
	buf_add_char(out, '}');
}

static void
add_certificate(struct buf *out, const char *file, int64_t until_s, bool *first)
{
	if (until_s == 0)
		return;
	buf_printf(out, "%s{\"file\":\"%s\"", *first ? "" : ",", file);
	admin_add_number(out, "expires", until_s);
	admin_add_number(out, "days_left", (until_s - clock_wall_s(&clock_system)) / LICENSE_DAY_S);
	buf_add_char(out, '}');
	*first = false;
}

static void
add_certificates(struct buf *out, const struct vitals *v)
{
	bool first = true;

	buf_add_text(out, ",\"certificates\":[");
	add_certificate(out, "tls.server_cert", v->certificate_until_s, &first);
	add_certificate(out, "tls.ca_cert", v->ca_until_s, &first);
	buf_add_char(out, ']');
}

static void
add_settings(struct buf *out, const struct settings *s)
{
	buf_printf(out, ",\"settings\":{\"flags\":%zu", s->flag_count);
	admin_add_text(out, "version", s->version);
	add_count(out, "rate_limits", s->rate_count);
	add_count(out, "tenants", s->tenant_count);
	buf_add_char(out, '}');
}

/* Oldest first. */
static void
add_history(struct buf *out, const struct vitals *v)
{
	uint64_t first = v->reloads > VITALS_HISTORY ? v->reloads - VITALS_HISTORY : 0;

	buf_add_text(out, ",\"history\":[");
	for (uint64_t i = first; i < v->reloads; i++) {
		const struct vitals_reload *r = &v->history[i % VITALS_HISTORY];

		buf_printf(out, "%s{\"ok\":%s", i > first ? "," : "", r->refused ? "false" : "true");
		admin_add_number(out, "at", r->at_s);
		admin_add_text(out, "what", str_of(r->what));
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

static void
add_health(struct buf *out, struct daemon *d)
{
	struct health h;

	health_look(&d->commons, reload_current(&d->reload), false, &h);
	buf_printf(out, ",\"health\":{\"serving\":%s,\"warnings\":[", h.serving ? "true" : "false");
	for (size_t i = 0; i < h.count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		json_write_string(out, str_of(h.sentences[i]), false);
	}
	buf_add_text(out, "]}");
}

void
admin_status_write(struct daemon *d, struct buf *out)
{
	const struct rulebook *book = reload_current(&d->reload);
	const struct vitals *v = &d->reload.vitals;

	buf_add_text(out, "{\"ok\":true");
	admin_add_text(out, "message", STR("serving"));
	admin_add_text(out, "version", STR(CORESDK_VERSION));
	admin_add_number(out, "pid", getpid());
	add_age(out, "uptime_s", d->start_s);
	admin_add_number(out, "steady_ns", clock_steady_ns(&clock_system));
	admin_add_text(out, "environment", book->development ? STR("development") : STR("production"));
	admin_status_write_policy(d, out);
	add_age(out, "bundle_age_s", v->part_s[VITALS_BUNDLE]);
	add_count(out, "reloads", v->reloads);
	add_count(out, "reloads_refused", v->reloads_refused);
	admin_add_text(out, "last_problem", d->reload.last_problem);
	add_counts(out, d);
	add_latency(out, d);
	add_audit(out, d);
	add_license(out, d);
	admin_status_write_clock(d, out);
	add_keys(out, d);
	add_certificates(out, v);
	add_settings(out, &book->settings);
	add_history(out, v);
	add_health(out, d);
	buf_add_char(out, '}');
}
