/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "base/str.h"
#include "rego/builtin/builtin_test.h"
#include "rego/builtin/time_civil.h"
#include "rego/builtin/time_rule.h"
#include "rego/builtin/time_zone_data.h"

static const struct builtin_case cases[] = {
	{ "time.now_ns", "[]", "1700000000123456789" },
	{ "time.date", "[1517832000000000000]", "[2018, 2, 5]" },
	{ "time.date", "[[1517814000000000000, \"UTC\"]]", "[2018, 2, 5]" },
	{ "time.date", "[-1]", "[1969, 12, 31]" },
	{ "time.date", "[1582977600000000000]", "[2020, 2, 29]" },
	{ "time.date", "[1582977600000000000000]", "eval_builtin_error: time.date: timestamp too big" },
	{ "time.date", "[1.5]", "eval_builtin_error: time.date: timestamp too big" },
	{ "time.date", "[[]]",
	    "eval_type_error: time.date: operand 1 must be either number (ns) or [number (ns), string "
	    "(tz)] but got array" },
	{ "time.date", "[[\"x\"]]",
	    "eval_type_error: time.date: operand 1 must be number but got string" },
	{ "time.date", "[[0, 1]]",
	    "eval_type_error: time.date: operand 1 must be string but got number" },
	{ "time.date", "[[0, \"No/Where\"]]",
	    "eval_builtin_error: time.date: unknown time zone No/Where" },
	{ "time.date", "[[0, \"../etc/passwd\"]]",
	    "eval_builtin_error: time.date: time: invalid location name" },
	{ "time.clock", "[[-1, \"\"]]", "[23, 59, 59]" },
	{ "time.weekday", "[0]", "\"Thursday\"" },
	{ "time.weekday", "[-9223372036854775808]", "\"Tuesday\"" },
	{ "time.format", "[1670006453141828752]", "\"2022-12-02T18:40:53.141828752Z\"" },
	{ "time.format", "[1670006453100000000]", "\"2022-12-02T18:40:53.1Z\"" },
	{ "time.format", "[[0, \"UTC\", \"2006-01-02T15:04:05.000Z07:00\"]]",
	    "\"1970-01-01T00:00:00.000Z\"" },
	{ "time.format", "[[0, \"\", \"RFC1123\"]]", "\"Thu, 01 Jan 1970 00:00:00 UTC\"" },
	{ "time.format", "[[0, \"\", \"RFC850\"]]", "\"Thursday, 01-Jan-70 00:00:00 UTC\"" },
	{ "time.format", "[[51123000000, \"\", \"3:4:5pm PM _2 __2 002 1 06 Jan January Monday ,999 .00\"]]",
	    "\"12:0:51am AM  1   1 001 1 70 Jan January Thursday ,123 .12\"" },
	{ "time.format", "[[0, \"\", \"Z0700 Z07 -07 -0700 -07:00:00 -070000 _2006 Janx\"]]",
	    "\"Z Z +00 +0000 +00:00:00 +000000 _1970 Janx\"" },
	{ "time.parse_ns", "[\"2006-01-02T15:04:05Z07:00\", \"2017-06-02T19:00:00-07:00\"]",
	    "1496455200000000000" },
	{ "time.parse_ns", "[\"01/02 03:04:05PM '06 -0700\", \"06/02 07:00:00PM '17 -0700\"]",
	    "1496455200000000000" },
	{ "time.parse_ns", "[\"RFC822Z\", \"02 Jun 17 19:00 -0700\"]", "1496455200000000000" },
	{ "time.parse_ns", "[\"RFC3339\", \"1677-09-21T00:12:43.145224192-00:00\"]",
	    "-9223372036854775808" },
	{ "time.parse_ns", "[\"RFC3339\", \"2262-04-11T23:47:16.854775808-00:00\"]",
	    "eval_builtin_error: time.parse_ns: time outside of valid range" },
	{ "time.parse_ns", "[\"Mon, 02 Jan 2006 15:04:05 MST\", \"Thu, 01 Jan 1970 00:00:01 UTC\"]",
	    "1000000000" },
	{ "time.parse_ns", "[\"2006 MST\", \"1970 GMT+3\"]", "0" },
	{ "time.parse_ns", "[\"2006 002\", \"1972 060\"]", "68169600000000000" },
	{ "time.parse_ns", "[\"2006 __2\", \"1973  60\"]", "99792000000000000" },
	{ "time.parse_ns", "[\"2006 002\", \"1973 366\"]",
	    "eval_builtin_error: time.parse_ns: parsing time \"1973 366\": day-of-year out of range" },
	{ "time.parse_ns", "[\"2006-01-02\", \"1970-02-30\"]",
	    "eval_builtin_error: time.parse_ns: parsing time \"1970-02-30\": day out of range" },
	{ "time.parse_ns", "[\"2006-01-02\", \"1970-13-01\"]",
	    "eval_builtin_error: time.parse_ns: parsing time \"1970-13-01\": month out of range" },
	{ "time.parse_ns", "[\"2006-01-02\", \"1970-1-01\"]",
	    "eval_builtin_error: time.parse_ns: parsing time \"1970-1-01\" as \"2006-01-02\": cannot "
	    "parse \"1-01\" as \"01\"" },
	{ "time.parse_ns", "[\"2006\", \"1970x\"]",
	    "eval_builtin_error: time.parse_ns: parsing time \"1970x\": extra text: \"x\"" },
	{ "time.parse_ns", "[\"2006 15:04:05\", \"1970 01:02:03,5\"]", "3723500000000" },
	{ "time.parse_ns", "[\"15:04:05\", \"01:02:03\"]",
	    "eval_builtin_error: time.parse_ns: time outside of valid range" },
	{ "time.parse_rfc3339_ns", "[\"1970-01-01T00:00:00.5Z\"]", "500000000" },
	{ "time.parse_rfc3339_ns", "[\"1970-01-01\"]",
	    "eval_builtin_error: time.parse_rfc3339_ns: parsing time \"1970-01-01\" as "
	    "\"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\"" },
	{ "time.parse_duration_ns", "[\"1h30m0.5s\"]", "5400500000000" },
	{ "time.parse_duration_ns", "[\"-1.5\u00b5s\"]", "-1500" },
	{ "time.parse_duration_ns", "[\"0\"]", "0" },
	{ "time.parse_duration_ns", "[\".5ms\"]", "500000" },
	{ "time.parse_duration_ns", "[\"\"]",
	    "eval_builtin_error: time.parse_duration_ns: time: invalid duration \"\"" },
	{ "time.parse_duration_ns", "[\"5\"]",
	    "eval_builtin_error: time.parse_duration_ns: time: missing unit in duration \"5\"" },
	{ "time.parse_duration_ns", "[\"1y1w1d2h\"]", "32234400000000000" },
	{ "time.parse_duration_ns", "[\"5x\"]",
	    "eval_builtin_error: time.parse_duration_ns: time: unknown unit \"x\" in duration \"5x\"" },
	{ "time.parse_duration_ns", "[\"9223372036854775807ns\"]", "9223372036854775807" },
	{ "time.parse_duration_ns", "[\"9223372036854775808ns\"]",
	    "eval_builtin_error: time.parse_duration_ns: time: invalid duration "
	    "\"9223372036854775808ns\"" },
	{ "time.parse_duration_ns", "[\"-9223372036854775808ns\"]", "-9223372036854775808" },
	{ "time.add_date", "[1585852421593912000, -1, -1, -1]", "1551465221593912000" },
	{ "time.add_date", "[1582977600000000000, 1, 0, 0]", "1614600000000000000" },
	{ "time.add_date", "[0, 0, 13, 0]", "34214400000000000" },
	{ "time.add_date", "[0, 0, -13, 0]", "-34214400000000000" },
	{ "time.add_date", "[0, 9223372036854775807, 0, 0]",
	    "eval_builtin_error: time.add_date: time outside of valid range" },
	{ "time.diff", "[1585852421593912000, 1551465221593912000]", "[1, 1, 1, 0, 0, 0]" },
	{ "time.diff", "[0, 0]", "[0, 0, 0, 0, 0, 0]" },
	{ "time.diff", "[-1000000000, 86399000000000]", "[0, 0, 1, 0, 0, 0]" },
};

static const struct builtin_case zone_cases[] = {
	{ "time.date", "[[1517814000000000000, \"America/Los_Angeles\"]]", "[2018, 2, 4]" },
	{ "time.clock", "[[1517832000000000000, \"America/New_York\"]]", "[7, 0, 0]" },
	{ "time.format", "[[1670006453141828752, \"Asia/Kolkata\"]]",
	    "\"2022-12-03T00:10:53.141828752+05:30\"" },
	{ "time.format", "[[1670006453141828752, \"Asia/Kolkata\", \"RFC1123\"]]",
	    "\"Sat, 03 Dec 2022 00:10:53 IST\"" },
	{ "time.format", "[[4089600000000000000, \"Europe/Paris\", \"-0700 MST\"]]", "\"+0200 CEST\"" },
	{ "time.format", "[[-9000000000000000000, \"Europe/Paris\", \"-07:00:00 MST\"]]",
	    "\"+00:09:21 LMT\"" },
};

static const struct {
	const char *rule;
	int64_t at;
	int32_t seconds;
	const char *name;
} rule_cases[] = {
	{ "UTC0", 0, 0, "UTC" },
	{ "<+0330>-3:30", 0, 12600, "+0330" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1679792399, 3600, "CET" }, /* 2023-03-26 00:59:59 */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1679792400, 7200, "CEST" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1698541199, 7200, "CEST" }, /* 2023-10-29 00:59:59 */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1698541200, 3600, "CET" },
	{ "NZST-12NZDT,M9.5.0,M4.1.0/3", 1672531200, 46800, "NZDT" }, /* over the new year */
	{ "NZST-12NZDT,M9.5.0,M4.1.0/3", 1688169600, 43200, "NZST" },
	{ "EST5EDT", 1688169600, -14400, "EDT" },
	{ "AAA3BBB,J60,300/-1", 951868800 + 3 * 3600 + 7200, -7200, "BBB" }, /* 2000-03-01 */
	{ "AAA3BBB,J60,300/-1", 951868800 + 3 * 3600 + 7199, -10800, "AAA" },
};

static const char *const bad_rules[] = { "", "U0", "UTC", "UTC200", "UTC0DST,M13.1.0,M1.1.0",
	"UTC0DST,M1.1.0", "UTC0DST,M1.1.0,M2.1.0x", "<UTC0" };

static void
test_rules(void)
{
	struct time_rule rule;

	for (size_t i = 0; i < COUNT(rule_cases); i++) {
		struct time_offset o = { 0 };
		bool parsed = time_rule_parse(str_of(rule_cases[i].rule), &rule);

		if (parsed)
			o = time_rule_offset_at(&rule, rule_cases[i].at);
		ok(parsed && o.seconds == rule_cases[i].seconds && strcmp(o.name, rule_cases[i].name) == 0,
		    "%s at %lld is %s", rule_cases[i].rule, (long long)rule_cases[i].at,
		    rule_cases[i].name);
	}
	for (size_t i = 0; i < COUNT(bad_rules); i++)
		ok(!time_rule_parse(str_of(bad_rules[i]), &rule), "\"%s\" is no rule", bad_rules[i]);
}

/* There and back over every day of some eras, with nothing but addition. */
static void
test_calendar(void)
{
	int64_t days = time_days_of(-401, 1, 1);
	bool fine = true;

	for (int64_t year = -401; year < 2500 && fine; year++) {
		for (int month = 1; month <= 12 && fine; month++) {
			for (int day = 1; day <= time_month_days(year, month) && fine; day++, days++) {
				struct time_civil c = time_civil_of(days * SECONDS_PER_DAY + 86399);

				fine = c.year == year && c.month == month && c.day == day &&
				    c.second == 59 && time_seconds_of(&c) == days * SECONDS_PER_DAY + 86399;
			}
		}
	}
	ok(fine, "every day of 29 centuries is itself");
	ok(time_days_of(1970, 1, 1) == 0 && time_days_of(2000, 3, 1) == 11017, "days are counted from 1970");
}

/* Where the two agree from 1843 to 2036, to which some files are cut; hour by hour in a recent year. */
static bool
is_same_zone(const struct time_zone *a, const struct time_zone *b)
{
	enum { HOUR = 3600, MONTH = 30 * 24 * HOUR };

	for (int64_t t = -4000000000; t < 2100000000; t += t > 1700000000 && t < 1740000000 ? HOUR : MONTH) {
		struct time_offset x = time_zone_offset_at(a, t), y = time_zone_offset_at(b, t);

		if (x.seconds != y.seconds || strcmp(x.name, y.name) != 0)
			return false;
	}
	return true;
}

/* Every zone that the program brings along can be read, and is the system's if that is as new. */
static void
test_own_zones(void)
{
	struct arena *arena = arena_new(TIME_ZONE_DATA_MEMORY);
	str_t all, file;
	size_t count = 0, good = 0, compared = 0, same = 0;

	must(arena != NULL && time_zone_data_unpack(arena, &all) == ERR_OK);
	for (size_t at = 0, end; all.data[at] != '\n'; at = end + 1) {
		str_t name = str_sub(all, at, str_find_char(all, ' ', at) - at);
		struct time_zone *own = NULL, *other = NULL;

		end = str_find_char(all, '\n', at);
		count++;
		if (time_zone_data_find(all, name, &file) == ERR_OK && (own = time_zone_new(file)) != NULL)
			good++;
		if (own != NULL && time_zone_load(name, &other) == ERR_OK) {
			compared++;
			if (is_same_zone(own, other))
				same++;
			else
				tap_note("%.*s differs", STR_FMT(name));
		}
		time_zone_free(&own);
		time_zone_free(&other);
	}
	ok(count > 500 && good == count, "%zu of %zu own zones can be read", good, count);
	ok(compared == count && same == compared, "%zu of %zu are the system's", same, compared);
	ok(time_zone_data_find(all, STR("Europe"), &file) == ERR_NOT_FOUND &&
	        time_zone_data_find(all, STR("Europe/Paris 1"), &file) == ERR_NOT_FOUND,
	    "what is no zone is not found");
	arena_free(&arena);
}

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	builtin_test(zone_cases, COUNT(zone_cases));
	test_own_zones();
	test_rules();
	test_calendar();
	return tap_done();
}
