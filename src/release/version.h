/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version: which of two versions is the older, as Semantic Versioning 2.0.0 orders them.
 *
 * A leading "v" is passed over; one to four numbers; a part behind "-" makes a version
 * older than the one without; what follows "+" does not count.
 */
#ifndef RELEASE_VERSION_H
#define RELEASE_VERSION_H

#include <stdbool.h>

#include "base/str.h"

enum { VERSION_LEN_MAX = 64 };

bool version_is_good(str_t);
int version_compare(str_t a, str_t b); /* -1, 0, 1; both good */
str_t version_bare(str_t);             /* without its "v" */

#endif
