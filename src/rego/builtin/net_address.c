/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/net_address.h"

#include <arpa/inet.h>

static const net_number_t v4_base = (net_number_t)0xFFFF << 32; /* ::ffff:0:0 */

bool
net_number_is_v4(net_number_t n)
{
	return n >> 32 == 0xFFFF;
}

static net_number_t
number_of(const uint8_t *bytes, size_t count)
{
	net_number_t n = 0;

	for (size_t i = 0; i < count; i++)
		n = n << 8 | bytes[i];
	return n;
}

bool
net_address_parse(str_t s, struct net_block *ret)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (s.len >= sizeof(text) || memchr(s.data, '\0', s.len) != NULL)
		return false;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1) {
		*ret = (struct net_block){ v4_base | number_of(bytes, 4), NET_V4_BITS, NET_V4_BITS };
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	*ret = (struct net_block){ number_of(bytes, 16), NET_V6_BITS, NET_V6_BITS };
	return true;
}

static net_number_t
host_mask(const struct net_block *b)
{
	int host_bits = b->bits - b->prefix;

	return host_bits == NET_V6_BITS ? ~(net_number_t)0 : ((net_number_t)1 << host_bits) - 1;
}

bool
net_block_parse(str_t s, struct net_block *ret)
{
	size_t slash = str_find_char(s, '/', 0);
	int prefix = 0;

	if (slash + 1 >= s.len || !net_address_parse(str_sub(s, 0, slash), ret))
		return false;
	for (size_t i = slash + 1; i < s.len; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
		prefix = prefix * 10 + (s.data[i] - '0');
		if (prefix > ret->bits)
			return false;
	}
	ret->prefix = prefix;
	ret->first = net_block_first(ret);
	if (ret->bits == NET_V6_BITS && prefix >= NET_V6_BITS - NET_V4_BITS &&
	    net_number_is_v4(ret->first)) {
		ret->bits = NET_V4_BITS;
		ret->prefix -= NET_V6_BITS - NET_V4_BITS;
	}
	return true;
}

net_number_t
net_block_first(const struct net_block *b)
{
	return b->first & ~host_mask(b);
}

net_number_t
net_block_last(const struct net_block *b)
{
	return b->first | host_mask(b);
}

bool
net_block_contains(const struct net_block *b, const struct net_block *other)
{
	bool b_v4 = b->bits == NET_V4_BITS;

	if (b_v4 != net_number_is_v4(other->first) || b_v4 != net_number_is_v4(net_block_last(other)))
		return false;
	return other->first >= b->first && net_block_last(other) <= net_block_last(b);
}

/* The first of the longest runs of zero groups; none: length below 2. */
static int
longest_zeros(const uint16_t groups[8], int *ret_len)
{
	int best = 0;

	*ret_len = 0;
	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && groups[i + len] == 0)
			len++;
		if (len > *ret_len) {
			best = i;
			*ret_len = len;
		}
		i += len;
	}
	return best;
}

void
net_address_print(struct buf *b, net_number_t n)
{
	uint16_t groups[8];
	int zeros, zeros_len;

	if (net_number_is_v4(n)) {
		unsigned v4 = (unsigned)n;

		buf_printf(b, "%u.%u.%u.%u", v4 >> 24, v4 >> 16 & 0xFF, v4 >> 8 & 0xFF, v4 & 0xFF);
		return;
	}
	for (int i = 0; i < 8; i++)
		groups[i] = (uint16_t)(n >> (112 - 16 * i));
	zeros = longest_zeros(groups, &zeros_len);
	for (int i = 0; i < 8; i++) {
		if (zeros_len > 1 && i == zeros) {
			buf_add_text(b, "::");
			i += zeros_len - 1;
			continue;
		}
		buf_printf(b, "%s%x", i == 0 || (zeros_len > 1 && i == zeros + zeros_len) ? "" : ":",
		    groups[i]);
	}
}
