/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/time_layout.h"

const char *const layout_months[12] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };
const char *const layout_weekdays[7] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday" };

/* ---- the pieces of a layout ---- */

/* Longer ones before what they begin with. */
static const struct {
	const char *text;
	enum layout_kind kind;
	bool iso, colon;
	uint8_t zone_parts;
} pieces[] = {
	{ "January", LAYOUT_LONG_MONTH }, { "Jan", LAYOUT_MONTH },
	{ "Monday", LAYOUT_LONG_WEEKDAY }, { "Mon", LAYOUT_WEEKDAY }, { "MST", LAYOUT_ZONE_NAME },
	{ "01", LAYOUT_ZERO_MONTH }, { "002", LAYOUT_ZERO_YEAR_DAY }, { "02", LAYOUT_ZERO_DAY },
	{ "03", LAYOUT_ZERO_HOUR12 }, { "04", LAYOUT_ZERO_MINUTE }, { "05", LAYOUT_ZERO_SECOND },
	{ "06", LAYOUT_YEAR }, { "15", LAYOUT_HOUR }, { "1", LAYOUT_NUM_MONTH },
	{ "2006", LAYOUT_LONG_YEAR }, { "2", LAYOUT_DAY }, { "__2", LAYOUT_UNDER_YEAR_DAY },
	{ "_2", LAYOUT_UNDER_DAY }, { "3", LAYOUT_HOUR12 }, { "4", LAYOUT_MINUTE },
	{ "5", LAYOUT_SECOND }, { "PM", LAYOUT_PM }, { "pm", LAYOUT_PM_LOWER },
	{ "-070000", LAYOUT_ZONE, false, false, 3 }, { "-07:00:00", LAYOUT_ZONE, false, true, 3 },
	{ "-0700", LAYOUT_ZONE, false, false, 2 }, { "-07:00", LAYOUT_ZONE, false, true, 2 },
	{ "-07", LAYOUT_ZONE, false, false, 1 }, { "Z070000", LAYOUT_ZONE, true, false, 3 },
	{ "Z07:00:00", LAYOUT_ZONE, true, true, 3 }, { "Z0700", LAYOUT_ZONE, true, false, 2 },
	{ "Z07:00", LAYOUT_ZONE, true, true, 2 }, { "Z07", LAYOUT_ZONE, true, false, 1 },
};

static bool
is_digit_at(str_t s, size_t i)
{
	return i < s.len && s.data[i] >= '0' && s.data[i] <= '9';
}

/* .000 or ,999: no other digit may follow. */
static size_t
fraction_length(str_t s)
{
	size_t end = 1;

	if (s.len < 2 || (s.data[0] != '.' && s.data[0] != ',') ||
	    (s.data[1] != '0' && s.data[1] != '9'))
		return 0;
	while (end < s.len && s.data[end] == s.data[1])
		end++;
	return is_digit_at(s, end) ? 0 : end;
}

/* The short names are names only where no lower-case letter makes them part of a word. */
static bool
is_piece(str_t s, size_t i)
{
	str_t text = str_of(pieces[i].text);

	if (!str_has_prefix(s, text))
		return false;
	if (pieces[i].kind == LAYOUT_MONTH || pieces[i].kind == LAYOUT_WEEKDAY)
		return s.len == text.len || s.data[text.len] < 'a' || s.data[text.len] > 'z';
	return pieces[i].kind != LAYOUT_UNDER_DAY || !str_has_prefix(s, STR("_2006"));
}

static bool
find_piece(str_t s, struct layout_piece *ret)
{
	size_t len = fraction_length(s);

	if (len > 0) {
		ret->kind = s.data[1] == '0' ? LAYOUT_FRACTION_ZEROS : LAYOUT_FRACTION_NINES;
		ret->digits = len - 1 > UINT8_MAX ? UINT8_MAX : (uint8_t)(len - 1);
		ret->text = str_sub(s, 0, len);
		return true;
	}
	for (size_t i = 0; i < COUNT(pieces); i++) {
		if (!is_piece(s, i))
			continue;
		ret->kind = pieces[i].kind;
		ret->iso = pieces[i].iso;
		ret->colon = pieces[i].colon;
		ret->zone_parts = pieces[i].zone_parts;
		ret->text = str_sub(s, 0, strlen(pieces[i].text));
		return true;
	}
	return false;
}

struct layout_piece
layout_next(str_t layout)
{
	struct layout_piece piece = { .kind = LAYOUT_END };

	for (size_t i = 0; i < layout.len; i++) {
		if (!find_piece(str_skip(layout, i), &piece))
			continue;
		piece.prefix = str_sub(layout, 0, i);
		piece.rest = str_skip(layout, i + piece.text.len);
		return piece;
	}
	piece.prefix = layout;
	piece.rest = STR("");
	return piece;
}

str_t
layout_named(str_t name)
{
	static const struct {
		const char *name, *layout;
	} named[] = {
		{ "ANSIC", "Mon Jan _2 15:04:05 2006" },
		{ "UnixDate", "Mon Jan _2 15:04:05 MST 2006" },
		{ "RubyDate", "Mon Jan 02 15:04:05 -0700 2006" },
		{ "RFC822", "02 Jan 06 15:04 MST" },
		{ "RFC822Z", "02 Jan 06 15:04 -0700" },
		{ "RFC850", "Monday, 02-Jan-06 15:04:05 MST" },
		{ "RFC1123", "Mon, 02 Jan 2006 15:04:05 MST" },
		{ "RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700" },
		{ "RFC3339", "2006-01-02T15:04:05Z07:00" },
		{ "RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00" },
	};

	for (size_t i = 0; i < COUNT(named); i++) {
		if (str_eq(name, str_of(named[i].name)))
			return str_of(named[i].layout);
	}
	return name;
}

/* ---- writing ---- */

static void
write_number(struct buf *b, int64_t n, int width)
{
	if (n < 0)
		buf_add_char(b, '-');
	buf_printf(b, "%0*lld", width, (long long)(n < 0 ? -n : n));
}

static void
write_zone(struct buf *b, const struct layout_piece *p, int32_t offset)
{
	int32_t seconds = offset < 0 ? -offset : offset;
	const char *colon = p->colon ? ":" : "";

	if (p->iso && offset == 0) {
		buf_add_char(b, 'Z');
		return;
	}
	buf_printf(b, "%c%02d", offset < 0 ? '-' : '+', seconds / 3600);
	if (p->zone_parts > 1)
		buf_printf(b, "%s%02d", colon, seconds / 60 % 60);
	if (p->zone_parts > 2)
		buf_printf(b, "%s%02d", colon, seconds % 60);
}

static void
write_zone_name(struct buf *b, const struct time_offset *o)
{
	int32_t minutes = (o->seconds < 0 ? -o->seconds : o->seconds) / 60;

	if (o->name[0] != '\0')
		buf_add_text(b, o->name);
	else
		buf_printf(b, minutes % 60 == 0 ? "%c%02d" : "%c%02d%02d", o->seconds < 0 ? '-' : '+',
		    minutes / 60, minutes % 60);
}

static void
write_fraction(struct buf *b, const struct layout_piece *p, int32_t nanosecond)
{
	size_t len = p->digits < 9 ? p->digits : 9;
	char digits[16];

	for (size_t i = 9; i-- > 0; nanosecond /= 10)
		digits[i] = (char)('0' + nanosecond % 10);
	if (p->kind == LAYOUT_FRACTION_NINES) {
		while (len > 0 && digits[len - 1] == '0')
			len--;
		if (len == 0)
			return;
	}
	buf_add_char(b, p->text.data[0]);
	buf_add(b, digits, len);
}

static void
write_date_piece(struct buf *b, const struct layout_piece *p, const struct time_civil *c)
{
	switch (p->kind) {
	case LAYOUT_LONG_MONTH:
		buf_add_text(b, layout_months[c->month - 1]);
		break;
	case LAYOUT_MONTH:
		buf_add(b, layout_months[c->month - 1], 3);
		break;
	case LAYOUT_LONG_WEEKDAY:
		buf_add_text(b, layout_weekdays[c->weekday]);
		break;
	case LAYOUT_WEEKDAY:
		buf_add(b, layout_weekdays[c->weekday], 3);
		break;
	case LAYOUT_NUM_MONTH:
	case LAYOUT_ZERO_MONTH:
		write_number(b, c->month, p->kind == LAYOUT_ZERO_MONTH ? 2 : 1);
		break;
	case LAYOUT_DAY:
	case LAYOUT_ZERO_DAY:
		write_number(b, c->day, p->kind == LAYOUT_ZERO_DAY ? 2 : 1);
		break;
	case LAYOUT_UNDER_DAY:
		buf_printf(b, "%2d", c->day);
		break;
	case LAYOUT_UNDER_YEAR_DAY:
		buf_printf(b, "%3d", c->year_day);
		break;
	case LAYOUT_ZERO_YEAR_DAY:
		write_number(b, c->year_day, 3);
		break;
	case LAYOUT_LONG_YEAR:
		write_number(b, c->year, 4);
		break;
	case LAYOUT_YEAR:
		write_number(b, c->year < 0 ? 0 : c->year % 100, 2);
		break;
	default:
		break;
	}
}

static void
write_piece(struct buf *b, const struct layout_piece *p, const struct layout_time *t)
{
	const struct time_civil *c = &t->civil;

	switch (p->kind) {
	case LAYOUT_HOUR:
		write_number(b, c->hour, 2);
		break;
	case LAYOUT_HOUR12:
	case LAYOUT_ZERO_HOUR12:
		write_number(b, c->hour % 12 == 0 ? 12 : c->hour % 12,
		    p->kind == LAYOUT_ZERO_HOUR12 ? 2 : 1);
		break;
	case LAYOUT_MINUTE:
	case LAYOUT_ZERO_MINUTE:
		write_number(b, c->minute, p->kind == LAYOUT_ZERO_MINUTE ? 2 : 1);
		break;
	case LAYOUT_SECOND:
	case LAYOUT_ZERO_SECOND:
		write_number(b, c->second, p->kind == LAYOUT_ZERO_SECOND ? 2 : 1);
		break;
	case LAYOUT_PM:
		buf_add_text(b, c->hour >= 12 ? "PM" : "AM");
		break;
	case LAYOUT_PM_LOWER:
		buf_add_text(b, c->hour >= 12 ? "pm" : "am");
		break;
	case LAYOUT_ZONE_NAME:
		write_zone_name(b, &t->offset);
		break;
	case LAYOUT_ZONE:
		write_zone(b, p, t->offset.seconds);
		break;
	case LAYOUT_FRACTION_ZEROS:
	case LAYOUT_FRACTION_NINES:
		write_fraction(b, p, t->nanosecond);
		break;
	default:
		write_date_piece(b, p, c);
	}
}

void
layout_write(struct buf *b, str_t layout, const struct layout_time *t)
{
	struct layout_piece piece;

	do {
		piece = layout_next(layout);
		buf_add_str(b, piece.prefix);
		write_piece(b, &piece, t);
		layout = piece.rest;
	} while (piece.kind != LAYOUT_END && !buf_failed(b));
}
