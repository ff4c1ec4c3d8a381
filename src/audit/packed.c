/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "codec/gzip.h"

enum {
	FIELD_LEN = 12, /* "CS", its length as two bytes, and two numbers of four, little-endian */
	HEADER_LEN = 10 + 2 + FIELD_LEN, /* RFC 1952 2.3 */
	LEVEL = 6,
	PACKED_MAX = 2 * AUDIT_PACKED_MEMBER,
	TABLE_BYTES = 64 << 20,
};

struct member {
	uint64_t at, offset; /* in the file; in the plain text */
	uint32_t packed, plain;
};

struct audit_packed {
	int fd;
	struct arena *arena; /* the table */
	VEC(struct member) members;
	struct arena *unpacked; /* of the member that was read last */
	struct buf bytes;
	size_t current; /* which one; members.count: none */
	str_t text;
};

static void
put_u32le(char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(n >> 8 * i);
}

static uint32_t
get_u32le(const char *at)
{
	uint32_t n = 0;

	for (int i = 3; i >= 0; i--)
		n = n << 8 | (uint8_t)at[i];
	return n;
}

err_t
audit_packed_write(struct buf *out, struct buf *scratch, str_t plain)
{
	char field[FIELD_LEN] = { 'C', 'S', FIELD_LEN - 4, 0 };

	buf_clear(scratch);
	TRY(gzip_write_body(scratch, plain, LEVEL));
	put_u32le(field + 4, (uint32_t)(HEADER_LEN + scratch->len));
	put_u32le(field + 8, (uint32_t)plain.len);
	gzip_write_header(out, str_make(field, sizeof(field)));
	buf_add_str(out, buf_str(scratch));
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

/* ERR_NOT_FOUND at the end of the file. */
static err_t
read_at(int fd, char *bytes, size_t len, uint64_t at)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, bytes + got, len - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (n == 0)
			return got == 0 ? ERR_NOT_FOUND : ERR_SYNTAX;
		got += (size_t)n;
	}
	return ERR_OK;
}

static bool
is_ours(const char head[HEADER_LEN])
{
	static const char begin[] = { 0x1f, (char)0x8b, 8, 4 }; /* deflate, and an extra field */
	static const char extra[] = { FIELD_LEN, 0, 'C', 'S', FIELD_LEN - 4, 0 };

	return memcmp(head, begin, sizeof(begin)) == 0 && memcmp(head + 10, extra, sizeof(extra)) == 0;
}

static err_t
read_table(struct audit_packed *p)
{
	char head[HEADER_LEN];
	struct member m = { 0 };

	for (;;) {
		err_t err = read_at(p->fd, head, sizeof(head), m.at);

		if (err == ERR_NOT_FOUND)
			return m.at > 0 ? ERR_OK : ERR_NOT_FOUND;
		TRY(err);
		if (!is_ours(head))
			return ERR_NOT_FOUND;
		m.packed = get_u32le(head + 16);
		m.plain = get_u32le(head + 20);
		if (m.packed <= HEADER_LEN || m.packed > PACKED_MAX || m.plain > AUDIT_PACKED_MEMBER)
			return ERR_SYNTAX;
		if (p->members.count == AUDIT_PACKED_MEMBERS_MAX)
			return ERR_NOT_FOUND;
		if (!VEC_PUSH(p->arena, &p->members, m))
			return ERR_MEMORY;
		m.at += m.packed;
		m.offset += m.plain;
	}
}

err_t
audit_packed_open(int dir_fd, const char *name, struct audit_packed **ret)
{
	struct audit_packed *p = calloc(1, sizeof(*p));
	err_t err = ERR_MEMORY;

	if (p == NULL)
		return ERR_MEMORY;
	buf_init(&p->bytes, PACKED_MAX);
	p->arena = arena_new(TABLE_BYTES);
	p->unpacked = arena_new(2 * AUDIT_PACKED_MEMBER);
	p->fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (p->fd < 0)
		err = ERR_IO;
	else if (p->arena != NULL && p->unpacked != NULL)
		err = read_table(p);
	p->current = p->members.count;
	if (err == ERR_OK)
		*ret = p;
	else
		audit_packed_close(&p);
	return err;
}

void
audit_packed_close(struct audit_packed **packed)
{
	struct audit_packed *p = *packed;
	int saved = errno;

	if (p == NULL)
		return;
	if (p->fd >= 0)
		(void)close(p->fd);
	arena_free(&p->arena);
	arena_free(&p->unpacked);
	buf_fini(&p->bytes);
	free(p);
	*packed = NULL;
	errno = saved;
}

static err_t
unpack(struct audit_packed *p, size_t i)
{
	const struct member *m = &p->members.at[i];
	struct gzip_limits limits = { .unpacked = AUDIT_PACKED_MEMBER };
	const char *why;
	err_t err;

	if (p->current == i)
		return ERR_OK;
	p->current = p->members.count;
	arena_reset(p->unpacked);
	buf_clear(&p->bytes);
	if (!buf_reserve(&p->bytes, m->packed))
		return ERR_MEMORY;
	err = read_at(p->fd, p->bytes.data, m->packed, m->at);
	if (err == ERR_OK)
		err = gzip_read(p->unpacked, str_make(p->bytes.data, m->packed), &limits, &p->text, &why);
	if (err == ERR_NOT_FOUND || err == ERR_LIMIT || (err == ERR_OK && p->text.len != m->plain))
		err = ERR_SYNTAX;
	if (err == ERR_OK)
		p->current = i;
	return err;
}

/* The member that the offset is in. */
static size_t
find(const struct audit_packed *p, uint64_t offset)
{
	size_t low = 0, high = p->members.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct member *m = &p->members.at[middle];

		if (m->offset + m->plain <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

err_t
audit_packed_read(struct audit_packed *p, uint64_t offset, uint64_t len, struct buf *out)
{
	size_t i = find(p, offset);

	for (; len > 0; i++) {
		uint64_t skip, take;

		if (i >= p->members.count)
			return ERR_SYNTAX;
		TRY(unpack(p, i));
		skip = offset - p->members.at[i].offset;
		take = p->text.len - skip < len ? p->text.len - skip : len;
		buf_add(out, p->text.data + skip, (size_t)take);
		offset += take;
		len -= take;
	}
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}
