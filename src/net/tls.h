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
 * Whose certificate is believed is tls_trust.h's.
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
	str_t crl_pem; /* lists of what those CAs revoked; empty: nothing is looked up */
	bool require_client; /* mTLS: a handshake without a valid client certificate fails */
};

err_t tls_context_new(const struct tls_config *, struct tls_context **ret_context,
    struct diag *);
void tls_context_destroy(void *context); /* a shared_destroy_fn */

/*
 * One connection's side, on a non-blocking socket it does not own.  Used by
 * conn.c alone.  What a call wants before it can go on is a readable or a
 * writable socket; after TLS_FAILED only tls_free() may be called.
 */
struct peer;
struct tls;

enum tls_protocol { TLS_H2, TLS_HTTP1, TLS_HTTP_BOTH }; /* both: without ALPN it is HTTP/1.1 */
enum tls_outcome { TLS_DONE, TLS_WANTS_READ, TLS_WANTS_WRITE, TLS_CLOSED, TLS_FAILED };

struct tls *tls_new(const struct tls_context *, int fd, enum tls_protocol); /* NULL: no memory */
void tls_free(struct tls **);
bool tls_speaks_h2(const struct tls *); /* what ALPN chose, after the handshake */
enum tls_outcome tls_shake(struct tls *, struct peer *); /* done: fills the peer's identity */
enum tls_outcome tls_read(struct tls *, char *room, size_t size, size_t *ret_len);
enum tls_outcome tls_write(struct tls *, str_t, size_t *ret_len); /* maybe fewer */
void tls_say_goodbye(struct tls *); /* close_notify, if it can be written at once */
const char *tls_failure(const struct tls *); /* why a handshake failed, for the log */
bool tls_refused_client(const struct tls *); /* it failed for the client's certificate, or the lack of one */

#endif
