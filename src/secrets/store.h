/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: secrets that lie in files of their own.
 *
 *   DIR/TENANT/NAME, DIR/TENANT/BUNDLE/NAME   what an operator put there
 *   DIR/NAME                                  what systemd hands to a service
 *
 * Each part of such a path comes from a request, so each is one name of a narrow
 * alphabet, opened below the descriptor of the directory before it, and no link is ever
 * followed below DIR.  A file must be a regular one, of root's or ours, that nobody else
 * may read; a directory one that nobody else may write to.  Trailing newlines belong to
 * the value: what is in the file is what is given out.
 *
 *   lifetime  a value lives in a struct secret until secret_free(), which wipes it;
 *             no copy of it is left here
 *   limits    names of STORE_NAME_MAX bytes, values of the size asked for,
 *             STORE_LIST_MAX names of a bundle
 *   threads   no state; any
 *   failure   ERR_NOT_FOUND (also for what is no name); ERR_IO, ERR_REFUSED, ERR_LIMIT
 *             when it is there and is not given out; *ret_why is a clause that names
 *             neither path nor value
 */
#ifndef SECRETS_STORE_H
#define SECRETS_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "crypt/secret.h"

enum { STORE_NAME_MAX = 128, STORE_LIST_MAX = 256 };

enum store_kind { STORE_TENANTS, STORE_CREDENTIALS };

struct store {
	enum store_kind kind;
	const char *dir;
};

struct store_names {
	str_t *at;
	size_t count, capacity;
};

/* Letters, digits, `.`, `_` and `-`, none of `.` and `-` in front; 1 to STORE_NAME_MAX bytes. */
bool store_is_name(str_t);

/* An empty bundle: the tenant's own secrets.  STORE_CREDENTIALS has neither tenants nor bundles. */
err_t store_read(const struct store *, str_t tenant, str_t bundle, str_t name, size_t most,
    struct secret **ret, const char **ret_why);

/* The names in a bundle, sorted; what begins with a dot is passed by, what is no name is listed all the same. */
err_t store_list(const struct store *, str_t tenant, str_t bundle, struct arena *,
    struct store_names *ret, const char **ret_why);

#endif
