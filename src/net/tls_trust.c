/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_trust.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "crypt/openssl.h"
#include "net/tls_rule.h"

enum {
	AUTH_LEVEL = 2, /* 112 bits: no SHA-1, no RSA key below 2,048 bits */
	SEARCH_DEPTH = 2 * TRUST_DEPTH, /* self-issued certificates count for the search */
};

static err_t
refuse(struct diag *d, err_t e, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	diag_say(d, "tls", "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
	openssl_forget_errors();
	return e;
}

static BIO *
open_pem(str_t pem)
{
	return pem.len <= INT_MAX ? BIO_new_mem_buf(pem.data, (int)pem.len) : NULL;
}

static int
refuse_password(char *room, int size, int writing, void *unused)
{
	(void)room;
	(void)size;
	(void)writing;
	(void)unused;
	return -1; /* never ask at a terminal */
}

/* Whether reading stopped because there is no more, rather than because of a block that is broken. */
static bool
is_at_end(void)
{
	unsigned long code = ERR_peek_last_error();

	return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

static err_t
add_anchors(X509_STORE *store, str_t pem, struct diag *d)
{
	BIO *bio = open_pem(pem);
	err_t e = ERR_OK;
	size_t count = 0;
	X509 *cert;

	if (bio == NULL)
		return ERR_MEMORY;
	for (; e == ERR_OK && (cert = PEM_read_bio_X509(bio, NULL, refuse_password, NULL)) != NULL; count++) {
		if (X509_STORE_add_cert(store, cert) != 1)
			e = refuse(d, ERR_KEY, "a client CA certificate cannot be used");
		X509_free(cert);
	}
	BIO_free(bio);
	if (e == ERR_OK && count == 0)
		return refuse(d, ERR_KEY, "there is no client CA certificate in the PEM text");
	if (e == ERR_OK && !is_at_end())
		return refuse(d, ERR_KEY, "a client CA certificate cannot be read");
	openssl_forget_errors(); /* the end of the text counts as one */
	return e;
}

/* A list that tells us something critical that we do not understand tells us nothing (rfc5280 5.2). */
static bool
is_good_list(const X509_CRL *crl)
{
	int i = X509_CRL_get_ext_by_NID(crl, NID_crl_number, -1);

	return i >= 0 && X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)) == 0;
}

static err_t
add_lists(X509_STORE *store, str_t pem, struct diag *d)
{
	BIO *bio = open_pem(pem);
	err_t e = ERR_OK;
	size_t count = 0;
	X509_CRL *crl;

	if (bio == NULL)
		return ERR_MEMORY;
	for (; e == ERR_OK && (crl = PEM_read_bio_X509_CRL(bio, NULL, refuse_password, NULL)) != NULL; count++) {
		if (!is_good_list(crl))
			e = refuse(d, ERR_KEY, "a revocation list has no number, or a critical one");
		else if (X509_STORE_add_crl(store, crl) != 1)
			e = refuse(d, ERR_KEY, "a revocation list cannot be used");
		X509_CRL_free(crl);
	}
	BIO_free(bio);
	if (e == ERR_OK && count == 0)
		return refuse(d, ERR_KEY, "there is no revocation list in the PEM text");
	if (e == ERR_OK && !is_at_end())
		return refuse(d, ERR_KEY, "a revocation list cannot be read");
	openssl_forget_errors();
	return e;
}

static err_t
check_dates(str_t pem, int64_t now_s, struct diag *d)
{
	BIO *bio = open_pem(pem);
	time_t now = (time_t)now_s;
	err_t e = bio != NULL ? ERR_OK : ERR_MEMORY;
	X509_CRL *crl;

	while (e == ERR_OK && (crl = PEM_read_bio_X509_CRL(bio, NULL, refuse_password, NULL)) != NULL) {
		const ASN1_TIME *until = X509_CRL_get0_nextUpdate(crl);

		if (until == NULL || X509_cmp_time(until, &now) < 0)
			e = refuse(d, ERR_KEY, "a revocation list has run out, or does not say when it will");
		X509_CRL_free(crl);
	}
	BIO_free(bio);
	openssl_forget_errors();
	return e;
}

err_t
tls_trust_check_lists(str_t pem, int64_t now_s, struct diag *d)
{
	X509_STORE *store = X509_STORE_new();
	err_t e = store != NULL ? add_lists(store, pem, d) : ERR_MEMORY;

	X509_STORE_free(store);
	return e == ERR_OK ? check_dates(pem, now_s, d) : e;
}

err_t
tls_trust_fill(X509_STORE *store, str_t anchors, str_t lists, struct diag *d)
{
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	/*
	 * An anchor is what the operator named, self-signed or not.  Policies are not asked for:
	 * nothing here needs one, and OpenSSL leaks memory where they are malformed.
	 */
	unsigned long flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN;

	TRY(add_anchors(store, anchors, d));
	if (lists.len > 0) {
		TRY(add_lists(store, lists, d));
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	}
	if (X509_VERIFY_PARAM_set_flags(param, flags) != 1)
		return ERR_MEMORY;
	X509_VERIFY_PARAM_set_depth(param, SEARCH_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	return ERR_OK;
}

static const char *
fail(X509_STORE_CTX *ctx, int depth, int error, const char *why)
{
	X509_STORE_CTX_set_error_depth(ctx, depth);
	X509_STORE_CTX_set_error(ctx, error);
	return why != NULL ? why : X509_verify_cert_error_string(error);
}

static bool
is_self_issued(const X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

static const char *
check_rules(X509_STORE_CTX *ctx, int depth)
{
	const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int count = sk_X509_num(chain), between = 0;

	for (int i = 0; i < count; i++) {
		const X509 *cert = sk_X509_value(chain, i);
		enum tls_place at = i == 0 ? TLS_LEAF : i + 1 < count ? TLS_INTERMEDIATE : TLS_ANCHOR;
		const char *why = tls_rule_broken(cert, at);

		if (why != NULL)
			return fail(ctx, i, X509_V_ERR_APPLICATION_VERIFICATION, why);
		if (i > 0 && tls_rule_excludes(cert, sk_X509_value(chain, 0)))
			return fail(ctx, 0, X509_V_ERR_EXCLUDED_VIOLATION, NULL);
		between += at == TLS_INTERMEDIATE && !is_self_issued(cert);
		if (between > depth)
			return fail(ctx, i, X509_V_ERR_CERT_CHAIN_TOO_LONG, NULL);
	}
	return NULL;
}

static time_t
time_of(X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	return X509_VERIFY_PARAM_get_flags(param) & X509_V_FLAG_USE_CHECK_TIME ?
	    X509_VERIFY_PARAM_get_time(param) :
	    (time_t)clock_wall_s(&clock_system);
}

/* Where OpenSSL is stricter than RFC 5280. */
static int
forgive(int fine, X509_STORE_CTX *ctx)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	if (fine)
		return fine;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE: /* says what a CA must write; not what a reader must want */
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED: /* notAfter is the last good second, not the first bad one (4.1.2.5) */
		if (cert == NULL || ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), time_of(ctx)) != 0)
			return 0;
		break;
	default:
		return 0;
	}
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

const char *
tls_trust_check(X509_STORE_CTX *ctx, int depth)
{
	X509_STORE_CTX_set_verify_cb(ctx, forgive);
	if (X509_verify_cert(ctx) == 1)
		return check_rules(ctx, depth);
	if (X509_STORE_CTX_get_error(ctx) == X509_V_OK)
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNSPECIFIED);
	return X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
}

/* ---- a chain at hand ---- */

static STACK_OF(X509) *
read_chain(str_t pem)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	BIO *bio = open_pem(pem);
	X509 *cert;

	while (chain != NULL && bio != NULL && (cert = PEM_read_bio_X509(bio, NULL, refuse_password, NULL)) != NULL) {
		if (sk_X509_push(chain, cert) <= 0)
			X509_free(cert);
	}
	BIO_free(bio);
	openssl_forget_errors();
	return chain;
}

static const char *
judge(X509_STORE *store, STACK_OF(X509) *chain, const struct tls_trust_case *c)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	const char *why = "out of memory";

	if (ctx != NULL && X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) == 1 &&
	    X509_STORE_CTX_set_default(ctx, c->server ? "ssl_server" : "ssl_client") == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_time(param, (time_t)c->now_s);
		why = tls_trust_check(ctx, c->depth >= 0 ? c->depth : TRUST_DEPTH);
	}
	X509_STORE_CTX_free(ctx);
	return why;
}

const char *
tls_trust_judge(const struct tls_trust_case *c)
{
	STACK_OF(X509) *chain = read_chain(c->chain_pem);
	X509_STORE *store = X509_STORE_new();
	const char *why = "a part of it cannot be read";

	openssl_start();
	if (store != NULL && sk_X509_num(chain) > 0 &&
	    tls_trust_fill(store, c->anchors_pem, c->crls_pem, NULL) == ERR_OK)
		why = judge(store, chain, c);
	X509_STORE_free(store);
	sk_X509_pop_free(chain, X509_free);
	openssl_forget_errors();
	return why;
}
