/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix_rule: whose processes may connect to a Unix socket.
 *
 * The kernel says who a peer is (SO_PEERCRED, SO_PEERGROUPS): the user and groups
 * it had when it connected.  A rule lists users and groups; one match admits.
 * Without any, the mode of the socket's file is the only bar.
 *
 *   names    are looked up once, in /etc/passwd and /etc/group alone: a service
 *            of names would be a way out of the machine
 *   limits   UNIX_RULE_GROUPS groups of a peer are looked at
 *   threads  constant once read
 *   failure  ERR_CONFIG and a sentence in the diag: there is no such name
 */
#ifndef NET_UNIX_RULE_H
#define NET_UNIX_RULE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "net/peer.h"

enum { UNIX_RULE_GROUPS = 1024 };

struct unix_rule {
	const uint32_t *users, *groups; /* numbers */
	size_t user_count, group_count;
};

struct unix_names { /* "app", or "1000" */
	const str_t *at;
	size_t count;
};

err_t unix_rule_read(struct arena *, struct unix_names users, struct unix_names groups,
    struct diag *, struct unix_rule *ret);
/* `fd` is the peer's connection; not a Unix peer: true. */
bool unix_rule_admits(const struct unix_rule *, const struct peer *, int fd);

/* The number of `name` in a text like /etc/passwd; false: it is not there. */
bool unix_rule_find(str_t table, str_t name, uint32_t *ret);

#endif
