/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/echo.h"
#include "support/grpc_client.h"
#include "tap.h"

#define SAY STR("/echo.Echo/Say")

enum { IDLE_CONNECTIONS = 1000, BIG = 3 << 20 };

/* Waits up to two seconds for what another thread does. */
#define SOON(condition)                                              \
	({                                                           \
		int tries_ = 0;                                      \
		while (!(condition) && tries_++ < 2000)              \
			(void)usleep(1000);                          \
		(condition);                                         \
	})

static const struct grpc_client_field hour[] = { { STR("grpc-timeout"), STR("1H") } };
static const struct grpc_client_field late[] = { { STR("grpc-timeout"), STR("0n") } };
static const struct grpc_client_field broken[] = { { STR("grpc-timeout"), STR("1s") } };
static const struct grpc_client_field gzip[] = { { STR("grpc-encoding"), STR("gzip") } };
static const struct grpc_client_field plain[] = { { STR("grpc-encoding"), STR("identity") } };
static const struct grpc_client_field twice[] = { { STR("x-service-name"), STR("a") },
	{ STR("x-service-name"), STR("b") } };
static const struct grpc_client_field same[] = { { STR("x-service-name"), STR("a") },
	{ STR("x-service-name"), STR("a") } };
static const struct grpc_client_field upper[] = { { STR("x-b\n"), STR("a") } };

#define FIELDS(array) .fields = (array), .field_count = COUNT(array)

static const struct {
	const char *what;
	struct grpc_client_call call;
	int http, status; /* status -1: none */
	str_t message;
} cases[] = {
	{ "an echo", { .path = SAY, .message = STR("hello") }, 200, 0, STR("hello") },
	{ "an empty message", { .path = SAY }, 200, 0, STR("") },
	{ "a media type with +proto", { .path = SAY, .content_type = STR("application/grpc+proto") }, 200, 0,
	    STR("") },
	{ "a deadline far away", { .path = SAY, .message = STR("x"), FIELDS(hour) }, 200, 0, STR("x") },
	{ "identity encoding", { .path = SAY, .message = STR("x"), FIELDS(plain) }, 200, 0, STR("x") },
	{ "metadata given twice alike", { .path = SAY, .message = STR("x"), FIELDS(same) }, 200, 0, STR("x") },
	{ "a failure", { .path = STR("/echo.Echo/Fail"), .message = STR("no") }, 200, 9, STR("") },
	{ "an unknown method", { .path = STR("/echo.Echo/Nope") }, 200, 12, STR("") },
	{ "a path in other letters", { .path = STR("/echo.Echo/say") }, 200, 12, STR("") },
	{ "a path with a query", { .path = STR("/echo.Echo/Say?a") }, 200, 12, STR("") },
	{ "a doubled slash", { .path = STR("//echo.Echo/Say") }, 200, 12, STR("") },
	{ "a deadline that has passed", { .path = SAY, FIELDS(late) }, 200, 4, STR("") },
	{ "a malformed deadline", { .path = SAY, FIELDS(broken) }, 200, 3, STR("") },
	{ "a compressed encoding", { .path = SAY, FIELDS(gzip) }, 200, 12, STR("") },
	{ "metadata given twice differently", { .path = SAY, FIELDS(twice) }, 200, 3, STR("") },
	{ "JSON messages", { .path = SAY, .content_type = STR("application/grpc+json") }, 200, 12, STR("") },
	{ "another media type", { .path = SAY, .content_type = STR("application/json") }, 415, -1, STR("") },
	{ "gRPC-Web", { .path = SAY, .content_type = STR("application/grpc-web") }, 415, -1, STR("") },
	{ "GET", { .path = SAY, .method = STR("GET") }, 405, -1, STR("") },
	{ "no message", { .path = SAY, .raw = true, .message = STR("") }, 200, 12, STR("") },
	{ "half a prefix", { .path = SAY, .raw = true, .message = STR("\0\0\0") }, 200, 13, STR("") },
	{ "half a message", { .path = SAY, .raw = true, .message = STR("\0\0\0\0\5abc") }, 200, 13, STR("") },
	{ "two messages", { .path = SAY, .raw = true, .message = STR("\0\0\0\0\1a\0\0\0\0\1b") }, 200, 12, STR("") },
	{ "a byte too many", { .path = SAY, .raw = true, .message = STR("\0\0\0\0\1ab") }, 200, 12, STR("") },
	{ "a compressed message", { .path = SAY, .raw = true, .message = STR("\1\0\0\0\1a") }, 200, 12, STR("") },
	{ "an impossible flag", { .path = SAY, .raw = true, .message = STR("\2\0\0\0\1a") }, 200, 13, STR("") },
	{ "4 GiB announced", { .path = SAY, .raw = true, .message = STR("\0\377\377\377\377a") }, 200, 8, STR("") },
	{ "an early refusal of an endless request", { .path = STR("/echo.Echo/Nope"), .open = true }, 200, 12,
	    STR("") },
};

static void
test_cases(const char *address)
{
	struct grpc_client *c = grpc_client_open(address, NULL);
	struct grpc_client_answer a;

	for (size_t i = 0; i < COUNT(cases); i++) {
		a = grpc_client_run(c, &cases[i].call);
		ok(a.http_status == cases[i].http && a.status == cases[i].status && !a.was_reset &&
			str_eq(a.message, cases[i].message) &&
			a.message_count == (cases[i].status == 0 ? 1 : 0),
		    "%s: HTTP %d, status %d, %zu messages", cases[i].what, a.http_status, a.status, a.message_count);
	}
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, FIELDS(upper) });
	ok(a.was_reset && a.http_status == 0, "a malformed field resets the stream");
	a = grpc_client_say(c, "/echo.Echo/Fail", STR("50% of \xc3\xa4\n"));
	ok(str_eq(a.text, STR("50%25 of %C3%A4%0A")), "a failure's text is percent-encoded");
	a = grpc_client_say(c, "/echo.Echo/Say", STR("still here"));
	ok(a.status == 0, "and the connection goes on");
	grpc_client_close(&c);
}

static void
test_sizes(const char *address)
{
	struct grpc_client *c = grpc_client_open(address, NULL);
	static char big[(4 << 20) + 1];
	struct grpc_client_field fields[80];
	struct grpc_client_answer a;
	static char value[15000];

	memset(big, 'x', sizeof(big));
	a = grpc_client_say(c, "/echo.Echo/Say", str_make(big, BIG));
	ok(a.status == 0 && str_eq(a.message, str_make(big, BIG)), "3 MiB there and back");
	a = grpc_client_say(c, "/echo.Echo/Say", str_make(big, 4 << 20));
	ok(a.status == 0 && a.message.len == 4 << 20, "4 MiB too");
	a = grpc_client_say(c, "/echo.Echo/Say", str_make(big, sizeof(big)));
	ok(a.status == 8, "a byte more is refused");
	for (size_t i = 0; i < COUNT(fields); i++)
		fields[i] = (struct grpc_client_field){ STR("x-some-field"), STR("v") };
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, .fields = fields, .field_count = 58 });
	ok(a.status == 0, "64 fields are fine");
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, .fields = fields, .field_count = 59 });
	ok(a.was_reset, "65 are not");
	memset(value, 'v', sizeof(value));
	fields[0].value = str_make(value, sizeof(value));
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, .fields = fields, .field_count = 1 });
	ok(a.status == 0, "15,000 bytes of fields are fine");
	fields[1].value = str_make(value, 2000);
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, .fields = fields, .field_count = 2 });
	ok(a.was_reset, "17,000 are not");
	a = grpc_client_say(c, "/echo.Echo/Say", STR("x"));
	ok(a.status == 0 && a.goaway_code < 0, "the connection outlives it all");
	grpc_client_close(&c);
}

static void
test_streams(const char *address, struct echo *echo)
{
	struct grpc_client *c = grpc_client_open(address, NULL);
	unsigned cancelled = atomic_load(&echo->cancelled);
	struct grpc_client_answer a;

	a = grpc_client_say(c, "/echo.Echo/Count", STR("0"));
	ok(a.status == 0 && a.message_count == 0, "a stream of nothing");
	a = grpc_client_say(c, "/echo.Echo/Count", STR("3"));
	ok(a.status == 0 && a.message_count == 3 && str_eq(a.message, STR("1")), "a stream of three");
	a = grpc_client_say(c, "/echo.Echo/Count", STR("100000"));
	ok(a.status == 0 && a.message_count == 100000, "a stream longer than the queue");
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = STR("/echo.Echo/Count"),
		.message = STR("100000000"), .cancel_after = 10 });
	ok(a.was_reset && a.message_count >= 10, "a stream that the client cancels");
	ok(SOON(atomic_load(&echo->cancelled) == cancelled + 1), "is told to its handler, once");
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = STR("/echo.Echo/Never"),
		.fields = (const struct grpc_client_field[]){ { STR("grpc-timeout"), STR("50m") } },
		.field_count = 1 });
	ok(a.status == 4, "a handler that never answers: the deadline does");
	ok(SOON(atomic_load(&echo->cancelled) == cancelled + 2), "and the handler is told");
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = STR("/echo.Echo/Never"), .timeout_ms = 50 });
	ok(a.timed_out, "a client that loses patience");
	grpc_client_close(&c);
	ok(SOON(atomic_load(&echo->cancelled) == cancelled + 3), "and goes: its call is cancelled");
}

static void
test_who(const char *address)
{
	struct grpc_client *c = grpc_client_open(address, NULL);
	struct grpc_client_answer a = grpc_client_run(c,
	    &(struct grpc_client_call){ .path = STR("/echo.Echo/Who"), FIELDS(same) });
	char want[100];

	(void)snprintf(want, sizeof(want), "unix:uid=%u,pid=%d secured=0 certified=0 service=a",
	    (unsigned)getuid(), (int)getpid());
	ok(str_eq(a.message, str_of(want)), "a Unix peer is known: %.*s", STR_FMT(a.message));
	grpc_client_close(&c);
}

static void
test_many(const char *address)
{
	static struct grpc_client *clients[IDLE_CONNECTIONS];
	struct rlimit files = { 4096, 4096 };
	struct grpc_client_answer a;
	int open = 0, answered = 0;

	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < IDLE_CONNECTIONS; i++) {
		clients[i] = grpc_client_open(address, NULL);
		open += clients[i] != NULL;
	}
	ok(open == IDLE_CONNECTIONS, "%d connections", open);
	for (int i = 0; i < IDLE_CONNECTIONS; i += 7) {
		a = grpc_client_say(clients[i], "/echo.Echo/Say", STR("x"));
		answered += a.status == 0;
	}
	ok(answered == (IDLE_CONNECTIONS + 6) / 7, "some of them are used");
	for (int i = 0; i < IDLE_CONNECTIONS; i++)
		grpc_client_close(&clients[i]);
}

static void
test_main(bool answers_late)
{
	struct server_config config = { 0 };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);

	t->echo.answers_late = answers_late;
	test_cases(t->address);
	if (!answers_late) {
		test_sizes(t->address);
		test_streams(t->address, &t->echo);
		test_many(t->address);
	}
	echo_stop(&t);
}

/* ---- deadlines, floods, the gate, draining ---- */

static bool
is_closed_within(int fd, int from_ms, int to_ms)
{
	int64_t start = clock_steady_ns(&clock_system);
	struct pollfd p = { fd, POLLIN, 0 };
	char bytes[4096];
	int64_t took_ms;
	bool closed = false;

	while (!closed && poll(&p, 1, to_ms) == 1)
		closed = read(fd, bytes, sizeof(bytes)) <= 0;
	took_ms = (clock_steady_ns(&clock_system) - start) / CLOCK_NS_PER_MS;
	(void)close(fd);
	if (took_ms < from_ms || took_ms > to_ms)
		tap_note("after %d ms", (int)took_ms);
	return closed && took_ms >= from_ms && took_ms <= to_ms;
}

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"

static const struct {
	const char *what;
	str_t bytes;
	int from_ms, to_ms;
} silences[] = {
	{ "says nothing", STR(""), 90, 2000 },
	{ "says half a preface", STR("PRI * HT"), 90, 2000 },
	{ "says the preface and no settings", STR(PREFACE), 90, 2000 },
	{ "says HTTP/1.1", STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0, 1500 },
	{ "is idle for too long", STR(PREFACE SETTINGS), 290, 3000 },
};

static void
test_deadlines(void)
{
	struct server_config config = { .limits = { .handshake_ms = 100, .preface_ms = 100, .header_ms = 100, .idle_ms = 300, .request_ms = 150,
						.stall_ms = 200 } };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);
	struct grpc_client *c;
	struct grpc_client_answer a;

	for (size_t i = 0; i < COUNT(silences); i++) {
		int fd = grpc_client_connect(t->address);

		ok(write(fd, silences[i].bytes.data, silences[i].bytes.len) >= 0 &&
			is_closed_within(fd, silences[i].from_ms, silences[i].to_ms),
		    "a client that %s is cut off", silences[i].what);
	}
	c = grpc_client_open(t->address, NULL);
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, .message = STR("x"), .open = true });
	ok(a.status == 4, "a request that does not end is answered in the end");
	a = grpc_client_say(c, "/echo.Echo/Say", STR("x"));
	ok(a.status == 0, "on a connection that goes on");
	ok(grpc_client_wait(c, 3000, &a) && a.goaway_code == 0, "until it is idle: GOAWAY, then closed");
	grpc_client_close(&c);

	/* Window 0: SETTINGS_INITIAL_WINDOW_SIZE 0, then a call whose reply cannot be sent. */
	c = grpc_client_open(t->address, NULL);
	ok(grpc_client_send(c, STR("\0\0\6\4\0\0\0\0\0\0\4\0\0\0\0")), "a client opens no window");
	a = grpc_client_run(c, &(struct grpc_client_call){ .path = SAY, .message = STR("x"), .timeout_ms = 3000 });
	ok(a.was_closed && !a.timed_out, "and is cut off while its reply waits");
	grpc_client_close(&c);
	echo_stop(&t);
}

static void
test_floods(void)
{
	struct server_config config = { 0 };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);
	struct grpc_client *good = grpc_client_open(t->address, NULL);
	struct grpc_client *c = grpc_client_open(t->address, NULL);
	struct grpc_client_answer a;
	char pings[17 * 1000] = { 0 };
	int served = 0;

	for (size_t i = 0; i < sizeof(pings); i += 17)
		memcpy(pings + i, "\0\0\10\6", 4);
	(void)grpc_client_send(c, str_make(pings, sizeof(pings)));
	ok(grpc_client_wait(c, 3000, &a) && a.goaway_code == 11, "a thousand pings: ENHANCE_YOUR_CALM");
	grpc_client_close(&c);
	c = grpc_client_open(t->address, NULL);
	for (int i = 0; i < 1000; i++)
		served += grpc_client_say(c, "/echo.Echo/Say", STR("x")).status == 0;
	ok(served == 1000, "a thousand calls are no flood");
	a = grpc_client_say(good, "/echo.Echo/Say", STR("x"));
	ok(a.status == 0, "and nobody else is harmed");
	grpc_client_close(&c);
	grpc_client_close(&good);
	echo_stop(&t);
}

static void
test_gate(void)
{
	struct gate *gate = gate_new(2, 2);
	struct server_config config = { .gate = gate };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);
	struct grpc_client *first = grpc_client_open(t->address, NULL);
	struct grpc_client *second = grpc_client_open(t->address, NULL);
	int third;

	ok(grpc_client_say(first, "/echo.Echo/Say", STR("x")).status == 0 &&
		grpc_client_say(second, "/echo.Echo/Say", STR("x")).status == 0,
	    "two are let in");
	third = grpc_client_connect(t->address);
	ok(is_closed_within(third, 0, 1000), "the third is not");
	grpc_client_close(&first);
	ok(SOON(gate_count(gate) == 1), "who goes makes room");
	first = grpc_client_open(t->address, NULL);
	ok(grpc_client_say(first, "/echo.Echo/Say", STR("x")).status == 0, "for another");
	grpc_client_close(&first);
	grpc_client_close(&second);
	echo_stop(&t);
	ok(gate_count(gate) == 0, "and a stopped server has none");
	gate_free(&gate);
}

static void
test_drain(void)
{
	struct server_config config = { 0 };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);
	struct grpc_client *idle = grpc_client_open(t->address, NULL);
	struct grpc_client *busy = grpc_client_open(t->address, NULL);
	struct grpc_client_answer a;
	unsigned started;

	ok(grpc_client_say(idle, "/echo.Echo/Say", STR("x")).status == 0, "one client is idle");
	started = atomic_load(&t->echo.started);
	a = grpc_client_run(busy, &(struct grpc_client_call){ .path = STR("/echo.Echo/Never"), .timeout_ms = 100 });
	ok(a.timed_out && atomic_load(&t->echo.started) == started + 1, "one waits for an answer");
	echo_drain(t);
	ok(grpc_client_wait(idle, 1000, &a) && a.goaway_code == 0, "the idle one is told to go");
	ok(!atomic_load(&t->drained), "the other is waited for");
	ok(grpc_client_wait(busy, 4000, &a) && a.goaway_code == 0, "but not for ever");
	ok(SOON(atomic_load(&t->drained)), "then all are gone");
	grpc_client_close(&idle);
	grpc_client_close(&busy);
	echo_stop(&t);
}

int
main(void)
{
	struct server_config config = { 0 };
	struct echo_thread *t;
	char address[60];

	test_main(false);
	test_main(true);
	test_deadlines();
	test_floods();
	test_gate();
	test_drain();
	(void)snprintf(address, sizeof(address), "unix:/tmp/grpc_test.%d", (int)getpid());
	t = echo_start(address, &config);
	test_cases(t->address);
	test_who(t->address);
	echo_stop(&t);
	return tap_done();
}
