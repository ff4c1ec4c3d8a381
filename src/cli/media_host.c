/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/media_host.h"

#include <stdlib.h>
#include <sys/utsname.h>

extern char **environ;

/* Flag, variable, configuration; with --root only the flag. */
static const char *
find_admin(struct cli *cli, const struct media_host *h)
{
	const char *flag = cli_value(cli, "--admin");

	if (flag != NULL)
		return flag[0] != '\0' ? flag : NULL;
	if (h->root[0] != '\0' || h->config.listen_admin.len == 0)
		return NULL;
	return h->config.listen_admin.data;
}

err_t
media_host_read(struct cli *cli, struct media_host *ret)
{
	const char *path = cli_value(cli, "--config"), *root = cli_value(cli, "--root");
	const char *name = cli_value(cli, "--host");
	struct config_inputs inputs = { .path = str_of(path), .environment = environ };
	struct utsname u;

	ret->root = root != NULL && strcmp(root, "/") != 0 ? root : "";
	if (ret->root[0] != '\0' && path == NULL)
		inputs.path =
		    arena_printf(cli->arena, "%s/etc/coresdk/coresdk-sidecar.yaml", ret->root);
	TRY(config_load(cli->arena, &inputs, &cli->diag, &ret->config));
	ret->admin = find_admin(cli, ret);
	if (name == NULL && uname(&u) == 0)
		name = u.nodename;
	ret->name = arena_str(cli->arena, str_of(name));
	return ret->name.data != NULL ? ERR_OK : ERR_MEMORY;
}
