/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries to get out of the daemon's sandbox: each probe without it (it must get through, or
 * nothing is proven), with all of it, with each layer alone that is said to deny it, and
 * with all but one of these.  Run by root, in a network namespace of the test's own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "sandbox/sandbox.h"
#include "tap.h"

enum { ALL = BY_PRIVILEGES | BY_NETNS | BY_LANDLOCK | BY_SECCOMP, WAIT_S = 10 };
enum { DENIED, THROUGH, KILLED, NO_LAYER, BROKEN };

struct verdict {
	int what, error;
};

/* ---- the outside ---- */

static bool
bring_network_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), sysctl;
	bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;

	(void)close(fd);
	sysctl = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY); /* of this namespace */
	(void)!write(sysctl, "0 2147483647", 12);
	(void)close(sysctl);
	return up;
}

static int
open_inet(int type, struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (struct sockaddr *)ret, sizeof(*ret)) != 0 || (type == SOCK_STREAM && listen(fd, 128) != 0) ||
	    getsockname(fd, (struct sockaddr *)ret, &len) != 0)
		return -1;
	return fd;
}

static int
open_unix(const char *path, const char *abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *name = path != NULL ? path : abstract;
	size_t skip = path == NULL, len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path + skip, name, len);
	return bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + skip + len)) == 0 &&
		listen(fd, 128) == 0 ? fd : -1;
}

static bool
read_self(struct stage *s)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || (s->self = malloc((size_t)st.st_size)) == NULL)
		return false;
	s->self_len = (size_t)st.st_size;
	return pread(fd, s->self, s->self_len, 0) == st.st_size && close(fd) == 0;
}

/* Somebody outside: takes whoever connects, and is to be left alone otherwise. */
static pid_t
start_victim(const int *listeners, size_t count)
{
	struct pollfd come[4];
	pid_t child = fork();

	for (size_t i = 0; i < count; i++)
		come[i] = (struct pollfd){ .fd = listeners[i], .events = POLLIN };
	while (child == 0) {
		(void)poll(come, count, -1);
		for (size_t i = 0; i < count; i++)
			if (come[i].revents != 0)
				(void)close(accept(come[i].fd, NULL, NULL));
	}
	return child;
}

static bool
set_stage(struct stage *s, const char *top)
{
	int listeners[3];
	FILE *secret;

	(void)snprintf(s->room, sizeof(s->room), "%s/room", top);
	(void)snprintf(s->secret_path, sizeof(s->secret_path), "%s/secret", top);
	(void)snprintf(s->socket_path, sizeof(s->socket_path), "%s/socket", top);
	(void)snprintf(s->abstract_name, sizeof(s->abstract_name), "coresdk-%d", (int)getpid());
	secret = fopen(s->secret_path, "w");
	return secret != NULL && fputs("secret", secret) >= 0 && fclose(secret) == 0 && mkdir(s->room, 0700) == 0 &&
	    (listeners[0] = open_inet(SOCK_STREAM, &s->tcp)) >= 0 && (listeners[1] = open_unix(s->socket_path, NULL)) >= 0 &&
	    (listeners[2] = open_unix(NULL, s->abstract_name)) >= 0 && open_inet(SOCK_DGRAM, &s->udp) >= 0 && read_self(s) &&
	    (s->victim = start_victim(listeners, 3)) > 0;
}

/* ---- one attempt ---- */

/* A connected socket that waits to be taken. */
static bool
offer_socket(struct stage *s)
{
	int pair[2], out = socket(AF_INET, SOCK_STREAM, 0);
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	if (connect(out, (struct sockaddr *)&s->tcp, sizeof(s->tcp)) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return false;
	memcpy(CMSG_DATA(&control.head), &out, sizeof(out));
	s->rights_fd = pair[1];
	return sendmsg(pair[0], &message, 0) == 1 && close(out) == 0;
}

/* As sidecar/confine.c enters it, less the layers that are off.  0: all that were asked for hold. */
static int
enter(const struct stage *s, unsigned layers)
{
	struct grants grants = { .arena = arena_new((size_t)1 << 20) };
	struct sandbox_options options = { .grants = &grants };
	struct sandbox_report report;
	int missing = 0;

	if (layers == 0 || grants.arena == NULL)
		return layers;
	grant_directory(&grants, str_of(s->room), GRANT_WRITE);
	for (int i = 0; i < SANDBOX_LAYER_COUNT; i++)
		options.wish[i] = layers & (1U << i) ? SANDBOX_AUTO : SANDBOX_OFF;
	if (layers & BY_PRIVILEGES)
		sandbox_begin();
	if (sandbox_enter(&options, NULL, &report) != ERR_OK)
		return ALL;
	for (int i = 0; i < SANDBOX_LAYER_COUNT; i++)
		if (options.wish[i] != SANDBOX_OFF && report.layer[i].state != SANDBOX_ON)
			missing |= 1 << i;
	return missing;
}

struct turn {
	const struct probe *probe;
	struct stage *stage;
	unsigned layers;
	struct verdict verdict;
};

static void *
take_turn(void *argument)
{
	struct turn *t = argument;

	if (t->probe->on_worker && (t->layers & BY_SECCOMP) && !sandbox_enter_worker()) {
		t->verdict.what = BROKEN;
		return NULL;
	}
	errno = 0;
	t->verdict.what = t->probe->attempt(t->stage) ? THROUGH : DENIED;
	t->verdict.error = errno;
	return NULL;
}

static void
be_inside(struct turn *t, int report_fd)
{
	pthread_t thread;

	if (!offer_socket(t->stage) || (t->stage->listener_fd = open_inet(SOCK_STREAM, &(struct sockaddr_in){ 0 })) < 0)
		t->verdict.what = BROKEN;
	else if (enter(t->stage, t->layers) != 0)
		t->verdict.what = NO_LAYER;
	else if (!t->probe->on_worker)
		(void)take_turn(t);
	else if (pthread_create(&thread, NULL, take_turn, t) != 0 || pthread_join(thread, NULL) != 0)
		t->verdict.what = BROKEN;
	(void)!write(report_fd, &t->verdict, sizeof(t->verdict));
	_exit(0);
}

/* Whoever is executed instead says so by its exit status; whoever is killed, by nothing. */
static struct verdict
attempt(const struct probe *p, struct stage *s, unsigned layers)
{
	struct turn turn = { .probe = p, .stage = s, .layers = layers };
	struct verdict v = { BROKEN, 0 };
	int tube[2], status = 0;
	pid_t child;

	if (pipe2(tube, O_CLOEXEC) != 0 || (child = fork()) < 0)
		return v;
	if (child == 0)
		be_inside(&turn, tube[1]);
	(void)close(tube[1]);
	if (poll(&(struct pollfd){ .fd = tube[0], .events = POLLIN }, 1, WAIT_S * 1000) <= 0)
		(void)kill(child, SIGKILL);
	else if (read(tube[0], &v, sizeof(v)) != sizeof(v))
		v.what = KILLED;
	(void)close(tube[0]);
	(void)waitpid(child, &status, 0);
	if (v.what == KILLED && WIFEXITED(status))
		v.what = WEXITSTATUS(status) == REACHED ? THROUGH : BROKEN;
	if (v.what == KILLED && WTERMSIG(status) != SIGSYS)
		v.what = DENIED; /* the kernel knows no such calls */
	return v;
}

/* ---- judging ---- */

static const char *
describe(unsigned layers, char room[64])
{
	room[0] = '\0';
	for (int i = 0; i < SANDBOX_LAYER_COUNT; i++)
		if (layers & (1U << i))
			(void)snprintf(room + strlen(room), 64 - strlen(room), "%s%s", room[0] != '\0' ? "+" : "",
			    sandbox_layer_name((enum sandbox_layer)i));
	return room;
}

/* What the kernel lacks cannot get through anyway; then the filter's own refusal is the proof. */
static void
judge(const struct probe *p, struct stage *s, unsigned layers, bool reachable)
{
	struct verdict v = attempt(p, s, layers);
	char name[64];

	(void)describe(layers, name);
	if (v.what == NO_LAYER)
		tap_skip("%s: %s is not to be had here", p->name, name);
	else if (!reachable && v.what == DENIED && v.error != EPERM)
		tap_skip("%s: not in this kernel, with or without %s: %s", p->name, name, strerror(v.error));
	else
		ok(v.what == DENIED || v.what == KILLED, "%s: denied by %s%s%s", p->name, name,
		    v.what == KILLED ? ", which kills" : ": ", v.what == KILLED ? "" : strerror(v.error));
}

/* Which layers deny it alone, also where nobody promises it. */
static void
note_row(const struct probe *p, struct stage *s)
{
	char row[SANDBOX_LAYER_COUNT + 1] = "";

	for (int i = 0; i < SANDBOX_LAYER_COUNT; i++) {
		int what = attempt(p, s, 1U << i).what;

		row[i] = what == THROUGH ? '.' : what == NO_LAYER ? '?' : "pnls"[i];
	}
	tap_note("%-26s %s", p->name, row);
}

static void
try_all(const struct probe *probes, struct stage *s)
{
	for (const struct probe *p = probes; p->name != NULL; p++) {
		struct verdict bare = attempt(p, s, 0);
		bool reachable = bare.what == THROUGH;

		if (!reachable)
			tap_skip("%s: without the sandbox: %s", p->name, strerror(bare.error));
		else
			ok(true, "%s: without the sandbox it gets through", p->name);
		judge(p, s, ALL, reachable);
		for (unsigned layer = 1; layer < ALL; layer <<= 1) {
			if ((p->by & layer) == 0)
				continue;
			judge(p, s, layer, reachable);
			if ((p->by & ~layer) != 0)
				judge(p, s, ALL & ~layer, reachable);
		}
		note_row(p, s);
	}
}

static void
clear(const struct stage *s, const char *top)
{
	char link[192];

	(void)snprintf(link, sizeof(link), "%s/link", s->room);
	(void)!(unlink(link) | unlink(s->secret_path) | unlink(s->socket_path) | rmdir(s->room) | rmdir(top));
}

int
main(int argc, char **argv)
{
	char top[] = "/tmp/coresdk-escape-XXXXXX";
	struct stage stage = { .rights_fd = -1 };

	if (argc > 1 && strcmp(argv[1], "reached") == 0)
		return REACHED;
	if (unshare(CLONE_NEWNET) != 0) {
		tap_skip("a network namespace to escape to: %s", strerror(errno));
		return tap_done();
	}
	if (mkdtemp(top) == NULL || !bring_network_up() || !set_stage(&stage, top)) {
		ok(false, "the stage is set: %s", strerror(errno));
		return tap_done();
	}
	tap_note("denied by one layer alone: p privileges, n netns, l landlock, s seccomp");
	try_all(net_probes, &stage);
	try_all(host_probes, &stage);
	(void)kill(stage.victim, SIGKILL);
	clear(&stage, top);
	free(stage.self);
	return tap_done();
}
