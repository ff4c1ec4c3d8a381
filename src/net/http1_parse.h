/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1_parse: the head of an HTTP/1.1 request, and chunked bodies.
 *
 * Strict where looseness has let requests be smuggled: CRLF alone ends a line,
 * no folding, no blank before a colon, one Content-Length or chunked and never
 * both, no other transfer coding.  Nothing is allocated or changed; what comes
 * out borrows the bytes that went in.
 */
#ifndef NET_HTTP1_PARSE_H
#define NET_HTTP1_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
	HTTP1_HEAD_MAX = 16384,
	HTTP1_TARGET_MAX = 8192,
	HTTP1_FIELDS_MAX = 64,
};

struct http1_field {
	str_t name, value;
};

struct http1_head {
	str_t method, path, query;
	struct http1_field fields[HTTP1_FIELDS_MAX];
	size_t field_count;
	size_t size; /* of the whole head, with the empty line */
	uint64_t body_len; /* of an unchunked body */
	bool chunked, keep_alive, expects_continue, old; /* old: HTTP/1.0 */
};

/* 0: not complete yet; 1: complete; else the HTTP status to refuse it with. */
int http1_head_read(str_t bytes, struct http1_head *ret_head);

str_t http1_field_find(const struct http1_head *, str_t name);

/*
 * Decodes a chunked body at the front of `bytes` in place, moving its chunks
 * together at the front.  0: not complete; 1: complete, `len` bytes of body, which
 * took `at` bytes; else the status to refuse it with.
 */
struct http1_chunks { /* where the decoding stands; { 0 } at first */
	size_t at, len;
};
int http1_chunks_read(struct http1_chunks *, char *bytes, size_t size, size_t limit);

#endif
