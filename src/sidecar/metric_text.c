/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/metric_text.h"

#include <stdio.h>

#include "base/utf8.h"

/* ---- samples ---- */

static void
add_escaped(struct buf *out, str_t text)
{
	char bytes[8];
	size_t width;

	for (; text.len > 0; text = str_skip(text, width)) {
		uint32_t rune = utf8_decode(text, &width);

		if (rune == '\n')
			buf_add_text(out, "\\n");
		else if (rune == '"')
			buf_add_text(out, "\\\"");
		else if (rune == '\\')
			buf_add_text(out, "\\\\");
		else
			buf_add(out, bytes, utf8_encode(bytes, rune));
	}
}

/* OpenMetrics names a family of counters without the ending that its samples have. */
static str_t
family_name(const struct metric_text *t)
{
	str_t name = str_of(t->row->name);

	if (t->open && t->row->kind == METRIC_COUNTER && str_has_suffix(name, STR("_total")))
		name.len -= sizeof("_total") - 1;
	return name;
}

void
metric_text_family(struct metric_text *t, const struct metric_row *row)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	str_t name;

	t->row = row;
	name = family_name(t);
	buf_add_text(t->out, "# HELP ");
	buf_add_str(t->out, name);
	buf_add_char(t->out, ' ');
	buf_add_text(t->out, row->help); /* of our table: nothing in it needs escaping */
	buf_add_text(t->out, "\n# TYPE ");
	buf_add_str(t->out, name);
	buf_printf(t->out, " %s\n", kinds[row->kind]);
}

static void
begin_sample(struct metric_text *t, const char *suffix, const struct metric_label *labels, size_t count)
{
	buf_add_text(t->out, t->row->name);
	buf_add_text(t->out, suffix);
	buf_add_text(t->out, "{service_name=\"");
	add_escaped(t->out, t->service);
	for (size_t i = 0; i < count; i++) {
		buf_add_text(t->out, "\",");
		buf_add_text(t->out, labels[i].name);
		buf_add_text(t->out, "=\"");
		add_escaped(t->out, labels[i].value);
	}
	buf_add_char(t->out, '"');
}

static void
end_sample(struct metric_text *t, uint64_t value)
{
	buf_add_text(t->out, "} ");
	buf_printf(t->out, "%llu\n", (unsigned long long)value);
}

void
metric_text_count(struct metric_text *t, const struct metric_label *labels, size_t count, uint64_t value)
{
	begin_sample(t, "", labels, count);
	end_sample(t, value);
}

void
metric_text_milli(struct metric_text *t, const struct metric_label *labels, size_t count, int64_t value)
{
	begin_sample(t, "", labels, count);
	buf_printf(t->out, "} %s%lld.%03lld\n", value < 0 ? "-" : "", (long long)(value < 0 ? -value : value) / 1000,
	    (long long)(value < 0 ? -value : value) % 1000);
}

/* Nanoseconds as milliseconds, without zeros at the end; OpenMetrics wants 1.0 where the older text has 1. */
static void
add_ms(struct metric_text *t, uint64_t ns)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%llu.%06llu", (unsigned long long)ns / 1000000,
	    (unsigned long long)ns % 1000000);

	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len += t->open ? 1 : -1;
	buf_add(t->out, text, (size_t)len);
}

void
metric_text_histogram(struct metric_text *t, const struct metric_label *labels, size_t count,
    const struct metric_sum *sum)
{
	uint64_t below = 0;

	for (size_t i = 0; i <= METRIC_BOUND_COUNT; i++) {
		below += sum->buckets[i];
		begin_sample(t, "_bucket", labels, count);
		buf_add_text(t->out, ",le=\"");
		if (i < METRIC_BOUND_COUNT)
			add_ms(t, (uint64_t)metric_bounds_ns[i]);
		else
			buf_add_text(t->out, "+Inf");
		buf_add_char(t->out, '"');
		end_sample(t, below);
	}
	begin_sample(t, "_sum", labels, count);
	buf_add_text(t->out, "} ");
	add_ms(t, sum->sum_ns);
	buf_add_char(t->out, '\n');
	begin_sample(t, "_count", labels, count);
	end_sample(t, sum->count);
}

void
metric_text_end(struct metric_text *t)
{
	if (t->open)
		buf_add_text(t->out, "# EOF\n");
}

const char *
metric_text_type(bool open)
{
	return open ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
		      "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- Accept (rfc9110 12.5.1) ---- */

static str_t
take_until(str_t *rest, char end)
{
	size_t at = str_find_char(*rest, end, 0);
	str_t part = str_sub(*rest, 0, at);

	*rest = str_skip(*rest, at < rest->len ? at + 1 : at);
	return str_trim_space(part);
}

/* "0.5" is 500; what is no quality counts as none given. */
static int
read_quality(str_t text)
{
	int quality = 0, unit = 1000;

	if (text.len == 0 || text.len > 5 || (text.data[0] != '0' && text.data[0] != '1') ||
	    (text.len > 1 && text.data[1] != '.'))
		return 1000;
	for (size_t i = 0; i < text.len; i++) {
		if (i == 1)
			continue;
		if (text.data[i] < '0' || text.data[i] > '9')
			return 1000;
		quality += (text.data[i] - '0') * unit;
		unit /= 10;
	}
	return quality < 1000 ? quality : 1000;
}

/* The quality of one media range, and whether it is a version that is not ours. */
static int
read_range(str_t range, str_t *ret_type, bool *ret_other_version)
{
	int quality = 1000;

	*ret_type = take_until(&range, ';');
	*ret_other_version = false;
	while (range.len > 0) {
		str_t value = take_until(&range, ';');
		str_t name = take_until(&value, '=');

		if (str_eq_nocase(name, STR("q")))
			quality = read_quality(value);
		else if (str_eq_nocase(name, STR("version")))
			*ret_other_version = !str_eq(value, STR("1.0.0")) && !str_eq(value, STR("\"1.0.0\""));
	}
	return quality;
}

bool
metric_text_wants_open(str_t accept)
{
	int open = 0, plain = 0;

	while (accept.len > 0) {
		bool other_version;
		str_t type;
		int quality = read_range(take_until(&accept, ','), &type, &other_version);

		if (str_eq_nocase(type, STR("application/openmetrics-text")) && !other_version)
			open = quality > open ? quality : open;
		else if (str_eq_nocase(type, STR("text/plain")))
			plain = quality > plain ? quality : plain;
	}
	return open > 0 && open >= plain;
}
