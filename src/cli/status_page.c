/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_page.h"

#include <time.h>

#include "base/utf8.h"

enum { BUCKETS_MAX = 64, NS_PER_US = 1000, S_PER_DAY = 86400 };

struct page {
	struct buf *out;
	value_t before, now;
	double seconds; /* that rates are of */
};

/* ---- reading answers ---- */

static value_t
member(value_t v, const char *section, const char *name)
{
	return value_object_get_text(section != NULL ? value_object_get_text(v, section) : v, name);
}

static int64_t
number(const struct page *p, const char *section, const char *name)
{
	value_t v = member(p->now, section, name);

	return v.tag == VALUE_INT ? v.integer : 0;
}

static str_t
text(const struct page *p, const char *section, const char *name)
{
	value_t v = member(p->now, section, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static double
rate(const struct page *p, const char *name)
{
	value_t then = member(p->before, NULL, name);
	int64_t more = number(p, NULL, name) - (then.tag == VALUE_INT ? then.integer : 0);

	return p->seconds > 0 ? (double)more / p->seconds : 0;
}

/* ---- writing ---- */

static void
add_clean(struct buf *out, str_t s)
{
	char bytes[8];
	size_t width;

	for (; s.len > 0; s = str_skip(s, width)) {
		uint32_t rune = utf8_decode(s, &width);
		bool steers = rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || (rune >= 0x2028 && rune <= 0x202e) ||
		    (rune >= 0x2066 && rune <= 0x2069);

		buf_add(out, bytes, utf8_encode(bytes, steers ? 0xfffd : rune));
	}
}

static void
begin_line(const struct page *p, const char *name)
{
	buf_printf(p->out, "%-13s ", name);
}

static void
add_age(struct buf *out, int64_t seconds)
{
	if (seconds >= 2 * S_PER_DAY)
		buf_printf(out, "%lld d", (long long)seconds / S_PER_DAY);
	else if (seconds >= 7200)
		buf_printf(out, "%lld h", (long long)seconds / 3600);
	else if (seconds >= 120)
		buf_printf(out, "%lld min", (long long)seconds / 60);
	else
		buf_printf(out, "%lld s", (long long)seconds);
}

static void
add_time(struct buf *out, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char room[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL && strftime(room, sizeof(room), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		buf_add_text(out, room);
}

/* ---- what is in use ---- */

static void
write_head(const struct page *p)
{
	value_t warnings = member(p->now, "health", "warnings");

	buf_add_text(p->out, "CoreSDK Sidecar ");
	add_clean(p->out, text(p, NULL, "version"));
	buf_printf(p->out, "  pid %lld  up ", (long long)number(p, NULL, "pid"));
	add_age(p->out, number(p, NULL, "uptime_s"));
	buf_add_text(p->out, "  ");
	add_clean(p->out, text(p, NULL, "environment"));
	buf_add_text(p->out, member(p->now, "health", "serving").tag == VALUE_TRUE ? "  SERVING\n" : "  NOT SERVING\n");
	for (uint32_t i = 0; warnings.tag == VALUE_ARRAY && i < warnings.count; i++) {
		if (!value_is_string(warnings.items[i]))
			continue;
		buf_add_text(p->out, "! ");
		add_clean(p->out, value_str(warnings.items[i]));
		buf_add_char(p->out, '\n');
	}
	buf_add_char(p->out, '\n');
}

static void
write_policy(const struct page *p)
{
	begin_line(p, "Policy");
	if (number(p, NULL, "policy_count") == 0) {
		buf_add_text(p->out, "none\n");
		return;
	}
	add_clean(p->out, text(p, NULL, "bundle"));
	buf_add_char(p->out, '\n');
	begin_line(p, "");
	buf_add_text(p->out, "revision ");
	add_clean(p->out, text(p, NULL, "revision"));
	buf_printf(p->out, " (%lld)  policies %lld  signed ", (long long)number(p, NULL, "revision_number"),
	    (long long)number(p, NULL, "policy_count"));
	add_clean(p->out, text(p, NULL, "algorithm").len > 0 ? text(p, NULL, "algorithm") : STR("no"));
	buf_add_text(p->out, "  in use for ");
	add_age(p->out, number(p, NULL, "bundle_age_s"));
	buf_add_char(p->out, '\n');
}

static void
write_keys(const struct page *p)
{
	begin_line(p, "Keys");
	if (number(p, "keys", "count") == 0) {
		buf_add_text(p->out, "none\n");
		return;
	}
	buf_printf(p->out, "%lld of ", (long long)number(p, "keys", "count"));
	add_clean(p->out, text(p, "keys", "path"));
	buf_add_text(p->out, "  in use for ");
	add_age(p->out, number(p, "keys", "age_s"));
	buf_add_char(p->out, '\n');
}

static void
write_certificates(const struct page *p)
{
	value_t list = value_object_get_text(p->now, "certificates");

	begin_line(p, "Certificates");
	if (list.tag != VALUE_ARRAY || list.count == 0) {
		buf_add_text(p->out, "none\n");
		return;
	}
	for (uint32_t i = 0; i < list.count; i++) {
		value_t file = value_object_get_text(list.items[i], "file");
		value_t days = value_object_get_text(list.items[i], "days_left");

		if (!value_is_string(file) || days.tag != VALUE_INT)
			continue;
		add_clean(p->out, value_str(file));
		buf_printf(p->out, " %lld days  ", (long long)days.integer);
	}
	buf_add_char(p->out, '\n');
}

static void
write_license(const struct page *p)
{
	begin_line(p, "License");
	add_clean(p->out, text(p, "license", "state"));
	if (!str_eq(text(p, "license", "state"), STR("none"))) {
		buf_printf(p->out, "  %lld days left  ", (long long)number(p, "license", "days_left"));
		add_clean(p->out, text(p, "license", "organization"));
		buf_add_char(p->out, ' ');
		add_clean(p->out, text(p, "license", "plan"));
	}
	buf_add_char(p->out, '\n');
	begin_line(p, "Settings");
	if (text(p, "settings", "version").len == 0) {
		buf_add_text(p->out, "none\n\n");
		return;
	}
	buf_add_text(p->out, "version ");
	add_clean(p->out, text(p, "settings", "version"));
	buf_printf(p->out, "  flags %lld  rate limits %lld  tenants %lld\n\n", (long long)number(p, "settings", "flags"),
	    (long long)number(p, "settings", "rate_limits"), (long long)number(p, "settings", "tenants"));
}

/* ---- what it does ---- */

static void
write_rates(const struct page *p)
{
	int64_t accepted = number(p, NULL, "tokens_accepted"), cached = number(p, NULL, "tokens_cached");

	begin_line(p, "Requests");
	buf_printf(p->out, "%.1f/s  allowed %.1f/s  denied %.1f/s  failed %.1f/s  in all %lld\n", rate(p, "requests"),
	    rate(p, "allowed"), rate(p, "denied"), rate(p, "failed"), (long long)number(p, NULL, "requests"));
	begin_line(p, "Tokens");
	buf_printf(p->out, "accepted %.1f/s  refused %.1f/s  of those accepted %.0f %% were known\n",
	    rate(p, "tokens_accepted"), rate(p, "tokens_refused"),
	    accepted > 0 ? 100.0 * (double)cached / (double)accepted : 0.0);
}

/* Buckets counted between the two answers; false: an answer has none, or others. */
static bool
read_buckets(const struct page *p, int64_t counts[BUCKETS_MAX], value_t *ret_bounds)
{
	value_t now = member(p->now, "latency", "buckets"), then = member(p->before, "latency", "buckets");
	value_t bounds = member(p->now, "latency", "bounds_ns");

	if (now.tag != VALUE_ARRAY || bounds.tag != VALUE_ARRAY || now.count > BUCKETS_MAX ||
	    now.count != bounds.count + 1)
		return false;
	for (uint32_t i = 0; i < now.count; i++) {
		bool has_then = then.tag == VALUE_ARRAY && then.count == now.count && then.items[i].tag == VALUE_INT;

		if (now.items[i].tag != VALUE_INT || (i < bounds.count && bounds.items[i].tag != VALUE_INT))
			return false;
		counts[i] = now.items[i].integer - (has_then ? then.items[i].integer : 0);
	}
	*ret_bounds = bounds;
	return true;
}

static double
quantile_us(const int64_t *counts, value_t bounds, double part)
{
	double all = 0, below = 0;

	for (uint32_t i = 0; i <= bounds.count; i++)
		all += (double)counts[i];
	for (uint32_t i = 0; i < bounds.count; i++) {
		double from = i > 0 ? (double)bounds.items[i - 1].integer : 0, to = (double)bounds.items[i].integer;

		if (counts[i] > 0 && below + (double)counts[i] >= part * all)
			return (from + (to - from) * (part * all - below) / (double)counts[i]) / NS_PER_US;
		below += (double)counts[i];
	}
	return all > 0 ? (double)bounds.items[bounds.count - 1].integer / NS_PER_US : 0;
}

static void
write_latency(const struct page *p)
{
	int64_t counts[BUCKETS_MAX];
	value_t bounds;

	begin_line(p, "Latency");
	if (!read_buckets(p, counts, &bounds) || bounds.count == 0) {
		buf_add_text(p->out, "not known\n");
		return;
	}
	buf_printf(p->out, "p50 %.0f us  p90 %.0f us  p99 %.0f us\n", quantile_us(counts, bounds, 0.5),
	    quantile_us(counts, bounds, 0.9), quantile_us(counts, bounds, 0.99));
}

static void
write_audit(const struct page *p)
{
	begin_line(p, "Audit");
	if (member(p->now, "audit", "trouble").tag == VALUE_TRUE) {
		buf_add_text(p->out, "IN TROUBLE: ");
		add_clean(p->out, text(p, "audit", "error"));
		buf_add_text(p->out, "  ");
	}
	buf_printf(p->out, "written %lld  lag %lld records, %lld bytes  lost %lld  spilled %lld  dropped %lld\n",
	    (long long)number(p, "audit", "written"), (long long)number(p, "audit", "lag_records"),
	    (long long)number(p, "audit", "lag_bytes"), (long long)number(p, "audit", "lost"),
	    (long long)number(p, "audit", "spilled"), (long long)number(p, "audit", "dropped"));
	begin_line(p, "Process");
	buf_printf(p->out, "connections %lld  streams %lld  workers %lld  memory %.1f MiB\n",
	    (long long)number(p, NULL, "connections"), (long long)number(p, NULL, "streams"),
	    (long long)number(p, NULL, "workers"), (double)number(p, NULL, "memory_bytes") / 1048576);
}

static void
write_history(const struct page *p)
{
	value_t list = value_object_get_text(p->now, "history");

	begin_line(p, "Reloads");
	buf_printf(p->out, "%lld, refused %lld\n", (long long)number(p, NULL, "reloads"),
	    (long long)number(p, NULL, "reloads_refused"));
	for (uint32_t i = list.tag == VALUE_ARRAY ? list.count : 0; i > 0; i--) { /* the newest first */
		value_t at = value_object_get_text(list.items[i - 1], "at");
		value_t what = value_object_get_text(list.items[i - 1], "what");
		bool fine = value_object_get_text(list.items[i - 1], "ok").tag == VALUE_TRUE;

		buf_add_text(p->out, "  ");
		add_time(p->out, at.tag == VALUE_INT ? at.integer : 0);
		buf_add_text(p->out, fine ? "  taken    " : "  refused  ");
		add_clean(p->out, value_is_string(what) ? value_str(what) : STR_NONE);
		buf_add_char(p->out, '\n');
	}
}

void
status_page_write(struct buf *out, value_t before, value_t now)
{
	struct page p = { out, before, now, 0 };
	value_t then = value_object_get_text(before, "steady_ns");

	if (then.tag == VALUE_INT &&
	    value_equal(value_object_get_text(before, "pid"), value_object_get_text(now, "pid"))) {
		p.seconds = (double)(number(&p, NULL, "steady_ns") - then.integer) / 1e9;
	} else {
		p.before = VALUE_NONE;
		p.seconds = (double)number(&p, NULL, "uptime_s");
	}
	write_head(&p);
	write_policy(&p);
	write_keys(&p);
	write_certificates(&p);
	write_license(&p);
	write_rates(&p);
	write_latency(&p);
	write_audit(&p);
	write_history(&p);
}

void
status_page_cut(struct buf *out, str_t page, unsigned rows, unsigned cols)
{
	for (unsigned row = 0; page.len > 0 && (rows == 0 || row < rows); row++) {
		size_t end = str_find_char(page, '\n', 0), at = 0, width;

		for (unsigned col = 0; at < end && (cols == 0 || col < cols); col++, at += width)
			(void)utf8_decode(str_sub(page, at, end - at), &width);
		if (row > 0)
			buf_add_char(out, '\n');
		buf_add_str(out, str_sub(page, 0, at));
		page = str_skip(page, end < page.len ? end + 1 : end);
	}
	if (rows == 0)
		buf_add_char(out, '\n');
}
