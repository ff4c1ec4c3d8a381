/* SPDX-License-Identifier: Apache-2.0 */
/*
 * media: the one file that carries a delivery across the gap.
 *
 * A tar of plain files: first manifest.jws, a statement (release/statement.h) that lists each
 * part with kind, name, size, SHA-256 and revision, when it was made, until when it may be
 * applied and on which hosts; then the parts, in the order of their kinds.  The same
 * parts give the same bytes, and a file that is not byte for byte what these parts give
 * is refused: nothing in it can be changed unseen.
 *
 *   number    a medium with a number below that of the last one applied is refused
 *   hosts     names; a last "*" stands for any ending; none: every host
 *   limits    MEDIA_SIZE_MAX; each kind at most once
 *   lifetime  parts borrow the bytes given, the rest is in the arena
 *   failure   ERR_SIGNATURE and one sentence; ERR_LIMIT, ERR_MEMORY
 */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include "bundle/keys.h"
#include "crypt/digest.h"
#include "value/value.h"

#define MEDIA_SIZE_MAX ((size_t)1 << 30)

enum media_kind {
	MEDIA_BUNDLE,
	MEDIA_JWKS,
	MEDIA_LICENSE,
	MEDIA_CRL,
	MEDIA_REVOCATIONS,
	MEDIA_CONFIG, /* flags, limits, tenants: cache.config_path */
	MEDIA_TAG,    /* its HMAC */
	MEDIA_BINARY,
	MEDIA_KINDS
};

const char *media_kind_name(enum media_kind); /* "bundle" */

struct media_part {
	enum media_kind kind;
	str_t bytes;
	str_t revision; /* what a person calls it; may be empty */
	str_t sha256;
};

enum { MEDIA_HOSTS_MAX = 64 };

struct media {
	struct media_part parts[MEDIA_KINDS];
	size_t count;
	int64_t created, expires; /* unix; expires 0: never */
	int64_t number;           /* 0: none */
	str_t hosts[MEDIA_HOSTS_MAX];
	size_t host_count;
	str_t id;       /* SHA-256 of the manifest, hex; ret only */
	str_t key, kid; /* thumbprint that verified, empty: none; as claimed; ret only */
};

err_t media_write(
    struct arena *, const struct media *, const struct key *, struct diag *, struct buf *out);
/* keys NULL: looked at, not verified. */
err_t media_read(struct arena *, str_t bytes, str_t name, const struct bundle_keys *keys,
    struct diag *, struct media *ret);

const struct media_part *media_find(const struct media *, enum media_kind); /* NULL */
bool media_is_for(const struct media *, str_t host);

#endif
