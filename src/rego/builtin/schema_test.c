/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

static const struct builtin_case cases[] = {
	{ "json.verify_schema", "[\"{}\"]", "[true, null]" },
};

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	return tap_done();
}
