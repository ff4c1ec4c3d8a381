/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "release/version.h"

/* Each is older than the next one. */
static const char *const ladder[] = { "0.0.0", "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1",
	"1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
	"1.0.0", "1.4.12", "v1.5", "1.5.0.1", "1.10.0", "2.0.0", "999999999999999999.0.0" };

static const char *const equal[][2] = {
	{ "1.5.0", "v1.5.0" },
	{ "1.5", "1.5.0" },
	{ "1.5.0+a", "1.5.0+b" },
	{ "01.5.0", "1.5.0" },
};

static const char *const wrong[] = { "", "v", "1.", ".1", "1..2", "1.2.3.4.5", "1.a", "1.0-",
	"1.0+", "1.0-a..b", "1.0 ", "-1.0", "1.0-ä", "1234567890123456789.0",
	"1.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

int
main(void)
{
	for (size_t i = 0; i < COUNT(ladder); i++) {
		ok(version_is_good(str_of(ladder[i])), "%s is a version", ladder[i]);
		for (size_t j = 0; j < COUNT(ladder); j++) {
			int want = i == j ? 0 : i < j ? -1 : 1;

			ok(version_compare(str_of(ladder[i]), str_of(ladder[j])) == want,
			    "%s, %s", ladder[i], ladder[j]);
		}
	}
	for (size_t i = 0; i < COUNT(equal); i++)
		ok(version_compare(str_of(equal[i][0]), str_of(equal[i][1])) == 0, "%s is %s",
		    equal[i][0], equal[i][1]);
	for (size_t i = 0; i < COUNT(wrong); i++)
		ok(!version_is_good(str_of(wrong[i])), "\"%s\" is none", wrong[i]);
	return tap_done();
}
