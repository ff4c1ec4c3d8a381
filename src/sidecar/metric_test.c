/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tenants, sums and quantiles, the two texts, and what an Accept asks for. */
#include "sidecar/metric_text.h"

#include <stdio.h>

#include "tap.h"

/* ---- tenants ---- */

static void
check_tenants(void)
{
	static const str_t aliases[] = { STR("acme-corp"), STR("acme-inc") };
	struct settings_tenant list[METRIC_TENANTS_MAX + 8] = { { .id = STR("acme"), .aliases = { aliases, 2 } } };
	char ids[METRIC_TENANTS_MAX + 8][16];
	struct settings settings = { .tenants = list, .tenant_count = 1 };
	struct metric_names *names = &(struct metric_names){ 0 };
	struct metric_tenants tenants = { 0 };
	uint32_t acme;

	ok(metric_tenants_open(&tenants) == ERR_OK, "tenants open");
	metric_tenants_name(&tenants, STR("default"), &settings, names);
	acme = metric_tenant_of(names, STR("acme"));
	ok(acme != 0 && str_eq(tenants.names[acme], STR("acme")), "a listed tenant has its name");
	ok(metric_tenant_of(names, STR("acme-inc")) == acme, "an alias has the same");
	ok(metric_tenant_of(names, STR("default")) == 1, "so has the default tenant");
	ok(metric_tenant_of(names, STR("acm")) == 0 && metric_tenant_of(names, STR("acmee")) == 0 &&
		metric_tenant_of(names, STR("")) == 0 && str_eq(tenants.names[0], STR("other")),
	    "every other one is other");
	for (size_t i = 0; i < COUNT(ids); i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "t%02zu", i);
		list[i] = (struct settings_tenant){ .id = str_of(ids[i]) };
	}
	settings.tenant_count = COUNT(ids);
	metric_tenants_name(&tenants, STR("default"), &settings, names);
	ok(metric_tenant_of(names, STR("acme")) == 0, "a tenant that is not listed any more is other");
	ok(tenants.count == METRIC_TENANTS_MAX && metric_tenant_of(names, STR("t00")) == 3 &&
		metric_tenant_of(names, str_of(ids[COUNT(ids) - 1])) == 0,
	    "there are never more names than places");
	list[0].id = STR("acme");
	metric_tenants_name(&tenants, STR("default"), &settings, names);
	ok(metric_tenant_of(names, STR("acme")) == acme, "one that comes back has its old name");
	metric_tenants_close(&tenants);
}

/* ---- histograms ---- */

static void
check_sums(void)
{
	struct metric_histogram h = { 0 };
	struct metric_sum sum = { 0 };

	ok(metric_sum_quantile(&sum, 0.5) == 0, "no durations, no quantile");
	metric_observe(&h, 0);
	metric_observe(&h, metric_bounds_ns[0]);
	metric_observe(&h, metric_bounds_ns[0] + 1);
	metric_observe(&h, INT64_MAX / 2);
	metric_observe(&h, -5);
	ok(h.buckets[0] == 3 && h.buckets[1] == 1 && h.buckets[METRIC_BOUND_COUNT] == 1,
	    "a bound belongs to its bucket; a clock that went back counts as none");
	h = (struct metric_histogram){ 0 };
	for (int i = 1; i <= 100; i++)
		metric_observe(&h, i * 1000);
	metric_sum_add(&sum, &h);
	ok(sum.count == 100 && sum.sum_ns == 5050000, "count and sum");
	ok(metric_sum_quantile(&sum, 0.5) == 50000 && metric_sum_quantile(&sum, 0.9) == 90000 &&
		metric_sum_quantile(&sum, 0.99) == 99000,
	    "quantiles lie between the bounds");
	metric_sum_add(&sum, &h);
	ok(sum.count == 200 && metric_sum_quantile(&sum, 1) == 100000, "sums of several workers");
}

/* ---- text ---- */

static const struct metric_row counter = { "jobs_total", METRIC_COUNTER, "who", "Jobs." };
static const struct metric_row gauge = { "heat", METRIC_GAUGE, "", "Heat." };

static void
check_text(bool open, const char *want)
{
	struct buf out;
	struct metric_text t = { .out = &out, .open = open, .service = STR("a\"b\\c\nd") };

	buf_init(&out, 1 << 16);
	metric_text_family(&t, &counter);
	metric_text_count(&t, &METRIC_LABEL("who", STR("\xff")), 1, UINT64_MAX);
	metric_text_family(&t, &gauge);
	t.service = STR("s");
	metric_text_milli(&t, NULL, 0, -1500);
	metric_text_end(&t);
	ok(str_eq(buf_str(&out), str_of(want)), "%s", open ? "OpenMetrics" : "text format 0.0.4");
	if (!str_eq(buf_str(&out), str_of(want)))
		tap_note("%.*s", STR_FMT(buf_str(&out)));
	buf_fini(&out);
}

static void
check_histogram(bool open, const char *first, const char *one_ms)
{
	static const struct metric_row row = { "d_ms", METRIC_HISTOGRAM, "", "D." };
	struct metric_sum sum = { .buckets = { 1, [METRIC_BOUND_COUNT] = 2 }, .count = 3, .sum_ns = 1500000 };
	struct buf out;
	struct metric_text t = { .out = &out, .open = open, .service = STR("s"), .row = &row };

	buf_init(&out, 1 << 16);
	metric_text_histogram(&t, NULL, 0, &sum);
	ok(str_has_prefix(buf_str(&out), str_of(first)), "the first bucket");
	ok(str_find(buf_str(&out), str_of(one_ms), 0) < out.len, "a bound that is a whole number");
	ok(str_has_suffix(buf_str(&out),
	       STR("d_ms_bucket{service_name=\"s\",le=\"+Inf\"} 3\nd_ms_sum{service_name=\"s\"} 1.5\n"
		   "d_ms_count{service_name=\"s\"} 3\n")),
	    "everything, sum and count");
	buf_fini(&out);
}

/* ---- Accept ---- */

static const struct {
	const char *accept;
	bool open;
} accepts[] = {
	{ "", false },
	{ "*/*", false },
	{ "text/plain", false },
	{ "text/html, application/json", false },
	{ "application/openmetrics-text", true },
	{ "application/openmetrics-text; version=1.0.0; charset=utf-8", true },
	{ "Application/OpenMetrics-Text;version=\"1.0.0\"", true },
	{ "application/openmetrics-text;version=0.0.1", false },
	{ "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
	  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true },
	{ "application/openmetrics-text;q=0.2,text/plain;q=0.9", false },
	{ "application/openmetrics-text;q=0", false },
	{ "application/openmetrics-text;q=0.000,*/*", false },
	{ "application/openmetrics-text;;;q", true },
	{ ",,;,=;q=,", false },
	{ "application/openmetrics-textual", false },
};

int
main(void)
{
	check_tenants();
	check_sums();
	check_text(false,
	    "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\n"
	    "jobs_total{service_name=\"a\\\"b\\\\c\\nd\",who=\"\xef\xbf\xbd\"} 18446744073709551615\n"
	    "# HELP heat Heat.\n# TYPE heat gauge\nheat{service_name=\"s\"} -1.500\n");
	check_text(true,
	    "# HELP jobs Jobs.\n# TYPE jobs counter\n"
	    "jobs_total{service_name=\"a\\\"b\\\\c\\nd\",who=\"\xef\xbf\xbd\"} 18446744073709551615\n"
	    "# HELP heat Heat.\n# TYPE heat gauge\nheat{service_name=\"s\"} -1.500\n# EOF\n");
	check_histogram(false, "d_ms_bucket{service_name=\"s\",le=\"0.002\"} 1\n", "le=\"1\"} 1\n");
	check_histogram(true, "d_ms_bucket{service_name=\"s\",le=\"0.002\"} 1\n", "le=\"1.0\"} 1\n");
	for (size_t i = 0; i < COUNT(accepts); i++)
		ok(metric_text_wants_open(str_of(accepts[i].accept)) == accepts[i].open, "Accept: %s",
		    accepts[i].accept);
	return tap_done();
}
