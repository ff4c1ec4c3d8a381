/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"
#include "rego/builtin/net_address.h"

static const struct builtin_case cases[] = {
	{ "net.cidr_contains", "[\"10.0.0.0/8\", \"10.1.2.3\"]", "true" },
	{ "net.cidr_contains", "[\"10.0.0.0/8\", \"11.0.0.0\"]", "false" },
	{ "net.cidr_contains", "[\"10.0.0.0/8\", \"10.2.0.0/16\"]", "true" },
	{ "net.cidr_contains", "[\"10.2.0.0/16\", \"10.0.0.0/8\"]", "false" },
	{ "net.cidr_contains", "[\"0.0.0.0/0\", \"::1\"]", "false" },
	{ "net.cidr_contains", "[\"::/0\", \"10.0.0.1\"]", "false" },
	{ "net.cidr_contains", "[\"::ffff:10.0.0.0/104\", \"10.1.1.1\"]", "true" },
	{ "net.cidr_contains", "[\"x\", \"10.0.0.1\"]",
	    "eval_builtin_error: net.cidr_contains: invalid CIDR address: x" },
	{ "net.cidr_contains", "[\"10.0.0.0/8\", \"x\"]",
	    "eval_builtin_error: net.cidr_contains: not a valid textual representation of an IP "
	    "address or CIDR: x" },
	{ "net.cidr_overlap", "[\"10.0.0.0/8\", \"10.1.2.3\"]", "true" },
	{ "net.cidr_intersects", "[\"192.168.1.0/25\", \"192.168.1.64/25\"]", "true" },
	{ "net.cidr_intersects", "[\"192.168.1.0/24\", \"192.168.2.0/24\"]", "false" },
	{ "net.cidr_is_valid", "[\"10.0.0.0/8\"]", "true" },
	{ "net.cidr_is_valid", "[\"10.0.0.0/33\"]", "false" },
	{ "net.cidr_is_valid", "[\"10.0.0.0/\"]", "false" },
	{ "net.cidr_is_valid", "[\"10.0.0/8\"]", "false" },
	{ "net.cidr_is_valid", "[\"010.0.0.0/8\"]", "false" },
	{ "net.cidr_is_valid", "[\"::1%eth0/64\"]", "false" },
	{ "net.cidr_is_valid", "[\"::/129\"]", "false" },
	{ "net.cidr_is_valid", "[7]", "false" },
	{ "net.cidr_expand", "[\"192.168.1.1/30\"]",
	    "{\"192.168.1.0\", \"192.168.1.1\", \"192.168.1.2\", \"192.168.1.3\"}" },
	{ "net.cidr_expand", "[\"2001:db8::1/127\"]", "{\"2001:db8::\", \"2001:db8::1\"}" },
	{ "net.cidr_expand", "[\"255.255.255.255/32\"]", "{\"255.255.255.255\"}" },
	{ "net.cidr_expand", "[\"10.0.0.0/8\"]", "halt" },
	{ "net.cidr_expand", "[\"::/0\"]", "halt" },
	{ "net.cidr_contains_matches", "[\"1.1.1.0/24\", \"1.1.1.1\"]", "{[\"1.1.1.0/24\", \"1.1.1.1\"]}" },
	{ "net.cidr_contains_matches",
	    "[[[\"1.1.2.0/24\", 1], \"1.1.1.0/24\"], {\"a\": \"1.1.1.1\", \"b\": [\"1.1.2.1\"]}]",
	    "{[0, \"b\"], [1, \"a\"]}" },
	{ "net.cidr_contains_matches", "[[\"1.1.2.0/24\"], [[]]]",
	    "eval_builtin_error: net.cidr_contains_matches: operand 2: element must be string or "
	    "non-empty array" },
	{ "net.cidr_contains_matches", "[[[1]], \"1.1.1.1\"]",
	    "eval_type_error: net.cidr_contains_matches: operand 1 must be string but got number" },
	{ "net.cidr_merge", "[[]]", "set()" },
	{ "net.cidr_merge", "[[\"192.0.128.0/24\", \"192.0.129.0/24\"]]", "{\"192.0.128.0/23\"}" },
	{ "net.cidr_merge", "[[\"192.0.129.0/24\", \"192.0.130.0/24\"]]",
	    "{\"192.0.129.0/24\", \"192.0.130.0/24\"}" },
	{ "net.cidr_merge", "[[\"192.0.129.0/24\", \"192.0.130.0/24\", \"192.0.131.0/25\"]]",
	    "{\"192.0.129.0/24\", \"192.0.130.0/24\", \"192.0.131.0/25\"}" },
	{ "net.cidr_merge", "[[\"10.0.0.1/32\", \"10.0.0.2/32\", \"10.0.0.3/32\", \"10.0.0.4/32\"]]",
	    "{\"10.0.0.1/32\", \"10.0.0.2/31\", \"10.0.0.4/32\"}" },
	{ "net.cidr_merge", "[{\"set\": [\"::/0\", \"::192.0.2.0/124\", \"ff00::101/128\"]}]",
	    "{\"::/0\"}" },
	{ "net.cidr_merge", "[[\"0.0.0.0/1\", \"128.0.0.0/1\"]]", "{\"0.0.0.0/0\"}" },
	{ "net.cidr_merge", "[[\"::/1\", \"8000::/1\"]]", "{\"::/0\"}" },
	{ "net.cidr_merge", "[[\"192.0.2.5\"]]", "{\"192.0.2.5/24\"}" },
	{ "net.cidr_merge", "[[\"fe80::/120\", \"192.0.2.0/24\"]]", "{\"192.0.2.0/24\", \"fe80::/120\"}" },
	{ "net.cidr_merge", "[[\"::1\"]]",
	    "eval_builtin_error: net.cidr_merge: IPv6 invalid: needs prefix length" },
	{ "net.cidr_merge", "[[1]]", "eval_builtin_error: net.cidr_merge: element must be string" },
	{ "net.lookup_ip_addr", "[\"10.0.0.0\"]", "{\"10.0.0.0\"}" },
	{ "net.lookup_ip_addr", "[\"LocalHost\"]", "{\"127.0.0.1\", \"::1\"}" },
	{ "net.lookup_ip_addr", "[\"example.org\"]",
	    "eval_builtin_error: net.lookup_ip_addr: example.org needs the network, and this "
	    "program has no code for it" },
	{ "http.send", "[{}]",
	    "eval_type_error: http.send: operand 1 missing required request parameters(s): "
	    "{\"method\", \"url\"}" },
	{ "http.send", "[{\"method\": \"get\", \"url\": \"http://x\"}]",
	    "eval_builtin_error: http.send: the request needs the network, and this program has no "
	    "code for it; replace http.send with a mock in tests" },
	{ "http.send", "[{\"method\": \"get\", \"url\": \"http://x\", \"frob\": 1}]",
	    "eval_type_error: http.send: operand 1 invalid request parameters(s): {\"frob\"}" },
	{ "http.send", "[{\"method\": 1, \"url\": 1, \"raise_error\": 5}]",
	    "eval_builtin_error: http.send: invalid value for raise_error field" },
	{ "http.send", "[{\"method\": \"get\", \"url\": \"http://x\", \"raise_error\": false}]",
	    "{\"error\": {\"code\": \"eval_http_send_network_error\", \"message\": \"the request "
	    "needs the network, and this program has no code for it; replace http.send with a mock "
	    "in tests\"}, \"status_code\": 0}" },
};

/* rfc5952 4: the shortest form. */
static const struct {
	const char *address, *want;
} printed[] = {
	{ "0:0:0:0:0:0:0:0", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
	{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
	{ "::192.0.2.1", "::c000:201" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1", "192.0.2.1" },
};

static void
test_printing(void)
{
	struct buf text;

	buf_init(&text, 64);
	for (size_t i = 0; i < COUNT(printed); i++) {
		struct net_block block;

		buf_clear(&text);
		if (net_address_parse(str_of(printed[i].address), &block))
			net_address_print(&text, block.first);
		ok(str_eq(buf_str(&text), str_of(printed[i].want)), "%s is %s", printed[i].address,
		    printed[i].want);
	}
	buf_fini(&text);
}

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	test_printing();
	return tap_done();
}
