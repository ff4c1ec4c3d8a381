/* SPDX-License-Identifier: Apache-2.0 */
/* The family uri: what is read, what is refused, and what for. */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

#define REFUSED(uri, why) "eval_builtin_error: uri.parse: parse \"" uri "\": " why

static const struct builtin_case cases[] = {
	{ "uri.parse", "[\"HTTPS://u:p@Example.com:8443/a/b?q=1&r#f%20g\"]",
	    "{\"fragment\": \"f g\", \"hostname\": \"Example.com\", \"path\": \"/a/b\", "
	    "\"port\": \"8443\", \"raw_path\": \"/a/b\", \"raw_query\": \"q=1&r\", "
	    "\"scheme\": \"https\"}" },
	{ "uri.parse", "[\"\"]", "{}" },
	{ "uri.parse", "[\"mailto:a@b.c?subject=x\"]",
	    "{\"raw_query\": \"subject=x\", \"scheme\": \"mailto\"}" },
	{ "uri.parse", "[\"http://h:\"]", "{\"hostname\": \"h\", \"scheme\": \"http\"}" },
	{ "uri.parse", "[\"//h/p\"]", "{\"hostname\": \"h\", \"path\": \"/p\", \"raw_path\": \"/p\"}" },
	{ "uri.parse", "[\"///p\"]", "{\"path\": \"///p\", \"raw_path\": \"///p\"}" },
	{ "uri.parse", "[\"file:///p\"]",
	    "{\"path\": \"/p\", \"raw_path\": \"/p\", \"scheme\": \"file\"}" },
	{ "uri.parse", "[\"a/b:c?#\"]", "{\"path\": \"a/b:c\", \"raw_path\": \"a/b:c\"}" },
	{ "uri.parse", "[\"http://h%C3%A9/\"]",
	    "{\"hostname\": \"h\xC3\xA9\", \"path\": \"/\", \"raw_path\": \"/\", "
	    "\"scheme\": \"http\"}" },

	/* What is escaped by default needs no second form; a lower case escape is one. */
	{ "uri.parse", "[\"/%C3%A9\"]", "{\"path\": \"/\xC3\xA9\", \"raw_path\": \"/\xC3\xA9\"}" },
	{ "uri.parse", "[\"/%c3%a9\"]", "{\"path\": \"/\xC3\xA9\", \"raw_path\": \"/%c3%a9\"}" },
	{ "uri.parse", "[\"/a%2fb\"]", "{\"path\": \"/a/b\", \"raw_path\": \"/a%2fb\"}" },
	{ "uri.parse", "[\"/a%3Fb\"]", "{\"path\": \"/a?b\", \"raw_path\": \"/a?b\"}" },
	{ "uri.parse", "[\"/a b+c\"]", "{\"path\": \"/a b+c\", \"raw_path\": \"/a b+c\"}" },

	/* Addresses in brackets. */
	{ "uri.parse", "[\"http://[::1]:80\"]",
	    "{\"hostname\": \"::1\", \"port\": \"80\", \"scheme\": \"http\"}" },
	{ "uri.parse", "[\"http://[fe80::1%25en%200]\"]",
	    "{\"hostname\": \"fe80::1%en 0\", \"scheme\": \"http\"}" },
	{ "uri.parse", "[\"http://[::1\"]", REFUSED("http://[::1", "missing ']' in host") },
	{ "uri.parse", "[\"http://[1.2.3.4]\"]", REFUSED("http://[1.2.3.4]", "invalid IP-literal") },
	{ "uri.parse", "[\"http://a[::1]\"]", REFUSED("http://a[::1]", "invalid IP-literal") },
	{ "uri.parse", "[\"http://[h]\"]", REFUSED("http://[h]", "invalid host") },
	{ "uri.parse", "[\"http://[]\"]", REFUSED("http://[]", "invalid host") },
	{ "uri.parse", "[\"http://[fe80::1%25]\"]", REFUSED("http://[fe80::1%25]", "invalid host") },
	{ "uri.parse", "[\"http://[fe80::1%25a%2Fb]\"]",
	    REFUSED("http://[fe80::1%25a%2Fb]", "invalid URL escape \"%2F\"") },
	{ "uri.parse", "[\"http://[::1]x\"]",
	    REFUSED("http://[::1]x", "invalid port \"x\" after host") },

	/* Colons in hosts: PostgreSQL's lists of hosts have several. */
	{ "uri.parse", "[\"http://::1/\"]",
	    REFUSED("http://::1/", "invalid port \"::1\" after host") },
	{ "uri.parse", "[\"http://h:80:80/\"]",
	    REFUSED("http://h:80:80/", "invalid port \":80:80\" after host") },
	{ "uri.parse", "[\"postgres://a:1,b:2\"]",
	    "{\"hostname\": \"a:1,b\", \"port\": \"2\", \"scheme\": \"postgres\"}" },
	{ "uri.parse", "[\"postgresql://a:1,b:2\"]",
	    "{\"hostname\": \"a:1,b\", \"port\": \"2\", \"scheme\": \"postgresql\"}" },
	{ "uri.parse", "[\"postgresqx://a:1,b:2\"]",
	    REFUSED("postgresqx://a:1,b:2", "invalid port \":1,b:2\" after host") },

	{ "uri.parse", "[\":a\"]", REFUSED(":a", "missing protocol scheme") },
	{ "uri.parse", "[\"1a:b\"]",
	    REFUSED("1a:b", "first path segment in URL cannot contain colon") },
	{ "uri.parse", "[\"a\\u007f\"]",
	    REFUSED("a\\x7f", "net/url: invalid control character in URL") },
	{ "uri.parse", "[\"http://a b/\"]",
	    REFUSED("http://a b/", "invalid character \" \" in host name") },
	{ "uri.parse", "[\"http://u%zz@h#f\"]",
	    REFUSED("http://u%zz@h", "invalid URL escape \"%zz\"") },
	{ "uri.parse", "[\"http://u:%@h\"]", REFUSED("http://u:%@h", "invalid URL escape \"%\"") },
	{ "uri.parse", "[\"http://u v@h\"]", REFUSED("http://u v@h", "net/url: invalid userinfo") },
	{ "uri.parse", "[\"/%4\"]", REFUSED("/%4", "invalid URL escape \"%4\"") },
	{ "uri.parse", "[\"/a#%g0h\"]", REFUSED("/a#%g0h", "invalid URL escape \"%g0\"") },

	{ "uri.is_valid", "[\"https://h/p?q#f\"]", "true" },
	{ "uri.is_valid", "[\"\"]", "false" },
	{ "uri.is_valid", "[\"#%\"]", "false" },
	{ "uri.is_valid", "[\"http://%\xE4\xB8\xAD\"]", "false" }, /* an escape cut in a character */
	{ "uri.is_valid", "[\"http://h/\\u0000\"]", "false" },
	{ "uri.is_valid", "[1]", "false" },
};

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	return tap_done();
}
