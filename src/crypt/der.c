/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/der.h"

#include "base/must.h"

enum { LENGTH_BYTES_MAX = 4, ARC_BITS = 31, ARC_BYTES_MAX = 64 };

static unsigned
byte_at(str_t s, size_t i)
{
	return (unsigned char)s.data[i];
}

bool
der_is(str_t der, unsigned tag)
{
	return der.len > 0 && byte_at(der, 0) == tag;
}

/* Length of the value's head and body; false: cut short, or not DER. */
static bool
measure(str_t der, size_t *ret_head, size_t *ret_body)
{
	size_t length, count;

	if (der.len < 2 || (byte_at(der, 0) & 0x1f) == 0x1f) /* X.690 8.1.2.4: longer tags */
		return false;
	length = byte_at(der, 1);
	*ret_head = 2;
	if (length & 0x80) {
		count = length & 0x7f;
		if (count == 0 || count > LENGTH_BYTES_MAX || der.len < 2 + count)
			return false;
		length = 0;
		for (size_t i = 0; i < count; i++)
			length = length << 8 | byte_at(der, 2 + i);
		if (length < 0x80 || length >> (8 * (count - 1)) == 0) /* X.690 10.1: the shortest form */
			return false;
		*ret_head += count;
	}
	*ret_body = length;
	return length <= der.len - *ret_head;
}

bool
der_read_any(str_t *der, uint8_t *ret_tag, str_t *ret_body, str_t *ret_whole)
{
	size_t head, body;

	if (!measure(*der, &head, &body))
		return false;
	*ret_tag = (uint8_t)der->data[0];
	*ret_body = str_sub(*der, head, body);
	*ret_whole = str_sub(*der, 0, head + body);
	*der = str_skip(*der, head + body);
	return true;
}

bool
der_read(str_t *der, unsigned tag, str_t *ret_body)
{
	str_t whole;
	uint8_t found;

	return der_is(*der, tag) && der_read_any(der, &found, ret_body, &whole);
}

bool
der_read_element(str_t *der, unsigned tag, str_t *ret_whole)
{
	str_t body;
	uint8_t found;

	return der_is(*der, tag) && der_read_any(der, &found, &body, ret_whole);
}

bool
der_read_optional(str_t *der, unsigned tag, str_t *ret_body)
{
	*ret_body = STR_NONE;
	return !der_is(*der, tag) || der_read(der, tag, ret_body);
}

bool
der_read_bool(str_t *der, bool *ret)
{
	str_t body;

	if (!der_read(der, DER_BOOLEAN, &body) || body.len != 1 ||
	    (byte_at(body, 0) != 0 && byte_at(body, 0) != 0xff)) /* X.690 11.1 */
		return false;
	*ret = byte_at(body, 0) != 0;
	return true;
}

static bool
is_integer(str_t body)
{
	unsigned first, second;

	if (body.len < 2)
		return body.len == 1;
	first = byte_at(body, 0);
	second = byte_at(body, 1) & 0x80;
	return !(first == 0 && second == 0) && !(first == 0xff && second != 0); /* X.690 8.3.2 */
}

bool
der_read_integer(str_t *der, str_t *ret)
{
	return der_read(der, DER_INTEGER, ret) && is_integer(*ret);
}

bool
der_to_int64(str_t integer, int64_t *ret)
{
	uint64_t bits;

	if (!is_integer(integer) || integer.len > sizeof(bits))
		return false;
	bits = byte_at(integer, 0) & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < integer.len; i++)
		bits = bits << 8 | byte_at(integer, i);
	*ret = (int64_t)bits;
	return true;
}

bool
der_read_int64(str_t *der, int64_t *ret)
{
	str_t body;

	return der_read_integer(der, &body) && der_to_int64(body, ret);
}

bool
der_to_natural(str_t integer, str_t *ret)
{
	if (integer.len == 0 || (byte_at(integer, 0) & 0x80))
		return false;
	while (integer.len > 0 && integer.data[0] == 0)
		integer = str_skip(integer, 1);
	*ret = integer;
	return true;
}

bool
der_read_bits(str_t *der, str_t *ret_bytes, unsigned *ret_unused)
{
	str_t body;
	unsigned unused;

	if (!der_read(der, DER_BITS, &body) || body.len == 0)
		return false;
	unused = byte_at(body, 0);
	body = str_skip(body, 1);
	if (unused > 7 ||
	    (unused > 0 &&
	        (body.len == 0 || (byte_at(body, body.len - 1) & ((1u << unused) - 1)) != 0)))
		return false;
	*ret_bytes = body;
	*ret_unused = unused;
	return true;
}

/* ---- object identifiers ---- */

/* Takes one arc's bytes off; false: cut short, or a byte too many in front (X.690 8.19.2). */
static bool
take_arc(str_t *left, str_t *ret)
{
	size_t len = 0;

	while (len < left->len && (byte_at(*left, len) & 0x80))
		len++;
	if (len == left->len || byte_at(*left, 0) == 0x80)
		return false;
	*ret = str_sub(*left, 0, len + 1);
	*left = str_skip(*left, len + 1);
	return true;
}

static bool
arc_value(str_t arc, uint64_t limit, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < arc.len; i++) {
		if (value > limit >> 7)
			return false;
		value = value << 7 | (byte_at(arc, i) & 0x7f);
	}
	*ret = value;
	return value <= limit;
}

bool
der_is_oid(str_t oid)
{
	str_t arc;

	if (oid.len == 0)
		return false;
	while (oid.len > 0)
		if (!take_arc(&oid, &arc) || arc.len > ARC_BYTES_MAX)
			return false;
	return true;
}

bool
der_has_small_arcs(str_t oid)
{
	uint64_t value;
	str_t arc;

	if (oid.len == 0)
		return false;
	while (oid.len > 0)
		if (!take_arc(&oid, &arc) || !arc_value(arc, (1u << ARC_BITS) - 1, &value))
			return false;
	return true;
}

bool
der_read_oid(str_t *der, str_t *ret)
{
	return der_read(der, DER_OID, ret) && der_has_small_arcs(*ret);
}

struct der_arcs
der_arcs_of(str_t oid)
{
	return (struct der_arcs){ .left = oid };
}

bool
der_next_arc(struct der_arcs *arcs, uint32_t *ret)
{
	uint64_t value;
	str_t arc;

	if (arcs->has_second) {
		arcs->has_second = false;
		*ret = (uint32_t)arcs->second;
		return true;
	}
	if (arcs->left.len == 0 || !take_arc(&arcs->left, &arc) ||
	    !arc_value(arc, (1u << ARC_BITS) - 1, &value))
		return false;
	*ret = (uint32_t)value;
	if (!arcs->begun) { /* X.690 8.19.4 */
		*ret = value < 80 ? (uint32_t)value / 40 : 2;
		arcs->second = value - 40 * (uint64_t)*ret;
		arcs->has_second = arcs->begun = true;
	}
	return true;
}

/* An arc of any size in decimal: its base-128 digits are divided by ten again and again. */
static void
print_arc(struct buf *out, str_t arc, unsigned less)
{
	uint8_t digits[ARC_BYTES_MAX];
	char text[3 * sizeof(digits) + 1];
	size_t count = arc.len, from = 0, at = sizeof(text);
	unsigned borrow = less;

	must(count <= sizeof(digits));
	for (size_t i = 0; i < count; i++)
		digits[i] = (uint8_t)(byte_at(arc, i) & 0x7f);
	for (size_t i = count; borrow > 0 && i > 0; i--) {
		bool under = digits[i - 1] < borrow;

		digits[i - 1] = (uint8_t)((digits[i - 1] + (under ? 128 : 0) - borrow) & 0x7f);
		borrow = under ? 1 : 0;
	}
	do {
		unsigned rest = 0;

		for (size_t i = from; i < count; i++) {
			unsigned value = rest << 7 | digits[i];

			digits[i] = (uint8_t)(value / 10);
			rest = value % 10;
		}
		while (from < count && digits[from] == 0)
			from++;
		text[--at] = (char)('0' + rest);
	} while (from < count);
	buf_add(out, text + at, sizeof(text) - at);
}

void
der_print_oid(struct buf *out, str_t oid)
{
	str_t arc;

	for (bool first = true; oid.len > 0 && take_arc(&oid, &arc); first = false) {
		unsigned root = 2;

		if (!first) {
			buf_add_char(out, '.');
			print_arc(out, arc, 0);
			continue;
		}
		if (arc.len == 1 && byte_at(arc, 0) < 80)
			root = byte_at(arc, 0) / 40;
		buf_printf(out, "%u.", root);
		print_arc(out, arc, 40 * root);
	}
}
