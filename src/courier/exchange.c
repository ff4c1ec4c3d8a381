/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "courier/exchange.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "courier/reach.h"

struct exchange {
	CURL *curl;
	struct exchange_options options;
	/* of the run in progress */
	struct buf *body;
	int body_fd;
	uint64_t body_at, body_size;
	bool too_long, kept_in;
	char problem[CURL_ERROR_SIZE];
};

err_t
exchange_start(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ERR_OK : ERR_INTERNAL;
}

/* ---- what libcurl calls ---- */

static size_t
take_body(char *bytes, size_t one, size_t count, void *exchange)
{
	struct exchange *e = exchange;
	size_t len = one * count;

	if (len > e->body->limit - e->body->len) {
		e->too_long = true;
		return 0;
	}
	buf_add(e->body, bytes, len);
	return buf_failed(e->body) ? 0 : len;
}

static size_t
give_body(char *bytes, size_t one, size_t count, void *exchange)
{
	struct exchange *e = exchange;
	uint64_t left = e->body_size - e->body_at;
	size_t room = one * count;
	ssize_t got;

	do
		got = pread(e->body_fd, bytes, left < room ? (size_t)left : room, (off_t)e->body_at);
	while (got < 0 && errno == EINTR);
	if (got < 0 || (got == 0 && left > 0))
		return CURL_READFUNC_ABORT;
	e->body_at += (uint64_t)got;
	return (size_t)got;
}

/* A body that must be sent again, on a connection that was closed meanwhile. */
static int
rewind_body(void *exchange, curl_off_t offset, int origin)
{
	struct exchange *e = exchange;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > e->body_size)
		return CURL_SEEKFUNC_FAIL;
	e->body_at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int
look_up(void *exchange, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct exchange *e = exchange;

	return e->options.stop != NULL && atomic_load(e->options.stop);
}

static bool
is_allowed(const struct curl_sockaddr *to)
{
	struct address a = { 0 };

	if (to->family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, &to->addr, sizeof(in));
		memcpy(a.bytes, &in.sin_addr, 4);
		return reach_is_local(&a);
	}
	if (to->family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, &to->addr, sizeof(in6));
		memcpy(a.bytes, &in6.sin6_addr, 16);
		a.is_v6 = true;
		return reach_is_local(&a);
	}
	return false;
}

static curl_socket_t
open_socket(void *exchange, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct exchange *e = exchange;

	if (e->options.local_only && !is_allowed(to)) {
		e->kept_in = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- one life ---- */

static CURLcode
set_tls(CURL *curl, const struct exchange_options *o)
{
	CURLcode err = curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	if (err == CURLE_OK)
		err = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	if (err == CURLE_OK)
		err = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (err == CURLE_OK && o->ca_cert != NULL && o->ca_cert[0] != '\0') {
		err = curl_easy_setopt(curl, CURLOPT_CAINFO, o->ca_cert);
		if (err == CURLE_OK)
			err = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (err == CURLE_OK && o->client_cert != NULL && o->client_cert[0] != '\0') {
		err = curl_easy_setopt(curl, CURLOPT_SSLCERT, o->client_cert);
		if (err == CURLE_OK)
			err = curl_easy_setopt(curl, CURLOPT_SSLKEY, o->client_key);
	}
	return err;
}

static CURLcode
set_habits(struct exchange *e)
{
	CURL *curl = e->curl;
	CURLcode err = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");

	if (err == CURLE_OK)
		err = curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* nor what the environment says */
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, e->problem);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, e);
	(void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	(void)curl_easy_setopt(curl, CURLOPT_READDATA, e);
	(void)curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
	(void)curl_easy_setopt(curl, CURLOPT_SEEKDATA, e);
	(void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, e);
	(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, e);
	return err == CURLE_OK ? set_tls(curl, &e->options) : err;
}

struct exchange *
exchange_new(const struct exchange_options *options)
{
	struct exchange *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->options = *options;
	e->curl = curl_easy_init();
	if (e->curl == NULL)
		exchange_free(&e);
	return e;
}

void
exchange_free(struct exchange **e)
{
	if (*e == NULL)
		return;
	curl_easy_cleanup((*e)->curl);
	free(*e);
	*e = NULL;
}

/* ---- one run ---- */

static void
take_header(CURL *curl, const char *name, char ret[EXCHANGE_HEADER_MAX])
{
	struct curl_header *header;

	ret[0] = '\0';
	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
	    strlen(header->value) < EXCHANGE_HEADER_MAX)
		memcpy(ret, header->value, strlen(header->value) + 1);
}

static err_t
judge(struct exchange *e, CURLcode code, struct exchange_answer *ret)
{
	curl_off_t length = -1;

	if (code == CURLE_OK) {
		(void)curl_easy_getinfo(e->curl, CURLINFO_RESPONSE_CODE, &ret->status);
		(void)curl_easy_getinfo(e->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
		ret->length = length;
		take_header(e->curl, "ETag", ret->etag);
		take_header(e->curl, "Content-Type", ret->content_type);
		take_header(e->curl, "x-amz-meta-sha256", ret->digest);
		return ERR_OK;
	}
	if (e->too_long) {
		(void)snprintf(ret->why, sizeof(ret->why), "the answer is longer than %zu bytes", e->body->limit);
		return ERR_LIMIT;
	}
	if (e->kept_in) {
		(void)snprintf(ret->why, sizeof(ret->why), "the address is neither private nor of this host; "
		    "audit.s3.allow_public: true would let records go there");
		return ERR_IO;
	}
	(void)snprintf(ret->why, sizeof(ret->why), "%s",
	    e->problem[0] != '\0' ? e->problem : curl_easy_strerror(code));
	return code == CURLE_OPERATION_TIMEDOUT ? ERR_DEADLINE : ERR_IO;
}

static CURLcode
prepare(struct exchange *e, const struct exchange_request *r, struct curl_slist *headers)
{
	CURLcode err;

	curl_easy_reset(e->curl); /* keeps its connections */
	err = set_habits(e);
	if (err == CURLE_OK)
		err = curl_easy_setopt(e->curl, CURLOPT_URL, r->url);
	if (err == CURLE_OK)
		err = curl_easy_setopt(e->curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(e->curl, CURLOPT_TIMEOUT_MS, (long)(e->options.timeout_ms + r->more_ms));
	(void)curl_easy_setopt(e->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)e->options.timeout_ms);
	if (strcmp(r->method, "HEAD") == 0)
		(void)curl_easy_setopt(e->curl, CURLOPT_NOBODY, 1L);
	if (strcmp(r->method, "PUT") == 0) {
		(void)curl_easy_setopt(e->curl, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(e->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body_size);
	}
	return err;
}

err_t
exchange_run(struct exchange *e, const struct exchange_request *r, struct buf *body,
    struct exchange_answer *ret)
{
	struct curl_slist *headers = NULL;
	CURLcode code = CURLE_OK;
	err_t err;

	*ret = (struct exchange_answer){ .length = -1 };
	e->body = body;
	e->body_fd = r->body_fd;
	e->body_at = 0;
	e->body_size = r->body_size;
	e->too_long = e->kept_in = false;
	e->problem[0] = '\0';
	must(r->header_count <= EXCHANGE_HEADERS_MAX);
	for (size_t i = 0; i < r->header_count && code == CURLE_OK; i++) {
		struct curl_slist *longer = curl_slist_append(headers, r->headers[i]);

		if (longer == NULL)
			code = CURLE_OUT_OF_MEMORY;
		else
			headers = longer;
	}
	if (code == CURLE_OK)
		code = prepare(e, r, headers);
	if (code == CURLE_OK)
		code = curl_easy_perform(e->curl);
	err = judge(e, code, ret);
	(void)curl_easy_setopt(e->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return err;
}
