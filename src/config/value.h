/* SPDX-License-Identifier: Apache-2.0 */
/* value: one configuration value from the words somebody wrote, checked against its row. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/config.h"

struct config_words { /* what was written: one word, or a list of them */
	const str_t *at;
	const struct config_mark *marks; /* of each; NULL: not from a file */
	size_t count;
	bool is_list;
	bool is_quoted; /* a text even if it looks like a number or a flag */
};

/* An empty text: it is set.  Otherwise what is wrong with it, as a sentence in the arena. */
str_t config_value_set(struct arena *, const struct config_row *, const struct config_words *,
    struct config *);

/* The same from a default, a variable or a flag: a LIST is separated by commas. */
str_t config_value_set_text(struct arena *, const struct config_row *, str_t text,
    struct config *);

bool config_read_int(str_t text, int64_t *ret);

/* ---- entries: "issuer=a audiences=b,c", a mapping as one text ---- */

/* Else it is a plain text. */
bool config_entry_has_members(const struct config_row *, str_t entry);
/* A mapping may have it. */
bool config_entry_has_member(const struct config_row *, str_t name);

#endif
