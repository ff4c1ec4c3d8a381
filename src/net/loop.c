/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines sit in a wheel: a ring of slots, one for each tick, and a bit for
 * each slot that holds some.  A timer further away than the wheel's turn lies
 * in the slot it would have anyway and is passed over until its turn comes.
 */
#include "net/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"

enum { BATCH = 128, SLOTS = 1024, WORDS = SLOTS / 64 };
#define TICK_NS (LOOP_TICK_MS * CLOCK_NS_PER_MS)

struct loop {
	const struct clock *clock;
	int epoll;
	int64_t now_ns;
	int64_t tick; /* the wheel has fired all slots up to this tick */
	struct loop_timer *slots[SLOTS];
	struct loop_timer *due; /* taken out of their slots, to be fired */
	uint64_t taken[WORDS];
	struct loop_hook *end_hooks, *wake_hooks;
	struct loop_task *tasks, **tasks_tail;
	struct loop_source bell, alarm;
	int64_t alarm_ns; /* when it rings; INT64_MAX: not set */
	struct epoll_event events[BATCH];
	bool woken;
	_Atomic bool stopping;
};

static void
on_bell(struct loop_source *bell, uint32_t events)
{
	struct loop *loop = (struct loop *)((char *)bell - offsetof(struct loop, bell));
	eventfd_t rung;

	(void)events;
	(void)eventfd_read(bell->fd, &rung);
	loop->woken = true;
}

static void
on_alarm(struct loop_source *alarm, uint32_t events)
{
	struct loop *loop = (struct loop *)((char *)alarm - offsetof(struct loop, alarm));
	uint64_t count;

	(void)events;
	(void)!read(alarm->fd, &count, sizeof(count));
	loop->alarm_ns = INT64_MAX;
}

struct loop *
loop_new(const struct clock *clock)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->clock = clock;
	loop->tasks_tail = &loop->tasks;
	loop->now_ns = clock_steady_ns(clock);
	loop->tick = loop->now_ns / TICK_NS;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->bell = (struct loop_source){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), EPOLLIN, on_bell };
	loop->alarm = (struct loop_source){
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), EPOLLIN, on_alarm };
	loop->alarm_ns = INT64_MAX;
	if (loop->epoll < 0 || loop->bell.fd < 0 || loop->alarm.fd < 0 ||
	    loop_add(loop, &loop->bell) != ERR_OK || loop_add(loop, &loop->alarm) != ERR_OK)
		loop_free(&loop);
	return loop;
}

void
loop_free(struct loop **ret_loop)
{
	struct loop *loop = *ret_loop;

	if (loop == NULL)
		return;
	must(loop->tasks == NULL);
	for (size_t i = 0; i < WORDS; i++)
		must(loop->taken[i] == 0);
	if (loop->bell.fd >= 0)
		(void)close(loop->bell.fd);
	if (loop->alarm.fd >= 0)
		(void)close(loop->alarm.fd);
	if (loop->epoll >= 0)
		(void)close(loop->epoll);
	free(loop);
	*ret_loop = NULL;
}

err_t
loop_add(struct loop *loop, struct loop_source *s)
{
	struct epoll_event event = { .events = s->events, .data.ptr = s };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, s->fd, &event) == 0 ? ERR_OK : ERR_IO;
}

err_t
loop_change(struct loop *loop, struct loop_source *s, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = s };

	if (s->events == events)
		return ERR_OK;
	s->events = events;
	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, s->fd, &event) == 0 ? ERR_OK : ERR_IO;
}

void
loop_remove(struct loop *loop, struct loop_source *s)
{
	if (s->events == 0)
		return;
	s->events = 0; /* also tells this batch to pass it over */
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, s->fd, NULL);
}

static void
link_timer(struct loop *loop, struct loop_timer *t)
{
	/* Rounded up: never early.  A deadline that has passed fires at the next tick. */
	int64_t tick = (t->deadline_ns + TICK_NS - 1) / TICK_NS;
	size_t slot;

	if (tick <= loop->tick)
		tick = loop->tick + 1;
	slot = (size_t)tick % SLOTS;
	t->next = loop->slots[slot];
	t->at = &loop->slots[slot];
	if (t->next != NULL)
		t->next->at = &t->next;
	loop->slots[slot] = t;
	loop->taken[slot / 64] |= UINT64_C(1) << (slot % 64);
}

void
loop_timer_stop(struct loop *loop, struct loop_timer *t)
{
	struct loop_timer **first = loop->slots;

	if (t->at == NULL)
		return;
	*t->at = t->next;
	if (t->next != NULL)
		t->next->at = t->at;
	if (t->at >= first && t->at < first + SLOTS && *t->at == NULL) {
		size_t slot = (size_t)(t->at - first);

		loop->taken[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
	}
	t->at = NULL;
	t->next = NULL;
}

void
loop_timer_start(struct loop *loop, struct loop_timer *t, int64_t after_ms)
{
	loop_timer_stop(loop, t);
	t->deadline_ns = loop->now_ns + after_ms * CLOCK_NS_PER_MS;
	link_timer(loop, t);
}

void
loop_on_end(struct loop *loop, struct loop_hook *hook)
{
	struct loop_hook **at = &loop->end_hooks;

	while (*at != NULL)
		at = &(*at)->next;
	*at = hook;
	hook->next = NULL;
}

void
loop_on_wake(struct loop *loop, struct loop_hook *hook)
{
	struct loop_hook **at = &loop->wake_hooks;

	while (*at != NULL)
		at = &(*at)->next;
	*at = hook;
	hook->next = NULL;
}

void
loop_defer(struct loop *loop, struct loop_task *task)
{
	if (task->queued)
		return;
	task->queued = true;
	task->next = NULL;
	*loop->tasks_tail = task;
	loop->tasks_tail = &task->next;
}

void
loop_forget(struct loop *loop, struct loop_task *task)
{
	struct loop_task **at = &loop->tasks;

	if (!task->queued)
		return;
	while (*at != task)
		at = &(*at)->next;
	*at = task->next;
	if (loop->tasks_tail == &task->next)
		loop->tasks_tail = at;
	task->queued = false;
}

int64_t
loop_now_ns(const struct loop *loop)
{
	return loop->now_ns;
}

const struct clock *
loop_clock(const struct loop *loop)
{
	return loop->clock;
}

/* Ticks until the next slot that holds a timer; -1: none does. */
static int64_t
ticks_to_next(const struct loop *loop)
{
	size_t start = (size_t)(loop->tick + 1) % SLOTS;

	for (size_t i = 0; i <= WORDS; i++) {
		size_t word = (start / 64 + i) % WORDS;
		uint64_t bits = loop->taken[word];

		if (i == 0)
			bits &= ~UINT64_C(0) << (start % 64);
		if (bits != 0) {
			size_t slot = word * 64 + (size_t)__builtin_ctzll(bits);

			return (int64_t)((slot + SLOTS - start) % SLOTS) + 1;
		}
	}
	return -1;
}

/*
 * The next deadline stands in a timerfd, which is set again only when an
 * earlier one comes: epoll_wait() with a timeout would make the kernel set and
 * cancel a timer at every turn.
 */
static void
set_alarm(struct loop *loop)
{
	int64_t ticks = ticks_to_next(loop);
	int64_t due_ns = (loop->tick + ticks) * TICK_NS;
	struct itimerspec when = { 0 };
	int64_t left_ns;

	if (ticks < 0 || due_ns >= loop->alarm_ns)
		return;
	left_ns = due_ns - clock_steady_ns(loop->clock);
	if (left_ns < 1)
		left_ns = 1;
	when.it_value.tv_sec = left_ns / CLOCK_NS_PER_S;
	when.it_value.tv_nsec = left_ns % CLOCK_NS_PER_S;
	must(timerfd_settime(loop->alarm.fd, 0, &when, NULL) == 0);
	loop->alarm_ns = due_ns;
}

/* Taken out first: a callback may stop any of them or start them anew. */
static void
take_due(struct loop *loop, size_t slot)
{
	struct loop_timer *later = NULL;

	while (loop->slots[slot] != NULL) {
		struct loop_timer *t = loop->slots[slot];
		struct loop_timer **list = t->deadline_ns <= loop->now_ns ? &loop->due : &later;

		loop_timer_stop(loop, t);
		t->next = *list;
		t->at = list;
		if (t->next != NULL)
			t->next->at = &t->next;
		*list = t;
	}
	while (later != NULL) {
		struct loop_timer *t = later;

		loop_timer_stop(loop, t);
		link_timer(loop, t);
	}
}

static void
fire_timers(struct loop *loop)
{
	int64_t last = loop->now_ns / TICK_NS;

	int fired = 0;

	if (last - loop->tick > SLOTS)
		loop->tick = last - SLOTS; /* once round touches every slot */
	/* Thousands that come to their end together must not hold up the others: some a turn. */
	while (fired < LOOP_TIMERS_PER_TURN && (loop->due != NULL || loop->tick < last)) {
		struct loop_timer *t = loop->due;

		if (t != NULL) {
			loop_timer_stop(loop, t);
			t->on_expire(t);
			fired++;
		} else {
			size_t slot = (size_t)++loop->tick % SLOTS;

			if (loop->taken[slot / 64] >> (slot % 64) & 1)
				take_due(loop, slot);
		}
	}
}

static void
run_tasks(struct loop *loop)
{
	/* Only those queued so far: a task may queue another for the next batch. */
	struct loop_task *last = NULL;

	for (struct loop_task *t = loop->tasks; t != NULL; t = t->next)
		last = t;
	while (last != NULL && loop->tasks != NULL) {
		struct loop_task *t = loop->tasks;

		loop->tasks = t->next;
		if (loop->tasks == NULL)
			loop->tasks_tail = &loop->tasks;
		t->queued = false;
		if (t == last)
			last = NULL;
		t->run(t);
	}
}

static bool
is_busy(const struct loop *loop)
{
	return loop->tasks != NULL || loop->due != NULL;
}

err_t
loop_turn(struct loop *loop, int timeout_ms)
{
	int count;

	set_alarm(loop);
	count = epoll_wait(loop->epoll, loop->events, BATCH, is_busy(loop) ? 0 : timeout_ms);
	if (count < 0 && errno != EINTR)
		return ERR_IO;
	loop->now_ns = clock_steady_ns(loop->clock);
	for (int i = 0; i < count; i++) {
		struct loop_source *s = loop->events[i].data.ptr;

		if (s->events != 0)
			s->on_ready(s, loop->events[i].events);
	}
	fire_timers(loop);
	if (loop->woken) {
		loop->woken = false;
		for (struct loop_hook *h = loop->wake_hooks; h != NULL; h = h->next)
			h->run(h);
	}
	for (struct loop_hook *h = loop->end_hooks; h != NULL; h = h->next)
		h->run(h);
	run_tasks(loop);
	return ERR_OK;
}

err_t
loop_run(struct loop *loop)
{
	while (!atomic_load_explicit(&loop->stopping, memory_order_acquire))
		TRY(loop_turn(loop, -1));
	atomic_store_explicit(&loop->stopping, false, memory_order_relaxed);
	return ERR_OK;
}

void
loop_wake(struct loop *loop)
{
	(void)eventfd_write(loop->bell.fd, 1);
}

void
loop_stop(struct loop *loop)
{
	atomic_store_explicit(&loop->stopping, true, memory_order_release);
	loop_wake(loop);
}
