/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* accept4, struct ucred */
#include "net/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "net/conn.h"
#include "net/grpc_protocol.h"
#include "net/http_protocol.h"

enum {
	ACCEPTS_PER_BATCH = 16, /* what is open already has its turn between */
	PAUSE_MS = 100, /* when descriptors or memory have run out */
	HELLO_MS = 5000,
	REQUEST_MS = 10000,
	STALL_MS = 10000,
	IDLE_MS = 300000,
	STREAMS = 256,
	HELD_BYTES = 16 << 20,
	QUEUED_BYTES = 16 << 20,
};

struct server {
	struct conn_host host;
	struct loop_source listener;
	struct loop_timer pause; /* accepting goes on when it expires */
	struct loop_timer deadline; /* of draining */
	struct shared *tls;
	struct shared_view tls_view;
	const struct unix_rule *unix_rule;
	struct conn *conns;
	bool draining;
	void (*on_drained)(void *);
	void *drained_context;
};

static struct server *
server_of(void *part, size_t offset)
{
	return (struct server *)(void *)((char *)part - offset);
}

static void
tell_drained(struct server *s)
{
	void (*on_drained)(void *) = s->on_drained;

	if (!s->draining || s->conns != NULL || on_drained == NULL)
		return;
	s->on_drained = NULL;
	loop_timer_stop(s->host.loop, &s->deadline);
	on_drained(s->drained_context);
}

static void
on_gone(struct conn_host *host, struct conn *c)
{
	struct server *s = server_of(host, offsetof(struct server, host));

	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	s->host.counts.open--;
	if (s->host.gate != NULL)
		gate_leave(s->host.gate, &c->peer);
	tell_drained(s);
}

static struct peer
read_peer(int fd, const struct sockaddr_storage *from)
{
	struct peer peer = { .kind = PEER_UNIX };
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	switch (from->ss_family) {
	case AF_INET:
		memcpy(&v4, from, sizeof(v4));
		peer.kind = PEER_IPV4;
		peer.port = ntohs(v4.sin_port);
		memcpy(peer.ip, &v4.sin_addr, 4);
		break;
	case AF_INET6:
		memcpy(&v6, from, sizeof(v6));
		peer.port = ntohs(v6.sin6_port);
		peer.kind = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? PEER_IPV4 : PEER_IPV6;
		memcpy(peer.ip, (const char *)&v6.sin6_addr + (peer.kind == PEER_IPV4 ? 12 : 0),
		    peer.kind == PEER_IPV4 ? 4 : 16);
		break;
	default:
		peer.uid = (uid_t)-1;
		peer.gid = (gid_t)-1;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
			peer.uid = cred.uid;
			peer.gid = cred.gid;
			peer.pid = cred.pid;
		}
		break;
	}
	return peer;
}

/* NULL and true: cleartext.  false: there should be TLS and cannot be. */
static bool
make_tls(struct server *s, int fd, struct tls **ret_tls)
{
	const struct tls_context *context;

	*ret_tls = NULL;
	if (s->tls == NULL)
		return true;
	context = shared_get(s->tls, &s->tls_view);
	if (context != NULL)
		*ret_tls = tls_new(context, fd, s->host.protocol->alpn);
	return *ret_tls != NULL;
}

static void
turn_away(struct server *s, int fd, const struct peer *peer)
{
	char room[PEER_TEXT_MAX];

	s->host.counts.refused++;
	if (s->host.gate != NULL)
		gate_turn_away(s->host.gate);
	if (log_wants(s->host.log, LOG_LEVEL_DEBUG))
		log_debug(s->host.log, "a peer is not among listen.unix_users and listen.unix_groups",
		    LOG_STR("peer", peer_write(peer, room)));
	(void)close(fd);
}

static void
welcome(struct server *s, int fd, const struct sockaddr_storage *from)
{
	struct peer peer = read_peer(fd, from);
	struct tls *tls;
	struct conn *c;

	if (s->unix_rule != NULL && !unix_rule_admits(s->unix_rule, &peer, fd)) {
		turn_away(s, fd, &peer);
		return;
	}
	if (s->host.gate != NULL && !gate_enter(s->host.gate, &peer)) {
		s->host.counts.refused++;
		(void)close(fd);
		return;
	}
	if (make_tls(s, fd, &tls)) {
		c = conn_new(&s->host, fd, &peer, tls); /* closes fd when it fails */
	} else {
		(void)close(fd);
		c = NULL;
	}
	if (c == NULL) {
		s->host.counts.refused++;
		if (s->host.gate != NULL)
			gate_leave(s->host.gate, &peer);
		return;
	}
	s->host.counts.accepted++;
	s->host.counts.open++;
	c->next = s->conns;
	c->at = &s->conns;
	if (c->next != NULL)
		c->next->at = &c->next;
	s->conns = c;
}

static void
on_connection(struct loop_source *source, uint32_t events)
{
	struct server *s = server_of(source, offsetof(struct server, listener));

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_BATCH; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t len = sizeof(from);
		int fd = accept4(source->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(s, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* The listener would report itself without end. */
			log_warn(s->host.log, "cannot accept a connection",
			    LOG_STR("reason", str_of(strerror(errno))));
			loop_remove(s->host.loop, source);
			loop_timer_start(s->host.loop, &s->pause, PAUSE_MS);
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static bool
listen_again(struct server *s)
{
	/* A descriptor that several workers share wakes one of them. */
	s->listener.events = EPOLLIN | EPOLLEXCLUSIVE;
	if (loop_add(s->host.loop, &s->listener) == ERR_OK)
		return true;
	s->listener.events = 0;
	return false;
}

static void
on_pause_over(struct loop_timer *timer)
{
	struct server *s = server_of(timer, offsetof(struct server, pause));

	if (!s->draining && !listen_again(s))
		loop_timer_start(s->host.loop, timer, PAUSE_MS);
}

static void
on_deadline(struct loop_timer *timer)
{
	struct server *s = server_of(timer, offsetof(struct server, deadline));

	for (struct conn *c = s->conns; c != NULL; c = c->next)
		conn_cut(c);
}

static struct server_limits
fill_limits(struct server_limits l)
{
	l.handshake_ms = l.handshake_ms != 0 ? l.handshake_ms : HELLO_MS;
	l.preface_ms = l.preface_ms != 0 ? l.preface_ms : HELLO_MS;
	l.header_ms = l.header_ms != 0 ? l.header_ms : HELLO_MS;
	l.request_ms = l.request_ms != 0 ? l.request_ms : REQUEST_MS;
	l.stall_ms = l.stall_ms != 0 ? l.stall_ms : STALL_MS;
	l.idle_ms = l.idle_ms != 0 ? l.idle_ms : IDLE_MS;
	l.streams = l.streams != 0 ? l.streams : STREAMS;
	l.held_bytes = l.held_bytes != 0 ? l.held_bytes : HELD_BYTES;
	l.queued_bytes = l.queued_bytes != 0 ? l.queued_bytes : QUEUED_BYTES;
	return l;
}

err_t
server_new(struct loop *loop, int fd, const struct server_config *config, void *worker,
    struct server **ret_server)
{
	struct server *s = calloc(1, sizeof(*s));

	must((config->grpc != NULL) != (config->http1 != NULL));
	if (s == NULL)
		return ERR_MEMORY;
	/* A peer that has gone is found by write()'s error, not by a signal. */
	must(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	s->host.loop = loop;
	s->host.protocol = config->grpc != NULL ? &grpc_protocol : &http_protocol;
	s->host.grpc = config->grpc;
	s->host.http1 = config->http1;
	s->host.worker = worker;
	s->host.log = config->log;
	s->host.limits = fill_limits(config->limits);
	s->host.on_gone = on_gone;
	s->tls = config->tls;
	s->host.gate = config->gate;
	s->unix_rule = config->unix_rule;
	s->listener = (struct loop_source){ fd, 0, on_connection };
	s->pause.on_expire = on_pause_over;
	s->deadline.on_expire = on_deadline;
	if (!s->host.protocol->init(&s->host)) {
		free(s);
		return ERR_MEMORY;
	}
	if (!listen_again(s)) {
		server_free(&s);
		return ERR_IO;
	}
	*ret_server = s;
	return ERR_OK;
}

static void
stop_listening(struct server *s)
{
	loop_timer_stop(s->host.loop, &s->pause);
	loop_remove(s->host.loop, &s->listener);
}

void
server_free(struct server **server)
{
	struct server *s = *server;

	if (s == NULL)
		return;
	stop_listening(s);
	loop_timer_stop(s->host.loop, &s->deadline);
	s->on_drained = NULL;
	while (s->conns != NULL)
		conn_end_now(s->conns);
	s->host.protocol->fini(&s->host);
	shared_close(&s->tls_view);
	free(s);
	*server = NULL;
}

void
server_drain(struct server *s, uint32_t deadline_ms, void (*on_drained)(void *), void *context)
{
	must(!s->draining);
	s->draining = true;
	s->on_drained = on_drained;
	s->drained_context = context;
	stop_listening(s);
	loop_timer_start(s->host.loop, &s->deadline, deadline_ms);
	for (struct conn *c = s->conns; c != NULL; c = c->next)
		conn_drain(c);
	tell_drained(s);
}

struct server_counts
server_get_counts(const struct server *s)
{
	return s->host.counts;
}
