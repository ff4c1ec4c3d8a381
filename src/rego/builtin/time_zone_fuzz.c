/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin/time_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t moments[] = { INT64_MIN / 1000000000, -1, 0, 1700000000, 4000000000,
		INT64_MAX / 1000000000 };
	struct time_zone *zone = time_zone_new(str_make((const char *)data, size));

	for (size_t i = 0; zone != NULL && i < COUNT(moments); i++) {
		struct time_offset o = time_zone_offset_at(zone, moments[i]);

		must(strlen(o.name) < TIME_ZONE_NAME_LEN);
		must(o.seconds > -200 * 3600 && o.seconds < 200 * 3600);
	}
	time_zone_free(&zone);
	return 0;
}
