/* SPDX-License-Identifier: Apache-2.0 */
/* How URIs are written again, and what references mean at a base (rfc3986 5.4). */
#include "base/must.h"
#include "rego/builtin/uri_read.h"
#include "tap.h"

static const struct {
	const char *text, *want;
} written[] = {
	{ "HTTPS://h/p?q#f", "https://h/p?q#f" },
	{ "http://u:p%40@h:8/", "http://u:p%40@h:8/" },
	{ "http://u%3a@h", "http://u%3A@h" },
	{ "//u@h/p", "//u@h/p" },
	{ "http://[fe80::1%25en%200]:8/", "http://[fe80::1%25en%200]:8/" },
	{ "http://h%C3%A9/", "http://h%C3%A9/" },
	{ "http://h", "http://h" },
	{ "mailto:a@b.c?s", "mailto:a@b.c?s" },
	{ "file:///p", "file:///p" },
	{ "file:/p", "file:/p" },
	{ "///p", "///p" },
	{ "s:", "s:" },
	{ "a?", "a?" },
	{ "a?#", "a?" },
	{ "a??", "a??" },
	{ "./a:b", "./a:b" },
	{ "a%3ab", "a%3ab" },
	{ "%61:b", NULL },
	{ "/a%2fb", "/a%2fb" },
	{ "/a%2fb c", "/a/b%20c" },
	{ "*", "*" },
	{ "/a b", "/a%20b" },
	{ "/[]", "/[]" },
	{ "#a b", "#a%20b" },
	{ "#a/?b", "#a/?b" },
	{ "#%41", "#%41" },
	{ "#`%41", "#%60A" },
};

static const char rfc_base[] = "http://a/b/c/d;p?q";

static const struct {
	const char *base, *ref, *want;
} resolved[] = {
	{ rfc_base, "g:h", "g:h" },
	{ rfc_base, "g", "http://a/b/c/g" },
	{ rfc_base, "./g", "http://a/b/c/g" },
	{ rfc_base, "g/", "http://a/b/c/g/" },
	{ rfc_base, "/g", "http://a/g" },
	{ rfc_base, "//g", "http://g" },
	{ rfc_base, "?y", "http://a/b/c/d;p?y" },
	{ rfc_base, "?", "http://a/b/c/d;p?" },
	{ rfc_base, "g?y", "http://a/b/c/g?y" },
	{ rfc_base, "#s", "http://a/b/c/d;p?q#s" },
	{ rfc_base, "g#s", "http://a/b/c/g#s" },
	{ rfc_base, "g?y#s", "http://a/b/c/g?y#s" },
	{ rfc_base, ";x", "http://a/b/c/;x" },
	{ rfc_base, "", "http://a/b/c/d;p?q" },
	{ rfc_base, ".", "http://a/b/c/" },
	{ rfc_base, "./", "http://a/b/c/" },
	{ rfc_base, "..", "http://a/b/" },
	{ rfc_base, "../g", "http://a/b/g" },
	{ rfc_base, "../..", "http://a/" },
	{ rfc_base, "../../g", "http://a/g" },
	{ rfc_base, "../../../g", "http://a/g" },
	{ rfc_base, "/./g", "http://a/g" },
	{ rfc_base, "/../g", "http://a/g" },
	{ rfc_base, "g.", "http://a/b/c/g." },
	{ rfc_base, "..g", "http://a/b/c/..g" },
	{ rfc_base, "./../g", "http://a/b/g" },
	{ rfc_base, "g/./h", "http://a/b/c/g/h" },
	{ rfc_base, "g/../h", "http://a/b/c/h" },
	{ rfc_base, "g;x=1/../y", "http://a/b/c/y" },
	{ rfc_base, "g?y/../x", "http://a/b/c/g?y/../x" },
	{ rfc_base, "http://x/a/../b", "http://x/b" },
	{ "http://u:p@h:8/a", "b", "http://u:p@h:8/b" },
	{ "http://u:p@h/a", "//v@i/b", "http://v@i/b" },
	{ "http://h", "a", "http://h/a" },
	{ "http://h//a", "b", "http://h//b" },
	{ "http://h/a%2fb/c", "d", "http://h/a%2fb/d" },
	{ "http://h/a#f", "", "http://h/a#f" },
	{ "mailto:a@b", "#f", "mailto:a@b#f" },
	{ "urn:a:b", "c", "urn:///c" },
	{ "a/b", "c", "/a/c" },
	{ "", "#f", "#f" },
	{ "", "", "" },
};

static struct uri
read_good(struct arena *arena, const char *text)
{
	struct uri_fault fault;
	struct uri u;

	must(uri_read(arena, str_of(text), &u, &fault));
	return u;
}

static void
check(str_t got, const char *want, const char *base, const char *text)
{
	if (!ok(str_eq(got, str_of(want)), "\"%s\" \"%s\"", base, text))
		tap_note("%.*s, not %s", STR_FMT(got), want);
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct uri_fault fault;
	struct uri u;

	for (size_t i = 0; i < COUNT(written); i++) {
		if (written[i].want == NULL) {
			ok(!uri_read(arena, str_of(written[i].text), &u, &fault), "%s is none",
			    written[i].text);
			continue;
		}
		u = read_good(arena, written[i].text);
		check(uri_text(arena, &u), written[i].want, "", written[i].text);
	}
	for (size_t i = 0; i < COUNT(resolved); i++) {
		struct uri base = read_good(arena, resolved[i].base);
		struct uri ref = read_good(arena, resolved[i].ref);

		must(uri_resolve(arena, &base, &ref, &u));
		check(uri_text(arena, &u), resolved[i].want, resolved[i].base, resolved[i].ref);
	}
	arena_free(&arena);
	return tap_done();
}
