/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: tells systemd how the daemon fares (sd_notify(3)), if it asked.
 *
 * The socket is connected before the sandbox closes, and written to after.
 */
#ifndef SIDECAR_NOTIFY_H
#define SIDECAR_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd; /* -1: nobody asked */
	int64_t watchdog_ms; /* how often to say that all is well; 0: nobody asked */
};

void notify_open(struct notify *); /* reads NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID */
void notify_close(struct notify *);

void notify_alive(const struct notify *); /* the watchdog's ping */
void notify_ready(const struct notify *);
void notify_reloading(const struct notify *);
void notify_stopping(const struct notify *);

#endif
