/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and what they are made of, as values. */
#include <stdio.h>

#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "rego/builtin/net_address.h"
#include "rego/builtin/time_civil.h"
#include "rego/builtin/uri_read.h"
#include "rego/builtin/util.h"
#include "rego/builtin/x509_internal.h"
#include "value/number.h"

enum { V4_SIZE = 4, SECONDS_PER_MINUTE = 60 };

static value_t
note(struct x509_maker *m, value_t v)
{
	m->failed = m->failed || !value_is_defined(v);
	return value_is_defined(v) ? v : value_null();
}

void
x509_put(struct x509_maker *m, struct object_builder *o, const char *name, value_t v)
{
	if (!object_builder_add_text(o, name, note(m, v)))
		m->failed = true;
}

value_t
x509_finish_object(struct x509_maker *m, struct object_builder *o)
{
	return note(m, m->failed ? VALUE_NONE : object_builder_freeze(o, OBJECT_LAST_WINS, NULL));
}

enum rego_outcome
x509_give(struct rego_call *call, struct x509_maker *m, value_t made, value_t *ret)
{
	if (m->failed && !arena_failed(call->arena))
		return rego_fail(call, "a number in it has too many digits");
	return rego_give(m->failed ? VALUE_NONE : made, ret);
}

/* ---- small things ---- */

value_t
x509_make_bytes(struct x509_maker *m, str_t bytes)
{
	struct buf text;
	value_t v;

	if (bytes.data == NULL)
		return value_null();
	buf_init(&text, bytes.len / 3 * 4 + 4);
	base64_write(&text, bytes);
	v = value_string(m->arena, buf_str(&text));
	buf_fini(&text);
	return note(m, v);
}

/* Bytes that are not UTF-8 become U+FFFD, as when Go writes JSON. */
value_t
x509_make_text(struct x509_maker *m, str_t s)
{
	struct buf text;
	value_t v;

	if (s.len == 0 || utf8_is_valid(s))
		return note(m, value_string(m->arena, s));
	buf_init(&text, 3 * s.len);
	for (size_t width; s.len > 0; s = str_skip(s, width))
		utf8_add(&text, utf8_decode(s, &width));
	v = value_string(m->arena, buf_str(&text));
	buf_fini(&text);
	return note(m, v);
}

value_t
x509_make_number(struct x509_maker *m, str_t natural)
{
	struct buf digits;
	value_t v;

	if (natural.len == 0)
		return value_int(0);
	buf_init(&digits, 2 * natural.len);
	hex_write(&digits, natural);
	v = number_parse_base(m->arena, buf_str(&digits), 16);
	buf_fini(&digits);
	return note(m, v);
}

value_t
x509_make_oid(struct x509_maker *m, str_t oid)
{
	struct der_arcs arcs = der_arcs_of(oid);
	VEC(value_t) items = { 0 };
	uint32_t arc;

	while (der_next_arc(&arcs, &arc))
		if (!VEC_PUSH(m->arena, &items, value_int(arc)))
			return note(m, VALUE_NONE);
	return value_array_of(items.at, items.count);
}

static value_t
make_oid_text(struct x509_maker *m, str_t oid)
{
	struct buf text;
	value_t v;

	buf_init(&text, 4 * oid.len + 8);
	der_print_oid(&text, oid);
	v = value_string(m->arena, buf_str(&text));
	buf_fini(&text);
	return note(m, v);
}

value_t
x509_make_time(struct x509_maker *m, const struct der_time *t)
{
	struct time_civil c = time_civil_of(t->seconds + (int64_t)t->zone * SECONDS_PER_MINUTE);
	int away = t->zone < 0 ? -t->zone : t->zone;
	char zone[16] = "Z";

	if (t->zone != 0)
		(void)snprintf(zone, sizeof(zone), "%c%02d:%02d", t->zone < 0 ? '-' : '+', away / 60,
		    away % 60);
	return note(m, value_string(m->arena, arena_printf(m->arena, "%04d-%02d-%02dT%02d:%02d:%02d%s",
	                                          (int)c.year, c.month, c.day, c.hour, c.minute,
	                                          c.second, zone)));
}

value_t
x509_make_texts(struct x509_maker *m, const struct x509_texts *list,
    value_t (*make)(struct x509_maker *, str_t))
{
	value_t *items = ARENA_ARRAY(m->arena, value_t, list->count);

	if (list->count == 0)
		return value_null();
	if (items == NULL)
		return note(m, VALUE_NONE);
	for (size_t i = 0; i < list->count; i++)
		items[i] = make(m, list->at[i]);
	return value_array_of(items, list->count);
}

/* ---- addresses and URIs ---- */

static value_t
make_ip(struct x509_maker *m, str_t bytes)
{
	net_number_t n = bytes.len == V4_SIZE ? 0xffff : 0;
	struct buf text;
	value_t v;

	for (size_t i = 0; i < bytes.len; i++)
		n = n << 8 | (unsigned char)bytes.data[i];
	buf_init(&text, 64);
	net_address_print(&text, n);
	v = value_string(m->arena, buf_str(&text));
	buf_fini(&text);
	return note(m, v);
}

value_t
x509_make_ips(struct x509_maker *m, const struct x509_texts *list)
{
	return x509_make_texts(m, list, make_ip);
}

static value_t
make_range(struct x509_maker *m, str_t range)
{
	struct object_builder o;

	object_builder_init(&o, m->arena, 2);
	x509_put(m, &o, "IP", make_ip(m, str_sub(range, 0, range.len / 2)));
	x509_put(m, &o, "Mask", x509_make_bytes(m, str_skip(range, range.len / 2)));
	return x509_finish_object(m, &o);
}

static value_t
make_uri(struct x509_maker *m, str_t text)
{
	struct object_builder o;
	struct uri_fault unused;
	struct uri u;

	if (!uri_read(m->arena, text, &u, &unused)) /* only for want of memory: it was checked */
		return note(m, VALUE_NONE);
	object_builder_init(&o, m->arena, 11);
	x509_put(m, &o, "Scheme", x509_make_text(m, u.scheme));
	x509_put(m, &o, "Opaque", x509_make_text(m, u.opaque));
	x509_put(m, &o, "User", u.has_user ? value_empty_object() : value_null());
	x509_put(m, &o, "Host", x509_make_text(m, u.authority));
	x509_put(m, &o, "Path", x509_make_text(m, u.path));
	x509_put(m, &o, "RawPath", x509_make_text(m, u.raw_path));
	x509_put(m, &o, "OmitHost", value_bool(u.omits_host));
	x509_put(m, &o, "ForceQuery", value_bool(u.empty_query));
	x509_put(m, &o, "RawQuery", x509_make_text(m, u.query));
	x509_put(m, &o, "Fragment", x509_make_text(m, u.fragment));
	x509_put(m, &o, "RawFragment", x509_make_text(m, u.raw_fragment));
	return x509_finish_object(m, &o);
}

value_t
x509_make_uris(struct x509_maker *m, const struct x509_texts *list)
{
	return x509_make_texts(m, list, make_uri);
}

static value_t
make_uri_text(struct x509_maker *m, str_t text)
{
	struct uri_fault unused;
	struct uri u;

	if (!uri_read(m->arena, text, &u, &unused))
		return note(m, VALUE_NONE);
	return x509_make_text(m, uri_text(m->arena, &u));
}

/* ---- names ---- */

/* The value of an attribute that is no string: only requests have such. */
static value_t
make_other(struct x509_maker *m, const struct x509_attribute *a)
{
	int64_t integer;

	switch (a->tag) {
	case DER_BOOLEAN:
		return value_bool(a->value.len > 0 && a->value.data[0] != 0);
	case DER_INTEGER:
		return der_to_int64(a->value, &integer) ? value_int(integer) : value_null();
	case DER_OCTETS:
		return x509_make_bytes(m, a->value);
	case DER_OID:
		return x509_make_oid(m, a->value);
	default:
		return value_null();
	}
}

static value_t
make_attributes(struct x509_maker *m, const struct x509_name *name)
{
	value_t *items = ARENA_ARRAY(m->arena, value_t, name->count);

	if (name->count == 0)
		return value_null();
	if (items == NULL)
		return note(m, VALUE_NONE);
	for (size_t i = 0; i < name->count; i++) {
		const struct x509_attribute *a = &name->at[i];
		struct object_builder o;

		object_builder_init(&o, m->arena, 2);
		x509_put(m, &o, "Type", x509_make_oid(m, a->oid));
		x509_put(m, &o, "Value", x509_is_text(a) ? x509_make_text(m, a->value) : make_other(m, a));
		items[i] = x509_finish_object(m, &o);
	}
	return value_array_of(items, name->count);
}

value_t
x509_make_name(struct x509_maker *m, const struct x509_name *name)
{
	static const struct {
		const char *member;
		unsigned arc;
		bool is_list;
	} known[] = { { "CommonName", 3, false }, { "SerialNumber", 5, false },
		{ "Country", 6, true }, { "Locality", 7, true }, { "Province", 8, true },
		{ "StreetAddress", 9, true }, { "Organization", 10, true },
		{ "OrganizationalUnit", 11, true }, { "PostalCode", 17, true } };
	struct object_builder o;

	object_builder_init(&o, m->arena, COUNT(known) + 2);
	for (size_t k = 0; k < COUNT(known); k++) {
		struct x509_texts found = { 0 };
		value_t last = x509_make_text(m, STR(""));

		for (size_t i = 0; i < name->count; i++) {
			const struct x509_attribute *a = &name->at[i];

			if (!x509_is_text(a) || !x509_attribute_is(a, known[k].arc))
				continue;
			if (!known[k].is_list)
				last = x509_make_text(m, a->value);
			else if (!VEC_PUSH(m->arena, &found, a->value))
				return note(m, VALUE_NONE);
		}
		x509_put(m, &o, known[k].member,
		    known[k].is_list ? x509_make_texts(m, &found, x509_make_text) : last);
	}
	x509_put(m, &o, "Names", make_attributes(m, name));
	x509_put(m, &o, "ExtraNames", value_null());
	return x509_finish_object(m, &o);
}

/* ---- keys and extensions ---- */

value_t
x509_make_key(struct x509_maker *m, const struct x509_key *key)
{
	struct object_builder o;

	if (key->kind == X509_KEY_UNKNOWN)
		return value_null();
	if (key->kind == X509_ED25519)
		return x509_make_bytes(m, key->bytes);
	object_builder_init(&o, m->arena, 4);
	if (key->kind == X509_RSA) {
		x509_put(m, &o, "N", x509_make_number(m, key->n));
		x509_put(m, &o, "E", value_int(key->e));
	} else if (key->kind == X509_DSA) {
		x509_put(m, &o, "P", x509_make_number(m, key->p));
		x509_put(m, &o, "Q", x509_make_number(m, key->q));
		x509_put(m, &o, "G", x509_make_number(m, key->g));
		x509_put(m, &o, "Y", x509_make_number(m, key->y));
	} else {
		x509_put(m, &o, "Curve", value_empty_object()); /* its parameters are private in Go */
		x509_put(m, &o, "X", x509_make_number(m, key->x));
		x509_put(m, &o, "Y", x509_make_number(m, key->y));
	}
	return x509_finish_object(m, &o);
}

value_t
x509_make_extensions(struct x509_maker *m, const struct x509_extensions *list)
{
	value_t *items = ARENA_ARRAY(m->arena, value_t, list->count);

	if (list->count == 0)
		return value_null();
	if (items == NULL)
		return note(m, VALUE_NONE);
	for (size_t i = 0; i < list->count; i++) {
		struct object_builder o;

		object_builder_init(&o, m->arena, 3);
		x509_put(m, &o, "Id", x509_make_oid(m, list->at[i].oid));
		x509_put(m, &o, "Critical", value_bool(list->at[i].critical));
		x509_put(m, &o, "Value", x509_make_bytes(m, list->at[i].value));
		items[i] = x509_finish_object(m, &o);
	}
	return value_array_of(items, list->count);
}

/* ---- certificates ---- */

static value_t
make_usages(struct x509_maker *m, const struct x509_numbers *list)
{
	value_t *items = ARENA_ARRAY(m->arena, value_t, list->count);

	if (list->count == 0)
		return value_null();
	if (items == NULL)
		return note(m, VALUE_NONE);
	for (size_t i = 0; i < list->count; i++)
		items[i] = value_int(list->at[i]);
	return value_array_of(items, list->count);
}

static value_t
make_mappings(struct x509_maker *m, const struct x509_mappings *list)
{
	value_t *items = ARENA_ARRAY(m->arena, value_t, list->count);

	if (list->count == 0)
		return value_null();
	if (items == NULL)
		return note(m, VALUE_NONE);
	for (size_t i = 0; i < list->count; i++) {
		struct object_builder o;

		object_builder_init(&o, m->arena, 2);
		x509_put(m, &o, "IssuerDomainPolicy", make_oid_text(m, list->at[i].issuer));
		x509_put(m, &o, "SubjectDomainPolicy", make_oid_text(m, list->at[i].subject));
		items[i] = x509_finish_object(m, &o);
	}
	return value_array_of(items, list->count);
}

/* Policies whose arcs fit Go's older form; an empty list when the extension is there. */
static value_t
make_policy_identifiers(struct x509_maker *m, const struct x509_certificate *c)
{
	struct x509_texts fit = { 0 };

	for (size_t i = 0; i < c->policies.count; i++)
		if (der_has_small_arcs(c->policies.at[i]) &&
		    !VEC_PUSH(m->arena, &fit, c->policies.at[i]))
			return note(m, VALUE_NONE);
	return fit.count == 0 && c->has_policies ? value_empty_array()
	                                         : x509_make_texts(m, &fit, x509_make_oid);
}

static void
put_subtrees(struct x509_maker *m, struct object_builder *o, bool permitted,
    const struct x509_subtrees *s)
{
	x509_put(m, o, permitted ? "PermittedDNSDomains" : "ExcludedDNSDomains",
	    x509_make_texts(m, &s->dns, x509_make_text));
	x509_put(m, o, permitted ? "PermittedIPRanges" : "ExcludedIPRanges",
	    x509_make_texts(m, &s->ips, make_range));
	x509_put(m, o, permitted ? "PermittedEmailAddresses" : "ExcludedEmailAddresses",
	    x509_make_texts(m, &s->emails, x509_make_text));
	x509_put(m, o, permitted ? "PermittedURIDomains" : "ExcludedURIDomains",
	    x509_make_texts(m, &s->uris, x509_make_text));
}

static void
put_policies(struct x509_maker *m, struct object_builder *o, const struct x509_certificate *c)
{
	x509_put(m, o, "PolicyIdentifiers", make_policy_identifiers(m, c));
	x509_put(m, o, "Policies", x509_make_texts(m, &c->policies, make_oid_text));
	x509_put(m, o, "InhibitAnyPolicy", value_int(c->inhibit_any));
	x509_put(m, o, "InhibitAnyPolicyZero", value_bool(c->has_inhibit_any && c->inhibit_any == 0));
	x509_put(m, o, "InhibitPolicyMapping", value_int(c->inhibit_mapping));
	x509_put(m, o, "InhibitPolicyMappingZero",
	    value_bool(c->has_inhibit_mapping && c->inhibit_mapping == 0));
	x509_put(m, o, "RequireExplicitPolicy", value_int(c->require_explicit));
	x509_put(m, o, "RequireExplicitPolicyZero",
	    value_bool(c->has_require_explicit && c->require_explicit == 0));
	x509_put(m, o, "PolicyMappings", make_mappings(m, &c->mappings));
}

static void
put_extensions(struct x509_maker *m, struct object_builder *o, const struct x509_certificate *c)
{
	x509_put(m, o, "KeyUsage", value_int(c->key_usage));
	x509_put(m, o, "Extensions", x509_make_extensions(m, &c->extensions));
	x509_put(m, o, "ExtraExtensions", value_null());
	x509_put(m, o, "UnhandledCriticalExtensions",
	    x509_make_texts(m, &c->unhandled, x509_make_oid));
	x509_put(m, o, "ExtKeyUsage", make_usages(m, &c->usages));
	x509_put(m, o, "UnknownExtKeyUsage", x509_make_texts(m, &c->unknown_usages, x509_make_oid));
	x509_put(m, o, "BasicConstraintsValid", value_bool(c->has_basic));
	x509_put(m, o, "IsCA", value_bool(c->is_ca));
	x509_put(m, o, "MaxPathLen", value_int(c->path_length));
	x509_put(m, o, "MaxPathLenZero", value_bool(c->has_basic && c->path_length == 0));
	x509_put(m, o, "SubjectKeyId", x509_make_bytes(m, c->subject_key_id));
	x509_put(m, o, "AuthorityKeyId", x509_make_bytes(m, c->authority_key_id));
	x509_put(m, o, "OCSPServer", x509_make_texts(m, &c->ocsp_servers, x509_make_text));
	x509_put(m, o, "IssuingCertificateURL", x509_make_texts(m, &c->issuing_urls, x509_make_text));
	x509_put(m, o, "DNSNames", x509_make_texts(m, &c->names.dns, x509_make_text));
	x509_put(m, o, "EmailAddresses", x509_make_texts(m, &c->names.emails, x509_make_text));
	x509_put(m, o, "IPAddresses", x509_make_ips(m, &c->names.ips));
	x509_put(m, o, "URIs", x509_make_uris(m, &c->names.uris));
	x509_put(m, o, "PermittedDNSDomainsCritical", value_bool(c->constraints_critical));
	put_subtrees(m, o, true, &c->permitted);
	put_subtrees(m, o, false, &c->excluded);
	x509_put(m, o, "CRLDistributionPoints", x509_make_texts(m, &c->crl_points, x509_make_text));
	put_policies(m, o, c);
}

value_t
x509_make_certificate(struct x509_maker *m, const struct x509_certificate *c,
    bool with_uri_strings)
{
	struct object_builder o;

	object_builder_init(&o, m->arena, 64);
	x509_put(m, &o, "Raw", x509_make_bytes(m, c->whole));
	x509_put(m, &o, "RawTBSCertificate", x509_make_bytes(m, c->tbs));
	x509_put(m, &o, "RawSubjectPublicKeyInfo", x509_make_bytes(m, c->key.info));
	x509_put(m, &o, "RawSubject", x509_make_bytes(m, c->raw_subject));
	x509_put(m, &o, "RawIssuer", x509_make_bytes(m, c->raw_issuer));
	x509_put(m, &o, "Signature", x509_make_bytes(m, c->signature));
	x509_put(m, &o, "SignatureAlgorithm", value_int(c->algorithm));
	x509_put(m, &o, "PublicKeyAlgorithm", value_int(c->key.kind));
	x509_put(m, &o, "PublicKey", x509_make_key(m, &c->key));
	x509_put(m, &o, "Version", value_int(c->version));
	x509_put(m, &o, "SerialNumber", x509_make_number(m, c->serial));
	x509_put(m, &o, "Issuer", x509_make_name(m, &c->issuer));
	x509_put(m, &o, "Subject", x509_make_name(m, &c->subject));
	x509_put(m, &o, "NotBefore", x509_make_time(m, &c->not_before));
	x509_put(m, &o, "NotAfter", x509_make_time(m, &c->not_after));
	put_extensions(m, &o, c);
	if (with_uri_strings)
		x509_put(m, &o, "URIStrings", x509_make_texts(m, &c->names.uris, make_uri_text));
	return x509_finish_object(m, &o);
}
