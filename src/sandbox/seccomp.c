/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "sandbox/layer.h"

/* By what they are for.  Those that need a condition are in add_conditional(). */
static const int allowed[] = {
	/* serving: accepted connections are read and written, never addressed */
	SCMP_SYS(accept4), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(shutdown), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	/* files: configuration, bundles, keys; the audit log and its rotation; data_dir */
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(ftruncate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(flock),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(fchmod),
	SCMP_SYS(dup), SCMP_SYS(dup3),
	/* memory and threads */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
	SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(futex), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall), SCMP_SYS(get_mempolicy),
	/* time, randomness, signals to ourselves (abort) */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname),
};

/* What the C library asks for a thread, less what it may leave out. */
#define THREAD_FLAGS \
	((scmp_datum_t)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD))
#define THREAD_MAY ((scmp_datum_t)(CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED))

/* The only values of one argument with which a call is let through. */
static const struct {
	int call;
	unsigned argument;
	scmp_datum_t mask, value;
} conditional[] = {
	/* memory is never executable that was writable, nor the other way */
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	/* threads, not processes, and in no namespace of their own */
	{ SCMP_SYS(clone), 0, ~THREAD_MAY, THREAD_FLAGS },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO },
	{ SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME },
	/* limits are read */
	{ SCMP_SYS(prlimit64), 2, UINT64_MAX, 0 },
	/* who is there, and whether it failed; TCP's own settings */
	{ SCMP_SYS(getsockopt), 1, UINT32_MAX, SOL_SOCKET },
	{ SCMP_SYS(setsockopt), 1, UINT32_MAX, IPPROTO_TCP },
	/* descriptors: flags and locks; neither owners, signals nor leases */
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_DUPFD_CLOEXEC },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETLK },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_OFD_SETLK },
};

enum { CONDITIONAL_CALLS = 12 }; /* these, and those of add_conditional(); fcntl once */

static int
add_conditional(scmp_filter_ctx filter)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < COUNT(conditional); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, conditional[i].call, 1,
		    SCMP_CMP(conditional[i].argument, SCMP_CMP_MASKED_EQ, conditional[i].mask, conditional[i].value));
	/* Sending only on what is connected already, and never with Fast Open. */
	err |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2,
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0), SCMP_A4(SCMP_CMP_EQ, 0));
	/* A further filter can only take away. */
	err |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 2,
	    SCMP_A0(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER), SCMP_A1(SCMP_CMP_EQ, 0));
	err |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* The C library falls back to clone() when this says so. */
	err |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return err;
}

static int
load(scmp_filter_ctx filter)
{
	int err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; err == 0 && i < COUNT(allowed); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (err == 0)
		err = add_conditional(filter);
	return err == 0 ? seccomp_load(filter) : err;
}

void
seccomp_enter(struct sandbox_outcome *o)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = filter != NULL ? load(filter) : -ENOMEM;

	if (filter != NULL)
		seccomp_release(filter);
	if (err == 0)
		layer_report(o, SANDBOX_ON, "%zu system calls, %zu of them by their arguments",
		    COUNT(allowed) + CONDITIONAL_CALLS, (size_t)CONDITIONAL_CALLS);
	else
		layer_report(o, SANDBOX_MISSING, "the kernel does not take the system call filter: %s", strerror(-err));
}

/*
 * Only the admin socket receives descriptors.  The filter before this one has seen to it that
 * the architecture is ours.
 */
bool
seccomp_enter_worker(void)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_recvmsg, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = { COUNT(code), code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
