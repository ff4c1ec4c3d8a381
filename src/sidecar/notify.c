/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

/* A third of what systemd waits for: one late ping is forgiven. */
static int64_t
read_watchdog(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long usec = text != NULL ? strtoll(text, NULL, 10) : 0;

	if (usec <= 0 || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return usec / 3000 > 0 ? usec / 3000 : 1;
}

void
notify_open(struct notify *n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;

	*n = (struct notify){ .fd = -1 };
	if (len < 2 || (path[0] != '/' && path[0] != '@') || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* a name in the abstract space */
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0 &&
	    connect(n->fd, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0)
		notify_close(n);
	if (n->fd >= 0)
		n->watchdog_ms = read_watchdog();
}

void
notify_close(struct notify *n)
{
	if (n->fd >= 0)
		(void)close(n->fd);
	n->fd = -1;
}

static void
tell(const struct notify *n, str_t text)
{
	if (n->fd >= 0)
		(void)!write(n->fd, text.data, text.len);
}

void
notify_alive(const struct notify *n)
{
	tell(n, STR("WATCHDOG=1\n"));
}

void
notify_ready(const struct notify *n)
{
	tell(n, STR("READY=1\nSTATUS=serving\n"));
}

void
notify_reloading(const struct notify *n)
{
	struct buf text;

	buf_init(&text, 128);
	buf_add_text(&text, "RELOADING=1\nMONOTONIC_USEC=");
	buf_add_int(&text, clock_steady_ns(&clock_system) / 1000);
	buf_add_char(&text, '\n');
	tell(n, buf_str(&text));
	buf_fini(&text);
}

void
notify_stopping(const struct notify *n)
{
	tell(n, STR("STOPPING=1\nSTATUS=draining\n"));
}
