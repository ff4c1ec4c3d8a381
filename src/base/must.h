/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must: what can only be false through a bug in this program.
 *
 * Stays in release.  In the daemon a failed must() aborts the process (its
 * supervisor restarts it); a host that embeds the library may set its own hook,
 * which must not return.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

typedef void must_fail_fn(const char *expression, const char *file, int line);

extern must_fail_fn *must_fail_hook; /* NULL: print to stderr and abort */

_Noreturn void must_failed(const char *expression, const char *file, int line);

#define must(expression) \
	((expression) ? (void)0 : must_failed(#expression, __FILE__, __LINE__))

#endif
