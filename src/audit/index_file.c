/* SPDX-License-Identifier: Apache-2.0 */
/* A head, the blocks, and a SHA-256 over all of that; numbers big-endian. */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "audit/index.h"
#include "audit/rotate.h"
#include "base/file.h"

enum { MAGIC_LEN = 8, FILE_MODE = 0640, PATH_BYTES = 4096 };
#define MAGIC "CSAIDX1\n"
#define SUFFIX ".idx"

enum {
	BLOCK_LEN = 5 * 8 + 4 + 2 * (4 + 4 * AUDIT_INDEX_NAMES),
	FILE_BYTES_MAX = 256 + AUDIT_INDEX_BLOCKS_MAX * BLOCK_LEN,
};

static void
add_u64(struct buf *out, uint64_t n)
{
	buf_add_u32be(out, (uint32_t)(n >> 32));
	buf_add_u32be(out, (uint32_t)n);
}

static uint64_t
take_u64(struct cursor *c)
{
	uint64_t high = cursor_u32be(c);

	return high << 32 | cursor_u32be(c);
}

static void
add_names(struct buf *out, const struct audit_index_names *names)
{
	buf_add_u32be(out, names->count);
	for (size_t i = 0; i < AUDIT_INDEX_NAMES; i++)
		buf_add_u32be(out, names->hash[i]);
}

static void
take_names(struct cursor *c, struct audit_index_names *names)
{
	names->count = cursor_u32be(c);
	for (size_t i = 0; i < AUDIT_INDEX_NAMES; i++)
		names->hash[i] = cursor_u32be(c);
}

void
audit_index_write(struct buf *out, const struct audit_index *index)
{
	uint8_t sum[SHA256_SIZE];
	size_t begin = out->len;

	buf_add(out, MAGIC, MAGIC_LEN);
	buf_add(out, index->first_hash, AUDIT_HASH_LEN);
	add_u64(out, index->end);
	add_u64(out, index->last_seq);
	buf_add_u32be(out, index->grain);
	buf_add_u32be(out, (uint32_t)index->count);
	for (size_t i = 0; i < index->count; i++) {
		const struct audit_index_block *b = &index->blocks[i];

		add_u64(out, b->offset);
		add_u64(out, b->len);
		add_u64(out, b->first_seq);
		add_u64(out, (uint64_t)b->least_ms);
		add_u64(out, (uint64_t)b->most_ms);
		buf_add_u32be(out, b->records);
		add_names(out, &b->tenants);
		add_names(out, &b->actions);
	}
	if (buf_failed(out))
		return;
	digest_of(DIGEST_SHA256, str_make(out->data + begin, out->len - begin), sum);
	buf_add(out, sum, sizeof(sum));
}

static err_t
take_blocks(struct cursor *c, struct audit_index *index, size_t count)
{
	uint64_t at = 0;

	index->blocks = ARENA_ARRAY(index->arena, struct audit_index_block, count);
	if (index->blocks == NULL)
		return ERR_MEMORY;
	index->capacity = count;
	for (size_t i = 0; i < count; i++) {
		struct audit_index_block *b = &index->blocks[i];

		b->offset = take_u64(c);
		b->len = take_u64(c);
		b->first_seq = take_u64(c);
		b->least_ms = (int64_t)take_u64(c);
		b->most_ms = (int64_t)take_u64(c);
		b->records = cursor_u32be(c);
		take_names(c, &b->tenants);
		take_names(c, &b->actions);
		/* Without a gap from the beginning to the end. */
		if (b->offset != at || b->len == 0 || b->len > index->end - at)
			return ERR_SYNTAX;
		at += b->len;
	}
	index->count = count;
	return at == index->end && !c->failed && cursor_left(c) == 0 ? ERR_OK : ERR_SYNTAX;
}

static err_t
take_index(str_t bytes, struct audit_index *index)
{
	uint8_t sum[SHA256_SIZE];
	struct cursor c;
	size_t count;
	str_t part;

	if (bytes.len < sizeof(sum) || bytes.len > FILE_BYTES_MAX)
		return ERR_SYNTAX;
	bytes.len -= sizeof(sum);
	digest_of(DIGEST_SHA256, bytes, sum);
	c = cursor_of(bytes);
	part = cursor_take(&c, MAGIC_LEN);
	if (memcmp(sum, bytes.data + bytes.len, sizeof(sum)) != 0 || !str_eq(part, STR(MAGIC)))
		return ERR_SYNTAX;
	part = cursor_take(&c, AUDIT_HASH_LEN);
	if (c.failed)
		return ERR_SYNTAX;
	memcpy(index->first_hash, part.data, AUDIT_HASH_LEN);
	index->end = take_u64(&c);
	index->last_seq = take_u64(&c);
	index->grain = cursor_u32be(&c);
	count = cursor_u32be(&c);
	if (c.failed || index->grain < AUDIT_INDEX_RECORDS || count > AUDIT_INDEX_BLOCKS_MAX)
		return ERR_SYNTAX;
	return take_blocks(&c, index, count);
}

err_t
audit_index_read(str_t bytes, struct audit_index **ret)
{
	struct audit_index *index = audit_index_new();
	err_t err = index == NULL ? ERR_MEMORY : take_index(bytes, index);

	if (err != ERR_OK)
		audit_index_free(&index);
	else
		*ret = index;
	return err;
}

/* ---- files ---- */

static bool
path_of(char path[PATH_BYTES], str_t dir, str_t log_name)
{
	struct buf b;
	bool fits;

	buf_init(&b, PATH_BYTES);
	buf_printf(&b, "%.*s/%.*s" SUFFIX, STR_FMT(dir), STR_FMT(log_name));
	fits = !buf_failed(&b) && b.len < PATH_BYTES;
	if (fits) {
		memcpy(path, b.data, b.len);
		path[b.len] = '\0';
	}
	buf_fini(&b);
	return fits;
}

err_t
audit_index_save(const struct audit_index *index, str_t dir, str_t log_name)
{
	char path[PATH_BYTES];
	struct buf bytes;
	err_t err;

	if (!path_of(path, dir, log_name))
		return ERR_LIMIT;
	buf_init(&bytes, FILE_BYTES_MAX);
	audit_index_write(&bytes, index);
	err = buf_failed(&bytes) ? ERR_LIMIT :
				   file_replace(NULL, path, FILE_MODE, buf_str(&bytes), NULL);
	buf_fini(&bytes);
	return err;
}

err_t
audit_index_load(str_t dir, str_t log_name, str_t first_line, struct audit_index **ret)
{
	struct audit_index *index = NULL;
	char path[PATH_BYTES];
	struct buf bytes;
	err_t err;

	if (!path_of(path, dir, log_name))
		return ERR_LIMIT;
	buf_init(&bytes, FILE_BYTES_MAX);
	err = file_read(NULL, path, FILE_OURS, &bytes, NULL);
	if (err == ERR_OK)
		err = audit_index_read(buf_str(&bytes), &index);
	buf_fini(&bytes);
	TRY(err);
	if (first_line.len <= AUDIT_HASH_LEN + 2 ||
	    memcmp(first_line.data + first_line.len - AUDIT_HASH_LEN - 2, index->first_hash,
		AUDIT_HASH_LEN) != 0) {
		audit_index_free(&index);
		return ERR_SYNTAX;
	}
	*ret = index;
	return ERR_OK;
}

bool
audit_index_is_kept(str_t dir, str_t log_name)
{
	char path[PATH_BYTES];

	return path_of(path, dir, log_name) && access(path, R_OK) == 0;
}

static bool
is_of_one(str_t name, const struct audit_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		str_t log = files[i].name;

		log.len -= files[i].compressed ? 3 : 0; /* .gz */
		if (name.len == log.len + sizeof(SUFFIX) - 1 && str_has_prefix(name, log))
			return true;
	}
	return false;
}

void
audit_index_prune(str_t dir, const struct audit_file *files, size_t count)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *list;
	int fd;

	if (dir.len >= sizeof(path))
		return;
	memcpy(path, dir.data, dir.len);
	path[dir.len] = '\0';
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd >= 0 ? fdopendir(fd) : NULL;
	if (list == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(list)) != NULL) {
		str_t name = str_of(entry->d_name);

		if (str_has_suffix(name, STR(SUFFIX)) && !is_of_one(name, files, count))
			(void)unlinkat(fd, entry->d_name, 0);
	}
	(void)closedir(list);
}
