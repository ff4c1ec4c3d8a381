/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo ADDRESS: the least that a server with libnghttp2 can do, to hold ours against: one
 * thread, epoll, every request's body sent back with a gRPC status.  ADDRESS is
 * unix:PATH or a port of 127.0.0.1.  It has no deadlines, no bounds and no mercy.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BODY_MAX = 4096, IO_SIZE = 64 * 1024, BATCH = 128 };

struct link {
	int fd;
	nghttp2_session *session;
};

struct echo {
	size_t len, sent;
	char body[BODY_MAX];
};

static nghttp2_session_callbacks *callbacks;

#define FIELD(n, v) \
	{ (uint8_t *)(n), (uint8_t *)(v), sizeof(n) - 1, sizeof(v) - 1, \
		NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE }

static int
on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct echo *e = malloc(sizeof(*e));

	(void)user;
	if (e == NULL)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	e->len = e->sent = 0;
	return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, e);
}

static int
on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
    void *user)
{
	struct echo *e = nghttp2_session_get_stream_user_data(session, id);

	(void)flags;
	(void)user;
	if (e == NULL || len > BODY_MAX - e->len)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	memcpy(e->body + e->len, data, len);
	e->len += len;
	return 0;
}

static ssize_t
read_body(nghttp2_session *session, int32_t id, uint8_t *room, size_t size, uint32_t *flags,
    nghttp2_data_source *source, void *user)
{
	static const nghttp2_nv trailers[] = { FIELD("grpc-status", "0") };
	struct echo *e = source->ptr;
	size_t len = e->len - e->sent < size ? e->len - e->sent : size;

	(void)user;
	memcpy(room, e->body + e->sent, len);
	e->sent += len;
	if (e->sent == e->len) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (nghttp2_submit_trailer(session, id, trailers, 1) != 0)
			return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	return (ssize_t)len;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	static const nghttp2_nv fields[] = { FIELD(":status", "200"),
		FIELD("content-type", "application/grpc") };
	nghttp2_data_provider provider = { .read_callback = read_body };

	(void)user;
	if ((frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) ||
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	provider.source.ptr = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	return nghttp2_submit_response(session, frame->hd.stream_id, fields, 2, &provider);
}

static int
on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
	(void)code;
	(void)user;
	free(nghttp2_session_get_stream_user_data(session, id));
	return 0;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
listen_at(const char *address)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_unix = strncmp(address, "unix:", 5) == 0;
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int rv;

	if (is_unix) {
		(void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", address + 5);
		rv = bind(fd, (struct sockaddr *)&local, sizeof(local));
	} else {
		inet.sin_port = htons((uint16_t)strtoul(address, NULL, 10));
		rv = bind(fd, (struct sockaddr *)&inet, sizeof(inet));
	}
	if (fd < 0 || rv != 0 || listen(fd, 128) != 0)
		die(address);
	return fd;
}

static bool
greet(int epoll, int listener)
{
	static const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 256 } };
	struct link *l = calloc(1, sizeof(*l));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = l };
	int on = 1;

	if (l == NULL)
		die("calloc");
	l->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	if (l->fd < 0) {
		free(l);
		return false;
	}
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (nghttp2_session_server_new(&l->session, callbacks, l) != 0 ||
	    nghttp2_submit_settings(l->session, NGHTTP2_FLAG_NONE, settings, 1) != 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &event) != 0)
		die("session");
	return true;
}

/* Gathered into one write, as any server would. */
static bool
flush(struct link *l)
{
	static uint8_t out[IO_SIZE];
	const uint8_t *bytes;
	size_t len = 0;

	for (;;) {
		ssize_t got = nghttp2_session_mem_send(l->session, &bytes);

		if (got < 0)
			return false;
		if (len > 0 && (got == 0 || len + (size_t)got > sizeof(out))) {
			/* The load generator always reads: what it will not take ends it. */
			if (write(l->fd, out, len) != (ssize_t)len)
				return false;
			len = 0;
		}
		if (got == 0)
			return true;
		memcpy(out + len, bytes, (size_t)got);
		len += (size_t)got;
	}
}

static void
serve(struct link *l)
{
	static uint8_t in[IO_SIZE];
	ssize_t got = read(l->fd, in, sizeof(in));

	if (got < 0 && errno == EAGAIN)
		return;
	if (got > 0 && nghttp2_session_mem_recv(l->session, in, (size_t)got) == got && flush(l))
		return;
	nghttp2_session_del(l->session);
	(void)close(l->fd);
	free(l);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[BATCH], event = { .events = EPOLLIN };
	int listener, epoll = epoll_create1(0);

	if (argc != 2) {
		(void)fprintf(stderr, "usage: echo unix:PATH|PORT\n");
		return 64;
	}
	listener = listen_at(argv[1]);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0 ||
	    nghttp2_session_callbacks_new(&callbacks) != 0)
		die("epoll");
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	for (;;) {
		int count = epoll_wait(epoll, events, BATCH, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr != NULL)
				serve(events[i].data.ptr);
			else
				while (greet(epoll, listener))
					;
		}
	}
}
