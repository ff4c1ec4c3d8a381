/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault: copies of what arrived, in data_dir/courier, each with its tag.
 *
 * NAME is the bytes as they came; NAME.tag says the ETag that they came with and an
 * HMAC-SHA256 over name, ETag and the bytes' digest, with a key that is made at the first
 * start (`key`, mode 0600).  The tag is compared at each read: what a broken disk or another
 * hand changed is not there.  The bytes are replaced first and the tag second, so a crash
 * between the two leaves a copy that is not believed and comes again.
 *
 *   lifetime  open/close; one process at a time holds the lock of the directory
 *   limits    the limit of the buf that is read into; VAULT_ETAG_MAX
 *   threads   one for each name
 *   failure   ERR_NOT_FOUND; ERR_SIGNATURE: it is there and not believed; ERR_IO;
 *             ERR_REFUSED: another courier holds the lock
 */
#ifndef COURIER_VAULT_H
#define COURIER_VAULT_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "crypt/secret.h"

enum { VAULT_ETAG_MAX = 256, VAULT_PATH_MAX = 1024, VAULT_NAME_MAX = 64 };

struct vault {
	char dir[VAULT_PATH_MAX];
	struct secret *key;
	int lock_fd;
};

err_t vault_open(struct vault *, str_t data_dir, struct diag *);
void vault_close(struct vault *);

/* Where NAME is; false: the path is too long. */
bool vault_path(const struct vault *, const char *name, char ret[VAULT_PATH_MAX + VAULT_NAME_MAX]);

/* An ETag that a header cannot carry, or too long a one, is kept as none. */
err_t vault_write(const struct vault *, const char *name, str_t bytes, str_t etag, struct diag *);
err_t vault_read(const struct vault *, const char *name, struct buf *ret_bytes,
    char ret_etag[VAULT_ETAG_MAX], struct diag *);

/* The text of a tag taken apart; false: it is none.  `ret_mac` is 32 bytes. */
bool vault_tag_read(str_t text, uint8_t *ret_mac, str_t *ret_etag);

#endif
