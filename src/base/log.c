/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

/*
 * A line while it is put together.  What cannot be added whole (a character,
 * an attribute's frame) is not added, so that a cut line is still JSON:
 * `room` always leaves TAIL bytes for what closes the line.
 */
enum { TAIL = 32 };

struct line {
	char bytes[LOG_LINE_MAX];
	size_t len;
	bool full, pretty;
};

static const char *const severities[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR" };

static bool
add(struct line *l, const char *bytes, size_t len)
{
	if (l->full || l->len + len > sizeof(l->bytes) - TAIL) {
		l->full = true;
		return false;
	}
	memcpy(l->bytes + l->len, bytes, len);
	l->len += len;
	return true;
}

static void
add_text(struct line *l, const char *text)
{
	(void)add(l, text, strlen(text));
}

/* The tail has been kept free for this. */
static void
close_with(struct line *l, const char *text)
{
	size_t len = strlen(text);

	memcpy(l->bytes + l->len, text, len);
	l->len += len;
}

/* C0, DEL, C1 and the two line separators: what a terminal or a reader may obey. */
static bool
is_control(uint32_t rune)
{
	return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0x2028 || rune == 0x2029;
}

static void
add_escaped(struct line *l, str_t s)
{
	char text[8];
	size_t width;

	for (; s.len > 0 && !l->full; s = str_skip(s, width)) {
		uint32_t rune = utf8_decode(s, &width);

		if (rune == '\n')
			add_text(l, "\\n");
		else if (rune == '\t')
			add_text(l, "\\t");
		else if (rune == '"')
			add_text(l, "\\\"");
		else if (rune == '\\')
			add_text(l, "\\\\");
		else if (is_control(rune))
			(void)add(l, text, (size_t)snprintf(text, sizeof(text), "\\u%04x", (unsigned)rune));
		else
			(void)add(l, text, utf8_encode(text, rune));
	}
}

static void
add_quoted(struct line *l, str_t s)
{
	if (!add(l, "\"", 1))
		return;
	add_escaped(l, s);
	/* Also when full: the quote must close, and the tail has room for it. */
	close_with(l, "\"");
}

static void
add_time(struct line *l, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_S);
	struct tm tm = { 0 };
	char text[96];
	int len;

	(void)gmtime_r(&seconds, &tm);
	len = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)(wall_ns % CLOCK_NS_PER_S / CLOCK_NS_PER_MS));
	if (len > 0 && (size_t)len < sizeof(text))
		(void)add(l, text, (size_t)len);
}

static void
add_value(struct line *l, const struct log_attribute *a)
{
	char digits[24];
	int len;

	switch (a->kind) {
	case LOG_TEXT:
	case LOG_TRACE_TEXT:
		add_quoted(l, a->text);
		break;
	case LOG_NUMBER:
		len = snprintf(digits, sizeof(digits), "%lld", (long long)a->number);
		(void)add(l, digits, (size_t)len);
		break;
	case LOG_FLAG:
		add_text(l, a->number != 0 ? "true" : "false");
		break;
	}
}

/* An attribute whose frame does not fit is taken back whole. */
static bool
add_attribute(struct line *l, const char *separator, const struct log_attribute *a)
{
	size_t before = l->len;

	add_text(l, separator);
	if (l->pretty) {
		add_text(l, a->name);
		add_text(l, "=");
	} else {
		add_quoted(l, str_of(a->name));
		add_text(l, ":");
	}
	if (!l->full) {
		size_t value_at = l->len;

		add_value(l, a);
		if (l->len > value_at)
			return true;
	}
	l->len = before;
	return false;
}

static void
write_json(struct line *l, int64_t wall_ns, enum log_level level, str_t body,
    const struct log_attribute *attributes, size_t count)
{
	size_t added = 0;

	add_text(l, "{\"timestamp\":\"");
	add_time(l, wall_ns);
	add_text(l, "\",\"severity\":\"");
	add_text(l, severities[level]);
	add_text(l, "\",\"body\":");
	add_quoted(l, body);
	while (count > 0 && attributes[count - 1].kind == LOG_TRACE_TEXT) {
		count--;
		if (attributes[count].text.len > 0)
			(void)add_attribute(l, ",", &attributes[count]);
	}
	while (added < count && !l->full &&
	    add_attribute(l, added == 0 ? ",\"attributes\":{" : ",", &attributes[added]))
		added++;
	if (added > 0)
		close_with(l, "}");
	close_with(l, l->full ? ",\"truncated\":true}\n" : "}\n");
}

static void
write_pretty(struct line *l, int64_t wall_ns, enum log_level level, str_t body,
    const struct log_attribute *attributes, size_t count)
{
	add_time(l, wall_ns);
	add_text(l, " ");
	add_text(l, severities[level]);
	add_text(l, strlen(severities[level]) == 4 ? "  " : " ");
	add_escaped(l, body);
	for (size_t i = 0; i < count && !l->full; i++) {
		if (attributes[i].kind != LOG_TRACE_TEXT || attributes[i].text.len > 0)
			(void)add_attribute(l, " ", &attributes[i]);
	}
	close_with(l, l->full ? " …\n" : "\n");
}

void
log_init(struct log *log, int fd, enum log_level level, bool pretty, const struct clock *clock)
{
	*log = (struct log){ clock, fd, level, pretty };
}

bool
log_level_find(str_t name, enum log_level *ret_level)
{
	static const str_t names[] = { STR("trace"), STR("debug"), STR("info"), STR("warn"),
		STR("error"), STR("off") };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (str_eq_nocase(name, names[i])) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool
log_wants(const struct log *log, enum log_level level)
{
	return log != NULL && level >= log->level && level < LOG_LEVEL_OFF;
}

void
log_write(const struct log *log, enum log_level level, str_t body,
    const struct log_attribute *attributes, size_t count)
{
	struct line line;
	ssize_t written;
	int error = errno;

	if (!log_wants(log, level))
		return;
	line.len = 0;
	line.full = false;
	line.pretty = log->pretty;
	if (log->pretty)
		write_pretty(&line, clock_wall_ns(log->clock), level, body, attributes, count);
	else
		write_json(&line, clock_wall_ns(log->clock), level, body, attributes, count);
	do
		written = write(log->fd, line.bytes, line.len);
	while (written < 0 && errno == EINTR);
	errno = error;
}
