/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: what verifying a token costs, beside the bare signature check below it.
 *
 * The bare check is the least that OpenSSL can be asked: key and algorithm set up
 * once, then one digest and one EVP_PKEY_verify each time.  Ours is everything from the text
 * of the token to claims that may be believed.  As in evaluate.c processor time is counted,
 * each case gets a slice of each round, and the ratio of two cases is the median of their
 * ratios round by round: what disturbs the machine disturbs both.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/must.h"
#include "crypt/random.h"
#include "token/cache.h"
#include "token/issuers.h"
#include "token/revoked.h"

enum { ROUNDS = 101, SLICE_NS = 2000000, NOW = 1780000000, MANY = 10000, CACHE_SLOTS = 1024 };

struct bare { /* of one key and algorithm */
	EVP_PKEY_CTX *context;
	EVP_MD_CTX *digest;
	EVP_MD *sha256;
	uint8_t signature[SIGNATURE_SIZE_MAX + 16]; /* as OpenSSL wants it */
	size_t len;
};

struct timed {
	const char *name;
	bool (*run)(const struct timed *);
	struct bare *bare;
	const struct jwks *keys;
	str_t token;
	double ns[ROUNDS];
};

static struct arena *all, *request;
static struct verify_context *context;
static struct token_cache *cache;
static struct revoked *revoked;
static struct issuers issuers;

/* ---- the cases ---- */

static bool
run_bare(const struct timed *t)
{
	struct bare *b = t->bare;
	str_t input = t->token;
	uint8_t digest[32];
	size_t dots = 0, end = 0;

	while (dots < 2)
		dots += input.data[end++] == '.';
	return EVP_DigestInit_ex2(b->digest, b->sha256, NULL) == 1 &&
	       EVP_DigestUpdate(b->digest, input.data, end - 1) == 1 &&
	       EVP_DigestFinal_ex(b->digest, digest, NULL) == 1 &&
	       EVP_PKEY_verify(b->context, b->signature, b->len, digest, sizeof(digest)) == 1;
}

static bool
run_ours(const struct timed *t)
{
	const struct jwt_rules rules = { .claims = { .leeway = 30 } };
	struct jwt jwt;

	arena_reset(request);
	return jwt_verify(request, t->token, &rules, t->keys, context, NOW, &jwt) == ERR_OK;
}

static bool
run_issuers(const struct timed *t)
{
	struct jwt jwt;

	arena_reset(request);
	return issuers_verify(&issuers, request, t->token, context, NOW, &jwt) == ERR_OK;
}

/* As sidecar/identity.c does it: found, and compared with the revocations of now. */
static bool
run_hit(const struct timed *t)
{
	const struct cached_token *hit = token_cache_find(cache, t->token, 1, NOW);

	return hit != NULL && hit->epoch == revoked_epoch(revoked);
}

/* ---- keys and tokens ---- */

static const char payload[] =
    "{\"iss\":\"https://idp.example\",\"sub\":\"alice\",\"aud\":\"coresdk\",\"iat\":1779999000,"
    "\"exp\":1780003600,\"tenant_id\":\"acme\",\"roles\":[\"reader\",\"editor\"],"
    "\"scope\":\"orders:read orders:write\"}";

static str_t
make_token(const struct key *key, enum algorithm a, const char *kid)
{
	struct buf text;
	str_t ret;

	buf_init(&text, JWS_SIZE_DEFAULT);
	must(jws_sign(&text, key, a, str_of(kid), STR("JWT"), str_of(payload)) == ERR_OK);
	ret = arena_str(all, buf_str(&text));
	buf_fini(&text);
	return ret;
}

/*
 * `count` names for one key: what a look-up among them costs depends on how many there are
 * alone.
 */
static const struct jwks *
make_set(const struct key *key, size_t count)
{
	struct jwks *set = NULL;
	struct buf text;

	buf_init(&text, JWKS_TEXT_MAX);
	buf_add_text(&text, "{\"keys\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(&text, ',');
		key_write_jwk(&text, key);
		text.len--;
		buf_printf(&text, ",\"kid\":\"key-%zu\"}", i);
	}
	buf_add_text(&text, "]}");
	must(jwks_new(buf_str(&text), STR("bench"), NULL, &set) == ERR_OK);
	buf_fini(&text);
	return set;
}

static struct bare *
make_bare(const struct key *key, str_t token, bool is_rsa)
{
	struct bare *b = ARENA_NEW(all, struct bare);
	uint8_t raw[SIGNATURE_SIZE_MAX];
	size_t dots = 0, end = 0;
	EVP_PKEY *handle;
	struct buf pem;
	BIO *bio;

	while (dots < 2)
		dots += token.data[end++] == '.';
	must(signature_make(key, is_rsa ? ALGORITHM_RS256 : ALGORITHM_ES256,
		 str_sub(token, 0, end - 1), raw, &b->len) == ERR_OK);
	buf_init(&pem, KEY_TEXT_MAX);
	must(key_write_pem_public(&pem, key) == ERR_OK);
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	handle = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	b->context = EVP_PKEY_CTX_new_from_pkey(NULL, handle, NULL);
	b->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	b->digest = EVP_MD_CTX_new();
	must(EVP_PKEY_verify_init(b->context) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(b->context, b->sha256) == 1);
	memcpy(b->signature, raw, b->len);
	if (!is_rsa) { /* R and S as two INTEGERs */
		uint8_t *at = b->signature;
		ECDSA_SIG *s = ECDSA_SIG_new();

		must(ECDSA_SIG_set0(
			 s, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL)) == 1);
		b->len = (size_t)i2d_ECDSA_SIG(s, &at);
		ECDSA_SIG_free(s);
	}
	EVP_PKEY_free(handle);
	BIO_free(bio);
	buf_fini(&pem);
	return b;
}

static struct key *
make_rsa_2048(void)
{
	EVP_PKEY *handle = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	BIO *bio = BIO_new(BIO_s_mem());
	struct key *key = NULL;
	char *text = NULL;
	long len;

	must(PEM_write_bio_PrivateKey(bio, handle, NULL, NULL, 0, NULL, NULL) == 1);
	len = BIO_get_mem_data(bio, &text);
	must(key_read_pem(str_make(text, (size_t)len), KEY_STRICT, NULL, &key) == ERR_OK);
	BIO_free(bio);
	EVP_PKEY_free(handle);
	return key;
}

/* ---- timing ---- */

static int64_t
processor_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static double
time_slice(const struct timed *t)
{
	int64_t begin = processor_ns(), spent, runs = 0, batch = 1;

	do {
		for (int64_t i = 0; i < batch; i++)
			must(t->run(t));
		runs += batch;
		batch = batch < 4096 ? batch * 2 : batch;
		spent = processor_ns() - begin;
	} while (spent < SLICE_NS);
	return (double)spent / (double)runs;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(const double *values)
{
	double sorted[ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(sorted[0]), compare);
	return sorted[ROUNDS / 2];
}

static void
report_ratio(const char *what, const struct timed *ours, const struct timed *base, double most)
{
	double ratios[ROUNDS], ratio;

	for (size_t i = 0; i < ROUNDS; i++)
		ratios[i] = ours->ns[i] / base->ns[i];
	ratio = median(ratios);
	printf("%-44s %6.3f x (at most %.2f) %s\n", what, ratio, most,
	    ratio <= most ? "" : "TOO MUCH");
}

int
main(void)
{
	enum { RSA_BARE, RSA_OURS, RSA_MANY, EC_BARE, EC_OURS, EC_MANY, EC_ISSUERS, HIT, CASES };
	struct timed cases[CASES] = { 0 };
	struct key *rsa, *ec;
	struct jwt jwt;
	uint8_t hash_key[16];

	random_bytes(hash_key, sizeof(hash_key));
	value_hash_key(hash_key);
	all = arena_new((size_t)64 << 20);
	request = arena_new((size_t)1 << 20);
	context = verify_context_new();
	cache = token_cache_new(CACHE_SLOTS);
	revoked = revoked_new(1000, NULL);
	rsa = make_rsa_2048();
	must(key_generate(KEY_P256, &ec) == ERR_OK);

	cases[RSA_OURS] = (struct timed){ "RS256 from text to claims", run_ours, NULL,
		make_set(rsa, 1), make_token(rsa, ALGORITHM_RS256, "key-0") };
	cases[RSA_BARE] = (struct timed){ "RS256 bare", run_bare,
		make_bare(rsa, cases[RSA_OURS].token, true), NULL, cases[RSA_OURS].token };
	cases[RSA_MANY] = (struct timed){ "RS256, 10,000 keys", run_ours, NULL,
		make_set(rsa, MANY), make_token(rsa, ALGORITHM_RS256, "key-9876") };
	cases[EC_OURS] = (struct timed){ "ES256 from text to claims", run_ours, NULL,
		make_set(ec, 1), make_token(ec, ALGORITHM_ES256, "key-0") };
	cases[EC_BARE] = (struct timed){ "ES256 bare", run_bare,
		make_bare(ec, cases[EC_OURS].token, false), NULL, cases[EC_OURS].token };
	cases[EC_MANY] = (struct timed){ "ES256, 10,000 keys", run_ours, NULL,
		make_set(ec, MANY), make_token(ec, ALGORITHM_ES256, "key-9876") };
	cases[EC_ISSUERS] = (struct timed){ "ES256, issuers with sets of their own",
		run_issuers, NULL, NULL, cases[EC_OURS].token };
	cases[HIT] = (struct timed){ "cache hit", run_hit, NULL, NULL, cases[EC_OURS].token };
	const struct issuer entries[] = { { .name = STR("https://other"),
					      .keys = cases[RSA_OURS].keys },
		{ .name = STR("https://idp.example"), .keys = cases[EC_OURS].keys } };
	must(issuers_make(all, &entries[0], entries, COUNT(entries), &issuers) == ERR_OK);
	must(
	    issuers_verify(&issuers, request, cases[HIT].token, context, NOW, &jwt) == ERR_OK);
	token_cache_add(cache, cases[HIT].token, 1, &jwt, revoked_epoch(revoked));

	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < CASES; i++)
			cases[i].ns[round] = time_slice(&cases[i]);
	for (size_t i = 0; i < CASES; i++)
		printf("%-44s %9.3f us\n", cases[i].name, median(cases[i].ns) / 1e3);
	report_ratio("RS256 / bare", &cases[RSA_OURS], &cases[RSA_BARE], 1.15);
	report_ratio("ES256 / bare", &cases[EC_OURS], &cases[EC_BARE], 1.10);
	report_ratio("RS256, 10,000 keys / one", &cases[RSA_MANY], &cases[RSA_OURS], 1.05);
	report_ratio("ES256, 10,000 keys / one", &cases[EC_MANY], &cases[EC_OURS], 1.05);
	return 0;
}
