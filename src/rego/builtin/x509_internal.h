/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509_internal: what the files of the crypto.x509 family share.
 *
 * Results are what Go's encoding/json makes of its crypto structures, which is what OPA
 * shows policies: bytes in base64, big numbers as numbers, null for an absent list.
 */
#ifndef REGO_BUILTIN_X509_INTERNAL_H
#define REGO_BUILTIN_X509_INTERNAL_H

#include "crypt/private_key.h"
#include "crypt/x509_verify.h"
#include "rego/builtin.h"

VEC_TYPE(x509_certificates, struct x509_certificate);

/* Makes values; a number beyond what numbers may have, or no memory, is noted for the end. */
struct x509_maker {
	struct arena *arena;
	bool failed;
};

value_t x509_make_bytes(struct x509_maker *, str_t); /* null where data is NULL */
value_t x509_make_text(struct x509_maker *, str_t);
value_t x509_make_number(struct x509_maker *, str_t natural);
value_t x509_make_oid(struct x509_maker *, str_t);
value_t x509_make_time(struct x509_maker *, const struct der_time *);
value_t x509_make_name(struct x509_maker *, const struct x509_name *);
value_t x509_make_key(struct x509_maker *, const struct x509_key *);
value_t x509_make_extensions(struct x509_maker *, const struct x509_extensions *);
value_t x509_make_ips(struct x509_maker *, const struct x509_texts *);
value_t x509_make_uris(struct x509_maker *, const struct x509_texts *);
value_t x509_make_texts(struct x509_maker *, const struct x509_texts *,
    value_t (*make)(struct x509_maker *, str_t));
value_t x509_make_certificate(struct x509_maker *, const struct x509_certificate *,
    bool with_uri_strings);
value_t x509_make_request(struct x509_maker *, const struct x509_request *);

/* Adds a member; what could not be made is noted. */
void x509_put(struct x509_maker *, struct object_builder *, const char *name, value_t);
value_t x509_finish_object(struct x509_maker *, struct object_builder *);
/* DEFINED, or what went wrong on the way. */
enum rego_outcome x509_give(struct rego_call *, struct x509_maker *, value_t made, value_t *ret);

/* base64 as Go's StdEncoding reads it; else FAILED. */
enum rego_outcome x509_decode_base64(struct rego_call *, str_t text, str_t *ret);
/* What crypt/x509.h has left to whoever knows URIs. */
enum rego_outcome x509_check_uris(struct rego_call *, const struct x509_texts *uris);
/* One certificate and nothing behind it. */
enum rego_outcome x509_read_one(struct rego_call *, str_t der, struct x509_certificate *ret);
/* FAILED with the sentence, or HALT. */
enum rego_outcome x509_fail(struct rego_call *, err_t, str_t why);

rego_builtin_fn x509_parse_keypair, x509_parse_private_keys, x509_parse_rsa_private_key,
    x509_parse_request;

#endif
