/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to reach the rest of this machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

enum { PAGE = 4096 };

static bool
by_io_uring(struct stage *s)
{
	struct io_uring_params params = { 0 };

	return syscall(SYS_io_uring_setup, 2, &params) >= 0;
}

static bool
by_ptrace(struct stage *s)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { s->self, 1 };

	return ptrace(PTRACE_SEIZE, s->victim, 0, 0) == 0 || process_vm_readv(s->victim, &here, 1, &there, 1, 0) == 1;
}

static bool
by_execve(struct stage *s)
{
	char shell[] = "sh", option[] = "-c", script[] = "exit 77";
	char *const arguments[] = { shell, option, script, NULL }, *const none[] = { NULL };

	(void)execve("/bin/sh", arguments, none);
	return false;
}

static bool
by_memfd(struct stage *s)
{
	char name[] = "memfd", word[] = "reached";
	char *const arguments[] = { name, word, NULL }, *const none[] = { NULL };
	int fd = memfd_create("program", 0);

	if (fd < 0 || write(fd, s->self, s->self_len) != (ssize_t)s->self_len)
		return false;
	(void)syscall(SYS_execveat, fd, "", arguments, none, AT_EMPTY_PATH);
	return false;
}

static bool
by_bpf(struct stage *s)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)) >= 0;
}

static bool
by_userfaultfd(struct stage *s)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC) >= 0;
}

static bool
by_signal(struct stage *s)
{
	return kill(s->victim, SIGURG) == 0;
}

static bool
by_reading(struct stage *s)
{
	return open(s->secret_path, O_RDONLY) >= 0;
}

static bool
by_writing(struct stage *s)
{
	char path[192];

	(void)snprintf(path, sizeof(path), "%s.out", s->secret_path);
	return open(path, O_WRONLY | O_CREAT, 0600) >= 0 && unlink(path) == 0;
}

static bool
by_truncating(struct stage *s)
{
	return truncate(s->secret_path, 1) == 0;
}

static bool
by_link(struct stage *s)
{
	char path[192];

	(void)snprintf(path, sizeof(path), "%s/link", s->room);
	(void)unlink(path);
	return link(s->secret_path, path) == 0 || symlink("/etc", path) == 0 || mknod(path, S_IFIFO | 0600, 0) == 0;
}

static bool
by_making_executable(struct stage *s)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED && mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0;
}

static bool
by_executable_map(struct stage *s)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
by_fork(struct stage *s)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child > 0;
}

static bool
by_namespace(struct stage *s)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool
by_mount(struct stage *s)
{
	return mount("none", s->room, "tmpfs", 0, "") == 0 && umount(s->room) == 0;
}

static bool
by_dumpable(struct stage *s)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool
by_core_limit(struct stage *s)
{
	struct rlimit high = { 1 << 20, 1 << 20 };

	return setrlimit(RLIMIT_CORE, &high) == 0;
}

static bool
by_owning(struct stage *s)
{
	return fcntl(s->listener_fd, F_SETOWN, s->victim) == 0;
}

static bool
by_ioctl(struct stage *s)
{
	int on = 1;

	return ioctl(s->listener_fd, FIOASYNC, &on) == 0;
}

static bool
by_option(struct stage *s)
{
	int on = 1;

	return setsockopt(s->listener_fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == 0;
}

#ifdef __x86_64__
static bool
by_32_bits(struct stage *s)
{
	long result = 20; /* getpid there */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	errno = result < 0 ? (int)-result : 0;
	return result > 0;
}

static bool
by_x32(struct stage *s)
{
	return syscall(0x40000000 | SYS_getpid) > 0;
}
#endif

const struct probe host_probes[] = {
	{ "io_uring", by_io_uring, BY_SECCOMP, false },
	{ "ptrace", by_ptrace, BY_SECCOMP | BY_LANDLOCK | BY_PRIVILEGES, false },
	{ "execve", by_execve, BY_SECCOMP | BY_LANDLOCK, false },
	{ "memfd exec", by_memfd, BY_SECCOMP, false },
	{ "bpf", by_bpf, BY_SECCOMP | BY_PRIVILEGES, false },
	{ "userfaultfd", by_userfaultfd, BY_SECCOMP | BY_PRIVILEGES, false },
	{ "a signal", by_signal, BY_SECCOMP | BY_LANDLOCK, false },
	{ "reading elsewhere", by_reading, BY_LANDLOCK, false },
	{ "writing elsewhere", by_writing, BY_LANDLOCK, false },
	{ "truncating elsewhere", by_truncating, BY_SECCOMP | BY_LANDLOCK, false },
	{ "links and devices", by_link, BY_SECCOMP | BY_LANDLOCK, false },
	{ "memory made executable", by_making_executable, BY_SECCOMP | BY_PRIVILEGES, false },
	{ "memory mapped executable", by_executable_map, BY_SECCOMP | BY_PRIVILEGES, false },
	{ "a process", by_fork, BY_SECCOMP, false },
	{ "a namespace", by_namespace, BY_SECCOMP, false },
	{ "mount", by_mount, BY_SECCOMP | BY_PRIVILEGES | BY_LANDLOCK, false },
	{ "becoming dumpable", by_dumpable, BY_SECCOMP, false },
	{ "raising the core limit", by_core_limit, BY_SECCOMP | BY_PRIVILEGES, false },
	{ "signals of a socket", by_owning, BY_SECCOMP, false },
	{ "ioctl", by_ioctl, BY_SECCOMP, false },
	{ "socket options", by_option, BY_SECCOMP, false },
#ifdef __x86_64__
	{ "32-bit calls", by_32_bits, BY_SECCOMP, false },
	{ "x32 calls", by_x32, BY_SECCOMP, false },
#endif
	{ 0 },
};
