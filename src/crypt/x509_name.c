/* SPDX-License-Identifier: Apache-2.0 */
/* Names of certificates, and the domains, addresses and mailboxes in them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "crypt/x509_parts.h"

enum { COMPLAINT_MAX = 512 };

static bool
is_printable(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c >= '\'' && c <= ')') || (c >= '+' && c <= '/') ||
	    c == ' ' || c == ':' || c == '=' || c == '?' ||
	    c == '*' || c == '&'; /* not allowed, but in use */
}

static bool
is_ascii(str_t s)
{
	return utf8_ascii_prefix(s) == s.len;
}

static bool
has_only(str_t s, bool (*is_fine)(char))
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_fine(s.data[i]))
			return false;
	return true;
}

static bool
is_numeric(char c)
{
	return (c >= '0' && c <= '9') || c == ' ';
}

/* T61String, read as Latin-1 as everybody does. */
static bool
decode_latin1(struct arena *arena, str_t s, str_t *ret)
{
	char *text = arena_alloc_raw(arena, 2 * s.len + 4, 1);
	size_t len = 0;

	if (text == NULL)
		return false;
	for (size_t i = 0; i < s.len; i++)
		len += utf8_encode(text + len, (unsigned char)s.data[i]);
	*ret = str_make(text, len);
	return true;
}

/* BMPString: code points of two bytes; none that UTF-16 or nobody uses. */
static bool
decode_bmp(struct arena *arena, str_t s, str_t *ret)
{
	char *text = arena_alloc_raw(arena, 2 * s.len + 4, 1);
	size_t len = 0;

	if (text == NULL || s.len % 2 != 0)
		return false;
	if (s.len >= 2 && s.data[s.len - 1] == 0 && s.data[s.len - 2] == 0)
		s.len -= 2;
	for (size_t i = 0; i < s.len; i += 2) {
		uint32_t point = (uint32_t)(unsigned char)s.data[i] << 8 | (unsigned char)s.data[i + 1];

		if (point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef) ||
		    (point >= 0xd800 && point <= 0xdfff))
			return false;
		len += utf8_encode(text + len, point);
	}
	*ret = str_make(text, len);
	return true;
}

/* *ret is the string in UTF-8.  Answers what is wrong with it; NULL: nothing. */
static const char *
read_text(struct arena *arena, uint8_t tag, str_t value, str_t *ret)
{
	*ret = value;
	switch (tag) {
	case DER_T61:
		return decode_latin1(arena, value, ret) ? NULL : "invalid T61String";
	case DER_BMP:
		return decode_bmp(arena, value, ret) ? NULL : "invalid BMPString";
	case DER_PRINTABLE:
		return has_only(value, is_printable) ? NULL : "invalid PrintableString";
	case DER_NUMERIC:
		return has_only(value, is_numeric) ? NULL : "invalid NumericString";
	case DER_IA5:
		return is_ascii(value) ? NULL : "invalid IA5String";
	default:
		return utf8_is_valid(value) ? NULL : "invalid UTF-8 string";
	}
}

bool
x509_is_text(const struct x509_attribute *a)
{
	switch (a->tag) {
	case DER_T61:
	case DER_BMP:
	case DER_PRINTABLE:
	case DER_NUMERIC:
	case DER_IA5:
	case DER_UTF8:
		return true;
	default:
		return false;
	}
}

bool
x509_attribute_is(const struct x509_attribute *a, unsigned known)
{
	return a->oid.len == 3 && a->oid.data[0] == 0x55 && a->oid.data[1] == 4 &&
	    (unsigned char)a->oid.data[2] == known;
}

static bool
read_attribute(struct x509_reader *r, str_t body, bool loose, struct x509_name *ret)
{
	struct x509_attribute a;
	const char *why;
	str_t value, whole;

	if (!der_read_oid(&body, &a.oid))
		return x509_refuse(r, "x509: invalid RDNSequence: invalid attribute type");
	if (!der_read_any(&body, &a.tag, &value, &whole))
		return x509_refuse(r, "x509: invalid RDNSequence: invalid attribute value");
	a.value = value;
	if (x509_is_text(&a)) {
		why = read_text(r->arena, a.tag, value, &a.value);
		if (why != NULL)
			return x509_refuse(r, "x509: invalid RDNSequence: invalid attribute value: %s",
			    why);
	} else if (!loose) {
		return x509_refuse(r, "x509: invalid RDNSequence: invalid attribute value: "
		    "unsupported string type: %u", a.tag);
	}
	return VEC_PUSH(r->arena, ret, a);
}

bool
x509_read_name(struct x509_reader *r, str_t whole, bool loose, struct x509_name *ret)
{
	str_t body, set, attribute;

	if (!der_read(&whole, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid RDNSequence");
	while (body.len > 0) {
		if (!der_read(&body, DER_SET, &set))
			return x509_refuse(r, "x509: invalid RDNSequence");
		while (set.len > 0) {
			if (!der_read(&set, DER_SEQUENCE, &attribute))
				return x509_refuse(r, "x509: invalid RDNSequence: invalid attribute");
			if (!read_attribute(r, attribute, loose, ret))
				return false;
		}
	}
	return true;
}

/* ---- alternative names ---- */

bool
x509_read_names(struct x509_reader *r, str_t value, struct x509_names *names)
{
	str_t body, name, whole;
	uint8_t tag;

	if (!der_read(&value, DER_SEQUENCE, &body))
		return x509_refuse(r, "x509: invalid subject alternative names");
	while (body.len > 0) {
		if (!der_read_any(&body, &tag, &name, &whole))
			return x509_refuse(r, "x509: invalid subject alternative name");
		const struct {
			uint8_t tag;
			const char *what;
			struct x509_texts *list;
		} kinds[] = { { DER_CONTEXT | 1, "rfc822Name", &names->emails },
			{ DER_CONTEXT | 2, "dNSName", &names->dns },
			{ DER_CONTEXT | 6, "uniformResourceIdentifier", &names->uris } };

		for (size_t i = 0; i < COUNT(kinds); i++) {
			if (tag != kinds[i].tag)
				continue;
			if (!is_ascii(name))
				return x509_refuse(r, "x509: SAN %s is malformed", kinds[i].what);
			if (!x509_push(r, kinds[i].list, name))
				return false;
		}
		if (tag != (DER_CONTEXT | 7))
			continue;
		if (name.len != 4 && name.len != 16)
			return x509_refuse(r, "x509: cannot parse IP address of length %zu", name.len);
		if (!x509_push(r, &names->ips, name))
			return false;
	}
	return true;
}

bool
x509_is_domain(str_t s, bool is_constraint)
{
	size_t label = 0;

	if (s.len == 0)
		return true;
	if (is_constraint && s.data[0] == '.')
		s = str_skip(s, 1);
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && (s.data[i] < '!' || s.data[i] > '~'))
			return false;
		if (i == s.len || s.data[i] == '.') {
			if (label == i)
				return false;
			label = i + 1;
		}
	}
	return true;
}

/* ---- what all readers use ---- */

bool
x509_refuse(struct x509_reader *r, const char *format, ...)
{
	char text[COMPLAINT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (r->why.len == 0)
		r->why = arena_str(r->arena, str_of(text));
	return false;
}

err_t
x509_outcome(const struct x509_reader *r, bool done, str_t *ret_why)
{
	if (arena_failed(r->arena))
		return ERR_MEMORY;
	if (done)
		return ERR_OK;
	*ret_why = r->why;
	return ERR_SYNTAX;
}

bool
x509_push(struct x509_reader *r, struct x509_texts *list, str_t s)
{
	return VEC_PUSH(r->arena, list, s);
}

static str_t
take_text(struct x509_reader *r, struct buf *text)
{
	str_t s = arena_str(r->arena, buf_str(text));

	buf_fini(text);
	return s;
}

/* As Go's %q. */
str_t
x509_quote(struct x509_reader *r, str_t s)
{
	static const char plain[] = "\a\b\f\n\r\t\v\"\\", letters[] = "abfnrtv\"\\";
	struct buf text;

	buf_init(&text, COMPLAINT_MAX);
	buf_add_char(&text, '"');
	for (size_t width; s.len > 0; s = str_skip(s, width)) {
		uint32_t rune = utf8_decode(s, &width);
		const char *found = rune > 0 && rune < 0x80 ? strchr(plain, (int)rune) : NULL;

		if (found != NULL)
			buf_printf(&text, "\\%c", letters[found - plain]);
		else if (rune < ' ' || rune == 0x7f || (rune == UTF8_BAD && width == 1))
			buf_printf(&text, "\\x%02x", (unsigned)(unsigned char)s.data[0]);
		else if (utf8_is_printable(rune))
			buf_add(&text, s.data, width);
		else
			buf_printf(&text, rune > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)rune);
	}
	buf_add_char(&text, '"');
	return take_text(r, &text);
}

str_t
x509_oid_text(struct x509_reader *r, str_t oid)
{
	struct buf text;

	buf_init(&text, COMPLAINT_MAX);
	der_print_oid(&text, oid);
	return take_text(r, &text);
}
