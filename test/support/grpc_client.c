/* SPDX-License-Identifier: Apache-2.0 */
#include "support/grpc_client.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/listener.h"

enum { BODY_LIMIT = 64 << 20, PREFIX = 5, DEFAULT_MS = 10000 };

struct grpc_client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	nghttp2_session *session;
	struct buf body, text, out;
	const struct grpc_client_call *call;
	size_t sent, parsed;
	int32_t stream;
	bool over, eof;
	struct grpc_client_answer answer;
};

int
grpc_client_connect(const char *text)
{
	struct listener_address address;
	int fd, on = 1;

	if (listener_address_read(str_of(text), &address, NULL) != ERR_OK)
		return -1;
	fd = socket(address.sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address.sockaddr, address.len) != 0) {
		(void)close(fd);
		return -1;
	}
	if (fd >= 0 && address.sockaddr.ss_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* ---- what the session tells ---- */

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
	struct grpc_client *c = user;
	str_t n = str_make((const char *)name, name_len);
	char digits[16] = "";

	(void)session;
	(void)flags;
	if (frame->hd.stream_id != c->stream)
		return 0;
	memcpy(digits, value, value_len < sizeof(digits) ? value_len : sizeof(digits) - 1);
	if (str_eq(n, STR(":status")))
		c->answer.http_status = (int)strtol(digits, NULL, 10);
	else if (str_eq(n, STR("grpc-status")))
		c->answer.status = (int)strtol(digits, NULL, 10);
	else if (str_eq(n, STR("grpc-message")))
		buf_add(&c->text, value, value_len);
	return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
    size_t len, void *user)
{
	struct grpc_client *c = user;

	(void)flags;
	if (stream_id != c->stream)
		return 0;
	buf_add(&c->body, data, len);
	for (;;) { /* counts the messages; only the first is kept */
		struct cursor in = cursor_of(str_skip(buf_str(&c->body), c->parsed));
		uint32_t size;

		(void)cursor_u8(&in);
		size = cursor_u32be(&in);
		(void)cursor_take(&in, size);
		if (in.failed)
			return 0;
		c->answer.message_count++;
		if (c->answer.message_count == 1)
			c->parsed = PREFIX + size;
		else
			c->body.len = c->parsed + cursor_left(&in),
			memmove(c->body.data + c->parsed, in.at, cursor_left(&in));
		if (c->call->cancel_after == (int)c->answer.message_count)
			(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL);
	}
}

static int
on_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *user)
{
	struct grpc_client *c = user;

	(void)session;
	if (stream_id != c->stream)
		return 0;
	c->over = true;
	c->answer.was_reset = code != NGHTTP2_NO_ERROR;
	c->answer.reset_code = code;
	return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct grpc_client *c = user;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		c->answer.goaway_code = (int)frame->goaway.error_code;
	return 0;
}

static ssize_t
read_body(nghttp2_session *session, int32_t stream_id, uint8_t *room, size_t size,
    uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct grpc_client *c = user;
	size_t left = c->out.len - c->sent;
	size_t len = left < size ? left : size;

	(void)session;
	(void)stream_id;
	(void)source;
	if (len == 0 && c->call->open)
		return NGHTTP2_ERR_DEFERRED;
	memcpy(room, c->out.data + c->sent, len);
	c->sent += len;
	if (c->sent == c->out.len && !c->call->open)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

/* ---- the connection ---- */

static bool
write_all(struct grpc_client *c, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t put = c->ssl != NULL ? SSL_write(c->ssl, at, (int)len) :
					       send(c->fd, at, len, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

static bool
send_pending(struct grpc_client *c)
{
	const uint8_t *piece;
	struct buf all;
	ssize_t len;
	bool fine;

	buf_init(&all, BODY_LIMIT);
	while ((len = nghttp2_session_mem_send(c->session, &piece)) > 0)
		buf_add(&all, piece, (size_t)len);
	fine = len == 0 && write_all(c, all.data, all.len);
	buf_fini(&all);
	return fine;
}

/* false: time is up, or the connection ended (then `eof`). */
static bool
receive(struct grpc_client *c, int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - clock_steady_ns(&clock_system);
	struct pollfd p = { c->fd, POLLIN, 0 };
	uint8_t room[65536];
	ssize_t got;

	if (c->ssl == NULL || SSL_pending(c->ssl) == 0) {
		if (left_ns <= 0 || poll(&p, 1, (int)(left_ns / CLOCK_NS_PER_MS) + 1) != 1) {
			c->answer.timed_out = true;
			return false;
		}
	}
	got = c->ssl != NULL ? SSL_read(c->ssl, room, sizeof(room)) : read(c->fd, room, sizeof(room));
	if (got <= 0 || nghttp2_session_mem_recv(c->session, room, (size_t)got) < 0) {
		c->eof = true;
		c->answer.was_closed = true;
		return false;
	}
	return true;
}

static BIO *
open_pem(str_t pem)
{
	return BIO_new_mem_buf(pem.data, (int)pem.len);
}

static bool
use_identity(SSL_CTX *ctx, const struct grpc_client_tls *t)
{
	BIO *cert_bio = open_pem(t->certificate), *key_bio = open_pem(t->key);
	X509 *cert = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	bool fine = cert != NULL && key != NULL && SSL_CTX_use_certificate(ctx, cert) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, key) == 1;

	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	return fine;
}

static bool
trust(SSL_CTX *ctx, str_t pem)
{
	BIO *bio = open_pem(pem);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool fine = cert != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert) == 1;

	X509_free(cert);
	BIO_free(bio);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return fine;
}

static bool
shake(struct grpc_client *c, const struct grpc_client_tls *t)
{
	const char *alpn = t->alpn != NULL ? t->alpn : "h2";
	unsigned char wire[32];
	size_t len = strlen(alpn);

	c->ctx = SSL_CTX_new(TLS_client_method());
	if (c->ctx == NULL || (t->ca.len > 0 && !trust(c->ctx, t->ca)) ||
	    (t->certificate.len > 0 && !use_identity(c->ctx, t)))
		return false;
	wire[0] = (unsigned char)len;
	memcpy(wire + 1, alpn, len);
	c->ssl = SSL_new(c->ctx);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    (len > 0 && SSL_set_alpn_protos(c->ssl, wire, (unsigned)len + 1) != 0) ||
	    (t->server_name != NULL && SSL_set1_host(c->ssl, t->server_name) != 1))
		return false;
	return SSL_connect(c->ssl) == 1;
}

static bool
start(struct grpc_client *c)
{
	nghttp2_session_callbacks *callbacks;
	bool fine;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return false;
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	fine = nghttp2_session_client_new(&c->session, callbacks, c) == 0 &&
	    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, NULL, 0) == 0 && send_pending(c);
	nghttp2_session_callbacks_del(callbacks);
	return fine;
}

struct grpc_client *
grpc_client_open(const char *address, const struct grpc_client_tls *tls)
{
	struct grpc_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	buf_init(&c->body, BODY_LIMIT);
	buf_init(&c->text, 65536);
	buf_init(&c->out, BODY_LIMIT);
	c->fd = grpc_client_connect(address);
	if (c->fd < 0 || (tls != NULL && !shake(c, tls)) || !start(c))
		grpc_client_close(&c);
	return c;
}

void
grpc_client_close(struct grpc_client **client)
{
	struct grpc_client *c = *client;

	if (c == NULL)
		return;
	nghttp2_session_del(c->session);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	if (c->fd >= 0)
		(void)close(c->fd);
	buf_fini(&c->body);
	buf_fini(&c->text);
	buf_fini(&c->out);
	free(c);
	*client = NULL;
}

/* ---- calls ---- */

static nghttp2_nv
nv_of(str_t name, str_t value)
{
	return (nghttp2_nv){ (uint8_t *)(uintptr_t)name.data, (uint8_t *)(uintptr_t)value.data, name.len,
		value.len, NGHTTP2_NV_FLAG_NONE };
}

static int32_t
submit(struct grpc_client *c, const struct grpc_client_call *call)
{
	nghttp2_data_provider provider = { .read_callback = read_body };
	nghttp2_nv *nvs = calloc(call->field_count + 6, sizeof(*nvs));
	str_t type = call->content_type.len > 0 ? call->content_type : STR("application/grpc");
	size_t count = 0;
	int32_t id;

	if (nvs == NULL)
		return -1;
	nvs[count++] = nv_of(STR(":method"), call->method.len > 0 ? call->method : STR("POST"));
	nvs[count++] = nv_of(STR(":scheme"), STR("http"));
	nvs[count++] = nv_of(STR(":path"), call->path);
	nvs[count++] = nv_of(STR(":authority"), STR("test"));
	nvs[count++] = nv_of(STR("content-type"), type);
	nvs[count++] = nv_of(STR("te"), STR("trailers"));
	for (size_t i = 0; i < call->field_count; i++)
		nvs[count++] = nv_of(call->fields[i].name, call->fields[i].value);
	id = nghttp2_submit_request(c->session, NULL, nvs, count, &provider, NULL);
	free(nvs);
	return id;
}

static struct grpc_client_answer
finish_answer(struct grpc_client *c)
{
	if (c->answer.message_count > 0)
		c->answer.message = str_sub(buf_str(&c->body), PREFIX, c->parsed - PREFIX);
	c->answer.text = buf_str(&c->text);
	return c->answer;
}

struct grpc_client_answer
grpc_client_run(struct grpc_client *c, const struct grpc_client_call *call)
{
	int64_t timeout_ms = call->timeout_ms != 0 ? call->timeout_ms : DEFAULT_MS;
	int64_t deadline = clock_steady_ns(&clock_system) + timeout_ms * CLOCK_NS_PER_MS;

	buf_clear(&c->body);
	buf_clear(&c->text);
	buf_clear(&c->out);
	c->answer = (struct grpc_client_answer){ .status = -1, .goaway_code = -1 };
	c->call = call;
	c->sent = c->parsed = 0;
	c->over = false;
	if (!call->raw) {
		buf_add_char(&c->out, 0);
		buf_add_u32be(&c->out, (uint32_t)call->message.len);
	}
	buf_add_str(&c->out, call->message);
	c->stream = submit(c, call);
	if (c->stream < 0 || !send_pending(c))
		c->answer.was_closed = true;
	while (!c->over && receive(c, deadline)) {
		if (!send_pending(c))
			break;
	}
	return finish_answer(c);
}

struct grpc_client_answer
grpc_client_say(struct grpc_client *c, const char *path, str_t message)
{
	return grpc_client_run(c, &(struct grpc_client_call){ .path = str_of(path), .message = message });
}

bool
grpc_client_send(struct grpc_client *c, str_t bytes)
{
	return write_all(c, bytes.data, bytes.len);
}

bool
grpc_client_wait(struct grpc_client *c, int timeout_ms, struct grpc_client_answer *ret)
{
	int64_t deadline = clock_steady_ns(&clock_system) + timeout_ms * CLOCK_NS_PER_MS;

	c->answer = (struct grpc_client_answer){ .status = -1, .goaway_code = -1 };
	while (receive(c, deadline))
		continue;
	*ret = finish_answer(c);
	return c->eof;
}
