/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt: what a host says of a delivery, signed by a key that only this host has.
 *
 * A statement that names host, medium, each part with its digest and what was there before,
 * the time and what came of it.  It brings the public half of its key; whoever keeps the
 * keys of his hosts checks with those, and else sees that the same key said it.
 *
 *   key      DIR/host-key.pem, Ed25519, 0600, made at first use
 *   failure  ERR_SIGNATURE and a sentence
 */
#ifndef MEDIA_RECEIPT_H
#define MEDIA_RECEIPT_H

#include "media/transaction.h"
#include "release/statement.h"

struct receipt_part {
	str_t kind, target, sha256, revision;
	str_t previous; /* digest; empty: there was no file */
};

struct receipt {
	str_t host;
	str_t media_id, media_key;
	int64_t media_created, media_number;
	struct receipt_part parts[TRANSACTION_CHANGES_MAX];
	size_t count;
	int64_t time;
	str_t result;  /* "applied", "rolled back" */
	str_t reason;  /* of a rollback */
	bool reloaded; /* the sidecar runs with it already */
	str_t key;     /* thumbprint of the host's key; ret only */
	bool known;    /* one of the keys given; ret only */
};

/* Makes the key if there is none. */
err_t receipt_host_key(struct arena *, const char *dir, struct diag *, struct key **ret);
err_t receipt_write(
    struct arena *, const struct receipt *, const struct key *, struct buf *out);
/* `keys` NULL: by the key that it brings. */
err_t receipt_read(struct arena *, str_t text, str_t name, const struct bundle_keys *keys,
    struct diag *, struct receipt *ret);

#endif
