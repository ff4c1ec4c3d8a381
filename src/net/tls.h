/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: TLS 1.3 for the server side.
 *
 * A context holds certificate, key and client CAs; it is immutable and is
 * published to the workers through a `struct shared` (tls_context_destroy is
 * its destroy function).  A reload builds a new context and publishes it: new
 * connections use it, old ones keep theirs.
 *
 * TLS 1.3 only, no early data, no renegotiation, no compression; session
 * tickets are off so that a peer's certificate is checked at every connection.
 * ALPN must agree: a client that offers other protocols only is refused.
 *
 *   identity  names of the peer's certificate: subject alternative names;
 *             one with an embedded NUL or of another kind is left out
 *   threads   a context is shared; a connection's tls belongs to its worker
 *   failure   ERR_KEY, ERR_CONFIG or ERR_MEMORY, and a sentence in the diag
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

struct tls_context;

struct tls_config {
	str_t certificate_pem; /* the server's, then its intermediates */
	str_t key_pem; /* PKCS#8 or SEC1, unencrypted */
	str_t client_ca_pem; /* trust anchors for client certificates; empty: ask for none */
	bool require_client; /* mTLS: a handshake without a valid client certificate fails */
};

err_t tls_context_new(const struct tls_config *, struct tls_context **ret_context,
    struct diag *);
void tls_context_destroy(void *context); /* a shared_destroy_fn */

#endif
