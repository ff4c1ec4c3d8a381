/* SPDX-License-Identifier: Apache-2.0 */
/* time_rule: a POSIX TZ string, such as CET-1CEST,M3.5.0,M10.5.0/3 (RFC 8536 3.3). */
#ifndef REGO_BUILTIN_TIME_RULE_H
#define REGO_BUILTIN_TIME_RULE_H

#include <stdbool.h>

#include "rego/builtin/time_zone.h"

enum time_day_kind {
	TIME_DAY_JULIAN, /* Jn: 1 to 365, no 29 February */
	TIME_DAY_OF_YEAR, /* n: 0 to 365 */
	TIME_DAY_OF_WEEK, /* Mm.w.d */
};

struct time_change_day {
	enum time_day_kind kind;
	int day, week, month;
	int32_t seconds; /* of the local day */
};

struct time_rule {
	struct time_offset standard, summer;
	bool has_summer;
	struct time_change_day start, end; /* of summer */
};

bool time_rule_parse(str_t, struct time_rule *ret);
struct time_offset time_rule_offset_at(const struct time_rule *, int64_t unix_seconds);

#endif
