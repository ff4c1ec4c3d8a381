/* SPDX-License-Identifier: Apache-2.0 */
/* options: the daemon's command line. */
#ifndef SIDECAR_OPTIONS_H
#define SIDECAR_OPTIONS_H

#include "config/config.h"

/* false: nothing to start; what was asked for is printed, *ret_status is how to exit. */
struct options_doctor { /* `coresdk-sidecar doctor` was asked for */
	bool wanted, strict, json;
};

bool options_read(struct arena *, int argc, char **argv, struct config_inputs *,
    struct options_doctor *, int *ret_status);

#endif
