/* SPDX-License-Identifier: Apache-2.0 */
/* Making the signatures of binary.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/hex.h"
#include "release/binary_internal.h"
#include "release/block.h"
#include "release/version.h"

enum { COPY_CHUNK = 64 << 10, TEXT_MODE = 0644 };

static value_t
make_payload(struct arena *arena, const struct binary_signing *w, uint64_t size,
    const uint8_t digest[SHA256_SIZE])
{
	struct object_builder o;
	struct buf hex;

	buf_init(&hex, SHA256_HEX_SIZE);
	hex_write(&hex, str_make((const char *)digest, SHA256_SIZE));
	object_builder_init(&o, arena, 6);
	(void)object_builder_add_text(&o, "name", value_string(arena, w->claims.name));
	(void)object_builder_add_text(
	    &o, "version", value_string(arena, version_bare(w->claims.version)));
	(void)object_builder_add_text(&o, "platform", value_string(arena, w->claims.platform));
	(void)object_builder_add_text(&o, "created", value_int(w->created));
	(void)object_builder_add_text(&o, "size", value_int((int64_t)size));
	(void)object_builder_add_text(&o, "sha256", value_string(arena, buf_str(&hex)));
	buf_fini(&hex);
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static err_t
sign_statement(struct arena *arena, const struct source *s, uint64_t len,
    const struct binary_signing *w, struct diag *diag, struct buf *text)
{
	uint8_t digest[SHA256_SIZE];
	value_t payload;

	TRY(source_digest(s, len, DIGEST_SHA256, digest, diag));
	payload = make_payload(arena, w, len, digest);
	return arena_failed(arena) ? ERR_MEMORY
				   : statement_write(text, w->key, STR(BINARY_TYPE), payload);
}

static err_t
say_errno(struct diag *diag, const char *path)
{
	diag_say(diag, "file", "cannot write %s: %s", path, strerror(errno));
	return ERR_IO;
}

static err_t
copy(const struct source *s, uint64_t len, int fd, const char *to, struct diag *diag)
{
	char chunk[COPY_CHUNK];

	for (uint64_t at = 0; at < len;) {
		size_t part = len - at < COPY_CHUNK ? (size_t)(len - at) : COPY_CHUNK;

		TRY(source_read(s, at, chunk, part, diag));
		if (file_write_all(NULL, fd, str_make(chunk, part)) != ERR_OK)
			return say_errno(diag, to);
		at += part;
	}
	return ERR_OK;
}

/* The file's bytes and the block, beside it, then in its place. */
static err_t
replace(
    struct arena *arena, const struct source *s, uint64_t len, str_t block, struct diag *diag)
{
	str_t beside = arena_printf(arena, "%s.new", s->name);
	struct stat st;
	err_t err;
	int fd;

	if (beside.data == NULL)
		return ERR_MEMORY;
	if (fstat(s->fd, &st) != 0 || (unlink(beside.data) != 0 && errno != ENOENT))
		return say_errno(diag, s->name);
	fd = open(beside.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    st.st_mode & 07777);
	if (fd < 0)
		return say_errno(diag, beside.data);
	err = copy(s, len, fd, beside.data, diag);
	if (err == ERR_OK && (file_write_all(NULL, fd, block) != ERR_OK ||
				 fchmod(fd, st.st_mode & 07777) != 0 || fsync(fd) != 0))
		err = say_errno(diag, beside.data);
	if (close(fd) != 0 && err == ERR_OK)
		err = say_errno(diag, beside.data);
	if (err == ERR_OK && rename(beside.data, s->name) != 0)
		err = say_errno(diag, s->name);
	if (err != ERR_OK)
		(void)unlink(beside.data);
	return err == ERR_OK ? file_sync_parent(NULL, s->name) : err;
}

/* How much of the file is to be signed: all of it, or what is before the block that goes. */
static err_t
find_content(struct arena *arena, const struct source *s, bool may_replace, struct diag *diag,
    uint64_t *ret)
{
	size_t len = s->size < BLOCK_TAIL_SIZE ? (size_t)s->size : BLOCK_TAIL_SIZE;
	char *tail = arena_alloc(arena, len, 1);
	enum block_state state;
	struct block block;

	if (tail == NULL)
		return ERR_MEMORY;
	TRY(source_read(s, s->size - len, tail, len, diag));
	state = block_read(str_make(tail, len), &block);
	*ret = s->size;
	if (state == BLOCK_NONE)
		return ERR_OK;
	if (state == BLOCK_FOUND && may_replace) {
		*ret = s->size - block.size;
		return ERR_OK;
	}
	diag_say(diag, "release", "%s: %s%s", s->name, block_state_text(state),
	    state == BLOCK_FOUND ? " already; --replace puts a new one in its place" : "");
	return ERR_SIGNATURE;
}

err_t
binary_sign(
    struct arena *arena, const char *path, const struct binary_signing *w, struct diag *diag)
{
	struct buf text, block;
	struct source s;
	uint64_t len = 0;
	err_t err;

	TRY(binary_check_claims(&w->claims, diag));
	TRY(source_open(path, diag, &s));
	buf_init(&text, STATEMENT_SIZE_MAX);
	buf_init(&block, BLOCK_SIZE_MAX);
	err = find_content(arena, &s, w->replace, diag, &len);
	if (err == ERR_OK)
		err = sign_statement(arena, &s, len, w, diag, &text);
	if (err == ERR_OK)
		err = block_write(&block, buf_str(&text));
	if (err == ERR_OK)
		err = replace(arena, &s, len, buf_str(&block), diag);
	buf_fini(&text);
	buf_fini(&block);
	source_close(&s);
	return err;
}

/* ---- beside the file ---- */

static err_t
write_minisign(struct arena *arena, const struct source *s, const struct binary_signing *w,
    struct diag *diag, struct buf *text)
{
	const char *slash = strrchr(s->name, '/');
	uint8_t digest[DIGEST_SIZE_MAX], id[MINISIGN_ID_SIZE];
	str_t comment;

	if (key_kind(w->key) != KEY_ED25519) {
		diag_say(diag, "release",
		    "minisign knows Ed25519 keys only, and this one is %s",
		    key_kind_name(key_kind(w->key)));
		return ERR_KEY;
	}
	comment = arena_printf(arena,
	    "timestamp:%lld\tfile:%s\thashed\tname:%.*s\tversion:%.*s\tplatform:%.*s",
	    (long long)w->created, slash != NULL ? slash + 1 : s->name,
	    STR_FMT(w->claims.name), STR_FMT(version_bare(w->claims.version)),
	    STR_FMT(w->claims.platform));
	if (comment.data == NULL)
		return ERR_MEMORY;
	TRY(source_digest(s, s->size, DIGEST_BLAKE2B512, digest, diag));
	minisign_id_of(w->key, id);
	return minisign_write(text, w->key, id,
	    str_make((char *)digest, digest_size(DIGEST_BLAKE2B512)), STR("signature of core"),
	    comment);
}

err_t
binary_sign_beside(struct arena *arena, const char *path, const struct binary_signing *w,
    bool minisign, struct diag *diag)
{
	str_t beside = arena_printf(arena, "%s%s", path, minisign ? ".minisig" : ".sig");
	struct source s;
	struct buf text;
	err_t err;

	if (beside.data == NULL)
		return ERR_MEMORY;
	TRY(binary_check_claims(&w->claims, diag));
	TRY(source_open(path, diag, &s));
	buf_init(&text, STATEMENT_SIZE_MAX);
	err = minisign ? write_minisign(arena, &s, w, diag, &text)
		       : sign_statement(arena, &s, s.size, w, diag, &text);
	if (err == ERR_OK && !minisign)
		buf_add_char(&text, '\n');
	if (err == ERR_OK)
		err = file_replace(NULL, beside.data, TEXT_MODE, buf_str(&text), diag);
	buf_fini(&text);
	source_close(&s);
	return err;
}
