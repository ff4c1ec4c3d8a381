/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/time_civil.h"

enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400, DAYS_TO_1970 = 719468 };

int
time_days_before(int64_t year, int month)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

	return before[month - 1] + (month > 2 && time_is_leap(year));
}

int
time_month_days(int64_t year, int month)
{
	return time_days_before(year, month + 1) - time_days_before(year, month);
}

/*
 * Years are counted from March, so that the leap day is the last one; an era of 400
 * years always has the same number of days.
 */
int64_t
time_days_of(int64_t year, int month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - (YEARS_PER_ERA - 1)) / YEARS_PER_ERA;
	int64_t year_of_era = y - era * YEARS_PER_ERA;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970 + day - 1;
}

static void
set_date(struct time_civil *c, int64_t days)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int64_t of_era = z - era * DAYS_PER_ERA;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* from March */

	c->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	c->month = (int)(month < 10 ? month + 3 : month - 9);
	c->year = year + era * YEARS_PER_ERA + (c->month <= 2);
	c->weekday = (int)(((days + 4) % 7 + 7) % 7);
	c->year_day = time_days_before(c->year, c->month) + c->day;
}

struct time_civil
time_civil_of(int64_t seconds)
{
	int64_t days = seconds / SECONDS_PER_DAY, rest = seconds % SECONDS_PER_DAY;
	struct time_civil c = { 0 };

	if (rest < 0) {
		rest += SECONDS_PER_DAY;
		days--;
	}
	set_date(&c, days);
	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest / 60 % 60);
	c.second = (int)(rest % 60);
	return c;
}

int64_t
time_seconds_of(const struct time_civil *c)
{
	return time_days_of(c->year, c->month, c->day) * SECONDS_PER_DAY +
	    (c->hour * 60 + c->minute) * 60 + c->second;
}
