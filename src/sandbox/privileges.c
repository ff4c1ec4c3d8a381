/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "sandbox/layer.h"

#ifndef PR_SET_MDWE /* Linux 6.3 */
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* Others get nothing; what the group may read, each file's own mode says (audit log: 0640). */
enum { MASK = 027 };

static bool
keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct set[2], has[2];

	if (syscall(SYS_capget, &head, has) != 0)
		return false;
	for (size_t i = 0; i < COUNT(set); i++) {
		uint32_t part = has[i].permitted & (uint32_t)(keep >> (32 * i));

		set[i] = (struct __user_cap_data_struct){ .effective = part, .permitted = part };
	}
	return syscall(SYS_capset, &head, set) == 0;
}

/* Without CAP_SETPCAP the bounding set stays; with no_new_privs nothing is gained from it. */
static void
empty_bounding_set(void)
{
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
}

/*
 * The rest goes before the first file is opened: what root could read only by its privileges
 * must fail at the start, not at the first reload.
 */
void
privileges_begin(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	empty_bounding_set();
	(void)keep_capabilities((uint64_t)1 << CAP_SYS_ADMIN | (uint64_t)1 << CAP_NET_BIND_SERVICE);
}

/* What holds is asked of the kernel, not remembered. */
void
privileges_enter(struct sandbox_outcome *o)
{
	struct rlimit core = { 1, 1 };
	const char *missing = NULL;
	bool mdwe;

	privileges_begin();
	(void)umask(MASK);
	if (!keep_capabilities(0))
		missing = "capabilities";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		missing = "no_new_privs";
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		missing = "not dumpable";
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		missing = "no core file";
	mdwe = prctl(PR_GET_MDWE, 0, 0, 0, 0) > 0;
	if (missing != NULL)
		layer_report(o, SANDBOX_PARTIAL, "the kernel does not grant: %s", missing);
	else
		layer_report(o, SANDBOX_ON, "no capability, no core file%s",
		    mdwe ? ", no memory becomes executable" : "; this kernel lacks PR_SET_MDWE");
}
