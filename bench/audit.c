/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit: what a record costs, and how fast a log is verified.
 *
 *   audit [DIR]     DIR (.) is on the disk whose sync is measured
 *
 * Processor time for what one thread does alone, the clock's where a disk or another thread
 * takes part; the median of several rounds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "audit/lane.h"
#include "audit/test_log.h"
#include "audit/verify.h"
#include "audit/writer.h"

enum { ROUNDS = 9, RECORDS = 100000, BATCH = 512, SYNCS = 200, LOG_LINES = 100000 };

static const char *directory = ".";

static int64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *rounds, size_t count)
{
	qsort(rounds, count, sizeof(*rounds), compare);
	return rounds[count / 2];
}

static struct audit_record
typical(void)
{
	return (struct audit_record){ .time_ms = 1767225600000,
		.tenant_id = STR("acme"),
		.trace_id = STR("01J00000000000000000000000"),
		.subject = STR("alice@example.org"),
		.action = STR("orders:read"),
		.resource = STR("orders/17"),
		.resource_owner = STR("bob@example.org"),
		.policy = STR("data.authz.allow"),
		.revision = STR("2026-01-01.1"),
		.sdk_version = STR("python/1.4.2"),
		.method = STR("Authorize"),
		.allow = true,
		.latency_us = 45 };
}

/* ---- one thread's part ---- */

/* Written and pushed, as a worker does it. */
static double
time_worker(void)
{
	struct audit_lane *lane = aligned_alloc(64, sizeof(*lane));
	struct audit_record r = typical();
	struct audit_popped popped;
	enum audit_outcome outcome;
	double rounds[ROUNDS];
	struct buf body;
	uint64_t ticket;
	size_t split;

	if (lane == NULL || audit_lane_init(lane, 1 << 20) != ERR_OK)
		abort();
	buf_init(&body, AUDIT_BODY_MAX);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t spent = 0;

		for (int done = 0; done < RECORDS; done += BATCH) {
			int64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);

			for (int i = 0; i < BATCH; i++) {
				buf_clear(&body);
				audit_record_write(&body, &r, NULL, &split);
				if (audit_lane_push(lane, buf_str(&body), split, &ticket) != ERR_OK)
					abort();
			}
			spent += now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
			while (audit_lane_writer_pop(lane, &popped))
				continue;
			audit_lane_writer_settle(lane, AUDIT_KEPT);
			while (audit_lane_take(lane, &ticket, &outcome))
				continue;
		}
		rounds[round] = (double)spent / RECORDS;
	}
	buf_fini(&body);
	audit_lane_fini(lane);
	free(lane);
	return median(rounds, ROUNDS);
}

/* Chained and written to the file, as the writer does it. */
static double
time_writer(const char *path)
{
	struct audit_record r = typical();
	struct digest *digest = digest_new(DIGEST_SHA256);
	char hash[AUDIT_HASH_LEN];
	double rounds[ROUNDS];
	struct buf body, lines;
	uint64_t seq = 1;
	size_t split;

	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&lines, 1 << 20);
	audit_record_write(&body, &r, NULL, &split);
	audit_genesis(hash);
	for (int round = 0; round < ROUNDS; round++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
		int64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);

		for (int done = 0; done < RECORDS; done += BATCH) {
			buf_clear(&lines);
			for (int i = 0; i < BATCH; i++)
				audit_line_write(&lines, digest, buf_str(&body), split, seq++, hash);
			if (write(fd, lines.data, lines.len) != (ssize_t)lines.len)
				abort();
		}
		rounds[round] = (double)(now_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / RECORDS;
		(void)close(fd);
	}
	(void)unlink(path);
	buf_fini(&body);
	buf_fini(&lines);
	digest_free(&digest);
	return median(rounds, ROUNDS);
}

/* ---- all of it ---- */

struct run {
	double records_s, batch_us; /* of the clock's time */
	double process_us; /* of all threads, a record */
};

static void
wait_one(struct audit_lane *lane)
{
	struct pollfd wake = { .fd = lane->wake_fd, .events = POLLIN };
	enum audit_outcome outcome;
	uint64_t ticket, count;

	while (!audit_lane_take(lane, &ticket, &outcome)) {
		(void)poll(&wake, 1, 10000);
		(void)!read(lane->wake_fd, &count, sizeof(count));
	}
	if (outcome != AUDIT_KEPT)
		abort();
}

/* A worker that keeps `ahead` records on their way. */
static struct run
time_all(const char *path, enum audit_durability durability, int records, int ahead)
{
	struct audit_options o = { .path = str_of(path), .durability = durability, .lane_count = 1, .lane_bytes = 4 << 20 };
	struct audit_record r = typical();
	struct audit_lane *lane;
	struct audit_writer *w;
	int64_t begin, spent, cpu;
	struct buf body;
	uint64_t ticket;
	size_t split;
	char lock[512];

	if (audit_writer_open(&o, &w) != ERR_OK)
		abort();
	lane = audit_writer_lane(w, 0);
	buf_init(&body, AUDIT_BODY_MAX);
	begin = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < records; i++) {
		buf_clear(&body);
		audit_record_write(&body, &r, NULL, &split);
		if (audit_lane_push(lane, buf_str(&body), split, &ticket) != ERR_OK)
			abort();
		if (i % 64 == 63 || ahead == 1)
			audit_writer_commit(w, lane);
		while (lane->given - lane->taken >= (uint64_t)ahead)
			wait_one(lane);
	}
	audit_writer_commit(w, lane);
	while (lane->taken < lane->given)
		wait_one(lane);
	spent = now_ns(CLOCK_MONOTONIC) - begin;
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	audit_writer_close(&w);
	buf_fini(&body);
	(void)unlink(path);
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)unlink(lock);
	return (struct run){ records * 1e9 / (double)spent, (double)spent / 1e3 / records, (double)cpu / 1e3 / records };
}

/* The disk alone: half a kilobyte more, and its sync. */
static double
time_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	char bytes[512] = { 0 };
	double each[SYNCS];

	for (int i = 0; i < SYNCS; i++) {
		int64_t begin = now_ns(CLOCK_MONOTONIC);

		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes) || fdatasync(fd) != 0)
			abort();
		each[i] = (double)(now_ns(CLOCK_MONOTONIC) - begin) / 1e3;
	}
	(void)close(fd);
	(void)unlink(path);
	return median(each, SYNCS);
}

/* ---- verification ---- */

static void
time_verify(const char *path)
{
	struct arena *arena = arena_new((size_t)1 << 30);
	double verify[ROUNDS], hash[ROUNDS];
	struct audit_verdict verdict;
	uint8_t digest[SHA256_SIZE];
	struct test_log log;
	struct buf text;

	test_log_make(arena, LOG_LINES, 1, &log);
	buf_init(&text, (size_t)1 << 30);
	for (size_t i = 0; i < log.count; i++)
		buf_add_str(&text, log.lines[i]);
	test_write_file(path, buf_str(&text));
	for (int round = 0; round < ROUNDS; round++) {
		int64_t begin = now_ns(CLOCK_MONOTONIC);

		if (audit_verify(&path, 1, NULL, NULL, &verdict) != ERR_OK || verdict.records != LOG_LINES)
			abort();
		verify[round] = (double)(now_ns(CLOCK_MONOTONIC) - begin);
		begin = now_ns(CLOCK_MONOTONIC);
		for (size_t i = 0; i < log.count; i++)
			digest_of(DIGEST_SHA256, log.lines[i], digest);
		hash[round] = (double)(now_ns(CLOCK_MONOTONIC) - begin);
	}
	(void)unlink(path);
	printf("verify               %12.0f MB/s of %.1f MB; SHA-256 of the same lines alone %.0f MB/s, %.2f of it\n",
	    (double)text.len * 1e3 / median(verify, ROUNDS), (double)text.len / 1e6,
	    (double)text.len * 1e3 / median(hash, ROUNDS), median(hash, ROUNDS) / median(verify, ROUNDS));
	buf_fini(&text);
	test_log_free(&log);
	arena_free(&arena);
}

int
main(int argc, char **argv)
{
	char path[400];
	struct run all, one;
	double disk;

	if (argc > 1)
		directory = argv[1];
	(void)snprintf(path, sizeof(path), "%s/bench-audit-%d.ndjson", directory, (int)getpid());
	printf("record, worker       %12.3f us (0.6 at most)\n", time_worker() / 1e3);
	printf("record, writer       %12.3f us (1.5 at most), chain and write included\n", time_writer(path) / 1e3);
	all = time_all(path, AUDIT_WRITE, 1000000, AUDIT_LANE_TICKETS / 2);
	printf("to a file            %12.0f records/s; %.3f us of all processors for each: %.0f on one core\n", all.records_s,
	    all.process_us, 1e6 / all.process_us);
	disk = time_disk(path);
	one = time_all(path, AUDIT_FDATASYNC, SYNCS, 1);
	printf("fdatasync            %12.1f us a record alone, the disk's own %.1f us: %.2f of it\n", one.batch_us, disk,
	    one.batch_us / disk);
	all = time_all(path, AUDIT_FDATASYNC, 100000, AUDIT_LANE_TICKETS / 2);
	printf("fdatasync, in groups %12.0f records/s\n", all.records_s);
	time_verify(path);
	return 0;
}
