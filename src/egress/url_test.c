/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/url.h"

#include <stdio.h>

#include "tap.h"

/* what NULL: the URL is taken, as `scheme host port path`, blocked or not */
static const struct {
	str_t url;
	const char *why, *want, *blocked;
} rows[] = {
	{ STR("http://example.com"), NULL, "http example.com 80 /", NULL },
	{ STR("HTTPS://Example.COM/A?b=c#d"), NULL, "https example.com 443 /A", NULL },
	{ STR("https://example.com:8443/x/y"), NULL, "https example.com 8443 /x/y", NULL },
	{ STR("http://example.com:00080/"), NULL, "http example.com 80 /", NULL },
	{ STR("http://example.com./"), NULL, "http example.com 80 /", NULL },
	{ STR("http://example.com?x"), NULL, "http example.com 80 /", NULL },
	{ STR("http://example.com#x"), NULL, "http example.com 80 /", NULL },
	{ STR("http://example.com/?q=http://127.0.0.1/"), NULL, "http example.com 80 /", NULL },
	{ STR("ws://a-b.c_d.example/"), NULL, "ws a-b.c_d.example 80 /", NULL },
	{ STR("wss://example.com/"), NULL, "wss example.com 443 /", NULL },
	{ STR("git+ssh://example.com/"), NULL, "git+ssh example.com 0 /", NULL },
	{ STR("http://xn--bcher-kva.example/"), NULL, "http xn--bcher-kva.example 80 /", NULL },
	{ STR("http://8.8.8.8/"), NULL, "http 8.8.8.8 80 /", NULL },
	{ STR("http://8.8.8.8./"), NULL, "http 8.8.8.8 80 /", NULL },
	{ STR("http://0x8.8.2056/"), NULL, "http 8.8.8.8 80 /", NULL },
	{ STR("http://[2606:4700:4700::1111]:8080/dns"), NULL, "http 2606:4700:4700::1111 8080 /dns", NULL },
	{ STR("http://[::ffff:8.8.8.8]/"), NULL, "http 8.8.8.8 80 /", NULL },
	{ STR("http://example.com/a%20b/%2e%2ex/..."), NULL, "http example.com 80 /a%20b/%2e%2ex/...", NULL },
	{ STR("http://example.com/\xc3\xa4?\xe4\xbd\xa0"), NULL, "http example.com 80 /\xc3\xa4", NULL },
	{ STR("http://example.com/a@b:c"), NULL, "http example.com 80 /a@b:c", NULL },
	{ STR("http://example.com/a//b"), NULL, "http example.com 80 /a//b", NULL },
	{ STR("http://intranet/"), NULL, "http intranet 80 /", NULL },
	{ STR("http://app.internal/"), NULL, "http app.internal 80 /", NULL },
	{ STR("http://127.0.0.1.example.com/"), NULL, "http 127.0.0.1.example.com 80 /", NULL },
	{ STR("http://notlocalhost/"), NULL, "http notlocalhost 80 /", NULL },
	{ STR("http://localhost.example.com/"), NULL, "http localhost.example.com 80 /", NULL },
	{ STR("http://metadata.example.com/"), NULL, "http metadata.example.com 80 /", NULL },
	{ STR("http://snip.io/"), NULL, "http snip.io 80 /", NULL },
	/* addresses, in every spelling */
	{ STR("http://169.254.169.254/latest/meta-data/"), NULL, "http 169.254.169.254 80 /latest/meta-data/", "metadata" },
	{ STR("http://192.168.1.1/"), NULL, "http 192.168.1.1 80 /", "private" },
	{ STR("http://10.0.0.1/"), NULL, "http 10.0.0.1 80 /", "private" },
	{ STR("http://10.0.0.1:8080/"), NULL, "http 10.0.0.1 8080 /", "private" },
	{ STR("http://127.0.0.1./"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://2130706433/"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://0x7f.1:80"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://0X7F.0.0.1/"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://127.1?x"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://0/"), NULL, "http 0.0.0.0 80 /", "unspecified" },
	{ STR("http://0.0.0.0:22/"), NULL, "http 0.0.0.0 22 /", "unspecified" },
	{ STR("http://[::]/"), NULL, "http :: 80 /", "unspecified" },
	{ STR("http://[::1]/"), NULL, "http ::1 80 /", "loopback" },
	{ STR("http://[0:0:0:0:0:0:0:1]:9091/"), NULL, "http ::1 9091 /", "loopback" },
	{ STR("http://[::ffff:127.0.0.1]/"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://[::ffff:7f00:1]/"), NULL, "http 127.0.0.1 80 /", "loopback" },
	{ STR("http://[::FFFF:A9FE:A9FE]/"), NULL, "http 169.254.169.254 80 /", "metadata" },
	{ STR("http://[::127.0.0.1]/"), NULL, "http ::7f00:1 80 /", "compatible" },
	{ STR("http://[64:ff9b::a9fe:a9fe]/"), NULL, "http 169.254.169.254 80 /", "metadata" },
	{ STR("http://[2002:7f00:1::]/"), NULL, "http 2002:7f00:1:: 80 /", "6to4" },
	{ STR("http://[2001::1]/"), NULL, "http 2001::1 80 /", "Teredo" },
	{ STR("http://[fd00:ec2::254]/"), NULL, "http fd00:ec2::254 80 /", "metadata" },
	{ STR("http://[fe80::1]/"), NULL, "http fe80::1 80 /", "link-local" },
	{ STR("http://[fc00::1]/"), NULL, "http fc00::1 80 /", "unique local" },
	{ STR("http://100.100.100.200/"), NULL, "http 100.100.100.200 80 /", "metadata" },
	{ STR("http://100.64.0.1/"), NULL, "http 100.64.0.1 80 /", "carrier" },
	/* names that lead back */
	{ STR("http://localhost/"), NULL, "http localhost 80 /", "loopback" },
	{ STR("http://LOCALHOST./"), NULL, "http localhost 80 /", "loopback" },
	{ STR("http://a.b.localhost/"), NULL, "http a.b.localhost 80 /", "loopback" },
	{ STR("http://x.localhost.:1/"), NULL, "http x.localhost 1 /", "loopback" },
	{ STR("http://localhost.localdomain/"), NULL, "http localhost.localdomain 80 /", "loopback" },
	{ STR("http://localhost6/"), NULL, "http localhost6 80 /", "loopback" },
	{ STR("http://ip6-localhost/"), NULL, "http ip6-localhost 80 /", "loopback" },
	{ STR("http://ip6-loopback/"), NULL, "http ip6-loopback 80 /", "loopback" },
	{ STR("http://metadata/"), NULL, "http metadata 80 /", "metadata" },
	{ STR("http://metadata.google.internal/"), NULL, "http metadata.google.internal 80 /", "metadata" },
	{ STR("http://Metadata.Google.Internal./"), NULL, "http metadata.google.internal 80 /", "metadata" },
	{ STR("http://x.metadata.google.internal/"), NULL, "http x.metadata.google.internal 80 /", "metadata" },
	{ STR("http://metadata.azure.internal/"), NULL, "http metadata.azure.internal 80 /", "metadata" },
	{ STR("http://instance-data.ec2.internal/"), NULL, "http instance-data.ec2.internal 80 /", "metadata" },
	{ STR("http://instance-data/"), NULL, "http instance-data 80 /", "metadata" },
	{ STR("http://metadata.goog/"), NULL, "http metadata.goog 80 /", "metadata" },
	{ STR("http://metadata.tencentyun.com/"), NULL, "http metadata.tencentyun.com 80 /", "metadata" },
	{ STR("http://host.docker.internal/"), NULL, "http host.docker.internal 80 /", "loopback" },
	{ STR("http://127.0.0.1.nip.io/"), NULL, "http 127.0.0.1.nip.io 80 /", "any address" },
	{ STR("http://10-0-0-1.sslip.io/"), NULL, "http 10-0-0-1.sslip.io 80 /", "any address" },
	{ STR("http://localtest.me/"), NULL, "http localtest.me 80 /", "loopback" },
	/* tricks */
	{ STR("http://0177.0.0.1/"), "read differently", NULL, NULL },
	{ STR("http://010.8.8.8/"), "read differently", NULL, NULL },
	{ STR("http://017700000001/"), "no address", NULL, NULL },
	{ STR("http://256.256.256.256/"), "no address", NULL, NULL },
	{ STR("http://4294967297/"), "no address", NULL, NULL },
	{ STR("http://1.2.3.4.5/"), "no address", NULL, NULL },
	{ STR("http://example.com@169.254.169.254/"), "user name", NULL, NULL },
	{ STR("http://user:pass@example.com/"), "user name", NULL, NULL },
	{ STR("http://169.254.169.254@example.com/"), "user name", NULL, NULL },
	{ STR("http://a@b@127.0.0.1/"), "user name", NULL, NULL },
	{ STR("http://@127.0.0.1/"), "user name", NULL, NULL },
	{ STR("http://example.com:80@127.0.0.1/"), "user name", NULL, NULL },
	{ STR("http://example.com\\@127.0.0.1/"), "backslash", NULL, NULL },
	{ STR("http://127.0.0.1\\@example.com/"), "backslash", NULL, NULL },
	{ STR("http:\\\\127.0.0.1\\"), "backslash", NULL, NULL },
	{ STR("http://example.com/\\..\\x"), "backslash", NULL, NULL },
	{ STR("http://exa mple.com/"), "white space", NULL, NULL },
	{ STR(" http://example.com/"), "white space", NULL, NULL },
	{ STR("http://example.com/ "), "white space", NULL, NULL },
	{ STR("ht\ttp://example.com/"), "control character", NULL, NULL },
	{ STR("http://127.0.\n0.1/"), "control character", NULL, NULL },
	{ STR("http://127.0.0.1\r\nHost: x/"), "control character", NULL, NULL },
	{ STR("http://example.com\0.evil/"), "control character", NULL, NULL },
	{ STR("http://example.com/\x7f"), "control character", NULL, NULL },
	{ STR("\x01http://example.com/"), "control character", NULL, NULL },
	{ STR("http://%31%32%37.0.0.1/"), "percent-encoded", NULL, NULL },
	{ STR("http://%6c%6f%63alhost/"), "percent-encoded", NULL, NULL },
	{ STR("http://127.0.0.1%2f@example.com"), "user name", NULL, NULL },
	{ STR("http://127.0.0.1%00.example.com/"), "percent-encoded", NULL, NULL },
	{ STR("http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/"), "not ASCII", NULL, NULL }, /* full-width digits */
	{ STR("http://127\xe3\x80\x82" "0\xe3\x80\x82" "0\xe3\x80\x82" "1/"), "not ASCII", NULL, NULL }, /* ideographic stops */
	{ STR("http://127\xef\xbc\x8e" "0.0.1/"), "not ASCII", NULL, NULL }, /* full-width stop */
	{ STR("http://127\xef\xbd\xa1" "0.0.1/"), "not ASCII", NULL, NULL }, /* half-width stop */
	{ STR("http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/"), "not ASCII", NULL, NULL }, /* circled digits */
	{ STR("http://loc\xc3\xa5lhost/"), "not ASCII", NULL, NULL },
	{ STR("http://\xe2\x93\x9b\xe2\x93\x9e\xe2\x93\x92\xe2\x93\x90lhost/"), "not ASCII", NULL, NULL },
	{ STR("http://loc\xc2\xad" "alhost/"), "not ASCII", NULL, NULL }, /* soft hyphen */
	{ STR("http://example.com\xef\xbc\x8f@127.0.0.1/"), "user name", NULL, NULL },
	{ STR("http://example.com\xe2\x84\x80" ".evil/"), "not ASCII", NULL, NULL }, /* a/c in one */
	{ STR("http://b\xfc" "cher.example/"), "not UTF-8", NULL, NULL },
	{ STR("http://example.com/\xff"), "not UTF-8", NULL, NULL },
	{ STR("http://xn--localhost-/"), "hyphen", NULL, NULL },
	{ STR("http://-a.example/"), "hyphen", NULL, NULL },
	{ STR("http:///"), "empty", NULL, NULL },
	{ STR("http://"), "empty", NULL, NULL },
	{ STR("http://:80/"), "empty", NULL, NULL },
	{ STR("http://?x"), "empty", NULL, NULL },
	{ STR("http://./"), "empty", NULL, NULL },
	{ STR("http://../"), "empty", NULL, NULL },
	{ STR("http://a..b/"), "empty", NULL, NULL },
	{ STR("http://localhost../"), "empty", NULL, NULL },
	{ STR("http://127.0.0.1../"), "empty", NULL, NULL },
	{ STR("http://.localhost/"), "empty", NULL, NULL },
	{ STR("http:///127.0.0.1/"), "empty", NULL, NULL },
	{ STR("http:////127.0.0.1/"), "empty", NULL, NULL },
	{ STR("http:/127.0.0.1/"), "scheme", NULL, NULL },
	{ STR("http:127.0.0.1/"), "scheme", NULL, NULL },
	{ STR("//127.0.0.1/"), "scheme", NULL, NULL },
	{ STR("://127.0.0.1/"), "scheme", NULL, NULL },
	{ STR("127.0.0.1"), "scheme", NULL, NULL },
	{ STR("169.254.169.254"), "scheme", NULL, NULL },
	{ STR("example.com:443"), "scheme", NULL, NULL },
	{ STR("1http://example.com/"), "scheme", NULL, NULL },
	{ STR("ht_tp://example.com/"), "scheme", NULL, NULL },
	{ STR("javascript:alert(1)//http://x"), "too long", NULL, NULL },
	{ STR("a23456789012345678://x"), "too long", NULL, NULL },
	{ STR("mailto:a@example.com"), "scheme", NULL, NULL },
	{ STR(""), "no URL", NULL, NULL },
	{ STR("file:///etc/passwd"), "empty", NULL, NULL },
	{ STR("http://example.com:/"), "no port", NULL, NULL },
	{ STR("http://example.com:0/"), "no port", NULL, NULL },
	{ STR("http://example.com:65536/"), "no port", NULL, NULL },
	{ STR("http://example.com:000080/"), "no port", NULL, NULL },
	{ STR("http://example.com:-1/"), "no port", NULL, NULL },
	{ STR("http://example.com:8o/"), "no port", NULL, NULL },
	{ STR("http://example.com:80:80/"), "no port", NULL, NULL },
	{ STR("http://::1/"), "empty", NULL, NULL },
	{ STR("http://fe80::1/"), "no port", NULL, NULL },
	{ STR("http://[::1/"), "not closed", NULL, NULL },
	{ STR("http://[::1]x/"), "no port", NULL, NULL },
	{ STR("http://[::1]]/"), "no port", NULL, NULL },
	{ STR("http://[[::1]]/"), "no IPv6", NULL, NULL },
	{ STR("http://[]/"), "no IPv6", NULL, NULL },
	{ STR("http://[127.0.0.1]/"), "no IPv6", NULL, NULL },
	{ STR("http://[localhost]/"), "no IPv6", NULL, NULL },
	{ STR("http://[v1.fe80::1]/"), "no IPv6", NULL, NULL },
	{ STR("http://[fe80::1%25eth0]/"), "zone", NULL, NULL },
	{ STR("http://[fe80::1%eth0]/"), "zone", NULL, NULL },
	{ STR("http://[::1%]/"), "zone", NULL, NULL },
	{ STR("http://[::ffff:0177.0.0.1]/"), "no IPv6", NULL, NULL },
	{ STR("http://a[::1]/"), "character", NULL, NULL },
	{ STR("http://a,b/"), "character", NULL, NULL },
	{ STR("http://a;b/"), "character", NULL, NULL },
	{ STR("http://a&b/"), "character", NULL, NULL },
	{ STR("http://a*b/"), "character", NULL, NULL },
	{ STR("http://{a}/"), "character", NULL, NULL },
	{ STR("http://a'b/"), "character", NULL, NULL },
	{ STR("http://a|b/"), "character", NULL, NULL },
	{ STR("http://a^b/"), "character", NULL, NULL },
	{ STR("http://127.0.0.1!/"), "character", NULL, NULL },
	{ STR("http://$(id).example/"), "character", NULL, NULL },
	{ STR("http://example.com/.."), "segment", NULL, NULL },
	{ STR("http://example.com/a/../b"), "segment", NULL, NULL },
	{ STR("http://example.com/./b"), "segment", NULL, NULL },
	{ STR("http://example.com/a/%2e%2E/b"), "segment", NULL, NULL },
	{ STR("http://example.com/a/.%2e"), "segment", NULL, NULL },
	{ STR("http://example.com/a%2f..%2fb"), "segment", NULL, NULL },
	{ STR("http://example.com/a%5c..%5cb"), "segment", NULL, NULL },
	{ STR("http://example.com/a%2"), "two digits", NULL, NULL },
	{ STR("http://example.com/%zz"), "two digits", NULL, NULL },
	{ STR("http://example.com/%"), "two digits", NULL, NULL },
	{ STR("http://example.com/%00"), "NUL", NULL, NULL },
};

static void
try_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[512] = "";
		struct url u = { 0 };
		const char *why = url_read(rows[i].url, &u);
		bool good;

		if (why == NULL)
			(void)snprintf(got, sizeof(got), "%s %s %u %.*s", u.scheme, u.host.text, u.port, STR_FMT(u.path));
		if (rows[i].why != NULL)
			good = why != NULL && strstr(why, rows[i].why) != NULL;
		else
			good = why == NULL && strcmp(got, rows[i].want) == 0 &&
			    (rows[i].blocked == NULL ? u.host.blocked == NULL :
						       u.host.blocked != NULL && strstr(u.host.blocked, rows[i].blocked) != NULL);
		ok(good, "row %zu: %s%s%s", i, why != NULL ? why : got, u.host.blocked != NULL ? ", " : "",
		    u.host.blocked != NULL ? u.host.blocked : "");
	}
}

static const char *
read_long(size_t labels, size_t label, size_t path, struct url *u)
{
	static char text[2 * URL_MAX];
	size_t len = 7;

	memcpy(text, "http://", 7);
	for (size_t i = 0; i < labels; i++) {
		memset(text + len, 'a', label);
		len += label;
		text[len++] = '.';
	}
	text[len - 1] = '/';
	memset(text + len, 'p', path);
	return url_read(str_make(text, len + path), u);
}

static void
try_limits(void)
{
	struct url u;

	ok(read_long(3, 63, 0, &u) == NULL, "a label of 63 bytes");
	ok(read_long(3, 64, 0, &u) != NULL, "a label of 64 bytes is refused");
	ok(read_long(127, 1, 0, &u) == NULL && strlen(u.host.text) == HOST_MAX, "a name of 253 bytes");
	ok(read_long(128, 1, 0, &u) != NULL, "a name of 255 bytes is refused");
	ok(read_long(1, 1, URL_MAX - 9, &u) == NULL, "a URL of 8192 bytes");
	ok(read_long(1, 1, URL_MAX - 8, &u) != NULL, "a URL of 8193 bytes is refused");
}

int
main(void)
{
	try_rows();
	try_limits();
	return tap_done();
}
