/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_address: IP addresses and networks as numbers.
 *
 * Both families are 128-bit numbers, IPv4 as ::ffff:a.b.c.d, so that one order and
 * one arithmetic serve; `bits` tells them apart.
 */
#ifndef REGO_BUILTIN_NET_ADDRESS_H
#define REGO_BUILTIN_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

typedef unsigned __int128 net_number_t;

enum { NET_V4_BITS = 32, NET_V6_BITS = 128 };

struct net_block {
	net_number_t first; /* as it was written in net_address_parse(): the address itself */
	int bits; /* of an address: 32 or 128 */
	int prefix; /* at most `bits` */
};

bool net_address_parse(str_t, struct net_block *ret); /* prefix: all bits */
bool net_block_parse(str_t, struct net_block *ret); /* 10.0.0.0/8; first is masked */

net_number_t net_block_first(const struct net_block *);
net_number_t net_block_last(const struct net_block *);
bool net_block_contains(const struct net_block *, const struct net_block *other);
bool net_number_is_v4(net_number_t);

void net_address_print(struct buf *, net_number_t); /* rfc5952; ::ffff:0:0/96 as IPv4 */

#endif
