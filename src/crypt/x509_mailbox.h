/* SPDX-License-Identifier: Apache-2.0 */
/* x509_mailbox: names inside names, and which constraint covers which; for this room alone. */
#ifndef CRYPT_X509_MAILBOX_H
#define CRYPT_X509_MAILBOX_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct x509_mailbox {
	str_t local, domain; /* local without its quotes and escapes: in the arena */
};

/* rfc2821 4.1.2, with the liberties that are in use; false: it is none, or no memory. */
bool x509_mailbox_read(struct arena *, str_t, struct x509_mailbox *ret);

/* Bytes of the address that the text is: 4, 16, or 0: it is none. */
size_t x509_address_read(str_t, uint8_t ret[16]);

bool x509_is_labels(str_t domain); /* labels that are not empty; nothing at all passes too */

/*
 * Whether the constraint covers the domain: an empty one covers all, "a.b" itself and
 * all below it, ".a.b" only what is below.  Both are labels but for that dot.
 */
bool x509_domain_covers(str_t constraint, str_t domain);
bool x509_mailbox_covers(struct arena *, str_t constraint, const struct x509_mailbox *);
bool x509_range_covers(str_t address_and_mask, str_t address);
/* What *.a.b could stand for counts as excluded too. */
bool x509_domain_excludes(str_t constraint, str_t domain);

#endif
