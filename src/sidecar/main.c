/* SPDX-License-Identifier: Apache-2.0 */
/* coresdk-sidecar: the daemon. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "sidecar/daemon.h"
#include "sidecar/options.h"

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new((size_t)16 << 20);
	struct config_inputs inputs = { .environment = environ };
	struct diag diag;
	struct buf text;
	err_t err;
	int status;

	if (arena == NULL) {
		(void)fprintf(stderr, "coresdk-sidecar: %s\n", err_text(ERR_MEMORY));
		return err_exit(ERR_MEMORY);
	}
	diag_init(&diag, arena, 64);
	if (options_read(arena, argc, argv, &inputs, &status)) {
		err = daemon_run(&inputs, &diag);
		status = err_exit(err);
		if (err != ERR_OK) {
			buf_init(&text, (size_t)1 << 20);
			diag_print(&diag, &text, isatty(STDERR_FILENO) == 1);
			(void)fwrite(text.data, 1, text.len, stderr);
			if (text.len == 0)
				(void)fprintf(stderr, "coresdk-sidecar: %s\n", err_text(err));
			buf_fini(&text);
		}
	}
	arena_free(&arena);
	return status;
}
