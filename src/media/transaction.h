/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction: several files replaced as one, or none of them.
 *
 *   stage    a copy of each old file and each new one go beside their targets, synced
 *   put      the new ones are renamed into place
 *   keep     from here on the change stands;   undo   or the old ones are renamed back
 *
 * A journal in DIR says how far that got.  Whoever dies leaves it behind, and
 * transaction_recover undoes what was not kept and finishes what was: at each instant
 * each target is the old file or the new one, never missing, never half.
 *
 *   beside     TARGET.media-old, TARGET.media-new
 *   owner      a new file gets mode and owner of the one it replaces
 *   lock       DIR/lock, held from transaction_open to transaction_close
 *   failure    ERR_IO and a finding; ERR_REFUSED: another one is at work
 */
#ifndef MEDIA_TRANSACTION_H
#define MEDIA_TRANSACTION_H

#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "crypt/digest.h"

enum { TRANSACTION_CHANGES_MAX = 16 };
#define TRANSACTION_FILE_MAX ((size_t)1 << 30)

struct change {
	const char *kind; /* for the journal and people */
	const char *target;
	str_t bytes;
	mode_t mode;         /* of a file that is not there yet */
	const char *keep_as; /* where the old file stays; NULL: nowhere */
	/* filled in by transaction_look: */
	bool existed;
	char sha256[SHA256_HEX_SIZE + 1], previous[SHA256_HEX_SIZE + 1];
};

struct transaction {
	struct arena *arena;
	const struct file_ops *ops;
	const char *dir; /* made if need be */
	struct change changes[TRANSACTION_CHANGES_MAX];
	size_t count;
	int lock_fd;
	/* written to that path when the change is kept; empty: nothing */
	str_t receipt;
	const char *receipt_path;
};

enum transaction_outcome { TRANSACTION_CLEAN, TRANSACTION_UNDONE, TRANSACTION_FINISHED };

void transaction_init(
    struct transaction *, struct arena *, const struct file_ops *, const char *dir);
/* `target` and `keep_as` are borrowed, `bytes` too. */
err_t transaction_add(struct transaction *, const struct change *, struct diag *);
/* What is there now; changes nothing. */
err_t transaction_look(struct transaction *, struct diag *);

err_t transaction_open(struct transaction *, struct diag *); /* makes DIR, takes the lock */
void transaction_close(struct transaction *);

/* All of these with the lock.  A put that fails was undone. */
err_t transaction_put(struct transaction *, struct diag *);
err_t transaction_keep(struct transaction *, struct diag *);
err_t transaction_undo(struct transaction *, struct diag *);
err_t transaction_recover(struct transaction *, struct diag *, enum transaction_outcome *ret);

#endif
