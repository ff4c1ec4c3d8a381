/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys and the certificates they belong to, as values. */
#include "codec/base64.h"
#include "codec/pem.h"
#include "rego/builtin/util.h"
#include "rego/builtin/x509_internal.h"

enum { KEY_WORK = 64 * 1024, SEED_SIZE = 32 };

VEC_TYPE(private_keys, struct private_key);

/* ---- values ---- */

static str_t
join(struct x509_maker *m, str_t a, str_t b)
{
	char *bytes = arena_alloc_raw(m->arena, a.len + b.len, 1);

	if (bytes == NULL) {
		m->failed = true;
		return STR_NONE;
	}
	memcpy(bytes, a.data, a.len);
	memcpy(bytes + a.len, b.data, b.len);
	return str_make(bytes, a.len + b.len);
}

static value_t
make_precomputed(struct x509_maker *m, const struct private_key *key)
{
	value_t crt[PRIVATE_PRIMES_MAX];
	size_t count = 0;
	struct object_builder o;

	for (size_t i = 2; i < key->prime_count; i++) {
		object_builder_init(&o, m->arena, 3);
		x509_put(m, &o, "Exp", x509_make_number(m, key->crt[i].exponent));
		x509_put(m, &o, "Coeff", x509_make_number(m, key->crt[i].coefficient));
		x509_put(m, &o, "R", x509_make_number(m, key->crt[i].product));
		crt[count++] = x509_finish_object(m, &o);
	}
	object_builder_init(&o, m->arena, 4);
	x509_put(m, &o, "Dp", x509_make_number(m, key->dp));
	x509_put(m, &o, "Dq", x509_make_number(m, key->dq));
	x509_put(m, &o, "Qinv", x509_make_number(m, key->qinv));
	x509_put(m, &o, "CRTValues", value_array(m->arena, crt, count));
	return x509_finish_object(m, &o);
}

/* As Go's structures print: Ed25519 is bytes, and X25519 keeps everything to itself. */
static value_t
make_private(struct x509_maker *m, const struct private_key *key)
{
	value_t primes[PRIVATE_PRIMES_MAX];
	struct object_builder o;

	if (key->public.kind == X509_KEY_UNKNOWN)
		return value_empty_object();
	if (key->public.kind == X509_ED25519)
		return x509_make_bytes(m, join(m, key->d, key->public.bytes));
	object_builder_init(&o, m->arena, 6);
	x509_put(m, &o, "D", x509_make_number(m, key->d));
	if (key->public.kind == X509_ECDSA) {
		x509_put(m, &o, "Curve", value_empty_object());
		x509_put(m, &o, "X", x509_make_number(m, key->public.x));
		x509_put(m, &o, "Y", x509_make_number(m, key->public.y));
		return x509_finish_object(m, &o);
	}
	for (size_t i = 0; i < key->prime_count; i++)
		primes[i] = x509_make_number(m, key->primes[i]);
	x509_put(m, &o, "N", x509_make_number(m, key->public.n));
	x509_put(m, &o, "E", value_int(key->public.e));
	x509_put(m, &o, "Primes", value_array(m->arena, primes, key->prime_count));
	x509_put(m, &o, "Precomputed", make_precomputed(m, key));
	return x509_finish_object(m, &o);
}

/* A member of a JWK: base64url of `width` bytes at least, zeros in front. */
static void
put_number(struct x509_maker *m, struct object_builder *o, const char *name, str_t natural,
    size_t width)
{
	static const char zeros[96];
	struct buf text, bytes;

	buf_init(&bytes, natural.len + sizeof(zeros));
	buf_init(&text, 2 * (natural.len + sizeof(zeros)));
	if (natural.len < width)
		buf_add(&bytes, zeros, width - natural.len);
	buf_add_str(&bytes, natural);
	base64url_write(&text, buf_str(&bytes));
	x509_put(m, o, name, value_string(m->arena, buf_str(&text)));
	buf_fini(&bytes);
	buf_fini(&text);
}

static void
put_rsa(struct x509_maker *m, struct object_builder *o, const struct private_key *key)
{
	char e[sizeof(int64_t)];
	size_t at = sizeof(e);

	for (int64_t rest = key->public.e; rest > 0; rest >>= 8)
		e[--at] = (char)(rest & 0xff);
	x509_put(m, o, "kty", value_text(m->arena, "RSA"));
	put_number(m, o, "n", key->public.n, 0);
	put_number(m, o, "e", str_make(e + at, sizeof(e) - at), 0);
	put_number(m, o, "d", key->d, 0);
	put_number(m, o, "p", key->primes[0], 0);
	put_number(m, o, "q", key->primes[1], 0);
	put_number(m, o, "dp", key->dp, 0);
	put_number(m, o, "dq", key->dq, 0);
	put_number(m, o, "qi", key->qinv, 0);
}

static value_t
make_jwk(struct x509_maker *m, const struct private_key *key)
{
	static const char *const curves[] = { [X509_P224] = "P-224", [X509_P256] = "P-256",
		[X509_P384] = "P-384", [X509_P521] = "P-521" };
	struct object_builder o;

	object_builder_init(&o, m->arena, 9);
	switch (key->public.kind) {
	case X509_RSA:
		put_rsa(m, &o, key);
		break;
	case X509_ECDSA: {
		size_t width = private_key_width(key->public.curve);

		x509_put(m, &o, "kty", value_text(m->arena, "EC"));
		x509_put(m, &o, "crv", value_text(m->arena, curves[key->public.curve]));
		put_number(m, &o, "x", key->public.x, width);
		put_number(m, &o, "y", key->public.y, width);
		put_number(m, &o, "d", key->d, width);
		break;
	}
	default:
		x509_put(m, &o, "kty", value_text(m->arena, "OKP"));
		x509_put(m, &o, "crv", value_text(m->arena,
		    key->public.kind == X509_ED25519 ? "Ed25519" : "X25519"));
		put_number(m, &o, "x", key->public.bytes, SEED_SIZE);
		put_number(m, &o, "d", key->d, SEED_SIZE);
	}
	return x509_finish_object(m, &o);
}

/* ---- reading ---- */

static enum rego_outcome
read_block(struct rego_call *call, const struct pem_block *block, struct private_keys *ret)
{
	static const struct {
		const char *label;
		err_t (*read)(struct arena *, str_t der, struct private_key *, str_t *ret_why);
	} forms[] = { { "RSA PRIVATE KEY", private_key_read_pkcs1 },
		{ "PRIVATE KEY", private_key_read_pkcs8 },
		{ "EC PRIVATE KEY", private_key_read_sec1 } };
	struct private_key key;
	str_t why = STR_NONE;

	for (size_t i = 0; i < COUNT(forms); i++) {
		err_t err;

		if (!str_eq(block->label, str_of(forms[i].label)))
			continue;
		if (!rego_charge(call, KEY_WORK))
			return REGO_HALT;
		err = forms[i].read(call->arena, block->bytes, &key, &why);
		if (err != ERR_OK)
			return x509_fail(call, err, why);
		return VEC_PUSH(call->arena, ret, key) ? REGO_DEFINED : REGO_HALT;
	}
	return REGO_DEFINED; /* something else, passed over */
}

/* PEM, or base64 of PEM. */
static enum rego_outcome
read_keys(struct rego_call *call, str_t text, struct private_keys *ret)
{
	enum rego_outcome outcome = REGO_DEFINED;
	struct pem_block block;
	str_t decoded;

	if (!rego_charge(call, 4 * text.len))
		return REGO_HALT;
	if (base64_decode(call->arena, text, BASE64_STANDARD | BASE64_PADDED | BASE64_LOOSE, &decoded,
	        NULL) == ERR_OK)
		text = decoded;
	while (outcome == REGO_DEFINED && pem_read(call->arena, &text, &block))
		outcome = read_block(call, &block, ret);
	return arena_failed(call->arena) ? REGO_HALT : outcome;
}

enum rego_outcome
x509_parse_private_keys(struct rego_call *call, value_t *ret)
{
	struct x509_maker m = { .arena = call->arena };
	struct private_keys keys = { .at = NULL };
	enum rego_outcome outcome;
	value_t *items;

	*ret = value_null();
	if (call->arg[0].count == 0)
		return REGO_DEFINED;
	outcome = read_keys(call, value_str(call->arg[0]), &keys);
	if (outcome != REGO_DEFINED)
		return outcome;
	items = ARENA_ARRAY(call->arena, value_t, keys.count);
	for (size_t i = 0; items != NULL && i < keys.count; i++)
		items[i] = make_private(&m, &keys.at[i]);
	return x509_give(call, &m, value_array_of(items, keys.count), ret);
}

enum rego_outcome
x509_parse_rsa_private_key(struct rego_call *call, value_t *ret)
{
	struct x509_maker m = { .arena = call->arena };
	struct private_keys keys = { .at = NULL };
	str_t text = value_str(call->arg[0]);
	enum rego_outcome outcome = REGO_DEFINED;

	if (text.len == 0)
		return rego_fail(call, "input PEM data was empty");
	if (!str_has_prefix(text, STR("-----BEGIN")))
		outcome = x509_decode_base64(call, text, &text);
	if (outcome == REGO_DEFINED)
		outcome = read_keys(call, text, &keys);
	if (outcome != REGO_DEFINED)
		return outcome;
	*ret = value_null();
	if (keys.count == 0)
		return REGO_DEFINED;
	if (keys.at[0].public.curve == X509_P224)
		return rego_fail(call, "failed to fetch crv: invalid elliptic curve P-224");
	return x509_give(call, &m, make_jwk(&m, &keys.at[0]), ret);
}

/* ---- parse_keypair ---- */

/* Text or base64 of it; bytes that are not PEM are DER, of a block with that label. */
static enum rego_outcome
read_operand(struct rego_call *call, str_t text, str_t *ret_pem, str_t *ret_der)
{
	static const str_t begin = STR("-----BEGIN ");
	enum rego_outcome outcome = REGO_DEFINED;

	if (!str_has_prefix(text, begin))
		outcome = x509_decode_base64(call, text, &text);
	*ret_pem = *ret_der = STR_NONE;
	if (str_has_prefix(text, begin))
		*ret_pem = text;
	else
		*ret_der = text.data != NULL ? text : STR("");
	return outcome;
}

/* The labels of blocks that were passed over, for a complaint. */
struct skipped {
	str_t last;
	size_t count;
	struct buf list;
};

static void
skip(struct skipped *s, str_t label)
{
	buf_printf(&s->list, "%s%.*s", s->count > 0 ? " " : "", STR_FMT(label));
	s->last = label;
	s->count++;
}

VEC_TYPE(values, value_t);

static enum rego_outcome
complain_of_certificates(struct rego_call *call, const struct skipped *s)
{
	if (s->count == 0)
		return rego_fail(call, "tls: failed to find any PEM data in certificate input");
	if (s->count == 1 && str_has_suffix(s->last, STR("PRIVATE KEY")))
		return rego_fail(call, "tls: failed to find certificate PEM data in certificate input, but "
		    "did find a private key; PEM inputs may have been switched");
	return rego_fail(call, "tls: failed to find \"CERTIFICATE\" PEM block in certificate input "
	    "after skipping PEM blocks of the following types: [%.*s]", STR_FMT(buf_str(&s->list)));
}

static enum rego_outcome
read_chain(struct rego_call *call, struct x509_maker *m, str_t *ret_leaf, struct values *ret)
{
	struct skipped skipped = { .count = 0 };
	struct pem_block block;
	str_t pem, der;
	enum rego_outcome outcome = read_operand(call, value_str(call->arg[0]), &pem, &der);

	if (outcome != REGO_DEFINED)
		return outcome;
	*ret_leaf = der;
	if (der.data != NULL)
		(void)VEC_PUSH(call->arena, ret, x509_make_bytes(m, der));
	rego_text_init(call, &skipped.list);
	while (pem_read(call->arena, &pem, &block)) {
		if (!str_eq(block.label, STR("CERTIFICATE"))) {
			skip(&skipped, block.label);
			continue;
		}
		if (ret->count == 0)
			*ret_leaf = block.bytes;
		(void)VEC_PUSH(call->arena, ret, x509_make_bytes(m, block.bytes));
	}
	if (arena_failed(call->arena))
		outcome = REGO_HALT;
	else if (ret->count == 0)
		outcome = complain_of_certificates(call, &skipped);
	buf_fini(&skipped.list);
	return outcome;
}

static enum rego_outcome
complain_of_key(struct rego_call *call, const struct skipped *s)
{
	if (s->count == 0)
		return rego_fail(call, "tls: failed to find any PEM data in key input");
	if (s->count == 1 && str_eq(s->last, STR("CERTIFICATE")))
		return rego_fail(call, "tls: found a certificate rather than a key in the PEM for the "
		    "private key");
	return rego_fail(call, "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in "
	    "key input after skipping PEM blocks of the following types: [%.*s]",
	    STR_FMT(buf_str(&s->list)));
}

static enum rego_outcome
find_key(struct rego_call *call, str_t *ret_der)
{
	struct skipped skipped = { .count = 0 };
	struct pem_block block;
	str_t pem;
	enum rego_outcome outcome = read_operand(call, value_str(call->arg[1]), &pem, ret_der);

	if (outcome != REGO_DEFINED || ret_der->data != NULL)
		return outcome;
	rego_text_init(call, &skipped.list);
	while (ret_der->data == NULL && pem_read(call->arena, &pem, &block)) {
		if (str_eq(block.label, STR("PRIVATE KEY")) ||
		    str_has_suffix(block.label, STR(" PRIVATE KEY")))
			*ret_der = block.bytes;
		else
			skip(&skipped, block.label);
	}
	if (arena_failed(call->arena))
		outcome = REGO_HALT;
	else if (ret_der->data == NULL)
		outcome = complain_of_key(call, &skipped);
	buf_fini(&skipped.list);
	return outcome;
}

/* Whatever form it has. */
static enum rego_outcome
read_any_key(struct rego_call *call, str_t der, struct private_key *ret)
{
	str_t why;
	err_t err = private_key_read_pkcs1(call->arena, der, ret, &why);

	if (err == ERR_SYNTAX) {
		err = private_key_read_pkcs8(call->arena, der, ret, &why);
		if (err == ERR_OK && ret->public.kind == X509_KEY_UNKNOWN)
			return rego_fail(call, "tls: found unknown private key type in PKCS#8 wrapping");
	}
	if (err == ERR_SYNTAX)
		err = private_key_read_sec1(call->arena, der, ret, &why);
	return err == ERR_OK ? REGO_DEFINED
	                     : x509_fail(call, err, STR("tls: failed to parse private key"));
}

static enum rego_outcome
check_pair(struct rego_call *call, const struct x509_key *public, const struct x509_key *private)
{
	if (public->kind == X509_KEY_UNKNOWN || public->kind == X509_DSA)
		return rego_fail(call, "tls: unknown public key algorithm");
	if (public->kind != private->kind)
		return rego_fail(call, "tls: private key type does not match public key type");
	if (!x509_key_same(public, private))
		return rego_fail(call, "tls: private key does not match public key");
	return REGO_DEFINED;
}

static value_t
make_pair(struct x509_maker *m, const struct values *chain, const struct private_key *key,
    const struct x509_certificate *leaf)
{
	struct object_builder o;

	object_builder_init(&o, m->arena, 6);
	x509_put(m, &o, "Certificate", value_array_of(chain->at, chain->count));
	x509_put(m, &o, "PrivateKey", make_private(m, key));
	x509_put(m, &o, "SupportedSignatureAlgorithms", value_null());
	x509_put(m, &o, "OCSPStaple", value_null());
	x509_put(m, &o, "SignedCertificateTimestamps", value_null());
	x509_put(m, &o, "Leaf", x509_make_certificate(m, leaf, false));
	return x509_finish_object(m, &o);
}

enum rego_outcome
x509_parse_keypair(struct rego_call *call, value_t *ret)
{
	struct x509_maker m = { .arena = call->arena };
	struct values chain = { .at = NULL };
	struct x509_certificate leaf;
	struct private_key key;
	str_t leaf_der, key_der = STR_NONE;
	enum rego_outcome outcome;

	if (!rego_charge(call, KEY_WORK + 24 * ((size_t)call->arg[0].count + call->arg[1].count)))
		return REGO_HALT;
	outcome = read_chain(call, &m, &leaf_der, &chain);
	if (outcome == REGO_DEFINED)
		outcome = find_key(call, &key_der);
	if (outcome == REGO_DEFINED)
		outcome = x509_read_one(call, leaf_der, &leaf);
	if (outcome == REGO_DEFINED)
		outcome = read_any_key(call, key_der, &key);
	if (outcome == REGO_DEFINED)
		outcome = check_pair(call, &leaf.key, &key.public);
	if (outcome != REGO_DEFINED)
		return outcome;
	return x509_give(call, &m, make_pair(&m, &chain, &key, &leaf), ret);
}
