/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shared.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tap.h"

enum { PUBLICATIONS = 20000, READERS = 4 };

struct thing {
	unsigned number, same; /* a torn or freed thing would differ */
};

static _Atomic unsigned destroyed_count, looks;
static _Atomic bool stop;

static void
destroy(void *context)
{
	struct thing *t = context;

	t->same = ~t->number;
	free(t);
	atomic_fetch_add(&destroyed_count, 1);
}

static bool
publish(struct shared *s, unsigned number)
{
	struct thing *t = malloc(sizeof(*t));

	*t = (struct thing){ number, number };
	return shared_publish(s, t) == ERR_OK;
}

static void
test_one_thread(void)
{
	struct shared *s = shared_new(destroy);
	struct shared_view view = { 0 };
	struct shared_box *held;
	const struct thing *t;

	ok(shared_get(s, &view) == NULL, "nothing is there at first");
	ok(publish(s, 1), "a thing is published");
	t = shared_get(s, &view);
	ok(t != NULL && t->number == 1, "and seen");
	ok(shared_get(s, &view) == t, "the same one each time");
	held = shared_hold(&view);
	ok(publish(s, 2) && destroyed_count == 0, "a newer one does not end what is in use");
	ok(t->same == 1, "which is still whole");
	t = shared_get(s, &view);
	ok(t->number == 2 && destroyed_count == 0, "a held one outlives the view's step");
	ok(((const struct thing *)shared_held(held))->number == 1, "and can be read");
	shared_drop(&held);
	ok(held == NULL && destroyed_count == 1, "until dropped");
	ok(shared_publish(s, NULL) == ERR_OK && shared_get(s, &view) == NULL, "NULL can be published");
	ok(destroyed_count == 2, "in place of the thing");
	ok(publish(s, 3) && shared_get(s, &view) != NULL, "and a thing again");
	shared_free(&s);
	ok(destroyed_count == 2, "a view outlives what it views");
	shared_close(&view);
	ok(destroyed_count == 3, "and ends it when closed");
}

static void *
look(void *context)
{
	struct shared_view view = { 0 };
	struct shared_box *kept = NULL;
	unsigned last = 0;
	bool fine = true;

	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		const struct thing *t = shared_get(context, &view);

		fine = fine && t->number == t->same && t->number >= last;
		last = t->number;
		if (last % 7 == 0) {
			shared_drop(&kept);
			kept = shared_hold(&view);
		}
		atomic_fetch_add_explicit(&looks, 1, memory_order_relaxed);
	}
	shared_drop(&kept);
	shared_close(&view);
	return fine ? context : NULL;
}

static void
test_threads(void)
{
	struct shared *s = shared_new(destroy);
	pthread_t readers[READERS];
	bool fine = publish(s, 0);

	destroyed_count = 0;
	for (int i = 0; i < READERS; i++)
		fine = pthread_create(&readers[i], NULL, look, s) == 0 && fine;
	for (unsigned i = 1; i <= PUBLICATIONS; i++)
		fine = publish(s, i) && fine;
	while (atomic_load(&looks) < READERS)
		continue;
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++) {
		void *result = NULL;

		fine = pthread_join(readers[i], &result) == 0 && result == s && fine;
	}
	ok(fine, "%d readers see each of %d things whole and in order", READERS, PUBLICATIONS);
	shared_free(&s);
	ok(destroyed_count == PUBLICATIONS + 1, "and each ends once");
}

int
main(void)
{
	test_one_thread();
	test_threads();
	return tap_done();
}
