/* SPDX-License-Identifier: Apache-2.0 */
/* Dies before every single call to the kernel, then recovers: all files are old, or all are
 * new. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <tap.h>
#include <unistd.h>

#include "media/transaction.h"

enum { FILES = 4, STEPS_MAX = 2000, DEAD = 9 };

static char room[] = "/tmp/coresdk-transaction-XXXXXX";
static struct arena *arena;
static long countdown = -1; /* calls that are left to live; negative: no end */

static void
step(void)
{
	if (countdown == 0)
		_exit(DEAD);
	if (countdown > 0)
		countdown--;
}

#define MORTAL(type, name, parameters, arguments)                                             \
	static type mortal_##name parameters                                                  \
	{                                                                                     \
		step();                                                                       \
		return file_kernel.name arguments;                                            \
	}
MORTAL(int, open, (const char *p, int f, mode_t m), (p, f, m))
MORTAL(ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n))
MORTAL(int, rename, (const char *a, const char *b), (a, b))
MORTAL(int, unlink, (const char *p), (p))
MORTAL(int, mkdir, (const char *p, mode_t m), (p, m))

static int
mortal_close(int fd)
{
	return file_kernel.close(fd);
}
static ssize_t
mortal_read(int fd, void *b, size_t n)
{
	return file_kernel.read(fd, b, n);
}
static int
mortal_fstat(int fd, struct stat *st)
{
	return file_kernel.fstat(fd, st);
}

/* Whether it dies is what counts here, not what a disk would have kept: that would take minutes. */
static int
mortal_fsync(int fd)
{
	step();
	return fd >= 0 ? 0 : -1;
}

static const struct file_ops mortal = { mortal_open, mortal_close, mortal_read, mortal_write,
	mortal_fstat, mortal_fsync, mortal_rename, mortal_unlink, mortal_mkdir };

static const char *
path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", room, name).data;
}

/* Three that are there, and one that is not. */
static void
set_up(void)
{
	for (int i = 0; i < FILES - 1; i++)
		if (file_replace(&mortal, path_of(arena_printf(arena, "f%d", i).data), 0600,
			arena_printf(arena, "old %d", i), NULL) != ERR_OK)
			abort();
	(void)unlink(path_of("f3"));
	(void)unlink(path_of("receipt"));
	(void)unlink(path_of("f0.previous"));
}

static void
plan(struct transaction *t, const struct file_ops *ops)
{
	transaction_init(t, arena, ops, path_of("dir"));
	t->receipt = STR("a receipt");
	t->receipt_path = path_of("receipt");
	for (int i = 0; i < FILES; i++) {
		const struct change c = { .kind = "file",
			.target = path_of(arena_printf(arena, "f%d", i).data),
			.bytes = arena_printf(arena, "new %d", i),
			.mode = 0640,
			.keep_as = i == 0 ? path_of("f0.previous") : NULL };

		if (transaction_add(t, &c, NULL) != ERR_OK)
			abort();
	}
}

/* 'o' or 'n', '-' if it is missing, '?' if it is neither */
static char
state_of(int i)
{
	char want[16];
	struct buf text;
	char state = '-';

	buf_init(&text, 100);
	if (file_read(NULL, path_of(arena_printf(arena, "f%d", i).data), FILE_ANY, &text,
		NULL) == ERR_OK) {
		state = '?';
		for (int k = 0; k < 2; k++) {
			(void)snprintf(want, sizeof(want), "%s %d", k == 0 ? "old" : "new", i);
			if (str_eq(buf_str(&text), str_of(want)))
				state = want[0];
		}
	}
	buf_fini(&text);
	return state;
}

static bool
is_whole(bool *ret_new)
{
	char s[FILES + 1] = { 0 };

	for (int i = 0; i < FILES; i++)
		s[i] = state_of(i);
	*ret_new = strcmp(s, "nnnn") == 0;
	return *ret_new || strcmp(s, "ooo-") == 0;
}

static bool
is_clean(void)
{
	static const char *const endings[] = { ".media-old", ".media-new", ".media-old.new",
		".media-new.new" };

	for (int i = 0; i < FILES; i++)
		for (size_t e = 0; e < COUNT(endings); e++)
			if (access(path_of(arena_printf(arena, "f%d%s", i, endings[e]).data),
				F_OK) == 0)
				return false;
	return access(path_of("dir/journal.json"), F_OK) != 0 &&
	       access(path_of("dir/journal.json.new"), F_OK) != 0;
}

enum deed { PUT_AND_KEEP, PUT_AND_UNDO, RECOVER };

/* Lives for `calls` calls.  true: it came to its end. */
static bool
live(enum deed deed, long calls)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		enum transaction_outcome outcome;
		struct transaction t;
		bool fine;

		countdown = calls;
		plan(&t, &mortal);
		fine = transaction_open(&t, NULL) == ERR_OK;
		if (deed == RECOVER)
			fine = fine && transaction_recover(&t, NULL, &outcome) == ERR_OK;
		else
			fine = fine && transaction_look(&t, NULL) == ERR_OK &&
			       transaction_put(&t, NULL) == ERR_OK &&
			       (deed == PUT_AND_KEEP ? transaction_keep(&t, NULL)
						     : transaction_undo(&t, NULL)) == ERR_OK;
		_exit(fine ? 0 : 1);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	    (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != DEAD))
		abort();
	return WEXITSTATUS(status) == 0;
}

static bool
recover(enum transaction_outcome *ret)
{
	struct transaction t;
	bool fine;

	transaction_init(&t, arena, &mortal, path_of("dir"));
	fine = transaction_open(&t, NULL) == ERR_OK &&
	       transaction_recover(&t, NULL, ret) == ERR_OK;
	transaction_close(&t);
	return fine;
}

static void
test_death(enum deed deed, const char *name)
{
	long deaths = 0, broken = 0, missing = 0, news = 0;
	bool at_end = false;

	for (long calls = 0; !at_end && calls < STEPS_MAX; calls++) {
		enum transaction_outcome outcome = TRANSACTION_CLEAN;
		bool is_new = false, has_receipt;

		set_up();
		at_end = live(deed, calls);
		deaths += !at_end;
		for (int i = 0; i < FILES - 1; i++)
			missing += state_of(i) == '-' || state_of(i) == '?';
		broken += !recover(&outcome) || !is_whole(&is_new) || !is_clean();
		has_receipt = access(path_of("receipt"), F_OK) == 0;
		broken += is_new != has_receipt ||
			  (access(path_of("f0.previous"), F_OK) == 0) != is_new;
		broken += (outcome == TRANSACTION_FINISHED && !is_new) ||
			  (outcome == TRANSACTION_UNDONE && is_new);
		news += is_new;
	}
	ok(at_end && deaths > 50, "%s: died before each of %ld calls", name, deaths);
	ok(missing == 0, "%s: no file was ever missing or half written", name);
	ok(broken == 0,
	    "%s: each time all were old or all new, and nothing was left behind (%ld)", name,
	    broken);
	ok((news > 0) == (deed == PUT_AND_KEEP), "%s: %ld ended with the new ones", name,
	    news);
}

/* Dies in the middle, then again in each step of recovering. */
static void
test_death_in_recovery(long first)
{
	long broken = 0, deaths = 0;
	bool at_end = false;

	for (long calls = 0; !at_end && calls < STEPS_MAX; calls++) {
		enum transaction_outcome outcome;
		bool is_new = false;

		set_up();
		if (live(PUT_AND_KEEP, first))
			break;
		at_end = live(RECOVER, calls);
		deaths += !at_end;
		broken += !recover(&outcome) || !is_whole(&is_new) || !is_clean();
	}
	ok(broken == 0 && deaths > 0,
	    "dead after %ld calls, then in each of %ld of the recovery", first, deaths);
}

static void
test_refusals(void)
{
	struct transaction t, second;
	struct diag diag;
	struct change c = { .kind = "again", .target = path_of("f0"), .bytes = STR("x") };

	set_up();
	diag_init(&diag, arena, 8);
	plan(&t, NULL);
	ok(transaction_add(&t, &c, &diag) == ERR_CONFIG, "two for one file");
	ok(transaction_open(&t, &diag) == ERR_OK, "the lock");
	transaction_init(&second, arena, NULL, path_of("dir"));
	ok(transaction_open(&second, &diag) == ERR_REFUSED, "is held once");
	ok(transaction_look(&t, &diag) == ERR_OK && t.changes[0].existed &&
		!t.changes[3].existed,
	    "looked at");
	if (file_replace(&mortal, path_of("f1"), 0600, STR("somebody's"), NULL) != ERR_OK)
		abort();
	ok(transaction_put(&t, &diag) == ERR_IO && state_of(0) == 'o' && is_clean(),
	    "changed meanwhile: undone");
	transaction_close(&t);
	set_up();
	(void)unlink(path_of("f2"));
	if (symlink("f1", path_of("f2")) != 0)
		abort();
	plan(&t, NULL);
	ok(transaction_look(&t, &diag) == ERR_CONFIG, "a link is refused");
	(void)unlink(path_of("f2"));
	set_up();
	if (file_replace(&mortal, path_of("dir/journal.json"), 0600, STR("{}"), NULL) != ERR_OK)
		abort();
	ok(transaction_open(&t, &diag) == ERR_OK, "open");
	enum transaction_outcome outcome;
	ok(transaction_recover(&t, &diag, &outcome) == ERR_IO,
	    "a spoiled journal is not guessed at");
	transaction_close(&t);
	(void)unlink(path_of("dir/journal.json"));
}

static void
test_modes(void)
{
	struct stat st;
	bool is_new;

	set_up();
	ok(chmod(path_of("f1"), 0604) == 0 && live(PUT_AND_KEEP, -1) && is_whole(&is_new) &&
		is_new,
	    "to its end");
	ok(stat(path_of("f1"), &st) == 0 && (st.st_mode & 0777) == 0604,
	    "a file keeps its mode");
	ok(stat(path_of("f3"), &st) == 0 && (st.st_mode & 0777) == 0640,
	    "a new one gets what is asked for");
}

int
main(void)
{
	static const char *const left[] = { "f0", "f1", "f2", "f3", "receipt", "f0.previous",
		"dir/lock" };

	arena = arena_new((size_t)1 << 30);
	if (arena == NULL || mkdtemp(room) == NULL)
		return 1;
	test_death(PUT_AND_KEEP, "keep");
	test_death(PUT_AND_UNDO, "undo");
	for (long first = 5; first < 116; first += 11)
		test_death_in_recovery(first);
	test_refusals();
	test_modes();
	for (size_t i = 0; i < COUNT(left); i++)
		(void)unlink(path_of(left[i]));
	(void)rmdir(path_of("dir"));
	(void)rmdir(room);
	arena_free(&arena);
	return tap_done();
}
