/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate is for a host (rfc6125 6.4). */
#include "crypt/x509_mailbox.h"
#include "crypt/x509_verify.h"

enum { V4_SIZE = 4, V6_SIZE = 16 };

static const char v4_in_v6[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";

/* IPv4 addresses are equal in either form. */
static bool
is_address(str_t a, str_t b)
{
	str_t prefix = str_make(v4_in_v6, V6_SIZE - V4_SIZE);

	if (a.len == V6_SIZE && b.len == V4_SIZE)
		return str_has_prefix(a, prefix) && str_eq(str_skip(a, prefix.len), b);
	if (a.len == V4_SIZE && b.len == V6_SIZE)
		return is_address(b, a);
	return str_eq(a, b);
}

static str_t
without_last_dot(str_t host)
{
	if (str_has_suffix(host, STR(".")))
		host.len--;
	return host;
}

/* Labels of letters, digits, hyphens inside, and underscores; in a pattern * may be the first. */
static bool
is_host_name(str_t s, bool is_pattern)
{
	size_t begin = 0;

	if (!is_pattern)
		s = without_last_dot(s);
	for (size_t i = 0; i <= s.len; i++) {
		char c = i < s.len ? s.data[i] : '.';

		if (c == '.') {
			if (i == begin)
				return false;
			begin = i + 1;
			continue;
		}
		if (is_pattern && i == 0 && c == '*' && (s.len == 1 || s.data[1] == '.'))
			continue;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		        c == '_' || (c == '-' && i > begin)))
			return false;
	}
	return true;
}

static bool
matches_pattern(str_t pattern, str_t host)
{
	host = without_last_dot(host);
	if (pattern.len == 0 || host.len == 0)
		return false;
	if (pattern.data[0] == '*') { /* only as a whole label: is_host_name() saw to it */
		size_t dot = str_find_char(host, '.', 0);

		return str_eq_nocase(str_skip(pattern, 1), str_skip(host, dot));
	}
	return str_eq_nocase(pattern, host);
}

static bool
matches_exactly(str_t name, str_t host)
{
	return name.len > 0 && !str_eq(name, STR(".")) && str_eq_nocase(name, host);
}

bool
x509_is_for_host(const struct x509_certificate *c, str_t host)
{
	str_t bare = host;
	uint8_t address[V6_SIZE];
	size_t len;
	bool is_name;

	if (host.len >= 3 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		bare = str_sub(host, 1, host.len - 2);
	len = x509_address_read(bare, address);
	for (size_t i = 0; len > 0 && i < c->names.ips.count; i++)
		if (is_address(c->names.ips.at[i], str_make((char *)address, len)))
			return true;
	if (len > 0)
		return false;
	is_name = is_host_name(host, false);
	for (size_t i = 0; i < c->names.dns.count; i++) {
		str_t name = c->names.dns.at[i];

		if (is_name && is_host_name(name, true) ? matches_pattern(name, host)
		                                        : matches_exactly(name, host))
			return true;
	}
	return false;
}
