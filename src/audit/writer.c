/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "audit/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/lane.h"
#include "audit/logfile.h"
#include "audit/rotate.h"
#include "audit/sealer.h"
#include "audit/spill.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/must.h"
#include "base/thread.h"

enum {
	RETRY_MS = 100,
	EVENT_WAIT_MS = 2000,
	BATCH_BYTES = 256 << 10,
	PATHS_BYTES_MAX = 64 << 10,
};

struct trouble { /* since when the log cannot be written */
	bool on;
	bool needs_new_file; /* a sync failed: what the file holds is not known … */
	uint64_t cut_to; /* … behind this */
	int error;
	int64_t since_ms, retry_ms; /* monotonic */
	uint64_t records; /* lost, spilled or dropped in its course */
};

struct audit_writer {
	struct arena *arena; /* the options' texts */
	struct audit_options options;
	struct audit_lane *lanes; /* the last one is for audit_writer_event */
	struct buf event_body; /* of the thread that calls audit_writer_event */
	pthread_t thread, tender;
	bool has_thread, has_tender;
	int wake_fd; /* eventfd: come and look */
	_Atomic bool stopping, reopening;

	/* Of the writer's thread alone. */
	struct audit_logfile file;
	bool file_open;
	struct audit_spill spill;
	struct audit_chain logged, chain, next; /* in the file; and spilled; and in the batch */
	struct buf batch, body;
	uint64_t batch_records;
	struct digest *digest;
	struct trouble trouble;

	pthread_mutex_t tend_lock; /* guards the two below */
	pthread_cond_t tend_come;
	bool tend_due;

	_Atomic bool in_trouble;
	_Atomic int error;
	_Atomic uint64_t written, lost, spilled, dropped, rotations, batches, seq, cut_bytes;
};

static int64_t
steady_ms(void)
{
	return clock_steady_ns(&clock_system) / CLOCK_NS_PER_MS;
}

/* ---- into the file ---- */

static err_t
write_stdout(str_t lines)
{
	return file_write_all(NULL, STDOUT_FILENO, lines);
}

/* The lines are kept, or none of them is there. */
static err_t
put_lines(struct audit_writer *w, str_t lines)
{
	uint64_t before = w->file.size;
	err_t err;

	if (w->options.path.len == 0)
		return write_stdout(lines);
	err = audit_logfile_append(&w->file, lines);
	if (err == ERR_INTERNAL) { /* a part is there and will not go away */
		w->trouble.needs_new_file = true;
		w->trouble.cut_to = before;
	}
	if (err == ERR_OK && w->options.durability == AUDIT_FDATASYNC &&
	    audit_logfile_sync(&w->file) != ERR_OK) {
		/* The kernel may have thrown the pages away: never trust this file's tail. */
		int saved = errno;

		w->trouble.needs_new_file = true;
		w->trouble.cut_to = before;
		err = audit_logfile_cut(&w->file, before);
		errno = saved;
		return err == ERR_OK ? ERR_IO : err;
	}
	if (err == ERR_OK && w->options.to_stdout && write_stdout(lines) != ERR_OK)
		w->options.to_stdout = false; /* the reader is gone; the file is the log */
	return err;
}

static void
call_tender(struct audit_writer *w)
{
	(void)pthread_mutex_lock(&w->tend_lock);
	w->tend_due = true;
	(void)pthread_cond_signal(&w->tend_come);
	(void)pthread_mutex_unlock(&w->tend_lock);
}

static void
show_sealer(struct audit_writer *w, bool rotated)
{
	if (w->options.sealer != NULL)
		audit_sealer_show(w->options.sealer, &w->logged, rotated);
}

static void
rotate(struct audit_writer *w)
{
	/* A failure is no trouble yet: the next append shows whether there is a file. */
	if (audit_logfile_next(&w->file, w->chain.seq) != ERR_OK)
		return;
	atomic_fetch_add(&w->rotations, 1);
	show_sealer(w, true);
	call_tender(w);
}

/* ---- trouble ---- */

static void
begin_trouble(struct audit_writer *w, int error)
{
	if (w->trouble.on)
		return;
	w->trouble.on = true;
	w->trouble.error = error;
	w->trouble.records = 0;
	w->trouble.since_ms = steady_ms();
	w->trouble.retry_ms = w->trouble.since_ms + RETRY_MS;
	atomic_store(&w->error, error);
	atomic_store(&w->in_trouble, true);
}

/* One line that the log says of itself, alone. */
static err_t
put_event(struct audit_writer *w, const char *name, const char *text, uint64_t count)
{
	struct audit_event event = { clock_wall_ns(&clock_system) / CLOCK_NS_PER_MS, name, str_of(text), count };
	struct audit_chain next = w->chain;
	size_t split;

	buf_clear(&w->body);
	buf_clear(&w->batch);
	audit_event_write(&w->body, &event, &split);
	next.seq++;
	audit_line_write(&w->batch, w->digest, buf_str(&w->body), split, next.seq, next.hash);
	must(!buf_failed(&w->body) && !buf_failed(&w->batch));
	TRY(put_lines(w, buf_str(&w->batch)));
	buf_clear(&w->batch);
	w->logged = w->chain = w->next = next;
	show_sealer(w, false);
	atomic_store(&w->seq, next.seq);
	return ERR_OK;
}

/* What was sealed was in the log and on the disk: if it is gone, somebody took it. */
static err_t
mind_missing(struct audit_writer *w)
{
	struct audit_chain sealed = { .seq = 0 };
	uint64_t missing;
	char text[160];

	if (w->options.sealer != NULL)
		sealed = audit_sealer_last(w->options.sealer);
	if (sealed.seq <= w->chain.seq)
		return ERR_OK;
	missing = sealed.seq - w->chain.seq;
	(void)snprintf(text, sizeof(text),
	    "the log ended with record %llu, but record %llu was sealed: what is between them is missing",
	    (unsigned long long)w->chain.seq, (unsigned long long)sealed.seq);
	w->logged = w->chain = w->next = sealed;
	return put_event(w, "audit.missing", text, missing);
}

/* The first opening, or one more try. */
static err_t
open_file(struct audit_writer *w)
{
	struct audit_recovery found;
	char text[128];

	if (w->options.path.len == 0)
		return ERR_OK;
	TRY(audit_logfile_open(&w->file, w->options.path, &found));
	w->file_open = true;
	w->logged = w->chain = w->next = found.chain;
	atomic_store(&w->seq, found.chain.seq);
	atomic_store(&w->cut_bytes, found.cut_bytes);
	call_tender(w);
	TRY(mind_missing(w));
	if (found.cut_bytes == 0)
		return ERR_OK;
	(void)snprintf(text, sizeof(text),
	    "what stood behind record %llu was not a whole record and was moved to a .cut file",
	    (unsigned long long)found.chain.seq);
	return put_event(w, "audit.recovered", text, found.cut_bytes);
}

/* Whoever spills no more still owes the log what was spilled before. */
static bool
is_spill_wanted(const struct audit_writer *w)
{
	struct stat st;

	if (w->options.on_error == AUDIT_SPILL || w->spill.open)
		return true;
	return w->options.spill_path.len > 0 && stat(w->options.spill_path.data, &st) == 0 && st.st_size > 0;
}

static err_t
take_spill_over(struct audit_writer *w)
{
	bool more = true;

	if (w->options.path.len == 0 || !is_spill_wanted(w))
		return ERR_OK;
	if (!w->spill.open) {
		struct audit_chain head;

		TRY(audit_spill_open(&w->spill, w->options.spill_path, w->options.spill_bytes,
		    &head));
		if (head.seq > w->chain.seq)
			w->chain = w->next = head;
	}
	while (more) {
		struct audit_chain next = w->logged;

		buf_clear(&w->batch);
		TRY(audit_spill_read(&w->spill, w->digest, &next, &w->batch, &more));
		if (w->batch.len > 0)
			TRY(put_lines(w, buf_str(&w->batch)));
		audit_spill_taken(&w->spill);
		w->logged = next;
	}
	buf_clear(&w->batch);
	w->chain = w->next = w->logged;
	atomic_store(&w->seq, w->chain.seq);
	return audit_spill_empty(&w->spill);
}

static err_t
put_resumed(struct audit_writer *w)
{
	static const char *const fates[] = { "refused", "spilled and taken over", "dropped" };
	double seconds = (double)(steady_ms() - w->trouble.since_ms) / 1000;
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "the log could not be written for %.3f s (%s): %llu records were %s", seconds,
	    strerror(w->trouble.error), (unsigned long long)w->trouble.records,
	    fates[w->options.on_error]);
	return put_event(w, "audit.resumed", text, w->trouble.records);
}

static err_t
mend(struct audit_writer *w)
{
	if (!w->file_open)
		TRY(open_file(w));
	if (w->trouble.needs_new_file) {
		TRY(audit_logfile_cut(&w->file, w->trouble.cut_to));
		TRY(audit_logfile_next(&w->file, w->logged.seq));
		w->trouble.needs_new_file = false;
	}
	TRY(take_spill_over(w));
	return put_resumed(w);
}

static void
retry(struct audit_writer *w)
{
	int64_t now = steady_ms();

	if (!w->trouble.on || now < w->trouble.retry_ms)
		return;
	errno = 0;
	if (mend(w) == ERR_OK) {
		w->trouble.on = false;
		atomic_store(&w->in_trouble, false);
	} else {
		atomic_store(&w->error, errno);
		w->trouble.retry_ms = now + RETRY_MS;
	}
	buf_clear(&w->batch);
}

/* ---- a batch ---- */

static void
settle_all(struct audit_writer *w, enum audit_outcome outcome)
{
	for (uint32_t i = 0; i <= w->options.lane_count; i++)
		audit_lane_writer_settle(&w->lanes[i], outcome);
}

static enum audit_outcome
do_without(struct audit_writer *w, bool *ret_advance)
{
	uint64_t count = w->batch_records;

	w->trouble.records += count;
	*ret_advance = false;
	switch (w->options.on_error) {
	case AUDIT_SPILL:
		if (audit_spill_add(&w->spill, buf_str(&w->batch),
			w->options.durability == AUDIT_FDATASYNC) != ERR_OK)
			break;
		atomic_fetch_add(&w->spilled, count);
		*ret_advance = true;
		return AUDIT_KEPT;
	case AUDIT_DISCARD:
		atomic_fetch_add(&w->dropped, count);
		return AUDIT_DROPPED;
	case AUDIT_DENY:
		break;
	}
	atomic_fetch_add(&w->lost, count);
	return AUDIT_LOST;
}

static void
commit_batch(struct audit_writer *w)
{
	enum audit_outcome outcome = AUDIT_KEPT;
	bool advance = true;

	if (w->batch_records == 0)
		return;
	if (!w->trouble.on && put_lines(w, buf_str(&w->batch)) != ERR_OK)
		begin_trouble(w, errno);
	if (w->trouble.on)
		outcome = do_without(w, &advance);
	else
		atomic_fetch_add(&w->written, w->batch_records);
	if (advance)
		w->chain = w->next;
	else
		w->next = w->chain;
	if (!w->trouble.on) {
		w->logged = w->chain;
		show_sealer(w, false);
	}
	atomic_store(&w->seq, w->chain.seq);
	atomic_fetch_add(&w->batches, 1);
	w->batch_records = 0;
	buf_clear(&w->batch);
	settle_all(w, outcome);
}

static void
add_record(struct audit_writer *w, struct audit_lane *lane, const struct audit_popped *record)
{
	struct audit_receipt *receipt = NULL;

	if (record->asks) {
		receipt = audit_lane_writer_receipt(lane);
		memcpy(receipt->prev_hash, w->next.hash, AUDIT_HASH_LEN);
	}
	w->next.seq++;
	audit_line_write(&w->batch, w->digest, record->body, record->split, w->next.seq, w->next.hash);
	must(!buf_failed(&w->batch));
	w->batch_records++;
	if (receipt != NULL) {
		receipt->seq = w->next.seq;
		memcpy(receipt->hash, w->next.hash, AUDIT_HASH_LEN);
	}
}

static bool
is_file_full(const struct audit_writer *w)
{
	return w->options.rotate_bytes > 0 && w->file.size + w->batch.len > 0 &&
	    w->file.size + w->batch.len + AUDIT_LINE_MAX > w->options.rotate_bytes;
}

/* Everything that the lanes hold goes into the log. */
static void
gather(struct audit_writer *w)
{
	struct audit_popped record;

	for (uint32_t i = 0; i <= w->options.lane_count; i++) {
		for (;;) {
			if (is_file_full(w)) {
				commit_batch(w);
				if (!w->trouble.on)
					rotate(w);
			}
			if (!audit_lane_writer_pop(&w->lanes[i], &record))
				break;
			add_record(w, &w->lanes[i], &record);
			if (w->batch.len >= BATCH_BYTES)
				commit_batch(w);
		}
	}
	commit_batch(w);
}

/* ---- threads ---- */

static bool
may_sleep(struct audit_writer *w)
{
	for (uint32_t i = 0; i <= w->options.lane_count; i++) {
		if (!ring_doze(w->lanes[i].ring))
			return false;
	}
	return true;
}

static void
sleep_until_called(struct audit_writer *w)
{
	struct pollfd come = { .fd = w->wake_fd, .events = POLLIN };
	uint64_t count;

	/* Without trouble there is nothing to wait for but the call: the read sleeps itself. */
	if (!w->trouble.on || poll(&come, 1, RETRY_MS) > 0)
		(void)!read(w->wake_fd, &count, sizeof(count));
}

static void *
run_writer(void *argument)
{
	struct audit_writer *w = argument;

	errno = 0;
	if (open_file(w) != ERR_OK || take_spill_over(w) != ERR_OK)
		begin_trouble(w, errno);
	for (;;) {
		bool stopping = atomic_load(&w->stopping);

		gather(w);
		/* A failure shows with the next append, which opens the file itself. */
		if (atomic_exchange(&w->reopening, false) && w->file_open && !w->trouble.on)
			(void)!audit_logfile_reopen(&w->file);
		if (stopping)
			w->trouble.retry_ms = 0; /* the last chance before the next start */
		retry(w);
		if (stopping)
			break; /* what was shown before the stop is settled now */
		if (may_sleep(w))
			sleep_until_called(w);
	}
	return NULL;
}

static void *
run_tender(void *argument)
{
	struct audit_writer *w = argument;

	for (;;) {
		(void)pthread_mutex_lock(&w->tend_lock);
		while (!w->tend_due && !atomic_load(&w->stopping))
			(void)pthread_cond_wait(&w->tend_come, &w->tend_lock);
		w->tend_due = false;
		(void)pthread_mutex_unlock(&w->tend_lock);
		if (atomic_load(&w->stopping))
			return NULL; /* what is left over is found at the next start */
		struct audit_tend tend = { .dir_fd = w->file.dir_fd,
			.log_name = str_of(w->file.name),
			.compress = w->options.compress,
			.keep = w->options.keep_rotated,
			.stop = &w->stopping };

		if (audit_rotate_tend(&tend) != ERR_OK)
			continue; /* tried again with the next rotation */
	}
}

/* ---- the outside ---- */

static err_t
build(struct audit_writer *w, const struct audit_options *options)
{
	w->options = *options;
	w->wake_fd = w->file.fd = w->file.dir_fd = w->file.lock_fd = -1;
	(void)pthread_mutex_init(&w->tend_lock, NULL);
	(void)pthread_cond_init(&w->tend_come, NULL);
	audit_genesis(w->chain.hash);
	w->logged = w->next = w->chain;
	buf_init(&w->body, AUDIT_BODY_MAX);
	buf_init(&w->event_body, AUDIT_BODY_MAX);
	buf_init(&w->batch, BATCH_BYTES + 8 * AUDIT_LINE_MAX);
	audit_spill_init(&w->spill);
	w->arena = arena_new(PATHS_BYTES_MAX);
	if (w->arena == NULL)
		return ERR_MEMORY;
	w->options.path = arena_str(w->arena, options->path);
	w->options.spill_path = arena_str(w->arena, options->spill_path);
	if (arena_failed(w->arena))
		return ERR_MEMORY;
	if (!buf_reserve(&w->batch, BATCH_BYTES + 8 * AUDIT_LINE_MAX))
		return ERR_MEMORY;
	w->digest = digest_new(DIGEST_SHA256);
	w->lanes = aligned_alloc(64, (options->lane_count + 1) * sizeof(*w->lanes));
	if (w->digest == NULL || w->lanes == NULL)
		return ERR_MEMORY;
	for (uint32_t i = 0; i <= options->lane_count; i++) {
		w->lanes[i].ring = NULL; /* what audit_lane_fini looks at */
		w->lanes[i].wake_fd = -1;
	}
	for (uint32_t i = 0; i <= options->lane_count; i++)
		TRY(audit_lane_init(&w->lanes[i], options->lane_bytes));
	w->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (w->wake_fd < 0)
		return ERR_IO;
	if (options->sealer != NULL && options->path.len > 0)
		TRY(audit_sealer_start(options->sealer));
	TRY(thread_start(&w->thread, run_writer, w, &w->has_thread));
	return thread_start(&w->tender, run_tender, w, &w->has_tender);
}

err_t
audit_writer_open(const struct audit_options *options, struct audit_writer **ret)
{
	struct audit_writer *w = aligned_alloc(64, sizeof(*w) + 63 - (sizeof(*w) + 63) % 64);
	err_t err;

	if (w == NULL) {
		struct audit_sealer *sealer = options->sealer;

		audit_sealer_free(&sealer);
		return ERR_MEMORY;
	}
	memset(w, 0, sizeof(*w));
	err = build(w, options);
	if (err != ERR_OK)
		audit_writer_close(&w);
	else
		*ret = w;
	return err;
}

static void
wake(struct audit_writer *w)
{
	uint64_t one = 1;

	while (write(w->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

static void
stop_threads(struct audit_writer *w)
{
	atomic_store(&w->stopping, true);
	if (w->has_thread) {
		wake(w);
		(void)pthread_join(w->thread, NULL);
	}
	if (w->has_tender) {
		(void)pthread_mutex_lock(&w->tend_lock);
		(void)pthread_cond_signal(&w->tend_come);
		(void)pthread_mutex_unlock(&w->tend_lock);
		(void)pthread_join(w->tender, NULL);
	}
}

void
audit_writer_close(struct audit_writer **writer)
{
	struct audit_writer *w = *writer;

	if (w == NULL)
		return;
	stop_threads(w);
	audit_sealer_free(&w->options.sealer);
	audit_spill_close(&w->spill);
	audit_logfile_close(&w->file);
	for (uint32_t i = 0; w->lanes != NULL && i <= w->options.lane_count; i++)
		audit_lane_fini(&w->lanes[i]);
	free(w->lanes);
	digest_free(&w->digest);
	buf_fini(&w->batch);
	buf_fini(&w->body);
	buf_fini(&w->event_body);
	if (w->wake_fd >= 0)
		(void)close(w->wake_fd);
	(void)pthread_cond_destroy(&w->tend_come);
	(void)pthread_mutex_destroy(&w->tend_lock);
	arena_free(&w->arena);
	free(w);
	*writer = NULL;
}

struct audit_lane *
audit_writer_lane(struct audit_writer *w, uint32_t index)
{
	must(index < w->options.lane_count);
	return &w->lanes[index];
}

void
audit_writer_commit(struct audit_writer *w, struct audit_lane *lane)
{
	if (lane->shown == lane->given)
		return; /* nothing new: a batch that only takes answers must not wake the writer again */
	lane->shown = lane->given;
	if (ring_must_wake(lane->ring))
		wake(w);
}

void
audit_writer_reopen(struct audit_writer *w)
{
	atomic_store(&w->reopening, true);
	wake(w);
}

err_t
audit_writer_event(struct audit_writer *w, const char *name, str_t detail, uint64_t count)
{
	struct audit_lane *lane = &w->lanes[w->options.lane_count];
	struct audit_event event = { clock_wall_ns(&clock_system) / CLOCK_NS_PER_MS, name, detail,
		count };
	struct pollfd settled = { .fd = lane->wake_fd, .events = POLLIN };
	enum audit_outcome outcome = AUDIT_LOST;
	uint64_t mine, ticket, signals;
	size_t split;

	buf_clear(&w->event_body);
	audit_event_write(&w->event_body, &event, &split);
	if (buf_failed(&w->event_body) ||
	    audit_lane_push(lane, buf_str(&w->event_body), split, &mine) != ERR_OK)
		return ERR_AUDIT;
	audit_writer_commit(w, lane);
	for (;;) {
		while (audit_lane_take(lane, &ticket, &outcome)) {
			if (ticket == mine)
				return outcome != AUDIT_LOST ? ERR_OK : ERR_AUDIT;
		}
		if (poll(&settled, 1, EVENT_WAIT_MS) <= 0)
			return ERR_AUDIT;
		(void)!read(lane->wake_fd, &signals, sizeof(signals));
	}
}

void
audit_writer_status(struct audit_writer *w, struct audit_status *ret)
{
	struct audit_seal_status seals = { 0 };

	if (w->options.sealer != NULL)
		seals = audit_sealer_status(w->options.sealer);
	*ret = (struct audit_status){
		.trouble = atomic_load(&w->in_trouble),
		.error = atomic_load(&w->error),
		.written = atomic_load(&w->written),
		.lost = atomic_load(&w->lost),
		.spilled = atomic_load(&w->spilled),
		.dropped = atomic_load(&w->dropped),
		.rotations = atomic_load(&w->rotations),
		.batches = atomic_load(&w->batches),
		.seq = atomic_load(&w->seq),
		.cut_bytes = atomic_load(&w->cut_bytes),
		.seals = seals.made,
		.seals_failed = seals.failed,
		.seal_error = seals.error,
	};
}
