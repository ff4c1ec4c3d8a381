/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/reach.h"

#include "tap.h"

static const struct {
	const char *text;
	bool local;
} rows[] = {
	{ "127.0.0.1", true }, { "127.255.255.255", true }, { "126.255.255.255", false },
	{ "128.0.0.1", false }, { "10.0.0.1", true }, { "10.255.255.255", true }, { "11.0.0.1", false },
	{ "172.15.255.255", false }, { "172.16.0.1", true }, { "172.31.255.255", true },
	{ "172.32.0.1", false }, { "192.168.0.1", true }, { "192.167.255.255", false },
	{ "192.169.0.1", false }, { "169.254.169.254", false }, { "0.0.0.0", false },
	{ "100.64.0.1", false }, { "8.8.8.8", false }, { "255.255.255.255", false },
	{ "::1", true }, { "::", false }, { "::2", false }, { "fc00::1", true }, { "fdff::1", true },
	{ "fe00::1", false }, { "fe80::1", false }, { "2001:4860:4860::8888", false },
	{ "::ffff:10.0.0.1", true }, { "::ffff:8.8.8.8", false }, { "64:ff9b::808:808", false },
	{ "64:ff9b::a00:1", true }, { "ff02::1", false },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_t text = str_of(rows[i].text);
		struct address a;
		bool read = address_read_v4(text, &a) == ADDRESS_GOOD || address_read_v6(text, &a);

		ok(read && reach_is_local(&a) == rows[i].local, "%s is %s", rows[i].text,
		    rows[i].local ? "local" : "not local");
	}
	return tap_done();
}
