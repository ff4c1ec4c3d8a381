/* SPDX-License-Identifier: Apache-2.0 */
/* findings: a diag's findings as lines of the log. */
#ifndef SIDECAR_FINDINGS_H
#define SIDECAR_FINDINGS_H

#include "base/diag.h"
#include "base/log.h"

void findings_log(const struct log *, const struct diag *, size_t skip); /* without the first `skip` */

#endif
