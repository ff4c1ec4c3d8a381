/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what a process gives up once everything is open.
 *
 * Four layers, each the kernel's own and each there for when another fails:
 *
 *   privileges  no new ones, no capability, no core file, no debugger of the same user,
 *               no memory that becomes executable
 *   netns       a network without interfaces: sockets opened before keep theirs
 *   landlock    files: only the directories granted; TCP: neither bind nor connect;
 *               no abstract Unix socket and no signal to who is outside
 *   seccomp     the system calls that serving needs, some with their arguments checked;
 *               any other is refused with EPERM
 *
 * A refused call is an error, not a death: the published clients allow what a dead sidecar
 * does not answer.  Only a call of a foreign ABI (32 bits, x32) ends the process, because its
 * number means something else.  What none but seccomp denies is in README.md.
 *
 *   when     sandbox_begin() first thing; sandbox_enter() with listeners open and before any
 *            thread is made: all layers but seccomp are a thread's, and inherited;
 *            sandbox_enter_worker() on each thread that serves
 *   failure  ERR_REFUSED: a layer that is required is missing or partial; the diag says which,
 *            why and what helps
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "base/diag.h"
#include "base/err.h"
#include "sandbox/grant.h"

enum sandbox_layer { SANDBOX_PRIVILEGES, SANDBOX_NETNS, SANDBOX_LANDLOCK, SANDBOX_SECCOMP, SANDBOX_LAYER_COUNT };
enum sandbox_wish { SANDBOX_AUTO, SANDBOX_REQUIRED, SANDBOX_OFF }; /* as the words in config.def */
enum sandbox_state { SANDBOX_IS_OFF, SANDBOX_MISSING, SANDBOX_PARTIAL, SANDBOX_ON };

enum { SANDBOX_DETAIL_MAX = 192 };

struct sandbox_options {
	enum sandbox_wish wish[SANDBOX_LAYER_COUNT];
	const struct grants *grants;
};

struct sandbox_outcome { /* of one layer */
	enum sandbox_state state;
	char detail[SANDBOX_DETAIL_MAX]; /* what it covers, or why it is missing */
};

struct sandbox_report {
	struct sandbox_outcome layer[SANDBOX_LAYER_COUNT];
};

/* What needs no setting and costs nothing: so that even start-up runs with little. */
void sandbox_begin(void);
err_t sandbox_enter(const struct sandbox_options *, struct diag *, struct sandbox_report *ret);
/* A serving thread takes no descriptors from strangers.  false: the kernel does not say so. */
bool sandbox_enter_worker(void);

const char *sandbox_layer_name(enum sandbox_layer);
const char *sandbox_state_name(enum sandbox_state); /* off, missing, partial, on */

#endif
