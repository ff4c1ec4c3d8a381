/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin/schema.h"
#include "tap.h"

enum { MEMORY = 32 << 20 };

static bool
work(void *context, size_t bytes)
{
	(void)context;
	return bytes < MEMORY;
}

static const struct schema_host host = { .work = work };

static const struct {
	const char *format, *text;
	bool matches;
} formats[] = {
	{ "date", "2020-02-29", true },
	{ "date", "0000-01-01", true },
	{ "date", "2021-02-29", false },
	{ "date", "2020-1-1", false },
	{ "date", "2020-01-01T", false },
	{ "date", "x", false },
	{ "date", "", false },
	{ "time", "12:00:00", true },
	{ "time", "12:00:00Z", true },
	{ "time", "12:00:00+01:00", true },
	{ "time", "12:00:00.123", true },
	{ "time", "12:00", false },
	{ "time", "24:00:00", false },
	{ "time", "12:00:60", false },
	{ "time", "12:00:00+1", false },
	{ "date-time", "2020-01-01T00:00:00Z", true },
	{ "date-time", "2020-01-01T00:00:00.5+02:00", true },
	{ "date-time", "2020-01-01", true },
	{ "date-time", "12:00:00", true },
	{ "date-time", "2020-01-01 00:00:00Z", false },
	{ "date-time", "2020-01-01T00:00:00", false },
	{ "date-time", "2020-13-01T00:00:00Z", false },
	{ "hostname", "a", true },
	{ "hostname", "a-b.c", true },
	{ "hostname", "1.2", true },
	{ "hostname", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true },
	{ "hostname", "-a", false },
	{ "hostname", "a-", false },
	{ "hostname", "a..b", false },
	{ "hostname", "", false },
	{ "hostname", "a_b", false },
	{ "hostname", "a.", false },
	{ "hostname", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false },
	{ "hostname", "é", false },
	{ "email", "a@b", true },
	{ "email", "a.b@c.d", true },
	{ "email", "\"a b\"@c", true },
	{ "email", "A <a@b>", true },
	{ "email", "\"A, B\" <a@b>", true },
	{ "email", "a@b (note)", true },
	{ "email", " a@b ", true },
	{ "email", "é@b", true },
	{ "email", "a@[127.0.0.1]", true },
	{ "email", "g: a@b;", true },
	{ "email", "A B <a@b> (x(y))", true },
	{ "email", "a", false },
	{ "email", "@b", false },
	{ "email", "a@", false },
	{ "email", "a@b@c", false },
	{ "email", ".a@b", false },
	{ "email", "a.@b", false },
	{ "email", "a..b@c", false },
	{ "email", "a b@c", false },
	{ "email", "<a@b", false },
	{ "email", "\"\"@b", false },
	{ "email", "a@[x]", false },
	{ "email", "g: a@b, c@d;", false },
	{ "email", "g: ;", false },
	{ "email", "a@b (x", false },
	{ "email", "", false },
	{ "email", "a,b@c", false },
	{ "email", "a@b, c@d", false },
	{ "idn-email", "a@b", true },
	{ "idn-email", "a", false },
	{ "ipv4", "127.0.0.1", true },
	{ "ipv4", "::ffff:1.2.3.4", true },
	{ "ipv4", "1.2.3", false },
	{ "ipv4", "256.1.1.1", false },
	{ "ipv4", "::1", false },
	{ "ipv4", "01.2.3.4", false },
	{ "ipv4", "", false },
	{ "ipv6", "::1", true },
	{ "ipv6", "fe80::1", true },
	{ "ipv6", "::ffff:1.2.3.4", true },
	{ "ipv6", "127.0.0.1", false },
	{ "ipv6", "::g", false },
	{ "ipv6", "fe80::1%eth0", false },
	{ "ipv6", "[::1]", false },
	{ "uri", "http://a/b?c#d", true },
	{ "uri", "urn:x", true },
	{ "uri", "a:", true },
	{ "uri", "a", false },
	{ "uri", "//a/b", false },
	{ "uri", "\\a:b", false },
	{ "uri", "http://a b/", false },
	{ "uri", "", false },
	{ "uri-reference", "", true },
	{ "uri-reference", "a", true },
	{ "uri-reference", "//a/b", true },
	{ "uri-reference", "#x", true },
	{ "uri-reference", "?q", true },
	{ "uri-reference", "\\a", false },
	{ "uri-reference", "http://[::1", false },
	{ "uri-reference", "%zz", false },
	{ "iri", "http://é/", true },
	{ "iri", "a", false },
	{ "iri-reference", "é", true },
	{ "iri-reference", "a\\b", false },
	{ "uri-template", "http://a/{b}", true },
	{ "uri-template", "a{b}c{d}", true },
	{ "uri-template", "}{a}", true },
	{ "uri-template", "a{b", false },
	{ "uri-template", "{a}{", false },
	{ "uuid", "00000000-0000-0000-0000-00000000abCD", true },
	{ "uuid", "0000", false },
	{ "uuid", "00000000-0000-0000-0000-00000000000g", false },
	{ "uuid", "000000000-000-0000-0000-000000000000", false },
	{ "regex", "", true },
	{ "regex", "a+", true },
	{ "regex", "(?P<x>a)", true },
	{ "regex", "(", false },
	{ "regex", "a**", false },
	{ "regex", "(?=a)", false },
	{ "json-pointer", "", true },
	{ "json-pointer", "/", true },
	{ "json-pointer", "/a~0b/~1", true },
	{ "json-pointer", "a", false },
	{ "json-pointer", "/~", false },
	{ "json-pointer", "/~2", false },
	{ "relative-json-pointer", "0", true },
	{ "relative-json-pointer", "1/a", true },
	{ "relative-json-pointer", "10#", true },
	{ "relative-json-pointer", "0/~1", true },
	{ "relative-json-pointer", "", false },
	{ "relative-json-pointer", "a", false },
	{ "relative-json-pointer", "01", false },
	{ "relative-json-pointer", "1#/", false },
	{ "relative-json-pointer", "-1", false },
	{ "relative-json-pointer", "/a", false },
	{ "unknown", "x", true },
	{ "", "x", true },
};

static void
test_formats(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct schema *schema = NULL;
		struct schema_fault *faults = NULL;
		str_t problem = STR("");
		value_t named;

		arena_reset(arena);
		named = value_object_with(arena, value_empty_object(), value_text(arena, "format"),
		    value_text(arena, formats[i].format));
		must(schema_make(arena, &host, named, true, &schema, &problem) == SCHEMA_GOOD);
		must(schema_validate(arena, &host, schema, value_text(arena, formats[i].text), &faults,
			 &problem) == SCHEMA_GOOD);
		ok((faults == NULL) == formats[i].matches, "%s: %s", formats[i].format, formats[i].text);
		schema_free(&schema);
	}
}

int
main(void)
{
	struct arena *arena = arena_new(MEMORY);

	must(arena != NULL);
	test_formats(arena);
	arena_free(&arena);
	return tap_done();
}
