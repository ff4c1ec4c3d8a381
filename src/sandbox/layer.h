/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer: each layer of the sandbox, entered alone.
 *
 * An outcome is filled in either way.  A layer that needs no_new_privs sets it itself, so
 * that each holds without the others.
 */
#ifndef SANDBOX_LAYER_H
#define SANDBOX_LAYER_H

#include "sandbox/sandbox.h"

void privileges_begin(void); /* keeps only what opening sockets and leaving the network take */
void privileges_enter(struct sandbox_outcome *);
void netns_enter(struct sandbox_outcome *);
void landlock_enter(const struct grants *, struct sandbox_outcome *);
void seccomp_enter(struct sandbox_outcome *);
bool seccomp_enter_worker(void);

void layer_report(struct sandbox_outcome *, enum sandbox_state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
