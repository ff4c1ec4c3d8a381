/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: bytes that must not leak: keys of MACs, texts of private keys.
 *
 * Held in memory of their own between guard pages, locked against swapping and
 * left out of core dumps as far as the system allows, and wiped when freed.
 * There is no function that prints a secret.
 */
#ifndef CRYPT_SECRET_H
#define CRYPT_SECRET_H

#include <stdbool.h>

#include "base/str.h"

struct secret;

struct secret *secret_new(str_t bytes); /* a copy; NULL: out of memory */
struct secret *secret_new_blank(size_t len); /* to be filled through secret_fill() */
void secret_free(struct secret **); /* wipes */
str_t secret_str(const struct secret *); /* borrowed */
char *secret_fill(struct secret *);
void secret_cut(struct secret *, size_t len); /* keeps the first `len` bytes, wipes the rest */

void secret_wipe(void *, size_t); /* not removed by the optimiser */
bool secret_equal(const void *, const void *, size_t); /* in constant time */

#endif
