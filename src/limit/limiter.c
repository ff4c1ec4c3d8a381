/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/limiter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/must.h"
#include "crypt/shorthash.h"

struct window {
	struct shorthash name;
	int64_t end_ns; /* a window is under way before it */
	uint32_t count; /* allowed so far; 0: this place is free */
};

struct limiter {
	struct shorthash_key key;
	size_t set_mask;
	_Atomic uint64_t displaced;
	pthread_mutex_t lock[LIMITER_LOCKS];
	struct window windows[]; /* LIMITER_WAYS for each set */
};

struct limiter *
limiter_new(size_t keys)
{
	size_t sets = 1;
	struct limiter *l;

	must(keys <= (size_t)1 << 32);
	while (sets * LIMITER_WAYS < keys)
		sets *= 2;
	l = calloc(1, sizeof(*l) + sets * LIMITER_WAYS * sizeof(struct window));
	if (l == NULL)
		return NULL;
	shorthash_key_make(&l->key);
	l->set_mask = sets - 1;
	for (size_t i = 0; i < LIMITER_LOCKS; i++)
		must(pthread_mutex_init(&l->lock[i], NULL) == 0);
	return l;
}

void
limiter_free(struct limiter **limiter)
{
	struct limiter *l = *limiter;

	if (l == NULL)
		return;
	for (size_t i = 0; i < LIMITER_LOCKS; i++)
		(void)pthread_mutex_destroy(&l->lock[i]);
	free(l);
	*limiter = NULL;
}

/* The scope's hash takes the place of the scope: no text of two parts reads as another's. */
static struct shorthash
name_of(const struct limiter *l, str_t scope, str_t key)
{
	struct shorthash outer = shorthash_of(&l->key, scope), inner = shorthash_of(&l->key, key);
	struct shorthash both[2] = { outer, inner };

	return shorthash_of(&l->key, str_make((const char *)both, sizeof(both)));
}

static struct window *
set_of(struct limiter *l, struct shorthash name, pthread_mutex_t **ret_lock)
{
	size_t set = name.low & l->set_mask;

	*ret_lock = &l->lock[set % LIMITER_LOCKS];
	return &l->windows[set * LIMITER_WAYS];
}

static struct window *
find(struct window *set, struct shorthash name)
{
	for (size_t i = 0; i < LIMITER_WAYS; i++) {
		if (set[i].count > 0 && set[i].name.low == name.low && set[i].name.high == name.high)
			return &set[i];
	}
	return NULL;
}

/* A free place, one whose window is over, or the one that is over first. */
static struct window *
find_room(struct limiter *l, struct window *set, int64_t now_ns)
{
	struct window *best = &set[0];

	for (size_t i = 0; i < LIMITER_WAYS; i++) {
		if (set[i].count == 0 || set[i].end_ns <= now_ns)
			return &set[i];
		if (set[i].end_ns < best->end_ns)
			best = &set[i];
	}
	atomic_fetch_add_explicit(&l->displaced, 1, memory_order_relaxed);
	return best;
}

static struct limiter_answer
take(struct window *w, uint32_t limit, int64_t now_ns)
{
	if (w->count >= limit)
		return (struct limiter_answer){ .wait_ns = w->end_ns - now_ns };
	w->count++;
	return (struct limiter_answer){ .allowed = true, .remaining = limit - w->count };
}

struct limiter_answer
limiter_ask(struct limiter *l, str_t scope, str_t key, uint32_t limit, int64_t window_ns, int64_t now_ns)
{
	struct shorthash name = name_of(l, scope, key);
	struct limiter_answer answer;
	pthread_mutex_t *lock;
	struct window *set = set_of(l, name, &lock), *w;
	int64_t end_ns;

	must(limit > 0 && window_ns > 0);
	if (__builtin_add_overflow(now_ns, window_ns, &end_ns))
		end_ns = INT64_MAX;
	(void)pthread_mutex_lock(lock);
	w = find(set, name);
	if (w == NULL || w->end_ns <= now_ns) {
		w = w != NULL ? w : find_room(l, set, now_ns);
		*w = (struct window){ .name = name, .end_ns = end_ns };
	}
	answer = take(w, limit, now_ns);
	(void)pthread_mutex_unlock(lock);
	return answer;
}

bool
limiter_reset(struct limiter *l, str_t scope, str_t key)
{
	struct shorthash name = name_of(l, scope, key);
	pthread_mutex_t *lock;
	struct window *set = set_of(l, name, &lock), *w;

	(void)pthread_mutex_lock(lock);
	w = find(set, name);
	if (w != NULL)
		w->count = 0;
	(void)pthread_mutex_unlock(lock);
	return w != NULL;
}

uint64_t
limiter_displaced(const struct limiter *l)
{
	return atomic_load_explicit(&l->displaced, memory_order_relaxed);
}
