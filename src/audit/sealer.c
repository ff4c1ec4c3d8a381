/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "audit/sealer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/rotate.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"

enum { PATHS_BYTES_MAX = 64 << 10, KEY_MODE = 0600, PUBLIC_MODE = 0644, NOTES_MODE = 0640 };
#define WORK_BYTES ((size_t)32 << 20)

struct audit_sealer {
	struct arena *arena;
	struct audit_seal_options options;
	struct key *key;
	struct audit_seal_key sealing;
	pthread_t thread;
	bool has_thread;
	bool published; /* the public line is beside the log */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t come;
	struct audit_chain head; /* as the writer showed it last */
	struct audit_chain sealed;
	bool known; /* what was sealed before */
	bool rotated, stopping;

	_Atomic uint64_t made, failed;
	_Atomic int error;
};

/* ---- the key ---- */

static err_t
make_key(struct audit_sealer *s, struct diag *diag)
{
	struct buf pem;
	err_t err = key_generate(KEY_ED25519, &s->key);

	buf_init(&pem, KEY_TEXT_MAX);
	if (err == ERR_OK)
		err = key_write_pem_private(&pem, s->key);
	if (err == ERR_OK)
		err = file_replace(NULL, s->options.key_path.data, KEY_MODE, buf_str(&pem), diag);
	if (pem.len > 0)
		explicit_bzero(pem.data, pem.len);
	buf_fini(&pem);
	return err;
}

static err_t
read_key(struct audit_sealer *s, struct diag *diag)
{
	struct buf pem;
	err_t err;

	buf_init(&pem, KEY_TEXT_MAX);
	err = file_read(NULL, s->options.key_path.data, FILE_SECRET, &pem, diag);
	if (err == ERR_OK)
		err = key_read_pem(buf_str(&pem), KEY_STRICT, diag, &s->key);
	if (err == ERR_OK && (key_kind(s->key) != KEY_ED25519 || !key_is_private(s->key))) {
		diag_say(diag, "audit", "%s: checkpoints are signed with a private Ed25519 key",
		    s->options.key_path.data);
		err = ERR_KEY;
	}
	if (pem.len > 0)
		explicit_bzero(pem.data, pem.len);
	buf_fini(&pem);
	return err;
}

static err_t
take_key(struct audit_sealer *s, struct diag *diag)
{
	err_t err = access(s->options.key_path.data, F_OK) != 0 && errno == ENOENT ?
	    make_key(s, diag) :
	    read_key(s, diag);

	if (err == ERR_OK)
		err = audit_seal_key_make(s->options.name, s->key, &s->sealing);
	if (err != ERR_OK) {
		diag_say(diag, "audit", "audit.checkpoint.key_path: %s cannot be used to seal the audit log",
		    s->options.key_path.data);
		key_free(&s->key);
	}
	return err;
}

/* Keys are added to the end, so that older checkpoints can still be checked. */
static err_t
publish(struct audit_sealer *s, struct arena *arena)
{
	str_t path = arena_printf(arena, "%.*s.pub", STR_FMT(s->options.log_path));
	struct buf line, text;
	err_t err;

	if (arena_failed(arena))
		return ERR_MEMORY;
	buf_init(&line, AUDIT_NOTE_MAX);
	buf_init(&text, KEY_TEXT_MAX);
	audit_seal_key_write(&line, &s->sealing);
	err = buf_failed(&line) ? ERR_MEMORY : file_read(NULL, path.data, FILE_ANY, &text, NULL);
	if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err == ERR_OK && str_find(buf_str(&text), buf_str(&line), 0) == text.len) {
		buf_add_str(&text, buf_str(&line));
		err = buf_failed(&text) ?
		    ERR_LIMIT :
		    file_replace(NULL, path.data, PUBLIC_MODE, buf_str(&text), NULL);
	}
	buf_fini(&line);
	buf_fini(&text);
	s->published = err == ERR_OK;
	return err;
}

/* ---- what is there already ---- */

static err_t
cut_file(const char *path, uint64_t end)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	err_t err = fd >= 0 && ftruncate(fd, (off_t)end) == 0 ? ERR_OK : ERR_IO;

	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* The last checkpoint of this key; what a crash left behind the last of all is cut off. */
static err_t
find_last(struct audit_sealer *s)
{
	struct arena *arena = arena_new(WORK_BYTES);
	const char *path = s->options.path.data;
	struct buf text;
	uint64_t end = 0;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	buf_init(&text, 2 * AUDIT_CHECKPOINTS_BYTES);
	err = file_read(NULL, path, FILE_ANY, &text, NULL);
	if (err == ERR_OK)
		err = audit_checkpoint_last(arena, buf_str(&text), &s->sealing, &s->sealed, &end);
	if (err == ERR_OK && end < text.len)
		err = cut_file(path, end);
	buf_fini(&text);
	arena_free(&arena);
	s->known = err == ERR_OK || err == ERR_NOT_FOUND;
	return s->known ? ERR_OK : err;
}

err_t
audit_sealer_new(const struct audit_seal_options *options, struct diag *diag,
    struct audit_sealer **ret)
{
	struct audit_sealer *s = calloc(1, sizeof(*s));
	pthread_condattr_t attributes;
	err_t err = ERR_OK;

	if (s == NULL)
		return ERR_MEMORY;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->come, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	s->arena = arena_new(PATHS_BYTES_MAX);
	s->options = *options;
	if (s->arena == NULL)
		err = ERR_MEMORY;
	if (err == ERR_OK) {
		s->options.log_path = arena_str(s->arena, options->log_path);
		s->options.name = arena_str(s->arena, options->name);
		s->options.key_path = arena_str(s->arena, options->key_path);
		s->options.path = options->path.len > 0 ?
		    arena_str(s->arena, options->path) :
		    arena_printf(s->arena, "%.*s.checkpoints", STR_FMT(options->log_path));
		err = arena_failed(s->arena) ? ERR_MEMORY : take_key(s, diag);
	}
	audit_genesis(s->sealed.hash);
	s->head = s->sealed;
	if (err != ERR_OK)
		audit_sealer_free(&s);
	else
		*ret = s;
	return err;
}

void
audit_sealer_free(struct audit_sealer **sealer)
{
	struct audit_sealer *s = *sealer;

	if (s == NULL)
		return;
	audit_sealer_stop(s);
	key_free(&s->key);
	(void)pthread_cond_destroy(&s->come);
	(void)pthread_mutex_destroy(&s->lock);
	arena_free(&s->arena);
	free(s);
	*sealer = NULL;
}

/* ---- sealing ---- */

static err_t
sync_file(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	err_t err;

	if (fd < 0) /* packed and removed meanwhile: what took its place was synced before */
		return errno == ENOENT ? ERR_OK : ERR_IO;
	err = fdatasync(fd) == 0 ? ERR_OK : ERR_IO;
	(void)close(fd);
	return err;
}

/* All that was written behind record `from`: the file that grows, and those rotated since. */
static err_t
sync_log(const struct audit_sealer *s, struct arena *arena, uint64_t from)
{
	const char *path = s->options.log_path.data, *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	str_t dir = slash == NULL ? STR(".") : slash == path ? STR("/") : str_make(path, (size_t)(slash - path));
	int dir_fd = open(arena_str(arena, dir).data, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct audit_file *files = NULL;
	size_t count = 0;
	err_t err;

	if (dir_fd < 0)
		return ERR_IO;
	/* Opened before the others are listed: a rotation in between hides nothing. */
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	err = fd < 0 && errno != ENOENT ? ERR_IO : audit_rotate_list(arena, dir_fd, str_of(name), &files, &count);
	/* The oldest first: whatever a power cut leaves is a beginning, not a log with a hole. */
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		if (files[i].last_seq > from && !files[i].compressed)
			err = sync_file(dir_fd, files[i].name.data);
	}
	if (err == ERR_OK && fd >= 0 && fdatasync(fd) != 0)
		err = ERR_IO;
	if (err == ERR_OK && fsync(dir_fd) != 0)
		err = ERR_IO;
	if (fd >= 0)
		(void)close(fd);
	(void)close(dir_fd);
	return err;
}

static err_t
append_note(const struct audit_sealer *s, str_t note)
{
	int fd = open(s->options.path.data, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    NOTES_MODE);
	struct stat st;
	err_t err;

	if (fd < 0)
		return ERR_IO;
	err = fstat(fd, &st) == 0 ? file_write_all(NULL, fd, note) : ERR_IO;
	if (err == ERR_OK && fdatasync(fd) != 0)
		err = ERR_IO;
	if (err != ERR_OK) { /* none of it, or the next one would stand behind a part */
		int saved = errno;

		(void)!ftruncate(fd, st.st_size);
		errno = saved;
	}
	if (close(fd) != 0)
		err = ERR_IO;
	return err == ERR_OK && st.st_size == 0 ? file_sync_parent(NULL, s->options.path.data) : err;
}

static err_t
make_room(const struct audit_sealer *s)
{
	struct buf text, thin;
	err_t err;

	buf_init(&text, 2 * AUDIT_CHECKPOINTS_BYTES);
	buf_init(&thin, 2 * AUDIT_CHECKPOINTS_BYTES);
	err = file_read(NULL, s->options.path.data, FILE_ANY, &text, NULL);
	if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err == ERR_OK && text.len + AUDIT_NOTE_MAX > AUDIT_CHECKPOINTS_BYTES) {
		audit_checkpoints_thin(&thin, buf_str(&text));
		err = file_replace(NULL, s->options.path.data, NOTES_MODE, buf_str(&thin), NULL);
	}
	buf_fini(&text);
	buf_fini(&thin);
	return err;
}

static err_t
seal(struct audit_sealer *s, const struct audit_chain *head, const char *because)
{
	struct arena *arena = arena_new(WORK_BYTES);
	struct buf note;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	buf_init(&note, AUDIT_NOTE_MAX);
	err = s->published ? ERR_OK : publish(s, arena);
	if (err == ERR_OK)
		err = sync_log(s, arena, s->sealed.seq);
	if (err == ERR_OK)
		err = make_room(s);
	if (err == ERR_OK)
		err = audit_checkpoint_write(&note, &s->sealing, head,
		    clock_wall_ns(&clock_system) / CLOCK_NS_PER_MS, because);
	if (err == ERR_OK)
		err = append_note(s, buf_str(&note));
	buf_fini(&note);
	arena_free(&arena);
	return err;
}

/* NULL: not yet. */
static const char *
reason(const struct audit_sealer *s, int64_t now_ns, int64_t due_ns)
{
	uint64_t news = s->head.seq - s->sealed.seq;

	if (s->head.seq <= s->sealed.seq)
		return NULL;
	if (s->stopping)
		return "stop";
	if (s->rotated)
		return "rotation";
	if (s->options.every_records > 0 && news >= s->options.every_records)
		return "records";
	return s->options.every_secs > 0 && now_ns >= due_ns ? "time" : NULL;
}

static void
wait_for_news(struct audit_sealer *s, int64_t due_ns)
{
	struct timespec until = { due_ns / CLOCK_NS_PER_S, due_ns % CLOCK_NS_PER_S };

	if (s->options.every_secs > 0)
		(void)pthread_cond_timedwait(&s->come, &s->lock, &until);
	else
		(void)pthread_cond_wait(&s->come, &s->lock);
}

static void *
run(void *argument)
{
	struct audit_sealer *s = argument;
	int64_t period_ns = s->options.every_secs * CLOCK_NS_PER_S;
	int64_t due_ns = clock_steady_ns(&clock_system) + period_ns;
	bool stopping = false;

	(void)pthread_mutex_lock(&s->lock);
	while (!stopping) {
		int64_t now_ns = clock_steady_ns(&clock_system);
		const char *because = reason(s, now_ns, due_ns);
		struct audit_chain head = s->head;
		err_t err;

		stopping = s->stopping;
		if (now_ns >= due_ns)
			due_ns = now_ns + period_ns;
		if (because == NULL) {
			if (!stopping)
				wait_for_news(s, due_ns);
			continue;
		}
		s->rotated = false;
		(void)pthread_mutex_unlock(&s->lock);
		errno = 0;
		err = seal(s, &head, because);
		if (err != ERR_OK)
			atomic_store(&s->error, errno);
		atomic_fetch_add(err == ERR_OK ? &s->made : &s->failed, 1);
		(void)pthread_mutex_lock(&s->lock);
		if (err == ERR_OK)
			s->sealed = head;
		else if (!stopping && !s->stopping) /* not at once again: the cause is still there */
			wait_for_news(s, clock_steady_ns(&clock_system) + CLOCK_NS_PER_S);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- the outside ---- */

err_t
audit_sealer_start(struct audit_sealer *s)
{
	return thread_start(&s->thread, run, s, &s->has_thread);
}

void
audit_sealer_stop(struct audit_sealer *s)
{
	if (!s->has_thread)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->stopping = true;
	(void)pthread_cond_signal(&s->come);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	s->has_thread = false;
}

struct audit_chain
audit_sealer_last(struct audit_sealer *s)
{
	struct audit_chain sealed;

	(void)pthread_mutex_lock(&s->lock);
	if (!s->known)
		(void)!find_last(s);
	sealed = s->sealed;
	(void)pthread_mutex_unlock(&s->lock);
	return sealed;
}

void
audit_sealer_show(struct audit_sealer *s, const struct audit_chain *head, bool rotated)
{
	bool due;

	(void)pthread_mutex_lock(&s->lock);
	s->head = *head;
	s->rotated |= rotated;
	due = rotated ||
	    (s->options.every_records > 0 && head->seq >= s->sealed.seq + s->options.every_records);
	if (due)
		(void)pthread_cond_signal(&s->come);
	(void)pthread_mutex_unlock(&s->lock);
}

struct audit_seal_status
audit_sealer_status(struct audit_sealer *s)
{
	return (struct audit_seal_status){ .made = atomic_load(&s->made),
		.failed = atomic_load(&s->failed),
		.error = atomic_load(&s->error) };
}
