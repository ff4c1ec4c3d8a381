/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509_verify: whether a chain leads from a certificate to one that is trusted.
 *
 * The rules are those of Go's Certificate.Verify, which Rego's functions promise:
 * paths are searched through the intermediates, names constrained, usages nested; key
 * usage bits are looked at only where something is signed, revocation never.  MD5 and
 * SHA-1 signatures and RSA keys below 1024 bits verify nothing.
 *
 *   limits   X509_CHECKS_MAX signatures and as many steps of the search; comparisons
 *            with name constraints as `comparisons` says, and of 256 MiB in all
 *   failure  ERR_SIGNATURE: there is no such chain.  ERR_MEMORY: nothing was decided
 */
#ifndef CRYPT_X509_VERIFY_H
#define CRYPT_X509_VERIFY_H

#include "crypt/x509.h"

enum { X509_CHECKS_MAX = 100, X509_COMPARISONS_DEFAULT = 250000 };

struct x509_verify {
	const struct x509_certificate *root;
	const struct x509_certificate *intermediates;
	size_t intermediate_count;
	str_t host; /* the leaf must be for it; empty: it need not */
	int64_t now_ns;
	uint32_t usages; /* bit per enum x509_usage, one of which must hold; 0: server_auth */
	int64_t comparisons; /* 0: the default; for each certificate with constraints */
	/* The host of a URI, with its port; empty: it has none.  Asked for URIs that were read. */
	str_t (*host_of)(struct arena *, str_t uri);
};

VEC_TYPE(x509_chain, const struct x509_certificate *);

err_t x509_verify(struct arena *, const struct x509_certificate *leaf, const struct x509_verify *,
    struct x509_chain *ret); /* from the leaf to the root */

bool x509_key_same(const struct x509_key *, const struct x509_key *);
/* Whether the certificate is for this host or address ("[::1]" too). */
bool x509_is_for_host(const struct x509_certificate *, str_t host);

#endif
