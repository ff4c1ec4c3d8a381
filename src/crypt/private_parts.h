/* SPDX-License-Identifier: Apache-2.0 */
/* private_parts: what the files of private_key share, for this room alone. */
#ifndef CRYPT_PRIVATE_PARTS_H
#define CRYPT_PRIVATE_PARTS_H

#include "crypt/private_key.h"
#include "crypt/x509_parts.h"

/* Checks the numbers and works out those that are missing. */
bool private_complete_rsa(struct x509_reader *, struct private_key *);
/* The public half of `d` (or of the seed). */
bool private_complete_ec(struct x509_reader *, struct private_key *);
bool private_complete_okp(struct x509_reader *, const char *type, struct private_key *);

#endif
