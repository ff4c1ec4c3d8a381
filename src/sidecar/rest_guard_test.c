/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/rest_guard.h"

#include "tap.h"

static const struct {
	const char *authority;
	bool is_ours; /* where pdp.example and *.svc are allowed */
} hosts[] = {
	{ "127.0.0.1", true },
	{ "127.0.0.1:8181", true },
	{ "192.0.2.7:80", true },
	{ "[::1]", true },
	{ "[2001:db8::1]:8181", true },
	{ "localhost", true },
	{ "LocalHost:8181", true },
	{ "localhost.", true },
	{ "pdp.example", true },
	{ "PDP.Example:443", true },
	{ "a.svc", true },
	{ "a.b.svc:1", true },
	{ "", false },
	{ ":80", false },
	{ "svc", false },
	{ ".svc", false },
	{ "xsvc", false },
	{ "evil.example", false },
	{ "pdp.example.evil.example", false },
	{ "xpdp.example", false },
	{ "localhost.evil.example", false },
	{ "127.0.0.1.evil.example", false },
	{ "127.1", false },
	{ "2130706433", false },
	{ "[::1", false },
	{ "[evil.example]", false },
	{ "[::1]evil.example", true }, /* its host is [::1]; the parser of the head refuses it before */
	{ "[", false },
	{ "[]", false },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd", false },
};

static const struct {
	const char *origin, *authority;
	bool is_foreign;
} origins[] = {
	{ "http://127.0.0.1:8181", "127.0.0.1:8181", false },
	{ "https://PDP.example", "pdp.example", false },
	{ "http://127.0.0.1:3000", "127.0.0.1:8181", true },
	{ "https://evil.example", "127.0.0.1:8181", true },
	{ "http://127.0.0.1:8181.evil.example", "127.0.0.1:8181", true },
	{ "null", "127.0.0.1:8181", true },
	{ "", "127.0.0.1:8181", true },
	{ "://", "", false },
};

int
main(void)
{
	static const str_t list[] = { STR("pdp.example"), STR("*.svc") };
	const struct config_list allowed = { .at = list, .count = COUNT(list) };

	for (size_t i = 0; i < COUNT(hosts); i++)
		ok(rest_guard_is_ours(&allowed, str_of(hosts[i].authority)) == hosts[i].is_ours, "%s is %sours",
		    hosts[i].authority, hosts[i].is_ours ? "" : "not ");
	for (size_t i = 0; i < COUNT(origins); i++)
		ok(rest_guard_is_foreign(str_of(origins[i].origin), str_of(origins[i].authority)) ==
			origins[i].is_foreign,
		    "a page of %s is %sforeign to %s", origins[i].origin, origins[i].is_foreign ? "" : "not ",
		    origins[i].authority);
	return tap_done();
}
