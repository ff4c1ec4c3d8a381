/* SPDX-License-Identifier: Apache-2.0 */
/* The family crypto.x509: what is refused, and with which words; results stand in test/conformance. */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

/* base64 of DER: a root; a root and a leaf below it. */
#define ROOT \
	"MIHfMIGSoAMCAQICAU0wBQYDK2VwMA8xDTALBgNVBAMMBHJvb3QwHhcNMjAwMTAxMDAwMDAwWhcNNDkx" \
	"MjMxMjM1OTU5WjAPMQ0wCwYDVQQDDARyb290MCowBQYDK2VwAyEAfTDCCx83r6ZenWWFA1xbVmnGmIud" \
	"MC6b5FeV1JLyP6qjEzARMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAhr9XJG3Cww7IhoQrzMe/BAVR" \
	"pJivWC4UXVcm0tCQL9Dm0si4gdt977kDWvBWe/6K5QFCg0b1EBzhx+rnyNjuDg=="
#define BOTH \
	"MIHfMIGSoAMCAQICAU0wBQYDK2VwMA8xDTALBgNVBAMMBHJvb3QwHhcNMjAwMTAxMDAwMDAwWhcNNDkx" \
	"MjMxMjM1OTU5WjAPMQ0wCwYDVQQDDARyb290MCowBQYDK2VwAyEAfTDCCx83r6ZenWWFA1xbVmnGmIud" \
	"MC6b5FeV1JLyP6qjEzARMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAhr9XJG3Cww7IhoQrzMe/BAVR" \
	"pJivWC4UXVcm0tCQL9Dm0si4gdt977kDWvBWe/6K5QFCg0b1EBzhx+rnyNjuDjCCAQEwgbSgAwIBAgIB" \
	"TTAFBgMrZXAwDzENMAsGA1UEAwwEcm9vdDAeFw0yMDAxMDEwMDAwMDBaFw00OTEyMzEyMzU5NTlaMA8x" \
	"DTALBgNVBAMMBGxlYWYwKjAFBgMrZXADIQD9eBxqfLcNWYYOP8Wf0o4QVSanXjXiGg9jvxKXDL2sh6M1" \
	"MDMwMQYDVR0RBCowKIIPd3d3LmV4YW1wbGUuY29tgg8qLncuZXhhbXBsZS5jb22HBAoAAAEwBQYDK2Vw" \
	"A0EAFM9QLKxsASKg1UfCMVanXlzZeQ7l6AQ2bMlWSF5KkAyiJWK9JRPwTG9DtARwZYtFDazfz98BgBdk" \
	"qdyVYWXoBA=="

#define READ "crypto.x509.parse_certificates"
#define OPTIONS "crypto.x509.parse_and_verify_certificates_with_options"
#define REQUEST "crypto.x509.parse_certificate_request"
#define PAIR "crypto.x509.parse_keypair"
#define KEYS "crypto.parse_private_keys"
#define JWK "crypto.x509.parse_rsa_private_key"
#define REFUSED(name, why) "eval_builtin_error: " name ": " why
#define BLOCK(label, body) "-----BEGIN " label "-----\\n" body "\\n-----END " label "-----\\n"

static const struct builtin_case cases[] = {
	{ READ, "[\"\"]", "[]" },
	{ READ, "[\"-----BEGIN nothing\"]", "[]" },
	{ READ, "[\"Zg=\"]", REFUSED(READ, "illegal base64 data at input byte 3") },
	{ READ, "[\"Zg==\"]", REFUSED(READ, "x509: malformed certificate") },
	{ READ, "[\"" BLOCK("X", "Zg==") "\"]",
	    REFUSED(READ, "PEM block type is 'X', expected CERTIFICATE") },
	{ READ, "[\"" BLOCK("CERTIFICATE", "Zg==") "\"]",
	    REFUSED(READ, "x509: malformed certificate") },
	{ READ, "[1]", "eval_type_error: " READ ": operand 1 must be string but got number" },

	{ OPTIONS, "[\"?\", {\"x\": 1}]", "[false, []]" }, /* certificates come first */
	{ OPTIONS, "[\"" ROOT "\", {}]", "[false, []]" },
	{ OPTIONS, "[\"" ROOT "\", {\"x\": 1}]", REFUSED(OPTIONS, "invalid key option") },
	{ OPTIONS, "[\"" BOTH "\", {\"DNSName\": \"example.com\"}]", "[false, []]" },
	{ OPTIONS, "[\"" BOTH "\", {\"CurrentTime\": 1}]", "[false, []]" },
	{ OPTIONS, "[\"" BOTH "\", {\"KeyUsages\": {\"set\": [\"a\", \"KeyUsageAny\"]}}]",
	    REFUSED(OPTIONS, "invalid entries for 'KeyUsages' found: [a]") },
	{ OPTIONS, "[\"" BOTH "\", {\"MaxConstraintComparisons\": 1e2}]",
	    REFUSED(OPTIONS, "'MaxConstraintComparisons' should be a valid number") },
	{ OPTIONS, "[\"" BOTH "\", {\"CurrentTime\": 99999999999999999999}]",
	    REFUSED(OPTIONS, "'CurrentTime' should be a valid int64 number") },

	{ REQUEST, "[\"?\"]", REFUSED(REQUEST, "illegal base64 data at input byte 0") },
	{ REQUEST, "[\"" ROOT "\"]", REFUSED(REQUEST, "asn1: structure error: tags don't match") },
	{ REQUEST, "[\"MIA=\"]", REFUSED(REQUEST, "asn1: syntax error: data truncated") },
	{ REQUEST, "[\"" BLOCK("CERTIFICATE REQUEST", "") "\"]",
	    REFUSED(REQUEST, "asn1: syntax error: sequence truncated") },

	{ PAIR, "[\"" ROOT "\", \"YWJj\"]", REFUSED(PAIR, "tls: failed to parse private key") },
	{ PAIR, "[\"" BOTH "\", \"YWJj\"]", REFUSED(PAIR, "x509: trailing data") },
	{ PAIR, "[\"\", \"YWJj\"]", REFUSED(PAIR, "x509: malformed certificate") },
	{ PAIR, "[\"" BLOCK("X", "") "\", \"YWJj\"]",
	    REFUSED(PAIR, "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after "
	                  "skipping PEM blocks of the following types: [X]") },
	{ PAIR, "[\"" ROOT "\", \"" BLOCK("X", "") "\"]",
	    REFUSED(PAIR, "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key "
	                  "input after skipping PEM blocks of the following types: [X]") },

	{ KEYS, "[\"\"]", "null" },
	{ KEYS, "[\"nope\"]", "[]" },
	{ KEYS, "[\"" BLOCK("X", "") "\"]", "[]" },
	{ KEYS, "[\"" BLOCK("EC PRIVATE KEY", "") "\"]",
	    REFUSED(KEYS, "x509: failed to parse EC private key: asn1: structure error: tags don't "
	                  "match") },
	/* rfc8032 7.1: the seed and the public key behind it. */
	{ KEYS, "[\"" BLOCK("PRIVATE KEY",
	          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g") "\"]",
	    "[\"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==\"]" },

	{ JWK, "[\"\"]", REFUSED(JWK, "input PEM data was empty") },
	{ JWK, "[\"?\"]", REFUSED(JWK, "illegal base64 data at input byte 0") },
	{ JWK, "[\"nope\"]", "null" },
	{ JWK, "[\"" BLOCK("PRIVATE KEY",
	         "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g") "\"]",
	    "{\"crv\": \"Ed25519\", \"d\": \"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\", "
	    "\"kty\": \"OKP\", \"x\": \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}" },
};

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	return tap_done();
}
