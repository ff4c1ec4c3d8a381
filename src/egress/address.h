/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: IP addresses in every spelling that some client understands.
 *
 * What a URL has for a host may be an address without looking like one: 2130706433,
 * 0x7f.1 and 127.1 are all the loopback address to the C library's inet_aton, which
 * most clients end in.  A spelling that clients read differently (010.0.0.1 is
 * 8.0.0.1 to some and 10.0.0.1 to others) is no address but ambiguous, and nothing
 * that may be let out.
 *
 *   lifetime  values; no state, no memory
 *   threads   any
 */
#ifndef EGRESS_ADDRESS_H
#define EGRESS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { ADDRESS_TEXT_MAX = 46 }; /* with its NUL */

struct address {
	bool is_v6;
	uint8_t bytes[16]; /* network order; the first four of IPv4 */
};

enum address_spelling {
	ADDRESS_NONE, /* a name: its last label is no number */
	ADDRESS_GOOD,
	ADDRESS_MALFORMED, /* ends in a number and is no address */
	ADDRESS_AMBIGUOUS, /* a leading zero that changes the meaning */
};

/* One to four parts, each decimal, octal or hexadecimal; the last fills what is left. */
enum address_spelling address_read_v4(str_t, struct address *ret);
/* rfc4291 2.2, without brackets and zone; a dotted quad at its end in its plain form. */
bool address_read_v6(str_t, struct address *ret);

/* The IPv4 address that an IPv4-mapped or NAT64 address leads to; any other as it is. */
struct address address_meant(struct address);

/* What kind of address no policy may open ("a private address"); NULL: one that it may. */
const char *address_blocked(const struct address *);

/* The plain form: a dotted quad, or rfc5952. */
void address_write(const struct address *, char text[ADDRESS_TEXT_MAX]);

#endif
