/* SPDX-License-Identifier: Apache-2.0 */
/* Name constraints as a certificate states them (rfc5280 4.2.1.10). */
#include "base/utf8.h"
#include "crypt/x509_mailbox.h"
#include "crypt/x509_parts.h"

static bool
is_mask(str_t mask)
{
	size_t i = 0;
	unsigned edge;

	while (i < mask.len && (unsigned char)mask.data[i] == 0xff)
		i++;
	if (i == mask.len)
		return true;
	edge = ~(unsigned)(unsigned char)mask.data[i] & 0xff;
	if ((edge & (edge + 1)) != 0) /* ones, then zeros: its complement is a power of two less one */
		return false;
	for (i++; i < mask.len; i++)
		if (mask.data[i] != 0)
			return false;
	return true;
}

static bool
read_range(struct x509_reader *r, str_t value, struct x509_subtrees *s)
{
	str_t mask;

	if (value.len != 8 && value.len != 32)
		return x509_refuse(r, "x509: IP constraint contained value of length %zu", value.len);
	mask = str_skip(value, value.len / 2);
	if (!is_mask(mask)) {
		char text[33] = "";

		for (size_t i = 0; i < mask.len; i++) {
			text[2 * i] = "0123456789abcdef"[(unsigned char)mask.data[i] >> 4];
			text[2 * i + 1] = "0123456789abcdef"[mask.data[i] & 15];
		}
		return x509_refuse(r, "x509: IP constraint contained invalid mask %s", text);
	}
	return x509_push(r, &s->ips, value);
}

static bool
refuse_text(struct x509_reader *r, const char *kind, str_t value, const char *why)
{
	str_t quoted = x509_quote(r, value);

	return x509_refuse(r, "x509: failed to parse %s constraint %.*s%s", kind, STR_FMT(quoted),
	    why);
}

static bool
read_domain(struct x509_reader *r, const char *kind, str_t value, struct x509_texts *list)
{
	if (utf8_ascii_prefix(value) < value.len) {
		str_t quoted = x509_quote(r, value);

		return x509_refuse(r, "x509: invalid constraint value: x509: %.*s cannot be encoded "
		    "as an IA5String", STR_FMT(quoted));
	}
	return x509_is_domain(value, true) ? x509_push(r, list, value)
	                                   : refuse_text(r, kind, value, "");
}

static bool
read_email(struct x509_reader *r, str_t value, struct x509_subtrees *s)
{
	struct x509_mailbox mailbox;

	if (str_find_char(value, '@', 0) == value.len ||
	    utf8_ascii_prefix(value) < value.len)
		return read_domain(r, "rfc822Name", value, &s->emails);
	if (!x509_mailbox_read(r->arena, value, &mailbox))
		return refuse_text(r, "rfc822Name", value, "");
	return x509_push(r, &s->emails, value);
}

static bool
read_subtrees(struct x509_reader *r, str_t list, struct x509_subtrees *s, bool *ret_unhandled)
{
	str_t subtree, value, whole;
	uint8_t tag, address[16];
	bool done = true;

	while (done && list.len > 0) {
		if (!der_read(&list, DER_SEQUENCE, &subtree) ||
		    !der_read_any(&subtree, &tag, &value, &whole))
			return x509_refuse(r, "x509: invalid NameConstraints extension");
		switch (tag) {
		case DER_CONTEXT | 1:
			done = read_email(r, value, s);
			break;
		case DER_CONTEXT | 2:
			done = read_domain(r, "dnsName", value, &s->dns);
			break;
		case DER_CONTEXT | 6:
			done = x509_address_read(value, address) > 0
			    ? refuse_text(r, "URI", value, ": cannot be IP address")
			    : read_domain(r, "URI", value, &s->uris);
			break;
		case DER_CONTEXT | 7:
			done = read_range(r, value, s);
			break;
		default:
			*ret_unhandled = true;
		}
	}
	return done;
}

bool
x509_read_constraints(struct x509_reader *r, const struct x509_extension *e,
    struct x509_certificate *c, bool *ret_unhandled)
{
	str_t outer = e->value, body, permitted, excluded;

	if (!der_read(&outer, DER_SEQUENCE, &body) || outer.len > 0 ||
	    !der_read_optional(&body, DER_CONTEXT_MADE | 0, &permitted) ||
	    !der_read_optional(&body, DER_CONTEXT_MADE | 1, &excluded) || body.len > 0)
		return x509_refuse(r, "x509: invalid NameConstraints extension");
	if (permitted.data == NULL && excluded.data == NULL)
		return x509_refuse(r, "x509: empty name constraints extension");
	if ((permitted.data != NULL && permitted.len == 0) ||
	    (excluded.data != NULL && excluded.len == 0))
		return x509_refuse(r, "x509: empty name constraints subtree sequence");
	c->constraints_critical = e->critical;
	return read_subtrees(r, permitted, &c->permitted, ret_unhandled) &&
	    read_subtrees(r, excluded, &c->excluded, ret_unhandled);
}
