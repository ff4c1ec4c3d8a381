/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/url.h"

#include "base/utf8.h"
#include "codec/hex.h"

/* ---- characters ---- */

static const char *
check_characters(str_t text)
{
	if (!utf8_is_valid(text))
		return "the URL is not UTF-8";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c <= ' ' || c == 0x7f)
			return "the URL has white space or a control character";
		if (c == '\\')
			return "the URL has a backslash";
	}
	return NULL;
}

/* ---- parts ---- */

static bool
is_scheme_char(char c, bool first)
{
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.');
}

static const char *
read_scheme(str_t *text, struct url *u)
{
	size_t end = str_find(*text, STR("://"), 0);

	if (end == 0 || end == text->len)
		return "the URL does not begin with a scheme and `://`";
	if (end > URL_SCHEME_MAX)
		return "the scheme is too long";
	for (size_t i = 0; i < end; i++) {
		if (!is_scheme_char(text->data[i], i == 0))
			return "the URL does not begin with a scheme and `://`";
		u->scheme[i] = text->data[i];
		if (u->scheme[i] >= 'A' && u->scheme[i] <= 'Z')
			u->scheme[i] |= 0x20;
	}
	*text = str_skip(*text, end + 3);
	return NULL;
}

static uint16_t
find_port(const char *scheme)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} ports[] = { { "http", 80 }, { "ws", 80 }, { "https", 443 }, { "wss", 443 },
		{ "ftp", 21 }, { "ftps", 990 }, { "ssh", 22 }, { "sftp", 22 }, { "ldap", 389 },
		{ "ldaps", 636 } };

	for (size_t i = 0; i < COUNT(ports); i++) {
		if (strcmp(scheme, ports[i].scheme) == 0)
			return ports[i].port;
	}
	return 0;
}

/* What stands behind the host: nothing, or a colon and a port. */
static const char *
read_port(str_t text, struct url *u)
{
	uint32_t port = 0;

	u->port = find_port(u->scheme);
	if (text.len == 0)
		return NULL;
	if (text.data[0] != ':' || text.len < 2 || text.len > 6)
		return "the port is no port";
	for (size_t i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return "the port is no port";
		port = port * 10 + (uint32_t)(text.data[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return "the port is no port";
	u->port = (uint16_t)port;
	return NULL;
}

static const char *
read_authority(str_t text, struct url *u)
{
	size_t end;
	const char *why;

	if (str_find_char(text, '@', 0) < text.len)
		return "the URL has a user name or a password";
	if (text.len > 0 && text.data[0] == '[') {
		end = str_find_char(text, ']', 0);
		if (end == text.len)
			return "a bracket is not closed";
		why = host_read_brackets(str_sub(text, 1, end - 1), &u->host);
		end++;
	} else {
		end = str_find_char(text, ':', 0);
		why = host_read_name(str_sub(text, 0, end), &u->host);
	}
	return why != NULL ? why : read_port(str_skip(text, end), u);
}

/* The next character of a path, decoded once.  false: a % without two digits. */
static bool
next_decoded(str_t path, size_t *at, char *ret)
{
	int high, low;

	*ret = path.data[(*at)++];
	if (*ret != '%')
		return true;
	if (path.len - *at < 2)
		return false;
	high = hex_digit(path.data[*at]);
	low = hex_digit(path.data[*at + 1]);
	*at += 2;
	if (high < 0 || low < 0)
		return false;
	*ret = (char)(high << 4 | low);
	return true;
}

/* What clients take out on the way (`..`) would leave another path than was judged. */
static const char *
check_path(str_t path)
{
	size_t at = 0, dots = 0, others = 0;

	while (at < path.len) {
		char c;

		if (!next_decoded(path, &at, &c))
			return "a % of the path is not followed by two digits";
		if (c == '\0')
			return "the path has a NUL";
		if (c == '/' || c == '\\') {
			if (others == 0 && (dots == 1 || dots == 2))
				return "the path has a segment `.` or `..`";
			dots = others = 0;
		} else if (c == '.') {
			dots++;
		} else {
			others++;
		}
	}
	return others == 0 && (dots == 1 || dots == 2) ? "the path has a segment `.` or `..`"
						       : NULL;
}

static size_t
find_any(str_t text, str_t set)
{
	for (size_t i = 0; i < text.len; i++) {
		if (str_find_char(set, text.data[i], 0) < set.len)
			return i;
	}
	return text.len;
}

const char *
url_read(str_t text, struct url *ret)
{
	struct url u = { 0 };
	const char *why;
	size_t end;

	if (text.len == 0)
		return "there is no URL";
	if (text.len > URL_MAX)
		return "the URL is too long";
	why = check_characters(text);
	if (why == NULL)
		why = read_scheme(&text, &u);
	if (why != NULL)
		return why;
	end = find_any(text, STR("/?#"));
	why = read_authority(str_sub(text, 0, end), &u);
	if (why != NULL)
		return why;
	text = str_skip(text, end);
	u.path = str_sub(text, 0, find_any(text, STR("?#")));
	why = check_path(u.path);
	if (why != NULL)
		return why;
	if (u.path.len == 0)
		u.path = STR("/");
	*ret = u;
	return NULL;
}
