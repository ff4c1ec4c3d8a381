/* SPDX-License-Identifier: Apache-2.0 */
/* coresdk-sidecar: the daemon. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "crypt/random.h"
#include "doctor/doctor.h"
#include "sidecar/daemon.h"
#include "sidecar/options.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30) /* the doctor holds a bundle */

static int
examine(struct arena *arena, const struct config_inputs *inputs, const struct options_doctor *options)
{
	uint8_t key[16];
	struct doctor d;
	struct buf text;

	random_bytes(key, sizeof(key));
	value_hash_key(key);
	doctor_examine(&d, arena, inputs);
	buf_init(&text, (size_t)1 << 20);
	doctor_write(&d, &text, options->json);
	(void)fwrite(text.data, 1, text.len, stdout);
	buf_fini(&text);
	return err_exit(doctor_verdict(&d, options->strict));
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct config_inputs inputs = { .environment = environ };
	struct options_doctor doctor = { 0 };
	struct diag diag;
	struct buf text;
	err_t err;
	int status;

	arena_return_memory();
	if (arena == NULL) {
		(void)fprintf(stderr, "coresdk-sidecar: %s\n", err_text(ERR_MEMORY));
		return err_exit(ERR_MEMORY);
	}
	diag_init(&diag, arena, 64);
	if (!options_read(arena, argc, argv, &inputs, &doctor, &status)) {
		arena_free(&arena);
		return status;
	}
	if (doctor.wanted) {
		status = examine(arena, &inputs, &doctor);
	} else {
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
