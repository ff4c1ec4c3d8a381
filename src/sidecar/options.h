/* SPDX-License-Identifier: Apache-2.0 */
/* options: the daemon's command line. */
#ifndef SIDECAR_OPTIONS_H
#define SIDECAR_OPTIONS_H

#include "config/config.h"

/* false: nothing to start; what was asked for is printed, *ret_status is how to exit. */
bool options_read(struct arena *, int argc, char **argv, struct config_inputs *,
    int *ret_status);

#endif
