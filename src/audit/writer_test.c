/* SPDX-License-Identifier: Apache-2.0 */
/* The writer with real files in a temporary directory, and with real kills. */
#define _GNU_SOURCE
#include "audit/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/lane.h"
#include "audit/rotate.h"
#include "audit/source.h"
#include "audit/verify.h"
#include "base/file.h"
#include "tap.h"

static char directory[] = "audit-writer-test-XXXXXX";

static str_t
path_of(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", directory, name);
}

static struct audit_options
options_for(str_t path)
{
	return (struct audit_options){ .path = path, .lane_count = 2, .lane_bytes = 1 << 20 };
}

/* Pushes one record and waits for its fate. */
static err_t
push_record(struct audit_lane *lane, uint64_t number)
{
	char subject[32];
	struct audit_record r = { .time_ms = 1000, .policy = STR("data.a.allow") };
	struct buf body;
	uint64_t ticket;
	size_t split;
	err_t err;

	(void)snprintf(subject, sizeof(subject), "id-%llu", (unsigned long long)number);
	r.subject = str_of(subject);
	buf_init(&body, AUDIT_BODY_MAX);
	audit_record_write(&body, &r, NULL, &split);
	err = audit_lane_push(lane, buf_str(&body), split, &ticket);
	buf_fini(&body);
	return err;
}

static enum audit_outcome
wait_settled(struct audit_lane *lane)
{
	struct pollfd wake = { .fd = lane->wake_fd, .events = POLLIN };
	enum audit_outcome outcome;
	uint64_t ticket, count;

	while (!audit_lane_take(lane, &ticket, &outcome)) {
		if (poll(&wake, 1, 10000) <= 0)
			abort();
		(void)!read(lane->wake_fd, &count, sizeof(count));
	}
	return outcome;
}

/* `count` records in batches; how many were kept. */
static uint64_t
push_many(struct audit_writer *w, uint64_t from, uint64_t count)
{
	struct audit_lane *lane = audit_writer_lane(w, from % 2);
	uint64_t kept = 0;

	for (uint64_t done = 0; done < count;) {
		uint64_t batch = count - done < 100 ? count - done : 100;

		for (uint64_t i = 0; i < batch; i++) {
			if (push_record(lane, from + done + i) != ERR_OK)
				abort();
		}
		audit_writer_commit(w, lane);
		for (uint64_t i = 0; i < batch; i++)
			kept += wait_settled(lane) != AUDIT_LOST;
		done += batch;
	}
	return kept;
}

/* Verifies the whole log, rotated files too. */
static err_t
verify_log(struct arena *arena, const char *name, struct audit_verdict *ret)
{
	int dir_fd = open(directory, O_RDONLY | O_DIRECTORY);
	struct audit_file *files;
	const char *paths[4096];
	size_t count = 0;
	struct diag diag;
	err_t err;

	diag_init(&diag, arena, 4);
	err = audit_rotate_list(arena, dir_fd, str_of(name), &files, &count);
	(void)close(dir_fd);
	TRY(err);
	for (size_t i = 0; i < count; i++)
		paths[i] = path_of(arena, files[i].name.data).data;
	paths[count] = path_of(arena, name).data;
	err = audit_verify(paths, count + 1, NULL, &diag, ret);
	for (const struct diag_finding *f = diag.first; f != NULL; f = f->next)
		tap_note("%.*s:%u: %.*s", STR_FMT(f->place.file), f->place.row, STR_FMT(f->message));
	return err;
}

static void
append_bytes(str_t path, str_t bytes)
{
	int fd = open(path.data, O_WRONLY | O_APPEND | O_CREAT, 0600);

	if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len)
		abort();
	(void)close(fd);
}

static void
check_restart(struct arena *arena)
{
	struct audit_options o = options_for(path_of(arena, "restart.ndjson"));
	struct audit_verdict verdict;
	struct audit_writer *w;

	for (int start = 0; start < 3; start++) {
		if (audit_writer_open(&o, &w) != ERR_OK)
			abort();
		ok(push_many(w, 0, 250) == 250, "start %d: all are kept", start);
		audit_writer_close(&w);
	}
	ok(verify_log(arena, "restart.ndjson", &verdict) == ERR_OK && verdict.records == 750 &&
		verdict.first_seq == 1 && verdict.last_seq == 750,
	    "one chain over three starts");
}

static const struct {
	const char *label;
	str_t tail;
} tails[] = {
	{ "half a line", STR("{\"ts\":\"2026-") },
	{ "a line that is none", STR("hello\n") },
	{ "zeros", STR("\0\0\0\0\0\0\0\0") },
	{ "a spoiled line and half of one", STR("{\"seq\":4,\"hash\":\"00\"}\n{\"ts\"") },
	{ "an empty line", STR("\n") },
};

static void
check_torn_tails(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(tails); i++) {
		str_t name = arena_printf(arena, "torn%zu.ndjson", i);
		struct audit_options o = options_for(path_of(arena, name.data));
		struct audit_verdict verdict;
		struct audit_status status;
		struct audit_writer *w;

		if (audit_writer_open(&o, &w) != ERR_OK)
			abort();
		(void)push_many(w, 0, 3);
		audit_writer_close(&w);
		append_bytes(o.path, tails[i].tail);
		if (audit_writer_open(&o, &w) != ERR_OK)
			abort();
		(void)push_many(w, 3, 2);
		audit_writer_status(w, &status);
		audit_writer_close(&w);
		ok(status.cut_bytes == tails[i].tail.len, "%s: %llu bytes are cut", tails[i].label,
		    (unsigned long long)status.cut_bytes);
		ok(verify_log(arena, name.data, &verdict) == ERR_OK && verdict.records == 6,
		    "%s: the chain goes on, with a line that says so", tails[i].label);
	}
}

static void
check_rotation(struct arena *arena)
{
	enum { RECORDS = 20000 };
	struct audit_options o = options_for(path_of(arena, "rotated.ndjson"));
	struct audit_verdict verdict = { 0 };
	struct audit_status status;
	struct audit_writer *w;
	struct stat st;

	o.rotate_bytes = 64 << 10;
	o.compress = true;
	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	ok(push_many(w, 0, RECORDS) == RECORDS, "rotation: all are kept");
	audit_writer_status(w, &status);
	ok(status.rotations > 100, "rotation: %llu times", (unsigned long long)status.rotations);
	/* Verified while the compressor still works: no moment may look broken. */
	audit_writer_close(&w);
	ok(verify_log(arena, "rotated.ndjson", &verdict) == ERR_OK &&
		verdict.records == RECORDS && verdict.files == status.rotations + 1,
	    "rotation: nothing lost, nothing twice, in %llu files",
	    (unsigned long long)verdict.files);
	ok(stat(o.path.data, &st) == 0 && st.st_size <= 64 << 10, "rotation: no file is too big");

	o.keep_rotated = 5;
	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	(void)push_many(w, RECORDS, 1000);
	for (int i = 0; i < 500; i++) { /* the tender needs a moment */
		int dir_fd = open(directory, O_RDONLY | O_DIRECTORY);
		struct audit_file *files;
		size_t count = 0, plain = 0;

		(void)!audit_rotate_list(arena, dir_fd, STR("rotated.ndjson"), &files, &count);
		(void)close(dir_fd);
		for (size_t k = 0; k < count; k++)
			plain += !files[k].compressed;
		if (count == 5 && plain == 0)
			break;
		(void)usleep(10000);
	}
	audit_writer_close(&w);
	ok(verify_log(arena, "rotated.ndjson", &verdict) == ERR_OK && verdict.files == 6 &&
		verdict.last_seq == RECORDS + 1000,
	    "rotation: five are kept, compressed, and the chain holds");
}

/* A log whose file has gone finds the head of its chain in the rotated ones. */
static void
check_head_in_rotated(struct arena *arena)
{
	struct audit_options o = options_for(path_of(arena, "rotated.ndjson"));
	struct audit_verdict verdict;
	struct audit_writer *w;

	(void)unlink(o.path.data);
	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	(void)push_many(w, 0, 1);
	audit_writer_close(&w);
	ok(verify_log(arena, "rotated.ndjson", &verdict) == ERR_OK && verdict.files == 6,
	    "a crash between rename and new file: the chain goes on");
}

/* The power failed behind a rotation: the renamed file is torn, and the new one has nothing. */
static void
check_torn_rotated(struct arena *arena)
{
	struct audit_options o = options_for(path_of(arena, "cut.ndjson"));
	str_t rotated = path_of(arena, "cut.ndjson.000000000003");
	struct audit_verdict verdict;
	struct audit_writer *w;

	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	(void)push_many(w, 0, 3);
	audit_writer_close(&w);
	append_bytes(o.path, STR("{\"ts\":\"2026-\0\0"));
	if (rename(o.path.data, rotated.data) != 0 || audit_writer_open(&o, &w) != ERR_OK)
		abort();
	(void)push_many(w, 3, 2);
	audit_writer_close(&w);
	ok(verify_log(arena, "cut.ndjson", &verdict) == ERR_OK && verdict.records == 6,
	    "a rotated file that is torn is cut, and the chain goes on, with a line that says so");
}

static void
check_trouble(struct arena *arena)
{
	static const struct {
		const char *label;
		enum audit_on_error on_error;
		uint64_t kept; /* of 100 while the file cannot grow */
		uint64_t records; /* in the log at the end: 100 + those + 100 + the event */
	} cases[] = {
		{ "deny", AUDIT_DENY, 0, 201 },
		{ "spill", AUDIT_SPILL, 100, 301 },
		{ "drop", AUDIT_DISCARD, 100, 201 },
	};

	(void)signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < COUNT(cases); i++) {
		str_t name = arena_printf(arena, "trouble-%s.ndjson", cases[i].label);
		struct audit_options o = options_for(path_of(arena, name.data));
		struct rlimit all, little;
		struct audit_status status;
		struct audit_verdict verdict;
		struct audit_writer *w;
		struct stat st;
		uint64_t kept;

		o.on_error = cases[i].on_error;
		o.spill_path = path_of(arena, "spill");
		o.spill_bytes = 1 << 20;
		if (audit_writer_open(&o, &w) != ERR_OK)
			abort();
		(void)push_many(w, 0, 200);
		(void)stat(o.path.data, &st);
		(void)getrlimit(RLIMIT_FSIZE, &all);
		little = all;
		/* The log may grow by one byte: a short write, then EFBIG. */
		little.rlim_cur = (rlim_t)st.st_size + 1;
		(void)setrlimit(RLIMIT_FSIZE, &little);
		kept = push_many(w, 200, 100);
		audit_writer_status(w, &status);
		(void)setrlimit(RLIMIT_FSIZE, &all);
		ok(kept == cases[i].kept && status.trouble, "%s: %llu of 100 are kept without a log",
		    cases[i].label, (unsigned long long)kept);
		for (int k = 0; k < 500 && status.trouble; k++) {
			(void)usleep(10000);
			audit_writer_status(w, &status);
		}
		ok(!status.trouble, "%s: the log is taken up again", cases[i].label);
		(void)push_many(w, 300, 100);
		audit_writer_close(&w);
		ok(verify_log(arena, name.data, &verdict) == ERR_OK &&
			verdict.records == cases[i].records + 100,
		    "%s: %llu records in one chain", cases[i].label,
		    (unsigned long long)verdict.records);
	}
}

static void
check_no_directory(struct arena *arena)
{
	struct audit_options o = options_for(path_of(arena, "none/of/these/log.ndjson"));
	struct audit_status status;
	struct audit_writer *w;

	ok(audit_writer_open(&o, &w) == ERR_OK, "no directory: the writer starts all the same");
	ok(push_many(w, 0, 5) == 0, "no directory: and every record is lost");
	ok(audit_writer_event(w, "daemon.started", STR("x"), 0) == ERR_AUDIT,
	    "no directory: an event too");
	audit_writer_status(w, &status);
	ok(status.trouble && status.lost == 6, "no directory: as the status says");
	(void)mkdir(path_of(arena, "none").data, 0700);
	(void)mkdir(path_of(arena, "none/of").data, 0700);
	for (int i = 0; i < 500 && status.trouble; i++) {
		(void)usleep(10000);
		audit_writer_status(w, &status);
	}
	ok(push_many(w, 0, 5) == 5, "no directory: until there is one");
	audit_writer_close(&w);
}

static void
check_two_daemons(struct arena *arena)
{
	struct audit_options o = options_for(path_of(arena, "locked.ndjson"));
	struct audit_writer *first, *second;

	if (audit_writer_open(&o, &first) != ERR_OK || push_many(first, 0, 1) != 1 ||
	    audit_writer_open(&o, &second) != ERR_OK)
		abort();
	ok(push_many(second, 0, 1) == 0, "a second writer never gets the log of the first");
	audit_writer_close(&first);
	audit_writer_close(&second);
}

/* ---- kill -9 ---- */

/* Writes until it is killed, and says each kept number to the pipe. */
static _Noreturn void
write_until_killed(const struct audit_options *o, int to, uint64_t from)
{
	struct audit_writer *w;

	if (audit_writer_open(o, &w) != ERR_OK)
		_exit(1);
	for (struct audit_lane *lane = audit_writer_lane(w, 0);; from++) {
		if (push_record(lane, from) != ERR_OK)
			_exit(1);
		audit_writer_commit(w, lane);
		if (wait_settled(lane) == AUDIT_KEPT && write(to, &from, sizeof(from)) < 0)
			_exit(1);
	}
}

/* The numbers in the log, each marked. */
static void
mark_records(struct arena *arena, const char *name, uint8_t *seen, uint64_t limit)
{
	struct audit_source *s;
	str_t line;
	bool whole;

	if (audit_source_open(AT_FDCWD, path_of(arena, name).data, &s) != ERR_OK)
		abort();
	while (audit_source_line(s, &line, &whole) == ERR_OK && whole) {
		size_t at = str_find(line, STR("\"id-"), 0);
		uint64_t number;

		if (at == line.len)
			continue;
		number = strtoull(line.data + at + 4, NULL, 10);
		if (number < limit)
			seen[number]++;
	}
	audit_source_close(&s);
}

static void
check_kills(struct arena *arena)
{
	enum { KILLS = 40, LIMIT = 1 << 20 };
	struct audit_options o = options_for(path_of(arena, "killed.ndjson"));
	uint8_t *told = calloc(LIMIT, 1), *seen = calloc(LIMIT, 1);
	uint64_t next = 0, told_count = 0, lost = 0, doubled = 0;
	struct audit_verdict verdict;
	struct audit_writer *w;

	for (int i = 0; i < KILLS; i++) {
		int ends[2];
		pid_t child;
		uint64_t number;

		if (pipe(ends) != 0 || (child = fork()) < 0)
			abort();
		if (child == 0)
			write_until_killed(&o, ends[1], next);
		(void)close(ends[1]);
		(void)usleep(20000 + (unsigned)(i * 7919) % 20000);
		(void)kill(child, SIGKILL);
		while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
			told[number] = 1;
			told_count++;
			next = number + 1;
		}
		next += 10; /* what was in flight may be there or not, under its own number */
		(void)close(ends[0]);
		(void)waitpid(child, NULL, 0);
	}
	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	audit_writer_close(&w);
	mark_records(arena, "killed.ndjson", seen, LIMIT);
	for (uint64_t i = 0; i < LIMIT; i++) {
		lost += told[i] && seen[i] == 0;
		doubled += seen[i] > 1;
	}
	ok(told_count > KILLS, "%d kills: %llu records were acknowledged", KILLS,
	    (unsigned long long)told_count);
	ok(lost == 0 && doubled == 0, "%d kills: none is lost, none is there twice", KILLS);
	ok(verify_log(arena, "killed.ndjson", &verdict) == ERR_OK, "%d kills: the chain holds", KILLS);
	free(told);
	free(seen);
}

/* Who asks learns the place of his record, in between records that do not ask. */
static void
check_receipts(struct arena *arena)
{
	struct audit_options o = options_for(path_of(arena, "receipts.ndjson"));
	str_t body = STR("{\"ts\":\"\""), text;
	enum audit_outcome outcome;
	uint64_t asked = 0, ticket;
	struct audit_lane *lane;
	struct audit_writer *w;
	bool right = true;
	char prev[AUDIT_HASH_LEN];

	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	lane = audit_writer_lane(w, 0);
	audit_genesis(prev);
	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < AUDIT_LANE_TICKETS; i++) {
			err_t err = i % 2 == 0 ? audit_lane_push_asking(lane, body, body.len, &ticket)
					       : audit_lane_push(lane, body, body.len, &ticket);

			right &= err == ERR_OK;
		}
		ok(right && audit_lane_push_asking(lane, body, body.len, &ticket) == ERR_LIMIT,
		    "round %llu: so many tickets, and no more", (unsigned long long)round);
		audit_writer_commit(w, lane);
		for (uint64_t i = 0; i < AUDIT_LANE_TICKETS; i++) {
			outcome = wait_settled(lane);
			if (i % 2 == 0) {
				const struct audit_receipt *r = audit_lane_receipt(lane, lane->taken - 1);

				/* Odd ones did not ask, so each receipt's hash is checked against the file below. */
				right &= outcome == AUDIT_KEPT && r->seq == 2 * asked++ + 1;
				if (r->seq == 1)
					right &= memcmp(r->prev_hash, prev, sizeof(prev)) == 0;
				memcpy(prev, r->hash, sizeof(prev));
			}
		}
	}
	audit_writer_close(&w);
	{
		struct buf bytes;
		size_t at;

		buf_init(&bytes, 1 << 24);
		right &= file_read(NULL, o.path.data, FILE_ANY, &bytes, NULL) == ERR_OK;
		text = buf_str(&bytes);
		at = str_find(text, str_make(prev, sizeof(prev)), 0); /* of the last but one, and then as prev_hash */
		ok(right && at < text.len && str_find(text, str_make(prev, sizeof(prev)), at + 1) < text.len,
		    "receipts: the numbers and hashes that the log has");
		buf_fini(&bytes);
	}
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

int
main(void)
{
	struct arena *arena = arena_new(256 << 20);

	if (mkdtemp(directory) == NULL)
		abort();
	check_restart(arena);
	check_torn_tails(arena);
	check_rotation(arena);
	check_head_in_rotated(arena);
	check_torn_rotated(arena);
	check_trouble(arena);
	check_no_directory(arena);
	check_two_daemons(arena);
	check_kills(arena);
	check_receipts(arena);
	(void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(&arena);
	return tap_done();
}
