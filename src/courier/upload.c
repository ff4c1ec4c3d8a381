/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "courier/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/record.h"
#include "audit/rotate.h"
#include "audit/source.h"
#include "courier/pace.h"
#include "courier/store.h"
#include "crypt/random.h"

enum { HOST_TEXT_MAX = 65, NAME_TEXT_MAX = 512, CHUNK = 65536, MARK_MAX = 64 };
#define OBJECT_MAX ((uint64_t)5 << 30)
#define ROUND_BYTES_MAX ((size_t)64 << 20)

static const char mark_name[] = "audit-s3";

struct upload {
	struct courier *courier;
	struct store *store;
	struct arena *arena; /* of one round */
	char host[HOST_TEXT_MAX];
	char dir[VAULT_PATH_MAX]; /* of the log */
	str_t log_name;
	uint64_t last_seq; /* of what is there */
	char why[EXCHANGE_WHY_MAX];
};

/* ---- how far it came ---- */

static void
read_mark(struct upload *u)
{
	char etag[VAULT_ETAG_MAX];
	struct buf text;
	err_t err;

	buf_init(&text, MARK_MAX);
	err = vault_read(&u->courier->vault, mark_name, &text, etag, NULL);
	for (size_t i = 0; err == ERR_OK && i < text.len && text.data[i] != '\n'; i++)
		u->last_seq = u->last_seq * 10 + (uint64_t)(text.data[i] - '0'); /* our own, by its tag */
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		log_warn(&u->courier->log, "how far the upload came is not believed: every file is compared again");
	buf_fini(&text);
}

static err_t
write_mark(struct upload *u, uint64_t last_seq)
{
	struct diag diag;
	struct buf text;
	err_t err;

	diag_init(&diag, u->arena, 4);
	buf_init(&text, MARK_MAX);
	buf_printf(&text, "%llu\n", (unsigned long long)last_seq);
	err = vault_write(&u->courier->vault, mark_name, buf_str(&text), STR(""), &diag);
	if (err == ERR_OK)
		u->last_seq = last_seq;
	else
		(void)snprintf(u->why, sizeof(u->why), "%.*s", STR_FMT(diag_first_message(&diag)));
	buf_fini(&text);
	return err;
}

/* ---- one file ---- */

static err_t
complain(struct upload *u, const struct audit_file *f, const char *what)
{
	(void)snprintf(u->why, sizeof(u->why), "%.*s: %s", STR_FMT(f->name), what);
	return ERR_IO;
}

static err_t
find_first_seq(struct upload *u, int dir_fd, const struct audit_file *f, uint64_t *ret)
{
	struct audit_source *source;
	bool whole, found;
	str_t line;
	err_t err = audit_source_open(dir_fd, f->name.data, &source);

	if (err != ERR_OK)
		return complain(u, f, "cannot be opened");
	err = audit_source_line(source, &line, &whole);
	found = err == ERR_OK && whole && audit_line_seq(line, ret);
	audit_source_close(&source);
	return found && *ret <= f->last_seq ? ERR_OK : complain(u, f, "begins with no audit record");
}

static bool
hash_file(int fd, uint64_t size, char ret[SHA256_HEX_SIZE])
{
	struct digest *digest = digest_new(DIGEST_SHA256);
	uint8_t sum[SHA256_SIZE];
	char chunk[CHUNK];
	uint64_t at = 0;

	while (digest != NULL && at < size) {
		ssize_t got = pread(fd, chunk, sizeof(chunk), (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		digest_add(digest, str_make(chunk, (size_t)got));
		at += (uint64_t)got;
	}
	if (digest == NULL)
		return false;
	digest_end(digest, sum);
	digest_free(&digest);
	for (size_t i = 0; i < sizeof(sum); i++) {
		static const char digits[] = "0123456789abcdef";

		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	return at == size;
}

static err_t
send_object(struct upload *u, const struct audit_file *f, const struct store_object *o, bool *ret_new)
{
	enum store_state state;

	TRY(store_look(u->store, o, &state, u->why));
	*ret_new = false;
	if (state == STORE_ABSENT) {
		TRY(store_put(u->store, o, ret_new, u->why));
		if (*ret_new)
			return ERR_OK;
		TRY(store_look(u->store, o, &state, u->why)); /* somebody was quicker: with what? */
	}
	if (state == STORE_SAME)
		return ERR_OK;
	(void)complain(u, f, "the store has another object of this name, which is never replaced: does another host "
			     "use this audit.s3.host, or was the log begun anew? Set audit.s3.prefix");
	return ERR_PROTOCOL;
}

static void
note_file(struct upload *u, const struct store_object *o, bool is_new, uint64_t missing)
{
	struct courier *c = u->courier;

	courier_note_begin(c);
	c->status.upload.files += is_new;
	c->status.upload.found += !is_new;
	c->status.upload.records_missing += missing;
	c->status.upload.last_seq = u->last_seq;
	status_set_text(c->status.upload.last_object, sizeof(c->status.upload.last_object), o->name);
	courier_note_end(c);
	if (missing > 0)
		log_error(&c->log, "records were removed before they were uploaded; raise audit.file.keep_rotated",
		    LOG_INT("records", (int64_t)missing), LOG_STR("before", o->name));
	log_info(&c->log, "an audit file is in the store", LOG_STR("object", o->name), LOG_BOOL("new", is_new),
	    LOG_INT("bytes", (int64_t)o->size));
}

static err_t
send_opened(struct upload *u, const struct audit_file *f, uint64_t first_seq, int fd)
{
	const struct config *c = &u->courier->config;
	struct store_object o = { .fd = fd };
	uint64_t missing = first_seq > u->last_seq + 1 ? first_seq - u->last_seq - 1 : 0;
	bool is_new = false;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return complain(u, f, "is no file");
	o.size = (uint64_t)st.st_size;
	if (o.size > OBJECT_MAX)
		return complain(u, f, "is bigger than an object may be, 5 GiB: lower audit.file.rotate_mb");
	if (!hash_file(fd, o.size, o.sha256))
		return complain(u, f, "cannot be read");
	o.name = arena_printf(u->arena, "%.*s%s/%012llu-%012llu.ndjson.gz", STR_FMT(c->audit_s3_prefix), u->host,
	    (unsigned long long)first_seq, (unsigned long long)f->last_seq);
	if (o.name.len == 0)
		return ERR_MEMORY;
	TRY(send_object(u, f, &o, &is_new));
	TRY(write_mark(u, f->last_seq));
	note_file(u, &o, is_new, missing);
	return ERR_OK;
}

static err_t
send_file(struct upload *u, int dir_fd, const struct audit_file *f)
{
	uint64_t first_seq;
	err_t err;
	int fd;

	TRY(find_first_seq(u, dir_fd, f, &first_seq));
	fd = openat(dir_fd, f->name.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return complain(u, f, "cannot be opened");
	err = send_opened(u, f, first_seq, fd);
	(void)close(fd);
	return err;
}

/* ---- rounds ---- */

/* In order, up to the first that is not packed yet or does not go. */
static err_t
go_round(struct upload *u)
{
	int dir_fd = open(u->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct audit_file *files = NULL;
	size_t count = 0;
	err_t err;

	if (dir_fd < 0) {
		(void)snprintf(u->why, sizeof(u->why), "%.200s: %s", u->dir, strerror(errno));
		return errno == ENOENT ? ERR_OK : ERR_IO; /* no log yet */
	}
	err = audit_rotate_list(u->arena, dir_fd, u->log_name, &files, &count);
	if (err != ERR_OK)
		(void)snprintf(u->why, sizeof(u->why), "the rotated files cannot be listed");
	for (size_t i = 0; err == ERR_OK && i < count && !atomic_load(&u->courier->stop); i++) {
		if (files[i].last_seq <= u->last_seq)
			continue;
		if (!files[i].compressed)
			break;
		err = send_file(u, dir_fd, &files[i]);
	}
	(void)close(dir_fd);
	return err;
}

static void
note_round(struct upload *u, err_t err, uint64_t failures)
{
	struct courier *c = u->courier;
	int64_t now = clock_wall_s(&clock_system), contact;

	courier_note_begin(c);
	c->status.upload.last_try = now;
	if (err == ERR_OK)
		c->status.upload.last_contact = now;
	c->status.upload.failures = failures;
	c->status.upload.last_seq = u->last_seq;
	status_set_text(c->status.upload.last_error, sizeof(c->status.upload.last_error),
	    err == ERR_OK ? STR("") : str_of(u->why));
	contact = c->status.upload.last_contact;
	courier_note_end(c);
	if (err != ERR_OK)
		log_warn(&c->log, "audit files are not uploaded; they wait in their directory",
		    LOG_STR("why", str_of(u->why)), LOG_INT("failures", (int64_t)failures),
		    LOG_INT("last_contact", contact));
}

static void
run_rounds(struct upload *u)
{
	const struct config *c = &u->courier->config;
	unsigned failures = 0;

	while (!atomic_load(&u->courier->stop)) {
		uint32_t random;
		err_t err;

		arena_reset(u->arena);
		u->why[0] = '\0';
		err = go_round(u);
		if (atomic_load(&u->courier->stop))
			return;
		failures = err == ERR_OK ? 0 : failures + (failures < UINT32_MAX);
		note_round(u, err, failures);
		random_bytes(&random, sizeof(random));
		courier_sleep(u->courier, pace_next_ms(c->audit_s3_poll_secs * 1000, failures, random));
	}
}

/* The system's name may have what a name of an object should not. */
static void
name_host(struct upload *u)
{
	str_t given = u->courier->config.audit_s3_host;

	if (given.len > 0) {
		status_set_text(u->host, sizeof(u->host), given);
		return;
	}
	if (gethostname(u->host, sizeof(u->host) - 1) != 0 || u->host[0] == '\0')
		status_set_text(u->host, sizeof(u->host), STR("localhost"));
	u->host[sizeof(u->host) - 1] = '\0';
	for (char *c = u->host; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			*c == '-' || *c == '.'))
			*c = '_';
}

static bool
name_log(struct upload *u)
{
	str_t path = u->courier->config.audit_file_path;
	size_t slash = path.len;

	while (slash > 0 && path.data[slash - 1] != '/')
		slash--;
	u->log_name = str_skip(path, slash);
	if (slash >= sizeof(u->dir))
		return false;
	status_set_text(u->dir, sizeof(u->dir), slash > 0 ? str_cut(path, slash) : STR("."));
	return true;
}

void *
upload_run(void *courier)
{
	struct upload u = { .courier = courier, .arena = arena_new(ROUND_BYTES_MAX) };
	struct diag diag;

	if (u.arena == NULL || !name_log(&u)) {
		log_error(&u.courier->log, "audit files are not uploaded: out of memory, or the log's path is too long");
		arena_free(&u.arena);
		return NULL;
	}
	diag_init(&diag, u.arena, 4);
	name_host(&u);
	u.store = store_new(u.courier, &diag);
	if (u.store != NULL) {
		read_mark(&u);
		run_rounds(&u);
	} else {
		log_error(&u.courier->log, "audit files are not uploaded",
		    LOG_STR("why", diag_first_message(&diag)));
		atomic_store(&u.courier->stop, true); /* whoever set it up must hear of it */
	}
	store_free(&u.store);
	arena_free(&u.arena);
	return NULL;
}
