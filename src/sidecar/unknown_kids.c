/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/unknown_kids.h"

#include <string.h>

#include "base/clock.h"

void
unknown_kids_init(struct unknown_kids *u)
{
	memset(u, 0, sizeof(*u));
	(void)pthread_mutex_init(&u->lock, NULL);
}

void
unknown_kids_fini(struct unknown_kids *u)
{
	(void)pthread_mutex_destroy(&u->lock);
}

static bool
has(const struct unknown_kids *u, str_t kid)
{
	for (size_t i = 0; i < u->name_count; i++)
		if (str_eq(str_make(u->names[i], u->lens[i]), kid))
			return true;
	return false;
}

void
unknown_kids_note(struct unknown_kids *u, str_t kid)
{
	kid = str_sub(kid, 0, kid.len < UNKNOWN_KID_BYTES ? kid.len : UNKNOWN_KID_BYTES);
	(void)pthread_mutex_lock(&u->lock);
	u->count++;
	u->total++;
	if (u->name_count < UNKNOWN_KIDS_MAX && !has(u, kid)) {
		if (kid.len > 0)
			memcpy(u->names[u->name_count], kid.data, kid.len);
		u->lens[u->name_count++] = kid.len;
	}
	(void)pthread_mutex_unlock(&u->lock);
}

bool
unknown_kids_take(
    struct unknown_kids *u, int64_t steady_ns, struct buf *names, uint64_t *ret_count)
{
	bool due;

	(void)pthread_mutex_lock(&u->lock);
	due = u->count > 0 && (u->told_ns == 0 || steady_ns - u->told_ns >=
						      UNKNOWN_KIDS_SILENCE_S * CLOCK_NS_PER_S);
	if (due) {
		for (size_t i = 0; i < u->name_count; i++) {
			if (i > 0)
				buf_add_char(names, ' ');
			buf_add(names, u->names[i], u->lens[i]);
		}
		*ret_count = u->count;
		u->count = 0;
		u->name_count = 0;
		u->told_ns = steady_ns;
	}
	(void)pthread_mutex_unlock(&u->lock);
	return due;
}

uint64_t
unknown_kids_total(struct unknown_kids *u)
{
	uint64_t total;

	(void)pthread_mutex_lock(&u->lock);
	total = u->total;
	(void)pthread_mutex_unlock(&u->lock);
	return total;
}
