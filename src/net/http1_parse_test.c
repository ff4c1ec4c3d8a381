/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1_parse.h"

#include <string.h>

#include "tap.h"

#define H "Host: a\r\n"

static const struct {
	str_t text;
	int want;
	const char *path, *query; /* when 1 */
	int body; /* -1: chunked */
	bool keep_alive;
} heads[] = {
	{ STR("GET / HTTP/1.1\r\n" H "\r\n"), 1, "/", "", 0, true },
	{ STR("GET /a?b=c?d HTTP/1.1\r\n" H "\r\nrest"), 1, "/a", "b=c?d", 0, true },
	{ STR("GET /%2e/../x HTTP/1.1\r\n" H "\r\n"), 1, "/%2e/../x", "", 0, true },
	{ STR("GET / HTTP/1.0\r\n\r\n"), 1, "/", "", 0, false },
	{ STR("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n"), 1, "/", "", 0, true },
	{ STR("GET / HTTP/1.1\r\n" H "connection: foo ,CLOSE\r\n\r\n"), 1, "/", "", 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length: 12\r\n\r\n"), 1, "/", "", 12, true },
	{ STR("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), 1, "/", "", -1, true },
	{ STR("GET / HTTP/1.1\r\n" H "x:\t y \t\r\n\r\n"), 1, "/", "", 0, true },
	{ STR("G"), 0, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H), 0, NULL, NULL, 0, false },
	{ STR(""), 0, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\n" H "\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H "X : a\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H ": a\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H "X\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET  / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.1 \r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET /\tx HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET /a#b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET http://a/ HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("G@T / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / http/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("GET / HTTP/2.0\r\n" H "\r\n"), 505, NULL, NULL, 0, false },
	{ STR("GET / HTTP/1.2\r\n" H "\r\n"), 505, NULL, NULL, 0, false },
	{ STR("\r\nGET / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, NULL, NULL, 0, false },
	{ STR("POST / HTTP/1.1\r\n" H "Expect: tea\r\n\r\n"), 417, NULL, NULL, 0, false },
};

static const struct {
	str_t text;
	int want;
	const char *body; /* when 1 */
	size_t rest;
} chunks[] = {
	{ STR("0\r\n\r\n"), 1, "", 0 },
	{ STR("3\r\nabc\r\n0\r\n\r\n"), 1, "abc", 0 },
	{ STR("3\r\nabc\r\n00a;x=y\r\n0123456789\r\n0\r\nT: x\r\n\r\nnext"), 1, "abc0123456789", 4 },
	{ STR("3\r\nabc\r\n"), 0, NULL, 0 },
	{ STR("3\r\nab"), 0, NULL, 0 },
	{ STR("0\r\n"), 0, NULL, 0 },
	{ STR("3\r\nabcd\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ STR("g\r\n"), 400, NULL, 0 },
	{ STR("\r\n"), 400, NULL, 0 },
	{ STR("-1\r\n"), 400, NULL, 0 },
	{ STR("3\nabc\r\n"), 400, NULL, 0 },
	{ STR("1 ;x\r\na\r\n0\r\n\r\n"), 1, "a", 0 },
	{ STR("1 x\r\na\r\n"), 400, NULL, 0 },
	{ STR("1 \r\na\r\n"), 400, NULL, 0 },
	{ STR("1;\x01\r\na\r\n"), 400, NULL, 0 },
	{ STR("0x1\r\na\r\n"), 400, NULL, 0 },
	{ STR("0\r\nT x\r\n\r\n"), 400, NULL, 0 },
	{ STR("0\r\n T: x\r\n\r\n"), 400, NULL, 0 },
	{ STR("0\r\nT: a\nb\r\n\r\n"), 400, NULL, 0 },
	{ STR("0\r\nT: a"), 0, NULL, 0 },
	{ STR("000000001\r\na\r\n"), 400, NULL, 0 },
	{ STR("ffffffff\r\n"), 413, NULL, 0 },
	{ STR("15\r\n"), 413, NULL, 0 },
	{ STR("a\r\n0123456789\r\nb\r\n"), 413, NULL, 0 },
};

static void
test_heads(void)
{
	static char big[40000];
	struct http1_head h;
	size_t at;

	for (size_t i = 0; i < COUNT(heads); i++) {
		int got = http1_head_read(heads[i].text, &h);

		ok(got == heads[i].want && (got != 1 ||
			(str_eq(h.path, str_of(heads[i].path)) && str_eq(h.query, str_of(heads[i].query)) &&
			    h.chunked == (heads[i].body < 0) &&
			    (h.chunked || h.body_len == (uint64_t)heads[i].body) &&
			    h.keep_alive == heads[i].keep_alive)),
		    "head %zu gives %d", i, got);
		/* Cut anywhere it is not complete, or refused early for a good reason. */
		for (size_t len = 0; got == 1 && len < h.size; len++) {
			struct http1_head part;

			if (http1_head_read(str_sub(heads[i].text, 0, len), &part) != 0)
				ok(false, "head %zu cut at %zu", i, len);
		}
	}
	memset(big, 'a', sizeof(big));
	memcpy(big, "GET /", 5);
	ok(http1_head_read(str_make(big, HTTP1_HEAD_MAX), &h) == 431, "a head without end");
	memcpy(big + 9000, " HTTP/1.1\r\nHost: a\r\n\r\n", 22);
	ok(http1_head_read(str_make(big, sizeof(big)), &h) == 414, "a target too long");
	at = (size_t)(stpcpy(big, "GET / HTTP/1.1\r\n" H) - big);
	for (int i = 0; i < HTTP1_FIELDS_MAX; i++)
		at += (size_t)(stpcpy(big + at, "a: b\r\n") - (big + at));
	(void)stpcpy(big + at, "\r\n");
	ok(http1_head_read(str_of(big), &h) == 431, "too many fields");
}

static void
test_chunks(void)
{
	char bytes[200];

	for (size_t i = 0; i < COUNT(chunks); i++) {
		struct http1_chunks c = { 0 };
		int got = 0;

		memcpy(bytes, chunks[i].text.data, chunks[i].text.len);
		got = http1_chunks_read(&c, bytes, chunks[i].text.len, 20);
		ok(got == chunks[i].want && (got != 1 ||
			(str_eq(str_make(bytes, c.len), str_of(chunks[i].body)) &&
			    chunks[i].text.len - c.at == chunks[i].rest)),
		    "chunks %zu give %d", i, got);
		if (got != 1)
			continue;
		c = (struct http1_chunks){ 0 };
		memcpy(bytes, chunks[i].text.data, chunks[i].text.len);
		for (size_t len = 0; len <= chunks[i].text.len - chunks[i].rest; len++)
			got = http1_chunks_read(&c, bytes, len, 20);
		ok(got == 1 && str_eq(str_make(bytes, c.len), str_of(chunks[i].body)), "also byte by byte");
	}
}

int
main(void)
{
	test_heads();
	test_chunks();
	return tap_done();
}
