/* SPDX-License-Identifier: Apache-2.0 */
/* core sidecar: talks to the daemon of this host over its admin socket. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "admin/client.h"
#include "cli/cli.h"
#include "cli/status_page.h"
#include "codec/json.h"

enum { WATCH_S = 2, WATCH_S_MAX = 3600, PAGE_MAX = 1 << 20, LOOK_BYTES_MAX = 16 << 20 };
enum { RELOAD_MS = 60000, STATUS_MS = 5000, ANSWER_MAX = 1 << 20 };

const struct cli_spec cmd_reload_options[] = {
	{ "--bundle", NULL, "FILE", "the bundle to load" },
	{ "--into", NULL, "NAME", "which bundle of policy.bundles it replaces (the main one)" },
	{ "--allow-rollback", NULL, NULL, "a lower revision number than the one loaded is accepted, and recorded" },
	{ "--admin", NULL, "PATH", "the admin socket (CORESDK_ADMIN_SOCKET, else " ADMIN_DEFAULT_SOCKET ")" },
	{ 0 },
};

const struct cli_spec cmd_status_options[] = {
	{ "--watch", NULL, "[SECONDS]", "again every SECONDS (2), rates and latency of the time between" },
	{ "--admin", NULL, "PATH", "the admin socket (CORESDK_ADMIN_SOCKET, else " ADMIN_DEFAULT_SOCKET ")" },
	{ 0 },
};

static err_t
ask(struct cli *cli, struct arena *arena, struct diag *diag, value_t request, int fd, int timeout_ms, value_t *ret)
{
	struct buf line, answer;
	err_t e;

	buf_init(&line, ADMIN_LINE_MAX);
	buf_init(&answer, ANSWER_MAX);
	json_write(&line, request);
	e = admin_call(admin_socket_path(cli_value(cli, "--admin")), buf_str(&line), fd, timeout_ms, &answer,
	    diag);
	if (e == ERR_OK)
		e = json_read(arena, arena_str(arena, buf_str(&answer)), NULL, diag, ret);
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
	e = ask(cli, cli->arena, &cli->diag, object_builder_freeze(&request, OBJECT_LAST_WINS, NULL), fd, RELOAD_MS, &answer);
	(void)close(fd);
	TRY(e);
	return give(cli, answer);
}

/* A command that takes nothing. */
static err_t
ask_plainly(struct cli *cli, struct arena *arena, struct diag *diag, const char *command, value_t *ret)
{
	struct object_builder request;

	object_builder_init(&request, arena, 1);
	(void)object_builder_add_text(&request, "command", value_text(arena, command));
	return ask(cli, arena, diag, object_builder_freeze(&request, OBJECT_LAST_WINS, NULL), -1, STATUS_MS, ret);
}

err_t
cmd_sidecar_reset_clock(struct cli *cli)
{
	value_t answer;

	TRY(ask_plainly(cli, cli->arena, &cli->diag, "reset-clock", &answer));
	return give(cli, answer);
}

/* ---- --watch ---- */

static void
on_resize(int signal_number)
{
	(void)signal_number; /* it only has to interrupt the wait */
}

/* A terminal is drawn anew, as big as it is now; what is no terminal gets one page after the other. */
static err_t
show(str_t page)
{
	struct winsize size = { 0 };
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct buf out;
	bool done;

	buf_init(&out, PAGE_MAX);
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
		buf_add_text(&out, "\x1b[H\x1b[2J");
		status_page_cut(&out, page, size.ws_row, size.ws_col);
	} else {
		status_page_cut(&out, page, 0, 0);
		buf_add_char(&out, '\n');
	}
	done = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	buf_fini(&out);
	return done ? ERR_OK : ERR_IO;
}

/* One look: a page, or why there is none; then *ret is VALUE_NONE. */
static err_t
look(struct cli *cli, struct arena *arena, value_t before, value_t *ret)
{
	struct buf page;
	struct diag diag;
	err_t e;

	buf_init(&page, PAGE_MAX);
	diag_init(&diag, arena, 4);
	e = ask_plainly(cli, arena, &diag, "status", ret);
	if (e != ERR_OK)
		*ret = VALUE_NONE;
	if (e == ERR_OK && cli->json)
		json_write(&page, *ret);
	else if (e == ERR_OK)
		status_page_write(&page, before, *ret);
	else
		buf_add_str(&page, diag_first_message(&diag));
	e = cli->json && isatty(STDOUT_FILENO) != 1 && page.len > 0
	    ? (fprintf(stdout, "%.*s\n", STR_FMT(buf_str(&page))) > 0 && fflush(stdout) == 0 ? ERR_OK : ERR_IO)
	    : show(buf_str(&page));
	buf_fini(&page);
	return e;
}

/* Until it is killed or nobody reads; a daemon that goes and comes back is looked at again. */
static err_t
watch(struct cli *cli, const char *seconds)
{
	struct arena *arenas[2] = { arena_new(LOOK_BYTES_MAX), arena_new(LOOK_BYTES_MAX) };
	struct sigaction resized = { .sa_handler = on_resize };
	value_t before = VALUE_NONE, now = VALUE_NONE;
	char *end = NULL;
	long every = seconds[0] == '\0' ? WATCH_S : strtol(seconds, &end, 10);
	err_t e = arenas[0] != NULL && arenas[1] != NULL ? ERR_OK : ERR_MEMORY;

	if (every < 1 || every > WATCH_S_MAX || (end != NULL && *end != '\0')) {
		diag_say(&cli->diag, "usage", "--watch takes 1 to %d seconds, not %s", WATCH_S_MAX, seconds);
		e = ERR_USAGE;
	}
	(void)sigaction(SIGWINCH, &resized, NULL);
	for (int turn = 0; e == ERR_OK; turn ^= 1) {
		arena_reset(arenas[turn]);
		e = look(cli, arenas[turn], before, &now);
		before = now;
		(void)poll(NULL, 0, (int)every * 1000);
	}
	arena_free(&arenas[0]);
	arena_free(&arenas[1]);
	return e;
}

err_t
cmd_sidecar_status(struct cli *cli)
{
	value_t answer;

	if (cli_has(cli, "--watch"))
		return watch(cli, cli_value(cli, "--watch"));
	TRY(ask_plainly(cli, cli->arena, &cli->diag, "status", &answer));
	if (value_object_get_text(answer, "ok").tag != VALUE_TRUE)
		return give(cli, answer);
	if (cli->json)
		cli_print_json(cli, answer);
	else
		status_page_write(&cli->out, VALUE_NONE, answer);
	return ERR_OK;
}
