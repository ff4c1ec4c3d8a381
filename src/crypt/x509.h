/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509: certificates and certificate requests (RFC 5280, RFC 2986) taken apart.
 *
 * For Rego's crypto.x509 functions, so it reads what Go's crypto/x509 reads and
 * refuses the rest with its sentences.  Nothing is trusted for having been read: see
 * x509_verify.h.  The daemon's own TLS does not come here.
 *
 *   memory   lists in the arena; everything else borrows from the DER bytes
 *   limits   time and memory grow with the bytes alone; no recursion
 *   failure  ERR_SYNTAX and the sentence in *ret_why; ERR_MEMORY
 */
#ifndef CRYPT_X509_H
#define CRYPT_X509_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypt/der.h"

/* These numbers are Go's, and policies see them. */
enum x509_key_kind { X509_KEY_UNKNOWN, X509_RSA, X509_DSA, X509_ECDSA, X509_ED25519 };

enum x509_signature {
	X509_SIGNATURE_UNKNOWN,
	X509_MD2_RSA,
	X509_MD5_RSA,
	X509_SHA1_RSA,
	X509_SHA256_RSA,
	X509_SHA384_RSA,
	X509_SHA512_RSA,
	X509_SHA1_DSA,
	X509_SHA256_DSA,
	X509_SHA1_ECDSA,
	X509_SHA256_ECDSA,
	X509_SHA384_ECDSA,
	X509_SHA512_ECDSA,
	X509_SHA256_PSS,
	X509_SHA384_PSS,
	X509_SHA512_PSS,
	X509_ED25519_PURE
};

enum x509_usage {
	X509_USAGE_ANY,
	X509_USAGE_SERVER_AUTH,
	X509_USAGE_CLIENT_AUTH,
	X509_USAGE_CODE_SIGNING,
	X509_USAGE_EMAIL_PROTECTION,
	X509_USAGE_IPSEC_END_SYSTEM,
	X509_USAGE_IPSEC_TUNNEL,
	X509_USAGE_IPSEC_USER,
	X509_USAGE_TIME_STAMPING,
	X509_USAGE_OCSP_SIGNING,
	X509_USAGE_MICROSOFT_SERVER_GATED,
	X509_USAGE_NETSCAPE_SERVER_GATED,
	X509_USAGE_MICROSOFT_COMMERCIAL_CODE,
	X509_USAGE_MICROSOFT_KERNEL_CODE,
	X509_USAGE_END
};

enum x509_curve { X509_NO_CURVE, X509_P224, X509_P256, X509_P384, X509_P521 };

VEC_TYPE(x509_texts, str_t);
VEC_TYPE(x509_numbers, int);

/* Numbers are natural, big-endian, without a zero in front. */
struct x509_key {
	enum x509_key_kind kind;
	enum x509_curve curve;
	str_t n; /* RSA */
	int64_t e;
	str_t x, y; /* ECDSA; y: DSA too */
	str_t p, q, g; /* DSA */
	str_t bytes; /* Ed25519 */
	str_t info; /* SubjectPublicKeyInfo as it stands there */
};

struct x509_attribute {
	str_t oid;
	uint8_t tag;
	str_t value; /* of a string: in UTF-8; of another: its bytes */
};
VEC_TYPE(x509_name, struct x509_attribute);

struct x509_extension {
	str_t oid;
	bool critical;
	str_t value;
};
VEC_TYPE(x509_extensions, struct x509_extension);

/* Alternative names, by kind (rfc5280 4.2.1.6); IP addresses have 4 or 16 bytes. */
struct x509_names {
	struct x509_texts dns, emails, ips, uris;
};

/* Name constraints; an IP range is an address and a mask behind it. */
struct x509_subtrees {
	struct x509_texts dns, ips, emails, uris;
};

struct x509_mapping {
	str_t issuer, subject; /* OIDs */
};
VEC_TYPE(x509_mappings, struct x509_mapping);

struct x509_certificate {
	str_t whole, tbs, raw_issuer, raw_subject;
	int version; /* 1 to 3 */
	str_t serial; /* natural */
	enum x509_signature algorithm;
	str_t signature;
	struct x509_name issuer, subject;
	struct der_time not_before, not_after;
	struct x509_key key;
	struct x509_extensions extensions;

	/* What the extensions say; zero where they say nothing. */
	unsigned key_usage; /* rfc5280 4.2.1.3: bit 0 is digitalSignature, 5 keyCertSign */
	struct x509_numbers usages; /* enum x509_usage */
	struct x509_texts unknown_usages, unhandled; /* OIDs; the latter are critical */
	bool has_basic, is_ca, has_alternatives, has_policies;
	int64_t path_length; /* -1: has_basic, but no limit */
	str_t subject_key_id, authority_key_id;
	struct x509_names names;
	bool constraints_critical;
	struct x509_subtrees permitted, excluded;
	struct x509_texts ocsp_servers, issuing_urls, crl_points;
	struct x509_texts policies; /* OIDs */
	struct x509_mappings mappings;
	bool has_inhibit_any, has_inhibit_mapping, has_require_explicit;
	int64_t inhibit_any, inhibit_mapping, require_explicit;
};

enum { X509_CERTIFICATE_SIGNING = 1 << 5 }; /* of key_usage */

struct x509_request {
	str_t whole, tbs, raw_subject;
	int64_t version; /* 0 */
	enum x509_signature algorithm;
	str_t signature;
	struct x509_name subject;
	struct x509_key key;
	struct x509_texts attributes; /* each whole: SEQUENCE { type, SET of values } */
	struct x509_extensions extensions;
	struct x509_names names;
};

/* The certificate at the front of `der`; its `whole` says how long it is. */
err_t x509_read(struct arena *, str_t der, struct x509_certificate *ret, str_t *ret_why);
err_t x509_read_request(struct arena *, str_t der, struct x509_request *ret, str_t *ret_why);

/* What a name holds; `known` is its last arc below 2.5.4 (3: common name). */
bool x509_attribute_is(const struct x509_attribute *, unsigned known);
bool x509_is_text(const struct x509_attribute *);

/* A domain as names and constraints may have it; the latter may begin with a dot. */
bool x509_is_domain(str_t, bool is_constraint);

#endif
