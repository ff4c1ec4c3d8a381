/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach: whether an address is of this host or of a private network.
 *
 * Asked of each address that is about to be connected to, after names were resolved: a name that
 * leads elsewhere today than yesterday changes nothing.  Link-local addresses are not private
 * here: a cloud's metadata lives there.
 */
#ifndef COURIER_REACH_H
#define COURIER_REACH_H

#include "egress/address.h"

/* 127/8, 10/8, 172.16/12, 192.168/16, ::1, fc00::/7; an IPv4-mapped address is what it leads to. */
bool reach_is_local(const struct address *);

#endif
