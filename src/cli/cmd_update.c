/* SPDX-License-Identifier: Apache-2.0 */
/* core update: the manual channel: a program that was carried here takes the place of the old
 * one. */
#include "cli/cli.h"
#include "cli/media_host.h"
#include "cli/release_keys.h"
#include "media/update.h"
#include "release/version.h"

const struct cli_spec cmd_update_apply_options[] = {
	{ "--pubkey", NULL, "PATH",
	    "whose programs are believed: a public key or a directory; may be repeated" },
	{ "--config", NULL, "FILE",
	    "the sidecar's configuration (found as the sidecar finds it)" },
	{ "--rollback-timeout", NULL, "SECONDS",
	    "how long it may take to be well (auto_update.rollback_timeout_secs)" },
	{ "--restart", NULL, "COMMAND", "how the sidecar is restarted (" UPDATE_RESTART ")" },
	{ "--allow-downgrade", NULL, NULL, "takes an older version than the one that runs" },
	{ "--admin", NULL, "PATH",
	    "the admin socket (CORESDK_ADMIN_SOCKET, else listen.admin)" },
	{ 0 },
};

const struct cli_spec cmd_update_rollback_options[] = {
	{ "--config", NULL, "FILE",
	    "the sidecar's configuration (found as the sidecar finds it)" },
	{ "--rollback-timeout", NULL, "SECONDS",
	    "how long it may take to be well (auto_update.rollback_timeout_secs)" },
	{ "--restart", NULL, "COMMAND", "how the sidecar is restarted (" UPDATE_RESTART ")" },
	{ "--admin", NULL, "PATH",
	    "the admin socket (CORESDK_ADMIN_SOCKET, else listen.admin)" },
	{ 0 },
};

static err_t
read_options(struct cli *cli, struct media_host *host, struct update_options *o)
{
	const char *restart = cli_value(cli, "--restart");

	TRY(media_host_read(cli, host));
	o->config = &host->config;
	o->admin = host->admin;
	o->restart = restart != NULL ? restart : UPDATE_RESTART;
	o->allow_downgrade = cli_has(cli, "--allow-downgrade");
	TRY(cli_number(cli, "--rollback-timeout",
	    host->config.auto_update_rollback_timeout_secs, &o->timeout_s));
	if (o->timeout_s >= 1 && o->timeout_s <= 3600)
		return ERR_OK;
	diag_say(&cli->diag, "usage", "--rollback-timeout takes 1 to 3600 seconds");
	return ERR_USAGE;
}

static void
print(struct cli *cli, const char *what, const struct update_result *r)
{
	struct object_builder o;

	if (!cli->json) {
		buf_printf(&cli->out,
		    "%s %s now runs v%.*s (process %lld). The program before is %s.\n", what,
		    r->target, STR_FMT(r->now.version), (long long)r->now.pid, r->previous);
		return;
	}
	object_builder_init(&o, cli->arena, 6);
	(void)object_builder_add_text(&o, "target", value_text(cli->arena, r->target));
	(void)object_builder_add_text(&o, "previous", value_text(cli->arena, r->previous));
	(void)object_builder_add_text(&o, "version", value_string(cli->arena, r->now.version));
	(void)object_builder_add_text(&o, "signed_version",
	    value_string(cli->arena, version_bare(r->facts.claims.version)));
	(void)object_builder_add_text(
	    &o, "old_version", value_string(cli->arena, version_bare(r->old.version)));
	(void)object_builder_add_text(&o, "pid", value_int(r->now.pid));
	cli_print_json(cli, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

err_t
cmd_update_apply(struct cli *cli)
{
	struct update_options options = { .keys = NULL };
	struct release_keys *keys = NULL;
	struct update_result result;
	struct media_host host;
	err_t err;

	TRY(read_options(cli, &host, &options));
	TRY(cli_release_keys(cli, "--pubkey", &keys));
	options.keys = keys;
	err = update_apply(cli->arena, cli->rest[0], &options, &cli->diag, &result);
	release_keys_free(&keys);
	TRY(err);
	print(cli, "Updated.", &result);
	return ERR_OK;
}

err_t
cmd_update_rollback(struct cli *cli)
{
	struct update_options options = { .keys = NULL };
	struct update_result result;
	struct media_host host;

	TRY(read_options(cli, &host, &options));
	TRY(update_rollback(cli->arena, &options, &cli->diag, &result));
	print(cli, "Rolled back.", &result);
	return ERR_OK;
}
