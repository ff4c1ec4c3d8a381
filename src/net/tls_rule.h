/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_rule: what a certificate must be like, wherever it stands in its chain.
 *
 * The rules of RFC 5280 (and of the web's profile) that OpenSSL's strict mode
 * passes over, each a line of a table.  A certificate is looked at alone: that
 * its signature holds and its chain fits together is tls_trust.h's part.
 *
 *   threads  any; nothing is kept
 */
#ifndef NET_TLS_RULE_H
#define NET_TLS_RULE_H

#include <stdbool.h>

struct x509_st; /* OpenSSL's X509 */

enum tls_place { TLS_LEAF, TLS_INTERMEDIATE, TLS_ANCHOR };

const char *tls_rule_broken(const struct x509_st *, enum tls_place); /* a sentence; NULL: none */
/* Whether names that the authority excludes are among those that a wildcard of the leaf stands for. */
bool tls_rule_excludes(const struct x509_st *authority, const struct x509_st *leaf);

#endif
