/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: what the files of this room share: a tree of YAML, read section by section by tables.
 *
 * Every function reports what is wrong at its line and column and goes on, so that all of it
 * is found in one go; reader.wrong counts.
 */
#ifndef SETTINGS_READER_H
#define SETTINGS_READER_H

#include "codec/yaml_tree.h"
#include "settings/settings.h"

struct reader {
	struct arena *arena;
	struct diag *diag;
	str_t name, text; /* of the file */
	size_t wrong;
};

/* A key of a section: reads `node`, the value behind it, into `into`. */
struct reader_key {
	const char *name;
	void (*read)(struct reader *, const struct yaml_tree *, void *into);
};

struct diag_finding *reader_wrong(struct reader *, const struct yaml_tree *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `node` must be a mapping of these keys; `what` names it in findings. */
void reader_section(struct reader *, const struct yaml_tree *, const char *what, const struct reader_key *,
    size_t count, void *into);

bool reader_is(struct reader *, const struct yaml_tree *, enum yaml_tree_kind, const char *what);
void reader_text(struct reader *, const struct yaml_tree *, void *str); /* str_t: a scalar that is not null */
void reader_texts(struct reader *, const struct yaml_tree *, void *texts); /* struct flag_texts: a list, or one */
void reader_flag(struct reader *, const struct yaml_tree *, void *boolean); /* bool */
/* uint32_t from 1 up */
void reader_count(struct reader *, const struct yaml_tree *, void *number);
/* FLAG_PARTS of a whole from "12.5" percent */
void reader_percent(struct reader *, const struct yaml_tree *, void *parts);
void reader_pairs(struct reader *, const struct yaml_tree *, void *pairs); /* struct settings_pairs, sorted */

/* flag_read.c */
void reader_one_flag(struct reader *, const struct yaml_tree *key, const struct yaml_tree *, struct flag *ret);

#endif
