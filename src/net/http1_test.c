/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/echo.h"
#include "support/grpc_client.h"
#include "tap.h"

#define H "Host: a\r\n"
#define END "Connection: close\r\n\r\n"

static const struct {
	const char *what, *request;
	const char *statuses; /* of the replies, in order */
	const char *ends_in; /* of all that came */
} cases[] = {
	{ "health", "GET /healthz HTTP/1.1\r\n" H END, "200", "\r\n\r\n{\"status\":\"ok\"}\n" },
	{ "HEAD", "HEAD /healthz HTTP/1.1\r\n" H END, "200", "content-length: 16\r\nconnection: close\r\n\r\n" },
	{ "HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", "200", "{\"status\":\"ok\"}\n" },
	{ "two in a row", "GET /tree/a HTTP/1.1\r\n" H "\r\nGET /tree/b HTTP/1.1\r\n" H END, "200 200", "\r\n\r\n/tree/b" },
	{ "a body", "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n" END "abc", "200", "\r\n\r\nabc" },
	{ "a chunked body", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END
	    "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "200", "\r\n\r\nabc" },
	{ "a body, then another request", "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabcGET /tree/x HTTP/1.1\r\n"
	    H END, "200 200", "\r\n\r\n/tree/x" },
	{ "a chunked body, then another request", "POST /echo HTTP/1.1\r\n" H
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /tree/x HTTP/1.1\r\n" H END, "200 200", "\r\n\r\n/tree/x" },
	{ "the expectation of a body", "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 1\r\n" END,
	    "100 408", "Request Timeout\n" },
	{ "an unknown path, then another request", "GET /nope HTTP/1.1\r\n" H "\r\nGET /tree/x HTTP/1.1\r\n" H END,
	    "404 200", "/tree/x" },
	{ "another method", "PUT /healthz HTTP/1.1\r\n" H END, "405", "Method Not Allowed\n" },
	{ "OPTIONS", "OPTIONS /healthz HTTP/1.1\r\n" H END, "204", "allow: OPTIONS, GET, HEAD\r\nconnection: close\r\n\r\n" },
	{ "OPTIONS of nothing", "OPTIONS /nope HTTP/1.1\r\n" H END, "404", "Not Found\n" },
	{ "a path in other letters", "GET /Healthz HTTP/1.1\r\n" H END, "404", "Not Found\n" },
	{ "a path with dots", "GET /tree/../healthz HTTP/1.1\r\n" H END, "200", "/tree/../healthz" },
	{ "nonsense", "nonsense\r\n\r\n", "400", "Bad Request\n" },
	{ "nonsense, then a request", "GET / HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n" H END, "400", "Bad Request\n" },
	{ "a body too large", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1048577\r\n\r\n", "413", "Content Too Large\n" },
	{ "two lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400",
	    "Bad Request\n" },
	{ "half a head", "GET /healthz HTT", "408", "Request Timeout\n" },
	{ "half a body", "POST /echo HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nabc", "408", "Request Timeout\n" },
	{ "nothing", "", "", "" },
};

static void
read_all(int fd, struct buf *out)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char bytes[4096];
	ssize_t got;

	while (poll(&p, 1, 3000) == 1 && (got = read(fd, bytes, sizeof(bytes))) > 0)
		buf_add(out, bytes, (size_t)got);
}

static bool
statuses_are(str_t replies, const char *want)
{
	char got[100] = "", *end = got;
	size_t at = 0;

	while ((at = str_find(replies, STR("HTTP/1.1 "), at)) < replies.len && end < got + 90) {
		if (end > got)
			*end++ = ' ';
		memcpy(end, replies.data + at + 9, 3);
		end += 3;
		at += 9;
	}
	*end = '\0';
	return strcmp(got, want) == 0;
}

static void
test_cases(const char *address, size_t piece)
{
	struct buf replies;

	buf_init(&replies, 1 << 20);
	for (size_t i = 0; i < COUNT(cases); i++) {
		str_t rest = str_of(cases[i].request);
		int fd = grpc_client_connect(address);

		while (rest.len > 0) {
			size_t len = rest.len < piece ? rest.len : piece;

			if (send(fd, rest.data, len, MSG_NOSIGNAL) != (ssize_t)len)
				break;
			rest = str_skip(rest, len);
			if (piece < 100 && i % 4 == 0)
				(void)usleep(100);
		}
		buf_clear(&replies);
		read_all(fd, &replies);
		ok(statuses_are(buf_str(&replies), cases[i].statuses) &&
			str_has_suffix(buf_str(&replies), str_of(cases[i].ends_in)),
		    "%s: %s", cases[i].what, cases[i].statuses);
		if (!statuses_are(buf_str(&replies), cases[i].statuses))
			tap_note("got %.*s", STR_FMT(buf_str(&replies)));
		(void)close(fd);
	}
	buf_fini(&replies);
}

static void
test_big(const char *address)
{
	static char body[1 << 20];
	static const char head[] = "POST /echo HTTP/1.1\r\n" H "Content-Length: 1048576\r\n" END;
	int fd = grpc_client_connect(address);
	struct buf reply;

	memset(body, 'b', sizeof(body));
	buf_init(&reply, 2 << 20);
	ok(send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL) > 0 &&
		send(fd, body, sizeof(body), MSG_NOSIGNAL) == sizeof(body),
	    "a body of the limit is sent");
	read_all(fd, &reply);
	ok(reply.len > sizeof(body) && str_has_suffix(buf_str(&reply), str_make(body, sizeof(body))),
	    "and comes back");
	buf_fini(&reply);
	(void)close(fd);
}

/* Far more than is read ahead: the rest waits in the socket, and all are answered in order. */
static void
test_burst(const char *address)
{
	enum { BURST = 20000 };
	static const char one[] = "GET /tree/x HTTP/1.1\r\n" H "\r\n";
	static const char last[] = "GET /healthz HTTP/1.1\r\n" H END;
	int fd = grpc_client_connect(address);
	struct buf burst, replies;
	size_t sent = 0, count = 0, at = 0;
	char bytes[65536];

	buf_init(&burst, 4 << 20);
	buf_init(&replies, 8 << 20);
	for (int i = 0; i < BURST; i++)
		buf_add_text(&burst, one);
	buf_add_text(&burst, last);
	for (struct pollfd p = { .fd = fd, .events = POLLOUT }; poll(&p, 1, 3000) == 1; ) {
		ssize_t n;

		if ((p.revents & POLLIN) != 0 || (p.revents & POLLHUP) != 0) {
			n = read(fd, bytes, sizeof(bytes));
			if (n <= 0)
				break;
			buf_add(&replies, bytes, (size_t)n);
		} else if ((p.revents & POLLOUT) != 0) {
			n = send(fd, burst.data + sent, burst.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
			sent += n > 0 ? (size_t)n : 0;
		}
		p.events = (short)(POLLIN | (sent < burst.len ? POLLOUT : 0));
	}
	while ((at = str_find(buf_str(&replies), STR("HTTP/1.1 200"), at)) < replies.len) {
		count++;
		at++;
	}
	ok(count == BURST + 1 && str_has_suffix(buf_str(&replies), STR("{\"status\":\"ok\"}\n")),
	    "a burst of %d pipelined requests: %zu answers", BURST + 1, count);
	buf_fini(&burst);
	buf_fini(&replies);
	(void)close(fd);
}

int
main(void)
{
	struct server_config config = { .http1 = &echo_routes,
		.limits = { .handshake_ms = 300, .preface_ms = 300, .header_ms = 300, .request_ms = 300, .idle_ms = 300 } };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);

	test_cases(t->address, 10000);
	test_cases(t->address, 1);
	test_big(t->address);
	test_burst(t->address);
	echo_stop(&t);
	return tap_done();
}
