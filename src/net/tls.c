/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/openssl.h"
#include "net/peer.h"
#include "net/tls_trust.h"

enum { NAMES_MAX = 64, NAME_BYTES_MAX = 8192 };

struct tls_context {
	SSL_CTX *ctx;
};

struct tls {
	SSL *ssl;
	enum tls_protocol protocol;
	const char *failure;
	bool refused_client;
	struct peer_name *names; /* with their bytes behind them */
};

static const unsigned char *
protocol_name(enum tls_protocol p)
{
	/* As in the ALPN extension: a length, then the name (rfc7301 3.1). */
	return (const unsigned char *)(p == TLS_H2 ? "\x02h2" : "\x08http/1.1");
}

static int
find_protocol(enum tls_protocol protocol, const unsigned char *offered, unsigned offered_len,
    const unsigned char **ret_name, unsigned char *ret_len)
{
	const unsigned char *wanted = protocol_name(protocol);

	for (unsigned i = 0; i < offered_len; i += 1u + offered[i]) {
		unsigned len = offered[i];

		if (len + 1u > offered_len - i)
			break;
		if (len == wanted[0] && memcmp(offered + i + 1, wanted + 1, len) == 0) {
			*ret_name = offered + i + 1;
			*ret_len = offered[i];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int
select_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_len,
    const unsigned char *offered, unsigned int offered_len, void *unused)
{
	const struct tls *t = SSL_get_app_data(ssl);

	(void)unused;
	if (t->protocol != TLS_HTTP_BOTH)
		return find_protocol(t->protocol, offered, offered_len, ret_name, ret_len);
	if (find_protocol(TLS_H2, offered, offered_len, ret_name, ret_len) == SSL_TLSEXT_ERR_OK)
		return SSL_TLSEXT_ERR_OK;
	return find_protocol(TLS_HTTP1, offered, offered_len, ret_name, ret_len);
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

static err_t
use_certificate(SSL_CTX *ctx, str_t pem, struct diag *d)
{
	BIO *bio = open_pem(pem);
	err_t e = ERR_OK;
	size_t count = 0;
	X509 *cert;

	if (bio == NULL)
		return ERR_MEMORY;
	while (e == ERR_OK && (cert = PEM_read_bio_X509(bio, NULL, refuse_password, NULL)) != NULL) {
		long used = count++ == 0 ? SSL_CTX_use_certificate(ctx, cert) :
					   SSL_CTX_add1_chain_cert(ctx, cert);

		if (used != 1)
			e = refuse(d, ERR_KEY, "the server certificate cannot be used");
		X509_free(cert);
	}
	BIO_free(bio);
	if (e == ERR_OK && count == 0)
		return refuse(d, ERR_KEY, "there is no server certificate in the PEM text");
	openssl_forget_errors(); /* the end of the text counts as one */
	return e;
}

static err_t
use_key(SSL_CTX *ctx, str_t pem, struct diag *d)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *key;
	err_t e = ERR_OK;

	if (bio == NULL)
		return ERR_MEMORY;
	key = PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL);
	BIO_free(bio);
	if (key == NULL)
		return refuse(d, ERR_KEY, "there is no usable private key in the PEM text");
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		e = refuse(d, ERR_KEY, "the private key does not belong to the server certificate");
	EVP_PKEY_free(key);
	return e;
}

/* The names that we say we trust, so that a client finds the certificate to show. */
static bool
name_authorities(SSL_CTX *ctx)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));
	bool fine = true;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *cert = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		fine = fine && (cert == NULL || SSL_CTX_add_client_CA(ctx, cert) == 1);
	}
	return fine;
}

static int
check_client(X509_STORE_CTX *chain, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);

	(void)unused;
	t->failure = tls_trust_check(chain, TRUST_DEPTH);
	t->refused_client = t->failure != NULL;
	return t->failure == NULL;
}

static err_t
use_client_ca(SSL_CTX *ctx, const struct tls_config *config, struct diag *d)
{
	TRY(tls_trust_fill(SSL_CTX_get_cert_store(ctx), config->client_ca_pem, config->crl_pem, d));
	if (!name_authorities(ctx))
		return ERR_MEMORY;
	SSL_CTX_set_verify(ctx,
	    SSL_VERIFY_PEER | (config->require_client ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
	SSL_CTX_set_cert_verify_callback(ctx, check_client, NULL);
	return ERR_OK;
}

static void
set_manners(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1); /* one read() for a record, not two */
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
}

static err_t
fill_context(SSL_CTX *ctx, const struct tls_config *config, struct diag *d)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
		return refuse(d, ERR_CONFIG, "TLS 1.3 is not available");
	set_manners(ctx);
	TRY(use_certificate(ctx, config->certificate_pem, d));
	TRY(use_key(ctx, config->key_pem, d));
	if (config->client_ca_pem.len > 0)
		return use_client_ca(ctx, config, d);
	if (config->require_client) {
		diag_say(d, "tls", "client certificates are required but no client CA is given");
		return ERR_CONFIG;
	}
	return ERR_OK;
}

err_t
tls_context_new(const struct tls_config *config, struct tls_context **ret_context,
    struct diag *d)
{
	struct tls_context *c = calloc(1, sizeof(*c));
	err_t e;

	openssl_start();
	if (c != NULL)
		c->ctx = SSL_CTX_new(TLS_server_method());
	if (c == NULL || c->ctx == NULL) {
		free(c);
		return ERR_MEMORY;
	}
	e = fill_context(c->ctx, config, d);
	if (e != ERR_OK) {
		tls_context_destroy(c);
		return e;
	}
	*ret_context = c;
	return ERR_OK;
}

void
tls_context_destroy(void *context)
{
	struct tls_context *c = context;

	SSL_CTX_free(c->ctx); /* connections hold their own counts on it */
	free(c);
}

struct tls *
tls_new(const struct tls_context *c, int fd, enum tls_protocol protocol)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->protocol = protocol;
	t->ssl = SSL_new(c->ctx);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1 || SSL_set_app_data(t->ssl, t) != 1) {
		tls_free(&t);
		return NULL;
	}
	SSL_set_accept_state(t->ssl);
	return t;
}

void
tls_free(struct tls **tls)
{
	if (*tls == NULL)
		return;
	SSL_free((*tls)->ssl);
	free((*tls)->names);
	free(*tls);
	*tls = NULL;
}

static enum tls_outcome
outcome_of(struct tls *t, int result)
{
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		if (t->failure == NULL) {
			unsigned long code = ERR_peek_last_error();

			t->failure = ERR_reason_error_string(code);
			t->refused_client = ERR_GET_LIB(code) == ERR_LIB_SSL &&
			    ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
		}
		openssl_forget_errors();
		return TLS_FAILED;
	}
}

static bool
find_name(const GENERAL_NAME *g, struct peer_name *ret_name)
{
	const ASN1_STRING *s;

	switch (g->type) {
	case GEN_DNS:
		ret_name->kind = PEER_NAME_DNS;
		s = g->d.dNSName;
		break;
	case GEN_URI:
		ret_name->kind = PEER_NAME_URI;
		s = g->d.uniformResourceIdentifier;
		break;
	case GEN_EMAIL:
		ret_name->kind = PEER_NAME_EMAIL;
		s = g->d.rfc822Name;
		break;
	case GEN_IPADD:
		ret_name->kind = PEER_NAME_IP;
		s = g->d.iPAddress;
		break;
	default:
		return false;
	}
	ret_name->text = str_make((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	return ret_name->text.len > 0 &&
	    (ret_name->kind == PEER_NAME_IP || memchr(ret_name->text.data, '\0', ret_name->text.len) == NULL);
}

static bool
copy_names(struct tls *t, const GENERAL_NAMES *san, struct peer *peer)
{
	char *bytes;
	size_t left = NAME_BYTES_MAX;

	t->names = calloc(1, NAMES_MAX * sizeof(*t->names) + NAME_BYTES_MAX);
	if (t->names == NULL)
		return false;
	bytes = (char *)(t->names + NAMES_MAX);
	for (int i = 0; i < sk_GENERAL_NAME_num(san) && peer->name_count < NAMES_MAX; i++) {
		struct peer_name name;

		if (!find_name(sk_GENERAL_NAME_value(san, i), &name) || name.text.len > left)
			continue;
		memcpy(bytes, name.text.data, name.text.len);
		name.text.data = bytes;
		bytes += name.text.len;
		left -= name.text.len;
		t->names[peer->name_count++] = name;
	}
	peer->names = t->names;
	return true;
}

static bool
identify(struct tls *t, struct peer *peer)
{
	const unsigned char *protocol = NULL;
	unsigned len = 0;
	GENERAL_NAMES *san;
	X509 *cert;
	bool fine = true;

	SSL_get0_alpn_selected(t->ssl, &protocol, &len);
	if (t->protocol == TLS_H2 && len == 0) {
		t->failure = "the client does not speak h2"; /* rfc9113 3.2 */
		return false;
	}
	peer->secured = true;
	cert = SSL_get0_peer_certificate(t->ssl);
	if (cert == NULL)
		return true; /* only where none is required */
	peer->certified = SSL_get_verify_result(t->ssl) == X509_V_OK;
	san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	if (san != NULL)
		fine = copy_names(t, san, peer);
	GENERAL_NAMES_free(san);
	return fine;
}

enum tls_outcome
tls_shake(struct tls *t, struct peer *peer)
{
	enum tls_outcome outcome;

	openssl_forget_errors();
	outcome = outcome_of(t, SSL_do_handshake(t->ssl));
	if (outcome == TLS_DONE && !identify(t, peer))
		return TLS_FAILED;
	return outcome;
}

enum tls_outcome
tls_read(struct tls *t, char *room, size_t size, size_t *ret_len)
{
	openssl_forget_errors();
	return outcome_of(t, SSL_read_ex(t->ssl, room, size, ret_len));
}

enum tls_outcome
tls_write(struct tls *t, str_t bytes, size_t *ret_len)
{
	openssl_forget_errors();
	return outcome_of(t, SSL_write_ex(t->ssl, bytes.data, bytes.len, ret_len));
}

void
tls_say_goodbye(struct tls *t)
{
	openssl_forget_errors();
	(void)SSL_shutdown(t->ssl);
	openssl_forget_errors();
}

const char *
tls_failure(const struct tls *t)
{
	return t->failure != NULL ? t->failure : "the connection broke";
}

bool
tls_refused_client(const struct tls *t)
{
	return t->refused_client;
}

bool
tls_speaks_h2(const struct tls *t)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(t->ssl, &name, &len);
	return len == 2 && memcmp(name, "h2", 2) == 0;
}
