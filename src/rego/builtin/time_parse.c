/* SPDX-License-Identifier: Apache-2.0 */
/* Reading times by a layout, with the leniencies and the messages of Go's time.Parse. */
#include "rego/builtin/time_layout.h"

struct reader {
	str_t layout, value; /* whole, for messages */
	str_t rest; /* of the value */
	int64_t year;
	int month, day, year_day; /* -1: not told */
	int hour, minute, second;
	int32_t nanosecond;
	bool am, pm;
	bool has_offset;
	int32_t offset;
	const char *range; /* what is out of range */
	struct buf *problem;
};

/* ---- messages ---- */

void
layout_write_quoted(struct buf *b, str_t s)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if ((unsigned char)c < ' ' || (unsigned char)c >= 0x7F)
			buf_printf(b, "\\x%02x", (unsigned char)c);
		else
			buf_add_char(b, c);
	}
	buf_add_char(b, '"');
}

static bool
refuse_element(struct reader *r, str_t value, str_t piece)
{
	buf_add_text(r->problem, "parsing time ");
	layout_write_quoted(r->problem, r->value);
	buf_add_text(r->problem, " as ");
	layout_write_quoted(r->problem, r->layout);
	buf_add_text(r->problem, ": cannot parse ");
	layout_write_quoted(r->problem, value);
	buf_add_text(r->problem, " as ");
	layout_write_quoted(r->problem, piece);
	return false;
}

static bool
refuse(struct reader *r, const char *what)
{
	buf_add_text(r->problem, "parsing time ");
	layout_write_quoted(r->problem, r->value);
	buf_add_text(r->problem, ": ");
	buf_add_text(r->problem, what);
	return false;
}

/* ---- small readers: false: the value does not look like that ---- */

static bool
is_digit_at(str_t s, size_t i)
{
	return i < s.len && s.data[i] >= '0' && s.data[i] <= '9';
}

static bool
take_char(struct reader *r, char c)
{
	if (r->rest.len == 0 || r->rest.data[0] != c)
		return false;
	r->rest = str_skip(r->rest, 1);
	return true;
}

/* One or two digits; `fixed`: two. */
static bool
take_two(struct reader *r, bool fixed, int *ret)
{
	bool two = is_digit_at(r->rest, 1);

	if (!is_digit_at(r->rest, 0) || (fixed && !two))
		return false;
	*ret = r->rest.data[0] - '0';
	if (two)
		*ret = *ret * 10 + (r->rest.data[1] - '0');
	r->rest = str_skip(r->rest, two ? 2 : 1);
	return true;
}

static bool
take_digits(struct reader *r, size_t count, int *ret)
{
	*ret = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_digit_at(r->rest, i))
			return false;
		*ret = *ret * 10 + (r->rest.data[i] - '0');
	}
	r->rest = str_skip(r->rest, count);
	return true;
}

static bool
take_year_day(struct reader *r, bool padded)
{
	size_t digits = 0;

	for (int i = 0; i < 2 && padded; i++)
		(void)take_char(r, ' ');
	while (digits < 3 && is_digit_at(r->rest, digits))
		digits++;
	return digits > 0 && (padded || digits == 3) && take_digits(r, digits, &r->year_day);
}

/* A name, or its first three letters, in any case; the index of it. */
static bool
take_name(struct reader *r, const char *const *names, int count, bool whole, int *ret)
{
	for (int i = 0; i < count; i++) {
		size_t len = whole ? strlen(names[i]) : 3;

		if (r->rest.len < len || !str_eq_nocase(str_sub(r->rest, 0, len), str_make(names[i], len)))
			continue;
		*ret = i;
		r->rest = str_skip(r->rest, len);
		return true;
	}
	return false;
}

static bool
check_range(struct reader *r, int n, int low, int high, const char *what)
{
	if (n < low || n > high)
		r->range = what;
	return true;
}

/* `len` bytes: a point or comma and digits, of which nine count. */
static bool
take_fraction(struct reader *r, size_t len)
{
	int32_t n = 0;

	if (r->rest.len < len || (r->rest.data[0] != '.' && r->rest.data[0] != ','))
		return false;
	for (size_t i = 1; i <= 9; i++) {
		if (i < len && !is_digit_at(r->rest, i))
			return false;
		n = n * 10 + (i < len ? r->rest.data[i] - '0' : 0);
	}
	r->nanosecond = n;
	r->rest = str_skip(r->rest, len);
	return true;
}

static size_t
fraction_length(str_t s)
{
	size_t len = 1;

	if (s.len < 2 || (s.data[0] != '.' && s.data[0] != ',') || !is_digit_at(s, 1))
		return 0;
	while (is_digit_at(s, len))
		len++;
	return len;
}

/* A fraction may stand behind the seconds though the layout has none. */
static bool
take_second(struct reader *r, const struct layout_piece *p)
{
	enum layout_kind next;
	size_t len;

	if (!take_two(r, p->kind == LAYOUT_ZERO_SECOND, &r->second))
		return false;
	if (r->second > 59) {
		r->range = "second";
		return true;
	}
	len = fraction_length(r->rest);
	next = layout_next(p->rest).kind;
	if (len == 0 || next == LAYOUT_FRACTION_ZEROS || next == LAYOUT_FRACTION_NINES)
		return true;
	return take_fraction(r, len);
}

static bool
take_half_day(struct reader *r, const char *am, const char *pm)
{
	r->pm = str_has_prefix(r->rest, str_of(pm));
	if (!r->pm && !str_has_prefix(r->rest, str_of(am)))
		return false;
	r->am = !r->pm;
	r->rest = str_skip(r->rest, 2);
	return true;
}

static bool
take_offset(struct reader *r, const struct layout_piece *p)
{
	static const char *const names[] = { "time zone offset hour", "time zone offset minute",
		"time zone offset second" };
	static const int most[] = { 24, 60, 60 };
	int parts[3] = { 0 };
	bool negative;

	if (p->iso && take_char(r, 'Z')) {
		r->has_offset = true;
		r->offset = 0;
		return true;
	}
	negative = r->rest.len > 0 && r->rest.data[0] == '-';
	if (!negative && (r->rest.len == 0 || r->rest.data[0] != '+'))
		return false;
	r->rest = str_skip(r->rest, 1);
	for (int i = 0; i < p->zone_parts; i++) {
		if (i > 0 && p->colon && !take_char(r, ':'))
			return false;
		if (!take_two(r, true, &parts[i]))
			return false;
	}
	for (int i = 0; i < 3 && r->range == NULL; i++)
		(void)check_range(r, parts[i], 0, most[i], names[i]);
	r->has_offset = true;
	r->offset = (parts[0] * 60 + parts[1]) * 60 + parts[2];
	if (negative)
		r->offset = -r->offset;
	return true;
}

/* +5 or -11 behind GMT, up to 23. */
static size_t
signed_hours_length(str_t s)
{
	size_t i = 1;
	int hours = 0;

	if (s.len == 0 || (s.data[0] != '+' && s.data[0] != '-'))
		return 0;
	for (; is_digit_at(s, i); i++)
		hours = hours > 99 ? hours : hours * 10 + (s.data[i] - '0');
	return i == 1 || hours > 23 ? 0 : i;
}

/* How long an abbreviation is, if it looks like one. */
static size_t
zone_name_length(str_t s)
{
	size_t capitals = 0;

	if (s.len < 3)
		return 0;
	if (str_has_prefix(s, STR("ChST")) || str_has_prefix(s, STR("MeST")))
		return 4;
	if (str_has_prefix(s, STR("GMT")))
		return 3 + signed_hours_length(str_skip(s, 3));
	if (s.data[0] == '+' || s.data[0] == '-')
		return signed_hours_length(s);
	while (capitals < 6 && capitals < s.len && s.data[capitals] >= 'A' && s.data[capitals] <= 'Z')
		capitals++;
	if (capitals == 5)
		return s.data[4] == 'T' ? 5 : 0;
	if (capitals == 4)
		return s.data[3] == 'T' || str_has_prefix(s, STR("WITA")) ? 4 : 0;
	return capitals == 3 ? 3 : 0;
}

/*
 * An abbreviation says nothing certain about an offset: the time is taken as UTC, as Go
 * does where the host knows no such zone.
 */
static bool
take_zone_name(struct reader *r)
{
	size_t len = str_has_prefix(r->rest, STR("UTC")) ? 3 : zone_name_length(r->rest);

	r->rest = str_skip(r->rest, len);
	return len > 0;
}

static bool
take_year(struct reader *r)
{
	int year;

	if (!take_digits(r, 2, &year))
		return false;
	r->year = year + (year >= 69 ? 1900 : 2000);
	return true;
}

/* ---- pieces ---- */

static bool
take_date_piece(struct reader *r, const struct layout_piece *p)
{
	int n = 0;

	switch (p->kind) {
	case LAYOUT_YEAR:
		return take_year(r);
	case LAYOUT_LONG_YEAR:
		if (!take_digits(r, 4, &n))
			return false;
		r->year = n;
		return true;
	case LAYOUT_MONTH:
	case LAYOUT_LONG_MONTH:
		if (!take_name(r, layout_months, 12, p->kind == LAYOUT_LONG_MONTH, &n))
			return false;
		r->month = n + 1;
		return true;
	case LAYOUT_NUM_MONTH:
	case LAYOUT_ZERO_MONTH:
		return take_two(r, p->kind == LAYOUT_ZERO_MONTH, &r->month) &&
		    check_range(r, r->month, 1, 12, "month");
	case LAYOUT_WEEKDAY:
	case LAYOUT_LONG_WEEKDAY:
		return take_name(r, layout_weekdays, 7, p->kind == LAYOUT_LONG_WEEKDAY, &n);
	case LAYOUT_UNDER_DAY:
		(void)take_char(r, ' ');
		return take_two(r, false, &r->day);
	case LAYOUT_DAY:
	case LAYOUT_ZERO_DAY:
		return take_two(r, p->kind == LAYOUT_ZERO_DAY, &r->day);
	case LAYOUT_UNDER_YEAR_DAY:
	case LAYOUT_ZERO_YEAR_DAY:
		return take_year_day(r, p->kind == LAYOUT_UNDER_YEAR_DAY);
	default:
		return false;
	}
}

static bool
take_piece(struct reader *r, const struct layout_piece *p)
{
	switch (p->kind) {
	case LAYOUT_HOUR:
		return take_two(r, false, &r->hour) && check_range(r, r->hour, 0, 23, "hour");
	case LAYOUT_HOUR12:
	case LAYOUT_ZERO_HOUR12:
		return take_two(r, p->kind == LAYOUT_ZERO_HOUR12, &r->hour) &&
		    check_range(r, r->hour, 0, 12, "hour");
	case LAYOUT_MINUTE:
	case LAYOUT_ZERO_MINUTE:
		return take_two(r, p->kind == LAYOUT_ZERO_MINUTE, &r->minute) &&
		    check_range(r, r->minute, 0, 59, "minute");
	case LAYOUT_SECOND:
	case LAYOUT_ZERO_SECOND:
		return take_second(r, p);
	case LAYOUT_PM:
		return take_half_day(r, "AM", "PM");
	case LAYOUT_PM_LOWER:
		return take_half_day(r, "am", "pm");
	case LAYOUT_ZONE:
		return take_offset(r, p);
	case LAYOUT_ZONE_NAME:
		return take_zone_name(r);
	case LAYOUT_FRACTION_ZEROS:
		return take_fraction(r, p->text.len);
	case LAYOUT_FRACTION_NINES:
		return fraction_length(r->rest) == 0 || take_fraction(r, fraction_length(r->rest));
	default:
		return take_date_piece(r, p);
	}
}

static str_t
skip_blanks(str_t s)
{
	while (s.len > 0 && s.data[0] == ' ')
		s = str_skip(s, 1);
	return s;
}

/* The text between pieces; a blank there stands for any number of them. */
static bool
take_text(struct reader *r, str_t text)
{
	while (text.len > 0) {
		if (text.data[0] == ' ') {
			if (r->rest.len > 0 && r->rest.data[0] != ' ')
				return false;
			text = skip_blanks(text);
			r->rest = skip_blanks(r->rest);
			continue;
		}
		if (!take_char(r, text.data[0]))
			return false;
		text = str_skip(text, 1);
	}
	return true;
}

static bool
read_pieces(struct reader *r)
{
	str_t layout = r->layout;

	for (;;) {
		struct layout_piece piece = layout_next(layout);
		str_t before;

		if (!take_text(r, piece.prefix))
			return refuse_element(r, r->rest, piece.prefix);
		if (piece.kind == LAYOUT_END)
			break;
		layout = piece.rest;
		before = r->rest;
		if (!take_piece(r, &piece))
			return refuse_element(r, before, piece.text);
		if (r->range != NULL) {
			char what[64];
			struct buf text = { .data = what, .capacity = sizeof(what), .limit = sizeof(what) };

			buf_printf(&text, "%s out of range%c", r->range, '\0');
			return refuse(r, what);
		}
	}
	if (r->rest.len > 0) {
		(void)refuse(r, "extra text: ");
		layout_write_quoted(r->problem, r->rest);
		return false;
	}
	return true;
}

/* Month and day from the day of the year. */
static bool
settle_year_day(struct reader *r)
{
	int month = 12, day;

	if (r->year_day < 1 || r->year_day > 365 + time_is_leap(r->year))
		return refuse(r, "day-of-year out of range");
	while (time_days_before(r->year, month) >= r->year_day)
		month--;
	day = r->year_day - time_days_before(r->year, month);
	if (r->month >= 0 && r->month != month)
		return refuse(r, "day-of-year does not match month");
	if (r->day >= 0 && r->day != day)
		return refuse(r, "day-of-year does not match day");
	r->month = month;
	r->day = day;
	return true;
}

static bool
settle_date(struct reader *r)
{
	if (r->pm && r->hour < 12)
		r->hour += 12;
	else if (r->am && r->hour == 12)
		r->hour = 0;
	if (r->year_day >= 0 && !settle_year_day(r))
		return false;
	if (r->month < 0)
		r->month = 1;
	if (r->day < 0)
		r->day = 1;
	if (r->day < 1 || r->day > time_month_days(r->year, r->month))
		return refuse(r, "day out of range");
	return true;
}

bool
layout_read(str_t layout, str_t value, int64_t *ret_seconds, int32_t *ret_nanosecond,
    struct buf *problem)
{
	struct reader r = { .layout = layout, .value = value, .rest = value, .month = -1, .day = -1,
		.year_day = -1, .problem = problem };
	struct time_civil c;

	if (!read_pieces(&r) || !settle_date(&r))
		return false;
	c = (struct time_civil){ .year = r.year, .month = r.month, .day = r.day, .hour = r.hour,
		.minute = r.minute, .second = r.second };
	*ret_seconds = time_seconds_of(&c) - (r.has_offset ? r.offset : 0);
	*ret_nanosecond = r.nanosecond;
	return true;
}
