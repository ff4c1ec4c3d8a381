/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conn.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "crypt/secret.h"

enum {
	LINGER_MS = 1000,
	LINGER_BYTES = 256 * 1024,
	RECORDS_PER_BATCH = 16, /* read from TLS before others get their turn */
};

/* What became of an attempt to read or write. */
enum io { IO_SOME, IO_BLOCKED, IO_END };

static struct conn *
conn_of(void *part, size_t offset)
{
	return (struct conn *)(void *)((char *)part - offset);
}

static void
log_failure(const struct conn *c, const char *why)
{
	char room[PEER_TEXT_MAX];

	if (log_wants(c->host->log, LOG_LEVEL_DEBUG))
		log_debug(c->host->log, "connection ended early",
		    LOG_STR("peer", peer_write(&c->peer, room)), LOG_STR("reason", str_of(why)));
}

/* An operator must see why a client is kept out, at any level; a flood of strangers must not fill the log. */
static void
log_refusal(const struct conn *c, const char *why)
{
	char room[PEER_TEXT_MAX];
	uint64_t untold = 0;

	if (c->host->gate == NULL || !gate_may_tell(c->host->gate, loop_now_ns(c->host->loop), &untold)) {
		log_failure(c, why);
		return;
	}
	log_warn(c->host->log, "a client's certificate is refused", LOG_STR("peer", peer_write(&c->peer, room)),
	    LOG_STR("reason", str_of(why)), LOG_INT("untold", (int64_t)untold));
}

static void
drop_kept(struct conn *c)
{
	if (c->kept != NULL && c->hides)
		secret_wipe(c->kept, c->kept_len);
	free(c->kept);
	c->kept = NULL;
}

void
conn_hide(struct conn *c)
{
	c->hides = true;
}

void
conn_cut(struct conn *c)
{
	if (c->state == CONN_GONE)
		return;
	c->state = CONN_GONE;
	loop_timer_stop(c->host->loop, &c->timer);
	loop_remove(c->host->loop, &c->source);
	if (c->app != NULL)
		c->host->protocol->end(c->app);
	c->app = NULL;
	tls_free(&c->tls);
	(void)close(c->source.fd);
	drop_kept(c);
	/* The batch may still hold its source: freed when the batch is over. */
	loop_defer(c->host->loop, &c->flush);
}

void
conn_end_now(struct conn *c)
{
	conn_cut(c);
	loop_forget(c->host->loop, &c->flush);
	c->host->on_gone(c->host, c);
	free(c);
}

/* Half-closed and drained for a moment, or the kernel's reset would overtake our last words. */
static void
begin_linger(struct conn *c)
{
	if (c->tls != NULL)
		tls_say_goodbye(c->tls);
	if (shutdown(c->source.fd, SHUT_WR) != 0 ||
	    loop_change(c->host->loop, &c->source, EPOLLIN) != ERR_OK) {
		conn_cut(c);
		return;
	}
	c->host->protocol->end(c->app);
	c->app = NULL;
	c->state = CONN_LINGERING;
	loop_timer_start(c->host->loop, &c->timer, LINGER_MS);
}

static void
linger(struct conn *c)
{
	ssize_t got = read(c->source.fd, c->host->in, sizeof(c->host->in));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		c->discarded += (size_t)got;
	if (got <= 0 || c->discarded > LINGER_BYTES)
		conn_cut(c);
}

static enum io
read_some(struct conn *c, size_t *ret_len)
{
	enum tls_outcome outcome;
	ssize_t got;

	if (c->tls != NULL) {
		outcome = tls_read(c->tls, c->host->in, sizeof(c->host->in), ret_len);
		return outcome == TLS_DONE ? IO_SOME :
		    outcome == TLS_WANTS_READ || outcome == TLS_WANTS_WRITE ? IO_BLOCKED : IO_END;
	}
	got = read(c->source.fd, c->host->in, sizeof(c->host->in));
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR) ? IO_BLOCKED : IO_END;
	*ret_len = (size_t)got;
	return IO_SOME;
}

static enum io
write_some(struct conn *c, str_t bytes, size_t *ret_len)
{
	enum tls_outcome outcome;
	ssize_t put;

	if (c->tls != NULL) {
		outcome = tls_write(c->tls, bytes, ret_len);
		return outcome == TLS_DONE ? IO_SOME :
		    outcome == TLS_WANTS_READ || outcome == TLS_WANTS_WRITE ? IO_BLOCKED : IO_END;
	}
	put = write(c->source.fd, bytes.data, bytes.len);
	if (put < 0)
		return errno == EAGAIN || errno == EINTR ? IO_BLOCKED : IO_END;
	*ret_len = (size_t)put;
	return IO_SOME;
}

static enum io
write_bytes(struct conn *c, str_t *bytes)
{
	while (bytes->len > 0) {
		size_t len = 0;
		enum io io = write_some(c, *bytes, &len);

		if (io != IO_SOME)
			return io;
		*bytes = str_skip(*bytes, len);
		c->since_ns = loop_now_ns(c->host->loop);
	}
	return IO_SOME;
}

/* What the kernel would not take is kept, and reading stops until it has. */
static bool
keep(struct conn *c, str_t rest)
{
	must(c->kept == NULL);
	c->kept = malloc(rest.len);
	if (c->kept == NULL)
		return false;
	memcpy(c->kept, rest.data, rest.len);
	c->kept_len = rest.len;
	c->kept_from = 0;
	return loop_change(c->host->loop, &c->source, EPOLLOUT) == ERR_OK;
}

static enum io
write_kept(struct conn *c)
{
	str_t rest = str_make(c->kept + c->kept_from, c->kept_len - c->kept_from);
	enum io io = write_bytes(c, &rest);

	c->kept_from = c->kept_len - rest.len;
	if (io != IO_SOME)
		return io;
	drop_kept(c);
	c->paused = false;
	c->unread = c->tls != NULL;
	return loop_change(c->host->loop, &c->source, EPOLLIN) == ERR_OK ? IO_SOME : IO_END;
}

static enum io
write_all(struct conn *c)
{
	struct conn_host *host = c->host;

	if (c->kept != NULL) {
		enum io io = write_kept(c);

		if (io != IO_SOME)
			return io;
	}
	for (;;) {
		str_t bytes = str_make(host->out, host->protocol->give(c->app, host->out, CONN_OUT_SIZE));
		size_t len;
		enum io io;

		if (bytes.len == 0)
			return IO_SOME;
		len = bytes.len;
		io = write_bytes(c, &bytes);
		if (io == IO_BLOCKED && !keep(c, bytes))
			io = IO_END;
		if (c->hides)
			secret_wipe(host->out, len);
		if (io != IO_SOME)
			return io;
	}
}

static void
arm(struct conn *c)
{
	struct loop *loop = c->host->loop;
	int64_t now = loop_now_ns(loop);
	int64_t next = c->host->protocol->check(c->app, now);

	if (c->kept != NULL) {
		int64_t stalled = c->since_ns + c->host->limits.stall_ms * CLOCK_NS_PER_MS;

		next = next != 0 && stalled > now ? (stalled < next ? stalled : next) : 0;
	}
	if (next == 0) {
		c->host->counts.cut_off++;
		log_failure(c, "a deadline passed");
		conn_cut(c);
	} else if (c->timer.at == NULL || next < c->timer.deadline_ns) {
		loop_timer_start(loop, &c->timer, (next - now) / CLOCK_NS_PER_MS + 1);
	}
}

static bool
is_full(const struct conn *c)
{
	return c->host->protocol->is_full != NULL && c->host->protocol->is_full(c->app);
}

static void
take_bytes(struct conn *c)
{
	for (int i = 0; i < RECORDS_PER_BATCH && c->state == CONN_OPEN && !is_full(c); i++) {
		size_t len = 0;

		switch (read_some(c, &len)) {
		case IO_SOME:
			if (!c->host->protocol->take(c->app, str_make(c->host->in, len)))
				c->state = CONN_CLOSING;
			break;
		case IO_END: /* answer what has come, then close */
			c->state = CONN_CLOSING;
			break;
		case IO_BLOCKED:
			return;
		}
		/* A socket left unread reports itself again; a TLS layer does not. */
		if (c->tls == NULL)
			return;
	}
	c->unread = c->state == CONN_OPEN;
}

/* Reading stops while the protocol has enough, and goes on when it has not.  false: the loop refused. */
static bool
pause_or_resume(struct conn *c)
{
	bool full = is_full(c);

	if (full == c->paused || c->kept != NULL)
		return true;
	c->paused = full;
	c->unread = c->unread || (!full && c->tls != NULL);
	return loop_change(c->host->loop, &c->source, full ? 0 : EPOLLIN) == ERR_OK;
}

static void
on_flush(struct loop_task *task)
{
	struct conn *c = conn_of(task, offsetof(struct conn, flush));

	if (c->state == CONN_GONE) {
		conn_end_now(c);
		return;
	}
	if (c->app == NULL)
		return;
	switch (write_all(c)) {
	case IO_END:
		conn_cut(c);
		return;
	case IO_BLOCKED:
		break;
	case IO_SOME:
		if (c->state == CONN_CLOSING || c->host->protocol->is_over(c->app)) {
			begin_linger(c);
			return;
		}
		break;
	}
	if (!pause_or_resume(c)) {
		conn_cut(c);
		return;
	}
	arm(c);
	if (c->unread && !c->paused && c->state == CONN_OPEN && c->kept == NULL) {
		c->unread = false;
		take_bytes(c);
		conn_flush_later(c); /* in the next batch, after its end hooks */
	}
}

static void
on_expire(struct loop_timer *timer)
{
	struct conn *c = conn_of(timer, offsetof(struct conn, timer));

	if (c->app == NULL) {
		if (c->state == CONN_SHAKING)
			c->host->counts.handshakes_failed++;
		conn_cut(c);
	} else {
		/* Checked in the flush, which also writes what the check may have to say. */
		conn_flush_later(c);
	}
}

static bool
open_app(struct conn *c)
{
	c->state = CONN_OPEN;
	c->app = c->host->protocol->open(c);
	if (c->app == NULL)
		return false;
	if (c->drained)
		c->host->protocol->drain(c->app);
	return true;
}

static void
shake(struct conn *c)
{
	uint32_t events = EPOLLIN;

	switch (tls_shake(c->tls, &c->peer)) {
	case TLS_WANTS_WRITE:
		events = EPOLLOUT;
		break;
	case TLS_WANTS_READ:
		break;
	case TLS_DONE:
		if (!open_app(c))
			conn_cut(c);
		break;
	default:
		c->host->counts.handshakes_failed++;
		if (tls_refused_client(c->tls))
			log_refusal(c, tls_failure(c->tls));
		else
			log_failure(c, tls_failure(c->tls));
		conn_cut(c);
		return;
	}
	if (c->state != CONN_GONE && loop_change(c->host->loop, &c->source, events) != ERR_OK)
		conn_cut(c);
}

static void
on_ready(struct loop_source *source, uint32_t events)
{
	struct conn *c = conn_of(source, offsetof(struct conn, source));

	if (c->state == CONN_LINGERING) {
		linger(c);
		return;
	}
	if (c->state == CONN_SHAKING)
		shake(c);
	if (c->state == CONN_GONE || c->app == NULL)
		return;
	if (c->kept == NULL && !c->paused && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		take_bytes(c);
	else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		c->state = CONN_CLOSING;
	conn_flush_later(c);
}

struct conn *
conn_new(struct conn_host *host, int fd, const struct peer *peer, struct tls *tls)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		tls_free(&tls);
		(void)close(fd);
		return NULL;
	}
	c->source = (struct loop_source){ fd, EPOLLIN, on_ready };
	c->timer.on_expire = on_expire;
	c->flush.run = on_flush;
	c->host = host;
	c->tls = tls;
	c->peer = *peer;
	c->since_ns = loop_now_ns(host->loop);
	if ((tls == NULL && !open_app(c)) || loop_add(host->loop, &c->source) != ERR_OK) {
		c->source.events = 0;
		if (c->app != NULL)
			host->protocol->end(c->app);
		tls_free(&c->tls);
		(void)close(fd);
		free(c);
		return NULL;
	}
	loop_timer_start(host->loop, &c->timer, tls != NULL ? host->limits.handshake_ms : host->limits.preface_ms);
	if (c->app != NULL)
		conn_flush_later(c);
	return c;
}

void
conn_drain(struct conn *c)
{
	if (c->drained)
		return;
	c->drained = true;
	if (c->app != NULL) {
		c->host->protocol->drain(c->app);
		conn_flush_later(c);
	}
}

void
conn_flush_later(struct conn *c)
{
	loop_defer(c->host->loop, &c->flush);
}
