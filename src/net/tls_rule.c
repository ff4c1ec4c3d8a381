/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_rule.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/str.h"
#include "net/tls_trust.h"

enum { SERIAL_BYTES_MAX = 20, RSA_BITS_MIN = 2048, LABEL_MAX = 63, DOMAIN_MAX = 253 };

struct place {
	const X509 *cert;
	enum tls_place at;
};

/* An extension, decoded.  NULL with *ret_bad: it is there twice, or is not what it should be. */
static void *
get(const struct place *p, int nid, bool *ret_critical, bool *ret_bad)
{
	int critical = -1;
	void *decoded = X509_get_ext_d2i(p->cert, nid, &critical, NULL);

	*ret_critical = critical == 1;
	*ret_bad = decoded == NULL && critical != -1;
	return decoded;
}

static bool
is_critical(const struct place *p, int nid)
{
	int i = X509_get_ext_by_NID(p->cert, nid, -1);

	return i >= 0 && X509_EXTENSION_get_critical(X509_get_ext(p->cert, i)) != 0;
}

static bool
has(const struct place *p, int nid)
{
	return X509_get_ext_by_NID(p->cert, nid, -1) >= 0;
}

static str_t
text_of(const ASN1_STRING *s)
{
	return str_make((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* ---- form ---- */

static bool
is_not_version_3(const struct place *p)
{
	return X509_get_version(p->cert) != X509_VERSION_3;
}

static bool
has_bad_serial(const struct place *p)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(p->cert);
	int len = ASN1_STRING_length(serial);
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);

	/* Without a sign in front: a first bit that is set costs one more byte (rfc5280 4.1.2.2). */
	return ASN1_STRING_type(serial) != V_ASN1_INTEGER || len == 0 || (len == 1 && bytes[0] == 0) ||
	    len + (bytes[0] >> 7) > SERIAL_BYTES_MAX;
}

static bool
has_empty_name(const struct place *p)
{
	return X509_NAME_entry_count(X509_get_issuer_name(p->cert)) == 0 ||
	    (p->at != TLS_LEAF && X509_NAME_entry_count(X509_get_subject_name(p->cert)) == 0);
}

/* Twice the same, or what OpenSSL knows and cannot decode. */
static bool
has_bad_extension(const struct place *p)
{
	static const int known[] = { NID_info_access, NID_crl_distribution_points, NID_subject_alt_name,
		NID_name_constraints, NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
		NID_certificate_policies, NID_policy_constraints, NID_inhibit_any_policy };
	int count = X509_get_ext_count(p->cert);

	for (int i = 0; i < count; i++) {
		const ASN1_OBJECT *oid = X509_EXTENSION_get_object(X509_get_ext(p->cert, i));

		if (X509_get_ext_by_OBJ(p->cert, oid, i) >= 0)
			return true;
	}
	for (size_t i = 0; i < COUNT(known); i++) {
		const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(known[i]);
		bool critical, bad;
		void *decoded;

		if (method == NULL || method->it == NULL || !has(p, known[i]))
			continue;
		decoded = get(p, known[i], &critical, &bad);
		if (decoded != NULL)
			ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
		if (bad)
			return true;
	}
	return false;
}

static bool
has_wrong_criticality(const struct place *p)
{
	bool no_subject = X509_NAME_entry_count(X509_get_subject_name(p->cert)) == 0;

	return is_critical(p, NID_authority_key_identifier) || is_critical(p, NID_subject_key_identifier) ||
	    is_critical(p, NID_info_access) || is_critical(p, NID_ext_key_usage) ||
	    (has(p, NID_name_constraints) && !is_critical(p, NID_name_constraints)) ||
	    (has(p, NID_policy_constraints) && !is_critical(p, NID_policy_constraints)) ||
	    (has(p, NID_subject_alt_name) && is_critical(p, NID_subject_alt_name) != no_subject);
}

/* ---- keys ---- */

static bool
has_weak_key(const struct place *p)
{
	const EVP_PKEY *key = X509_get0_pubkey(p->cert);
	char curve[32] = "";
	int bits;

	if (key == NULL)
		return true;
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		bits = EVP_PKEY_get_bits(key);
		return bits < RSA_BITS_MIN || bits % 8 != 0;
	case EVP_PKEY_EC:
		/* A curve that is spelled out may be anybody's: only the name of one counts. */
		if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1)
			return true;
		return EVP_PKEY_get_ec_point_conv_form(key) == 0 ||
		    (strcmp(curve, "prime256v1") != 0 && strcmp(curve, "secp384r1") != 0 &&
			strcmp(curve, "secp521r1") != 0);
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return false;
	default:
		return true;
	}
}

static bool
spells_its_curve_out(const struct place *p)
{
	const ASN1_OBJECT *algorithm;
	const X509_ALGOR *a;
	const void *value;
	int type;

	if (X509_PUBKEY_get0_param(NULL, NULL, NULL, (X509_ALGOR **)(uintptr_t)&a,
		X509_get_X509_PUBKEY(p->cert)) != 1)
		return true;
	X509_ALGOR_get0(&algorithm, &type, &value, a);
	return OBJ_obj2nid(algorithm) == NID_X9_62_id_ecPublicKey && type != V_ASN1_OBJECT;
}

static bool
is_root(const struct place *p)
{
	return p->at == TLS_ANCHOR &&
	    X509_NAME_cmp(X509_get_subject_name(p->cert), X509_get_issuer_name(p->cert)) == 0;
}

static bool
has_odd_key_ids(const struct place *p)
{
	bool critical, bad, odd;
	AUTHORITY_KEYID *aki = get(p, NID_authority_key_identifier, &critical, &bad);
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id((X509 *)(uintptr_t)p->cert);

	if (p->at != TLS_LEAF && own == NULL)
		bad = true;
	if (aki == NULL)
		return bad || p->at != TLS_ANCHOR;
	odd = bad || aki->keyid == NULL;
	if (is_root(p))
		odd = odd || aki->issuer != NULL || aki->serial != NULL ||
		    ASN1_OCTET_STRING_cmp(aki->keyid, own) != 0;
	AUTHORITY_KEYID_free(aki);
	return odd;
}

/* ---- what it may be used for ---- */

static bool
has_odd_usage(const struct place *p)
{
	bool critical, bad, odd;
	EXTENDED_KEY_USAGE *usage = get(p, NID_ext_key_usage, &critical, &bad);

	if (usage == NULL)
		return bad;
	odd = sk_ASN1_OBJECT_num(usage) == 0 || is_root(p);
	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
		odd = odd || (p->at == TLS_LEAF &&
			OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == NID_anyExtendedKeyUsage);
	EXTENDED_KEY_USAGE_free(usage);
	return odd;
}

static bool
is_odd_authority(const struct place *p)
{
	bool critical, bad, ca;
	BASIC_CONSTRAINTS *basic = get(p, NID_basic_constraints, &critical, &bad);
	uint32_t usage = X509_get_key_usage((X509 *)(uintptr_t)p->cert);

	ca = basic != NULL && basic->ca != 0;
	BASIC_CONSTRAINTS_free(basic);
	if (p->at != TLS_LEAF)
		return !ca || !critical || (has(p, NID_key_usage) && (usage & KU_KEY_CERT_SIGN) == 0);
	return bad || ca || (has(p, NID_key_usage) && (usage & KU_KEY_CERT_SIGN) != 0);
}

/* ---- names ---- */

static bool
is_label(str_t label)
{
	bool fine = label.len > 0 && label.len <= LABEL_MAX && label.data[0] != '-' &&
	    label.data[label.len - 1] != '-';

	for (size_t i = 0; fine && i < label.len; i++) {
		char c = label.data[i];

		fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
	}
	return fine;
}

/* Letters, digits and hyphens; and not what would be read as an address. */
static bool
is_domain(str_t domain)
{
	str_t last = STR_NONE;
	bool all_digits = true;

	if (domain.len == 0 || domain.len > DOMAIN_MAX)
		return false;
	for (;;) {
		size_t dot = str_find_char(domain, '.', 0);

		last = str_sub(domain, 0, dot);
		if (!is_label(last))
			return false;
		if (dot == domain.len)
			break;
		domain = str_skip(domain, dot + 1);
	}
	for (size_t i = 0; i < last.len; i++)
		all_digits = all_digits && last.data[i] >= '0' && last.data[i] <= '9';
	return !all_digits;
}

/* A wildcard stands for a whole first label, and something must follow that is not a mere TLD. */
static bool
is_dns_name(str_t name)
{
	if (!str_has_prefix(name, STR("*.")))
		return is_domain(name);
	name = str_skip(name, 2);
	return is_domain(name) && str_find_char(name, '.', 0) < name.len;
}

static bool
is_mailbox(str_t text)
{
	size_t at = str_find_char(text, '@', 0);

	return at > 0 && at < text.len && is_domain(str_skip(text, at + 1));
}

static bool
is_good_name(const GENERAL_NAME *g)
{
	int len;

	switch (g->type) {
	case GEN_DNS:
		return is_dns_name(text_of(g->d.dNSName));
	case GEN_EMAIL:
		return is_mailbox(text_of(g->d.rfc822Name));
	case GEN_IPADD:
		len = ASN1_STRING_length(g->d.iPAddress);
		return len == 4 || len == 16;
	case GEN_URI:
		return ASN1_STRING_length(g->d.uniformResourceIdentifier) > 0 &&
		    memchr(ASN1_STRING_get0_data(g->d.uniformResourceIdentifier), '\0',
			(size_t)ASN1_STRING_length(g->d.uniformResourceIdentifier)) == NULL;
	default:
		return true;
	}
}

static bool
has_odd_names(const struct place *p)
{
	bool critical, bad;
	GENERAL_NAMES *names = get(p, NID_subject_alt_name, &critical, &bad);

	if (names == NULL)
		return bad || p->at == TLS_LEAF; /* a common name alone is no identity */
	bad = sk_GENERAL_NAME_num(names) == 0 || sk_GENERAL_NAME_num(names) > TRUST_NAMES;
	for (int i = 0; !bad && i < sk_GENERAL_NAME_num(names); i++)
		bad = !is_good_name(sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return bad;
}

/* ---- constraints on names ---- */

/* Ones, then zeros. */
static bool
is_mask(const unsigned char *mask, int len)
{
	bool ended = false;

	for (int i = 0; i < len * 8; i++) {
		bool one = (mask[i / 8] >> (7 - i % 8) & 1) != 0;

		if (one && ended)
			return false;
		ended = !one;
	}
	return true;
}

static bool
is_good_subtree(const GENERAL_SUBTREE *tree)
{
	const GENERAL_NAME *g = tree->base;
	str_t text;
	int len;

	switch (g->type) {
	case GEN_DNS:
		text = text_of(g->d.dNSName);
		return text.len == 0 || is_domain(text);
	case GEN_EMAIL:
		text = text_of(g->d.rfc822Name);
		if (str_find_char(text, '@', 0) < text.len)
			return is_mailbox(text);
		return is_domain(text.len > 0 && text.data[0] == '.' ? str_skip(text, 1) : text);
	case GEN_IPADD:
		len = ASN1_STRING_length(g->d.iPAddress);
		return (len == 8 || len == 32) && is_mask(ASN1_STRING_get0_data(g->d.iPAddress) + len / 2, len / 2);
	default:
		return true;
	}
}

static bool
are_good_subtrees(const STACK_OF(GENERAL_SUBTREE) *trees)
{
	int count = sk_GENERAL_SUBTREE_num(trees); /* -1: none */

	if (count == 0 || count > TRUST_NAMES)
		return false;
	for (int i = 0; i < count; i++) {
		if (!is_good_subtree(sk_GENERAL_SUBTREE_value(trees, i)))
			return false;
	}
	return true;
}

static bool
has_odd_constraints(const struct place *p)
{
	bool critical, bad;
	NAME_CONSTRAINTS *nc = get(p, NID_name_constraints, &critical, &bad);

	if (nc == NULL)
		return bad;
	bad = p->at == TLS_LEAF || (nc->permittedSubtrees == NULL && nc->excludedSubtrees == NULL) ||
	    (nc->permittedSubtrees != NULL && !are_good_subtrees(nc->permittedSubtrees)) ||
	    (nc->excludedSubtrees != NULL && !are_good_subtrees(nc->excludedSubtrees));
	NAME_CONSTRAINTS_free(nc);
	return bad;
}

static const struct {
	bool (*is_broken)(const struct place *);
	const char *why;
} rules[] = {
	{ is_not_version_3, "a certificate of its chain is not of version 3" },
	{ has_bad_serial, "a serial number in its chain is not from 1 to 2^159" },
	{ has_empty_name, "a name in its chain is empty" },
	{ has_bad_extension, "an extension in its chain is malformed, or there twice" },
	{ has_wrong_criticality, "an extension in its chain is critical and may not be, or the reverse" },
	{ has_weak_key, "a key in its chain is weak or of a kind that is not accepted" },
	{ spells_its_curve_out, "a key in its chain has a curve without a name" },
	{ has_odd_key_ids, "the key identifiers in its chain do not fit" },
	{ has_odd_usage, "the usages in its chain are not those of a client's chain" },
	{ is_odd_authority, "who may sign is not stated as it should be in its chain" },
	{ has_odd_names, "a name in its chain is missing or malformed" },
	{ has_odd_constraints, "the name constraints in its chain are malformed or misplaced" },
};

/* Excluding one host also excludes a wildcard that could be it. */
static bool
covers_excluded(str_t name, const GENERAL_NAME *base)
{
	str_t host;
	size_t dot;

	if (base->type != GEN_DNS || !str_has_prefix(name, STR("*.")))
		return false;
	host = text_of(base->d.dNSName);
	dot = str_find_char(host, '.', 0);
	return dot < host.len && str_eq_nocase(str_skip(host, dot + 1), str_skip(name, 2));
}

bool
tls_rule_excludes(const struct x509_st *authority, const struct x509_st *leaf)
{
	const struct place above = { authority, TLS_INTERMEDIATE }, below = { leaf, TLS_LEAF };
	bool critical, bad, excluded = false;
	NAME_CONSTRAINTS *nc = get(&above, NID_name_constraints, &critical, &bad);
	GENERAL_NAMES *names = get(&below, NID_subject_alt_name, &critical, &bad);
	int trees = nc != NULL ? sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) : 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		for (int k = 0; g->type == GEN_DNS && k < trees; k++)
			excluded = excluded || covers_excluded(text_of(g->d.dNSName),
						   sk_GENERAL_SUBTREE_value(nc->excludedSubtrees, k)->base);
	}
	NAME_CONSTRAINTS_free(nc);
	GENERAL_NAMES_free(names);
	return excluded;
}

const char *
tls_rule_broken(const struct x509_st *cert, enum tls_place at)
{
	const struct place p = { cert, at };

	for (size_t i = 0; i < COUNT(rules); i++) {
		if (rules[i].is_broken(&p))
			return rules[i].why;
	}
	return NULL;
}
