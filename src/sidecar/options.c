/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/options.h"

#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "license/license.h"
#include "sidecar/version.h"

#define NAME_AND_VERSION "coresdk-sidecar v" CORESDK_VERSION " (linux/amd64)\n"

static const char help[] =
    "Usage: coresdk-sidecar [start] [--config FILE] [--set KEY=VALUE]...\n"
    "       coresdk-sidecar doctor [--config FILE] [--strict] [--format json]\n"
    "\n"
    "  --config FILE     read this file instead of ./coresdk-sidecar.yaml or\n"
    "                    /etc/coresdk/coresdk-sidecar.yaml\n"
    "  --set KEY=VALUE   set one key, over file and environment: --set audit.sink=stdout\n"
    "  --version         say which version this is\n"
    "  --help            say this\n"
    "\n"
    "SIGHUP reads everything again; SIGTERM stops after requests in flight.\n";

static bool
finish(FILE *to, const char *text, int status, int *ret_status)
{
	(void)fputs(text, to);
	*ret_status = status;
	return false;
}

/* The value of `--name VALUE` or `--name=VALUE`; moves on over it.  NULL: another argument. */
static const char *
take_value(const char *name, int argc, char **argv, int *i)
{
	size_t len = strlen(name);

	if (strncmp(argv[*i], name, len) != 0)
		return NULL;
	if (argv[*i][len] == '=')
		return argv[*i] + len + 1;
	if (argv[*i][len] == '\0' && *i + 1 < argc)
		return argv[++*i];
	return NULL;
}

bool
options_read(struct arena *arena, int argc, char **argv, struct config_inputs *inputs,
    struct options_doctor *doctor, int *ret_status)
{
	VEC(str_t) flags = { 0 };
	const char *value;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return finish(stdout, help, 0, ret_status);
		if (strcmp(argv[i], "--version") == 0)
			return finish(stdout,
			    license_keys_are_development() ?
				NAME_AND_VERSION "licenses: development key (anybody can make one)\n" :
				NAME_AND_VERSION,
			    0, ret_status);
		if (strcmp(argv[i], "start") == 0 && i == 1)
			continue;
		if (i == 1 && strcmp(argv[i], "doctor") == 0) {
			doctor->wanted = true;
			continue;
		}
		if (doctor->wanted && strcmp(argv[i], "--strict") == 0) {
			doctor->strict = true;
			continue;
		}
		if (doctor->wanted && (value = take_value("--format", argc, argv, &i)) != NULL) {
			doctor->json = strcmp(value, "json") == 0;
			if (!doctor->json && strcmp(value, "text") != 0)
				return finish(stderr, help, 64, ret_status);
			continue;
		}
		if ((value = take_value("--config", argc, argv, &i)) != NULL)
			inputs->path = str_of(value);
		else if ((value = take_value("--set", argc, argv, &i)) == NULL)
			return finish(stderr, help, 64, ret_status);
		else if (!VEC_PUSH(arena, &flags, str_of(value)))
			return finish(stderr, "out of memory\n", 6, ret_status);
	}
	inputs->flags = flags.at;
	inputs->flag_count = flags.count;
	return true;
}
