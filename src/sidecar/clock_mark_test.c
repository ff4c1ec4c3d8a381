/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <tap.h>
#include <unistd.h>

#include "base/file.h"
#include "sidecar/clock_mark.h"

#define NOW INT64_C(1780000000)
#define DAY INT64_C(86400)

static struct arena *arena;
static struct clock_fake fake;
static struct clock_mark mark;
static char dir[] = "/tmp/clock-mark-XXXXXX";

static void
set_wall(int64_t seconds)
{
	clock_fake_set_wall(&fake, seconds * CLOCK_NS_PER_S);
}

static err_t
open_mark(void)
{
	return clock_mark_open(&mark, arena, str_of(dir), 300, &fake.clock, NULL);
}

static str_t
contents(void)
{
	struct buf text;
	str_t ret;

	buf_init(&text, 1000);
	(void)!file_read(
	    NULL, arena_printf(arena, "%s/clock-mark", dir).data, FILE_OURS, &text, NULL);
	ret = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return ret;
}

static void
try_running(void)
{
	ok(open_mark() == ERR_OK && clock_mark_now_s(&mark) == NOW,
	    "no file: the clock is believed");
	ok(clock_mark_write(&mark, false, NULL) == ERR_OK &&
		str_eq(contents(), STR("1780000000\n")),
	    "written");
	clock_fake_pass(&fake, 59 * CLOCK_NS_PER_S);
	(void)clock_mark_tick(&mark);
	ok(clock_mark_write(&mark, false, NULL) == ERR_OK &&
		str_eq(contents(), STR("1780000000\n")),
	    "not again within a minute");
	clock_fake_pass(&fake, CLOCK_NS_PER_S);
	(void)clock_mark_tick(&mark);
	ok(clock_mark_write(&mark, false, NULL) == ERR_OK &&
		str_eq(contents(), STR("1780000060\n")),
	    "but then");
	set_wall(NOW + 60 - 300);
	ok(!clock_mark_tick(&mark) && clock_mark_behind_s(&mark) == 0 &&
		clock_mark_now_s(&mark) == NOW + 60,
	    "back by the tolerance: not said, and nothing is stretched");
	clock_fake_pass(&fake, 100 * CLOCK_NS_PER_S);
	(void)clock_mark_tick(&mark);
	ok(clock_mark_now_s(&mark) == NOW + 60, "it catches up");
	set_wall(NOW + 60 - 301);
	ok(clock_mark_tick(&mark) && clock_mark_behind_s(&mark) == 301,
	    "a second more: set back");
	ok(!clock_mark_tick(&mark), "which is said once");
	for (int i = 0; i < 40; i++) {
		clock_fake_pass(&fake, CLOCK_NS_PER_S / 4);
		(void)clock_mark_tick(&mark);
	}
	ok(clock_mark_now_s(&mark) == NOW + 70 && clock_mark_behind_s(&mark) == 301,
	    "time goes on all the same");
	set_wall(NOW + 100);
	ok(clock_mark_tick(&mark) && clock_mark_behind_s(&mark) == 0 &&
		clock_mark_now_s(&mark) == NOW + 100,
	    "set right again");
}

static void
try_lives(void)
{
	int64_t was;

	ok(clock_mark_write(&mark, true, NULL) == ERR_OK, "written at the end");
	set_wall(NOW - 30 * DAY);
	ok(open_mark() == ERR_OK && clock_mark_now_s(&mark) == NOW + 100 &&
		clock_mark_behind_s(&mark) == 30 * DAY + 100,
	    "the next life, a month back: judged at the mark");
	set_wall(NOW + 3650 * DAY);
	(void)clock_mark_tick(&mark);
	set_wall(NOW + 200);
	ok(clock_mark_tick(&mark) && clock_mark_behind_s(&mark) > 3649 * DAY,
	    "a clock that was once wrong");
	ok(clock_mark_reset(&mark, NULL, &was) == ERR_OK && was == NOW + 3650 * DAY &&
		clock_mark_behind_s(&mark) == 0 && clock_mark_now_s(&mark) == NOW + 200 &&
		str_eq(contents(), STR("1780000200\n")),
	    "is forgotten when asked");
}

static void
try_spoiled(void)
{
	static const char *const texts[] = { "", "x", "-5", "1780000000x", "999999999999",
		"9999999999999999999" };
	str_t path = arena_printf(arena, "%s/clock-mark", dir);

	for (size_t i = 0; i < COUNT(texts); i++) {
		(void)!file_replace(NULL, path.data, 0600, str_of(texts[i]), NULL);
		ok(open_mark() != ERR_OK && clock_mark_now_s(&mark) == NOW + 200,
		    "spoiled: '%s'", texts[i]);
	}
	ok(clock_mark_write(&mark, false, NULL) == ERR_OK &&
		str_eq(contents(), STR("1780000200\n")),
	    "and mended");
	(void)unlink(path.data);
	(void)rmdir(dir);
	clock_fake_pass(&fake, 100 * CLOCK_NS_PER_S);
	(void)clock_mark_tick(&mark);
	ok(clock_mark_write(&mark, false, NULL) != ERR_OK,
	    "where nothing can be written, it says so");
	ok(clock_mark_write(&mark, false, NULL) == ERR_OK, "once a minute");
}

int
main(void)
{
	arena = arena_new(1 << 20);
	clock_fake_init(&fake, NOW * CLOCK_NS_PER_S);
	ok(mkdtemp(dir) != NULL, "a directory");
	try_running();
	try_lives();
	try_spoiled();
	arena_free(&arena);
	return tap_done();
}
