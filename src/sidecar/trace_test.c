/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/trace.h"

#include "tap.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

static const struct row {
	const char *label, *text;
	bool good;
} rows[] = {
	{ "the example of the recommendation", "00-" ID "-" SPAN "-01", true },
	{ "not sampled", "00-" ID "-" SPAN "-00", true },
	{ "flags that nobody knows yet", "00-" ID "-" SPAN "-ff", true },
	{ "a later version", "cc-" ID "-" SPAN "-01", true },
	{ "a later version with more", "01-" ID "-" SPAN "-01-what-will-be", true },
	{ "a later version with more, but no hyphen", "01-" ID "-" SPAN "-01what", false },
	{ "version 00 with more", "00-" ID "-" SPAN "-01-more", false },
	{ "version ff", "ff-" ID "-" SPAN "-01", false },
	{ "nothing", "", false },
	{ "upper case", "00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01", false },
	{ "an id of zeros", "00-00000000000000000000000000000000-" SPAN "-01", false },
	{ "a span of zeros", "00-" ID "-0000000000000000-01", false },
	{ "no hexadecimal digit", "00-0af7651916cd43dd8448eb211c80319g-" SPAN "-01", false },
	{ "a quote in the id", "00-0af7651916cd43dd8448eb211c80319\"-" SPAN "-01", false },
	{ "flags that are none", "00-" ID "-" SPAN "-0x", false },
	{ "a short one", "00-" ID "-" SPAN "-0", false },
	{ "a hyphen out of place", "00-" ID "0" SPAN "--01", false },
	{ "a blank in front", " 00-" ID "-" SPAN "-01", false },
	{ "a blank behind", "00-" ID "-" SPAN "-01 ", false },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct trace t = trace_of(str_of(rows[i].text));
		bool is_good = str_eq(t.id, STR(ID)) && str_eq(t.span, STR(SPAN));

		ok(rows[i].good ? is_good : t.id.len + t.span.len == 0, "%s", rows[i].label);
	}
	return tap_done();
}
