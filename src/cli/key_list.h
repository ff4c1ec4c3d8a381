/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_list: every key of a file, also those that the sidecar would not use, and why.
 *
 *   lifetime  texts in cli->arena; key_list_free frees the keys
 *   failure   ERR_KEY, ERR_SYNTAX: the file is no JWKS, JWK or PEM
 */
#ifndef CLI_KEY_LIST_H
#define CLI_KEY_LIST_H

#include "cli/cli.h"
#include "crypt/key.h"

struct listed_key {
	value_t jwk; /* VALUE_NONE: PEM */
	struct key *key; /* NULL: its numbers make none */
	str_t kid, kty, alg, use; /* empty: not said */
	str_t problem; /* why the sidecar does not use it; empty: it does */
	bool has_kid, is_private, is_symmetric;
	int64_t since_s, expires_s; /* 0: not known */
};

struct key_list {
	struct listed_key *at;
	size_t count;
	int64_t file_s; /* when the file was written; 0: not known */
	str_t text;
};

err_t key_list_read(struct cli *, const char *path, struct key_list *ret);
void key_list_free(struct key_list *);
str_t key_list_name(struct cli *, const struct key_list *, size_t i); /* key 2 (kid "a") */

#endif
