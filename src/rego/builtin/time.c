/* SPDX-License-Identifier: Apache-2.0 */
/* time: nanoseconds since 1970 as dates, and back. */
#include <stdio.h>

#include "rego/builtin/time_layout.h"
#include "rego/builtin/util.h"
#include "rego/cache.h"
#include "value/number.h"

enum { NANOSECONDS = 1000000000, LONGEST_PROBLEM = 320 };

static enum rego_outcome
give_time(struct rego_call *call, __int128 nanoseconds, value_t *ret)
{
	if (nanoseconds < INT64_MIN || nanoseconds > INT64_MAX)
		return rego_fail(call, "time outside of valid range");
	*ret = value_int((int64_t)nanoseconds);
	return REGO_DEFINED;
}

static __int128
join_nanoseconds(int64_t seconds, int32_t nanosecond)
{
	return (__int128)seconds * NANOSECONDS + nanosecond;
}

static enum rego_outcome
now_ns(struct rego_call *call, value_t *ret)
{
	*ret = value_int(rego_now_ns(call));
	return REGO_DEFINED;
}

/* ---- operands: ns, [ns, zone] or [ns, zone, layout] ---- */

static const char zone_family;

struct moment {
	int64_t seconds;
	int32_t nanosecond;
	const struct time_zone *zone; /* NULL: UTC */
	str_t layout; /* empty: none */
};

static void
free_zone(void *zone)
{
	struct time_zone *z = zone;

	time_zone_free(&z);
}

/* A name that no directory of zones may be asked for. */
static bool
leads_away(str_t name)
{
	return name.data[0] == '/' || name.data[0] == '\\' ||
	    str_find(name, STR(".."), 0) < name.len;
}

static enum rego_outcome
find_zone(struct rego_call *call, str_t name, const struct time_zone **ret)
{
	struct rego_cache *cache = rego_call_cache(call);
	struct time_zone *zone;
	err_t err;

	*ret = NULL;
	if (name.len == 0 || str_eq(name, STR("UTC")))
		return REGO_DEFINED;
	if (leads_away(name))
		return rego_fail(call, "time: invalid location name");
	zone = rego_cache_find(cache, &zone_family, name);
	if (zone == NULL) {
		if (!rego_work(call, TIME_ZONE_LARGEST))
			return REGO_HALT;
		err = time_zone_load(name, &zone);
		if (err != ERR_OK && str_eq(name, STR("Local")))
			return REGO_DEFINED; /* a host that does not say keeps UTC */
		if (err != ERR_OK)
			return rego_fail(call, "unknown time zone %.*s%s", STR_FMT(name),
			    err == ERR_NOT_FOUND || err == ERR_SYNTAX
				? ""
				: " (the system's zone files cannot be read)");
		if (!rego_cache_add(cache, &zone_family, name, zone, free_zone)) {
			time_zone_free(&zone);
			arena_fail(call->arena);
			return REGO_HALT;
		}
	}
	*ret = zone;
	return REGO_DEFINED;
}

/* As OPA, whichever operand it is. */
static enum rego_outcome
refuse_moment(struct rego_call *call, value_t got)
{
	return rego_fail_type(call, 1, "either number (ns) or [number (ns), string (tz)]", got);
}

static enum rego_outcome
read_list(struct rego_call *call, value_t list, value_t *ret_number, struct moment *ret)
{
	enum rego_outcome outcome;

	if (list.count == 0)
		return refuse_moment(call, list);
	*ret_number = list.items[0];
	if (!value_is_number(*ret_number))
		return rego_fail_type(call, 1, "number", *ret_number);
	for (uint32_t i = 1; i < list.count && i < 3; i++) {
		if (!value_is_string(list.items[i]))
			return rego_fail_type(call, 1, "string", list.items[i]);
	}
	if (list.count > 1) {
		outcome = find_zone(call, value_str(list.items[1]), &ret->zone);
		if (outcome != REGO_DEFINED)
			return outcome;
	}
	if (list.count > 2)
		ret->layout = value_str(list.items[2]);
	return REGO_DEFINED;
}

static enum rego_outcome
read_moment(struct rego_call *call, value_t operand, struct moment *ret)
{
	enum rego_outcome outcome;
	int64_t ns;

	*ret = (struct moment){ .layout = STR("") };
	if (operand.tag != VALUE_ARRAY && !value_is_number(operand))
		return refuse_moment(call, operand);
	if (operand.tag == VALUE_ARRAY) {
		outcome = read_list(call, operand, &operand, ret);
		if (outcome != REGO_DEFINED)
			return outcome;
	}
	if (!number_to_int64(operand, &ns))
		return rego_fail(call, "timestamp too big");
	ret->nanosecond = (int32_t)(ns % NANOSECONDS);
	ret->seconds = ns / NANOSECONDS;
	if (ret->nanosecond < 0) {
		ret->nanosecond += NANOSECONDS;
		ret->seconds--;
	}
	return REGO_DEFINED;
}

static struct layout_time
local_time(const struct moment *m)
{
	struct layout_time t = { .nanosecond = m->nanosecond, .offset = { 0, "UTC" } };

	if (m->zone != NULL)
		t.offset = time_zone_offset_at(m->zone, m->seconds);
	t.civil = time_civil_of(m->seconds + t.offset.seconds);
	return t;
}

static enum rego_outcome
read_local(struct rego_call *call, struct layout_time *ret)
{
	struct moment m;
	enum rego_outcome outcome = read_moment(call, call->arg[0], &m);

	if (outcome == REGO_DEFINED)
		*ret = local_time(&m);
	return outcome;
}

static enum rego_outcome
give_numbers(struct rego_call *call, const int64_t *numbers, size_t count, value_t *ret)
{
	value_t values[6];

	for (size_t i = 0; i < count; i++)
		values[i] = value_int(numbers[i]);
	return rego_give(value_array(call->arena, values, count), ret);
}

/* ---- taking apart ---- */

static enum rego_outcome
date(struct rego_call *call, value_t *ret)
{
	struct layout_time t;
	enum rego_outcome outcome = read_local(call, &t);

	if (outcome != REGO_DEFINED)
		return outcome;
	return give_numbers(call, (int64_t[]){ t.civil.year, t.civil.month, t.civil.day }, 3, ret);
}

static enum rego_outcome
clock_of(struct rego_call *call, value_t *ret)
{
	struct layout_time t;
	enum rego_outcome outcome = read_local(call, &t);

	if (outcome != REGO_DEFINED)
		return outcome;
	return give_numbers(call, (int64_t[]){ t.civil.hour, t.civil.minute, t.civil.second }, 3, ret);
}

static enum rego_outcome
weekday(struct rego_call *call, value_t *ret)
{
	struct layout_time t;
	enum rego_outcome outcome = read_local(call, &t);

	if (outcome != REGO_DEFINED)
		return outcome;
	return rego_give(value_text(call->arena, layout_weekdays[t.civil.weekday]), ret);
}

static enum rego_outcome
format(struct rego_call *call, value_t *ret)
{
	struct moment m;
	struct layout_time t;
	struct buf text;
	enum rego_outcome outcome = read_moment(call, call->arg[0], &m);

	if (outcome != REGO_DEFINED)
		return outcome;
	t = local_time(&m);
	if (!rego_work(call, m.layout.len * 16))
		return REGO_HALT;
	rego_text_init(call, &text);
	layout_write(&text, layout_named(m.layout.len > 0 ? m.layout : STR("RFC3339Nano")), &t);
	return rego_give_text(call, &text, ret);
}

/* ---- reading ---- */

static enum rego_outcome
parse_by(struct rego_call *call, str_t layout, str_t value, value_t *ret)
{
	int64_t seconds;
	int32_t nanosecond;
	struct buf problem;
	enum rego_outcome outcome;

	if (!rego_work(call, layout.len * 16 + value.len))
		return REGO_HALT;
	buf_init(&problem, LONGEST_PROBLEM);
	if (layout_read(layout, value, &seconds, &nanosecond, &problem))
		outcome = give_time(call, join_nanoseconds(seconds, nanosecond), ret);
	else
		outcome = rego_fail(call, "%.*s", STR_FMT(buf_str(&problem)));
	buf_fini(&problem);
	return outcome;
}

static enum rego_outcome
parse_ns(struct rego_call *call, value_t *ret)
{
	return parse_by(call, layout_named(value_str(call->arg[0])), value_str(call->arg[1]), ret);
}

static enum rego_outcome
parse_rfc3339_ns(struct rego_call *call, value_t *ret)
{
	return parse_by(call, layout_named(STR("RFC3339")), value_str(call->arg[0]), ret);
}

/* The unit at the front of `s`: its nanoseconds, 0 if unknown, and its length. */
static uint64_t
read_unit(str_t s, size_t *ret_len)
{
	static const struct {
		const char *name;
		uint64_t nanoseconds;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "\xC2\xB5s", 1000 }, /* U+00B5, the micro sign */
		{ "\xCE\xBCs", 1000 }, /* U+03BC, the Greek letter */
		{ "ms", 1000000 },
		{ "s", NANOSECONDS },
		{ "m", 60 * UINT64_C(1000000000) },
		{ "h", 3600 * UINT64_C(1000000000) },
		{ "d", 24 * 3600 * UINT64_C(1000000000) },
		{ "w", 7 * 24 * 3600 * UINT64_C(1000000000) },
		{ "y", 365 * 24 * 3600 * UINT64_C(1000000000) },
	};
	size_t len = 0;

	while (len < s.len && s.data[len] != '.' && (s.data[len] < '0' || s.data[len] > '9'))
		len++;
	*ret_len = len;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (str_eq(str_sub(s, 0, len), str_of(units[i].name)))
			return units[i].nanoseconds;
	}
	return 0;
}

static const uint64_t longest_duration = UINT64_C(1) << 63;

/* Digits before the point.  False: too large. */
static bool
read_whole(str_t *s, uint64_t *ret)
{
	*ret = 0;
	for (; s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9'; *s = str_skip(*s, 1)) {
		if (*ret > longest_duration / 10)
			return false;
		*ret = *ret * 10 + (uint64_t)(s->data[0] - '0');
		if (*ret > longest_duration)
			return false;
	}
	return true;
}

/* Digits behind the point, as far as they fit, and the power of ten below them. */
static uint64_t
read_fraction(str_t *s, double *ret_scale)
{
	uint64_t n = 0;
	bool full = false;

	*ret_scale = 1;
	for (; s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9'; *s = str_skip(*s, 1)) {
		full = full || n > (longest_duration - 1) / 10 - 1;
		if (full)
			continue;
		n = n * 10 + (uint64_t)(s->data[0] - '0');
		*ret_scale *= 10;
	}
	return n;
}

/* "invalid duration", "missing unit in duration" or, with a unit, "unknown unit ... in duration". */
static enum rego_outcome
refuse_duration(struct rego_call *call, const char *what, str_t unit)
{
	struct buf problem;
	enum rego_outcome outcome;

	buf_init(&problem, LONGEST_PROBLEM);
	buf_add_text(&problem, what);
	if (unit.len > 0) {
		layout_write_quoted(&problem, unit);
		buf_add_text(&problem, " in");
	}
	buf_add_text(&problem, " duration ");
	layout_write_quoted(&problem, value_str(call->arg[0]));
	outcome = rego_fail(call, "time: %.*s", STR_FMT(buf_str(&problem)));
	buf_fini(&problem);
	return outcome;
}

/* One number with its unit, added to *sum. */
static enum rego_outcome
add_part(struct rego_call *call, str_t *s, uint64_t *sum)
{
	size_t before = s->len, digits, len;
	uint64_t whole, fraction = 0, unit;
	double scale = 1;

	if (!read_whole(s, &whole))
		return refuse_duration(call, "invalid", STR(""));
	digits = before - s->len;
	if (s->len > 0 && s->data[0] == '.') {
		*s = str_skip(*s, 1);
		before = s->len;
		fraction = read_fraction(s, &scale);
		digits += before - s->len;
	}
	if (digits == 0)
		return refuse_duration(call, "invalid", STR(""));
	unit = read_unit(*s, &len);
	if (len == 0)
		return refuse_duration(call, "missing unit in", STR(""));
	if (unit == 0)
		return refuse_duration(call, "unknown unit ", str_sub(*s, 0, len));
	*s = str_skip(*s, len);
	if (whole > longest_duration / unit)
		return refuse_duration(call, "invalid", STR(""));
	whole = whole * unit + (uint64_t)((double)fraction * ((double)unit / scale));
	if (whole > longest_duration || *sum + whole > longest_duration)
		return refuse_duration(call, "invalid", STR(""));
	*sum += whole;
	return REGO_DEFINED;
}

static enum rego_outcome
parse_duration_ns(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]);
	bool negative = s.len > 0 && s.data[0] == '-';
	uint64_t sum = 0;

	if (s.len > 0 && (negative || s.data[0] == '+'))
		s = str_skip(s, 1);
	if (s.len == 0)
		return refuse_duration(call, "invalid", STR(""));
	while (s.len > 0 && !str_eq(s, STR("0"))) {
		enum rego_outcome outcome = add_part(call, &s, &sum);

		if (outcome != REGO_DEFINED)
			return outcome;
		if (str_eq(s, STR("0")))
			return refuse_duration(call, "missing unit in", STR(""));
	}
	if (!negative && sum == longest_duration)
		return refuse_duration(call, "invalid", STR(""));
	*ret = value_int((int64_t)(negative ? 0 - sum : sum));
	return REGO_DEFINED;
}

/* ---- reckoning ---- */

static enum rego_outcome
add_date(struct rego_call *call, value_t *ret)
{
	enum { FARTHEST = 1000000000 }; /* beyond it no result is in range */
	int64_t years, months, days, month;
	struct layout_time t;
	enum rego_outcome outcome = read_local(call, &t);

	if (outcome != REGO_DEFINED)
		return outcome;
	if (!rego_operand_int(call, 2, &years) || !rego_operand_int(call, 3, &months) ||
	    !rego_operand_int(call, 4, &days))
		return REGO_FAILED;
	if (years > FARTHEST || years < -FARTHEST || months > FARTHEST || months < -FARTHEST ||
	    days > FARTHEST || days < -FARTHEST)
		return rego_fail(call, "time outside of valid range");
	month = t.civil.month - 1 + months;
	years += month / 12 - (month % 12 < 0);
	month = (month % 12 + 12) % 12;
	days = time_days_of(t.civil.year + years, (int)month + 1, t.civil.day + days);
	t.civil = (struct time_civil){ .year = 1970, .month = 1, .day = 1, .hour = t.civil.hour,
		.minute = t.civil.minute, .second = t.civil.second };
	return give_time(call,
	    join_nanoseconds(days * SECONDS_PER_DAY + time_seconds_of(&t.civil), t.nanosecond), ret);
}

static bool
is_after(const struct moment *a, const struct moment *b)
{
	return a->seconds != b->seconds ? a->seconds > b->seconds : a->nanosecond > b->nanosecond;
}

/* Years, months, days, hours, minutes and seconds between two moments, in the first one's zone. */
static enum rego_outcome
diff(struct rego_call *call, value_t *ret)
{
	struct moment moments[2], swapped;
	struct time_civil from, to;
	int64_t d[6];

	for (int i = 0; i < 2; i++) {
		enum rego_outcome outcome = read_moment(call, call->arg[i], &moments[i]);

		if (outcome != REGO_DEFINED)
			return outcome;
	}
	moments[1].zone = moments[0].zone;
	if (is_after(&moments[0], &moments[1])) {
		swapped = moments[0];
		moments[0] = moments[1];
		moments[1] = swapped;
	}
	from = local_time(&moments[0]).civil;
	to = local_time(&moments[1]).civil;
	d[0] = to.year - from.year;
	d[1] = to.month - from.month;
	d[2] = to.day - from.day;
	d[3] = to.hour - from.hour;
	d[4] = to.minute - from.minute;
	d[5] = to.second - from.second;
	for (int i = 5; i > 0; i--) {
		const int sizes[] = { 0, 12, time_month_days(from.year, from.month), 24, 60, 60 };

		if (d[i] < 0) {
			d[i] += sizes[i];
			d[i - 1]--;
		}
	}
	return give_numbers(call, d, 6, ret);
}

#define MOMENT "(number|array<number, string>)"

const struct rego_builtin rego_builtins_time[] = {
	{ "time.add_date", "ns: number, years: number, months: number, days: number -> number",
	    add_date, "The time that many years, months and days later.",
	    REGO_LENIENT },
	{ "time.clock", "x: " MOMENT " -> array<number, number, number>", clock_of,
	    "Hour, minute and second; of a zone if `x` is [ns, zone].",
	    REGO_LENIENT },
	{ "time.date", "x: " MOMENT " -> array<number, number, number>", date,
	    "Year, month and day.",
	    REGO_LENIENT },
	{ "time.diff", "ns1: " MOMENT ", ns2: " MOMENT
	               " -> array<number, number, number, number, number, number>",
	    diff, "Years, months, days, hours, minutes and seconds between two times.",
	    REGO_LENIENT },
	{ "time.format", "x: (number|array<number, string>|array<number, string, string>) -> string",
	    format, "The time as text: RFC 3339, or by the layout in [ns, zone, layout].",
	    REGO_LENIENT },
	{ "time.now_ns", "-> number", now_ns,
	    "Nanoseconds since 1970-01-01 UTC, the same in all of an evaluation.",
	    REGO_NONDETERMINISTIC },
	{ "time.parse_duration_ns", "duration: string -> number", parse_duration_ns,
	    "The nanoseconds in a duration such as 1h30m." },
	{ "time.parse_ns", "layout: string, value: string -> number", parse_ns,
	    "The time that `value` tells by `layout`." },
	{ "time.parse_rfc3339_ns", "value: string -> number", parse_rfc3339_ns,
	    "The time that `value` tells by RFC 3339." },
	{ "time.weekday", "x: " MOMENT " -> string", weekday, "The day of the week.",
	    REGO_LENIENT },
	{ 0 },
};
