/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: objects of one bucket, by path-style requests signed with sigv4.h.
 *
 *   threads  one
 *   failure  as exchange.h; ERR_PROTOCOL: an answer that is neither yes nor no (why: which)
 */
#ifndef COURIER_STORE_H
#define COURIER_STORE_H

#include "courier/courier.h"
#include "courier/exchange.h"
#include "crypt/digest.h"

struct store;

/* Reads the secret key.  NULL: the diag says why. */
struct store *store_new(const struct courier *, struct diag *);
void store_free(struct store **);

enum store_state { STORE_ABSENT, STORE_SAME, STORE_OTHER };

struct store_object {
	str_t name; /* within the bucket */
	int fd; /* of the bytes */
	uint64_t size;
	char sha256[SHA256_HEX_SIZE];
};

err_t store_look(struct store *, const struct store_object *, enum store_state *ret, char ret_why[EXCHANGE_WHY_MAX]);
/* Never replaces: if it is there by now, that is ERR_OK and *ret_new is false. */
err_t store_put(struct store *, const struct store_object *, bool *ret_new, char ret_why[EXCHANGE_WHY_MAX]);

#endif
