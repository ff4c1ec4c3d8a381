/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: one way out of the sandbox, tried for real against something local.
 *
 * A probe runs in a process of its own: prepare() before the sandbox is entered, as the
 * daemon opens its sockets before; attempt() after.  It tells true if it got through, or
 * false and errno.
 */
#ifndef TEST_CONTAINMENT_PROBE_H
#define TEST_CONTAINMENT_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

enum { REACHED = 77 }; /* exit status of a program that should not have been executed */

struct stage { /* what there is outside, and what the process had before */
	struct sockaddr_in tcp, udp; /* somebody listens there */
	char abstract_name[32], socket_path[128]; /* of Unix sockets; the first without its NUL */
	char secret_path[128], room[128]; /* a file that is not granted; a directory that is */
	int rights_fd; /* somebody passes a connected socket on it */
	int listener_fd; /* our own */
	pid_t victim;
	char *self; /* this program's bytes */
	size_t self_len;
};

/* Bits: the layers that deny it alone, by their place in enum sandbox_layer. */
enum { BY_PRIVILEGES = 1, BY_NETNS = 2, BY_LANDLOCK = 4, BY_SECCOMP = 8 };

struct probe {
	const char *name;
	bool (*attempt)(struct stage *);
	unsigned by;
	bool on_worker; /* tried on a thread that serves */
};

extern const struct probe net_probes[], host_probes[]; /* each ends with a NULL name */

#endif
