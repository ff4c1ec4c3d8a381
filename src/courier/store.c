/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "courier/sigv4.h"
#include "crypt/secret.h"
#include "egress/url.h"

enum { SECRET_MAX = 1024, URL_TEXT_MAX = 2048, HEADER_TEXT_MAX = 1024, ANSWER_MAX = 65536, HOST_TEXT_MAX = 300 };

static const char empty_digest[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct store {
	const struct config *config;
	struct exchange *exchange;
	struct secret *key;
	struct buf answer;
	char host[HOST_TEXT_MAX]; /* as the Host header has it */
	bool plain_put; /* the store knows no If-None-Match on PUT */
};

static bool
read_secret(struct store *s, struct diag *diag)
{
	struct buf text;
	err_t err;

	buf_init(&text, SECRET_MAX);
	err = file_read(NULL, s->config->audit_s3_secret_key_path.data, FILE_SECRET, &text, diag);
	if (err == ERR_OK) {
		str_t key = str_trim_space(buf_str(&text));

		s->key = key.len > 0 ? secret_new(key) : NULL;
		if (s->key == NULL)
			diag_say(diag, "courier", "%.*s holds no key", STR_FMT(s->config->audit_s3_secret_key_path));
	}
	if (text.data != NULL)
		secret_wipe(text.data, text.len);
	buf_fini(&text);
	return s->key != NULL;
}

/* The endpoint is a host and perhaps a port: what is below it is the bucket. */
static bool
read_endpoint(struct store *s, struct diag *diag)
{
	str_t endpoint = s->config->audit_s3_endpoint;
	struct url url;
	const char *why = url_read(endpoint, &url);
	size_t begin = str_find(endpoint, STR("//"), 0) + 2;
	str_t host;

	if (why == NULL && (url.path.len != 1 || endpoint.len > 2 * (size_t)HOST_MAX))
		why = "has a path";
	if (why == NULL) {
		host = str_skip(endpoint, begin);
		if (str_has_suffix(host, STR("/")))
			host = str_cut(host, host.len - 1);
		if (host.len >= sizeof(s->host) || str_find_char(host, '?', 0) < host.len ||
		    str_find_char(host, '#', 0) < host.len)
			why = "is more than a host and a port";
	}
	if (why != NULL) {
		diag_say(diag, "courier", "audit.s3.endpoint: %s", why);
		return false;
	}
	memcpy(s->host, host.data, host.len);
	s->host[host.len] = '\0';
	return true;
}

struct store *
store_new(const struct courier *c, struct diag *diag)
{
	struct exchange_options options = { .ca_cert = c->config.audit_s3_ca_cert.data,
		.timeout_ms = c->config.audit_s3_timeout_ms,
		.local_only = !c->config.audit_s3_allow_public,
		.stop = &c->stop };
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->config = &c->config;
	buf_init(&s->answer, ANSWER_MAX);
	s->exchange = exchange_new(&options);
	if (s->exchange == NULL || !read_endpoint(s, diag) || !read_secret(s, diag))
		store_free(&s);
	return s;
}

void
store_free(struct store **s)
{
	if (*s == NULL)
		return;
	exchange_free(&(*s)->exchange);
	secret_free(&(*s)->key);
	buf_fini(&(*s)->answer);
	free(*s);
	*s = NULL;
}

/* ---- requests ---- */

struct header_texts {
	char host[HEADER_TEXT_MAX], payload[HEADER_TEXT_MAX], time[HEADER_TEXT_MAX], digest[HEADER_TEXT_MAX];
	struct buf authorization;
};

static void
sign(const struct store *s, const struct store_object *o, const char *method, str_t path, bool has_body,
    struct header_texts *t)
{
	const struct config *c = s->config;
	char time[SIGV4_TIME_LEN + 1];
	str_t payload = has_body ? str_make(o->sha256, SHA256_HEX_SIZE) : str_of(empty_digest);
	const struct sigv4_header headers[] = { { "host", str_of(s->host) },
		{ "x-amz-content-sha256", payload }, { "x-amz-date", str_make(time, SIGV4_TIME_LEN) },
		{ "x-amz-meta-sha256", payload } };
	struct sigv4_request request = { .method = method,
		.path = path,
		.query = STR(""),
		.headers = headers,
		.header_count = COUNT(headers) - !has_body,
		.payload = payload,
		.time = str_make(time, SIGV4_TIME_LEN),
		.region = c->audit_s3_region,
		.service = STR("s3"),
		.access_key = c->audit_s3_access_key,
		.secret_key = secret_str(s->key) };

	sigv4_time(clock_wall_s(&clock_system), time);
	(void)snprintf(t->host, sizeof(t->host), "Host: %s", s->host); /* the one that is signed */
	(void)snprintf(t->payload, sizeof(t->payload), "x-amz-content-sha256: %.*s", STR_FMT(payload));
	(void)snprintf(t->time, sizeof(t->time), "x-amz-date: %s", time);
	(void)snprintf(t->digest, sizeof(t->digest), "x-amz-meta-sha256: %.*s", STR_FMT(payload));
	buf_clear(&t->authorization);
	buf_add_text(&t->authorization, "Authorization: ");
	sigv4_sign(&t->authorization, &request);
	buf_add_char(&t->authorization, '\0');
	must(!buf_failed(&t->authorization));
}

static err_t
run(struct store *s, const struct store_object *o, const char *method, bool only_new,
    struct exchange_answer *ret)
{
	bool has_body = strcmp(method, "PUT") == 0;
	char url[URL_TEXT_MAX], path[URL_TEXT_MAX];
	struct exchange_request request = { .method = method, .url = url, .body_fd = o->fd,
		.body_size = has_body ? o->size : 0 };
	struct header_texts texts;
	bool secure = str_has_prefix(s->config->audit_s3_endpoint, STR("https://"));
	err_t err;

	if (snprintf(path, sizeof(path), "/%.*s/%.*s", STR_FMT(s->config->audit_s3_bucket), STR_FMT(o->name)) >=
		(int)sizeof(path) ||
	    snprintf(url, sizeof(url), "%s://%s%s", secure ? "https" : "http", s->host, path) >= (int)sizeof(url))
		return ERR_LIMIT;
	buf_init(&texts.authorization, HEADER_TEXT_MAX);
	sign(s, o, method, str_of(path), has_body, &texts);
	request.headers[request.header_count++] = texts.host;
	request.headers[request.header_count++] = texts.payload;
	request.headers[request.header_count++] = texts.time;
	request.headers[request.header_count++] = texts.authorization.data;
	if (has_body) {
		request.headers[request.header_count++] = texts.digest;
		request.headers[request.header_count++] = "Content-Type: application/gzip";
	}
	if (has_body && only_new)
		request.headers[request.header_count++] = "If-None-Match: *";
	buf_clear(&s->answer);
	err = exchange_run(s->exchange, &request, &s->answer, ret);
	buf_fini(&texts.authorization);
	return err;
}

/* The code in the XML of an error, for people; whatever it is, it is cut and escaped where it is shown. */
static err_t
say_status(const struct store *s, const struct exchange_answer *answer, const char *method, char *ret_why)
{
	str_t text = buf_str(&s->answer);
	size_t begin = str_find(text, STR("<Code>"), 0), end = str_find(text, STR("</Code>"), 0);
	str_t code = begin < text.len && end < text.len && begin + 6 <= end ?
	    str_cut(str_sub(text, begin + 6, end - begin - 6), 64) : STR("");

	(void)snprintf(ret_why, EXCHANGE_WHY_MAX, "the store answers %s with %ld %.*s", method, answer->status,
	    STR_FMT(code));
	return ERR_PROTOCOL;
}

err_t
store_look(struct store *s, const struct store_object *o, enum store_state *ret, char ret_why[EXCHANGE_WHY_MAX])
{
	struct exchange_answer answer;
	err_t err = run(s, o, "HEAD", false, &answer);

	if (err != ERR_OK) {
		memcpy(ret_why, answer.why, EXCHANGE_WHY_MAX);
		return err;
	}
	if (answer.status == 404) {
		*ret = STORE_ABSENT;
		return ERR_OK;
	}
	if (answer.status != 200)
		return say_status(s, &answer, "HEAD", ret_why);
	*ret = answer.length == (int64_t)o->size &&
		str_eq(str_of(answer.digest), str_make(o->sha256, SHA256_HEX_SIZE)) ?
	    STORE_SAME : STORE_OTHER;
	return ERR_OK;
}

err_t
store_put(struct store *s, const struct store_object *o, bool *ret_new, char ret_why[EXCHANGE_WHY_MAX])
{
	struct exchange_answer answer;
	err_t err = run(s, o, "PUT", !s->plain_put, &answer);

	if (err == ERR_OK && answer.status == 501 && !s->plain_put) {
		s->plain_put = true; /* OpenStack Swift: then only the look before it guards the name */
		err = run(s, o, "PUT", false, &answer);
	}
	if (err != ERR_OK) {
		memcpy(ret_why, answer.why, EXCHANGE_WHY_MAX);
		return err;
	}
	if (answer.status != 200 && answer.status != 201 && answer.status != 412)
		return say_status(s, &answer, "PUT", ret_why);
	*ret_new = answer.status != 412;
	return ERR_OK;
}
