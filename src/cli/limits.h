/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: how much an evaluation on the command line may use.
 *
 * --limits takes words with commas between: `none`; `server`, which is what the
 * daemon's configuration has by default; and single ones, time=50ms, memory=8MiB,
 * steps=100000, depth=500.  A later word overrides an earlier one.
 *
 *   failure  ERR_USAGE, with a finding that names the word
 */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include "cli/cli.h"

struct limits { /* 0: none */
	int64_t time_ns;
	size_t memory; /* bytes of the request's arena */
	uint64_t steps;
	uint32_t depth;
};

err_t limits_read(struct cli *, str_t text, struct limits *ret);

#endif
