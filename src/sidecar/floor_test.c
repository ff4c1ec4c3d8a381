/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revision floor: what may come after what, what is remembered, and that nothing lowers
 * it: sequences of installing, dying at any call of the kernel, files put back from older copies,
 * clocks moved, and starting again.  The first argument says how many; 500 without.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tap.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypt/digest.h"
#include "sidecar/clock_mark.h"
#include "sidecar/state.h"

#define STEP (UINT64_C(1) << 32)
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* ---- what may come after what ---- */

static const struct {
	const char *what, *floor;
	uint64_t number;
	const char *content;
	enum floor_verdict want;
} verdicts[] = {
	{ "the first", "", 1, A64, FLOOR_FINE },
	{ "the first has no number", "", 0, A64, FLOOR_FINE },
	{ "the first is far", "", STEP + 1, A64, FLOOR_FAR },
	{ "the first is just not far", "", STEP, A64, FLOOR_FINE },
	{ "the next", "7 " A64 " " A64, 8, B64, FLOOR_FINE },
	{ "the same again", "7 " A64 " " A64, 7, A64, FLOOR_FINE },
	{ "equivocation", "7 " A64 " " A64, 7, B64, FLOOR_TWICE },
	{ "another without a number", "0 " A64 " " A64, 0, B64, FLOOR_FINE },
	{ "rollback", "7 " A64 " " A64, 6, B64, FLOOR_BELOW },
	{ "rollback to the same content", "7 " A64 " " A64, 6, A64, FLOOR_BELOW },
	{ "rollback to no number", "7 " A64 " " A64, 0, B64, FLOOR_BELOW },
	{ "fast-forward", "7 " A64 " " A64, STEP + 8, B64, FLOOR_FAR },
	{ "the longest step", "7 " A64 " " A64, STEP + 7, B64, FLOOR_FINE },
	{ "fast-forward to the end", "7 " A64 " " A64, INT64_MAX, B64, FLOOR_FAR },
	{ "an old record", "7\n", 7, B64, FLOOR_FINE },
	{ "an old record, rollback", "7\n", 6, B64, FLOOR_BELOW },
	{ "a record that is no number", "x\n", INT64_MAX, A64, FLOOR_SPOILED },
	{ "a record that is negative", "-1\n", 7, A64, FLOOR_SPOILED },
	{ "a record that is too large", "99999999999999999999\n", 7, A64, FLOOR_SPOILED },
	{ "a record that is blank", "\n", 7, A64, FLOOR_SPOILED },
	{ "a record that is cut", "7 " A64 " aaaa", 7, A64, FLOOR_SPOILED },
	{ "a record with one digest", "7 " A64, 7, A64, FLOOR_SPOILED },
	{ "a record with more", "7 " A64 " " A64 " x", 7, A64, FLOOR_SPOILED },
	{ "a record with large letters", "7 A" A64 " " A64, 7, A64, FLOOR_SPOILED },
	{ "two numbers", "7 8", 9, A64, FLOOR_SPOILED },
};

static void
try_verdicts(void)
{
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		const struct floor_claim c = { verdicts[i].number, str_of(verdicts[i].content), STR(B64) };
		enum floor_verdict got;
		struct floor f;

		floor_read(&f, str_of(verdicts[i].floor));
		got = floor_judge(&f, &c, STEP);
		ok(got == verdicts[i].want, "%s: %d", verdicts[i].what, (int)got);
	}
}

/* ---- a kernel that stops ---- */

static long calls_left = -1; /* -1: it lives on */

static bool
is_dead(void)
{
	if (calls_left > 0)
		calls_left--;
	if (calls_left != 0)
		return false;
	errno = EIO;
	return true;
}

static int
on_open(const char *path, int flags, mode_t mode)
{
	return is_dead() ? -1 : file_kernel.open(path, flags, mode);
}

static int
on_close(int fd) /* a dead process closes all it had */
{
	return file_kernel.close(fd);
}

static ssize_t
on_read(int fd, void *bytes, size_t size)
{
	return is_dead() ? -1 : file_kernel.read(fd, bytes, size);
}

static ssize_t
on_write(int fd, const void *bytes, size_t size)
{
	bool lived = calls_left != 0;

	if (!is_dead())
		return file_kernel.write(fd, bytes, size);
	if (lived) /* it died in the middle */
		(void)!file_kernel.write(fd, bytes, size / 2);
	errno = EIO;
	return -1;
}

static int
on_fstat(int fd, struct stat *st)
{
	return is_dead() ? -1 : file_kernel.fstat(fd, st);
}

static int
on_fsync(int fd)
{
	return is_dead() ? -1 : 0; /* killing loses nothing that the kernel has */
}

static int
on_rename(const char *from, const char *to)
{
	return is_dead() ? -1 : file_kernel.rename(from, to);
}

static int
on_unlink(const char *path)
{
	return is_dead() ? -1 : file_kernel.unlink(path);
}

static int
on_mkdir(const char *path, mode_t mode)
{
	return is_dead() ? -1 : file_kernel.mkdir(path, mode);
}

static const struct file_ops mortal = { on_open, on_close, on_read, on_write, on_fstat, on_fsync,
	on_rename, on_unlink, on_mkdir };

/* ---- lives ---- */

static char dir[] = "/tmp/coresdk-floor-XXXXXX";
static struct arena *arena;

/* A bundle of this test is "NUMBER LETTER". */
struct sample {
	str_t bytes;
	char content[FLOOR_DIGEST_LEN], file[FLOOR_DIGEST_LEN];
	struct floor_claim claim;
};

static void
make_sample(struct sample *s, uint64_t number, char letter)
{
	s->bytes = arena_printf(arena, "%llu %c", (unsigned long long)number, letter);
	digest_sha256_hex(str_make(&letter, 1), s->content);
	digest_sha256_hex(s->bytes, s->file);
	s->claim = (struct floor_claim){ number, str_make(s->content, FLOOR_DIGEST_LEN),
		str_make(s->file, FLOOR_DIGEST_LEN) };
}

static err_t
read_sample(void *context, str_t bytes, struct floor_claim *ret)
{
	struct sample *s = context;
	char *end;
	unsigned long long number = strtoull(arena_str(arena, bytes).data, &end, 10);

	if (end[0] != ' ' || end[1] < 'A' || end[1] > 'Z' || end[2] != '\0')
		return ERR_BUNDLE;
	make_sample(s, number, end[1]);
	*ret = s->claim;
	return ERR_OK;
}

static void
put(const char *name, str_t text)
{
	str_t path = arena_printf(arena, "%s/%s", dir, name);
	long kept = calls_left;

	calls_left = -1; /* somebody else does it */
	if (text.data == NULL)
		(void)unlink(path.data);
	else if (file_replace(&mortal, path.data, 0600, text, NULL) != ERR_OK)
		ok(false, "%s is written", name);
	calls_left = kept;
}

static str_t
get(const char *name)
{
	str_t path = arena_printf(arena, "%s/%s", dir, name), text = STR_NONE;
	struct buf bytes;

	buf_init(&bytes, 4096);
	if (file_read(NULL, path.data, FILE_ANY, &bytes, NULL) == ERR_OK)
		text = arena_str(arena, buf_str(&bytes));
	buf_fini(&bytes);
	return text;
}

/* false: it died. */
static bool
begin(struct state *s)
{
	static struct sample witness;

	(void)!state_open(arena, &mortal, str_of(dir), STR("main"), NULL, s);
	(void)!state_read_floor(s, read_sample, &witness, NULL);
	return calls_left != 0;
}

static void
clear(void)
{
	calls_left = -1;
	put("revision-floor", STR_NONE);
	put("last-good-bundle.tar.gz", STR_NONE);
}

/* ---- what is remembered ---- */

static void
try_memory(void)
{
	struct sample five, nine;
	struct state s;

	make_sample(&five, 5, 'A');
	make_sample(&nine, 9, 'B');
	clear();
	ok(begin(&s) && s.floor.number == 0 && !s.has_bundle, "at first there is nothing");
	ok(state_accept(&s, &nine.claim, nine.bytes, NULL) == ERR_OK && s.floor.number == 9, "9");
	ok(begin(&s) && s.floor.number == 9 && str_eq(get("last-good-bundle.tar.gz"), nine.bytes), "is kept");
	put("revision-floor", STR_NONE);
	ok(begin(&s) && s.floor.number == 9, "a record that is lost: the last good bundle knows");
	ok(get("revision-floor").len > 0, "and it is written again");
	put("revision-floor", STR("0\n"));
	ok(begin(&s) && s.floor.number == 9, "a record put back from an older copy");
	put("revision-floor", STR("gar bage"));
	ok(begin(&s) && s.floor.number == 9 && !s.floor.spoiled, "a record that is spoiled");
	put("last-good-bundle.tar.gz", five.bytes);
	ok(begin(&s) && s.floor.number == 9, "an older bundle put in place of the last good one");
	put("last-good-bundle.tar.gz", STR("garbage"));
	ok(begin(&s) && s.floor.number == 9, "garbage in its place");
	put("revision-floor", STR("gar bage"));
	ok(begin(&s) && s.floor.spoiled, "both spoiled: nothing is taken");
	ok(state_accept(&s, &five.claim, five.bytes, NULL) == ERR_OK && begin(&s) &&
	        s.floor.number == 5 && !s.floor.spoiled, "unless it is allowed");
	ok(state_accept(&s, &nine.claim, nine.bytes, NULL) == ERR_OK &&
	        state_accept(&s, &five.claim, five.bytes, NULL) == ERR_OK && begin(&s) &&
	        s.floor.number == 5 && str_eq(get("last-good-bundle.tar.gz"), five.bytes),
	    "a rollback that was asked for");
	put("revision-floor", STR("5\n"));
	ok(begin(&s) && s.floor.number == 5 && !s.floor.has_digests, "the record of an older release");
}

/* Wherever a rollback dies: the floor is one of the two, and there is a bundle that may be used. */
static void
try_dying_in_rollback(void)
{
	struct sample five, nine, kept;
	struct floor_claim claim;
	size_t wrong = 0, deaths = 0;
	bool died = true;
	struct state s;

	make_sample(&five, 5, 'A');
	make_sample(&nine, 9, 'B');
	for (long at = 1; died; at++) {
		clear();
		(void)begin(&s);
		(void)!state_accept(&s, &nine.claim, nine.bytes, NULL);
		calls_left = at;
		(void)!state_accept(&s, &five.claim, five.bytes, NULL);
		died = calls_left == 0;
		deaths += died;
		calls_left = -1;
		(void)begin(&s);
		wrong += s.floor.number != 5 && s.floor.number != 9;
		wrong += read_sample(&kept, get("last-good-bundle.tar.gz"), &claim) != ERR_OK ||
		    floor_judge(&s.floor, &claim, STEP) != FLOOR_FINE;
	}
	ok(deaths > 8 && wrong == 0, "a rollback that died at each of %zu calls: %zu wrong", deaths, wrong);
}

/* ---- sequences ---- */

static uint64_t
draw(uint64_t below)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static struct clock_fake fake;

struct history {
	uint64_t published; /* the highest number that was in use */
	struct sample delivered; /* what lies at the configured place */
	bool is_whole; /* both files are what they should be */
	struct clock_mark mark;
	int64_t mark_s; /* written down */
	str_t old_record, old_bundle;
	size_t installs, refusals, deaths, swaps;
	const char *wrong;
};

static void
note_wrong(struct history *h, bool wrong, const char *what)
{
	if (wrong && h->wrong == NULL)
		h->wrong = what;
}

/* As reload does: judge, remember, publish. */
static bool
install(struct history *h, struct state *s, const struct sample *b)
{
	if (floor_judge(&s->floor, &b->claim, STEP) != FLOOR_FINE) {
		h->refusals++;
		return false;
	}
	note_wrong(h, b->claim.number < h->published, "an older one was taken");
	h->is_whole = false;
	if (b != &h->delivered) {
		h->delivered = *b;
		h->delivered.claim.content.data = h->delivered.content;
		h->delivered.claim.file.data = h->delivered.file;
	}
	(void)!state_accept(s, &b->claim, b->bytes, NULL);
	if (calls_left == 0)
		return false;
	h->is_whole = true;
	h->installs++;
	h->published = b->claim.number;
	return true;
}

/* Somebody puts one of the files back, or spoils it. */
static void
swap(struct history *h)
{
	static const str_t junk[] = { STR_NONE, STR("junk"), STR("") };
	const char *name = draw(2) == 0 ? "revision-floor" : "last-good-bundle.tar.gz";
	str_t old = name[0] == 'r' ? h->old_record : h->old_bundle;

	put(name, draw(2) == 0 && old.len > 0 ? old : junk[draw(COUNT(junk))]);
	h->is_whole = false;
	h->swaps++;
}

static void
start(struct history *h, struct state *s)
{
	if (h->is_whole && draw(4) == 0)
		swap(h);
	calls_left = draw(3) == 0 ? (long)draw(30) + 1 : -1;
	while (!begin(s)) {
		h->deaths++;
		calls_left = draw(3) == 0 ? (long)draw(30) + 1 : -1;
	}
	calls_left = -1;
	note_wrong(h, s->floor.number < h->published, "the floor went down");
	(void)!clock_mark_open(&h->mark, arena, str_of(dir), 300, &fake.clock, NULL);
	note_wrong(h, clock_mark_now_s(&h->mark) < h->mark_s, "the clock's mark went down");
	if (h->delivered.bytes.len > 0) /* what is delivered is taken again, which makes both files whole */
		note_wrong(h, !install(h, s, &h->delivered), "what was in use is refused");
}

static void
move_clock(struct history *h)
{
	int64_t before = clock_mark_now_s(&h->mark);

	clock_fake_pass(&fake, (int64_t)draw(60) * CLOCK_NS_PER_S);
	if (draw(3) == 0) /* or somebody sets it */
		clock_fake_set_wall(&fake,
		    clock_wall_ns(&fake.clock) + ((int64_t)draw(200000) - 100000) * CLOCK_NS_PER_S);
	(void)clock_mark_tick(&h->mark);
	note_wrong(h, clock_mark_now_s(&h->mark) < before, "the clock's mark went down");
	if (draw(100) == 0 && clock_mark_write(&h->mark, true, NULL) == ERR_OK)
		h->mark_s = clock_mark_now_s(&h->mark);
}

static void
take_step(struct history *h, struct state *s)
{
	static const uint64_t leaps[] = { 0, 1, 1, 2, 3, 100, STEP, STEP + 1, INT64_MAX };
	uint64_t leap = leaps[draw(COUNT(leaps))], number;
	struct sample b;

	move_clock(h);
	number = draw(2) == 0 && h->published > leap ? h->published - leap : s->floor.number + leap;
	make_sample(&b, number > INT64_MAX ? INT64_MAX : number, (char)('A' + draw(26)));
	h->old_record = get("revision-floor");
	h->old_bundle = get("last-good-bundle.tar.gz");
	calls_left = draw(3) == 0 ? (long)draw(20) + 1 : -1;
	(void)install(h, s, &b);
	if (calls_left == 0)
		h->deaths++;
	if (calls_left == 0 || draw(4) == 0)
		start(h, s);
	calls_left = -1;
}

static void
try_sequences(size_t count)
{
	struct history all = { 0 };

	for (size_t i = 0; i < count && all.wrong == NULL; i++) {
		struct history h = { .is_whole = true };
		struct state s;

		arena_reset(arena);
		clear();
		put("clock-mark", STR_NONE);
		start(&h, &s);
		for (size_t steps = 10 + draw(20); steps > 0 && h.wrong == NULL; steps--)
			take_step(&h, &s);
		all.installs += h.installs;
		all.refusals += h.refusals;
		all.deaths += h.deaths;
		all.swaps += h.swaps;
		all.wrong = h.wrong;
		if (h.wrong != NULL)
			tap_note("sequence %zu", i);
	}
	ok(all.wrong == NULL, "%zu sequences, %zu bundles taken and %zu refused, %zu deaths, %zu swaps: %s", count,
	    all.installs, all.refusals, all.deaths, all.swaps,
	    all.wrong != NULL ? all.wrong : "the floor never went down");
	ok(all.installs > count && all.refusals > count && all.deaths > count && all.swaps > count / 2,
	    "all of these happened");
}

int
main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 500;

	arena = arena_new((size_t)64 << 20);
	clock_fake_init(&fake, INT64_C(1773921600) * CLOCK_NS_PER_S);
	ok(mkdtemp(dir) != NULL, "a directory");
	try_verdicts();
	try_memory();
	try_dying_in_rollback();
	try_sequences((size_t)count);
	clear();
	put("clock-mark", STR_NONE);
	put("revision-floor.new", STR_NONE);
	put("last-good-bundle.tar.gz.new", STR_NONE);
	ok(rmdir(dir) == 0, "nothing else was left");
	arena_free(&arena);
	return tap_done();
}
