/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuer: one entry of auth.issuers, read.
 *
 * Either the plain value of iss, or members of a mapping, in the file as YAML and
 * elsewhere as one text:
 *
 *   issuer=https://idp.example jwks_path=/etc/coresdk/idp.json audiences=a,b leeway_secs=5
 *
 * A backslash takes the meaning from the blank or comma behind it.  What is not said is as in
 * auth.*.
 */
#ifndef CONFIG_ISSUER_H
#define CONFIG_ISSUER_H

#include "config/config.h"

enum { CONFIG_ISSUERS_MAX = 256 };

struct config_issuer {
	str_t issuer, jwks_path;
	struct config_list audiences, algorithms;
	int64_t leeway_secs;
};

/* An empty text: it is read.  Otherwise what is wrong with it. */
str_t config_issuer_read(
    struct arena *, const struct config *, str_t entry, struct config_issuer *ret);

#endif
