/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive: the audit writer alone, so that a test can break every system call that it makes.
 *
 *   drive DIR FROM COUNT ROTATE_BYTES write|fdatasync deny|spill|drop [PAUSE_US]
 *
 * Pushes records FROM, FROM + 1, … in batches of 20 into DIR/log.ndjson, sealed with DIR/key.  Each
 * record is named on standard output once its fate is known: `kept 7`, `lost 7`.  After
 * COUNT, it goes on until one is kept again (10 s at most), and says `mended`; a log that
 * does not come back without a restart is thereby found.  The last line is `stopped`.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/lane.h"
#include "audit/sealer.h"
#include "audit/writer.h"

enum { BATCH = 20, MEND_TRIES = 1000, MEND_US = 10000 };

static void
push(struct audit_lane *lane, uint64_t number)
{
	char subject[32];
	struct audit_record r = { .time_ms = 1767225600000,
		.policy = STR("data.authz.allow"),
		.action = STR("orders:read"),
		.resource = STR("orders/17") };
	struct buf body;
	uint64_t ticket;
	size_t split;

	(void)snprintf(subject, sizeof(subject), "id-%llu", (unsigned long long)number);
	r.subject = str_of(subject);
	buf_init(&body, AUDIT_BODY_MAX);
	audit_record_write(&body, &r, NULL, &split);
	if (buf_failed(&body) || audit_lane_push(lane, buf_str(&body), split, &ticket) != ERR_OK)
		exit(3);
	buf_fini(&body);
}

static enum audit_outcome
wait_settled(struct audit_lane *lane)
{
	struct pollfd wake = { .fd = lane->wake_fd, .events = POLLIN };
	enum audit_outcome outcome;
	uint64_t ticket, count;

	while (!audit_lane_take(lane, &ticket, &outcome)) {
		if (poll(&wake, 1, 20000) == 0)
			exit(4); /* never settled */
		(void)!read(lane->wake_fd, &count, sizeof(count));
	}
	return outcome;
}

/* How many of the batch were kept. */
static uint64_t
run_batch(struct audit_writer *w, uint64_t from, uint64_t count)
{
	struct audit_lane *lane = audit_writer_lane(w, 0);
	uint64_t kept = 0;
	char text[BATCH * 32];
	int len = 0;

	for (uint64_t i = 0; i < count; i++)
		push(lane, from + i);
	audit_writer_commit(w, lane);
	for (uint64_t i = 0; i < count; i++) {
		enum audit_outcome outcome = wait_settled(lane);

		kept += outcome == AUDIT_KEPT;
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s %llu\n",
		    outcome == AUDIT_KEPT ? "kept" : outcome == AUDIT_LOST ? "lost" : "dropped",
		    (unsigned long long)(from + i));
	}
	(void)fwrite(text, 1, (size_t)len, stdout);
	(void)fflush(stdout);
	return kept;
}

static struct audit_options
take_options(struct arena *arena, char **argv)
{
	struct audit_seal_options so = { .log_path = arena_printf(arena, "%s/log.ndjson", argv[1]),
		.name = STR("coresdk-audit/drive"),
		.key_path = arena_printf(arena, "%s/key", argv[1]),
		.every_records = 250 };
	struct audit_options o = { .path = so.log_path,
		.spill_path = arena_printf(arena, "%s/spill", argv[1]),
		.spill_bytes = 1 << 20,
		.rotate_bytes = strtoull(argv[4], NULL, 10),
		.compress = true,
		.durability = strcmp(argv[5], "fdatasync") == 0 ? AUDIT_FDATASYNC : AUDIT_WRITE,
		.on_error = strcmp(argv[6], "deny") == 0 ? AUDIT_DENY :
		    strcmp(argv[6], "spill") == 0	 ? AUDIT_SPILL :
							   AUDIT_DISCARD,
		.lane_count = 1,
		.lane_bytes = 1 << 20 };
	struct diag diag;

	diag_init(&diag, arena, 4);
	if (audit_sealer_new(&so, &diag, &o.sealer) != ERR_OK) {
		(void)fprintf(stderr, "drive: %.*s\n", STR_FMT(diag_first_message(&diag)));
		exit(2); /* a start that is refused has acknowledged nothing */
	}
	return o;
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new(1 << 20);
	uint64_t from, count, kept = 0;
	struct audit_options o;
	struct audit_writer *w;
	unsigned pause_us;

	if (argc < 7 || arena == NULL)
		return 64;
	from = strtoull(argv[2], NULL, 10);
	count = strtoull(argv[3], NULL, 10);
	pause_us = argc > 7 ? (unsigned)strtoul(argv[7], NULL, 10) : 0;
	o = take_options(arena, argv);
	if (audit_writer_open(&o, &w) != ERR_OK)
		return 2;
	for (uint64_t end = from + count; from < end; from += BATCH) {
		kept = run_batch(w, from, BATCH);
		if (pause_us > 0)
			(void)usleep(pause_us);
	}
	for (int i = 0; kept == 0 && i < MEND_TRIES; i++) {
		(void)usleep(MEND_US);
		kept = run_batch(w, from++, 1);
	}
	printf("%s\n", kept > 0 ? "mended" : "broken");
	audit_writer_close(&w);
	printf("stopped\n");
	arena_free(&arena);
	return 0;
}
