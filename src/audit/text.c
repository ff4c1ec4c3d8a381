/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/text.h"

#include <string.h>

#include "base/utf8.h"

static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* How many bytes from the beginning are plain; eight at a time. */
static size_t
plain_run(str_t s)
{
	size_t run = 0;

	for (; s.len - run >= 8; run += 8) {
		uint64_t v, quote, slash, rubout, odd;

		memcpy(&v, s.data + run, sizeof(v));
		quote = v ^ EACH('"');
		slash = v ^ EACH('\\');
		rubout = v ^ EACH(0x7f);
		/* The high bit of a byte that is below 0x20, one of these three, or no ASCII. */
		odd = (v - EACH(0x20)) | (quote - EACH(1)) | (slash - EACH(1)) | (rubout - EACH(1)) | v;
		if ((odd & EACH(0x80)) != 0)
			break; /* or a borrow from the byte before: looked at one by one */
	}
	while (run < s.len && is_plain((uint8_t)s.data[run]))
		run++;
	return run;
}

/* One character as it stands in a JSON string; returns the bytes of `s` used. */
static size_t
escape_character(str_t s, char room[8], size_t *ret_len)
{
	static const char hex[] = "0123456789abcdef";
	size_t len;
	uint32_t point = utf8_decode(s, &len);
	uint8_t c = (uint8_t)s.data[0];

	if (point == UTF8_BAD && len == 1) {
		memcpy(room, "\xef\xbf\xbd", 3);
		*ret_len = 3;
		return 1;
	}
	if (c == '"' || c == '\\') {
		room[0] = '\\';
		room[1] = (char)c;
		*ret_len = 2;
	} else if (c < 0x20 || c == 0x7f) {
		memcpy(room, "\\u00", 4);
		room[4] = hex[c >> 4];
		room[5] = hex[c & 15];
		*ret_len = 6;
	} else {
		memcpy(room, s.data, len);
		*ret_len = len;
	}
	return len;
}

void
audit_text_string(struct buf *out, str_t s, size_t limit)
{
	size_t run = 0, used = 0;

	buf_add_char(out, '"');
	while (s.len > 0) {
		char room[8];
		size_t len, skip;

		run = plain_run(s);
		if (run > limit - used)
			run = limit - used;
		buf_add(out, s.data, run);
		used += run;
		s = str_skip(s, run);
		if (s.len == 0)
			break;
		skip = escape_character(s, room, &len);
		if (len > limit - used) {
			buf_add_text(out, "…");
			break;
		}
		buf_add(out, room, len);
		used += len;
		s = str_skip(s, skip);
	}
	buf_add_char(out, '"');
}

void
audit_text_member(struct buf *out, const char *name, str_t text, size_t limit)
{
	size_t len = strlen(name), whole = len + 6 + text.len;
	char *at;

	if (text.len > limit || plain_run(text) < text.len) {
		buf_add_text(out, ",\"");
		buf_add(out, name, len);
		buf_add_text(out, "\":");
		audit_text_string(out, text, limit);
		return;
	}
	if (!buf_reserve(out, whole))
		return;
	at = out->data + out->len;
	out->len += whole;
	memcpy(at, ",\"", 2);
	memcpy(at += 2, name, len);
	memcpy(at += len, "\":\"", 3);
	if (text.len > 0)
		memcpy(at + 3, text.data, text.len);
	at[3 + text.len] = '"';
}

static char *
put_digits(char *at, unsigned value, unsigned width, char stop)
{
	for (unsigned i = width; i > 0; i--, value /= 10)
		at[i - 1] = (char)('0' + value % 10);
	at[width] = stop;
	return at + width + 1;
}

/* The date of a day since 1970; March counts as the first month, so that leap days come last. */
static void
date_of(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	int64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

	*ret_day = (unsigned)(of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (unsigned)(month < 10 ? month + 3 : month - 9);
	*ret_year = (unsigned)(year + era * 400 + (*ret_month <= 2));
}

/* RFC 3339 5.6, in UTC and with milliseconds. */
static void
add_time(struct buf *out, int64_t time_ms)
{
	int64_t seconds = time_ms / 1000, of_day = seconds % 86400;
	unsigned year, month, day;
	char *at;

	if (!buf_reserve(out, 24))
		return;
	date_of(seconds / 86400, &year, &month, &day);
	at = put_digits(out->data + out->len, year, 4, '-');
	at = put_digits(at, month, 2, '-');
	at = put_digits(at, day, 2, 'T');
	at = put_digits(at, (unsigned)(of_day / 3600), 2, ':');
	at = put_digits(at, (unsigned)(of_day / 60 % 60), 2, ':');
	at = put_digits(at, (unsigned)(of_day % 60), 2, '.');
	(void)put_digits(at, (unsigned)(time_ms % 1000), 3, 'Z');
	out->len += 24;
}

void
audit_text_begin(struct buf *out, int64_t time_ms)
{
	buf_add_text(out, "{\"ts\":\"");
	add_time(out, time_ms < 0 ? 0 : time_ms);
	buf_add_char(out, '"');
}

static bool
read_digits(const char *at, unsigned width, unsigned *ret)
{
	*ret = 0;
	for (unsigned i = 0; i < width; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*ret = *ret * 10 + (unsigned)(at[i] - '0');
	}
	return true;
}

/* Days from 1970 to a date; March counts as the first month, so that leap days come last. */
static int64_t
days_until(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month <= 2), era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool
audit_text_read_time(str_t line, int64_t *ret_ms)
{
	static const struct { uint8_t at, width; } parts[] = { { 0, 4 }, { 5, 2 }, { 8, 2 },
		{ 11, 2 }, { 14, 2 }, { 17, 2 }, { 20, 3 } };
	str_t name = STR("{\"ts\":\"");
	unsigned n[COUNT(parts)];
	const char *at;

	if (!str_has_prefix(line, name) || line.len < name.len + 24)
		return false;
	at = line.data + name.len;
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (!read_digits(at + parts[i].at, parts[i].width, &n[i]))
			return false;
	}
	if (n[1] < 1 || n[1] > 12)
		return false;
	*ret_ms = (((days_until(n[0], n[1], n[2]) * 24 + n[3]) * 60 + n[4]) * 60 + n[5]) * 1000 + n[6];
	return true;
}

bool
audit_text_find(str_t line, str_t name, str_t *ret)
{
	size_t at = str_find(line, name, 0), end;

	if (at == line.len)
		return false;
	at += name.len;
	for (end = at; end < line.len && line.data[end] != '"'; end++)
		end += line.data[end] == '\\';
	if (end >= line.len)
		return false;
	*ret = str_sub(line, at, end - at);
	return true;
}
