/* SPDX-License-Identifier: Apache-2.0 */
/* x509_parts: what the readers of certificates and requests share, for this room alone. */
#ifndef CRYPT_X509_PARTS_H
#define CRYPT_X509_PARTS_H

#include <openssl/evp.h>

#include "crypt/x509.h"

struct x509_reader {
	struct arena *arena;
	str_t why; /* the first complaint */
};

/* OIDs met so far: a list may have tens of thousands, so each is looked up. */
struct x509_seen {
	str_t *slots;
	size_t size, count;
};

/* All below: false after a complaint, or when the arena refused. */
bool x509_refuse(struct x509_reader *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
err_t x509_outcome(const struct x509_reader *, bool done, str_t *ret_why);
bool x509_push(struct x509_reader *, struct x509_texts *, str_t);
str_t x509_quote(struct x509_reader *, str_t); /* in quotes, for a complaint */
str_t x509_oid_text(struct x509_reader *, str_t oid); /* "2.5.29.17" */

bool x509_see(struct x509_reader *, struct x509_seen *, str_t oid, bool *ret_again);

/* `loose`: values that are not strings pass, as requests have them. */
bool x509_read_name(struct x509_reader *, str_t whole, bool loose, struct x509_name *ret);
bool x509_read_key(struct x509_reader *, str_t info, struct x509_key *ret);
bool x509_read_extension(struct x509_reader *, str_t body, struct x509_extension *ret);
bool x509_read_names(struct x509_reader *, str_t value, struct x509_names *);
bool x509_read_constraints(struct x509_reader *, const struct x509_extension *,
    struct x509_certificate *, bool *ret_unhandled);
bool x509_process_extensions(struct x509_reader *, struct x509_certificate *);

/* Of an AlgorithmIdentifier's body. */
bool x509_is_identifier(str_t body);
bool x509_refuse_identifier(struct x509_reader *, str_t body); /* one that is none */
enum x509_signature x509_signature_of(str_t identifier);
bool x509_signature_right(str_t *der, struct arena *, str_t *ret); /* a BIT STRING as bytes */

EVP_PKEY *x509_key_handle(const struct x509_key *); /* NULL: the library does not take it */

#endif
