/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: one worker's event loop: descriptors, deadlines, and the end of a batch.
 *
 * Each turn takes what epoll reports (a batch) and goes through it in this
 * order, always:
 *
 *   1  sources   on_ready of each ready descriptor: read, decode, call handlers
 *   2  timers    on_expire of each deadline that has passed
 *   3  wake      the wake hooks, if another thread called loop_wake()
 *   4  end       the end-of-batch hooks, in order of addition: here the audit
 *                log commits what the batch decided, and calls get their replies
 *   5  tasks     what loop_defer() collected in 1 to 4: connections flush what
 *                they have to write, once, and the dead are freed
 *
 * Sources, timers, hooks and tasks are embedded in their owner and must be
 * taken out (loop_remove, loop_timer_stop) before it goes.  A callback may add
 * and remove any of them; to free a source's owner inside a batch, loop_remove
 * it and free it in a task, since epoll may have reported it already.
 *
 *   limits   timers fire at most LOOP_TICK_MS late, never early; of many that are due
 *            together, LOOP_TIMERS_PER_TURN in each turn
 *   threads  one loop, one thread; only loop_wake() and loop_stop() may be
 *            called from others
 *   failure  err_t where the kernel may refuse; timers and tasks cannot fail
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/err.h"

#define LOOP_TICK_MS 8
enum { LOOP_TIMERS_PER_TURN = 32 };

struct loop;

struct loop_source {
	int fd;
	uint32_t events; /* EPOLLIN, EPOLLOUT, …; 0 events of a removed source */
	void (*on_ready)(struct loop_source *, uint32_t events);
};

struct loop_timer { /* { .on_expire = f }; stopped until loop_timer_start */
	void (*on_expire)(struct loop_timer *);
	struct loop_timer *next, **at; /* in a slot of the wheel; at NULL: stopped */
	int64_t deadline_ns; /* steady */
};

struct loop_hook {
	void (*run)(struct loop_hook *);
	struct loop_hook *next;
};

struct loop_task {
	void (*run)(struct loop_task *);
	struct loop_task *next;
	bool queued;
};

struct loop *loop_new(const struct clock *); /* NULL: no memory or no descriptors */
void loop_free(struct loop **);

err_t loop_add(struct loop *, struct loop_source *);
err_t loop_change(struct loop *, struct loop_source *, uint32_t events);
void loop_remove(struct loop *, struct loop_source *); /* before its fd is closed; twice is fine */

void loop_timer_start(struct loop *, struct loop_timer *, int64_t after_ms); /* anew; counts from loop_now_ns */
void loop_timer_stop(struct loop *, struct loop_timer *);

void loop_on_end(struct loop *, struct loop_hook *); /* for life */
void loop_on_wake(struct loop *, struct loop_hook *); /* for life */
void loop_defer(struct loop *, struct loop_task *); /* queued twice runs once */
void loop_forget(struct loop *, struct loop_task *); /* takes it out again */

int64_t loop_now_ns(const struct loop *); /* steady; read once a batch */
const struct clock *loop_clock(const struct loop *);

err_t loop_run(struct loop *); /* until loop_stop */
err_t loop_turn(struct loop *, int timeout_ms); /* one batch; -1: wait as long as it takes */
void loop_stop(struct loop *); /* any thread: loop_run returns after the batch */
void loop_wake(struct loop *); /* any thread, also a signal handler */

#endif
