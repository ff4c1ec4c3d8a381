/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

enum {
	SOCKET_TABLE_LIMIT = 8 << 20,
	KEEPALIVE_IDLE_S = 60, /* finds the dead peer of a stream that has nothing to say */
	KEEPALIVE_STEP_S = 10,
	KEEPALIVE_STEPS = 6,
};

static err_t
refuse_address(str_t text, const char *why, struct diag *d)
{
	diag_say(d, "listen", "\"%.*s\" is not an address to listen on: %s", STR_FMT(text), why);
	return ERR_CONFIG;
}

static bool
read_port(str_t text, uint16_t *ret_port)
{
	unsigned port = 0;

	if (text.len == 0 || text.len > 5)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text.data[i] - '0');
	}
	*ret_port = (uint16_t)port;
	return port <= UINT16_MAX;
}

static err_t
read_unix(str_t text, str_t path, struct listener_address *ret_address, struct diag *d)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool abstract = path.len > 0 && path.data[0] == '@';

	if (path.len == 0 || path.len >= sizeof(un.sun_path) || memchr(path.data, '\0', path.len) != NULL)
		return refuse_address(text, "the path must have 1 to 107 bytes", d);
	memcpy(un.sun_path, path.data, path.len);
	if (abstract)
		un.sun_path[0] = '\0';
	memset(ret_address, 0, sizeof(*ret_address));
	memcpy(&ret_address->sockaddr, &un, sizeof(un));
	ret_address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + !abstract);
	return ERR_OK;
}

err_t
listener_address_read(str_t text, struct listener_address *ret_address, struct diag *d)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	char host[INET6_ADDRSTRLEN + 1] = "";
	str_t name;
	size_t colon = text.len;
	uint16_t port;

	if (str_has_prefix(text, STR("unix:")))
		return read_unix(text, str_skip(text, 5), ret_address, d);
	while (colon > 0 && text.data[colon - 1] != ':')
		colon--;
	if (colon == 0 || !read_port(str_skip(text, colon), &port))
		return refuse_address(text, "it must end in \":\" and a port from 0 to 65535", d);
	name = str_sub(text, 0, colon - 1);
	if (name.len >= 2 && name.data[0] == '[' && name.data[name.len - 1] == ']')
		name = str_sub(name, 1, name.len - 2);
	else if (str_find_char(name, ':', 0) < name.len)
		return refuse_address(text, "an IPv6 address stands in brackets", d);
	if (name.len >= sizeof(host))
		return refuse_address(text, "numbers are needed, not a name", d);
	memcpy(host, name.data, name.len);
	memset(ret_address, 0, sizeof(*ret_address));
	if (strlen(host) == name.len && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		v4.sin_port = htons(port);
		memcpy(&ret_address->sockaddr, &v4, sizeof(v4));
		ret_address->len = sizeof(v4);
		return ERR_OK;
	}
	if (strlen(host) == name.len && inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		v6.sin6_port = htons(port);
		memcpy(&ret_address->sockaddr, &v6, sizeof(v6));
		ret_address->len = sizeof(v6);
		return ERR_OK;
	}
	return refuse_address(text, "numbers are needed, not a name", d);
}

str_t
listener_address_write(const struct listener_address *a, char room[LISTENER_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	struct sockaddr_un un;
	int len = 0;

	switch (a->sockaddr.ss_family) {
	case AF_INET:
		memcpy(&v4, &a->sockaddr, sizeof(v4));
		(void)inet_ntop(AF_INET, &v4.sin_addr, ip, sizeof(ip));
		len = snprintf(room, LISTENER_TEXT_MAX, "%s:%u", ip, ntohs(v4.sin_port));
		break;
	case AF_INET6:
		memcpy(&v6, &a->sockaddr, sizeof(v6));
		(void)inet_ntop(AF_INET6, &v6.sin6_addr, ip, sizeof(ip));
		len = snprintf(room, LISTENER_TEXT_MAX, "[%s]:%u", ip, ntohs(v6.sin6_port));
		break;
	default:
		memcpy(&un, &a->sockaddr, sizeof(un));
		if (un.sun_path[0] == '\0')
			un.sun_path[0] = '@';
		len = snprintf(room, LISTENER_TEXT_MAX, "unix:%.*s", (int)sizeof(un.sun_path), un.sun_path);
		break;
	}
	return str_make(room, len > 0 ? (size_t)len : 0);
}

bool
listener_address_is_local(const struct listener_address *a)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	switch (a->sockaddr.ss_family) {
	case AF_INET:
		memcpy(&v4, &a->sockaddr, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		memcpy(&v6, &a->sockaddr, sizeof(v6));
		return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
	default:
		return true;
	}
}

static const char *
unix_path(const struct listener_address *a)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)(const void *)&a->sockaddr;

	return a->sockaddr.ss_family == AF_UNIX && un->sun_path[0] != '\0' ? un->sun_path : NULL;
}

/* Does some socket of this machine listen on `path`?  True also when that cannot be told. */
static bool
is_alive(const char *path)
{
	struct buf table;
	char entry[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 3];
	int len = snprintf(entry, sizeof(entry), " %s\n", path);
	bool alive = true;

	buf_init(&table, SOCKET_TABLE_LIMIT);
	if (len > 0 && file_read(NULL, "/proc/net/unix", FILE_ANY, &table, NULL) == ERR_OK)
		alive = str_find(buf_str(&table), str_make(entry, (size_t)len), 0) < table.len;
	buf_fini(&table);
	return alive;
}

/*
 * A socket file that nobody listens on was left by a process that died.  To
 * ask by connecting would be simpler; but this program contains no connect().
 */
static void
remove_stale(const struct listener_address *a)
{
	const char *path = unix_path(a);
	struct stat st;

	if (path != NULL && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !is_alive(path))
		(void)unlink(path);
}

static bool
set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* Inherited by the connections, so that accepting one costs no call for them. */
static bool
set_tcp_options(int fd, const struct listener_options *o)
{
	return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    (!o->share_port || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
	    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
	    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S) &&
	    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S) &&
	    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_STEPS);
}

static bool
bind_and_listen(int fd, const struct listener_address *a, const struct listener_options *o)
{
	const char *path = unix_path(a);
	mode_t mask;
	bool bound;

	if (a->sockaddr.ss_family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
		return false;
	if (a->sockaddr.ss_family != AF_UNIX && !set_tcp_options(fd, o))
		return false;
	/* Nobody may connect between bind and chmod: the umask closes that window. */
	mask = umask(path != NULL ? 0777 : 077);
	bound = bind(fd, (const struct sockaddr *)&a->sockaddr, a->len) == 0;
	(void)umask(mask);
	if (!bound || (path != NULL && chmod(path, o->unix_mode) != 0))
		return false;
	return listen(fd, o->backlog > 0 ? o->backlog : SOMAXCONN) == 0;
}

err_t
listener_open(const struct listener_address *a, const struct listener_options *options,
    int *ret_fd, struct diag *d)
{
	char text[LISTENER_TEXT_MAX];
	int fd, error;

	remove_stale(a);
	fd = socket(a->sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind_and_listen(fd, a, options)) {
		*ret_fd = fd;
		return ERR_OK;
	}
	error = errno;
	if (fd >= 0)
		(void)close(fd);
	str_t name = listener_address_write(a, text);
	diag_say(d, "listen", "cannot listen on %.*s: %s", STR_FMT(name), strerror(error));
	return ERR_IO;
}

err_t
listener_bound_address(int fd, struct listener_address *ret_address)
{
	struct listener_address a = { .len = sizeof(a.sockaddr) };

	if (getsockname(fd, (struct sockaddr *)&a.sockaddr, &a.len) != 0)
		return ERR_IO;
	*ret_address = a;
	return ERR_OK;
}

void
listener_close(int fd, const struct listener_address *a)
{
	const char *path = unix_path(a);

	(void)close(fd);
	if (path != NULL)
		(void)unlink(path);
}
