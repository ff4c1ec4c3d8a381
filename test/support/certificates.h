/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates: keys and certificates made for one test run.
 *
 * A small CA (ECDSA P-256) and what it signs, as PEM texts.  Nothing is kept
 * on disk, so no test key can be taken for a real one.
 */
#ifndef TEST_SUPPORT_CERTIFICATES_H
#define TEST_SUPPORT_CERTIFICATES_H

#include "base/buf.h"

struct certificate {
	struct buf certificate_pem, key_pem;
};

struct certificate_wish {
	const char *name; /* common name */
	const char *san; /* as in openssl's configuration: "DNS:localhost,IP:127.0.0.1"; NULL: none */
	const char *usage; /* "serverAuth", "clientAuth"; NULL: any */
	int days_from, days_to; /* from today */
	bool is_ca;
};

/* Signed by `issuer`, or by itself if that is NULL.  Aborts on failure: it is a test. */
void certificate_make(struct certificate *, const struct certificate_wish *,
    const struct certificate *issuer);
void certificate_fini(struct certificate *);

#endif
