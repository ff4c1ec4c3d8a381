/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/address.h"

#include "tap.h"

/* NULL: not blocked */
static const struct {
	const char *text;
	enum address_spelling spelling;
	const char *plain, *blocked;
} v4[] = {
	/* the edges of every range */
	{ "0.0.0.0", ADDRESS_GOOD, "0.0.0.0", "unspecified" },
	{ "0.0.0.1", ADDRESS_GOOD, "0.0.0.1", "this network" },
	{ "0.255.255.255", ADDRESS_GOOD, "0.255.255.255", "this network" },
	{ "1.0.0.0", ADDRESS_GOOD, "1.0.0.0", NULL },
	{ "9.255.255.255", ADDRESS_GOOD, "9.255.255.255", NULL },
	{ "10.0.0.0", ADDRESS_GOOD, "10.0.0.0", "private" },
	{ "10.0.0.1", ADDRESS_GOOD, "10.0.0.1", "private" },
	{ "10.255.255.255", ADDRESS_GOOD, "10.255.255.255", "private" },
	{ "11.0.0.0", ADDRESS_GOOD, "11.0.0.0", NULL },
	{ "100.63.255.255", ADDRESS_GOOD, "100.63.255.255", NULL },
	{ "100.64.0.0", ADDRESS_GOOD, "100.64.0.0", "carrier" },
	{ "100.100.100.200", ADDRESS_GOOD, "100.100.100.200", "metadata" },
	{ "100.127.255.255", ADDRESS_GOOD, "100.127.255.255", "carrier" },
	{ "100.128.0.0", ADDRESS_GOOD, "100.128.0.0", NULL },
	{ "126.255.255.255", ADDRESS_GOOD, "126.255.255.255", NULL },
	{ "127.0.0.0", ADDRESS_GOOD, "127.0.0.0", "loopback" },
	{ "127.0.0.1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "127.255.255.254", ADDRESS_GOOD, "127.255.255.254", "loopback" },
	{ "128.0.0.0", ADDRESS_GOOD, "128.0.0.0", NULL },
	{ "168.63.129.16", ADDRESS_GOOD, "168.63.129.16", "metadata" },
	{ "168.63.129.17", ADDRESS_GOOD, "168.63.129.17", NULL },
	{ "169.253.255.255", ADDRESS_GOOD, "169.253.255.255", NULL },
	{ "169.254.0.0", ADDRESS_GOOD, "169.254.0.0", "link-local" },
	{ "169.254.169.253", ADDRESS_GOOD, "169.254.169.253", "link-local" },
	{ "169.254.169.254", ADDRESS_GOOD, "169.254.169.254", "metadata" },
	{ "169.254.170.2", ADDRESS_GOOD, "169.254.170.2", "link-local" },
	{ "169.254.255.255", ADDRESS_GOOD, "169.254.255.255", "link-local" },
	{ "169.255.0.0", ADDRESS_GOOD, "169.255.0.0", NULL },
	{ "172.15.255.255", ADDRESS_GOOD, "172.15.255.255", NULL },
	{ "172.16.0.0", ADDRESS_GOOD, "172.16.0.0", "private" },
	{ "172.31.255.255", ADDRESS_GOOD, "172.31.255.255", "private" },
	{ "172.32.0.0", ADDRESS_GOOD, "172.32.0.0", NULL },
	{ "191.255.255.255", ADDRESS_GOOD, "191.255.255.255", NULL },
	{ "192.0.0.0", ADDRESS_GOOD, "192.0.0.0", "reserved" },
	{ "192.0.0.192", ADDRESS_GOOD, "192.0.0.192", "metadata" },
	{ "192.0.0.255", ADDRESS_GOOD, "192.0.0.255", "reserved" },
	{ "192.0.1.0", ADDRESS_GOOD, "192.0.1.0", NULL },
	{ "192.0.2.1", ADDRESS_GOOD, "192.0.2.1", "documentation" },
	{ "192.0.3.0", ADDRESS_GOOD, "192.0.3.0", NULL },
	{ "192.88.98.255", ADDRESS_GOOD, "192.88.98.255", NULL },
	{ "192.88.99.1", ADDRESS_GOOD, "192.88.99.1", "reserved" },
	{ "192.88.100.0", ADDRESS_GOOD, "192.88.100.0", NULL },
	{ "192.167.255.255", ADDRESS_GOOD, "192.167.255.255", NULL },
	{ "192.168.0.0", ADDRESS_GOOD, "192.168.0.0", "private" },
	{ "192.168.1.1", ADDRESS_GOOD, "192.168.1.1", "private" },
	{ "192.168.255.255", ADDRESS_GOOD, "192.168.255.255", "private" },
	{ "192.169.0.0", ADDRESS_GOOD, "192.169.0.0", NULL },
	{ "198.17.255.255", ADDRESS_GOOD, "198.17.255.255", NULL },
	{ "198.18.0.0", ADDRESS_GOOD, "198.18.0.0", "benchmarking" },
	{ "198.19.255.255", ADDRESS_GOOD, "198.19.255.255", "benchmarking" },
	{ "198.20.0.0", ADDRESS_GOOD, "198.20.0.0", NULL },
	{ "198.51.99.255", ADDRESS_GOOD, "198.51.99.255", NULL },
	{ "198.51.100.7", ADDRESS_GOOD, "198.51.100.7", "documentation" },
	{ "203.0.112.255", ADDRESS_GOOD, "203.0.112.255", NULL },
	{ "203.0.113.9", ADDRESS_GOOD, "203.0.113.9", "documentation" },
	{ "223.255.255.255", ADDRESS_GOOD, "223.255.255.255", NULL },
	{ "224.0.0.1", ADDRESS_GOOD, "224.0.0.1", "multicast" },
	{ "239.255.255.255", ADDRESS_GOOD, "239.255.255.255", "multicast" },
	{ "240.0.0.0", ADDRESS_GOOD, "240.0.0.0", "reserved" },
	{ "255.255.255.254", ADDRESS_GOOD, "255.255.255.254", "reserved" },
	{ "255.255.255.255", ADDRESS_GOOD, "255.255.255.255", "broadcast" },
	/* other spellings */
	{ "2130706433", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "2852039166", ADDRESS_GOOD, "169.254.169.254", "metadata" },
	{ "3232235777", ADDRESS_GOOD, "192.168.1.1", "private" },
	{ "134744072", ADDRESS_GOOD, "8.8.8.8", NULL },
	{ "0", ADDRESS_GOOD, "0.0.0.0", "unspecified" },
	{ "1", ADDRESS_GOOD, "0.0.0.1", "this network" },
	{ "4294967295", ADDRESS_GOOD, "255.255.255.255", "broadcast" },
	{ "127.1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "127.0.1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "127.65535", ADDRESS_GOOD, "127.0.255.255", "loopback" },
	{ "127.16777215", ADDRESS_GOOD, "127.255.255.255", "loopback" },
	{ "10.1", ADDRESS_GOOD, "10.0.0.1", "private" },
	{ "192.168.257", ADDRESS_GOOD, "192.168.1.1", "private" },
	{ "192.168.65535", ADDRESS_GOOD, "192.168.255.255", "private" },
	{ "0x7f000001", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "0X7F000001", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "0x7f.1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "0x7f.0x0.0x0.0x1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "0x7F.0.0X0.1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "0x0000000000000000007f.1", ADDRESS_GOOD, "127.0.0.1", "loopback" },
	{ "0xa9fea9fe", ADDRESS_GOOD, "169.254.169.254", "metadata" },
	{ "0xA9.254.0xA9.254", ADDRESS_GOOD, "169.254.169.254", "metadata" },
	{ "169.254.0xa9fe", ADDRESS_GOOD, "169.254.169.254", "metadata" },
	{ "169.16689662", ADDRESS_GOOD, "169.254.169.254", "metadata" },
	{ "0xc0.168.1.1", ADDRESS_GOOD, "192.168.1.1", "private" },
	{ "0x8.8.8.8", ADDRESS_GOOD, "8.8.8.8", NULL },
	{ "01.02.03.04", ADDRESS_GOOD, "1.2.3.4", NULL }, /* the same, octal or not */
	{ "00.0.0.00", ADDRESS_GOOD, "0.0.0.0", "unspecified" },
	{ "0177.0.0.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "0177.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "017700000001", ADDRESS_MALFORMED, NULL, NULL }, /* too big, not octal */
	{ "0251.0376.0251.0376", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "0300.0250.1.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "012.0.0.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "010.0.0.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "0100.1.1.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "127.0.0.010", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "08.8.8.8", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "127.0.0.09", ADDRESS_AMBIGUOUS, NULL, NULL },
	{ "0177.0x0.0.1", ADDRESS_AMBIGUOUS, NULL, NULL },
	/* mistakes */
	{ "4294967296", ADDRESS_MALFORMED, NULL, NULL },
	{ "6425673729", ADDRESS_MALFORMED, NULL, NULL }, /* 127.0.0.1 and 2^32 */
	{ "99999999999999999999999999", ADDRESS_MALFORMED, NULL, NULL },
	{ "0x100000000", ADDRESS_MALFORMED, NULL, NULL },
	{ "256.0.0.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "127.0.0.256", ADDRESS_MALFORMED, NULL, NULL },
	{ "127.16777216", ADDRESS_MALFORMED, NULL, NULL },
	{ "192.168.65536", ADDRESS_MALFORMED, NULL, NULL },
	{ "1.2.3.4.5", ADDRESS_MALFORMED, NULL, NULL },
	{ "127.0.0.0.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "127..1", ADDRESS_MALFORMED, NULL, NULL },
	{ ".127.0.0.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "0x.0.0.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "127.0.0.0x", ADDRESS_MALFORMED, NULL, NULL },
	{ "0x", ADDRESS_MALFORMED, NULL, NULL },
	{ "foo.127", ADDRESS_MALFORMED, NULL, NULL },
	{ "example.com.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "a.0x7f", ADDRESS_MALFORMED, NULL, NULL },
	{ "-1.0.0.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "+127.0.0.1", ADDRESS_MALFORMED, NULL, NULL },
	{ "127.0.0.1e0.1", ADDRESS_MALFORMED, NULL, NULL },
	/* names */
	{ "example.com", ADDRESS_NONE, NULL, NULL },
	{ "1.2.3.4.example", ADDRESS_NONE, NULL, NULL },
	{ "127.0.0.1a", ADDRESS_NONE, NULL, NULL },
	{ "0x7g", ADDRESS_NONE, NULL, NULL },
	{ "deadbeef", ADDRESS_NONE, NULL, NULL },
	{ "a.", ADDRESS_NONE, NULL, NULL },
	{ "", ADDRESS_NONE, NULL, NULL },
};

/* plain NULL: refused */
static const struct {
	const char *text, *plain, *blocked;
} v6[] = {
	{ "::", "::", "unspecified" },
	{ "::0", "::", "unspecified" },
	{ "0:0:0:0:0:0:0:0", "::", "unspecified" },
	{ "::1", "::1", "loopback" },
	{ "0:0:0:0:0:0:0:1", "::1", "loopback" },
	{ "0000:0000:0000:0000:0000:0000:0000:0001", "::1", "loopback" },
	{ "::0:1", "::1", "loopback" },
	{ "0::1", "::1", "loopback" },
	{ "::0.0.0.1", "::1", "loopback" },
	{ "::2", "::2", "compatible" },
	{ "::127.0.0.1", "::7f00:1", "compatible" },
	{ "::8.8.8.8", "::808:808", "compatible" },
	{ "::ffff:127.0.0.1", "127.0.0.1", "loopback" },
	{ "::FFFF:127.0.0.1", "127.0.0.1", "loopback" },
	{ "::ffff:7f00:1", "127.0.0.1", "loopback" },
	{ "0:0:0:0:0:ffff:7f00:0001", "127.0.0.1", "loopback" },
	{ "0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1", "private" },
	{ "::ffff:a9fe:a9fe", "169.254.169.254", "metadata" },
	{ "::ffff:169.254.169.254", "169.254.169.254", "metadata" },
	{ "::ffff:192.168.1.1", "192.168.1.1", "private" },
	{ "::ffff:0.0.0.0", "0.0.0.0", "unspecified" },
	{ "::ffff:8.8.8.8", "8.8.8.8", NULL },
	{ "::ffff:0:7f00:1", "::ffff:0:7f00:1", "reserved" }, /* rfc2765's */
	{ "64:ff9b::127.0.0.1", "127.0.0.1", "loopback" },
	{ "64:ff9b::7f00:1", "127.0.0.1", "loopback" },
	{ "0064:ff9b:0:0:0:0:a9fe:a9fe", "169.254.169.254", "metadata" },
	{ "64:ff9b::10.1.2.3", "10.1.2.3", "private" },
	{ "64:ff9b::8.8.8.8", "8.8.8.8", NULL },
	{ "64:ff9b:1::1", "64:ff9b:1::1", "reserved" },
	{ "64:ff9b:0:0:1::1", "64:ff9b::1:0:0:1", "reserved" },
	{ "100::1", "100::1", "discarded" },
	{ "100:0:0:1::1", "100:0:0:1::1", "reserved" },
	{ "1::", "1::", "reserved" },
	{ "1fff:ffff::", "1fff:ffff::", "reserved" },
	{ "2000::", "2000::", NULL },
	{ "2001::1", "2001::1", "Teredo" },
	{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo" },
	{ "2001:2::1", "2001:2::1", "benchmarking" },
	{ "2001:2:1::1", "2001:2:1::1", "reserved" },
	{ "2001:10::1", "2001:10::1", "reserved" },
	{ "2001:20::1", "2001:20::1", "reserved" },
	{ "2001:1ff:ffff::", "2001:1ff:ffff::", "reserved" },
	{ "2001:200::1", "2001:200::1", NULL },
	{ "2001:4860:4860::8888", "2001:4860:4860::8888", NULL },
	{ "2001:db8::1", "2001:db8::1", "documentation" },
	{ "2001:db9::1", "2001:db9::1", NULL },
	{ "2002:7f00:1::", "2002:7f00:1::", "6to4" },
	{ "2002:a9fe:a9fe::1", "2002:a9fe:a9fe::1", "6to4" },
	{ "2002:808:808::1", "2002:808:808::1", "6to4" },
	{ "2003::1", "2003::1", NULL },
	{ "2606:4700:4700::1111", "2606:4700:4700::1111", NULL },
	{ "2606:4700::5efe:10.0.0.1", "2606:4700::5efe:a00:1", "ISATAP" },
	{ "2606:4700::200:5efe:a00:1", "2606:4700::200:5efe:a00:1", "ISATAP" },
	{ "3ffe::1", "3ffe::1", NULL },
	{ "3fff::1", "3fff::1", "documentation" },
	{ "3fff:fff::1", "3fff:fff::1", "documentation" },
	{ "3fff:1000::1", "3fff:1000::1", NULL },
	{ "4000::1", "4000::1", "reserved" },
	{ "5f00::1", "5f00::1", "reserved" },
	{ "fbff::1", "fbff::1", "reserved" },
	{ "fc00::1", "fc00::1", "unique local" },
	{ "fd00:ec2::254", "fd00:ec2::254", "metadata" },
	{ "fd00:0ec2:0:0:0:0:0:0254", "fd00:ec2::254", "metadata" },
	{ "fd20:ce::254", "fd20:ce::254", "unique local" },
	{ "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local" },
	{ "fe00::1", "fe00::1", "reserved" },
	{ "fe80::1", "fe80::1", "link-local" },
	{ "fe80::a9fe:a9fe", "fe80::a9fe:a9fe", "link-local" },
	{ "febf::1", "febf::1", "link-local" },
	{ "fec0::1", "fec0::1", "site-local" },
	{ "ff02::1", "ff02::1", "multicast" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast" },
	/* writing */
	{ "2606:0:0:1:0:0:0:1", "2606:0:0:1::1", NULL },
	{ "2606:0:0:1:1:0:0:1", "2606::1:1:0:0:1", NULL },
	{ "2606:0:1:1:1:1:1:1", "2606:0:1:1:1:1:1:1", NULL },
	{ "2606:1:1:1:1:1:0:0", "2606:1:1:1:1:1::", NULL },
	{ "2606:00A:B::", "2606:a:b::", NULL },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "reserved" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "reserved" },
	/* mistakes */
	{ "", NULL, NULL }, { ":", NULL, NULL }, { ":::", NULL, NULL }, { "1", NULL, NULL },
	{ "1:2:3:4:5:6:7", NULL, NULL }, { "1:2:3:4:5:6:7:8:9", NULL, NULL },
	{ "1:2:3:4:5:6:7:8::", NULL, NULL }, { "::1:2:3:4:5:6:7:8", NULL, NULL },
	{ "1:2:3:4::5:6:7:8", NULL, NULL }, { "1::2::3", NULL, NULL }, { "::1::", NULL, NULL },
	{ ":1:2:3:4:5:6:7", NULL, NULL }, { "1:2:3:4:5:6:7:", NULL, NULL }, { "::1:", NULL, NULL },
	{ ":::1", NULL, NULL }, { "1:::2", NULL, NULL }, { "00001::1", NULL, NULL }, { "g::1", NULL, NULL },
	{ "::ffff:127.1", NULL, NULL }, { "::ffff:0177.0.0.1", NULL, NULL }, { "::ffff:0x7f.0.0.1", NULL, NULL },
	{ "::ffff:127.0.0.256", NULL, NULL }, { "::ffff:127.0.0.1.2", NULL, NULL }, { "::ffff:127.0.0.", NULL, NULL },
	{ "::ffff:.0.0.1", NULL, NULL }, { "127.0.0.1", NULL, NULL }, { "127.0.0.1::", NULL, NULL },
	{ "::127.0.0.1:1", NULL, NULL }, { "1:2:3:4:5:6:7:1.2.3.4", NULL, NULL }, { "::1%lo", NULL, NULL },
	{ "fe80::1%25eth0", NULL, NULL }, { " ::1", NULL, NULL }, { "::1 ", NULL, NULL }, { "::-1", NULL, NULL },
	{ "0x0::1", NULL, NULL }, { "[::1]", NULL, NULL },
};

static bool
has_part(const char *text, const char *part)
{
	if (text == NULL || part == NULL)
		return text == part;
	return strstr(text, part) != NULL;
}

static void
try_v4(void)
{
	for (size_t i = 0; i < COUNT(v4); i++) {
		char plain[ADDRESS_TEXT_MAX] = "-";
		const char *blocked = NULL;
		struct address a;
		enum address_spelling got = address_read_v4(str_of(v4[i].text), &a);

		if (got == ADDRESS_GOOD) {
			address_write(&a, plain);
			blocked = address_blocked(&a);
		}
		ok(got == v4[i].spelling && strcmp(plain, v4[i].plain != NULL ? v4[i].plain : "-") == 0 &&
			has_part(blocked, v4[i].blocked),
		    "`%s`: %d %s %s", v4[i].text, got, plain, blocked != NULL ? blocked : "");
	}
}

static void
try_v6(void)
{
	for (size_t i = 0; i < COUNT(v6); i++) {
		char plain[ADDRESS_TEXT_MAX] = "-";
		const char *blocked = NULL;
		struct address a;

		if (address_read_v6(str_of(v6[i].text), &a)) {
			struct address meant = address_meant(a);

			address_write(&meant, plain);
			blocked = address_blocked(&a);
		}
		ok(strcmp(plain, v6[i].plain != NULL ? v6[i].plain : "-") == 0 &&
			has_part(blocked, v6[i].blocked),
		    "`%s`: %s %s", v6[i].text, plain, blocked != NULL ? blocked : "");
	}
}

/* Every /16 of IPv4, against the ranges as sums of its first two bytes. */
static void
try_all(void)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < 65536; i++) {
		unsigned a = i >> 8, b = i & 255;
		struct address address = { .bytes = { (uint8_t)a, (uint8_t)b, 200, 77 } };
		bool want = a == 0 || a == 10 || a == 127 || a >= 224 || (a == 100 && b >= 64 && b < 128) ||
		    (a == 169 && b == 254) || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) ||
		    (a == 198 && (b == 18 || b == 19));
		struct address mapped = { .is_v6 = true,
			.bytes = { [10] = 255, [11] = 255, [12] = (uint8_t)a, [13] = (uint8_t)b, [14] = 200, [15] = 77 } };

		wrong += (address_blocked(&address) != NULL) != want;
		wrong += address_blocked(&mapped) != address_blocked(&address);
	}
	ok(wrong == 0, "65536 addresses, plain and mapped: %u wrong", wrong);
}

int
main(void)
{
	try_v4();
	try_v6();
	try_all();
	return tap_done();
}
