/* SPDX-License-Identifier: Apache-2.0 */
#include "token/revoked.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "codec/hex.h"

enum { LINE_MAX_LEN = 2 * SHA256_SIZE + 1 + 20 + 1, FILE_MODE = 0600, COMPACT_LEAST = 1024 };

struct entry {
	struct revoked_name name;
	int64_t until; /* 0: this place is free */
};

struct revoked {
	pthread_mutex_t lock;
	_Atomic uint64_t epoch;
	const struct file_ops *ops;
	const char *path; /* NULL: in memory only */
	int fd;
	bool sync, torn; /* torn: the last line may be half written */
	size_t lines; /* in the file */
	size_t most, count, mask;
	struct entry entries[]; /* open addressing; at most half full */
};

struct revoked_name
revoked_name_of(str_t token)
{
	struct revoked_name name = { { 0 } };
	size_t first = str_find_char(token, '.', 0);
	size_t second = first < token.len ? str_find_char(token, '.', first + 1) : token.len;

	if (second < token.len)
		digest_of(DIGEST_SHA256, str_sub(token, 0, second), name.bytes);
	return name;
}

struct revoked *
revoked_new(size_t most, const struct file_ops *ops)
{
	size_t places = 16;
	struct revoked *r;

	while (places < most * 2)
		places *= 2;
	r = calloc(1, sizeof(*r) + places * sizeof(struct entry));
	if (r == NULL)
		return NULL;
	must(pthread_mutex_init(&r->lock, NULL) == 0);
	r->ops = ops != NULL ? ops : &file_kernel;
	r->fd = -1;
	r->most = most;
	r->mask = places - 1;
	r->epoch = 1;
	return r;
}

void
revoked_free(struct revoked **revoked)
{
	struct revoked *r = *revoked;

	if (r == NULL)
		return;
	if (r->fd >= 0)
		(void)r->ops->close(r->fd);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
	*revoked = NULL;
}

/* ---- the table ---- */

/* The entry of that name, or the free place where it would stand. */
static struct entry *
find(struct revoked *r, const struct revoked_name *name)
{
	size_t at;

	memcpy(&at, name->bytes, sizeof(at));
	for (at &= r->mask; r->entries[at].until != 0; at = (at + 1) & r->mask) {
		if (memcmp(&r->entries[at].name, name, sizeof(*name)) == 0)
			break;
	}
	return &r->entries[at];
}

static void
put(struct revoked *r, const struct revoked_name *name, int64_t until)
{
	struct entry *e = find(r, name);

	r->count += e->until == 0;
	if (until > e->until)
		*e = (struct entry){ *name, until };
}

/* Takes out what is over; the others find new places. */
static void
forget(struct revoked *r, int64_t now)
{
	size_t places = r->mask + 1, begin = 0;

	/* Begin behind a free place, so that no run of entries is looked at from its middle. */
	while (begin < places && r->entries[begin].until != 0)
		begin++;
	for (size_t i = 1; i <= places; i++) {
		struct entry *e = &r->entries[(begin + i) & r->mask], kept = *e;

		if (kept.until == 0)
			continue;
		e->until = 0;
		r->count--;
		if (kept.until > now)
			put(r, &kept.name, kept.until);
	}
}

/* ---- the file ---- */

static size_t
write_line(char line[LINE_MAX_LEN + 1], const struct entry *e)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		line[2 * i] = digits[e->name.bytes[i] >> 4];
		line[2 * i + 1] = digits[e->name.bytes[i] & 15];
	}
	return 2 * SHA256_SIZE +
	    (size_t)snprintf(line + 2 * SHA256_SIZE, LINE_MAX_LEN + 1 - 2 * SHA256_SIZE, " %lld\n",
		(long long)e->until);
}

static bool
read_line(str_t line, struct entry *ret)
{
	int64_t until = 0;

	if (line.len < 2 * SHA256_SIZE + 2 || line.len > LINE_MAX_LEN || line.data[2 * SHA256_SIZE] != ' ')
		return false;
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = hex_digit(line.data[2 * i]), low = hex_digit(line.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret->name.bytes[i] = (uint8_t)(high << 4 | low);
	}
	for (size_t i = 2 * SHA256_SIZE + 1; i < line.len; i++) {
		if (line.data[i] < '0' || line.data[i] > '9' || __builtin_mul_overflow(until, 10, &until) ||
		    __builtin_add_overflow(until, line.data[i] - '0', &until))
			return false;
	}
	ret->until = until;
	return until > 0;
}

/* Every line that is whole and not over.  *ret_spoiled: lines that are neither. */
static err_t
read_lines(struct revoked *r, str_t text, int64_t now, size_t *ret_spoiled)
{
	*ret_spoiled = 0;
	while (text.len > 0) {
		size_t end = str_find_char(text, '\n', 0);
		struct entry e;

		if (end == text.len || !read_line(str_sub(text, 0, end), &e))
			++*ret_spoiled;
		else if (e.until > now && r->count == r->most)
			return ERR_LIMIT;
		else if (e.until > now)
			put(r, &e.name, e.until);
		r->lines++;
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return ERR_OK;
}

/* What is in the table, whole, in place of the file; then on in that. */
static err_t
rewrite(struct revoked *r, struct diag *diag)
{
	char line[LINE_MAX_LEN + 1];
	struct buf text;
	err_t err;

	buf_init(&text, (r->count + 1) * LINE_MAX_LEN);
	for (size_t i = 0; i <= r->mask; i++) {
		if (r->entries[i].until != 0)
			buf_add(&text, line, write_line(line, &r->entries[i]));
	}
	err = buf_failed(&text) ? ERR_MEMORY : file_replace(r->ops, r->path, FILE_MODE, buf_str(&text), diag);
	buf_fini(&text);
	TRY(err);
	if (r->fd >= 0)
		(void)r->ops->close(r->fd);
	r->fd = r->ops->open(r->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);
	r->lines = r->count;
	r->torn = false;
	return r->fd >= 0 ? ERR_OK : ERR_IO;
}

static err_t
append(struct revoked *r, const struct entry *e)
{
	char line[LINE_MAX_LEN + 2] = "\n";
	size_t len = write_line(line + 1, e);
	str_t text = r->torn ? str_make(line, len + 1) : str_make(line + 1, len);

	if (r->path == NULL)
		return ERR_OK;
	if (r->fd < 0) /* the file was lost: all of it is written anew, this entry included */
		return rewrite(r, NULL);
	if (file_write_all(r->ops, r->fd, text) != ERR_OK) {
		r->torn = true;
		return ERR_IO;
	}
	r->torn = false;
	r->lines++;
	return r->sync && r->ops->fsync(r->fd) != 0 ? ERR_IO : ERR_OK;
}

err_t
revoked_open(struct revoked *r, const char *path, bool sync, int64_t now, struct diag *diag)
{
	size_t spoiled = 0;
	struct buf text;
	err_t err;

	buf_init(&text, (2 * r->most + COMPACT_LEAST + 1) * LINE_MAX_LEN);
	err = file_read(r->ops, path, FILE_OURS, &text, NULL);
	if (err == ERR_OK)
		err = read_lines(r, buf_str(&text), now, &spoiled);
	else if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	buf_fini(&text);
	if (err != ERR_OK) {
		diag_say(diag, "revoked", "%s: the list of revoked tokens cannot be read: %s", path, err_text(err));
		return err;
	}
	if (spoiled > 0)
		diag_say(diag, "revoked", "%s: %zu lines are torn or spoiled; the others count", path, spoiled);
	r->path = path;
	r->sync = sync;
	return rewrite(r, diag);
}

/* ---- asking and adding ---- */

err_t
revoked_add(struct revoked *r, const struct revoked_name *name, int64_t until, int64_t now)
{
	struct entry e = { *name, until };
	err_t err = ERR_OK;

	must(until > 0);
	(void)pthread_mutex_lock(&r->lock);
	if (find(r, name)->until < until) {
		if (r->count == r->most)
			forget(r, now);
		if (r->count == r->most && find(r, name)->until == 0) {
			err = ERR_LIMIT;
		} else {
			put(r, name, until);
			atomic_fetch_add(&r->epoch, 1);
			if (r->path != NULL && r->lines > 2 * r->count + COMPACT_LEAST) {
				forget(r, now);
				err = rewrite(r, NULL);
			} else {
				err = append(r, &e);
			}
		}
	}
	(void)pthread_mutex_unlock(&r->lock);
	return err;
}

err_t
revoked_merge(struct revoked *r, str_t list, int64_t now, size_t *ret_added, size_t *ret_spoiled)
{
	err_t err = ERR_OK;

	*ret_added = *ret_spoiled = 0;
	while (list.len > 0) {
		size_t end = str_find_char(list, '\n', 0);
		uint64_t before = revoked_epoch(r);
		struct entry e;

		if (end == list.len || !read_line(str_sub(list, 0, end), &e))
			++*ret_spoiled;
		else if (e.until > now && err != ERR_LIMIT)
			err = revoked_add(r, &e.name, e.until, now);
		*ret_added += revoked_epoch(r) != before;
		list = str_skip(list, end < list.len ? end + 1 : end);
	}
	return err;
}

bool
revoked_has(struct revoked *r, const struct revoked_name *name)
{
	bool found;

	(void)pthread_mutex_lock(&r->lock);
	found = find(r, name)->until != 0;
	(void)pthread_mutex_unlock(&r->lock);
	return found;
}

uint64_t
revoked_epoch(const struct revoked *r)
{
	return atomic_load_explicit(&r->epoch, memory_order_acquire);
}

size_t
revoked_count(struct revoked *r)
{
	size_t count;

	(void)pthread_mutex_lock(&r->lock);
	count = r->count;
	(void)pthread_mutex_unlock(&r->lock);
	return count;
}
