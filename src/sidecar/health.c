/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/health.h"

#include "base/clock.h"
#include "codec/json.h"
#include "sidecar/freshness.h"
#include "sidecar/metric_collect.h"
#include "sidecar/worker.h"

/* ---- conditions ---- */

struct look {
	const struct rulebook *book;
	const struct snapshot_facts *facts;
	struct vitals vitals;
	struct audit_status audit;
	enum license_state license;
	bool draining, denies_unrecorded, set_back;
	int64_t now_s; /* at which dates are judged */
};

static bool
is_draining(const struct look *l)
{
	return l->draining;
}

static bool
is_unrecorded(const struct look *l)
{
	return l->audit.trouble && l->denies_unrecorded;
}

static bool
is_audit_troubled(const struct look *l)
{
	return l->audit.trouble && !l->denies_unrecorded;
}

static bool
is_without_policy(const struct look *l)
{
	return snapshot_program(l->book->snapshot) == NULL;
}

static bool
is_last_good(const struct look *l)
{
	return l->book->serves_last_good;
}

#define BUNDLE_IS(name, stage) \
	static bool name(const struct look *l) { return freshness_stage(l->facts->expires, l->now_s) == (stage); }
BUNDLE_IS(is_bundle_over, FRESHNESS_OVER)
BUNDLE_IS(has_bundle_a_day, FRESHNESS_DAY)
BUNDLE_IS(has_bundle_a_week, FRESHNESS_WEEK)
BUNDLE_IS(has_bundle_a_month, FRESHNESS_MONTH)

static bool
believes_all(const struct look *l)
{
	return l->book->believes_anything;
}

static bool
is_development(const struct look *l)
{
	return l->book->development && !l->book->believes_anything;
}

static bool
is_without_keys(const struct look *l)
{
	return l->book->key_set_count == 0 && !l->book->believes_anything;
}

#define LICENSE_IS(name, state) \
	static bool name(const struct look *l) { return l->license == (state); }
LICENSE_IS(is_license_ending, LICENSE_EXPIRING)
LICENSE_IS(is_license_over, LICENSE_EXPIRED)
LICENSE_IS(is_license_invalid, LICENSE_INVALID)

#define REFUSED(name, part) \
	static bool name(const struct look *l) { return l->vitals.refused[part]; }
REFUSED(is_config_refused, VITALS_CONFIG)
REFUSED(are_keys_refused, VITALS_KEYS)
REFUSED(are_settings_refused, VITALS_SETTINGS)
REFUSED(is_license_refused, VITALS_LICENSE)
REFUSED(is_tls_refused, VITALS_TLS)
REFUSED(is_bundle_refused, VITALS_BUNDLE)

/* The certificate that clients see, and those that theirs must lead to. */
static int64_t
certificates_end(const struct look *l)
{
	int64_t own = l->vitals.certificate_until_s, ca = l->vitals.ca_until_s;

	return own == 0 || (ca != 0 && ca < own) ? ca : own;
}

static bool
is_certificate_over(const struct look *l)
{
	return certificates_end(l) != 0 && certificates_end(l) <= l->now_s;
}

static bool
is_certificate_ending(const struct look *l)
{
	int64_t end = certificates_end(l);

	return end > l->now_s && end - l->now_s < HEALTH_CERTIFICATE_WARN_DAYS * LICENSE_DAY_S;
}

/* Set since the start, or before the bundle in use was signed. */
static bool
is_clock_suspect(const struct look *l)
{
	enum { LEEWAY_S = 300 };

	return !l->set_back && (l->vitals.clock_suspect || l->facts->created > l->now_s + LEEWAY_S);
}

static bool
is_clock_set_back(const struct look *l)
{
	return l->set_back;
}

static const struct condition {
	bool (*holds)(const struct look *);
	bool stops; /* traffic */
	const char *sentence;
} conditions[] = {
	{ is_draining, true, "draining" },
	{ is_unrecorded, true, "the audit log cannot be written: every request is denied" },
	{ is_audit_troubled, false, "the audit log cannot be written" },
	{ is_without_policy, false, "there is no policy: every request is denied" },
	{ is_last_good, false, "the last good policy bundle is in use" },
	{ is_bundle_over, false, "the policy bundle has expired" },
	{ has_bundle_a_day, false, "the policy bundle expires within a day" },
	{ has_bundle_a_week, false, "the policy bundle expires within 7 days" },
	{ has_bundle_a_month, false, "the policy bundle expires within 30 days" },
	{ is_bundle_refused, false, "a newer policy bundle was refused" },
	{ is_without_keys, false, "there is no key set: no token is believed" },
	{ are_keys_refused, false, "a newer key set was refused" },
	{ is_config_refused, false, "a newer configuration was refused" },
	{ are_settings_refused, false, "newer settings were refused" },
	{ is_tls_refused, false, "newer certificates were refused" },
	{ is_certificate_over, false, "a certificate has expired" },
	{ is_certificate_ending, false, "a certificate expires soon" },
	{ is_license_ending, false, "the license expires soon" },
	{ is_license_over, false, "the license has expired" },
	{ is_license_invalid, false, "the license is not valid" },
	{ is_license_refused, false, "a newer license was refused" },
	{ is_clock_set_back, false, "the clock was set back" },
	{ is_clock_suspect, false, "the clock is suspect" },
	{ believes_all, false, "development: any well-formed token is believed" },
	{ is_development, false, "development" },
};

_Static_assert(COUNT(conditions) <= HEALTH_CONDITIONS_MAX, "there is room for all at once");

void
health_look(struct commons *c, const struct rulebook *book, bool draining, struct health *ret)
{
	struct look l = { .book = book,
		.facts = snapshot_facts(book->snapshot),
		.draining = draining,
		.denies_unrecorded = c->denies_unrecorded,
		.now_s = clock_mark_now_s(c->clock),
		.set_back = clock_mark_behind_s(c->clock) > 0 };

	l.license = license_state(&book->license, l.now_s);
	vitals_get(&c->vitals, &l.vitals);
	audit_writer_status(c->audit, &l.audit);
	*ret = (struct health){ .serving = true };
	for (size_t i = 0; i < COUNT(conditions); i++) {
		if (!conditions[i].holds(&l))
			continue;
		ret->sentences[ret->count++] = conditions[i].sentence;
		ret->serving = ret->serving && !conditions[i].stops;
	}
}

bool
health_is_serving(const struct commons *c, bool draining)
{
	struct audit_status audit;

	if (draining || !c->denies_unrecorded)
		return !draining;
	audit_writer_status(c->audit, &audit);
	return !audit.trouble;
}

/* ---- over HTTP ---- */

/* Alive: this thread answers. */
static void
on_healthz(struct http1_exchange *x)
{
	http1_reply(x, 200, STR("application/json"), STR("{\"status\":\"ok\"}\n"));
}

/* Ready: and it will go on taking requests. */
static void
on_readyz(struct http1_exchange *x)
{
	struct worker *w = http1_worker(x);
	struct buf *out = &w->scratch;
	struct health h;

	health_look(w->options.commons, worker_rulebook(w), worker_is_draining(w), &h);
	buf_clear(out);
	buf_add_text(out, h.serving ? "{\"status\":\"ready\"" :
		worker_is_draining(w) ? "{\"status\":\"draining\"" :
					"{\"status\":\"not ready\"");
	for (size_t i = 0; i < h.count; i++) {
		buf_add_text(out, i == 0 ? ",\"warnings\":[" : ",");
		json_write_string(out, str_of(h.sentences[i]), false);
	}
	buf_add_text(out, h.count > 0 ? "]}\n" : "}\n");
	http1_reply(x, h.serving ? 200 : 503, STR("application/json"), buf_str(out));
}

static void
on_metrics(struct http1_exchange *x)
{
	bool open = metric_text_wants_open(http1_find_field(x, STR("accept")));
	struct worker *w = http1_worker(x);
	struct buf out;

	buf_init(&out, METRIC_PAGE_MAX);
	metric_collect(w->options.commons, worker_rulebook(w), worker_is_draining(w), open, &out);
	if (buf_failed(&out))
		http1_reply(x, 500, STR("text/plain"), STR("the page is too big\n"));
	else
		http1_reply(x, 200, str_of(metric_text_type(open)), buf_str(&out));
	buf_fini(&out);
}

static const struct http1_route routes[] = {
	{ .method = { "GET", 3 }, .path = { "/healthz", 8 }, .on_request = on_healthz },
	{ .method = { "GET", 3 }, .path = { "/livez", 6 }, .on_request = on_healthz },
	{ .method = { "GET", 3 }, .path = { "/readyz", 7 }, .on_request = on_readyz },
	{ .method = { "GET", 3 }, .path = { "/metrics", 8 }, .on_request = on_metrics },
};

const struct http1_table health_table = { .routes = routes, .count = COUNT(routes) };
