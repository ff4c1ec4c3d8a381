/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: the program of the sidecar replaced, started, looked at, and put back if it is not
 * well.
 *
 *   verify → not older → swap, the old one beside as NAME.previous → restart → healthy? → keep
 *
 * Healthy is: within the timeout another process answers on the admin socket, says the version
 * that was signed, and has policies if the one before had.  Else the old program comes back,
 * is restarted, and the answer is ERR_REFUSED.  The swap is a transaction (transaction.h): a
 * kill -9 in between is undone by `core media recover`, or by whatever update or delivery
 * comes next.
 */
#ifndef MEDIA_UPDATE_H
#define MEDIA_UPDATE_H

#include "config/config.h"
#include "media/sidecar.h"
#include "media/transaction.h"
#include "release/binary.h"

#define UPDATE_RESTART "systemctl restart coresdk-sidecar"

struct update_options {
	const struct config *config;
	const struct release_keys
	    *keys;           /* NULL: back to the previous program, which was verified once */
	const char *admin;   /* socket */
	const char *restart; /* command */
	int64_t timeout_s;
	bool allow_downgrade;
};

struct update_result {
	const char *target, *previous; /* paths */
	struct binary_facts facts;     /* of the new program */
	struct binary_claims old;      /* of the one before; may be empty */
	struct sidecar_status now;
	bool rolled_back;
};

/* The file at `path`, with its signature. */
err_t update_apply(struct arena *, const char *path, const struct update_options *,
    struct diag *, struct update_result *ret);
/* Swaps the program and its predecessor; once more brings it back. */
err_t update_rollback(
    struct arena *, const struct update_options *, struct diag *, struct update_result *ret);

#endif
