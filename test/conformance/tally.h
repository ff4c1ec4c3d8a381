/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally: how many cases passed, by folder or file, and which ones had to.
 *
 * A list of passing cases has a name a line.  A list of excused ones too, in paragraphs:
 * lines that begin with `#` say why the names below them, up to an empty line, cannot pass.
 */
#ifndef CONFORM_TALLY_H
#define CONFORM_TALLY_H

#include "base/buf.h"

struct tally;

struct tally *tally_new(bool quiet);
void tally_free(struct tally **);

/* False, and said on stderr: the list cannot be read.  NULL: none. */
bool tally_read_passing(struct tally *, const char *path, bool update);
bool tally_read_excused(struct tally *, const char *path);

/* What follows is counted for this file (.jsonl, .json) or the folder it is in. */
void tally_begin(struct tally *, const char *path);
void tally_add(
    struct tally *, str_t name, const char *why, str_t explanation); /* why NULL: passed */
void tally_skip(struct tally *);

int tally_report(struct tally *); /* prints; the exit status */

#endif
