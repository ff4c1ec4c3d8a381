/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: the small parts that a line of the log is made of, and found by.
 *
 * One text is always written the same way, so that texts can be compared as they stand
 * in the line, without reading JSON.  Bytes that are not UTF-8 become U+FFFD.
 */
#ifndef AUDIT_TEXT_H
#define AUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* A JSON string; what is between its quotes has `limit` bytes at most, or ends in "…". */
void audit_text_string(struct buf *, str_t, size_t limit);
/* ,"name":"text" */
void audit_text_member(struct buf *, const char *name, str_t text, size_t limit);
void audit_text_begin(struct buf *, int64_t time_ms); /* {"ts":"2026-01-02T03:04:05.006Z" */

/* The time of a line that begins so. */
bool audit_text_read_time(str_t line, int64_t *ret_ms);
/*
 * What stands between the quotes behind the first `name`, which is written `,"name":"`.  In a
 * text its quotes would be escaped: what is found is a member.
 */
bool audit_text_find(str_t line, str_t name, str_t *ret);

#endif
