/* SPDX-License-Identifier: Apache-2.0 */
/* core config, core audit: what the operator wrote, and what the daemon wrote. */
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "codec/yaml_tree.h"
#include "config/config.h"
#include "crypt/secret.h"
#include "settings/settings.h"
#include "settings/tag.h"

extern char **environ;

const struct cli_spec cmd_config_options[] = {
	{ "--config", NULL, "FILE", "the file (./coresdk-sidecar.yaml, else /etc/coresdk/coresdk-sidecar.yaml)" },
	{ "--origin", NULL, NULL, "also where each value came from" },
	{ 0 },
};

const struct cli_spec cmd_config_check_options[] = {
	{ "--key", NULL, "FILE", "the key of the tag that a file of flags must have beside it (FILE.hmac)" },
	{ 0 },
};

const struct cli_spec cmd_config_sign_options[] = {
	{ "--key", NULL, "FILE", "the key, the same that cache.hmac_key_path names on the hosts" },
	{ 0 },
};

/* ---- flags, limits, tenants: the file of cache.config_path ---- */

static bool
is_settings(struct cli *cli, str_t name, str_t text)
{
	static const char *const sections[] = { "values", "flags", "rate_limits", "tenants" };
	struct yaml_tree *root = NULL;

	if (yaml_tree_read(cli->arena, "config", name, text, NULL, &root) != ERR_OK || root == NULL)
		return false;
	for (size_t i = 0; root->kind == YAML_TREE_MAPPING && i < root->count; i += 2) {
		for (size_t k = 0; k < COUNT(sections); k++) {
			if (str_eq(root->items[i]->text, str_of(sections[k])))
				return true;
		}
	}
	return false;
}

static err_t
check_tag(struct cli *cli, str_t text, const char *key_path)
{
	str_t tag_path = arena_printf(cli->arena, "%s.hmac", cli->rest[0]), tag = STR_NONE;
	struct buf key;
	err_t err;

	buf_init(&key, TAG_KEY_MAX);
	err = tag_key_read(key_path, &key, &cli->diag);
	if (err == ERR_OK)
		err = cli_read(cli, tag_path.data, &tag);
	if (err == ERR_OK && tag_check(buf_str(&key), text, tag) != ERR_OK) {
		diag_say(&cli->diag, "settings", "%s does not have the tag in %.*s", cli->rest[0], STR_FMT(tag_path));
		err = ERR_SIGNATURE;
	}
	secret_wipe(key.data, key.len);
	buf_fini(&key);
	return err;
}

static err_t
check_settings(struct cli *cli, str_t text)
{
	const char *key = cli_value(cli, "--key");
	struct settings s;

	if (key != NULL)
		TRY(check_tag(cli, text, key));
	TRY(settings_read(cli->arena, str_of(cli->rest[0]), text, &cli->diag, &s));
	buf_printf(&cli->out, "%s: fine: %zu flags, %zu rate limits, %zu tenants, %zu values, version %.*s\n",
	    cli->rest[0], s.flag_count, s.rate_count, s.tenant_count, s.values.count, STR_FMT(s.version));
	return ERR_OK;
}

/* A file that would be refused is not signed. */
err_t
cmd_config_sign(struct cli *cli)
{
	const char *key_path = cli_value(cli, "--key");
	str_t text, tag_path = arena_printf(cli->arena, "%s.hmac", cli->rest[0]);
	char tag[TAG_LEN + 1];
	struct settings s;
	struct buf key;
	err_t err;

	if (key_path == NULL) {
		diag_say(&cli->diag, "usage", "core config sign needs --key FILE: openssl rand -hex 32 makes a key");
		return ERR_USAGE;
	}
	TRY(cli_read(cli, cli->rest[0], &text));
	TRY(settings_read(cli->arena, str_of(cli->rest[0]), text, &cli->diag, &s));
	buf_init(&key, TAG_KEY_MAX);
	err = tag_key_read(key_path, &key, &cli->diag);
	if (err == ERR_OK) {
		tag_make(buf_str(&key), text, tag);
		tag[TAG_LEN] = '\n';
		err = file_replace(NULL, tag_path.data, 0644, str_make(tag, sizeof(tag)), &cli->diag);
	}
	secret_wipe(key.data, key.len);
	buf_fini(&key);
	if (err == ERR_OK)
		buf_printf(&cli->out, "Tag: %.*s (carry it with the file)\n", STR_FMT(tag_path));
	return err;
}

/* ---- coresdk-sidecar.yaml ---- */

err_t
cmd_config_check(struct cli *cli)
{
	str_t text;
	struct config_inputs inputs = { .path = str_of(cli->rest[0]) };
	struct config config;

	TRY(cli_read(cli, cli->rest[0], &text));
	if (cli_value(cli, "--key") != NULL || is_settings(cli, inputs.path, text))
		return check_settings(cli, text);
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
