/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared: an immutable thing, published whole to many threads.
 *
 * One thread publishes a new thing (a policy snapshot, a TLS context); each
 * reader keeps a view, which is one counted reference.  shared_get() costs one
 * atomic load when nothing has changed; only a change takes the mutex.  The
 * old thing is destroyed by whoever lets go of it last.
 *
 *   lifetime  what shared_get() returned stays valid until the next shared_get()
 *             or shared_close() on that view; to keep it longer, shared_hold()
 *   threads   publish from any; a view belongs to one thread; a hold may be
 *             dropped by any thread
 *   failure   shared_new and shared_publish report lack of memory; reading cannot fail
 */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include "base/err.h"

struct shared;
struct shared_box; /* a published thing and its count */

typedef void shared_destroy_fn(void *thing);

struct shared_view {
	struct shared_box *box;
};

struct shared *shared_new(shared_destroy_fn *destroy); /* NULL: out of memory; nothing published yet */
void shared_free(struct shared **); /* views and holds may outlive it; no call may be under way */

/* Takes `thing` in, also NULL; on failure it is still the caller's. */
err_t shared_publish(struct shared *, void *thing);

/* The newest thing, NULL if none was published.  A view starts as { 0 }. */
const void *shared_get(struct shared *, struct shared_view *);
void shared_close(struct shared_view *);

struct shared_box *shared_hold(const struct shared_view *); /* may be NULL */
const void *shared_held(const struct shared_box *); /* the thing; NULL for a NULL box */
void shared_drop(struct shared_box **);

#endif
