/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/clock_mark.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"

enum { TEXT_MAX = 32, FILE_MODE = 0600 };
#define LATEST_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static err_t
read_mark(str_t text, int64_t *ret)
{
	int64_t value = 0;

	text = str_trim_space(text);
	if (text.len == 0 || text.len > 12)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return ERR_SYNTAX;
		value = value * 10 + (text.data[i] - '0');
	}
	if (value > LATEST_S)
		return ERR_SYNTAX;
	*ret = value;
	return ERR_OK;
}

static err_t
read_file(struct clock_mark *m, int64_t *ret, struct diag *diag)
{
	struct buf text;
	err_t err;

	buf_init(&text, TEXT_MAX);
	err = file_read(NULL, m->path.data, FILE_OURS, &text, NULL);
	if (err == ERR_OK)
		err = read_mark(buf_str(&text), ret);
	buf_fini(&text);
	if (err == ERR_OK || err == ERR_NOT_FOUND)
		return ERR_OK;
	diag_say(diag, "clock",
	    "%s cannot be used: whether the clock was set back before is not known",
	    m->path.data);
	return err;
}

err_t
clock_mark_open(struct clock_mark *m, struct arena *arena, str_t data_dir, int64_t tolerance_s,
    const struct clock *clock, struct diag *diag)
{
	int64_t mark = 0;
	err_t err;

	*m = (struct clock_mark){ .clock = clock, .tolerance_s = tolerance_s };
	m->path = arena_printf(arena, "%.*s/clock-mark", STR_FMT(data_dir));
	if (arena_failed(arena))
		return ERR_MEMORY;
	err = read_file(m, &mark, diag);
	m->written_s = mark;
	m->boot_ns = clock_boot_ns(clock);
	/* The first minute may be the last: what is new is written at the first chance. */
	m->written_boot_ns = m->boot_ns - CLOCK_MARK_WRITE_S * CLOCK_NS_PER_S;
	atomic_store(&m->mark_s, mark);
	(void)clock_mark_tick(m);
	return err;
}

bool
clock_mark_tick(struct clock_mark *m)
{
	int64_t now = clock_wall_s(m->clock), boot_ns = clock_boot_ns(m->clock);
	int64_t mark = atomic_load(&m->mark_s);
	bool was = atomic_load(&m->set_back), is;

	if (was) { /* time goes on; what is less than a second counts the next time */
		int64_t passed = (boot_ns - m->boot_ns) / CLOCK_NS_PER_S;

		mark += passed;
		m->boot_ns += passed * CLOCK_NS_PER_S;
	} else { /* within the tolerance the clock catches up */
		m->boot_ns = boot_ns;
	}
	mark = now > mark ? now : mark;
	is = mark - now > m->tolerance_s;
	atomic_store(&m->mark_s, mark);
	atomic_store(&m->set_back, is);
	return was != is;
}

err_t
clock_mark_write(struct clock_mark *m, bool now, struct diag *diag)
{
	int64_t mark = atomic_load(&m->mark_s), boot_ns = clock_boot_ns(m->clock);
	char text[TEXT_MAX];
	int len;
	err_t err;

	if (m->path.len == 0 || mark == m->written_s ||
	    (!now && boot_ns - m->written_boot_ns < CLOCK_MARK_WRITE_S * CLOCK_NS_PER_S))
		return ERR_OK;
	m->written_boot_ns = boot_ns; /* also if it fails: not each second again */
	len = snprintf(text, sizeof(text), "%lld\n", (long long)mark);
	err = file_replace(NULL, m->path.data, FILE_MODE, str_make(text, (size_t)len),
	    m->is_failing ? NULL : diag);
	m->is_failing = err != ERR_OK;
	if (err == ERR_OK)
		m->written_s = mark;
	return err;
}

err_t
clock_mark_reset(struct clock_mark *m, struct diag *diag, int64_t *ret_was)
{
	*ret_was = atomic_load(&m->mark_s);
	atomic_store(&m->mark_s, clock_wall_s(m->clock));
	(void)clock_mark_tick(m);
	return clock_mark_write(m, true, diag);
}

int64_t
clock_mark_now_s(const struct clock_mark *m)
{
	int64_t now = clock_wall_s(m->clock),
		mark = atomic_load_explicit(&m->mark_s, memory_order_relaxed);

	return now > mark ? now : mark;
}

int64_t
clock_mark_behind_s(const struct clock_mark *m)
{
	return atomic_load(&m->set_back) ? atomic_load(&m->mark_s) - clock_wall_s(m->clock)
					 : 0;
}
