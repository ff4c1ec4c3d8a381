/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/sigv4.h"

#include <stdio.h>
#include <time.h>

#include "codec/hex.h"
#include "crypt/hmac.h"
#include "crypt/secret.h"

enum { REQUEST_MAX = 65536, DATE_LEN = 8 };

void
sigv4_time(int64_t unix_s, char ret[SIGV4_TIME_LEN + 1])
{
	time_t seconds = (time_t)unix_s;
	struct tm tm = { 0 };

	must(gmtime_r(&seconds, &tm) != NULL);
	must(strftime(ret, SIGV4_TIME_LEN + 1, "%Y%m%dT%H%M%SZ", &tm) == SIGV4_TIME_LEN);
}

static void
add_names(struct buf *out, const struct sigv4_request *r)
{
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : ";", r->headers[i].name);
}

/* "Create a canonical request" */
static void
hash_request(const struct sigv4_request *r, char ret[SHA256_HEX_SIZE])
{
	struct buf text;

	buf_init(&text, REQUEST_MAX);
	buf_printf(&text, "%s\n%.*s\n%.*s\n", r->method, STR_FMT(r->path), STR_FMT(r->query));
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(&text, "%s:%.*s\n", r->headers[i].name, STR_FMT(r->headers[i].value));
	buf_add_char(&text, '\n');
	add_names(&text, r);
	buf_printf(&text, "\n%.*s", STR_FMT(r->payload));
	must(!buf_failed(&text));
	digest_sha256_hex(buf_str(&text), ret);
	buf_fini(&text);
}

static void
add_scope(struct buf *out, const struct sigv4_request *r)
{
	buf_printf(out, "%.*s/%.*s/%.*s/aws4_request", DATE_LEN, r->time.data, STR_FMT(r->region),
	    STR_FMT(r->service));
}

/* A chain of four, each the key of the next. */
static void
make_key(const struct sigv4_request *r, uint8_t key[SHA256_SIZE])
{
	const str_t parts[] = { str_cut(r->time, DATE_LEN), r->region, r->service, STR("aws4_request") };
	struct secret *first = secret_new_blank(r->secret_key.len + 4);

	must(first != NULL);
	memcpy(secret_fill(first), "AWS4", 4);
	memcpy(secret_fill(first) + 4, r->secret_key.data, r->secret_key.len);
	hmac_of(DIGEST_SHA256, secret_str(first), parts[0], key);
	secret_free(&first);
	for (size_t i = 1; i < COUNT(parts); i++) {
		uint8_t next[SHA256_SIZE];

		hmac_of(DIGEST_SHA256, str_make((char *)key, SHA256_SIZE), parts[i], next);
		memcpy(key, next, sizeof(next));
		secret_wipe(next, sizeof(next));
	}
}

void
sigv4_sign(struct buf *out, const struct sigv4_request *r)
{
	uint8_t key[SHA256_SIZE], mac[SHA256_SIZE];
	char digest[SHA256_HEX_SIZE];
	struct buf text;

	must(r->header_count <= SIGV4_HEADERS_MAX && r->time.len == SIGV4_TIME_LEN);
	hash_request(r, digest);
	buf_init(&text, REQUEST_MAX);
	buf_printf(&text, "AWS4-HMAC-SHA256\n%.*s\n", STR_FMT(r->time));
	add_scope(&text, r);
	buf_printf(&text, "\n%.*s", SHA256_HEX_SIZE, digest);
	must(!buf_failed(&text));
	make_key(r, key);
	hmac_of(DIGEST_SHA256, str_make((char *)key, sizeof(key)), buf_str(&text), mac);
	secret_wipe(key, sizeof(key));
	buf_fini(&text);
	buf_printf(out, "AWS4-HMAC-SHA256 Credential=%.*s/", STR_FMT(r->access_key));
	add_scope(out, r);
	buf_add_text(out, ",SignedHeaders=");
	add_names(out, r);
	buf_add_text(out, ",Signature=");
	hex_write(out, str_make((char *)mac, sizeof(mac)));
}
