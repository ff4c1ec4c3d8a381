/* SPDX-License-Identifier: Apache-2.0 */
/* release_keys: the keys that --pubkey names, once or several times. */
#ifndef CLI_RELEASE_KEYS_H
#define CLI_RELEASE_KEYS_H

#include "cli/cli.h"
#include "release/keys.h"

/* ERR_USAGE: the option was not given. */
err_t cli_release_keys(struct cli *, const char *option, struct release_keys **ret);

#endif
