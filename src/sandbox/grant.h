/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant: the directories that stay usable once the sandbox is entered.
 *
 * Directories, not files: a file that is replaced is another file.  Where a path to read
 * leads through links, the directory of each link is granted too, so that a link that is swapped
 * for its sibling (current -> v2, ..data -> ..2026) still leads somewhere.
 *
 * The root is never granted.  A file that stands in it is, by itself.
 *
 *   limits   LINKS_MAX links on the way of one path, PATH_MAX bytes
 *   failure  sticky in the arena: arena_failed()
 */
#ifndef SANDBOX_GRANT_H
#define SANDBOX_GRANT_H

#include "base/arena.h"
#include "base/str.h"

enum grant_access { GRANT_READ, GRANT_WRITE, GRANT_REMOVE };

struct grant {
	struct grant *next;
	const char *path;
	enum grant_access access;
};

struct grants {
	struct arena *arena;
	struct grant *first;
	size_t count;
};

/* What is around this file, now and after links were swapped; an empty path is none. */
void grant_file(struct grants *, str_t path, enum grant_access);
/* What is below this directory; one that is missing and will be written in: below its parent. */
void grant_directory(struct grants *, str_t path, enum grant_access);

#endif
