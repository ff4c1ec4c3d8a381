/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys and algorithms of certificates. */
#include <openssl/x509.h>

#include "crypt/openssl.h"
#include "crypt/x509_parts.h"

#define OID(bytes) STR(bytes)

static const str_t oid_pss = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"),
		   oid_mgf1 = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"),
		   oid_ed25519 = OID("\x2b\x65\x70"), null_element = STR("\x05\x00");

static const struct {
	str_t oid;
	enum x509_signature algorithm;
} signatures[] = {
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), X509_MD5_RSA },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), X509_SHA1_RSA },
	{ OID("\x2b\x0e\x03\x02\x1d"), X509_SHA1_RSA }, /* the OIW's */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), X509_SHA256_RSA },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), X509_SHA384_RSA },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), X509_SHA512_RSA },
	{ OID("\x2a\x86\x48\xce\x38\x04\x03"), X509_SHA1_DSA },
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x03\x02"), X509_SHA256_DSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x01"), X509_SHA1_ECDSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), X509_SHA256_ECDSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), X509_SHA384_ECDSA },
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), X509_SHA512_ECDSA },
};

/* Hashes that PSS may use, with the salt each has. */
static const struct {
	str_t oid;
	int64_t salt;
	enum x509_signature algorithm;
} pss_hashes[] = {
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), 32, X509_SHA256_PSS },
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), 48, X509_SHA384_PSS },
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), 64, X509_SHA512_PSS },
};

static const struct {
	str_t oid;
	enum x509_key_kind kind;
} kinds[] = {
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), X509_RSA },
	{ OID("\x2a\x86\x48\xce\x38\x04\x01"), X509_DSA },
	{ OID("\x2a\x86\x48\xce\x3d\x02\x01"), X509_ECDSA },
	{ OID("\x2b\x65\x70"), X509_ED25519 },
};

static const struct {
	str_t oid;
	enum x509_curve curve;
	size_t size;
} curves[] = {
	{ OID("\x2b\x81\x04\x00\x21"), X509_P224, 28 },
	{ OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), X509_P256, 32 },
	{ OID("\x2b\x81\x04\x00\x22"), X509_P384, 48 },
	{ OID("\x2b\x81\x04\x00\x23"), X509_P521, 66 },
};

/* An algorithm and its parameters, which are one element or nothing. */
static bool
read_identifier(str_t body, str_t *ret_oid, str_t *ret_parameters)
{
	str_t value;
	uint8_t tag;

	*ret_parameters = STR_NONE;
	return der_read_oid(&body, ret_oid) &&
	    (body.len == 0 || der_read_any(&body, &tag, &value, ret_parameters));
}

bool
x509_refuse_identifier(struct x509_reader *r, str_t body)
{
	str_t oid;

	return x509_refuse(r, der_read_oid(&body, &oid) ? "x509: malformed parameters"
	                                                : "x509: malformed OID");
}

bool
x509_is_identifier(str_t body)
{
	str_t oid, parameters;

	return read_identifier(body, &oid, &parameters);
}

/* ---- signatures ---- */

static bool
is_plain_hash(str_t identifier, str_t *ret_oid)
{
	str_t parameters;

	return read_identifier(identifier, ret_oid, &parameters) &&
	    (parameters.len == 0 || str_eq(parameters, null_element));
}

/* rfc4055 3.1, of which only what is in use: one hash for all, and a salt as long as it. */
static enum x509_signature
read_pss(str_t parameters)
{
	str_t all, hash, mgf, number, oid, mgf_oid, mgf_hash, inner;
	int64_t salt = 0, trailer = 1;

	if (!der_read(&parameters, DER_SEQUENCE, &all) ||
	    !der_read(&all, DER_CONTEXT_MADE | 0, &hash) ||
	    !der_read(&hash, DER_SEQUENCE, &inner) || !is_plain_hash(inner, &oid) ||
	    !der_read(&all, DER_CONTEXT_MADE | 1, &mgf) ||
	    !der_read(&mgf, DER_SEQUENCE, &inner) ||
	    !read_identifier(inner, &mgf_oid, &parameters) || !str_eq(mgf_oid, oid_mgf1) ||
	    !der_read(&parameters, DER_SEQUENCE, &inner) || !is_plain_hash(inner, &mgf_hash) ||
	    !str_eq(oid, mgf_hash) || !der_read(&all, DER_CONTEXT_MADE | 2, &number) ||
	    !der_read_int64(&number, &salt) ||
	    !der_read_optional(&all, DER_CONTEXT_MADE | 3, &number) ||
	    (number.data != NULL && !der_read_int64(&number, &trailer)) || trailer != 1)
		return X509_SIGNATURE_UNKNOWN;
	for (size_t i = 0; i < COUNT(pss_hashes); i++)
		if (str_eq(oid, pss_hashes[i].oid) && salt == pss_hashes[i].salt)
			return pss_hashes[i].algorithm;
	return X509_SIGNATURE_UNKNOWN;
}

enum x509_signature
x509_signature_of(str_t identifier)
{
	str_t oid, parameters;

	if (!read_identifier(identifier, &oid, &parameters))
		return X509_SIGNATURE_UNKNOWN;
	if (str_eq(oid, oid_pss))
		return read_pss(parameters);
	if (str_eq(oid, oid_ed25519)) /* rfc8410 3 */
		return parameters.len == 0 ? X509_ED25519_PURE : X509_SIGNATURE_UNKNOWN;
	for (size_t i = 0; i < COUNT(signatures); i++)
		if (str_eq(oid, signatures[i].oid))
			return signatures[i].algorithm;
	return X509_SIGNATURE_UNKNOWN;
}

/* A BIT STRING whose last bits are unused is moved to the right. */
static bool
right_align(struct arena *arena, str_t bytes, unsigned unused, str_t *ret)
{
	char *moved;

	*ret = bytes;
	if (unused == 0)
		return true;
	moved = arena_alloc_raw(arena, bytes.len, 1);
	if (moved == NULL)
		return false;
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned here = (unsigned char)bytes.data[i];
		unsigned before = i > 0 ? (unsigned char)bytes.data[i - 1] : 0;

		moved[i] = (char)(here >> unused | before << (8 - unused));
	}
	*ret = str_make(moved, bytes.len);
	return true;
}

bool
x509_signature_right(str_t *der, struct arena *arena, str_t *ret)
{
	unsigned unused;
	str_t bytes;

	return der_read_bits(der, &bytes, &unused) && right_align(arena, bytes, unused, ret);
}

/* ---- keys ---- */

static bool
read_rsa(struct x509_reader *r, str_t parameters, str_t bits, struct x509_key *key)
{
	str_t body, n;

	if (!str_eq(parameters, null_element)) /* rfc3279 2.3.1 */
		return x509_refuse(r, "x509: RSA key missing NULL parameters");
	if (!der_read(&bits, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid RSA public key");
	if (!der_read_integer(&body, &n))
		return x509_refuse(r, "x509: invalid RSA modulus");
	if (!der_read_int64(&body, &key->e))
		return x509_refuse(r, "x509: invalid RSA public exponent");
	if (!der_to_natural(n, &key->n) || key->n.len == 0)
		return x509_refuse(r, "x509: RSA modulus is not a positive number");
	if (key->e <= 0)
		return x509_refuse(r, "x509: RSA public exponent is not a positive number");
	return true;
}

static bool
read_dsa(struct x509_reader *r, str_t parameters, str_t bits, struct x509_key *key)
{
	str_t y, p, q, g, body;

	if (!der_read_integer(&bits, &y))
		return x509_refuse(r, "x509: invalid DSA public key");
	if (!der_read(&parameters, DER_SEQUENCE, &body) || !der_read_integer(&body, &p) ||
	    !der_read_integer(&body, &q) || !der_read_integer(&body, &g))
		return x509_refuse(r, "x509: invalid DSA parameters");
	if (!der_to_natural(y, &key->y) || !der_to_natural(p, &key->p) ||
	    !der_to_natural(q, &key->q) || !der_to_natural(g, &key->g) || key->y.len == 0 ||
	    key->p.len == 0 || key->q.len == 0 || key->g.len == 0)
		return x509_refuse(r, "x509: zero or negative DSA parameter");
	return true;
}

static str_t
without_zeros(str_t s)
{
	while (s.len > 0 && s.data[0] == 0)
		s = str_skip(s, 1);
	return s;
}

static bool
read_ecdsa(struct x509_reader *r, str_t parameters, str_t bits, struct x509_key *key)
{
	size_t i = 0;
	EVP_PKEY *handle;
	str_t oid;

	if (!der_read_oid(&parameters, &oid))
		return x509_refuse(r, "x509: invalid ECDSA parameters");
	while (i < COUNT(curves) && !str_eq(oid, curves[i].oid))
		i++;
	if (i == COUNT(curves))
		return x509_refuse(r, "x509: unsupported elliptic curve");
	if (bits.len != 1 + 2 * curves[i].size || bits.data[0] != 4) /* only uncompressed points */
		return x509_refuse(r, "x509: failed to unmarshal elliptic curve point");
	key->curve = curves[i].curve;
	key->x = without_zeros(str_sub(bits, 1, curves[i].size));
	key->y = without_zeros(str_skip(bits, 1 + curves[i].size));
	handle = x509_key_handle(key); /* looks whether the point is on the curve */
	if (handle == NULL)
		return x509_refuse(r, "x509: failed to unmarshal elliptic curve point");
	EVP_PKEY_free(handle);
	return true;
}

static bool
read_ed25519(struct x509_reader *r, str_t parameters, str_t bits, struct x509_key *key)
{
	if (parameters.len > 0)
		return x509_refuse(r, "x509: Ed25519 key encoded with illegal parameters");
	if (bits.len != 32)
		return x509_refuse(r, "x509: wrong Ed25519 public key size");
	key->bytes = bits;
	return true;
}

bool
x509_read_key(struct x509_reader *r, str_t info, struct x509_key *key)
{
	str_t body, identifier, oid, parameters, bits;

	*key = (struct x509_key){ .info = info };
	if (!der_read(&info, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: malformed spki");
	if (!der_read(&body, DER_SEQUENCE, &identifier))
		return x509_refuse(r, "x509: malformed public key algorithm identifier");
	if (!read_identifier(identifier, &oid, &parameters))
		return x509_refuse_identifier(r, identifier);
	if (!x509_signature_right(&body, r->arena, &bits))
		return x509_refuse(r, "x509: malformed subjectPublicKey");
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_eq(oid, kinds[i].oid))
			key->kind = kinds[i].kind;
	switch (key->kind) {
	case X509_RSA:
		return read_rsa(r, parameters, bits, key);
	case X509_DSA:
		return read_dsa(r, parameters, bits, key);
	case X509_ECDSA:
		return read_ecdsa(r, parameters, bits, key);
	case X509_ED25519:
		return read_ed25519(r, parameters, bits, key);
	case X509_KEY_UNKNOWN:
		break;
	}
	return true;
}

EVP_PKEY *
x509_key_handle(const struct x509_key *key)
{
	const unsigned char *at = (const unsigned char *)key->info.data;
	EVP_PKEY *handle;

	openssl_start();
	handle = key->info.len > 0 && key->info.len <= INT32_MAX
	    ? d2i_PUBKEY(NULL, &at, (long)key->info.len)
	    : NULL;
	openssl_forget_errors();
	return handle;
}
