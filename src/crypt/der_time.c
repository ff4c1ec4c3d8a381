/* SPDX-License-Identifier: Apache-2.0 */
/* Times as certificates write them. */
#include "crypt/der.h"

enum { SECONDS_PER_DAY = 86400, DAYS_TO_1970 = 719468, DAYS_PER_ERA = 146097 };

struct date {
	int64_t year;
	int month, day, hour, minute, second;
};

static bool
take_number(str_t *text, size_t digits, int *ret)
{
	int value = 0;

	if (text->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		char c = text->data[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*text = str_skip(*text, digits);
	*ret = value;
	return true;
}

static int
days_of_month(int64_t year, int month)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
is_date(const struct date *d)
{
	return d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	    d->day <= days_of_month(d->year, d->month) && d->hour < 24 && d->minute < 60 &&
	    d->second < 60;
}

/* Days since 1970 in the Gregorian calendar; its years counted from March. */
static int64_t
days_since_1970(const struct date *d)
{
	int64_t year = d->year - (d->month <= 2), era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (d->month > 2 ? d->month - 3 : d->month + 9) + 2) / 5 + d->day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

/* Z, or an offset other than zero, which has Z for its spelling. */
static bool
take_zone(str_t text, int32_t *ret)
{
	int hours, minutes;
	char sign = text.len > 0 ? text.data[0] : '\0';

	*ret = 0;
	if (sign == 'Z')
		return text.len == 1;
	if (sign != '+' && sign != '-')
		return false;
	text = str_skip(text, 1);
	if (!take_number(&text, 2, &hours) || !take_number(&text, 2, &minutes) || text.len > 0 ||
	    hours > 24 || minutes > 59 || (hours == 0 && minutes == 0))
		return false;
	*ret = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
	return true;
}

static bool
take_clock(str_t *text, bool may_lack_seconds, struct date *d)
{
	if (!take_number(text, 2, &d->month) || !take_number(text, 2, &d->day) ||
	    !take_number(text, 2, &d->hour) || !take_number(text, 2, &d->minute))
		return false;
	d->second = 0;
	return take_number(text, 2, &d->second) || may_lack_seconds;
}

bool
der_read_time(str_t *der, struct der_time *ret)
{
	bool is_utc = der_is(*der, DER_UTC_TIME);
	struct date d = { 0 };
	str_t text;
	int year;

	if (!der_read(der, is_utc ? DER_UTC_TIME : DER_GENERAL_TIME, &text) ||
	    !take_number(&text, is_utc ? 2 : 4, &year))
		return false;
	d.year = year;
	if (is_utc)
		d.year += year < 50 ? 2000 : 1900; /* rfc5280 4.1.2.5.1 */
	if (!take_clock(&text, is_utc, &d) || !is_date(&d) || !take_zone(text, &ret->zone))
		return false;
	ret->seconds = days_since_1970(&d) * SECONDS_PER_DAY +
	    ((int64_t)d.hour * 60 + d.minute - ret->zone) * 60 + d.second;
	return true;
}
