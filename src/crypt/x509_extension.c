/* SPDX-License-Identifier: Apache-2.0 */
/* What the extensions of a certificate say (rfc5280 4.2). */
#include "crypt/x509_parts.h"
#include "value/value.h"

static const str_t oid_authority_access = STR("\x2b\x06\x01\x05\x05\x07\x01\x01"),
		   oid_ocsp = STR("\x2b\x06\x01\x05\x05\x07\x30\x01"),
		   oid_issuers = STR("\x2b\x06\x01\x05\x05\x07\x30\x02");

static const str_t usage_oids[X509_USAGE_END] = {
	[X509_USAGE_ANY] = STR("\x55\x1d\x25\x00"),
	[X509_USAGE_SERVER_AUTH] = STR("\x2b\x06\x01\x05\x05\x07\x03\x01"),
	[X509_USAGE_CLIENT_AUTH] = STR("\x2b\x06\x01\x05\x05\x07\x03\x02"),
	[X509_USAGE_CODE_SIGNING] = STR("\x2b\x06\x01\x05\x05\x07\x03\x03"),
	[X509_USAGE_EMAIL_PROTECTION] = STR("\x2b\x06\x01\x05\x05\x07\x03\x04"),
	[X509_USAGE_IPSEC_END_SYSTEM] = STR("\x2b\x06\x01\x05\x05\x07\x03\x05"),
	[X509_USAGE_IPSEC_TUNNEL] = STR("\x2b\x06\x01\x05\x05\x07\x03\x06"),
	[X509_USAGE_IPSEC_USER] = STR("\x2b\x06\x01\x05\x05\x07\x03\x07"),
	[X509_USAGE_TIME_STAMPING] = STR("\x2b\x06\x01\x05\x05\x07\x03\x08"),
	[X509_USAGE_OCSP_SIGNING] = STR("\x2b\x06\x01\x05\x05\x07\x03\x09"),
	[X509_USAGE_MICROSOFT_SERVER_GATED] = STR("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x03"),
	[X509_USAGE_NETSCAPE_SERVER_GATED] = STR("\x60\x86\x48\x01\x86\xf8\x42\x04\x01"),
	[X509_USAGE_MICROSOFT_COMMERCIAL_CODE] = STR("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x16"),
	[X509_USAGE_MICROSOFT_KERNEL_CODE] = STR("\x2b\x06\x01\x04\x01\x82\x37\x3d\x01\x01"),
};

bool
x509_see(struct x509_reader *r, struct x509_seen *seen, str_t oid, bool *ret_again)
{
	size_t at;

	if (2 * seen->count >= seen->size) {
		struct x509_seen bigger = { .size = seen->size > 0 ? 2 * seen->size : 32 };
		bool again;

		bigger.slots = ARENA_ARRAY(r->arena, str_t, bigger.size);
		if (bigger.slots == NULL)
			return false;
		for (size_t i = 0; i < seen->size; i++)
			if (seen->slots[i].data != NULL &&
			    !x509_see(r, &bigger, seen->slots[i], &again))
				return false;
		*seen = bigger;
	}
	at = value_hash_bytes(oid.data, oid.len) & (seen->size - 1);
	while (seen->slots[at].data != NULL && !str_eq(seen->slots[at], oid))
		at = (at + 1) & (seen->size - 1);
	*ret_again = seen->slots[at].data != NULL;
	seen->count += !*ret_again;
	seen->slots[at] = oid;
	return true;
}

bool
x509_read_extension(struct x509_reader *r, str_t body, struct x509_extension *ret)
{
	*ret = (struct x509_extension){ .critical = false };
	if (!der_read_oid(&body, &ret->oid))
		return x509_refuse(r, "x509: malformed extension OID field");
	if (der_is(body, DER_BOOLEAN) && !der_read_bool(&body, &ret->critical))
		return x509_refuse(r, "x509: malformed extension critical field");
	if (!der_read(&body, DER_OCTETS, &ret->value))
		return x509_refuse(r, "x509: malformed extension value field");
	return true;
}

static bool
read_key_usage(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	unsigned unused;
	str_t bits;

	if (!der_read_bits(&value, &bits, &unused))
		return x509_refuse(r, "x509: invalid key usage");
	for (unsigned i = 0; i < 9 && i / 8 < bits.len; i++)
		if ((unsigned char)bits.data[i / 8] & (0x80u >> (i % 8)))
			c->key_usage |= 1u << i;
	return true;
}

static bool
read_basic(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	str_t body;

	c->path_length = -1;
	if (!der_read(&value, DER_SEQUENCE, &body) ||
	    (der_is(body, DER_BOOLEAN) && !der_read_bool(&body, &c->is_ca)) ||
	    (der_is(body, DER_INTEGER) &&
	        (!der_read_int64(&body, &c->path_length) || c->path_length < 0)))
		return x509_refuse(r, "x509: invalid basic constraints");
	c->has_basic = true;
	return true;
}

static bool
read_point(struct x509_reader *r, str_t point, struct x509_certificate *c)
{
	str_t name, full, uri;

	if (!der_read_optional(&point, DER_CONTEXT_MADE | 0, &name))
		return x509_refuse(r, "x509: invalid CRL distribution point");
	if (name.data == NULL)
		return true;
	if (!der_read(&name, DER_CONTEXT_MADE | 0, &full))
		return x509_refuse(r, "x509: invalid CRL distribution point");
	while (der_is(full, DER_CONTEXT | 6)) {
		if (!der_read(&full, DER_CONTEXT | 6, &uri))
			return x509_refuse(r, "x509: invalid CRL distribution point");
		if (!x509_push(r, &c->crl_points, uri))
			return false;
	}
	return true;
}

static bool
read_crl_points(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	str_t body, point;

	if (!der_read(&value, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid CRL distribution points");
	while (body.len > 0) {
		if (!der_read(&body, DER_SEQUENCE, &point))
			return x509_refuse(r, "x509: invalid CRL distribution point");
		if (!read_point(r, point, c))
			return false;
	}
	return true;
}

static bool
read_authority_key(struct x509_reader *r, const struct x509_extension *e,
    struct x509_certificate *c)
{
	str_t value = e->value, body;

	if (e->critical)
		return x509_refuse(r, "x509: authority key identifier incorrectly marked critical");
	if (!der_read(&value, DER_SEQUENCE, &body) ||
	    !der_read_optional(&body, DER_CONTEXT | 0, &c->authority_key_id))
		return x509_refuse(r, "x509: invalid authority key identifier");
	return true;
}

static bool
read_subject_key(struct x509_reader *r, const struct x509_extension *e,
    struct x509_certificate *c)
{
	str_t value = e->value;

	if (e->critical)
		return x509_refuse(r, "x509: subject key identifier incorrectly marked critical");
	if (!der_read(&value, DER_OCTETS, &c->subject_key_id))
		return x509_refuse(r, "x509: invalid subject key identifier");
	return true;
}

static bool
read_skip_count(str_t *body, unsigned tag, bool *ret_has, int64_t *ret)
{
	str_t number;

	if (!der_is(*body, tag))
		return true;
	*ret_has = true;
	return der_read(body, tag, &number) && der_to_int64(number, ret);
}

static bool
read_policy_constraints(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	str_t body;

	if (!der_read(&value, DER_SEQUENCE, &body) ||
	    !read_skip_count(&body, DER_CONTEXT | 0, &c->has_require_explicit,
	        &c->require_explicit) ||
	    !read_skip_count(&body, DER_CONTEXT | 1, &c->has_inhibit_mapping, &c->inhibit_mapping))
		return x509_refuse(r, "x509: invalid policy constraints extension");
	return true;
}

static bool
read_usages(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	str_t body, oid;

	if (!der_read(&value, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid extended key usages");
	while (body.len > 0) {
		int usage = 0;

		if (!der_read_oid(&body, &oid))
			return x509_refuse(r, "x509: invalid extended key usages");
		while (usage < X509_USAGE_END && !str_eq(oid, usage_oids[usage]))
			usage++;
		if (usage < X509_USAGE_END ? !VEC_PUSH(r->arena, &c->usages, usage)
		                           : !x509_push(r, &c->unknown_usages, oid))
			return false;
	}
	return true;
}

static bool
read_policies(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	static const char complaint[] = "x509: invalid certificate policies";
	struct x509_seen seen = { 0 };
	str_t body, policy, oid;
	bool again;

	c->has_policies = true;
	if (!der_read(&value, DER_SEQUENCE, &body))
		return x509_refuse(r, complaint);
	while (body.len > 0) {
		if (!der_read(&body, DER_SEQUENCE, &policy) || !der_read(&policy, DER_OID, &oid) ||
		    !der_is_oid(oid))
			return x509_refuse(r, complaint);
		if (!x509_see(r, &seen, oid, &again))
			return false;
		if (again)
			return x509_refuse(r, complaint);
		if (!x509_push(r, &c->policies, oid))
			return false;
	}
	return true;
}

static bool
read_mappings(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	struct x509_mapping m;
	str_t body, pair;

	if (!der_read(&value, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid policy mappings extension");
	while (body.len > 0) {
		if (!der_read(&body, DER_SEQUENCE, &pair) || !der_read(&pair, DER_OID, &m.issuer) ||
		    !der_read(&pair, DER_OID, &m.subject) || !der_is_oid(m.issuer) ||
		    !der_is_oid(m.subject))
			return x509_refuse(r, "x509: invalid policy mappings extension");
		if (!VEC_PUSH(r->arena, &c->mappings, m))
			return false;
	}
	return true;
}

static bool
read_authority_access(struct x509_reader *r, const struct x509_extension *e,
    struct x509_certificate *c)
{
	str_t value = e->value, body, access, method, uri;

	if (e->critical)
		return x509_refuse(r, "x509: authority info access incorrectly marked critical");
	if (!der_read(&value, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid authority info access");
	while (body.len > 0) {
		if (!der_read(&body, DER_SEQUENCE, &access) || !der_read_oid(&access, &method))
			return x509_refuse(r, "x509: invalid authority info access");
		if (!der_is(access, DER_CONTEXT | 6))
			continue;
		if (!der_read(&access, DER_CONTEXT | 6, &uri))
			return x509_refuse(r, "x509: invalid authority info access");
		if ((str_eq(method, oid_ocsp) && !x509_push(r, &c->ocsp_servers, uri)) ||
		    (str_eq(method, oid_issuers) && !x509_push(r, &c->issuing_urls, uri)))
			return false;
	}
	return true;
}

static bool
read_inhibit_any(struct x509_reader *r, str_t value, struct x509_certificate *c)
{
	c->has_inhibit_any = true;
	return der_read_int64(&value, &c->inhibit_any) ||
	    x509_refuse(r, "x509: invalid inhibit any policy extension");
}

/* An extension below 2.5.29, by its last arc. */
static bool
process_known(struct x509_reader *r, const struct x509_extension *e, unsigned arc,
    struct x509_certificate *c, bool *ret_unhandled)
{
	switch (arc) {
	case 14:
		return read_subject_key(r, e, c);
	case 15:
		return read_key_usage(r, e->value, c);
	case 17:
		c->has_alternatives = true;
		if (!x509_read_names(r, e->value, &c->names))
			return false;
		*ret_unhandled = c->names.dns.count + c->names.emails.count + c->names.ips.count +
		        c->names.uris.count == 0;
		return true;
	case 19:
		return read_basic(r, e->value, c);
	case 30:
		return x509_read_constraints(r, e, c, ret_unhandled);
	case 31:
		return read_crl_points(r, e->value, c);
	case 32:
		return read_policies(r, e->value, c);
	case 33:
		return read_mappings(r, e->value, c);
	case 35:
		return read_authority_key(r, e, c);
	case 36:
		return read_policy_constraints(r, e->value, c);
	case 37:
		return read_usages(r, e->value, c);
	case 54:
		return read_inhibit_any(r, e->value, c);
	default:
		*ret_unhandled = true;
		return true;
	}
}

bool
x509_process_extensions(struct x509_reader *r, struct x509_certificate *c)
{
	for (size_t i = 0; i < c->extensions.count; i++) {
		const struct x509_extension *e = &c->extensions.at[i];
		bool unhandled = false, done;

		if (e->oid.len == 3 && str_has_prefix(e->oid, STR("\x55\x1d"))) {
			done = process_known(r, e, (unsigned char)e->oid.data[2], c, &unhandled);
		} else if (str_eq(e->oid, oid_authority_access)) {
			done = read_authority_access(r, e, c);
		} else {
			unhandled = done = true;
		}
		if (!done || (e->critical && unhandled && !x509_push(r, &c->unhandled, e->oid)))
			return false;
	}
	return true;
}
