/* SPDX-License-Identifier: Apache-2.0 */
/* core sidecar: talks to the daemon of this host over its admin socket. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "admin/client.h"
#include "cli/cli.h"
#include "codec/json.h"

enum { RELOAD_MS = 60000, STATUS_MS = 5000, ANSWER_MAX = 1 << 20 };

const struct cli_spec cmd_reload_options[] = {
	{ "--bundle", NULL, "FILE", "the bundle to load" },
	{ "--into", NULL, "NAME", "which bundle of policy.bundles it replaces (the main one)" },
	{ "--allow-rollback", NULL, NULL, "a lower revision number than the one loaded is accepted, and recorded" },
	{ "--admin", NULL, "PATH", "the admin socket (CORESDK_ADMIN_SOCKET, else " ADMIN_DEFAULT_SOCKET ")" },
	{ 0 },
};

const struct cli_spec cmd_status_options[] = {
	{ "--admin", NULL, "PATH", "the admin socket (CORESDK_ADMIN_SOCKET, else " ADMIN_DEFAULT_SOCKET ")" },
	{ 0 },
};

static err_t
ask(struct cli *cli, value_t request, int fd, int timeout_ms, value_t *ret)
{
	struct buf line, answer;
	err_t e;

	buf_init(&line, ADMIN_LINE_MAX);
	buf_init(&answer, ANSWER_MAX);
	json_write(&line, request);
	e = admin_call(admin_socket_path(cli_value(cli, "--admin")), buf_str(&line), fd, timeout_ms, &answer,
	    &cli->diag);
	if (e == ERR_OK)
		e = json_read(cli->arena, arena_str(cli->arena, buf_str(&answer)), NULL, &cli->diag, ret);
	buf_fini(&line);
	buf_fini(&answer);
	return e;
}

static str_t
text_of(value_t v)
{
	return v.tag == VALUE_STRING ? value_str(v) : STR("");
}

/* The daemon's message goes to stdout when it agreed, else to stderr with exit 8. */
static err_t
give(struct cli *cli, value_t answer)
{
	str_t message = text_of(value_object_get_text(answer, "message"));

	if (value_object_get_text(answer, "ok").tag != VALUE_TRUE) {
		diag_say(&cli->diag, "refused", "%.*s", STR_FMT(message));
		return ERR_REFUSED;
	}
	if (cli->json)
		cli_print_json(cli, answer);
	else
		buf_printf(&cli->out, "%.*s\n", STR_FMT(message));
	return ERR_OK;
}

err_t
cmd_sidecar_reload(struct cli *cli)
{
	const char *path = cli_value(cli, "--bundle");
	struct object_builder request;
	value_t answer;
	int fd;
	err_t e;

	if (path == NULL) {
		diag_say(&cli->diag, "usage", "--bundle is needed");
		return ERR_USAGE;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		diag_say(&cli->diag, "read", "%s: %s", path, strerror(errno));
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	}
	object_builder_init(&request, cli->arena, 4);
	if (cli_has(cli, "--into"))
		(void)object_builder_add_text(&request, "into", value_text(cli->arena, cli_value(cli, "--into")));
	(void)object_builder_add_text(&request, "command", value_text(cli->arena, "reload-policy"));
	(void)object_builder_add_text(&request, "name", value_text(cli->arena, path));
	(void)object_builder_add_text(&request, "allow_rollback", value_bool(cli_has(cli, "--allow-rollback")));
	e = ask(cli, object_builder_freeze(&request, OBJECT_LAST_WINS, NULL), fd, RELOAD_MS, &answer);
	(void)close(fd);
	TRY(e);
	return give(cli, answer);
}

/* A command that takes nothing. */
static err_t
ask_plainly(struct cli *cli, const char *command, value_t *ret)
{
	struct object_builder request;

	object_builder_init(&request, cli->arena, 1);
	(void)object_builder_add_text(&request, "command", value_text(cli->arena, command));
	return ask(cli, object_builder_freeze(&request, OBJECT_LAST_WINS, NULL), -1, STATUS_MS, ret);
}

err_t
cmd_sidecar_reset_clock(struct cli *cli)
{
	value_t answer;

	TRY(ask_plainly(cli, "reset-clock", &answer));
	return give(cli, answer);
}

static void
print_status(struct cli *cli, value_t v, str_t prefix)
{
	for (uint32_t i = 0; i < v.count; i++) {
		const struct value_entry *entry = &v.object->entries[i];
		str_t name = prefix.len > 0
		    ? arena_printf(cli->arena, "%.*s.%.*s", STR_FMT(prefix), STR_FMT(value_str(entry->key)))
		    : value_str(entry->key);

		if (entry->value.tag == VALUE_OBJECT) {
			print_status(cli, entry->value, name);
			continue;
		}
		buf_printf(&cli->out, "%-28.*s ", STR_FMT(name));
		if (entry->value.tag == VALUE_STRING)
			buf_add_str(&cli->out, value_str(entry->value));
		else
			json_write(&cli->out, entry->value);
		buf_add_char(&cli->out, '\n');
	}
}

err_t
cmd_sidecar_status(struct cli *cli)
{
	value_t answer;

	TRY(ask_plainly(cli, "status", &answer));
	if (value_object_get_text(answer, "ok").tag != VALUE_TRUE)
		return give(cli, answer);
	if (cli->json)
		cli_print_json(cli, answer);
	else
		print_status(cli, answer, STR(""));
	return ERR_OK;
}
