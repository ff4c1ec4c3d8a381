/* SPDX-License-Identifier: Apache-2.0 */
/* core config, core audit: what the operator wrote, and what the daemon wrote. */
#include <unistd.h>

#include "audit/verify.h"
#include "cli/cli.h"
#include "config/config.h"

extern char **environ;

const struct cli_spec cmd_config_options[] = {
	{ "--config", NULL, "FILE", "the file (./coresdk-sidecar.yaml, else /etc/coresdk/coresdk-sidecar.yaml)" },
	{ "--origin", NULL, NULL, "also where each value came from" },
	{ 0 },
};

err_t
cmd_config_check(struct cli *cli)
{
	struct config_inputs inputs = { .path = str_of(cli->rest[0]) };
	struct config config;

	TRY(config_load(cli->arena, &inputs, &cli->diag, &config));
	buf_printf(&cli->out, "%s: fine\n", cli->rest[0]);
	return ERR_OK;
}

err_t
cmd_config_show(struct cli *cli)
{
	const char *path = cli_value(cli, "--config");
	struct config_inputs inputs = { .path = str_of(path), .environment = environ };
	struct config config;

	TRY(config_load(cli->arena, &inputs, &cli->diag, &config));
	for (int key = 0; key < CONFIG_KEY_COUNT; key++) {
		buf_printf(&cli->out, "%s: ", config_row((enum config_key)key)->path);
		config_write_value(&cli->out, &config, (enum config_key)key);
		if (cli_has(cli, "--origin")) {
			buf_add_text(&cli->out, "  # ");
			config_write_source(&cli->out, &config, (enum config_key)key);
		}
		buf_add_char(&cli->out, '\n');
	}
	return ERR_OK;
}

err_t
cmd_audit_verify(struct cli *cli)
{
	struct audit_verdict verdict;

	TRY(audit_verify(cli->rest, (size_t)cli->rest_count, &cli->diag, &verdict));
	buf_printf(&cli->out, "Audit log intact. %llu records in %llu files, seq %llu to %llu.\n",
	    (unsigned long long)verdict.records, (unsigned long long)verdict.files,
	    (unsigned long long)verdict.first_seq, (unsigned long long)verdict.last_seq);
	return ERR_OK;
}
