/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ring.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tap.h"

enum { RECORDS = 200000, LONGEST = 90 };

static void
test_limits(void)
{
	struct ring *r = ring_new(1);
	char big[200] = { 0 };
	str_t got;
	int put = 0;

	ok(ring_capacity(r) == 256, "a capacity is rounded up");
	ok(!ring_put(r, str_make(big, 121)), "a record beyond half the capacity is refused");
	ok(ring_put(r, str_make(big, 120)), "one of half the capacity is taken");
	ok(ring_used(r) == 128, "and counted with its head");
	ok(ring_next(r, &got) && got.len == 120, "and read");
	ok(!ring_next(r, &got), "once");
	ok(ring_used(r) == 128, "it stays until released");
	ring_release(r);
	ok(ring_used(r) == 0, "and is then gone");
	while (put < 100 && ring_put(r, STR("12345678")))
		put++;
	ok(put == 16, "256 bytes hold 16 records of 8 bytes, not %d", put);
	ok(ring_next(r, &got) && str_eq(got, STR("12345678")), "the oldest comes first");
	ok(!ring_put(r, STR("x")), "what is shown but not released is not overwritten");
	ring_release(r);
	ok(ring_put(r, STR("x")), "what is released is");
	ring_free(&r);
	ok(r == NULL, "free clears the pointer");
}

static void
test_shorter_commit(void)
{
	struct ring *r = ring_new(256);
	char *room = ring_reserve(r, 100);
	str_t got;

	memcpy(room, "abc", 3);
	ring_commit(r, 3);
	ok(ring_next(r, &got) && str_eq(got, STR("abc")), "less than reserved may be committed");
	ok(ring_put(r, STR("")), "an empty record is a record");
	ok(ring_next(r, &got) && got.len == 0, "and comes out empty");
	ring_free(&r);
}

static void
test_doze(void)
{
	struct ring *r = ring_new(256);
	str_t got;

	ok(!ring_must_wake(r), "nobody sleeps at first");
	ok(ring_doze(r), "an empty ring lets its consumer sleep");
	ok(ring_put(r, STR("x")) && ring_must_wake(r), "the next record must wake it");
	ok(ring_put(r, STR("y")) && !ring_must_wake(r), "once");
	ok(!ring_doze(r), "a ring with records does not let it sleep");
	ok(!ring_must_wake(r), "and then there is none to wake");
	ok(ring_next(r, &got) && ring_next(r, &got) && ring_doze(r), "unless all were shown");
	ring_free(&r);
}

struct pair {
	struct ring *ring;
	int bell;
};

static size_t
length_of(uint64_t number)
{
	return 8 + (size_t)(number * 2654435761u % (LONGEST - 8));
}

static void *
produce(void *context)
{
	struct pair *p = context;
	char record[LONGEST];

	for (uint64_t i = 0; i < RECORDS; i++) {
		memset(record, (int)(i & 0xff), sizeof(record));
		memcpy(record, &i, sizeof(i));
		while (!ring_put(p->ring, str_make(record, length_of(i))))
			(void)usleep(1);
		if (ring_must_wake(p->ring))
			(void)eventfd_write(p->bell, 1);
	}
	return NULL;
}

static void
test_threads(void)
{
	struct pair p = { ring_new(4096), eventfd(0, EFD_CLOEXEC) };
	pthread_t producer;
	uint64_t expected = 0, number;
	eventfd_t rung;
	str_t got;
	bool intact = true, stuck = false;

	ok(pthread_create(&producer, NULL, produce, &p) == 0, "a producer starts");
	while (expected < RECORDS && !stuck) {
		bool some = false;

		while (ring_next(p.ring, &got)) {
			memcpy(&number, got.data, sizeof(number));
			intact = intact && number == expected && got.len == length_of(number) &&
			    (got.len == 8 || (uint8_t)got.data[got.len - 1] == (number & 0xff));
			expected++;
			some = true;
		}
		ring_release(p.ring);
		if (!some && ring_doze(p.ring)) {
			struct pollfd bell = { p.bell, POLLIN, 0 };

			stuck = poll(&bell, 1, 10000) != 1;
			(void)eventfd_read(p.bell, &rung);
		}
	}
	ok(!stuck, "the consumer is woken whenever there is something");
	ok(intact, "%d records come through in order and whole", RECORDS);
	ok(pthread_join(producer, NULL) == 0, "the producer ends");
	(void)close(p.bell);
	ring_free(&p.ring);
}

int
main(void)
{
	test_limits();
	test_shorter_commit();
	test_doze();
	test_threads();
	return tap_done();
}
