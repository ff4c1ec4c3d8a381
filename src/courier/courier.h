/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier: what both of its jobs share.
 *
 *   lifetime  main's, from start to exit
 *   threads   read only, but for status (its own lock) and stop
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include <stdatomic.h>

#include "base/log.h"
#include "config/config.h"
#include "courier/status.h"
#include "courier/vault.h"

struct courier {
	struct config config;
	struct log log;
	struct vault vault;
	struct status status;
	_Atomic bool stop;
};

/* Until the time has passed or it is told to stop. */
void courier_sleep(const struct courier *, int64_t ms);
/* Between what is noted in the status: locks; the second writes it out. */
void courier_note_begin(struct courier *);
void courier_note_end(struct courier *);

#endif
