/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time_layout: times as text by a layout of Go's time package, which writes the
 * reference time Mon Jan 2 15:04:05 MST 2006 the way times shall look.
 *
 *   time_layout.c   the pieces of a layout, and writing
 *   time_parse.c    reading
 */
#ifndef REGO_BUILTIN_TIME_LAYOUT_H
#define REGO_BUILTIN_TIME_LAYOUT_H

#include "base/buf.h"
#include "rego/builtin/time_civil.h"
#include "rego/builtin/time_zone.h"

enum layout_kind {
	LAYOUT_END,
	LAYOUT_LONG_MONTH, /* January */
	LAYOUT_MONTH, /* Jan */
	LAYOUT_NUM_MONTH, /* 1 */
	LAYOUT_ZERO_MONTH, /* 01 */
	LAYOUT_LONG_WEEKDAY, /* Monday */
	LAYOUT_WEEKDAY, /* Mon */
	LAYOUT_DAY, /* 2 */
	LAYOUT_UNDER_DAY, /* _2 */
	LAYOUT_ZERO_DAY, /* 02 */
	LAYOUT_UNDER_YEAR_DAY, /* __2 */
	LAYOUT_ZERO_YEAR_DAY, /* 002 */
	LAYOUT_HOUR, /* 15 */
	LAYOUT_HOUR12, /* 3 */
	LAYOUT_ZERO_HOUR12, /* 03 */
	LAYOUT_MINUTE, /* 4 */
	LAYOUT_ZERO_MINUTE, /* 04 */
	LAYOUT_SECOND, /* 5 */
	LAYOUT_ZERO_SECOND, /* 05 */
	LAYOUT_LONG_YEAR, /* 2006 */
	LAYOUT_YEAR, /* 06 */
	LAYOUT_PM, /* PM */
	LAYOUT_PM_LOWER, /* pm */
	LAYOUT_ZONE_NAME, /* MST */
	LAYOUT_ZONE, /* a numeric offset: see the fields below */
	LAYOUT_FRACTION_ZEROS, /* .000 */
	LAYOUT_FRACTION_NINES, /* .999 */
};

struct layout_piece {
	enum layout_kind kind;
	str_t prefix; /* text before it */
	str_t text; /* itself */
	str_t rest; /* what follows */
	bool iso, colon; /* ZONE: Z for UTC; 07:00 */
	uint8_t zone_parts; /* ZONE: 1 hours, 2 and minutes, 3 and seconds */
	uint8_t digits; /* FRACTION: how many, cut at 9 */
};

extern const char *const layout_months[12], *const layout_weekdays[7];

struct layout_piece layout_next(str_t layout);
str_t layout_named(str_t name); /* RFC3339 and its kin; others are layouts themselves */

/* A moment: civil time where `offset` holds. */
struct layout_time {
	struct time_civil civil;
	int32_t nanosecond;
	struct time_offset offset;
};

void layout_write(struct buf *, str_t layout, const struct layout_time *);

/* In quotes as Go's time package does it: every byte that is not plain ASCII as \xff. */
void layout_write_quoted(struct buf *, str_t);

/* Seconds since 1970 and nanoseconds.  False: *problem has Go's message. */
bool layout_read(str_t layout, str_t value, int64_t *ret_seconds, int32_t *ret_nanosecond,
    struct buf *problem);

#endif
