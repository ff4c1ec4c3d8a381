/* SPDX-License-Identifier: Apache-2.0 */
#include "support/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/must.h"

enum { DAY_S = 86400, PEM_LIMIT = 1 << 16 };

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension != NULL && X509_add_ext(cert, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void
take_bio(BIO *bio, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_init(out, PEM_LIMIT);
	buf_add(out, data, (size_t)len);
	BIO_free(bio);
}

static X509 *
read_certificate(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	must(cert != NULL);
	return cert;
}

static EVP_PKEY *
read_key(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	must(key != NULL);
	return key;
}

void
certificate_make(struct certificate *ret, const struct certificate_wish *w,
    const struct certificate *issuer)
{
	static long serial;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY *issuer_key = issuer != NULL ? read_key(&issuer->key_pem) : NULL;
	X509 *cert = X509_new();
	X509 *issuer_cert = issuer != NULL ? read_certificate(&issuer->certificate_pem) : NULL;
	X509 *signer = issuer_cert != NULL ? issuer_cert : cert;
	X509_NAME *name;
	BIO *bio;

	must(key != NULL && cert != NULL);
	must(X509_set_version(cert, X509_VERSION_3) == 1);
	must(ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial) == 1);
	must(X509_gmtime_adj(X509_getm_notBefore(cert), (long)w->days_from * DAY_S) != NULL);
	must(X509_gmtime_adj(X509_getm_notAfter(cert), (long)w->days_to * DAY_S) != NULL);
	must(X509_set_pubkey(cert, key) == 1);
	name = X509_get_subject_name(cert);
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)w->name, -1,
		 -1, 0) == 1);
	must(X509_set_issuer_name(cert, X509_get_subject_name(signer)) == 1);
	add_extension(cert, signer, NID_basic_constraints, w->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(cert, signer, NID_key_usage,
	    w->is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	add_extension(cert, signer, NID_subject_key_identifier, "hash");
	if (issuer != NULL)
		add_extension(cert, signer, NID_authority_key_identifier, "keyid");
	if (w->usage != NULL)
		add_extension(cert, signer, NID_ext_key_usage, w->usage);
	if (w->san != NULL)
		add_extension(cert, signer, NID_subject_alt_name, w->san);
	must(X509_sign(cert, issuer_key != NULL ? issuer_key : key, EVP_sha256()) > 0);
	bio = BIO_new(BIO_s_mem());
	must(PEM_write_bio_X509(bio, cert) == 1);
	take_bio(bio, &ret->certificate_pem);
	bio = BIO_new(BIO_s_mem());
	must(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	take_bio(bio, &ret->key_pem);
	X509_free(cert);
	X509_free(issuer_cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(issuer_key);
}

void
certificate_fini(struct certificate *c)
{
	buf_fini(&c->certificate_pem);
	buf_fini(&c->key_pem);
}
