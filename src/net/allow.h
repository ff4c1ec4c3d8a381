/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allow: which certified clients may call which services.
 *
 * An entry is a DNS name ("app.example"), or a URI ("spiffe://example/ns/a/app"),
 * which may end in "/" and "*" for everything below that segment.  With "Service="
 * before it, it is for that service: its last name ("AuditService") or all of it
 * ("coresdk.v1.AuditService").  A service that has entries of its own is open to
 * those alone; others to the entries without a service, and to every certified
 * client if there are none.
 *
 * Compared are the peer's subject alternative names.  DNS names are compared without
 * regard to case, and a name with a wildcard is nobody's.  URIs are compared byte
 * for byte; one that could be read in two ways (an empty or dotted segment, "%",
 * "?", "#") matches no pattern; a certificate with two URIs is no SPIFFE identity.
 *
 *   lifetime  borrows the texts of its list
 *   threads   constant once read
 *   failure   ERR_CONFIG, and a sentence per entry in the diag
 */
#ifndef NET_ALLOW_H
#define NET_ALLOW_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "net/peer.h"

struct allow_entry {
	str_t service; /* empty: for all without entries of their own */
	str_t name;
	bool is_uri, is_pattern; /* the name then ends in "/" */
};

struct allow_list {
	const struct allow_entry *at;
	size_t count;
};

err_t allow_list_read(struct arena *, const str_t *texts, size_t count, struct diag *,
    struct allow_list *ret);
/* "/coresdk.v1.AuditService/Query" is a path. */
bool allow_list_admits(const struct allow_list *, const struct peer *, str_t path);
/* Whether an entry with a service means that of the path. */
bool allow_entry_is_for(const struct allow_entry *, str_t path);

#endif
