/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: what the program tells its operator, one JSON object a line.
 *
 *   {"timestamp":"2026-03-19T12:00:00.123Z","severity":"INFO","body":"…","attributes":{…}}
 *
 * A line is put together on the stack and leaves in one write(), so lines of
 * several threads never mix and nothing is allocated.  Text is escaped: no
 * value can end a line, forge a member or move a terminal's cursor; bytes that
 * are not UTF-8 become U+FFFD.
 *
 *   limits   LOG_LINE_MAX bytes a line; a text that does not fit is cut, what
 *            follows is left out, and the line says "truncated":true
 *   threads  a struct log is read only after log_init; any thread may write
 *   failure  none to the caller: a log that cannot be written must not stop decisions
 *
 * A NULL log is a silent one.  Secrets never enter: not at any level.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

#define LOG_LINE_MAX 4096 /* what a pipe takes whole */

enum log_level {
	LOG_LEVEL_TRACE,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_OFF,
};

struct log {
	const struct clock *clock;
	int fd;
	enum log_level level; /* the least that is written */
	bool pretty; /* for a terminal: time, severity, body, name=value … */
};

struct log_attribute {
	const char *name;
	enum { LOG_TEXT, LOG_NUMBER, LOG_FLAG, LOG_TRACE_TEXT } kind;
	str_t text;
	int64_t number; /* also the flag */
};

#define LOG_STR(name, value) ((struct log_attribute){ (name), LOG_TEXT, (value), 0 })
/* Stands beside the body, not among the attributes; an empty one is left out.  Behind all others. */
#define LOG_TRACE(name, value) ((struct log_attribute){ (name), LOG_TRACE_TEXT, (value), 0 })
#define LOG_INT(name, value) ((struct log_attribute){ (name), LOG_NUMBER, STR_NONE, (value) })
#define LOG_BOOL(name, value) ((struct log_attribute){ (name), LOG_FLAG, STR_NONE, (value) })

void log_init(struct log *, int fd, enum log_level, bool pretty, const struct clock *);
bool log_level_find(str_t name, enum log_level *ret_level); /* "trace" … "error", "off" */
bool log_wants(const struct log *, enum log_level); /* worth putting attributes together? */
void log_write(const struct log *, enum log_level, str_t body, const struct log_attribute *,
    size_t count);

/* log_info(log, "bundle loaded", LOG_STR("revision", r), LOG_INT("policies", 6)); */
#define log_at(log, level, body, ...)                                                       \
	log_write((log), (level), STR(body),                                                \
	    (const struct log_attribute[]){ { 0 }, ##__VA_ARGS__ } + 1,                     \
	    COUNT(((const struct log_attribute[]){ { 0 }, ##__VA_ARGS__ })) - 1)
#define log_debug(log, body, ...) log_at(log, LOG_LEVEL_DEBUG, body, ##__VA_ARGS__)
#define log_info(log, body, ...) log_at(log, LOG_LEVEL_INFO, body, ##__VA_ARGS__)
#define log_warn(log, body, ...) log_at(log, LOG_LEVEL_WARN, body, ##__VA_ARGS__)
#define log_error(log, body, ...) log_at(log, LOG_LEVEL_ERROR, body, ##__VA_ARGS__)

#endif
