/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter is a program of the kernel's little machine, put together here from two tables:
 * which calls are let through, and which with what arguments.  It takes no memory, so that it
 * cannot fail half-way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"
#include "base/str.h"
#include "sandbox/layer.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#define FOREIGN_FROM 0x40000000U /* x32 */
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#define FOREIGN_FROM UINT32_MAX
#else
#error "which architecture is this to the kernel?"
#endif

#define SKIPPED UINT32_MAX /* what a tracer puts in the place of a call that it answers itself */

/* By what they are for. */
static const uint32_t allowed[] = {
	/* serving: accepted connections are read and written, never addressed */
	SYS_accept4, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_close, SYS_shutdown, SYS_recvmsg, SYS_recvfrom,
	SYS_getsockname, SYS_getpeername, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_ppoll, SYS_eventfd2,
	SYS_timerfd_create, SYS_timerfd_settime,
	/* files: configuration, bundles, keys; the audit log and its rotation; data_dir */
	SYS_openat, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_getdents64,
	SYS_getcwd, SYS_readlinkat, SYS_ftruncate, SYS_fsync, SYS_fdatasync, SYS_flock, SYS_renameat, SYS_renameat2,
	SYS_unlinkat, SYS_mkdirat, SYS_fchmod, SYS_dup, SYS_dup3,
	/* memory and threads */
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_futex, SYS_set_robust_list,
	SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity, SYS_gettid, SYS_getpid, SYS_getuid, SYS_geteuid, SYS_exit,
	SYS_exit_group, SYS_restart_syscall, SYS_get_mempolicy,
	/* time, randomness, signals to ourselves (abort) */
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrandom, SYS_rt_sigprocmask,
	SYS_rt_sigaction, SYS_rt_sigreturn, SYS_sigaltstack, SYS_getrusage, SYS_sysinfo, SYS_uname,
#ifdef __x86_64__ /* older names of the same */
	SYS_epoll_wait, SYS_poll, SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_rename, SYS_unlink, SYS_mkdir,
	SYS_time,
#endif
};

/* What the C library asks for a thread, less what it may leave out. */
#define THREAD_FLAGS ((uint64_t)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD))
#define THREAD_MAY ((uint64_t)(CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED))
#define WORD UINT32_MAX /* of an int the kernel sees no more */
#define OURSELVES UINT64_MAX

enum { CHECKS = 2 };

/* Let through if each check holds; one without a mask does. */
static const struct rule {
	uint32_t call;
	struct {
		uint32_t argument;
		uint64_t mask, value;
	} check[CHECKS];
} rules[] = {
	/* memory is never executable that was writable, nor the other way */
	{ SYS_mmap, { { 2, PROT_EXEC, 0 } } },
	{ SYS_mprotect, { { 2, PROT_EXEC, 0 } } },
	/* sending only on what is connected already, and never with Fast Open */
	{ SYS_sendto, { { 3, MSG_FASTOPEN, 0 }, { 4, UINT64_MAX, 0 } } },
	/* threads, not processes, and in no namespace of their own */
	{ SYS_clone, { { 0, ~THREAD_MAY, THREAD_FLAGS } } },
	{ SYS_tgkill, { { 0, WORD, OURSELVES } } },
	/* a further filter can only take away */
	{ SYS_seccomp, { { 0, WORD, SECCOMP_SET_MODE_FILTER }, { 1, WORD, 0 } } },
	{ SYS_ioctl, { { 1, WORD, FIONBIO } } },
	{ SYS_prctl, { { 0, WORD, PR_SET_NAME } } },
	/* limits are read */
	{ SYS_prlimit64, { { 2, UINT64_MAX, 0 } } },
	/* who is there, and whether it failed; TCP's own settings */
	{ SYS_getsockopt, { { 1, WORD, SOL_SOCKET } } },
	{ SYS_setsockopt, { { 1, WORD, IPPROTO_TCP } } },
	/* descriptors: flags and locks; neither owners, signals nor leases */
	{ SYS_fcntl, { { 1, WORD, F_GETFD } } },
	{ SYS_fcntl, { { 1, WORD, F_SETFD } } },
	{ SYS_fcntl, { { 1, WORD, F_GETFL } } },
	{ SYS_fcntl, { { 1, WORD, F_SETFL } } },
	{ SYS_fcntl, { { 1, WORD, F_DUPFD_CLOEXEC } } },
	{ SYS_fcntl, { { 1, WORD, F_SETLK } } },
	{ SYS_fcntl, { { 1, WORD, F_OFD_SETLK } } },
};

enum { FCNTL_RULES = 7, CHECK_CODE = 6, RULE_CODE = 3 + CHECKS * CHECK_CODE };
enum { CODE_MAX = 9 + 2 * COUNT(allowed) + RULE_CODE * COUNT(rules) };

struct program {
	struct sock_filter code[CODE_MAX];
	unsigned short len;
};

static void
add(struct program *p, struct sock_filter insn)
{
	must(p->len < CODE_MAX);
	p->code[p->len++] = insn;
}

static void
add_load(struct program *p, size_t offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
add_return(struct program *p, uint32_t verdict)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* If equal the next instruction, else `skip` further on. */
static void
add_equal(struct program *p, uint32_t value, size_t skip)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, (unsigned char)skip));
}

/* One half of an argument; `left` instructions of its rule stand behind this check's half. */
static void
add_half(struct program *p, size_t offset, uint64_t mask, uint64_t value, size_t left)
{
	add_load(p, offset);
	add(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (uint32_t)mask));
	add_equal(p, (uint32_t)value, left);
}

/* Little-endian, as both architectures are. */
static void
add_rule(struct program *p, const struct rule *r)
{
	size_t left = RULE_CODE - 2; /* to where the number is loaded again */

	add_equal(p, r->call, RULE_CODE - 1);
	for (size_t i = 0; i < CHECKS; i++) {
		size_t at = offsetof(struct seccomp_data, args) + 8 * r->check[i].argument;
		uint64_t value = r->check[i].value == OURSELVES ? (uint64_t)getpid() : r->check[i].value;

		left -= CHECK_CODE / 2;
		add_half(p, at, r->check[i].mask, value, left);
		left -= CHECK_CODE / 2;
		add_half(p, at + 4, r->check[i].mask >> 32, value >> 32, left);
	}
	add_return(p, SECCOMP_RET_ALLOW);
	add_load(p, offsetof(struct seccomp_data, nr));
}

static void
write_program(struct program *p)
{
	p->len = 0;
	add_load(p, offsetof(struct seccomp_data, arch));
	add_equal(p, OUR_ARCH, 3);
	add_load(p, offsetof(struct seccomp_data, nr));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SKIPPED, 2, 0));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_FROM, 0, 1));
	add_return(p, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < COUNT(allowed); i++) {
		add_equal(p, allowed[i], 1);
		add_return(p, SECCOMP_RET_ALLOW);
	}
	for (size_t i = 0; i < COUNT(rules); i++)
		add_rule(p, &rules[i]);
	/* The C library falls back to clone() when this says so. */
	add_equal(p, SYS_clone3, 1);
	add_return(p, SECCOMP_RET_ERRNO | ENOSYS);
	add_return(p, SECCOMP_RET_ERRNO | EPERM);
}

void
seccomp_enter(struct sandbox_outcome *o)
{
	static struct program program;
	struct sock_fprog given = { .filter = program.code };
	size_t conditional = COUNT(rules) - FCNTL_RULES + 1;
	long done;

	write_program(&program);
	given.len = program.len;
	done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (done == 0)
		done = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &given);
	if (done == 0)
		layer_report(o, SANDBOX_ON, "%zu system calls, %zu of them by their arguments", COUNT(allowed) + conditional,
		    conditional);
	else
		layer_report(o, SANDBOX_MISSING, "the kernel does not take the system call filter: %s",
		    done > 0 ? "a thread has another" : strerror(errno));
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
