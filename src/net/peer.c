/* SPDX-License-Identifier: Apache-2.0 */
#include "net/peer.h"

#include <arpa/inet.h>
#include <stdio.h>

str_t
peer_write(const struct peer *p, char room[PEER_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "?";
	int len;

	if (p->kind == PEER_UNIX) {
		len = snprintf(room, PEER_TEXT_MAX, "unix:uid=%u,pid=%d", (unsigned)p->uid, (int)p->pid);
	} else {
		bool v6 = p->kind == PEER_IPV6;

		(void)inet_ntop(v6 ? AF_INET6 : AF_INET, p->ip, ip, sizeof(ip));
		len = snprintf(room, PEER_TEXT_MAX, v6 ? "[%s]:%u" : "%s:%u", ip, p->port);
	}
	return str_make(room, len > 0 ? (size_t)len : 0);
}
