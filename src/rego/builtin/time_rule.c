/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/time_rule.h"

#include <stdio.h>

#include "rego/builtin/time_civil.h"

enum { MOST_HOURS = 167 }; /* rfc8536 3.3.1 */

static bool
take_char(str_t *s, char c)
{
	if (s->len == 0 || s->data[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

static bool
take_number(str_t *s, int low, int high, int *ret)
{
	int n = 0;
	size_t i = 0;

	for (; i < s->len && i < 4 && s->data[i] >= '0' && s->data[i] <= '9'; i++)
		n = n * 10 + (s->data[i] - '0');
	*s = str_skip(*s, i);
	*ret = n;
	return i > 0 && n >= low && n <= high;
}

/* CET, or <+0330> for what is not all letters. */
static bool
take_name(str_t *s, char name[TIME_ZONE_NAME_LEN])
{
	bool quoted = take_char(s, '<');
	size_t len = 0;

	while (len < s->len) {
		char c = s->data[len];

		if (quoted ? c == '>' : !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			break;
		len++;
	}
	(void)snprintf(name, TIME_ZONE_NAME_LEN, "%.*s", (int)len, s->data);
	*s = str_skip(*s, len);
	return len >= 3 && (!quoted || take_char(s, '>'));
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool
take_time(str_t *s, int32_t *ret)
{
	bool negative = take_char(s, '-');
	int hours, minutes = 0, seconds = 0;

	if (!negative)
		(void)take_char(s, '+');
	if (!take_number(s, 0, MOST_HOURS, &hours))
		return false;
	if (take_char(s, ':') && !take_number(s, 0, 59, &minutes))
		return false;
	if (take_char(s, ':') && !take_number(s, 0, 59, &seconds))
		return false;
	*ret = (hours * 60 + minutes) * 60 + seconds;
	if (negative)
		*ret = -*ret;
	return true;
}

static bool
take_day(str_t *s, struct time_change_day *ret)
{
	ret->seconds = 2 * 3600;
	if (take_char(s, 'J')) {
		ret->kind = TIME_DAY_JULIAN;
		if (!take_number(s, 1, 365, &ret->day))
			return false;
	} else if (take_char(s, 'M')) {
		ret->kind = TIME_DAY_OF_WEEK;
		if (!take_number(s, 1, 12, &ret->month) || !take_char(s, '.') ||
		    !take_number(s, 1, 5, &ret->week) || !take_char(s, '.') ||
		    !take_number(s, 0, 6, &ret->day))
			return false;
	} else {
		ret->kind = TIME_DAY_OF_YEAR;
		if (!take_number(s, 0, 365, &ret->day))
			return false;
	}
	return !take_char(s, '/') || take_time(s, &ret->seconds);
}

bool
time_rule_parse(str_t s, struct time_rule *ret)
{
	*ret = (struct time_rule){ 0 };
	if (!take_name(&s, ret->standard.name) || !take_time(&s, &ret->standard.seconds))
		return false;
	ret->standard.seconds = -ret->standard.seconds; /* POSIX counts to the west */
	if (s.len == 0)
		return true;
	ret->has_summer = true;
	if (!take_name(&s, ret->summer.name))
		return false;
	ret->summer.seconds = ret->standard.seconds + 3600;
	if (s.len > 0 && s.data[0] != ',') {
		if (!take_time(&s, &ret->summer.seconds))
			return false;
		ret->summer.seconds = -ret->summer.seconds;
	}
	if (s.len == 0) /* the rule of the United States stands in */
		s = STR(",M3.2.0,M11.1.0");
	return take_char(&s, ',') && take_day(&s, &ret->start) && take_char(&s, ',') &&
	    take_day(&s, &ret->end) && s.len == 0;
}

/* Seconds from the start of `year` in UTC to the change, which is told in local time. */
static int64_t
change_time(const struct time_change_day *d, int64_t year, int32_t offset)
{
	int64_t day = 0;
	int weekday;

	switch (d->kind) {
	case TIME_DAY_JULIAN:
		day = d->day - 1 + (time_is_leap(year) && d->day >= 60);
		break;
	case TIME_DAY_OF_YEAR:
		day = d->day;
		break;
	case TIME_DAY_OF_WEEK:
		weekday = time_civil_of(time_days_of(year, d->month, 1) * SECONDS_PER_DAY).weekday;
		day = (d->day - weekday + 7) % 7;
		for (int week = 1; week < d->week && day + 7 < time_month_days(year, d->month); week++)
			day += 7;
		day += time_days_before(year, d->month);
		break;
	}
	return day * SECONDS_PER_DAY + d->seconds - offset;
}

struct time_offset
time_rule_offset_at(const struct time_rule *r, int64_t unix_seconds)
{
	int64_t year, since, start, end;
	bool inside;

	if (!r->has_summer)
		return r->standard;
	year = time_civil_of(unix_seconds).year;
	since = unix_seconds - time_days_of(year, 1, 1) * SECONDS_PER_DAY;
	start = change_time(&r->start, year, r->standard.seconds);
	end = change_time(&r->end, year, r->summer.seconds);
	/* In the south summer goes over the end of the year. */
	inside = start <= end ? since >= start && since < end : since >= start || since < end;
	return inside ? r->summer : r->standard;
}
