/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host: whom a URL means to reach, in one spelling, and whether anybody may.
 *
 * A name in lower case and without the dot of the root; an address in its plain form
 * (address.h), an IPv4-mapped or NAT64 one as the IPv4 address that it leads to.  So a
 * policy compares one text, however the host was spelled.
 *
 * Names are not resolved: there is nobody to ask.  Names that are known to lead back to
 * the host or to a cloud's metadata are blocked as the addresses are; what another name
 * leads to is the policy's knowledge.
 *
 *   limits    HOST_MAX bytes, 63 in a label; ASCII only: a name in other letters is
 *             written in its xn-- form, and a digit in other letters is a trick
 *   threads   any
 */
#ifndef EGRESS_HOST_H
#define EGRESS_HOST_H

#include "egress/address.h"

enum { HOST_MAX = 253, HOST_LABEL_MAX = 63 };

struct host {
	char text[HOST_MAX + 1];
	bool is_address;
	const char *blocked; /* why no policy may open it ("a loopback address"); NULL */
};

/* NULL, or why the text is no host. */
const char *host_read_name(str_t, struct host *ret); /* a name or an IPv4 address */
const char *host_read_brackets(str_t inside, struct host *ret); /* an IPv6 address */

#endif
