/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members: an entry of a list that is a mapping, as one text.
 *
 *   issuer=https://idp.example audiences=a,b
 *
 * The file's YAML becomes such a text too.  A backslash takes the meaning from the blank or comma
 * behind it.  The names are those of the row's limits (at most 32), in that order.
 */
#ifndef CONFIG_MEMBERS_H
#define CONFIG_MEMBERS_H

#include "config/config.h"

/* An empty text: it is set.  Otherwise what is wrong with it. */
typedef str_t config_member_fn(struct arena *, size_t member, str_t value, void *context);

/* Each member once; what the first wrong one is wrong with. */
str_t config_members_read(struct arena *, const struct config_row *, str_t entry,
    config_member_fn *, void *context);

str_t config_member_text(struct arena *, str_t value);
struct config_list config_member_list(struct arena *, str_t value);

#endif
