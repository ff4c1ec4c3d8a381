/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/address.h"

#include <stdio.h>

#include "codec/hex.h"

/* ---- IPv4 ---- */

enum { PARTS_MAX = 4, PART_DIGITS_MAX = 64 };

static bool
read_digits(str_t text, int base, uint64_t *ret)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > PART_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(text.data[i]);

		if (digit < 0 || digit >= base)
			return false;
		value = value * (uint64_t)base + (uint64_t)digit;
		if (value > UINT32_MAX)
			return false;
	}
	*ret = value;
	return true;
}

static enum address_spelling
read_part(str_t text, uint64_t *ret)
{
	uint64_t decimal;

	if (text.len > 1 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x')
		return read_digits(str_skip(text, 2), 16, ret) ? ADDRESS_GOOD
							       : ADDRESS_MALFORMED;
	if (!read_digits(text, 10, &decimal))
		return ADDRESS_MALFORMED;
	*ret = decimal;
	if (text.len > 1 && text.data[0] == '0' &&
	    (!read_digits(text, 8, ret) || *ret != decimal))
		return ADDRESS_AMBIGUOUS;
	return ADDRESS_GOOD;
}

/* WHATWG's "ends in a number": from there on it is an address or a mistake, never a name. */
static bool
ends_in_number(str_t text)
{
	size_t at = text.len;
	bool digits = true;

	while (at > 0 && text.data[at - 1] != '.')
		at--;
	text = str_skip(text, at);
	if (text.len > 1 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x') {
		for (size_t i = 2; i < text.len; i++)
			digits &= hex_digit(text.data[i]) >= 0;
		return digits;
	}
	for (size_t i = 0; i < text.len; i++)
		digits &= text.data[i] >= '0' && text.data[i] <= '9';
	return digits && text.len > 0;
}

static bool
join_parts(const uint64_t *parts, size_t count, uint32_t *ret)
{
	uint64_t value = parts[count - 1];

	/* The last part fills the bytes that the others leave. */
	if (value >> (8 * (PARTS_MAX + 1 - count)) != 0)
		return false;
	for (size_t i = 0; i + 1 < count; i++) {
		if (parts[i] > UINT8_MAX)
			return false;
		value |= parts[i] << (8 * (PARTS_MAX - 1 - i));
	}
	*ret = (uint32_t)value;
	return true;
}

enum address_spelling
address_read_v4(str_t text, struct address *ret)
{
	enum address_spelling worst = ADDRESS_GOOD;
	uint64_t parts[PARTS_MAX];
	size_t count = 0;
	uint32_t value;

	if (!ends_in_number(text))
		return ADDRESS_NONE;
	for (bool more = true; more;) {
		size_t end = str_find_char(text, '.', 0);
		enum address_spelling one;

		if (count == PARTS_MAX)
			return ADDRESS_MALFORMED;
		one = read_part(str_sub(text, 0, end), &parts[count++]);
		if (one == ADDRESS_MALFORMED)
			return one;
		worst = one == ADDRESS_AMBIGUOUS ? one : worst;
		more = end < text.len;
		text = str_skip(text, more ? end + 1 : end);
	}
	if (worst != ADDRESS_GOOD)
		return worst;
	if (!join_parts(parts, count, &value))
		return ADDRESS_MALFORMED;
	*ret = (struct address){ .bytes = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
				     (uint8_t)(value >> 8), (uint8_t)value } };
	return ADDRESS_GOOD;
}

/* ---- IPv6 ---- */

enum { GROUPS = 8, QUAD_PARTS = 4 };

/* 255.255.255.255 and nothing shorter, longer or older. */
static bool
read_quad(str_t text, uint8_t bytes[4])
{
	for (size_t i = 0; i < QUAD_PARTS; i++) {
		size_t end = str_find_char(text, '.', 0);
		str_t part = str_sub(text, 0, end);
		uint64_t value;

		if ((end < text.len) != (i + 1 < QUAD_PARTS) || part.len > 3 ||
		    (part.len > 1 && part.data[0] == '0') || !read_digits(part, 10, &value) ||
		    value > UINT8_MAX)
			return false;
		bytes[i] = (uint8_t)value;
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return true;
}

struct groups { /* of one side of the `::` */
	uint8_t bytes[2 * GROUPS];
	size_t count;
};

/* `a:b:c`; a dotted quad may stand last where nothing follows. */
static bool
read_groups(str_t text, bool is_last, struct groups *ret)
{
	ret->count = 0;
	while (text.len > 0) {
		size_t end = str_find_char(text, ':', 0);
		str_t one = str_sub(text, 0, end);
		uint8_t *at = ret->bytes + 2 * ret->count;
		uint64_t value;

		if (is_last && end == text.len && str_find_char(one, '.', 0) < one.len) {
			ret->count += 2;
			return ret->count <= GROUPS && read_quad(one, at);
		}
		if (ret->count == GROUPS || one.len > 4 || !read_digits(one, 16, &value))
			return false;
		at[0] = (uint8_t)(value >> 8);
		at[1] = (uint8_t)value;
		ret->count++;
		if (end < text.len && end + 1 == text.len)
			return false; /* a colon at the end */
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return true;
}

bool
address_read_v6(str_t text, struct address *ret)
{
	size_t gap = str_find(text, STR("::"), 0);
	bool has_gap = gap < text.len;
	struct groups head = { 0 }, tail = { 0 };
	struct address a = { .is_v6 = true };

	if (!read_groups(str_sub(text, 0, gap), !has_gap, &head) ||
	    (has_gap && !read_groups(str_skip(text, gap + 2), true, &tail)))
		return false;
	/* The gap stands for one group at least. */
	if (has_gap ? head.count + tail.count >= GROUPS : head.count != GROUPS)
		return false;
	memcpy(a.bytes, head.bytes, 2 * head.count);
	memcpy(a.bytes + 2 * (GROUPS - tail.count), tail.bytes, 2 * tail.count);
	*ret = a;
	return true;
}

/* ---- what an address means ---- */

struct range {
	uint8_t bytes[16];
	uint8_t bits;
	const char *what;
};

/* IANA's special-purpose registries; where ranges overlap, the first names it. */
static const struct range ranges_v4[] = {
	{ { 0, 0, 0, 0 }, 32, "an unspecified address" },
	{ { 0 }, 8, "an address of this network" },
	{ { 10 }, 8, "a private address" },
	{ { 100, 100, 100, 200 }, 32, "a metadata address" },
	{ { 100, 64 }, 10, "a carrier's shared address" },
	{ { 127 }, 8, "a loopback address" },
	{ { 168, 63, 129, 16 }, 32, "a metadata address" }, /* Azure's; public by number */
	{ { 169, 254, 169, 254 }, 32, "a metadata address" },
	{ { 169, 254 }, 16, "a link-local address" },
	{ { 172, 16 }, 12, "a private address" },
	{ { 192, 0, 0, 192 }, 32, "a metadata address" }, /* Oracle's */
	{ { 192, 0, 0 }, 24, "a reserved address" },
	{ { 192, 0, 2 }, 24, "a documentation address" },
	{ { 192, 88, 99 }, 24, "a reserved address" },
	{ { 192, 168 }, 16, "a private address" },
	{ { 198, 18 }, 15, "a benchmarking address" },
	{ { 198, 51, 100 }, 24, "a documentation address" },
	{ { 203, 0, 113 }, 24, "a documentation address" },
	{ { 224 }, 4, "a multicast address" },
	{ { 255, 255, 255, 255 }, 32, "a broadcast address" },
	{ { 240 }, 4, "a reserved address" },
};

static const struct range ranges_v6[] = {
	{ { 0 }, 128, "an unspecified address" },
	{ { [15] = 1 }, 128, "a loopback address" },
	{ { 0 }, 96, "an IPv4-compatible address" },
	{ { 0x01, 0 }, 64, "a discarded address" },
	{ { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 }, 128, "a metadata address" },
	{ { 0xfc }, 7, "a unique local address" },
	{ { 0xfe, 0x80 }, 10, "a link-local address" },
	{ { 0xfe, 0xc0 }, 10, "a site-local address" },
	{ { 0xff }, 8, "a multicast address" },
	{ { 0x20, 0x01, 0, 0 }, 32, "a Teredo address" },
	{ { 0x20, 0x01, 0, 2 }, 48, "a benchmarking address" },
	{ { 0x20, 0x01 }, 23, "a reserved address" },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, "a documentation address" },
	{ { 0x20, 0x02 }, 16, "a 6to4 address" },
	{ { 0x3f, 0xff }, 20, "a documentation address" },
};

static bool
is_within(const uint8_t *bytes, const uint8_t *range, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(bytes, range, whole) == 0 &&
	       (rest == 0 || ((bytes[whole] ^ range[whole]) >> (8 - rest)) == 0);
}

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

struct address
address_meant(struct address a)
{
	struct address meant = { 0 };

	if (!a.is_v6 || (!is_within(a.bytes, mapped, 96) && !is_within(a.bytes, nat64, 96)))
		return a;
	memcpy(meant.bytes, a.bytes + 12, 4);
	return meant;
}

static const char *
find_range(const struct address *a, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_within(a->bytes, ranges[i].bytes, ranges[i].bits))
			return ranges[i].what;
	}
	return NULL;
}

/* rfc5214 6.1: on any prefix, an interface that tunnels to the IPv4 address behind it. */
static bool
is_isatap(const struct address *a)
{
	return (a->bytes[8] & ~0x02) == 0 && a->bytes[9] == 0 && a->bytes[10] == 0x5e &&
	       a->bytes[11] == 0xfe;
}

const char *
address_blocked(const struct address *given)
{
	struct address a = address_meant(*given);
	const char *what;

	if (!a.is_v6)
		return find_range(&a, ranges_v4, COUNT(ranges_v4));
	what = find_range(&a, ranges_v6, COUNT(ranges_v6));
	if (what == NULL && a.bytes[0] >> 5 != 1)
		what = "a reserved address"; /* global unicast is 2000::/3, so far */
	if (what == NULL && is_isatap(&a))
		what = "an ISATAP address";
	return what;
}

/* ---- writing ---- */

/* The longest run of zero groups, two or more, the first of equal ones (rfc5952 4.2). */
static void
find_gap(const uint8_t *bytes, size_t *ret_from, size_t *ret_len)
{
	*ret_from = GROUPS;
	*ret_len = 1;
	for (size_t i = 0; i < GROUPS; i++) {
		size_t end = i;

		while (end < GROUPS && bytes[2 * end] == 0 && bytes[2 * end + 1] == 0)
			end++;
		if (end - i > *ret_len) {
			*ret_from = i;
			*ret_len = end - i;
		}
		i = end > i ? end - 1 : i;
	}
}

static void
write_v6(const uint8_t *bytes, char text[ADDRESS_TEXT_MAX])
{
	size_t gap, gap_len, len = 0;

	find_gap(bytes, &gap, &gap_len);
	for (size_t i = 0; i < GROUPS; i++) {
		unsigned group = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];

		if (i == gap) {
			len += (size_t)snprintf(text + len, ADDRESS_TEXT_MAX - len, "::");
			i += gap_len - 1;
			continue;
		}
		len += (size_t)snprintf(text + len, ADDRESS_TEXT_MAX - len, "%s%x",
		    i == 0 || (gap < i && gap + gap_len == i) ? "" : ":", group);
	}
}

void
address_write(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
	const uint8_t *b = a->bytes;

	if (a->is_v6)
		write_v6(b, text);
	else
		(void)snprintf(text, ADDRESS_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}
