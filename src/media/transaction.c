/* SPDX-License-Identifier: Apache-2.0 */
#include "media/transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "media/journal.h"

enum { DIR_MODE = 0700, TARGET_DIR_MODE = 0755, RECEIPT_MODE = 0644 };

void
transaction_init(
    struct transaction *t, struct arena *arena, const struct file_ops *ops, const char *dir)
{
	*t = (struct transaction){ .arena = arena,
		.ops = ops != NULL ? ops : &file_kernel,
		.dir = dir,
		.lock_fd = -1 };
}

err_t
transaction_add(struct transaction *t, const struct change *c, struct diag *diag)
{
	if (t->count == TRANSACTION_CHANGES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->changes[i].target, c->target) != 0)
			continue;
		diag_say(diag, "media",
		    "%s and %s would both become %s: give them files of their own",
		    t->changes[i].kind, c->kind, c->target);
		return ERR_CONFIG;
	}
	t->changes[t->count++] = *c;
	return ERR_OK;
}

/* ---- paths ---- */

static const char *
beside(struct transaction *t, const char *path, const char *ending)
{
	str_t joined = arena_printf(t->arena, "%s%s", path, ending);

	return joined.data != NULL ? joined.data : "";
}

static const char *
old_of(struct transaction *t, const struct change *c)
{
	return beside(t, c->target, ".media-old");
}

static const char *
new_of(struct transaction *t, const struct change *c)
{
	return beside(t, c->target, ".media-new");
}

static err_t
say_errno(struct diag *diag, const char *doing, const char *path)
{
	diag_say(diag, "media", "cannot %s %s: %s", doing, path, strerror(errno));
	return ERR_IO;
}

static err_t
remove_file(struct transaction *t, const char *path, struct diag *diag)
{
	return t->ops->unlink(path) == 0 || errno == ENOENT ? ERR_OK
							    : say_errno(diag, "remove", path);
}

/* ---- looking ---- */

static err_t
read_file(struct transaction *t, const char *path, struct buf *bytes, struct diag *diag)
{
	err_t err;

	buf_clear(bytes);
	err = file_read(t->ops, path, FILE_ANY, bytes, NULL);
	/* Once more for the sentence, unless there is nothing to say. */
	return err == ERR_OK || err == ERR_NOT_FOUND
		   ? err
		   : file_read(t->ops, path, FILE_ANY, bytes, diag);
}

static err_t
look_at(struct transaction *t, struct change *c, struct buf *bytes, struct diag *diag)
{
	struct stat st;
	err_t err;

	if (lstat(c->target, &st) == 0 && !S_ISREG(st.st_mode)) {
		diag_say(diag, "media",
		    "%s is not a plain file and would be replaced by one: name the file "
		    "itself in the "
		    "configuration",
		    c->target);
		return ERR_CONFIG;
	}
	err = read_file(t, c->target, bytes, diag);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	c->existed = err == ERR_OK;
	if (c->existed)
		digest_sha256_hex(buf_str(bytes), c->previous);
	digest_sha256_hex(c->bytes, c->sha256);
	return ERR_OK;
}

err_t
transaction_look(struct transaction *t, struct diag *diag)
{
	struct buf bytes;
	err_t err = ERR_OK;

	buf_init(&bytes, TRANSACTION_FILE_MAX);
	for (size_t i = 0; err == ERR_OK && i < t->count; i++)
		err = look_at(t, &t->changes[i], &bytes, diag);
	buf_fini(&bytes);
	return err;
}

/* ---- the lock ---- */

err_t
transaction_open(struct transaction *t, struct diag *diag)
{
	const char *path = beside(t, t->dir, "/lock");

	TRY(file_make_dirs(t->ops, t->dir, DIR_MODE, diag));
	t->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->lock_fd < 0)
		return say_errno(diag, "open", path);
	if (flock(t->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	transaction_close(t);
	diag_say(diag, "media",
	    "%s is locked: another delivery or update is at work; wait for it", path);
	return ERR_REFUSED;
}

void
transaction_close(struct transaction *t)
{
	if (t->lock_fd >= 0)
		(void)close(t->lock_fd);
	t->lock_fd = -1;
}

/* ---- staging and putting ---- */

static err_t
write_as(struct transaction *t, const char *path, const struct stat *like, mode_t mode,
    str_t bytes, struct diag *diag)
{
	TRY(file_replace(
	    t->ops, path, like != NULL ? like->st_mode & 07777 : mode, bytes, diag));
	/* The process's mask must not decide; and an owner is only kept by who may give files
	 * away. */
	if (chmod(path, like != NULL ? like->st_mode & 07777 : mode) != 0 ||
	    (like != NULL && geteuid() == 0 && chown(path, like->st_uid, like->st_gid) != 0))
		return say_errno(diag, "give mode and owner to", path);
	return ERR_OK;
}

static err_t
stage(struct transaction *t, const struct change *c, struct buf *bytes, struct diag *diag)
{
	const char *slash = strrchr(c->target, '/');
	char now[SHA256_HEX_SIZE + 1] = "";
	struct stat st;

	if (!c->existed) {
		if (slash != NULL && slash != c->target)
			TRY(file_make_dirs(t->ops,
			    arena_str(
				t->arena, str_make(c->target, (size_t)(slash - c->target)))
				.data,
			    TARGET_DIR_MODE, diag));
		return write_as(t, new_of(t, c), NULL, c->mode, c->bytes, diag);
	}
	TRY(read_file(t, c->target, bytes, diag));
	digest_sha256_hex(buf_str(bytes), now);
	if (stat(c->target, &st) != 0 || strcmp(now, c->previous) != 0) {
		diag_say(diag, "media", "%s was changed by somebody else meanwhile: try again",
		    c->target);
		return ERR_IO;
	}
	TRY(write_as(t, old_of(t, c), &st, 0, buf_str(bytes), diag));
	return write_as(t, new_of(t, c), &st, 0, c->bytes, diag);
}

static err_t
stage_all(struct transaction *t, struct diag *diag)
{
	struct buf bytes;
	err_t err = ERR_OK;

	buf_init(&bytes, TRANSACTION_FILE_MAX);
	for (size_t i = 0; err == ERR_OK && i < t->count; i++)
		err = stage(t, &t->changes[i], &bytes, diag);
	buf_fini(&bytes);
	return err;
}

static err_t
move(struct transaction *t, const char *from, const char *to, struct diag *diag)
{
	if (t->ops->rename(from, to) != 0 || file_sync_parent(t->ops, to) != ERR_OK)
		return say_errno(diag, "put in place", to);
	return ERR_OK;
}

static err_t
put_all(struct transaction *t, struct diag *diag)
{
	TRY(journal_write(t, JOURNAL_STAGING, diag));
	TRY(stage_all(t, diag));
	TRY(journal_write(t, JOURNAL_PUTTING, diag));
	for (size_t i = 0; i < t->count; i++)
		TRY(move(t, new_of(t, &t->changes[i]), t->changes[i].target, diag));
	return ERR_OK;
}

/* ---- back ---- */

static bool
has_digest(struct transaction *t, const char *path, const char *want)
{
	char digest[SHA256_HEX_SIZE + 1] = "";
	struct buf bytes;

	buf_init(&bytes, TRANSACTION_FILE_MAX);
	if (file_read(t->ops, path, FILE_ANY, &bytes, NULL) == ERR_OK)
		digest_sha256_hex(buf_str(&bytes), digest);
	buf_fini(&bytes);
	return strcmp(digest, want) == 0;
}

/* Whatever of it was done before; may be done again. */
static err_t
put_back(struct transaction *t, const struct change *c, struct diag *diag)
{
	if (!c->existed && has_digest(t, c->target, c->sha256))
		TRY(remove_file(t, c->target, diag));
	if (c->existed && t->ops->rename(old_of(t, c), c->target) != 0) {
		if (errno != ENOENT || !has_digest(t, c->target, c->previous))
			return say_errno(diag, "put back", c->target);
	}
	TRY(remove_file(t, new_of(t, c), diag));
	return file_sync_parent(t->ops, c->target);
}

static err_t
drop_staged(struct transaction *t, struct diag *diag)
{
	for (size_t i = 0; i < t->count; i++) {
		TRY(remove_file(t, new_of(t, &t->changes[i]), diag));
		TRY(remove_file(t, old_of(t, &t->changes[i]), diag));
		TRY(remove_file(t, beside(t, new_of(t, &t->changes[i]), ".new"), diag));
		TRY(remove_file(t, beside(t, old_of(t, &t->changes[i]), ".new"), diag));
	}
	return journal_remove(t, diag);
}

err_t
transaction_undo(struct transaction *t, struct diag *diag)
{
	for (size_t i = t->count; i > 0; i--)
		TRY(put_back(t, &t->changes[i - 1], diag));
	return journal_remove(t, diag);
}

err_t
transaction_put(struct transaction *t, struct diag *diag)
{
	enum transaction_outcome outcome;
	err_t err = put_all(t, diag);

	if (err != ERR_OK && transaction_recover(t, diag, &outcome) != ERR_OK)
		diag_say(
		    diag, "media", "not all of it could be undone: run `core media recover`");
	return err;
}

/* ---- on ---- */

static err_t
finish(struct transaction *t, struct diag *diag)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct change *c = &t->changes[i];
		const char *old = old_of(t, c);

		if (c->keep_as == NULL)
			TRY(remove_file(t, old, diag));
		else if (t->ops->rename(old, c->keep_as) != 0 && errno != ENOENT)
			return say_errno(diag, "keep", c->keep_as);
		TRY(file_sync_parent(t->ops, c->target));
	}
	if (t->receipt.len > 0 && t->receipt_path != NULL)
		TRY(file_replace(t->ops, t->receipt_path, RECEIPT_MODE, t->receipt, diag));
	return journal_remove(t, diag);
}

err_t
transaction_keep(struct transaction *t, struct diag *diag)
{
	TRY(journal_write(t, JOURNAL_KEPT, diag));
	return finish(t, diag);
}

err_t
transaction_recover(struct transaction *t, struct diag *diag, enum transaction_outcome *ret)
{
	struct transaction left;
	enum journal_state state;
	err_t err;

	transaction_init(&left, t->arena, t->ops, t->dir);
	*ret = TRANSACTION_CLEAN;
	err = journal_read(&left, diag, &state);
	if (err == ERR_NOT_FOUND) {
		journal_clean(t);
		return ERR_OK;
	}
	TRY(err);
	*ret = state == JOURNAL_KEPT ? TRANSACTION_FINISHED : TRANSACTION_UNDONE;
	if (state == JOURNAL_KEPT)
		return finish(&left, diag);
	return state == JOURNAL_STAGING ? drop_staged(&left, diag)
					: transaction_undo(&left, diag);
}
