/* SPDX-License-Identifier: Apache-2.0 */
/* x509_policy: certificate policies along a chain (rfc5280 6.1); for this room alone. */
#ifndef CRYPT_X509_POLICY_H
#define CRYPT_X509_POLICY_H

#include "crypt/x509.h"

/*
 * Whether a chain, from the leaf to the root, has a policy left where one of its
 * certificates demands one; any policy will do.  More than X509_POLICIES_MAX in one
 * certificate hold no chain that demands any.
 */
enum { X509_POLICIES_MAX = 256 };
bool x509_policies_hold(struct arena *, const struct x509_certificate *const *chain,
    size_t count);

#endif
