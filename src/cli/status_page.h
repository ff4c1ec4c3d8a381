/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_page: the daemon's answer to `status` as a page for people.
 *
 * With an earlier answer, rates and latencies are of the time between the two; without one
 * (or with one of another process), since the start.  Texts are shown without control
 * characters, so that no name of a file or a revision can steer a terminal.
 */
#ifndef CLI_STATUS_PAGE_H
#define CLI_STATUS_PAGE_H

#include "base/buf.h"
#include "value/value.h"

void status_page_write(struct buf *, value_t before, value_t now); /* before: VALUE_NONE for none */

/* Lines of at most `cols` characters, `rows` of them at most; 0: as many as there are. */
void status_page_cut(struct buf *, str_t page, unsigned rows, unsigned cols);

#endif
