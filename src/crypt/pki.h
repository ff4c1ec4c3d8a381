/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki: makes the keys and certificates of a small authority of one's own.
 *
 * P-256 and SHA-256; version 3 with what RFC 5280 asks of a CA and of a leaf.  An
 * authority signs leaves only (no CA below it).  A leaf serves, or asks; never both.
 *
 *   memory   PEM texts in the bufs of a pair; pki_pair_fini() wipes the key
 *   threads  any
 *   failure  ERR_KEY (the authority's pair cannot be used), ERR_MEMORY
 */
#ifndef CRYPT_PKI_H
#define CRYPT_PKI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { PKI_PEM_MAX = 64 << 10 };

struct pki_pair {
	struct buf certificate, key; /* PEM */
};

struct pki_wish {
	const char *name; /* common name */
	const char *alternatives; /* "DNS:localhost,IP:127.0.0.1"; not for an authority */
	bool is_server; /* else a client */
	int64_t from_s, to_s; /* wall */
};

void pki_pair_init(struct pki_pair *);
void pki_pair_fini(struct pki_pair *);

err_t pki_authority_make(const struct pki_wish *, struct pki_pair *ret);
err_t pki_leaf_make(const struct pki_pair *authority, const struct pki_wish *, struct pki_pair *ret);

/*
 * Whether the pair fits together, was signed by the authority (NULL: by itself), and is
 * good from now until `until_s`.  An authority whose key is empty is enough to tell.
 */
bool pki_pair_is_good(const struct pki_pair *, const struct pki_pair *authority, int64_t now_s,
    int64_t until_s);

#endif
