/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine: enters the sandbox with what this configuration needs, and logs what holds.
 *
 * May be read afterwards: where each configured file is (with the links on the way), what
 * sandbox.read_dirs adds, time zones.  May be written: data_dir, and where the audit log and
 * its spill file are.  Of sockets, the files may be removed.  A reload that names a file
 * elsewhere is refused with the kernel's "Permission denied" until a restart.
 *
 *   when     listeners and signals are open, no thread is made yet
 *   failure  ERR_REFUSED: a layer that is `required` does not hold; ERR_MEMORY
 */
#ifndef SIDECAR_CONFINE_H
#define SIDECAR_CONFINE_H

#include "sidecar/daemon.h"

err_t confine_daemon(struct daemon *, struct diag *);

#endif
