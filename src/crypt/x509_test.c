/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "base/must.h"
#include "codec/base64.h"
#include "crypt/x509_verify.h"

enum { ARENA_MAX = 4 << 20, CHAIN_MAX = 8 };

static const int64_t year_2030 = 1893456000LL * 1000000000, year_2016 = 1451606400LL * 1000000000;

static const struct {
	const char *name, *text;
} certificates[] = {
#define CERTIFICATE(name, text) { name, text },
#include "crypt/x509_test.inc"
#undef CERTIFICATE
};

static str_t
der_of(struct arena *arena, str_t name)
{
	str_t der = STR_NONE;

	for (size_t i = 0; i < COUNT(certificates); i++)
		if (str_eq(name, str_of(certificates[i].name)))
			must(base64_read(arena, str_of(certificates[i].text), &der) == ERR_OK);
	must(der.len > 0);
	return der;
}

/* ---- chains ---- */

#define BIT(usage) (1u << X509_USAGE_##usage)

/* Names from the root to the leaf; `length` of the chain found, 0: there is none. */
static const struct {
	const char *names;
	size_t length;
	const char *host;
	uint32_t usages;
	int64_t now_ns, comparisons;
} chains[] = {
	{ "root i1 leaf", 3 },
	{ "root leaf", 0 },
	{ "root direct", 2 },
	{ "root root", 1 },
	{ "root i1 i2 leaf2", 4 },
	{ "root i2 i1 leaf2", 4 },
	{ "root other i1 leaf", 3 },
	{ "root i2 leaf2", 0 },
	{ "i1 leaf", 2 }, /* whatever stands first is trusted */
	{ "i1 i2 leaf2", 3 },
	{ "root i1-no-ca i1 leaf", 3 },
	{ "root i1 i1 i1 leaf", 3 },

	{ "root i1 server", 3 },
	{ "root i1 client", 0 },
	{ "root i1 client", 3, "", BIT(CLIENT_AUTH) },
	{ "root i1 client", 3, "", BIT(ANY) },
	{ "root i1 any", 3 },
	{ "root i1 any", 3, "", BIT(CODE_SIGNING) },
	{ "root i1 strange", 0 },
	{ "root i1 strange", 3, "", BIT(ANY) },
	{ "root i1-client leaf", 0 },
	{ "root i1-client client", 0 },
	{ "root i1-client client", 3, "", BIT(CLIENT_AUTH) | BIT(SERVER_AUTH) },
	{ "root i1-client server", 0, "", BIT(CLIENT_AUTH) | BIT(SERVER_AUTH) },

	{ "root i1-no-ca leaf", 0 },
	{ "root i1-bare leaf", 0 },
	{ "root i1-no-sign leaf", 0 },
	{ "i1-no-ca leaf", 0 },
	{ "root-path0 i1 leaf", 0 },
	{ "root-path0 direct", 2 },
	{ "root i1 expired", 0 },
	{ "root i1 future", 0 },
	{ "root i1 leaf", 0, "", 0, year_2016 },
	{ "root i1 leaf", 3, "", 0, 1577836800LL * 1000000000 }, /* from its first second on */
	{ "root i1 leaf", 0, "", 0, 1577836800LL * 1000000000 - 1 },
	{ "root i1 leaf", 3, "", 0, 2524607999LL * 1000000000 }, /* to its last one */
	{ "root i1 leaf", 0, "", 0, 2524607999LL * 1000000000 + 1 },
	{ "root i1 forged", 0 },
	{ "root i1 critical", 0 },

	{ "p256-root p256-leaf", 2 },
	{ "p256-root p256-sha384", 2 },
	{ "rsa-root rsa-leaf", 2 },
	{ "rsa-root pss-leaf", 2 },
	{ "rsa-root rsa-sha1", 0 }, /* SHA-224, in truth: as little trusted */
	{ "root p256-leaf", 0 },

	{ "root i1 leaf", 3, "www.example.com" },
	{ "root i1 leaf", 3, "WWW.example.COM." },
	{ "root i1 leaf", 0, "example.com" },
	{ "root i1 leaf", 3, "a.w.example.com" },
	{ "root i1 leaf", 0, "a.b.w.example.com" },
	{ "root i1 leaf", 0, "w.example.com" },
	{ "root i1 leaf", 3, "*.w.example.com" }, /* no host name, but spelled the same */
	{ "root i1 leaf", 3, "10.0.0.1" },
	{ "root i1 leaf", 3, "[10.0.0.1]" },
	{ "root i1 leaf", 3, "::ffff:10.0.0.1" },
	{ "root i1 leaf", 0, "10.0.0.2" },
	{ "root i1 leaf", 0, "::1" },
	{ "root i1 nameless", 3 },
	{ "root i1 nameless", 0, "leaf" }, /* a common name is none */

	{ "root i1-dns d1", 3 },
	{ "root i1-dns d2", 0 },
	{ "root i1-dns d3", 0 },
	{ "root i1-dns d4", 3 },
	{ "root i1-dns d5", 0 },
	{ "root i1-dns d6", 0 }, /* *.example.com may be bad.example.com */
	{ "root i1-dns a1", 3 },
	{ "root i1-dns u4", 3 },
	{ "root i1-dns d1", 0, "", 0, 0, 1 },
	{ "root i1-dns d1", 3, "", 0, 0, 3 },
	{ "root i1-ip a1", 3 },
	{ "root i1-ip a2", 0 },
	{ "root i1-ip a3", 0 },
	{ "root i1-ip a4", 3 },
	{ "root i1-ip a5", 0 },
	{ "root i1-mail m1", 3 },
	{ "root i1-mail m2", 0 },
	{ "root i1-mail m3", 3 },
	{ "root i1-mail m4", 0 },
	{ "root i1-mail m5", 0 },
	{ "root i1-mail m6", 0 },
	{ "root i1-uri u1", 3 },
	{ "root i1-uri u2", 0 },
	{ "root i1-uri u3", 0 },
	{ "root i1-uri u4", 0 },
	{ "root i1-uri u5", 0 },
	{ "root i1-uri d1", 3 },
	{ "v6-root v6-i1 v6-literal", 0 },
	{ "v6-root v6-i1 v6-name", 3 },
	{ "root i1-dir d1", 0 }, /* a critical constraint that is not understood */

	{ "root i1-explicit leaf-policy", 3 },
	{ "root i1-explicit leaf-other-policy", 0 },
	{ "root i1-explicit leaf-any-policy", 3 },
	{ "root i1-explicit leaf", 0 },
};

/* As much of a reader of URIs as these certificates need. */
static str_t
host_of(struct arena *arena, str_t uri)
{
	size_t begin = str_find(uri, STR("://"), 0), end;

	if (begin == uri.len)
		return STR_NONE;
	end = str_find_char(uri, '/', begin + 3);
	return str_sub(uri, begin + 3, end - begin - 3);
}

static void
check_chain(struct arena *arena, size_t row)
{
	struct x509_certificate list[CHAIN_MAX];
	struct x509_verify how = { .host = str_of(chains[row].host), .usages = chains[row].usages,
		.now_ns = chains[row].now_ns != 0 ? chains[row].now_ns : year_2030,
		.comparisons = chains[row].comparisons, .host_of = host_of };
	struct x509_chain found = { .at = NULL };
	str_t names = str_of(chains[row].names), why = STR_NONE;
	size_t count = 0;
	err_t err;

	for (size_t at = 0; at < names.len; count++) {
		size_t end = str_find_char(names, ' ', at);

		must(count < CHAIN_MAX);
		must(x509_read(arena, der_of(arena, str_sub(names, at, end - at)), &list[count],
		         &why) == ERR_OK);
		at = end + 1;
	}
	how.root = &list[0];
	how.intermediates = &list[1];
	how.intermediate_count = count - 2;
	err = x509_verify(arena, &list[count - 1], &how, &found);
	ok(err == (chains[row].length > 0 ? ERR_OK : ERR_SIGNATURE) &&
	        found.count == chains[row].length,
	    "row %zu: %s %s: a chain of %zu", row, chains[row].names,
	    chains[row].host != NULL ? chains[row].host : "", found.count);
}

/* ---- what is refused ---- */

/* Bytes of one certificate (base64 of DER) exchanged, where `from` stands first. */
static const struct {
	const char *name, *why;
	str_t from, to;
} broken[] = {
	{ "root", "x509: malformed certificate", STR("\x30\x81"), STR("\x31\x81") },
	{ "root", "x509: malformed version", STR("\xa0\x03\x02\x01\x02"),
	    STR("\xa0\x03\x02\x01\xff") },
	{ "root", "x509: invalid version", STR("\xa0\x03\x02\x01\x02"),
	    STR("\xa0\x03\x02\x01\x03") },
	{ "root", "x509: malformed version", STR("\xa0\x03\x02\x01\x02"),
	    STR("\xa0\x03\x02\x01\x04") },
	{ "root", "x509: negative serial number", STR("\x02\x01\x4d"), STR("\x02\x01\x8d") },
	{ "root", "x509: malformed serial number", STR("\x02\x01\x4d"), STR("\x03\x01\x4d") },
	{ "root", "x509: inner and outer signature algorithm identifiers don't match",
	    STR("\x06\x03\x2b\x65\x70"), STR("\x06\x03\x2b\x65\x71") },
	{ "root", "x509: malformed UTCTime", STR("200101000000Z"), STR("201301000000Z") },
	{ "root", "x509: malformed UTCTime", STR("200101000000Z"), STR("200230000000Z") },
	{ "root", "x509: malformed UTCTime", STR("200101000000Z"), STR("200101240000Z") },
	{ "root", "x509: unsupported time format", STR("\x17\x0d"), STR("\x16\x0d") },
	{ "root", "x509: invalid RDNSequence: invalid attribute value: invalid UTF-8 string",
	    STR("root"), STR("r\xffot") },
	{ "root", "x509: invalid RDNSequence: invalid attribute value: unsupported string type: 4",
	    STR("\x0c\x04root"), STR("\x04\x04root") },
	{ "root", "x509: invalid RDNSequence: invalid attribute type", STR("\x06\x03\x55\x04\x03"),
	    STR("\x06\x03\x55\x04\x83") },
	{ "root", "x509: invalid basic constraints", STR("\x30\x03\x01\x01\xff"),
	    STR("\x30\x03\x01\x01\x01") },
	{ "root", "x509: malformed extension OID field", STR("\x06\x03\x55\x1d"),
	    STR("\x04\x03\x55\x1d") },
	{ "leaf", "x509: SAN dNSName is malformed", STR("www."), STR("ww\xc3.") },
	{ "leaf", "x509: cannot parse IP address of length 3",
	    STR("\x82\x0f*.w.example.com\x87\x04\x0a\x00\x00\x01"),
	    STR("\x82\x10*.w.example.comX\x87\x03\x00\x00\x01") },
	{ "client", "x509: invalid extended key usages", STR("\x30\x0a\x06\x08"),
	    STR("\x30\x0a\x05\x08") },
	{ "p256-root", "x509: unsupported elliptic curve", STR("\xce\x3d\x03\x01\x07"),
	    STR("\xce\x3d\x03\x01\x08") },
	{ "p256-root", "x509: failed to unmarshal elliptic curve point", STR("\x03\x42\x00\x04"),
	    STR("\x03\x42\x00\x02") },
	{ "rsa-root", "x509: RSA key missing NULL parameters", STR("\x01\x01\x01\x05\x00\x03"),
	    STR("\x01\x01\x01\x04\x00\x03") },
	{ "rsa-root", "x509: RSA public exponent is not a positive number",
	    STR("\x02\x03\x01\x00\x01"), STR("\x02\x03\x81\x00\x01") },
	{ "i1-dns", "x509: failed to parse dnsName constraint \"exa ple.com\"",
	    STR("\x82\x0b" "example.com"), STR("\x82\x0b" "exa ple.com") },
	{ "i1-ip", "x509: IP constraint contained invalid mask ff00ff00",
	    STR("\xff\x00\x00\x00"), STR("\xff\x00\xff\x00") },
	{ "i1-mail", "x509: failed to parse rfc822Name constraint \"\\\"a \\\"\\\"@exact.example\"",
	    STR("\"a b\"@"), STR("\"a \"\"@") },
	{ "i1-explicit", "x509: invalid policy constraints extension", STR("\x80\x01\x00"),
	    STR("\x80\x00\x00") },
};

static void
check_broken(struct arena *arena, size_t row)
{
	str_t der = der_of(arena, str_of(broken[row].name)), why = STR_NONE;
	size_t at = str_find(der, broken[row].from, 0);
	char *bytes = arena_copy(arena, der.data, der.len);
	struct x509_certificate c;
	err_t err;

	must(at < der.len && broken[row].from.len == broken[row].to.len);
	memcpy(bytes + at, broken[row].to.data, broken[row].to.len);
	err = x509_read(arena, str_make(bytes, der.len), &c, &why);
	if (!ok(err == ERR_SYNTAX && str_eq(why, str_of(broken[row].why)), "%s", broken[row].why))
		tap_note("got %.*s", STR_FMT(why));
}

/* No beginning of a certificate is one, and none makes the reader look behind its end. */
static void
check_cut(struct arena *arena)
{
	str_t der = der_of(arena, STR("i1-mail")), why;
	struct x509_certificate c;
	bool refused = true;

	for (size_t len = 0; len < der.len; len++) {
		char *exact = arena_copy(arena, der.data, len);

		refused = refused && x509_read(arena, str_make(exact, len), &c, &why) == ERR_SYNTAX;
	}
	ok(refused, "all that are cut are refused");
}

int
main(void)
{
	struct arena *arena = arena_new(ARENA_MAX);

	for (size_t i = 0; i < COUNT(chains); i++, arena_reset(arena))
		check_chain(arena, i);
	for (size_t i = 0; i < COUNT(broken); i++, arena_reset(arena))
		check_broken(arena, i);
	check_cut(arena);
	arena_free(&arena);
	return tap_done();
}
