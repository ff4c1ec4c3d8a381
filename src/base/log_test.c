/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#define TIME "{\"timestamp\":\"2026-03-19T12:00:00.123Z\",\"severity\":\"INFO\",\"body\":"
enum { WALL_S = 1773921600 };

/* Datagrams keep each write() apart, so that a line in two pieces would show. */
static int ends[2];
static char line[2 * LOG_LINE_MAX];

static str_t
take_line(void)
{
	ssize_t len = recv(ends[0], line, sizeof(line), MSG_DONTWAIT);

	return len < 0 ? STR_NONE : str_make(line, (size_t)len);
}

static const struct {
	str_t body;
	const char *want;
} escape_cases[] = {
	{ STR("plain"), "\"plain\"" },
	{ STR("a\"b\\c"), "\"a\\\"b\\\\c\"" },
	{ STR("two\nlines\tand\r"), "\"two\\nlines\\tand\\u000d\"" },
	{ STR("\x1b[31mred\x7f"), "\"\\u001b[31mred\\u007f\"" },
	{ STR("nul\0inside"), "\"nul\\u0000inside\"" },
	{ STR("ä€😀"), "\"ä€😀\"" },
	{ STR("\xc2\x85\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u0085\\u2028\\u2029\"" },
	{ STR("\xff\xc0\x80\xed\xa0\x80"), "\"������\"" },
	{ STR("cut \xe2\x82"), "\"cut ��\"" },
	{ STR(""), "\"\"" },
};

static void
test_json(struct log *log)
{
	char want[400];
	str_t got;

	for (size_t i = 0; i < COUNT(escape_cases); i++) {
		(void)snprintf(want, sizeof(want), "%s%s}\n", TIME, escape_cases[i].want);
		log_write(log, LOG_LEVEL_INFO, escape_cases[i].body, NULL, 0);
		got = take_line();
		ok(str_eq(got, str_of(want)), "body %zu is %s", i, escape_cases[i].want);
	}
	log_info(log, "hi", LOG_STR("a.b", STR("c\n")), LOG_INT("n", INT64_MIN), LOG_BOOL("y", 1));
	got = take_line();
	ok(str_eq(got, STR(TIME "\"hi\",\"attributes\":{\"a.b\":\"c\\n\",\"n\":-9223372036854775808,"
			   "\"y\":true}}\n")),
	    "attributes of each kind");
}

static void
test_truncated(struct log *log)
{
	static char text[2 * LOG_LINE_MAX];
	bool fits = true, closed = true;

	memset(text, 'x', sizeof(text));
	for (size_t len = LOG_LINE_MAX - 200; len < LOG_LINE_MAX + 50; len++) {
		str_t got;

		log_write(log, LOG_LEVEL_INFO, str_make(text, len),
		    (const struct log_attribute[]){ LOG_STR("one", STR("\n\n\n\n")), LOG_INT("two", 2) }, 2);
		got = take_line();
		fits = fits && got.len <= LOG_LINE_MAX && got.len > LOG_LINE_MAX - 200;
		closed = closed && str_has_suffix(got, STR("}\n")) &&
		    (str_has_suffix(got, STR("\"two\":2}}\n")) ||
			str_has_suffix(got, STR("\",\"truncated\":true}\n")) ||
			str_has_suffix(got, STR("\"},\"truncated\":true}\n")));
	}
	ok(fits, "no line is longer than the limit");
	ok(closed, "a cut line closes what it opened and says that it was cut");
}

static const struct {
	const char *name;
	int level; /* -1: unknown */
} level_cases[] = {
	{ "trace", LOG_LEVEL_TRACE },
	{ "INFO", LOG_LEVEL_INFO },
	{ "off", LOG_LEVEL_OFF },
	{ "verbose", -1 },
	{ "", -1 },
};

int
main(void)
{
	struct clock_fake clock;
	struct log log;

	clock_fake_init(&clock, WALL_S * CLOCK_NS_PER_S + 123 * CLOCK_NS_PER_MS);
	ok(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0, "a place to write");
	log_init(&log, ends[1], LOG_LEVEL_INFO, false, &clock.clock);
	test_json(&log);
	test_truncated(&log);

	log_debug(&log, "quiet");
	ok(take_line().data == NULL, "below the level nothing is written");
	log_info((struct log *)NULL, "nobody");
	ok(!log_wants(NULL, LOG_LEVEL_ERROR), "a NULL log is silent");

	log_init(&log, ends[1], LOG_LEVEL_DEBUG, true, &clock.clock);
	log_warn(&log, "hm\n", LOG_STR("why", STR("\x1b\"")), LOG_INT("n", 1));
	ok(str_eq(take_line(),
	       STR("2026-03-19T12:00:00.123Z WARN  hm\\n why=\"\\u001b\\\"\" n=1\n")),
	    "the pretty form is escaped too");

	for (size_t i = 0; i < COUNT(level_cases); i++) {
		enum log_level level = LOG_LEVEL_OFF;
		bool found = log_level_find(str_of(level_cases[i].name), &level);

		ok(found == (level_cases[i].level >= 0) &&
			(!found || (int)level == level_cases[i].level),
		    "level \"%s\"", level_cases[i].name);
	}
	(void)close(ends[0]);
	log_init(&log, -1, LOG_LEVEL_INFO, false, &clock.clock);
	errno = ENOENT;
	log_info(&log, "into the void");
	ok(errno == ENOENT, "a log that cannot be written harms nobody");
	(void)close(ends[1]);
	return tap_done();
}
