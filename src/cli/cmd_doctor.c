/* SPDX-License-Identifier: Apache-2.0 */
/* core doctor: is this host fit for a sidecar? */
#include "cli/cli.h"
#include "doctor/doctor.h"

extern char **environ;

const struct cli_spec cmd_doctor_options[] = {
	{ "--config", NULL, "FILE", "the file (./coresdk-sidecar.yaml, else /etc/coresdk/coresdk-sidecar.yaml)" },
	{ "--strict", NULL, NULL, "warnings count as trouble" },
	{ 0 },
};

err_t
cmd_doctor(struct cli *cli)
{
	struct config_inputs inputs = { .path = str_of(cli_value(cli, "--config")), .environment = environ };
	struct doctor d;

	doctor_examine(&d, cli->arena, &inputs);
	doctor_write(&d, &cli->out, cli->json);
	return doctor_verdict(&d, cli_has(cli, "--strict"));
}
