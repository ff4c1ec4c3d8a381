/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint: what was signed about the log, so that its end cannot be cut off.
 *
 * A checkpoint is a signed note (C2SP signed-note, Ed25519) of the log's name, the number of
 * its last record, that record's hash, when, and why:
 *
 *   coresdk-audit/SERVICE
 *   12345
 *   BASE64 OF THE HASH
 *   time 2026-01-02T03:04:05.006Z
 *   because rotation
 *
 *   — coresdk-audit/SERVICE BASE64 OF KEY ID AND SIGNATURE
 *
 * Notes stand one behind the other, an empty line between them.  A key is published as
 * one line, NAME+ID+BASE64 (a verifier key of the same specification); several lines are
 * several keys, the oldest first, and a checkpoint of an old key behind one of a newer key is
 * refused.
 *
 *   memory   the arena given
 *   limits   AUDIT_CHECKPOINTS_BYTES of notes, AUDIT_SEAL_KEYS_MAX keys
 *   failure  ERR_SIGNATURE: a note is not what was signed, or by nobody known; ERR_KEY: a
 *            key's line is malformed.  The diag names file, row and why.  A last note without
 *            its end, torn by a crash, is passed by
 */
#ifndef AUDIT_CHECKPOINT_H
#define AUDIT_CHECKPOINT_H

#include "audit/logfile.h"
#include "audit/record.h"
#include "base/arena.h"
#include "base/diag.h"
#include "crypt/key.h"

enum {
	AUDIT_CHECKPOINTS_BYTES = 1 << 20,
	AUDIT_SEAL_KEYS_MAX = 16,
	AUDIT_SEAL_NAME_MAX = 120,
	AUDIT_NOTE_MAX = 1024, /* bytes of one note */
};

/* ---- keys ---- */

struct audit_seal_key { /* who sealed: a name, and a key under it */
	str_t name;
	uint8_t id[4];
	uint8_t public_bytes[33]; /* one for the algorithm, then the key */
	struct key *key;
};

struct audit_seal_keys {
	size_t count;
	struct audit_seal_key at[AUDIT_SEAL_KEYS_MAX];
};

err_t audit_seal_keys_read(struct arena *, str_t text, const char *file, struct diag *,
    struct audit_seal_keys *ret); /* to be released */
void audit_seal_keys_release(struct audit_seal_keys *);

/* `name` without blanks and `+`; the key is borrowed. */
err_t audit_seal_key_make(str_t name, struct key *, struct audit_seal_key *ret);
void audit_seal_key_write(struct buf *, const struct audit_seal_key *); /* its line */

/* ---- notes ---- */

struct audit_checkpoint {
	struct audit_chain chain;
	uint32_t row; /* of its first line */
};

struct audit_checkpoints {
	size_t count;
	struct audit_checkpoint *at; /* by number, each number once */
	const char *file;
	uint64_t end; /* bytes up to the end of the last whole note */
};

err_t audit_checkpoint_write(struct buf *, const struct audit_seal_key *, const struct audit_chain *,
    int64_t time_ms, const char *because);
err_t audit_checkpoints_read(struct arena *, str_t notes, const char *file,
    const struct audit_seal_keys *, struct diag *, struct audit_checkpoints *ret);

/* The last one that this key signed; *ret is untouched if there is none. */
err_t audit_checkpoint_last(struct arena *, str_t notes, const struct audit_seal_key *,
    struct audit_chain *ret, uint64_t *ret_end); /* where the last whole note ends */

/* Every second one of the older three quarters goes, so that the rest has room to grow. */
void audit_checkpoints_thin(struct buf *out, str_t notes);

#endif
