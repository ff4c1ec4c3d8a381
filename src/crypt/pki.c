/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/pki.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypt/openssl.h"
#include "crypt/random.h"
#include "crypt/secret.h"

enum { SERIAL_BYTES = 16 };

void
pki_pair_init(struct pki_pair *p)
{
	buf_init(&p->certificate, PKI_PEM_MAX);
	buf_init(&p->key, PKI_PEM_MAX);
}

void
pki_pair_fini(struct pki_pair *p)
{
	secret_wipe(p->key.data, p->key.len);
	buf_fini(&p->key);
	buf_fini(&p->certificate);
}

/* ---- reading ---- */

static int
refuse_password(char *room, int size, int writing, void *unused)
{
	(void)room;
	(void)size;
	(void)writing;
	(void)unused;
	return -1; /* never ask at a terminal */
}

static X509 *
read_certificate(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->len > 0 ? pem->data : "", (int)pem->len);
	X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, refuse_password, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *
read_key(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->len > 0 ? pem->data : "", (int)pem->len);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static bool
is_good(X509 *cert, EVP_PKEY *key, X509 *issuer, int64_t now_s, int64_t until_s)
{
	return cert != NULL && issuer != NULL && (key == NULL || X509_check_private_key(cert, key) == 1) &&
	    X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) == 0 &&
	    X509_verify(cert, X509_get0_pubkey(issuer)) == 1 &&
	    ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), (time_t)now_s) <= 0 &&
	    ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), (time_t)until_s) > 0;
}

bool
pki_pair_is_good(const struct pki_pair *p, const struct pki_pair *authority, int64_t now_s,
    int64_t until_s)
{
	X509 *cert, *issuer;
	EVP_PKEY *key;
	bool fine;

	openssl_start();
	cert = read_certificate(&p->certificate);
	issuer = authority != NULL ? read_certificate(&authority->certificate) : NULL;
	key = read_key(&p->key);
	fine = (key != NULL || p->key.len == 0) &&
	    is_good(cert, key, authority != NULL ? issuer : cert, now_s, until_s);
	X509_free(cert);
	X509_free(issuer);
	EVP_PKEY_free(key);
	openssl_forget_errors();
	return fine;
}

/* ---- making ---- */

static bool
set_serial(X509 *cert)
{
	uint8_t bytes[SERIAL_BYTES];
	BIGNUM *number;
	bool fine;

	random_bytes(bytes, sizeof(bytes));
	bytes[0] = (bytes[0] & 0x3f) | 0x40; /* positive, and never short */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	fine = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return fine;
}

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool fine;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	fine = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return fine;
}

static bool
describe(X509 *cert, X509 *issuer, EVP_PKEY *key, const struct pki_wish *w)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)w->name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 && X509_set_pubkey(cert, key) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)w->from_s) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)w->to_s) != NULL;
}

static bool
extend_authority(X509 *cert)
{
	return add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    add_extension(cert, cert, NID_subject_key_identifier, "hash");
}

static bool
extend_leaf(X509 *cert, X509 *issuer, const struct pki_wish *w)
{
	return add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, issuer, NID_ext_key_usage, w->is_server ? "serverAuth" : "clientAuth") &&
	    add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
	    add_extension(cert, issuer, NID_authority_key_identifier, "keyid") &&
	    add_extension(cert, issuer, NID_subject_alt_name, w->alternatives);
}

static bool
take(BIO *bio, struct buf *out)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	if (len > 0)
		buf_add(out, data, (size_t)len);
	return len > 0 && !buf_failed(out);
}

static bool
write_pair(X509 *cert, EVP_PKEY *key, struct pki_pair *ret)
{
	BIO *text = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_secmem());
	bool fine = text != NULL && secret != NULL && PEM_write_bio_X509(text, cert) == 1 &&
	    PEM_write_bio_PKCS8PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1;

	buf_clear(&ret->certificate);
	buf_clear(&ret->key);
	fine = fine && take(text, &ret->certificate) && take(secret, &ret->key);
	BIO_free(text);
	BIO_free(secret);
	return fine;
}

/* Signed by `issuer`, or by itself if that is NULL. */
static err_t
make(X509 *issuer, EVP_PKEY *issuer_key, const struct pki_wish *w, struct pki_pair *ret)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool fine = key != NULL && cert != NULL && describe(cert, issuer != NULL ? issuer : cert, key, w) &&
	    (issuer != NULL ? extend_leaf(cert, issuer, w) : extend_authority(cert)) &&
	    X509_sign(cert, issuer != NULL ? issuer_key : key, openssl_digest(DIGEST_SHA256)) > 0 &&
	    write_pair(cert, key, ret);

	X509_free(cert);
	EVP_PKEY_free(key);
	openssl_forget_errors();
	return fine ? ERR_OK : ERR_MEMORY;
}

err_t
pki_authority_make(const struct pki_wish *w, struct pki_pair *ret)
{
	openssl_start();
	return make(NULL, NULL, w, ret);
}

err_t
pki_leaf_make(const struct pki_pair *authority, const struct pki_wish *w, struct pki_pair *ret)
{
	X509 *issuer;
	EVP_PKEY *key;
	err_t err = ERR_KEY;

	openssl_start();
	issuer = read_certificate(&authority->certificate);
	key = read_key(&authority->key);
	if (issuer != NULL && key != NULL && X509_check_private_key(issuer, key) == 1)
		err = make(issuer, key, w, ret);
	X509_free(issuer);
	EVP_PKEY_free(key);
	openssl_forget_errors();
	return err;
}
