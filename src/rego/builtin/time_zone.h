/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time_zone: what a clock shows somewhere, from the system's zone files (RFC 8536), or
 * from those that the program brings along where there are none or older ones.
 *
 * A zone is read once and kept by its user.  Times before the first change have the
 * first zone that is no summer time, as Go has it; times after the last one follow
 * the file's POSIX rule.
 *
 *   limits   files up to TIME_ZONE_LARGEST bytes
 *   failure  NULL: not a zone file, no such zone, no memory
 */
#ifndef REGO_BUILTIN_TIME_ZONE_H
#define REGO_BUILTIN_TIME_ZONE_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct time_zone;

enum { TIME_ZONE_LARGEST = 64 * 1024, TIME_ZONE_NAME_LEN = 16 };

struct time_offset {
	int32_t seconds; /* east of Greenwich */
	char name[TIME_ZONE_NAME_LEN]; /* UTC, CET; cut if longer */
};

struct time_zone *time_zone_new(str_t file); /* decodes; copies what it keeps */
void time_zone_free(struct time_zone **);

/* Europe/Paris; "Local" is the host's own zone. */
err_t time_zone_load(str_t name, struct time_zone **ret);
err_t time_zone_load_own(str_t name, struct time_zone **ret); /* what the program brings along */

struct time_offset time_zone_offset_at(const struct time_zone *, int64_t unix_seconds);

#endif
