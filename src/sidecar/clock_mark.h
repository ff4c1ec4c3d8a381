/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock_mark: the highest time that the wall clock ever showed, so that setting it back
 * stretches nothing.
 *
 * Dates (exp and nbf of tokens, of the license, of bundles) are judged at the later of the
 * clock and the mark.  The mark is kept in data_dir from one life to the next, written at most
 * once a minute and at the end.  A clock that is behind it by more than the tolerance is set
 * back: that is said, and the mark goes on with the time that passes, so that
 * nothing stands still either.  Only clock_mark_reset lets it go back: when the clock was once
 * wrong in the other direction.
 *
 *   file     UNIX seconds and a newline; one that is spoiled is a finding, and counts as none
 *   threads  clock_mark_now_s and clock_mark_behind_s: all; the rest: the maintenance thread's
 */
#ifndef SIDECAR_CLOCK_MARK_H
#define SIDECAR_CLOCK_MARK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"

enum { CLOCK_MARK_WRITE_S = 60 };

struct clock_mark {
	const struct clock *clock;
	str_t path; /* empty: nothing is kept */
	int64_t tolerance_s;
	_Atomic int64_t mark_s;
	int64_t boot_ns; /* when it was looked at last */
	int64_t written_s, written_boot_ns; /* what the file has, since when */
	bool is_failing; /* the file could not be written: said once */
	_Atomic bool set_back;
};

/*
 * The path is made in the arena.  The error says why nothing is remembered; the mark is usable
 * all the same.
 */
err_t clock_mark_open(struct clock_mark *, struct arena *, str_t data_dir, int64_t tolerance_s,
    const struct clock *, struct diag *);

/* Each second or so.  Says whether set_back changed. */
bool clock_mark_tick(struct clock_mark *);
/* If there is something new and it is time, or `now`. */
err_t clock_mark_write(struct clock_mark *, bool now, struct diag *);
/*
 * From here on the clock is right, whatever was seen before; *ret_was is the mark that was
 * given up.
 */
err_t clock_mark_reset(struct clock_mark *, struct diag *, int64_t *ret_was);

int64_t clock_mark_now_s(const struct clock_mark *); /* at which dates are judged */
int64_t clock_mark_behind_s(const struct clock_mark *); /* 0: the clock is not set back */

#endif
