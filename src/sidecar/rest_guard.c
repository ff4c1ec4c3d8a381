/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/rest_guard.h"

#include <arpa/inet.h>
#include <string.h>

str_t
rest_guard_host(str_t authority)
{
	size_t end = authority.len > 0 && authority.data[0] == '[' ? str_find_char(authority, ']', 0) + 1 :
								       str_find_char(authority, ':', 0);

	return str_sub(authority, 0, end < authority.len ? end : authority.len);
}

static bool
is_address(str_t host)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
	int family = AF_INET;

	if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
		family = AF_INET6;
		host = str_sub(host, 1, host.len - 2);
	}
	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.data, host.len);
	text[host.len] = '\0';
	return strlen(text) == host.len && inet_pton(family, text, bytes) == 1;
}

/* "*.example" stands for the names below it. */
static bool
names(str_t entry, str_t host)
{
	if (!str_has_prefix(entry, STR("*.")))
		return str_eq_nocase(entry, host);
	entry = str_skip(entry, 1);
	return host.len > entry.len && str_eq_nocase(str_skip(host, host.len - entry.len), entry);
}

bool
rest_guard_is_ours(const struct config_list *allowed, str_t authority)
{
	str_t host = rest_guard_host(authority);

	if (host.len > 0 && host.data[host.len - 1] == '.') /* the same name, written to its end */
		host.len--;
	if (is_address(host) || str_eq_nocase(host, STR("localhost")))
		return true;
	for (size_t i = 0; i < allowed->count; i++) {
		if (names(allowed->at[i], host))
			return true;
	}
	return false;
}

bool
rest_guard_is_foreign(str_t origin, str_t authority)
{
	size_t scheme = str_find(origin, STR("://"), 0);

	return scheme >= origin.len || !str_eq_nocase(str_skip(origin, scheme + 3), authority);
}

const char *
rest_guard_refuses(const struct config *c, const struct http1_exchange *x)
{
	str_t host = http1_find_field(x, STR("host"));
	str_t origin = http1_find_field(x, STR("origin"));

	if (str_eq_nocase(http1_find_field(x, STR("sec-fetch-site")), STR("cross-site")) ||
	    (origin.data != NULL &&
		(http1_count_field(x, STR("origin")) > 1 || rest_guard_is_foreign(origin, host))))
		return "a page of another site may not ask here (Origin, Sec-Fetch-Site)";
	if (c->rest_allowed_hosts.count > 0 && http1_peer(x)->kind != PEER_UNIX &&
	    !rest_guard_is_ours(&c->rest_allowed_hosts, host))
		return "the Host of this request is not an address, localhost or one of rest.allowed_hosts";
	return NULL;
}
