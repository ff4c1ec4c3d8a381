/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: who is at the other end of a connection.
 *
 * Filled when the connection is accepted (and by the TLS handshake), then
 * constant; lives as long as the connection.  A certificate's names are its
 * subject alternative names; the common name is never looked at.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

enum peer_kind { PEER_IPV4, PEER_IPV6, PEER_UNIX };
enum peer_name_kind { PEER_NAME_DNS, PEER_NAME_URI, PEER_NAME_IP, PEER_NAME_EMAIL };

struct peer_name {
	enum peer_name_kind kind;
	str_t text; /* an IP address as its 4 or 16 bytes */
};

struct peer {
	enum peer_kind kind;
	uint8_t ip[16]; /* 4 or 16 bytes of it; a mapped IPv4 address is IPv4 */
	uint16_t port;
	uid_t uid; /* of a Unix peer (SO_PEERCRED) */
	gid_t gid;
	pid_t pid;
	bool secured; /* TLS, handshake done */
	bool certified; /* with a client certificate that verified */
	const struct peer_name *names;
	size_t name_count;
};

enum { PEER_TEXT_MAX = 80 };

/* "127.0.0.1:4711", "[::1]:4711", "unix:uid=0,pid=1"; NUL-terminated. */
str_t peer_write(const struct peer *, char room[PEER_TEXT_MAX]);

#endif
