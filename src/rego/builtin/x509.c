/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.x509: certificates read, and chains of them verified. */
#include "codec/base64.h"
#include "codec/pem.h"
#include "rego/builtin/uri_read.h"
#include "rego/builtin/util.h"
#include "rego/builtin/x509_internal.h"

enum {
	SIGNATURE_WORK = 64 * 1024, /* what a signature costs, in bytes of other work */
	VALUE_FACTOR = 24, /* bytes of values for each byte of a certificate, at most */
};

enum rego_outcome
x509_fail(struct rego_call *call, err_t err, str_t why)
{
	return err == ERR_SYNTAX ? rego_fail(call, "%.*s", STR_FMT(why)) : REGO_HALT;
}

/* ---- reading ---- */

enum rego_outcome
x509_decode_base64(struct rego_call *call, str_t text, str_t *ret)
{
	size_t bad = 0;

	if (!rego_charge(call, text.len))
		return REGO_HALT;
	switch (base64_decode(call->arena, text, BASE64_STANDARD | BASE64_PADDED | BASE64_LOOSE, ret,
	    &bad)) {
	case ERR_OK:
		return REGO_DEFINED;
	case ERR_SYNTAX:
		return rego_fail(call, "illegal base64 data at input byte %zu", bad);
	default:
		return REGO_HALT;
	}
}

enum rego_outcome
x509_check_uris(struct rego_call *call, const struct x509_texts *uris)
{
	for (size_t i = 0; i < uris->count; i++) {
		struct uri_fault fault;
		str_t quoted, explained;
		struct uri u;
		bool read = uri_read(call->arena, uris->at[i], &u, &fault);

		if (arena_failed(call->arena))
			return REGO_HALT;
		if (read && x509_is_domain(u.authority, false))
			continue;
		quoted = uri_quote(call->arena, uris->at[i]);
		explained = read ? STR("invalid domain") : uri_explain(call->arena, &fault);
		return rego_fail(call, "x509: cannot parse URI %.*s: %.*s", STR_FMT(quoted),
		    STR_FMT(explained));
	}
	return REGO_DEFINED;
}

/* The certificate at the front of *der, which moves on. */
static enum rego_outcome
read_certificate(struct rego_call *call, str_t *der, struct x509_certificate *ret)
{
	str_t why = STR_NONE;
	err_t err = x509_read(call->arena, *der, ret, &why);

	if (err != ERR_OK)
		return x509_fail(call, err, why);
	*der = str_skip(*der, ret->whole.len);
	return x509_check_uris(call, &ret->names.uris);
}

enum rego_outcome
x509_read_one(struct rego_call *call, str_t der, struct x509_certificate *ret)
{
	enum rego_outcome outcome = read_certificate(call, &der, ret);

	if (outcome == REGO_DEFINED && der.len > 0)
		return rego_fail(call, "x509: trailing data");
	return outcome;
}

/* The bytes of all blocks, one behind the other. */
static enum rego_outcome
join_blocks(struct rego_call *call, str_t pem, str_t *ret)
{
	struct pem_block block;
	struct buf all;

	rego_text_init(call, &all);
	while (pem_read(call->arena, &pem, &block)) {
		if (!str_eq(block.label, STR("CERTIFICATE"))) {
			buf_fini(&all);
			return rego_fail(call, "PEM block type is '%.*s', expected CERTIFICATE",
			    STR_FMT(block.label));
		}
		buf_add_str(&all, block.bytes);
	}
	*ret = arena_str(call->arena, buf_str(&all));
	if (buf_failed(&all))
		arena_fail(call->arena);
	buf_fini(&all);
	return arena_failed(call->arena) ? REGO_HALT : REGO_DEFINED;
}

/* PEM, or base64 of PEM, or base64 of DER. */
static enum rego_outcome
read_all(struct rego_call *call, str_t text, struct x509_certificates *ret)
{
	static const str_t begin = STR("-----BEGIN");
	enum rego_outcome outcome = REGO_DEFINED;
	struct x509_certificate c;
	str_t der = text;

	if (!rego_charge(call, 4 * text.len))
		return REGO_HALT;
	if (!str_has_prefix(text, begin))
		outcome = x509_decode_base64(call, text, &der);
	if (outcome == REGO_DEFINED && str_has_prefix(der, begin))
		outcome = join_blocks(call, der, &der);
	while (outcome == REGO_DEFINED && der.len > 0) {
		outcome = read_certificate(call, &der, &c);
		if (outcome == REGO_DEFINED && !VEC_PUSH(call->arena, ret, c))
			outcome = REGO_HALT;
	}
	return outcome;
}

/* ---- parse_certificates ---- */

static enum rego_outcome
parse_certificates(struct rego_call *call, value_t *ret)
{
	struct x509_maker m = { .arena = call->arena };
	struct x509_certificates list = { .at = NULL };
	enum rego_outcome outcome = read_all(call, value_str(call->arg[0]), &list);
	value_t *items;

	if (outcome != REGO_DEFINED)
		return outcome;
	if (!rego_charge(call, (size_t)VALUE_FACTOR * call->arg[0].count))
		return REGO_HALT;
	items = ARENA_ARRAY(call->arena, value_t, list.count);
	if (items == NULL)
		return REGO_HALT;
	for (size_t i = 0; i < list.count; i++)
		items[i] = x509_make_certificate(&m, &list.at[i], true);
	return x509_give(call, &m, value_array_of(items, list.count), ret);
}

/* ---- parse_and_verify_certificates ---- */

static str_t
host_of(struct arena *arena, str_t text)
{
	struct uri_fault unused;
	struct uri u;

	return uri_read(arena, text, &u, &unused) ? u.authority : STR_NONE;
}

static enum rego_outcome
give_pair(struct rego_call *call, bool valid, value_t chain, value_t *ret)
{
	value_t pair[] = { value_bool(valid), chain };

	return rego_give(value_array(call->arena, pair, COUNT(pair)), ret);
}

/* The first is the root, the last the leaf. */
static enum rego_outcome
verify(struct rego_call *call, const struct x509_certificates *list, struct x509_verify *how,
    bool with_uri_strings, value_t *ret)
{
	struct x509_maker m = { .arena = call->arena };
	struct x509_chain chain = { .at = NULL };
	enum rego_outcome outcome;
	value_t *items;
	err_t err;

	if (list->count < 2)
		return give_pair(call, false, value_empty_array(), ret);
	how->root = &list->at[0];
	how->intermediates = &list->at[1];
	how->intermediate_count = list->count - 2;
	how->host_of = host_of;
	if (!rego_work(call, SIGNATURE_WORK *
	        (list->count < X509_CHECKS_MAX ? list->count : X509_CHECKS_MAX)) ||
	    !rego_charge(call, (size_t)VALUE_FACTOR * call->arg[0].count))
		return REGO_HALT;
	err = x509_verify(call->arena, &list->at[list->count - 1], how, &chain);
	if (err == ERR_MEMORY)
		return REGO_HALT;
	if (err != ERR_OK)
		return give_pair(call, false, value_empty_array(), ret);
	items = ARENA_ARRAY(call->arena, value_t, chain.count);
	if (items == NULL)
		return REGO_HALT;
	for (size_t i = 0; i < chain.count; i++)
		items[i] = x509_make_certificate(&m, chain.at[i], with_uri_strings);
	outcome = x509_give(call, &m, value_array_of(items, chain.count), ret);
	return outcome == REGO_DEFINED ? give_pair(call, true, *ret, ret) : outcome;
}

static enum rego_outcome
parse_and_verify(struct rego_call *call, value_t *ret)
{
	struct x509_certificates list = { .at = NULL };
	struct x509_verify how = { .now_ns = rego_now_ns(call) };
	enum rego_outcome outcome = read_all(call, value_str(call->arg[0]), &list);

	if (outcome == REGO_FAILED)
		return give_pair(call, false, value_empty_array(), ret);
	return outcome == REGO_DEFINED ? verify(call, &list, &how, true, ret) : outcome;
}

/* ---- options ---- */

static const char *const usage_names[X509_USAGE_END] = {
	[X509_USAGE_ANY] = "KeyUsageAny",
	[X509_USAGE_SERVER_AUTH] = "KeyUsageServerAuth",
	[X509_USAGE_CLIENT_AUTH] = "KeyUsageClientAuth",
	[X509_USAGE_CODE_SIGNING] = "KeyUsageCodeSigning",
	[X509_USAGE_EMAIL_PROTECTION] = "KeyUsageEmailProtection",
	[X509_USAGE_IPSEC_END_SYSTEM] = "KeyUsageIPSECEndSystem",
	[X509_USAGE_IPSEC_TUNNEL] = "KeyUsageIPSECTunnel",
	[X509_USAGE_IPSEC_USER] = "KeyUsageIPSECUser",
	[X509_USAGE_TIME_STAMPING] = "KeyUsageTimeStamping",
	[X509_USAGE_OCSP_SIGNING] = "KeyUsageOCSPSigning",
	[X509_USAGE_MICROSOFT_SERVER_GATED] = "KeyUsageMicrosoftServerGatedCrypto",
	[X509_USAGE_NETSCAPE_SERVER_GATED] = "KeyUsageNetscapeServerGatedCrypto",
	[X509_USAGE_MICROSOFT_COMMERCIAL_CODE] = "KeyUsageMicrosoftCommercialCodeSigning",
	[X509_USAGE_MICROSOFT_KERNEL_CODE] = "KeyUsageMicrosoftKernelCodeSigning",
};

static str_t
trim_quotes(str_t s)
{
	while (str_has_prefix(s, STR("\"")))
		s = str_skip(s, 1);
	while (str_has_suffix(s, STR("\"")))
		s.len--;
	return s;
}

static enum rego_outcome
read_usages(struct rego_call *call, value_t v, struct x509_verify *how)
{
	enum rego_outcome outcome = REGO_DEFINED;
	struct buf wrong;

	if (v.tag != VALUE_ARRAY && v.tag != VALUE_SET)
		return rego_fail(call, "'KeyUsages' should be an Array or Set");
	rego_text_init(call, &wrong);
	for (uint32_t i = 0; i < v.count; i++) {
		value_t item = rego_items(v)[i];
		int usage = 0;
		str_t name;

		if (!value_is_string(item))
			continue;
		name = trim_quotes(value_str(item));
		while (usage < X509_USAGE_END && !str_eq(name, str_of(usage_names[usage])))
			usage++;
		if (usage < X509_USAGE_END)
			how->usages |= 1u << usage;
		else
			buf_printf(&wrong, "%s%.*s", wrong.len > 0 ? " " : "", STR_FMT(name));
	}
	if (wrong.len > 0)
		outcome = rego_fail(call, "invalid entries for 'KeyUsages' found: [%.*s]",
		    STR_FMT(buf_str(&wrong)));
	buf_fini(&wrong);
	return outcome;
}

static enum rego_outcome
read_option(struct rego_call *call, str_t name, value_t v, struct x509_verify *how)
{
	if (str_eq(name, STR("DNSName"))) {
		if (!value_is_string(v))
			return rego_fail(call, "'DNSName' should be a string");
		how->host = trim_quotes(value_str(v));
		return REGO_DEFINED;
	}
	if (str_eq(name, STR("CurrentTime"))) {
		if (!value_is_number(v))
			return rego_fail(call, "'CurrentTime' should be a number");
		if (v.tag != VALUE_INT) /* spelled otherwise, or too large */
			return rego_fail(call, "'CurrentTime' should be a valid int64 number");
		how->now_ns = v.integer;
		return REGO_DEFINED;
	}
	if (str_eq(name, STR("MaxConstraintComparisons"))) {
		if (!value_is_number(v))
			return rego_fail(call, "'MaxConstraintComparisons' should be a number");
		if (v.tag != VALUE_INT)
			return rego_fail(call, "'MaxConstraintComparisons' should be a valid number");
		how->comparisons = v.integer;
		return REGO_DEFINED;
	}
	if (str_eq(name, STR("KeyUsages")))
		return read_usages(call, v, how);
	return rego_fail(call, "invalid key option");
}

static enum rego_outcome
parse_and_verify_with_options(struct rego_call *call, value_t *ret)
{
	struct x509_certificates list = { .at = NULL };
	struct x509_verify how = { .now_ns = rego_now_ns(call) };
	const value_t options = call->arg[1];
	enum rego_outcome outcome = read_all(call, value_str(call->arg[0]), &list);

	if (outcome == REGO_FAILED)
		return give_pair(call, false, value_empty_array(), ret);
	for (uint32_t i = 0; outcome == REGO_DEFINED && i < options.count; i++) {
		const struct value_entry entry = value_object_entry(options.object, i);

		if (value_is_string(entry.key))
			outcome = read_option(call, value_str(entry.key), entry.value, &how);
	}
	return outcome == REGO_DEFINED ? verify(call, &list, &how, false, ret) : outcome;
}

const struct rego_builtin rego_builtins_x509[] = {
	{ "crypto.x509.parse_certificates", "certs: string -> array[object[string: any]]",
	    parse_certificates,
	    "The certificates in PEM, or in base64 of PEM or DER, with all that they say." },
	{ "crypto.x509.parse_and_verify_certificates",
	    "certs: string -> array<boolean, array[object[string: any]]>", parse_and_verify,
	    "Whether a chain leads from the last certificate to the first, which is trusted; and it." },
	{ "crypto.x509.parse_and_verify_certificates_with_options",
	    "certs: string, options: object[string: any] -> array<boolean, array[object[string: any]]>",
	    parse_and_verify_with_options,
	    "The same, for a host, a time, usages or a limit of comparisons." },
	{ "crypto.x509.parse_certificate_request", "csr: string -> object[string: any]",
	    x509_parse_request, "A certificate request in PEM, or in base64 of PEM or DER." },
	{ "crypto.x509.parse_keypair", "cert: string, pem: string -> object[string: any]",
	    x509_parse_keypair, "A certificate with its private key, which must belong together." },
	{ "crypto.x509.parse_rsa_private_key", "pem: string -> object[string: any]",
	    x509_parse_rsa_private_key, "The first private key in PEM, or in base64 of it, as a JWK." },
	{ "crypto.parse_private_keys", "keys: string -> array[object[string: any]]",
	    x509_parse_private_keys, "The private keys in PEM, or in base64 of it." },
	{ 0 },
};
