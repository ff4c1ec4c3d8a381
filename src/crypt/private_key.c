/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/private_parts.h"

static const str_t oid_rsa = STR("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
		   oid_ec = STR("\x2a\x86\x48\xce\x3d\x02\x01"), oid_ed25519 = STR("\x2b\x65\x70"),
		   oid_x25519 = STR("\x2b\x65\x6e");

static const struct {
	str_t oid;
	size_t width;
} curves[] = {
	[X509_P224] = { STR("\x2b\x81\x04\x00\x21"), 28 },
	[X509_P256] = { STR("\x2a\x86\x48\xce\x3d\x03\x01\x07"), 32 },
	[X509_P384] = { STR("\x2b\x81\x04\x00\x22"), 48 },
	[X509_P521] = { STR("\x2b\x81\x04\x00\x23"), 66 },
};

static const char mismatch[] = "asn1: structure error: tags don't match";

size_t
private_key_width(enum x509_curve curve)
{
	return curves[curve].width;
}

/* ---- what the three forms look like ---- */

struct pkcs1 {
	int64_t version, e;
	str_t n, d, p, q, dp, dq, qinv; /* as integers; the last three may be absent */
	str_t more; /* SEQUENCE OF OtherPrimeInfo; STR_NONE */
	str_t behind;
};

static bool
take_pkcs1(str_t der, struct pkcs1 *k)
{
	str_t *const rest[] = { &k->dp, &k->dq, &k->qinv };
	str_t body;

	*k = (struct pkcs1){ .version = 0 };
	if (!der_read(&der, DER_SEQUENCE, &body) || !der_read_int64(&body, &k->version) ||
	    !der_read_integer(&body, &k->n) || !der_read_int64(&body, &k->e) ||
	    !der_read_integer(&body, &k->d) || !der_read_integer(&body, &k->p) ||
	    !der_read_integer(&body, &k->q))
		return false;
	for (size_t i = 0; i < COUNT(rest) && der_is(body, DER_INTEGER); i++)
		if (!der_read_integer(&body, rest[i]))
			return false;
	k->behind = der;
	return der_read_optional(&body, DER_SEQUENCE, &k->more);
}

struct pkcs8 {
	int64_t version;
	str_t oid, parameters, key;
};

static bool
take_pkcs8(str_t der, struct pkcs8 *k)
{
	str_t body, identifier, value;
	uint8_t tag;

	*k = (struct pkcs8){ .version = 0 };
	return der_read(&der, DER_SEQUENCE, &body) && der_read_int64(&body, &k->version) &&
	    der_read(&body, DER_SEQUENCE, &identifier) && der_read_oid(&identifier, &k->oid) &&
	    (identifier.len == 0 || der_read_any(&identifier, &tag, &value, &k->parameters)) &&
	    der_read(&body, DER_OCTETS, &k->key);
}

struct sec1 {
	int64_t version;
	str_t key, curve;
};

static bool
take_sec1(str_t der, struct sec1 *k)
{
	str_t body, wrapped, public, point;
	unsigned unused;

	*k = (struct sec1){ .version = 0 };
	return der_read(&der, DER_SEQUENCE, &body) && der_read_int64(&body, &k->version) &&
	    der_read(&body, DER_OCTETS, &k->key) &&
	    der_read_optional(&body, DER_CONTEXT_MADE | 0, &wrapped) &&
	    (wrapped.data == NULL || der_read_oid(&wrapped, &k->curve)) &&
	    der_read_optional(&body, DER_CONTEXT_MADE | 1, &public) &&
	    (public.data == NULL || der_read_bits(&public, &point, &unused));
}

/* Tells which other form it is, if it is one of the two given. */
static bool
refuse_form(struct x509_reader *r, str_t der, bool other_sec1, bool other_pkcs8, bool other_pkcs1)
{
	static const char sentence[] =
	    "x509: failed to parse private key (use Parse%sPrivateKey instead for this key format)";
	struct pkcs1 pkcs1;
	struct pkcs8 pkcs8;
	struct sec1 sec1;

	if (other_sec1 && take_sec1(der, &sec1))
		return x509_refuse(r, sentence, "EC");
	if (other_pkcs8 && take_pkcs8(der, &pkcs8))
		return x509_refuse(r, sentence, "PKCS8");
	if (other_pkcs1 && take_pkcs1(der, &pkcs1))
		return x509_refuse(r, sentence, "PKCS1");
	return false;
}

/* ---- RSA ---- */

static bool
take_positive(str_t integer, str_t *ret)
{
	return der_to_natural(integer, ret) && ret->len > 0;
}

static bool
take_primes(struct x509_reader *r, str_t list, struct private_key *key)
{
	str_t body, prime, exponent, coefficient;

	while (list.len > 0) {
		if (!der_read(&list, DER_SEQUENCE, &body) || !der_read_integer(&body, &prime) ||
		    !der_read_integer(&body, &exponent) || !der_read_integer(&body, &coefficient))
			return x509_refuse(r, mismatch);
		if (key->prime_count == PRIVATE_PRIMES_MAX)
			return x509_refuse(r, "x509: private key has more than %d primes",
			    PRIVATE_PRIMES_MAX);
		if (!take_positive(prime, &key->primes[key->prime_count++]))
			return x509_refuse(r, "x509: private key contains zero or negative prime");
	}
	return true;
}

static bool
read_pkcs1(struct x509_reader *r, str_t der, struct private_key *key)
{
	struct pkcs1 k;

	if (!take_pkcs1(der, &k))
		return refuse_form(r, der, true, true, false) || x509_refuse(r, mismatch);
	if (k.behind.len > 0)
		return x509_refuse(r, "asn1: syntax error: trailing data");
	if (k.version > 1)
		return x509_refuse(r, "x509: unsupported private key version");
	if (!take_positive(k.n, &key->public.n) || !take_positive(k.d, &key->d) ||
	    !take_positive(k.p, &key->primes[0]) || !take_positive(k.q, &key->primes[1]) ||
	    (k.dp.data != NULL && !take_positive(k.dp, &key->dp)) ||
	    (k.dq.data != NULL && !take_positive(k.dq, &key->dq)) ||
	    (k.qinv.data != NULL && !take_positive(k.qinv, &key->qinv)))
		return x509_refuse(r, "x509: private key contains zero or negative value");
	key->public.kind = X509_RSA;
	key->public.e = k.e;
	key->prime_count = 2;
	return take_primes(r, k.more, key) && private_complete_rsa(r, key);
}

/* ---- elliptic curves ---- */

/* `curve`: the OID that the wrapping names; STR_NONE: none. */
static bool
read_sec1(struct x509_reader *r, str_t der, str_t curve, struct private_key *key)
{
	struct sec1 k;

	if (!take_sec1(der, &k))
		return refuse_form(r, der, false, true, true) ||
		    x509_refuse(r, "x509: failed to parse EC private key: %s", mismatch);
	if (k.version != 1)
		return x509_refuse(r, "x509: unknown EC private key version %lld",
		    (long long)k.version);
	if (curve.len == 0)
		curve = k.curve;
	for (int c = X509_P224; c <= X509_P521; c++)
		if (str_eq(curve, curves[c].oid))
			key->public.curve = (enum x509_curve)c;
	if (key->public.curve == X509_NO_CURVE)
		return x509_refuse(r, "x509: unknown elliptic curve");
	key->public.kind = X509_ECDSA;
	key->d = k.key;
	while (key->d.len > 0 && key->d.data[0] == 0) /* too many zeros in front, or too few, pass */
		key->d = str_skip(key->d, 1);
	return private_complete_ec(r, key);
}

static bool
read_okp(struct x509_reader *r, const struct pkcs8 *k, const char *type, struct private_key *key)
{
	str_t wrapped = k->key, seed;

	if (k->parameters.len > 0)
		return x509_refuse(r, "x509: invalid %s private key parameters", type);
	if (!der_read(&wrapped, DER_OCTETS, &seed))
		return x509_refuse(r, "x509: invalid %s private key: %s", type, mismatch);
	if (seed.len != 32)
		return x509_refuse(r, "x509: invalid %s private key length: %zu", type, seed.len);
	key->d = seed;
	return private_complete_okp(r, type, key);
}

/* ---- PKCS #8 ---- */

/* The complaint about what is inside, with words in front. */
static bool
refuse_inner(struct x509_reader *r, const char *type)
{
	struct x509_reader outer = { .arena = r->arena };

	(void)x509_refuse(&outer, "x509: failed to parse %s private key embedded in PKCS#8: %.*s",
	    type, STR_FMT(r->why));
	*r = outer;
	return false;
}

static bool
read_pkcs8(struct x509_reader *r, str_t der, struct private_key *key)
{
	str_t curve = STR_NONE, parameters, text;
	struct pkcs8 k;

	if (!take_pkcs8(der, &k))
		return refuse_form(r, der, true, false, true) || x509_refuse(r, mismatch);
	if (str_eq(k.oid, oid_rsa))
		return read_pkcs1(r, k.key, key) || refuse_inner(r, "RSA");
	if (str_eq(k.oid, oid_ec)) {
		parameters = k.parameters;
		if (!der_read_oid(&parameters, &curve))
			curve = STR_NONE;
		return read_sec1(r, k.key, curve, key) || refuse_inner(r, "EC");
	}
	if (str_eq(k.oid, oid_ed25519)) {
		key->public.kind = X509_ED25519;
		return read_okp(r, &k, "Ed25519", key);
	}
	if (str_eq(k.oid, oid_x25519))
		return read_okp(r, &k, "X25519", key);
	text = x509_oid_text(r, k.oid);
	return x509_refuse(r, "x509: PKCS#8 wrapping contained private key with unknown algorithm: "
	    "%.*s", STR_FMT(text));
}

/* ---- the three doors ---- */

static err_t
finish(const struct x509_reader *r, bool done, const struct private_key *key,
    struct private_key *ret, str_t *ret_why)
{
	err_t err = x509_outcome(r, done, ret_why);

	if (err == ERR_OK)
		*ret = *key;
	return err;
}

err_t
private_key_read_pkcs1(struct arena *arena, str_t der, struct private_key *ret, str_t *ret_why)
{
	struct x509_reader r = { .arena = arena };
	struct private_key key = { .prime_count = 0 };

	return finish(&r, read_pkcs1(&r, der, &key), &key, ret, ret_why);
}

err_t
private_key_read_pkcs8(struct arena *arena, str_t der, struct private_key *ret, str_t *ret_why)
{
	struct x509_reader r = { .arena = arena };
	struct private_key key = { .prime_count = 0 };

	return finish(&r, read_pkcs8(&r, der, &key), &key, ret, ret_why);
}

err_t
private_key_read_sec1(struct arena *arena, str_t der, struct private_key *ret, str_t *ret_why)
{
	struct x509_reader r = { .arena = arena };
	struct private_key key = { .prime_count = 0 };

	return finish(&r, read_sec1(&r, der, STR_NONE, &key), &key, ret, ret_why);
}
