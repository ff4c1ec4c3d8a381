/* SPDX-License-Identifier: Apache-2.0 */
/* media_host: the host that a delivery or an update is for, from --config, --root, --admin,
 * --host. */
#ifndef CLI_MEDIA_HOST_H
#define CLI_MEDIA_HOST_H

#include "cli/cli.h"
#include "config/config.h"

struct media_host {
	struct config config;
	const char *root;  /* "" */
	const char *admin; /* NULL: there is none to be told */
	str_t name;
};

err_t media_host_read(struct cli *, struct media_host *ret);

#endif
