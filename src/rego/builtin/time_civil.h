/* SPDX-License-Identifier: Apache-2.0 */
/* time_civil: the proleptic Gregorian calendar, counted in seconds since 1970 (UTC). */
#ifndef REGO_BUILTIN_TIME_CIVIL_H
#define REGO_BUILTIN_TIME_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct time_civil {
	int64_t year;
	int month, day; /* from 1 */
	int hour, minute, second;
	int weekday; /* 0: Sunday */
	int year_day; /* from 1 */
};

enum { SECONDS_PER_DAY = 86400 };

static inline bool
time_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int time_month_days(int64_t year, int month);
int time_days_before(int64_t year, int month); /* days of the year before that month */

/* `days` since 1970-01-01 of a date; month 1 to 12, day any. */
int64_t time_days_of(int64_t year, int month, int64_t day);
struct time_civil time_civil_of(int64_t seconds);
int64_t time_seconds_of(const struct time_civil *); /* weekday and year_day are not read */

#endif
