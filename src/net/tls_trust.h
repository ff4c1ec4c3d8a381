/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_trust: which certificate chains are believed.
 *
 * OpenSSL searches the chain and checks signatures, times, usages, constraints
 * and revocation; on top of its strict mode come the rules of RFC 5280 and of
 * the web's profile that it passes over (a chain that breaks them was made by a
 * CA that cannot be relied on).  With a revocation list (CRL) each certificate
 * of the chain must be covered by one that is in force: none, or one that has
 * run out, refuses.
 *
 *   limits   TRUST_DEPTH intermediates (that are not self-issued, rfc5280 6.1.4); TRUST_NAMES names and constraints of a kind
 *   threads  what was filled is constant; a check belongs to its connection
 *   failure  err_t and a sentence in the diag
 */
#ifndef NET_TLS_TRUST_H
#define NET_TLS_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

enum { TRUST_DEPTH = 4, TRUST_NAMES = 256 };

struct x509_store_st; /* OpenSSL's X509_STORE and X509_STORE_CTX */
struct x509_store_ctx_st;

/* Anchors and, unless the text is empty, revocation lists (PEM both). */
err_t tls_trust_fill(struct x509_store_st *, str_t anchors_pem, str_t crls_pem, struct diag *);

/* Whether these revocation lists (PEM) would be taken, and none has run out at `now_s`. */
err_t tls_trust_check_lists(str_t crls_pem, int64_t now_s, struct diag *);

/* In place of OpenSSL's own check of a client's chain.  NULL: believed; else why not. */
const char *tls_trust_check(struct x509_store_ctx_st *, int depth);

/* The same for a chain that is at hand: its leaf first. */
struct tls_trust_case {
	str_t anchors_pem, crls_pem, chain_pem;
	int64_t now_s; /* wall */
	int depth; /* intermediates allowed; negative: TRUST_DEPTH */
	bool server; /* else the leaf is a client's */
};
/* NULL: believed. */
const char *tls_trust_judge(const struct tls_trust_case *);

#endif
