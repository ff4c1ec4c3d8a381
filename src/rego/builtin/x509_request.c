/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests. */
#include "codec/pem.h"
#include "rego/builtin/util.h"
#include "rego/builtin/x509_internal.h"

/* Type and value; Go's reader lets more stand behind them. */
static bool
make_pair(struct x509_maker *m, str_t body, value_t *ret)
{
	struct x509_name one = { 0 };
	struct x509_attribute a;
	str_t whole;
	value_t made;

	if (!der_read_oid(&body, &a.oid) || !der_read_any(&body, &a.tag, &a.value, &whole) ||
	    !VEC_PUSH(m->arena, &one, a))
		return false;
	made = value_object_get_text(x509_make_name(m, &one), "Names");
	if (made.tag != VALUE_ARRAY || made.count != 1)
		return false;
	*ret = made.items[0];
	return true;
}

VEC_TYPE(values, value_t);

/* A SEQUENCE OF such pairs. */
static bool
make_pairs(struct x509_maker *m, str_t list, value_t *ret)
{
	struct values items = { 0 };
	str_t body;
	value_t pair;

	while (list.len > 0)
		if (!der_read(&list, DER_SEQUENCE, &body) || !make_pair(m, body, &pair) ||
		    !VEC_PUSH(m->arena, &items, pair))
			return false;
	*ret = value_array_of(items.at, items.count);
	return true;
}

/* A type and a SET OF lists; false: an attribute of another kind, which is left out. */
static bool
make_attribute(struct x509_maker *m, str_t whole, value_t *ret)
{
	struct values lists = { 0 };
	str_t body, oid, set, list;
	struct object_builder o;
	value_t made;

	if (!der_read(&whole, DER_SEQUENCE, &body) || whole.len > 0 || !der_read_oid(&body, &oid) ||
	    !der_read(&body, DER_SET, &set))
		return false;
	while (set.len > 0)
		if (!der_read(&set, DER_SEQUENCE, &list) || !make_pairs(m, list, &made) ||
		    !VEC_PUSH(m->arena, &lists, made))
			return false;
	object_builder_init(&o, m->arena, 2);
	x509_put(m, &o, "Type", x509_make_oid(m, oid));
	x509_put(m, &o, "Value", value_array_of(lists.at, lists.count));
	*ret = x509_finish_object(m, &o);
	return true;
}

static value_t
make_attributes(struct x509_maker *m, const struct x509_texts *list)
{
	struct values items = { 0 };
	value_t made;

	for (size_t i = 0; i < list->count; i++)
		if (make_attribute(m, list->at[i], &made) && !VEC_PUSH(m->arena, &items, made))
			return VALUE_NONE;
	return items.count > 0 ? value_array_of(items.at, items.count) : value_null();
}

value_t
x509_make_request(struct x509_maker *m, const struct x509_request *q)
{
	struct object_builder o;

	object_builder_init(&o, m->arena, 24);
	x509_put(m, &o, "Raw", x509_make_bytes(m, q->whole));
	x509_put(m, &o, "RawTBSCertificateRequest", x509_make_bytes(m, q->tbs));
	x509_put(m, &o, "RawSubjectPublicKeyInfo", x509_make_bytes(m, q->key.info));
	x509_put(m, &o, "RawSubject", x509_make_bytes(m, q->raw_subject));
	x509_put(m, &o, "Version", value_int(q->version));
	x509_put(m, &o, "Signature", x509_make_bytes(m, q->signature));
	x509_put(m, &o, "SignatureAlgorithm", value_int(q->algorithm));
	x509_put(m, &o, "PublicKeyAlgorithm", value_int(q->key.kind));
	x509_put(m, &o, "PublicKey", x509_make_key(m, &q->key));
	x509_put(m, &o, "Subject", x509_make_name(m, &q->subject));
	x509_put(m, &o, "Attributes", make_attributes(m, &q->attributes));
	x509_put(m, &o, "Extensions", x509_make_extensions(m, &q->extensions));
	x509_put(m, &o, "ExtraExtensions", value_null());
	x509_put(m, &o, "DNSNames", x509_make_texts(m, &q->names.dns, x509_make_text));
	x509_put(m, &o, "EmailAddresses", x509_make_texts(m, &q->names.emails, x509_make_text));
	x509_put(m, &o, "IPAddresses", x509_make_ips(m, &q->names.ips));
	x509_put(m, &o, "URIs", x509_make_uris(m, &q->names.uris));
	return x509_finish_object(m, &o);
}

enum rego_outcome
x509_parse_request(struct rego_call *call, value_t *ret)
{
	str_t text = value_str(call->arg[0]), der = text, why = STR_NONE;
	struct x509_maker m = { .arena = call->arena };
	enum rego_outcome outcome = REGO_DEFINED;
	struct x509_request q;
	struct pem_block block;
	err_t err;

	if (!rego_charge(call, 24 * text.len))
		return REGO_HALT;
	if (!str_has_prefix(text, STR("-----BEGIN CERTIFICATE REQUEST-----")))
		outcome = x509_decode_base64(call, text, &der);
	if (outcome != REGO_DEFINED)
		return outcome;
	text = der;
	if (pem_read(call->arena, &text, &block)) {
		if (!str_eq(block.label, STR("CERTIFICATE REQUEST")))
			return rego_fail(call, "invalid PEM-encoded certificate signing request");
		der = block.bytes;
	}
	err = x509_read_request(call->arena, der, &q, &why);
	if (err != ERR_OK)
		return x509_fail(call, err, why);
	outcome = x509_check_uris(call, &q.names.uris);
	if (outcome != REGO_DEFINED)
		return outcome;
	return x509_give(call, &m, x509_make_request(&m, &q), ret);
}
