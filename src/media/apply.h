/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply: a delivery taken by a host, whole or not at all.
 *
 *   read and verify → time, host, number → each part by its checker → what would change
 *   → lock → put all in place → the sidecar reloads (or is restarted) → keep, and a receipt
 *
 * When the sidecar refuses what it is given, all files are put back and it reloads those; the
 * receipt says so.  A dry run ends before the lock and has changed nothing.
 *
 *   state    data_dir/media: journal, lock, host-key.pem, state.json (the last medium
 * applied), receipts (the last one) failure  ERR_SIGNATURE: the delivery or a part of it is
 * refused.  ERR_REFUSED: the sidecar refused it, and everything is as it was.  The diag says
 * why
 */
#ifndef MEDIA_APPLY_H
#define MEDIA_APPLY_H

#include "media/check.h"
#include "media/media.h"
#include "media/receipt.h"
#include "media/transaction.h"

struct apply_options {
	const struct config *config;
	const char *root;                /* before every path of the host; "" */
	const struct release_keys *keys; /* of the delivery and of the binary in it */
	str_t host;
	const char *admin;        /* socket; NULL: there is no sidecar to be told */
	const char *receipt_path; /* NULL: in data_dir only */
	const char *restart;      /* command, if the delivery has a binary; NULL: none */
	int64_t timeout_s;        /* of a restart */
	bool dry_run, allow_rollback;
};

struct apply_result {
	struct media media;
	struct transaction transaction;     /* its changes: what is new and what was there */
	str_t revisions[MEDIA_KINDS];       /* of media.parts[i] */
	enum transaction_outcome recovered; /* of a delivery before */
	bool reloaded, restarted;
	str_t receipt; /* empty: none was made */
};

err_t apply_media(struct arena *, str_t bytes, str_t name, const struct apply_options *,
    struct diag *, struct apply_result *ret);

/* data_dir/media below root */
const char *apply_dir(struct arena *, const struct config *, const char *root);

/* What a killed delivery or update left; the sidecar reloads if something was undone. */
err_t apply_recover(struct arena *, const struct config *, const char *root, const char *admin,
    struct diag *, enum transaction_outcome *ret);

#endif
