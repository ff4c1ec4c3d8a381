/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: the lines of one file of the log, plain or gzip.
 *
 *   lifetime  new/free; a line is borrowed until the next call
 *   limits    a line is at most AUDIT_LINE_MAX bytes; a longer one is given in
 *             part, and is then no audit line
 *   failure   ERR_IO, with errno; ERR_SYNTAX: the gzip stream is broken or ends early
 */
#ifndef AUDIT_SOURCE_H
#define AUDIT_SOURCE_H

#include <stdbool.h>

#include "audit/logfile.h"
#include "base/err.h"
#include "base/str.h"

struct audit_source;

err_t audit_source_open(int dir_fd, const char *name, struct audit_source **ret);
void audit_source_close(struct audit_source **);

/* *ret_line without its newline; *ret_whole is false for a last line that has none. */
err_t audit_source_line(struct audit_source *, str_t *ret_line, bool *ret_whole);
bool audit_source_at_end(const struct audit_source *); /* after it, there is no line */

/* The last good line of a whole file, read from its beginning if it is compressed. */
err_t audit_source_last(int dir_fd, const char *name, struct audit_chain *ret);

#endif
