/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/hex.h"
#include "crypt/private_key.h"

enum { TEXT_MAX = 4096 };

/* DER in hexadecimal; blanks are for the eye.  RSA by the textbook: 61 * 53, e 17, d 2753. */
#define TWO "02020ca1 020111 02020ac1 02013d 020135"
#define SEQ8_RSA "300d 06092a864886f70d010101 0500"
#define SEQ8_P256 "3013 06072a8648ce3d0201 06082a8648ce3d030107"
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60" /* rfc8032 7.1 */
#define SCALAR "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721" /* rfc6979 A.2.5 */

enum form { PKCS1, PKCS8, SEC1 };

static const struct {
	const char *name;
	enum form form;
	const char *der, *want; /* the numbers, or the complaint */
} cases[] = {
	{ "RSA, numbers worked out", PKCS1, "3014 020100" TWO,
	    "n 0ca1 e 17 d 0ac1 primes 3d 35 dp 35 dq 31 qinv 26" },
	{ "RSA, numbers given", PKCS1, "301d 020100" TWO "020135 020131 020126",
	    "n 0ca1 e 17 d 0ac1 primes 3d 35 dp 35 dq 31 qinv 26" },
	{ "RSA, a wrong exponent", PKCS1, "301d 020100" TWO "020136 020131 020126",
	    "crypto/rsa: invalid CRT exponent" },
	{ "RSA, a wrong coefficient", PKCS1, "301d 020100" TWO "020135 020131 020127",
	    "crypto/rsa: invalid CRT coefficient" },
	{ "RSA, wrong primes", PKCS1, "3014 020100 02020ca1 020111 02020ac1 02013d 020137",
	    "crypto/rsa: p * q != n" },
	{ "RSA, even modulus", PKCS1, "3014 020100 02020ca2 020111 02020ac1 02013d 020135",
	    "crypto/rsa: public modulus is even" },
	{ "RSA, exponent 1", PKCS1, "3014 020100 02020ca1 020101 02020ac1 02013d 020135",
	    "crypto/rsa: public exponent too small or negative" },
	{ "RSA, exponent 16", PKCS1, "3014 020100 02020ca1 020110 02020ac1 02013d 020135",
	    "crypto/rsa: public exponent is even" },
	{ "RSA, exponent of 40 bits", PKCS1, "3018 020100 02020ca1 02050100000001 02020ac1 02013d 020135",
	    "crypto/rsa: public exponent too large" },
	{ "RSA, prime zero", PKCS1, "3014 020100 02020ca1 020111 02020ac1 020100 020135",
	    "x509: private key contains zero or negative value" },
	{ "RSA, prime 1", PKCS1, "3015 020100 02020ca1 020111 02020ac1 020101 02020ca1",
	    "crypto/rsa: invalid prime" },
	{ "RSA, version 2", PKCS1, "3014 020102" TWO, "x509: unsupported private key version" },
	{ "RSA, something behind", PKCS1, "3014 020100" TWO "00",
	    "asn1: syntax error: trailing data" },
	{ "RSA, a third prime", PKCS1, /* 61 * 53 * 59 */
	    "302c 020101 0203 02e91b 020111 0203 012311 02013d 020135 020101 020101 020101"
	    "300b 3009 02013b 020101 020101",
	    "n 02e91b e 17 d 012311 primes 3d 35 3b dp 35 dq 31 qinv 26 crt 29 36 0ca1" },
	{ "nothing", PKCS1, "", "asn1: structure error: tags don't match" },
	{ "cut", PKCS1, "3014 020100", "asn1: structure error: tags don't match" },

	{ "PKCS #8 of RSA", PKCS8, "302a 020100" SEQ8_RSA "0416 3014 020100" TWO,
	    "n 0ca1 e 17 d 0ac1 primes 3d 35 dp 35 dq 31 qinv 26" },
	{ "PKCS #8 of bad RSA", PKCS8, "302a 020100" SEQ8_RSA "0416 3014 020102" TWO,
	    "x509: failed to parse RSA private key embedded in PKCS#8: x509: unsupported private key "
	    "version" },
	{ "PKCS #8 of P-256", PKCS8,
	    "3041 020100" SEQ8_P256 "0427 3025 020101 0420" SCALAR,
	    "x 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    " y 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299 d " SCALAR },
	{ "PKCS #8 of Ed25519", PKCS8, "302e 020100 3005 06032b6570 0422 0420" SEED,
	    "bytes d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a d " SEED },
	{ "PKCS #8 of X25519, rfc7748 6.1", PKCS8,
	    "302e 020100 3005 06032b656e 0422 0420"
	    "77076d0a7318a57d3c16c17251b26645df4c7c0a2bd4b3c8f5b5e4d3a4e2f5a1",
	    NULL },
	{ "Ed25519 of 31 bytes", PKCS8,
	    "302d 020100 3005 06032b6570 0421 041f"
	    "61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "x509: invalid Ed25519 private key length: 31" },
	{ "Ed25519 with parameters", PKCS8, "3030 020100 3007 06032b6570 0500 0422 0420" SEED,
	    "x509: invalid Ed25519 private key parameters" },
	{ "PKCS #8 of DSA", PKCS8, "3010 020100 3009 06072a8648ce380401 0400",
	    "x509: PKCS#8 wrapping contained private key with unknown algorithm: 1.2.840.10040.4.1" },

	{ "P-256", SEC1, "3031 020101 0420" SCALAR "a00a 06082a8648ce3d030107",
	    "x 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    " y 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299 d " SCALAR },
	{ "P-256, zeros in front", SEC1, "3032 020101 042100" SCALAR "a00a 06082a8648ce3d030107",
	    "x 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	    " y 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299 d " SCALAR },
	{ "P-256, zero", SEC1, "3012 020101 040100 a00a 06082a8648ce3d030107",
	    "x509: invalid elliptic curve private key value" },
	{ "P-256, beyond its order", SEC1,
	    "3031 020101 0420 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "a00a 06082a8648ce3d030107",
	    "x509: invalid elliptic curve private key value" },
	{ "no curve", SEC1, "3025 020101 0420" SCALAR, "x509: unknown elliptic curve" },
	{ "version 2", SEC1, "3025 020102 0420" SCALAR, "x509: unknown EC private key version 2" },

	{ "SEC 1 for PKCS #8", PKCS8, "3031 020101 0420" SCALAR "a00a 06082a8648ce3d030107",
	    "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)" },
	{ "PKCS #1 for PKCS #8", PKCS8, "3014 020100" TWO,
	    "x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key format)" },
	{ "PKCS #8 for PKCS #1", PKCS1, "302e 020100 3005 06032b6570 0422 0420" SEED,
	    "x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key format)" },
	{ "PKCS #1 for SEC 1", SEC1, "3014 020100" TWO,
	    "x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key format)" },
	{ "nothing for SEC 1", SEC1, "",
	    "x509: failed to parse EC private key: asn1: structure error: tags don't match" },
};

static void
add(struct buf *out, const char *name, str_t number)
{
	if (number.data == NULL)
		return;
	buf_printf(out, "%s%s ", out->len > 0 ? " " : "", name);
	hex_write(out, number);
}

static void
describe(struct buf *out, const struct private_key *key)
{
	add(out, "n", key->public.n);
	if (key->public.kind == X509_RSA)
		buf_printf(out, " e %lld", (long long)key->public.e);
	add(out, "bytes", key->public.bytes);
	add(out, "x", key->public.x);
	add(out, "y", key->public.y);
	add(out, "d", key->d);
	for (size_t i = 0; i < key->prime_count; i++)
		add(out, i == 0 ? "primes" : "", key->primes[i]);
	add(out, "dp", key->dp);
	add(out, "dq", key->dq);
	add(out, "qinv", key->qinv);
	for (size_t i = 2; i < key->prime_count; i++) {
		add(out, "crt", key->crt[i].exponent);
		add(out, "", key->crt[i].coefficient);
		add(out, "", key->crt[i].product);
	}
}

/* Without the blanks that hex_read() does not take, and without two in a row in what is said. */
static str_t
squeeze(struct arena *arena, str_t s, bool all)
{
	char *text = arena_alloc_raw(arena, s.len + 1, 1);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != ' ' || (!all && len > 0 && text[len - 1] != ' '))
			text[len++] = s.data[i];
	return str_make(text, len);
}

static void
check(struct arena *arena, size_t row)
{
	static err_t (*const read[])(struct arena *, str_t, struct private_key *, str_t *) = {
		private_key_read_pkcs1, private_key_read_pkcs8, private_key_read_sec1
	};
	struct private_key key;
	str_t der = STR_NONE, got = STR_NONE;
	struct buf text;
	err_t err;

	buf_init(&text, TEXT_MAX);
	if (hex_read(arena, squeeze(arena, str_of(cases[row].der), true), &der, NULL) != ERR_OK)
		tap_note("the row's hexadecimal is wrong");
	err = read[cases[row].form](arena, der, &key, &got);
	if (err == ERR_OK) {
		describe(&text, &key);
		got = squeeze(arena, buf_str(&text), false);
	}
	if (cases[row].want == NULL)
		ok(err == ERR_OK && key.public.bytes.len == 32 && key.public.kind == X509_KEY_UNKNOWN,
		    "%s", cases[row].name);
	else if (!ok(str_eq(got, str_of(cases[row].want)), "%s", cases[row].name))
		tap_note("got %.*s", STR_FMT(got));
	buf_fini(&text);
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT(cases); i++, arena_reset(arena))
		check(arena, i);
	arena_free(&arena);
	return tap_done();
}
