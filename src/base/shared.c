/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shared.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/must.h"

struct shared_box {
	_Atomic unsigned holders;
	void *thing;
	shared_destroy_fn *destroy;
};

struct shared {
	_Atomic(struct shared_box *) current; /* holds one count; changed under the mutex */
	pthread_mutex_t change;
	shared_destroy_fn *destroy;
};

struct shared *
shared_new(shared_destroy_fn *destroy)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->destroy = destroy;
	must(pthread_mutex_init(&s->change, NULL) == 0);
	return s;
}

static struct shared_box *
hold(struct shared_box *box)
{
	/* The caller's own count keeps the box, so no order is needed. */
	if (box != NULL)
		(void)atomic_fetch_add_explicit(&box->holders, 1, memory_order_relaxed);
	return box;
}

void
shared_drop(struct shared_box **box)
{
	struct shared_box *b = *box;

	*box = NULL;
	/* Acquire and release: what others did with the thing comes before its end. */
	if (b == NULL || atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) != 1)
		return;
	if (b->thing != NULL)
		b->destroy(b->thing);
	free(b);
}

void
shared_free(struct shared **shared)
{
	struct shared *s = *shared;
	struct shared_box *last;

	if (s == NULL)
		return;
	last = atomic_load_explicit(&s->current, memory_order_relaxed);
	shared_drop(&last);
	(void)pthread_mutex_destroy(&s->change);
	free(s);
	*shared = NULL;
}

err_t
shared_publish(struct shared *s, void *thing)
{
	struct shared_box *box = calloc(1, sizeof(*box));
	struct shared_box *old;

	if (box == NULL)
		return ERR_MEMORY;
	box->thing = thing;
	box->destroy = s->destroy;
	atomic_init(&box->holders, 1);
	must(pthread_mutex_lock(&s->change) == 0);
	old = atomic_exchange_explicit(&s->current, box, memory_order_acq_rel);
	must(pthread_mutex_unlock(&s->change) == 0);
	shared_drop(&old);
	return ERR_OK;
}

const void *
shared_get(struct shared *s, struct shared_view *view)
{
	/*
	 * The view's own count keeps its box from being freed and its address
	 * from being used again, so equal pointers mean the same box.
	 */
	if (atomic_load_explicit(&s->current, memory_order_acquire) != view->box) {
		struct shared_box *old = view->box;

		/* Under the mutex `current` cannot lose its count before we add ours. */
		must(pthread_mutex_lock(&s->change) == 0);
		view->box = hold(atomic_load_explicit(&s->current, memory_order_relaxed));
		must(pthread_mutex_unlock(&s->change) == 0);
		shared_drop(&old);
	}
	return shared_held(view->box);
}

void
shared_close(struct shared_view *view)
{
	shared_drop(&view->box);
}

struct shared_box *
shared_hold(const struct shared_view *view)
{
	return hold(view->box);
}

const void *
shared_held(const struct shared_box *box)
{
	return box != NULL ? box->thing : NULL;
}
