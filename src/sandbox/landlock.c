/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "sandbox/layer.h"

/* From linux/landlock.h, whose older copies lack what newer kernels can do. */
struct ruleset {
	uint64_t fs, net, scope;
};

struct rule {
	uint64_t access;
	int32_t dir_fd;
} __attribute__((packed));

enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 }; /* everywhere the same */
enum { ASK_VERSION = 1, PATH_BENEATH = 1 };

#define FS_WRITE_FILE ((uint64_t)1 << 1)
#define FS_READ_FILE ((uint64_t)1 << 2)
#define FS_READ_DIR ((uint64_t)1 << 3)
#define FS_REMOVE_DIR ((uint64_t)1 << 4)
#define FS_REMOVE_FILE ((uint64_t)1 << 5)
#define FS_MAKE_DIR ((uint64_t)1 << 7)
#define FS_MAKE_REG ((uint64_t)1 << 8)
#define FS_REFER ((uint64_t)1 << 13)
#define FS_TRUNCATE ((uint64_t)1 << 14)
#define FS_OF_FILES (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)

/* All that version `abi` can deny: executing, devices, sockets and links are among it. */
static struct ruleset
handled_by(int abi)
{
	struct ruleset r = { .fs = ((uint64_t)1 << 13) - 1 };

	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4)
		r.net = 3; /* TCP: bind, connect */
	if (abi >= 5)
		r.fs |= (uint64_t)1 << 15; /* ioctl of devices */
	if (abi >= 6)
		r.scope = 3; /* abstract Unix sockets, signals */
	return r;
}

static size_t
size_for(int abi)
{
	return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

static uint64_t
rights_of(enum grant_access access)
{
	switch (access) {
	case GRANT_READ:
		return FS_READ_FILE | FS_READ_DIR;
	case GRANT_REMOVE:
		return FS_REMOVE_FILE;
	case GRANT_WRITE:
		break;
	}
	return FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_FILE | FS_REMOVE_DIR | FS_MAKE_DIR |
	    FS_MAKE_REG | FS_REFER;
}

/* A place that went away since is granted to nobody. */
static bool
add(int set, const struct grant *g, uint64_t handled)
{
	struct rule rule = { .access = rights_of(g->access) & handled };
	struct stat st;
	bool done;

	rule.dir_fd = open(g->path, O_PATH | O_CLOEXEC);
	if (rule.dir_fd < 0 || fstat(rule.dir_fd, &st) != 0)
		return rule.dir_fd < 0;
	if (!S_ISDIR(st.st_mode))
		rule.access &= FS_OF_FILES;
	done = rule.access == 0 || syscall(ADD_RULE, set, PATH_BENEATH, &rule, 0) == 0;
	(void)close(rule.dir_fd);
	return done;
}

static bool
restrict_to(int set, const struct grants *grants, uint64_t handled)
{
	bool good = true;

	for (const struct grant *g = grants != NULL ? grants->first : NULL; g != NULL && good; g = g->next)
		good = add(set, g, handled);
	return good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(RESTRICT_SELF, set, 0) == 0;
}

void
landlock_enter(const struct grants *grants, struct sandbox_outcome *o)
{
	int abi = (int)syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	struct ruleset handled = handled_by(abi);
	int set = abi > 0 ? (int)syscall(CREATE_RULESET, &handled, size_for(abi), 0) : -1;

	if (set < 0) {
		layer_report(o, SANDBOX_MISSING, "the kernel has no Landlock: %s", strerror(errno));
		return;
	}
	if (!restrict_to(set, grants, handled.fs))
		layer_report(o, SANDBOX_MISSING, "the kernel does not take the rules: %s", strerror(errno));
	else if (handled.net == 0 || handled.scope == 0)
		layer_report(o, SANDBOX_PARTIAL, "version %d: files%s", abi, handled.net != 0 ? " and TCP" : " only");
	else
		layer_report(o, SANDBOX_ON, "version %d: files, TCP, signals and abstract sockets", abi);
	(void)close(set);
}
