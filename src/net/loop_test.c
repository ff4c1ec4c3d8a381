/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tap.h"

static char trace[256]; /* one letter for each thing that happened */

static void
note(char what)
{
	size_t len = strlen(trace);

	if (len + 1 < sizeof(trace))
		trace[len] = what;
}

static bool
traced(const char *want)
{
	bool same = strcmp(trace, want) == 0;

	if (!same)
		tap_note("got \"%s\", wanted \"%s\"", trace, want);
	memset(trace, 0, sizeof(trace));
	return same;
}

struct thing {
	struct loop *loop;
	struct loop_source source;
	struct loop_timer timer;
	struct loop_task task;
	struct loop_hook hook, wake;
	struct thing *other; /* removed when this is ready; its timer stopped */
	int64_t fired_ns;
	int again; /* times the task queues itself */
};

#define THING(part, field) ((struct thing *)(void *)((char *)(part) - offsetof(struct thing, field)))

static void
on_ready(struct loop_source *s, uint32_t events)
{
	struct thing *t = THING(s, source);
	eventfd_t rung;

	(void)events;
	(void)eventfd_read(s->fd, &rung);
	note('r');
	loop_defer(t->loop, &t->task);
	loop_defer(t->loop, &t->task);
	if (t->other != NULL)
		loop_remove(t->loop, &t->other->source);
}

static void
on_expire(struct loop_timer *timer)
{
	struct thing *t = THING(timer, timer);

	note('t');
	t->fired_ns = loop_now_ns(t->loop);
	if (t->other != NULL)
		loop_timer_stop(t->loop, &t->other->timer);
}

static void
on_task(struct loop_task *task)
{
	struct thing *t = THING(task, task);

	note('k');
	if (t->again-- > 0)
		loop_defer(t->loop, task);
}

static void
on_end(struct loop_hook *hook)
{
	(void)hook;
	note('e');
}

static void
on_wake(struct loop_hook *hook)
{
	(void)hook;
	note('w');
}

static void
init(struct thing *t, struct loop *loop)
{
	*t = (struct thing){
		.loop = loop,
		.source = { eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), EPOLLIN, on_ready },
		.timer.on_expire = on_expire,
		.task.run = on_task,
		.hook.run = on_end,
		.wake.run = on_wake,
	};
}

static void
test_order(void)
{
	struct loop *loop = loop_new(&clock_system);
	struct thing t, other;

	init(&t, loop);
	init(&other, loop);
	loop_on_end(loop, &t.hook);
	loop_on_wake(loop, &t.wake);
	ok(loop_add(loop, &t.source) == ERR_OK, "a source is added");
	loop_timer_start(loop, &t.timer, 0);
	(void)usleep(2 * LOOP_TICK_MS * 1000);
	(void)eventfd_write(t.source.fd, 1);
	loop_wake(loop);
	t.again = 1;
	ok(loop_turn(loop, 1000) == ERR_OK && traced("rtwek"), "sources, timers, wake, end, tasks");
	ok(loop_turn(loop, -1) == ERR_OK && traced("ek"), "a task queued by a task runs without waiting");
	ok(loop_turn(loop, 0) == ERR_OK && traced("e"), "and then there is none");

	ok(loop_add(loop, &other.source) == ERR_OK, "another source");
	t.other = &other;
	other.other = &t;
	(void)eventfd_write(t.source.fd, 1);
	(void)eventfd_write(other.source.fd, 1);
	ok(loop_turn(loop, 1000) == ERR_OK && traced("rek"), "a source removed in a batch is passed over");
	loop_defer(loop, &t.task);
	loop_defer(loop, &other.task);
	loop_forget(loop, &t.task);
	t.again = other.again = 0;
	ok(loop_turn(loop, 0) == ERR_OK && traced("ek"), "a forgotten task does not run");
	loop_remove(loop, &t.source);
	loop_remove(loop, &other.source);
	(void)close(t.source.fd);
	(void)close(other.source.fd);
	loop_free(&loop);
}

enum { TIMERS = 2000, HORIZON_MS = 60000 };

static void
test_timers(void)
{
	static struct thing things[TIMERS];
	struct clock_fake clock;
	struct loop *loop;
	int64_t start;
	int early = 0, late = 0, missed = 0;

	clock_fake_init(&clock, 0);
	loop = loop_new(&clock.clock);
	start = loop_now_ns(loop);
	srandom(1);
	for (int i = 0; i < TIMERS; i++) {
		init(&things[i], loop);
		(void)close(things[i].source.fd);
		things[i].timer.deadline_ns = random() % HORIZON_MS;
		loop_timer_start(loop, &things[i].timer, things[i].timer.deadline_ns);
		if (i % 3 == 0)
			loop_timer_stop(loop, &things[i].timer);
	}
	for (int64_t ms = 0; ms < HORIZON_MS + 100;) {
		int64_t step = random() % 50 == 0 ? 15000 : random() % 30;

		/* A long step is a machine that slept: all that is due fires, some in each turn. */
		clock_fake_pass(&clock, step * CLOCK_NS_PER_MS);
		ms += step;
		for (int turn = 0; turn <= TIMERS / LOOP_TIMERS_PER_TURN; turn++)
			(void)!loop_turn(loop, 0);
		for (int i = 0; i < TIMERS; i++) {
			bool due = things[i].timer.deadline_ns + LOOP_TICK_MS * CLOCK_NS_PER_MS <=
			    loop_now_ns(loop);

			late += i % 3 != 0 && due && things[i].fired_ns == 0;
		}
	}
	for (int i = 0; i < TIMERS; i++) {
		missed += i % 3 != 0 && things[i].fired_ns == 0;
		early += things[i].fired_ns != 0 &&
		    (i % 3 == 0 || things[i].fired_ns < things[i].timer.deadline_ns);
	}
	ok(early == 0, "no timer fires early or after it was stopped");
	ok(late == 0, "none fires later than a tick");
	ok(missed == 0 && loop_now_ns(loop) > start, "and all fire");

	for (int i = 0; i < TIMERS; i++) {
		things[i].fired_ns = 0;
		loop_timer_start(loop, &things[i].timer, 10);
	}
	clock_fake_pass(&clock, 100 * CLOCK_NS_PER_MS);
	for (int turn = 1; turn <= 3; turn++) {
		int fired = 0;

		(void)!loop_turn(loop, -1); /* does not wait while some are due */
		for (int i = 0; i < TIMERS; i++)
			fired += things[i].fired_ns != 0;
		ok(fired == turn * LOOP_TIMERS_PER_TURN, "of many that are due together, some fire in a turn: %d", fired);
	}
	for (int i = 0; i < TIMERS; i++)
		loop_timer_stop(loop, &things[i].timer);

	things[0].other = &things[1];
	things[1].other = &things[0];
	loop_timer_start(loop, &things[0].timer, 20);
	loop_timer_start(loop, &things[1].timer, 20);
	memset(trace, 0, sizeof(trace));
	clock_fake_pass(&clock, 40 * CLOCK_NS_PER_MS);
	ok(loop_turn(loop, 0) == ERR_OK && traced("t"), "a timer may stop another that is due too");
	loop_timer_start(loop, &things[0].timer, 1000);
	loop_timer_start(loop, &things[0].timer, 10);
	clock_fake_pass(&clock, 2000 * CLOCK_NS_PER_MS);
	ok(loop_turn(loop, 0) == ERR_OK && traced("t"), "a timer started anew fires once");
	loop_free(&loop);
}

static void *
stop_soon(void *loop)
{
	(void)usleep(20000);
	loop_stop(loop);
	return NULL;
}

int
main(void)
{
	struct loop *loop;
	pthread_t stopper;
	struct thing t;
	int64_t before;

	test_order();
	test_timers();
	loop = loop_new(&clock_system);
	init(&t, loop);
	(void)close(t.source.fd);
	loop_timer_start(loop, &t.timer, 30);
	before = clock_steady_ns(&clock_system);
	while (t.fired_ns == 0 && loop_turn(loop, -1) == ERR_OK)
		continue;
	ok(t.fired_ns - before >= 30 * CLOCK_NS_PER_MS, "an idle loop sleeps until a timer is due");
	ok(pthread_create(&stopper, NULL, stop_soon, loop) == 0 && loop_run(loop) == ERR_OK,
	    "another thread can stop a loop");
	(void)pthread_join(stopper, NULL);
	loop_free(&loop);
	return tap_done();
}
