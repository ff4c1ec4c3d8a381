/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time_zone_data: the time zones that the program brings along, for hosts without zone
 * files.  They are one packed text; tools/time_zones.py makes it and says how it is laid out.
 *
 *   failure  ERR_NOT_FOUND: no such zone; ERR_MEMORY
 */
#ifndef REGO_BUILTIN_TIME_ZONE_DATA_H
#define REGO_BUILTIN_TIME_ZONE_DATA_H

#include "base/arena.h"
#include "base/err.h"

enum { TIME_ZONE_DATA_MEMORY = 1 << 20 }; /* that an arena needs to unpack it */

extern const char time_zone_data_version[]; /* of the database: 2025b */

err_t time_zone_data_unpack(struct arena *, str_t *ret);
/* The file (RFC 8536) of a zone in what was unpacked. */
err_t time_zone_data_find(str_t unpacked, str_t name, str_t *ret_file);

#endif
