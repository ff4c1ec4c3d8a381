/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/x509_parts.h"

static const str_t oid_extension_request = STR("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");

/* ---- certificates ---- */

static bool
read_version(struct x509_reader *r, str_t *tbs, struct x509_certificate *c)
{
	int64_t version = 0;
	str_t number;

	if (!der_read_optional(tbs, DER_CONTEXT_MADE | 0, &number) ||
	    (number.data != NULL && (!der_read_int64(&number, &version) || number.len > 0)) ||
	    version < 0 || version > 3)
		return x509_refuse(r, "x509: malformed version");
	if (version > 2)
		return x509_refuse(r, "x509: invalid version");
	c->version = (int)version + 1;
	return true;
}

/* The identifier inside what is signed must be the one outside. */
static bool
read_algorithm(struct x509_reader *r, str_t *tbs, str_t *outside, struct x509_certificate *c)
{
	str_t inner, outer;

	if (!der_read(tbs, DER_SEQUENCE, &inner))
		return x509_refuse(r, "x509: malformed signature algorithm identifier");
	if (!der_read(outside, DER_SEQUENCE, &outer))
		return x509_refuse(r, "x509: malformed algorithm identifier");
	if (!str_eq(inner, outer))
		return x509_refuse(r, "x509: inner and outer signature algorithm identifiers "
		    "don't match");
	if (!x509_is_identifier(inner))
		return x509_refuse_identifier(r, inner);
	c->algorithm = x509_signature_of(inner);
	return true;
}

static bool
read_validity(struct x509_reader *r, str_t *tbs, struct x509_certificate *c)
{
	struct der_time *const times[] = { &c->not_before, &c->not_after };
	str_t body;

	if (!der_read(tbs, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: malformed validity");
	for (size_t i = 0; i < COUNT(times); i++) {
		bool is_utc = der_is(body, DER_UTC_TIME);

		if (!is_utc && !der_is(body, DER_GENERAL_TIME))
			return x509_refuse(r, "x509: unsupported time format");
		if (!der_read_time(&body, times[i]))
			return x509_refuse(r, "x509: malformed %s", is_utc ? "UTCTime" : "GeneralizedTime");
	}
	return true;
}

static bool
read_extensions(struct x509_reader *r, str_t list, struct x509_extensions *ret)
{
	struct x509_seen seen = { 0 };
	struct x509_extension e;
	bool again;
	str_t body, text;

	while (list.len > 0) {
		if (!der_read(&list, DER_SEQUENCE, &body))
			return x509_refuse(r, "x509: malformed extension");
		if (!x509_read_extension(r, body, &e) || !x509_see(r, &seen, e.oid, &again))
			return false;
		if (again) {
			text = x509_oid_text(r, e.oid);
			return x509_refuse(r, "x509: certificate contains duplicate extension with OID "
			    "\"%.*s\"", STR_FMT(text));
		}
		if (!VEC_PUSH(r->arena, ret, e))
			return false;
	}
	return true;
}

/* What stands behind the key, which depends on the version. */
static bool
read_tail(struct x509_reader *r, str_t tbs, struct x509_certificate *c)
{
	str_t skipped, wrapped, list;

	if (c->version == 1)
		return true;
	if (!der_read_optional(&tbs, DER_CONTEXT | 1, &skipped))
		return x509_refuse(r, "x509: malformed issuerUniqueID");
	if (!der_read_optional(&tbs, DER_CONTEXT | 2, &skipped))
		return x509_refuse(r, "x509: malformed subjectUniqueID");
	if (c->version == 2)
		return true;
	if (!der_read_optional(&tbs, DER_CONTEXT_MADE | 3, &wrapped))
		return x509_refuse(r, "x509: malformed extensions");
	if (wrapped.data == NULL)
		return true;
	if (!der_read(&wrapped, DER_SEQUENCE, &list))
		return x509_refuse(r, "x509: malformed extensions");
	return read_extensions(r, list, &c->extensions) && x509_process_extensions(r, c);
}

static bool
read_tbs(struct x509_reader *r, str_t tbs, str_t *outside, struct x509_certificate *c)
{
	str_t serial, info;

	if (!read_version(r, &tbs, c))
		return false;
	if (!der_read_integer(&tbs, &serial))
		return x509_refuse(r, "x509: malformed serial number");
	if (!der_to_natural(serial, &c->serial))
		return x509_refuse(r, "x509: negative serial number");
	if (!read_algorithm(r, &tbs, outside, c))
		return false;
	if (!der_read_element(&tbs, DER_SEQUENCE, &c->raw_issuer))
		return x509_refuse(r, "x509: malformed issuer");
	if (!x509_read_name(r, c->raw_issuer, false, &c->issuer) || !read_validity(r, &tbs, c))
		return false;
	if (!der_read_element(&tbs, DER_SEQUENCE, &c->raw_subject))
		return x509_refuse(r, "x509: malformed issuer");
	if (!x509_read_name(r, c->raw_subject, false, &c->subject))
		return false;
	if (!der_read_element(&tbs, DER_SEQUENCE, &info))
		return x509_refuse(r, "x509: malformed spki");
	return x509_read_key(r, info, &c->key) && read_tail(r, tbs, c);
}

static bool
read_certificate(struct x509_reader *r, str_t der, struct x509_certificate *c)
{
	str_t body, tbs, whole;

	if (!der_read_element(&der, DER_SEQUENCE, &c->whole))
		return x509_refuse(r, "x509: malformed certificate");
	whole = c->whole;
	if (!der_read(&whole, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: malformed certificate");
	if (!der_read_element(&body, DER_SEQUENCE, &c->tbs))
		return x509_refuse(r, "x509: malformed tbs certificate");
	whole = c->tbs;
	if (!der_read(&whole, DER_SEQUENCE, &tbs))
		return x509_refuse(r, "x509: malformed tbs certificate");
	if (!read_tbs(r, tbs, &body, c))
		return false;
	return x509_signature_right(&body, r->arena, &c->signature) ||
	    x509_refuse(r, "x509: malformed signature");
}

err_t
x509_read(struct arena *arena, str_t der, struct x509_certificate *ret, str_t *ret_why)
{
	struct x509_reader r = { .arena = arena };
	struct x509_certificate c = { .version = 0 };
	bool done = read_certificate(&r, der, &c);

	if (done)
		*ret = c;
	return x509_outcome(&r, done, ret_why);
}

/* ---- requests: in Go's words, whose reader of these is another one ---- */

static bool
refuse_cut(struct x509_reader *r)
{
	return x509_refuse(r, "asn1: syntax error: data truncated");
}

/* Says which other thing stands where a SEQUENCE was wanted. */
static bool
refuse_tag(struct x509_reader *r, str_t der)
{
	unsigned tag, length;

	if (der.len == 0)
		return x509_refuse(r, "asn1: syntax error: sequence truncated");
	tag = (unsigned char)der.data[0];
	length = der.len > 1 ? (unsigned char)der.data[1] : 0;
	if (tag == DER_SEQUENCE || (tag & 0x1f) == 0x1f || length >= 0x80)
		return refuse_cut(r);
	return x509_refuse(r, "asn1: structure error: tags don't match (16 vs {class:%u tag:%u "
	    "length:%u isCompound:%s}) {optional:false explicit:false application:false "
	    "private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false "
	    "omitEmpty:false} certificateRequest @2", tag >> 6, tag & 0x1f, length,
	    tag & 0x20 ? "true" : "false");
}

/* The extensions that an attribute asks for (rfc2985 5.4.2); other attributes say nothing here. */
static bool
read_requested(struct x509_reader *r, str_t attribute, struct x509_seen *seen,
    struct x509_request *q)
{
	struct x509_extension e;
	str_t body, oid, values, list, one;
	bool again;

	if (!der_read(&attribute, DER_SEQUENCE, &body) || !der_read_oid(&body, &oid) ||
	    !str_eq(oid, oid_extension_request) || !der_read(&body, DER_SET, &values) ||
	    values.len == 0)
		return true;
	if (!der_read(&values, DER_SEQUENCE, &list))
		return x509_refuse(r, "asn1: structure error: tags don't match");
	while (list.len > 0) {
		if (!der_read(&list, DER_SEQUENCE, &one) || !x509_read_extension(r, one, &e)) {
			r->why = STR("asn1: structure error: tags don't match");
			return false;
		}
		if (!x509_see(r, seen, e.oid, &again))
			return false;
		if (again)
			return x509_refuse(r, "x509: certificate request contains duplicate requested "
			    "extensions");
		if (!VEC_PUSH(r->arena, &q->extensions, e))
			return false;
	}
	return true;
}

static bool
read_request_attributes(struct x509_reader *r, str_t list, struct x509_request *q)
{
	static const str_t alternatives = STR("\x55\x1d\x11");
	struct x509_seen seen = { 0 };
	str_t body, whole;
	uint8_t tag;

	while (list.len > 0) {
		if (!der_read_any(&list, &tag, &body, &whole))
			return refuse_cut(r);
		if (!x509_push(r, &q->attributes, whole) || !read_requested(r, whole, &seen, q))
			return false;
	}
	for (size_t i = 0; i < q->extensions.count; i++)
		if (str_eq(q->extensions.at[i].oid, alternatives) &&
		    !x509_read_names(r, q->extensions.at[i].value, &q->names))
			return false;
	return true;
}

static bool
read_request(struct x509_reader *r, str_t der, struct x509_request *q)
{
	str_t rest = der, whole, body, tbs, identifier, info, attributes;

	if (!der_read_element(&rest, DER_SEQUENCE, &q->whole))
		return refuse_tag(r, der);
	whole = q->whole;
	if (!der_read(&whole, DER_SEQUENCE, &body) ||
	    !der_read_element(&body, DER_SEQUENCE, &q->tbs) ||
	    !der_read(&body, DER_SEQUENCE, &identifier) ||
	    !x509_signature_right(&body, r->arena, &q->signature))
		return x509_refuse(r, "asn1: structure error: tags don't match");
	if (rest.len > 0)
		return x509_refuse(r, "asn1: syntax error: trailing data");
	whole = q->tbs;
	if (!der_read(&whole, DER_SEQUENCE, &tbs) || !der_read_int64(&tbs, &q->version) ||
	    !der_read_element(&tbs, DER_SEQUENCE, &q->raw_subject) ||
	    !der_read_element(&tbs, DER_SEQUENCE, &info) ||
	    !der_read(&tbs, DER_CONTEXT_MADE | 0, &attributes))
		return x509_refuse(r, "asn1: structure error: tags don't match");
	q->algorithm = x509_signature_of(identifier);
	return x509_read_key(r, info, &q->key) &&
	    x509_read_name(r, q->raw_subject, true, &q->subject) &&
	    read_request_attributes(r, attributes, q);
}

err_t
x509_read_request(struct arena *arena, str_t der, struct x509_request *ret, str_t *ret_why)
{
	struct x509_reader r = { .arena = arena };
	struct x509_request q = { .version = 0 };
	bool done = read_request(&r, der, &q);

	if (done)
		*ret = q;
	return x509_outcome(&r, done, ret_why);
}
