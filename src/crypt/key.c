/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/must.h"
#include "crypt/digest.h"
#include "crypt/key_parts.h"
#include "crypt/openssl.h"
#include "crypt/signature.h"

static const struct {
	const char *name, *curve; /* for people; RFC 7518 6.2.1.1 */
	const char *group; /* the library's name */
	size_t coordinate_size;
} kinds[] = {
	[KEY_NONE] = { "none", NULL, NULL, 0 },
	[KEY_RSA] = { "RSA", NULL, NULL, 0 },
	[KEY_P256] = { "EC P-256", "P-256", "prime256v1", 32 },
	[KEY_P384] = { "EC P-384", "P-384", "secp384r1", 48 },
	[KEY_P521] = { "EC P-521", "P-521", "secp521r1", 66 },
	[KEY_ED25519] = { "Ed25519", "Ed25519", NULL, 32 },
};

static err_t
refuse(struct diag *diag, const char *why)
{
	openssl_forget_errors();
	diag_say(diag, "key", "the key is not usable: %s", why);
	return ERR_KEY;
}

/* ---- facts ---- */

static enum key_kind
find_ec_kind(const EVP_PKEY *handle, const char **ret_why)
{
	char text[64];

	/* A curve given by its parameters may be anything: CVE-2020-0601. */
	if (EVP_PKEY_get_utf8_string_param(handle, OSSL_PKEY_PARAM_EC_ENCODING, text, sizeof(text),
	        NULL) != 1 ||
	    strcmp(text, OSSL_PKEY_EC_ENCODING_GROUP) != 0) {
		*ret_why = "its curve is not given by name";
		return KEY_NONE;
	}
	if (EVP_PKEY_get_group_name(handle, text, sizeof(text), NULL) == 1)
		for (int kind = KEY_P256; kind <= KEY_P521; kind++)
			if (strcmp(text, kinds[kind].group) == 0)
				return (enum key_kind)kind;
	*ret_why = "its curve is none of P-256, P-384, P-521";
	return KEY_NONE;
}

static enum key_kind
find_kind(const EVP_PKEY *handle, const char **ret_why)
{
	if (EVP_PKEY_is_a(handle, "RSA"))
		return KEY_RSA;
	if (EVP_PKEY_is_a(handle, "ED25519"))
		return KEY_ED25519;
	if (EVP_PKEY_is_a(handle, "EC"))
		return find_ec_kind(handle, ret_why);
	*ret_why = "its type is none of RSA, EC, Ed25519";
	return KEY_NONE;
}

static const char *
find_weakness(const EVP_PKEY *handle, enum key_kind kind)
{
	uint8_t point[32];
	size_t len = sizeof(point);

	if (kind == KEY_RSA)
		return key_rsa_weakness(handle);
	if (kind != KEY_ED25519)
		return NULL;
	if (EVP_PKEY_get_raw_public_key(handle, point, &len) != 1 || len != sizeof(point))
		return "its point cannot be read";
	return key_ed25519_weakness(point);
}

static bool
is_on_its_curve(EVP_PKEY *handle, enum key_kind kind)
{
	EVP_PKEY_CTX *check;
	bool good;

	if (kind == KEY_RSA || kind == KEY_ED25519) /* key_weak.c judges these */
		return true;
	check = EVP_PKEY_CTX_new_from_pkey(NULL, handle, NULL);
	good = check != NULL && EVP_PKEY_public_check(check) == 1;
	EVP_PKEY_CTX_free(check);
	return good;
}

/* Whether the private half belongs to the public one: by a signature made and checked. */
static bool
is_a_pair(const struct key *key)
{
	enum algorithm a = algorithm_default(key->kind);
	uint8_t bytes[SIGNATURE_SIZE_MAX];
	size_t len = 0;

	return signature_make(key, a, STR("pair"), bytes, &len) == ERR_OK &&
	    signature_check(key, a, STR("pair"), str_make((char *)bytes, len)) == ERR_OK;
}

static bool
set_thumbprint(struct key *key)
{
	struct buf text;
	uint8_t digest[SHA256_SIZE];
	char encoded[KEY_THUMBPRINT_SIZE + 1];

	buf_init(&text, KEY_TEXT_MAX);
	key_write_jwk(&text, key); /* rfc7638 3.2: required members, in lexical order, no blanks */
	bool good = !buf_failed(&text) && text.len > 0;
	digest_of(DIGEST_SHA256, buf_str(&text), digest);
	buf_fini(&text);
	(void)sodium_bin2base64(encoded, sizeof(encoded), digest, sizeof(digest),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	memcpy(key->thumbprint, encoded, KEY_THUMBPRINT_SIZE);
	return good;
}

err_t
key_adopt(EVP_PKEY *handle, bool is_private, enum key_rules rules, struct diag *diag,
    struct key **ret)
{
	const char *why = NULL;
	enum key_kind kind = find_kind(handle, &why);
	struct key *key;

	if (kind != KEY_NONE && rules == KEY_STRICT)
		why = find_weakness(handle, kind);
	if (why == NULL && !is_on_its_curve(handle, kind))
		why = "its point is not on its curve";
	key = why == NULL ? calloc(1, sizeof(*key)) : NULL;
	if (key == NULL) {
		EVP_PKEY_free(handle);
		return why == NULL ? ERR_MEMORY : refuse(diag, why);
	}
	*key = (struct key){ .handle = handle, .kind = kind, .is_private = is_private };
	if (!set_thumbprint(key))
		why = "its public part cannot be written";
	else if (is_private && rules == KEY_STRICT && !is_a_pair(key))
		why = "its private and public parts do not belong together";
	if (why != NULL) {
		key_free(&key);
		return refuse(diag, why);
	}
	*ret = key;
	return ERR_OK;
}

void
key_free(struct key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->handle);
	free(*key);
	*key = NULL;
}

enum key_kind
key_kind(const struct key *key)
{
	return key->kind;
}

const char *
key_kind_name(enum key_kind kind)
{
	return kinds[kind].name;
}

unsigned
key_bits(const struct key *key)
{
	return (unsigned)EVP_PKEY_get_bits(key->handle);
}

bool
key_is_private(const struct key *key)
{
	return key->is_private;
}

str_t
key_thumbprint(const struct key *key)
{
	return str_make(key->thumbprint, KEY_THUMBPRINT_SIZE);
}

bool
key_same(const struct key *a, const struct key *b)
{
	return memcmp(a->thumbprint, b->thumbprint, KEY_THUMBPRINT_SIZE) == 0;
}

/* ---- reading ---- */

/* An encrypted key would make the library ask at the terminal. */
static int
refuse_passphrase(char *text, int size, int for_writing, void *context)
{
	return -1;
}

static EVP_PKEY *
read_certificate(str_t pem)
{
	BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509 *certificate = in ? PEM_read_bio_X509(in, NULL, refuse_passphrase, NULL) : NULL;
	EVP_PKEY *handle = certificate ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	BIO_free(in);
	return handle;
}

static EVP_PKEY *
read_block(str_t pem, int selection)
{
	EVP_PKEY *handle = NULL;
	const unsigned char *at = (const unsigned char *)pem.data;
	size_t left = pem.len;
	OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(&handle, "PEM", NULL, NULL,
	    selection, NULL, NULL);

	if (decoder == NULL)
		return NULL;
	if (OSSL_DECODER_CTX_set_pem_password_cb(decoder, refuse_passphrase, NULL) != 1 ||
	    OSSL_DECODER_from_data(decoder, &at, &left) != 1) {
		EVP_PKEY_free(handle);
		handle = NULL;
	}
	OSSL_DECODER_CTX_free(decoder);
	return handle;
}

/* The text from its first block that may hold a key; *ret_label is what the block calls itself. */
static str_t
find_block(str_t pem, str_t *ret_label)
{
	static const str_t begin = STR("-----BEGIN "), dashes = STR("-----");

	for (size_t at = str_find(pem, begin, 0); at < pem.len; at = str_find(pem, begin, at + 1)) {
		size_t from = at + begin.len, to = str_find(pem, dashes, from);

		*ret_label = str_sub(pem, from, to - from);
		if (to < pem.len && !str_eq(*ret_label, STR("EC PARAMETERS")))
			return str_skip(pem, at);
	}
	return STR_NONE;
}

err_t
key_read_pem(str_t pem, enum key_rules rules, struct diag *diag, struct key **ret)
{
	str_t label = STR_NONE, block;
	bool is_private;
	EVP_PKEY *handle;

	openssl_start();
	if (pem.len > KEY_TEXT_MAX)
		return refuse(diag, "its text is longer than 64 KiB");
	block = find_block(pem, &label);
	if (block.len == 0)
		return refuse(diag, "there is no PEM block in the text");
	if (str_has_prefix(label, STR("ENCRYPTED")))
		return refuse(diag, "it is encrypted with a passphrase");
	is_private = str_has_suffix(label, STR("PRIVATE KEY"));
	if (str_eq(label, STR("CERTIFICATE")))
		handle = read_certificate(block);
	else
		handle = read_block(block, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
	if (handle == NULL)
		return refuse(diag, "the PEM block cannot be read");
	return key_adopt(handle, is_private, rules, diag, ret);
}

/* ---- writing ---- */

static void
add_member(struct buf *out, const char *name, const uint8_t *bytes, size_t len)
{
	char encoded[KEY_RSA_BITS_MAX / 8 * 4];

	if (sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING) >
	    sizeof(encoded)) {
		out->failed = true; /* a lenient key beyond any use */
		return;
	}
	(void)sodium_bin2base64(encoded, sizeof(encoded), bytes, len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buf_printf(out, "\"%s\":\"%s\"", name, encoded);
}

static void
add_number(struct buf *out, const char *name, const struct key *key, const char *parameter,
    size_t width)
{
	BIGNUM *number = NULL;
	uint8_t bytes[KEY_RSA_BITS_MAX / 8 * 2];
	size_t size;

	if (EVP_PKEY_get_bn_param(key->handle, parameter, &number) != 1) {
		out->failed = true;
		return;
	}
	size = width > 0 ? width : (size_t)BN_num_bytes(number);
	if (size <= sizeof(bytes) && BN_bn2binpad(number, bytes, (int)size) == (int)size)
		add_member(out, name, bytes, size);
	else
		out->failed = true;
	BN_free(number);
}

static void
write_ed25519(struct buf *out, const struct key *key)
{
	uint8_t point[32];
	size_t len = sizeof(point);

	must(EVP_PKEY_get_raw_public_key(key->handle, point, &len) == 1);
	buf_add_text(out, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",");
	add_member(out, "x", point, len);
	buf_add_char(out, '}');
}

void
key_write_jwk(struct buf *out, const struct key *key)
{
	size_t width = kinds[key->kind].coordinate_size;

	if (key->kind == KEY_ED25519) {
		write_ed25519(out, key);
	} else if (key->kind == KEY_RSA) {
		buf_add_char(out, '{');
		add_number(out, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
		buf_add_text(out, ",\"kty\":\"RSA\",");
		add_number(out, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
		buf_add_char(out, '}');
	} else {
		buf_printf(out, "{\"crv\":\"%s\",\"kty\":\"EC\",", kinds[key->kind].curve);
		add_number(out, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, width);
		buf_add_char(out, ',');
		add_number(out, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
		buf_add_char(out, '}');
	}
}

static err_t
take_bio(struct buf *out, BIO *bio, bool written)
{
	char *bytes = NULL;
	long len = written ? BIO_get_mem_data(bio, &bytes) : 0;

	if (len > 0)
		buf_add(out, bytes, (size_t)len);
	BIO_free(bio);
	openssl_forget_errors();
	return len > 0 && !buf_failed(out) ? ERR_OK : ERR_CRYPTO;
}

err_t
key_write_pem_public(struct buf *out, const struct key *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return take_bio(out, bio, bio != NULL && PEM_write_bio_PUBKEY(bio, key->handle) == 1);
}

err_t
key_write_pem_private(struct buf *out, const struct key *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	bool written = bio != NULL && key->is_private &&
	    PEM_write_bio_PrivateKey(bio, key->handle, NULL, NULL, 0, NULL, NULL) == 1;

	return take_bio(out, bio, written);
}
