/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "courier/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "tap.h"

static int listening = -1; /* bound before the filter */

static int
try_execve(void)
{
	char *none[] = { NULL };

	return execve("/bin/true", none, none);
}

static int
try_fork(void)
{
	pid_t child = (pid_t)syscall(SYS_fork);

	if (child == 0)
		_exit(0);
	return child;
}

static int
try_listen(void)
{
	return listen(listening, 1);
}

static int
try_accept(void)
{
	return accept(listening, NULL, NULL);
}

static int
try_raw_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? socket(AF_PACKET, SOCK_RAW, 0) : 0;
}

static int
try_ptrace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int
try_ring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int
try_client(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno == EPERM) ? -1 : 0;
}

static int
try_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static const struct {
	const char *what;
	int (*attempt)(void);
	bool refused;
} rows[] = {
	{ "another program", try_execve, true },
	{ "another process", try_fork, true },
	{ "listening", try_listen, true },
	{ "accepting", try_accept, true },
	{ "a socket of packets", try_raw_socket, true },
	{ "being traced", try_ptrace, true },
	{ "executable memory", try_executable_memory, true },
	{ "io_uring", try_ring, true },
	{ "a client's socket", try_client, false },
	{ "reading a file", try_file, false },
};

/* In a process of its own: there is no way back.  1: refused with EPERM, 0: not, 2: no filter. */
static int
attempt(size_t row)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (courier_sandbox_enter(NULL) != ERR_OK)
			_exit(2);
		errno = 0;
		_exit(rows[row].attempt() < 0 && errno == EPERM);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int
main(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };

	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listening < 0 || bind(listening, (struct sockaddr *)&any, sizeof(any)) != 0)
		return 1;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int got = attempt(i);

		ok(got == rows[i].refused, "%s is %s (%d)", rows[i].what, rows[i].refused ? "refused" : "let", got);
	}
	return tap_done();
}
