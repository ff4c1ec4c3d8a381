/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/courier.h"

#include <poll.h>

enum { SLICE_MS = 100, FINDINGS_BYTES_MAX = 65536 };

void
courier_sleep(const struct courier *c, int64_t ms)
{
	int64_t until = clock_steady_ns(&clock_system) + ms * CLOCK_NS_PER_MS, left;

	while (!atomic_load(&c->stop) && (left = until - clock_steady_ns(&clock_system)) > 0) {
		int64_t slice = left / CLOCK_NS_PER_MS + 1;

		(void)poll(NULL, 0, slice < SLICE_MS ? (int)slice : SLICE_MS);
	}
}

void
courier_note_begin(struct courier *c)
{
	status_begin(&c->status);
}

void
courier_note_end(struct courier *c)
{
	struct arena *arena = arena_new(FINDINGS_BYTES_MAX);
	struct diag diag;
	err_t err;

	if (arena != NULL)
		diag_init(&diag, arena, 4);
	err = status_end(&c->status, &c->vault, arena != NULL ? &diag : NULL);
	if (err != ERR_OK)
		log_error(&c->log, "the status cannot be written",
		    LOG_STR("problem", arena != NULL ? diag_first_message(&diag) : str_of(err_text(err))));
	arena_free(&arena);
}
