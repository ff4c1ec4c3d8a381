/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/client.h"
#include "tap.h"

static const struct {
	const char *label;
	str_t bytes; /* as they arrive */
	bool hangs_up;
	err_t want;
	str_t line;
} cases[] = {
	{ "a line", STR("{\"command\":\"status\"}\n"), false, ERR_OK, STR("{\"command\":\"status\"}") },
	{ "an empty line", STR("\n"), false, ERR_OK, STR("") },
	{ "two lines", STR("{}\n{}\n"), false, ERR_PROTOCOL, STR("") },
	{ "half a line", STR("{\"comm"), true, ERR_PROTOCOL, STR("") },
	{ "nothing", STR(""), true, ERR_PROTOCOL, STR("") },
	{ "silence", STR("{"), false, ERR_DEADLINE, STR("") },
};

static void
check_lines(void)
{
	struct buf line;

	buf_init(&line, ADMIN_LINE_MAX);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int ends[2], fd = -1;

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
		    write(ends[0], cases[i].bytes.data, cases[i].bytes.len) < 0)
			abort();
		if (cases[i].hangs_up)
			(void)close(ends[0]);
		err_t err = admin_receive(ends[1], 50, &line, &fd);

		ok(err == cases[i].want && (err != ERR_OK || str_eq(buf_str(&line), cases[i].line)) &&
			fd == -1,
		    "receive: %s", cases[i].label);
		if (!cases[i].hangs_up)
			(void)close(ends[0]);
		(void)close(ends[1]);
	}
	buf_fini(&line);
}

static void
check_descriptor(void)
{
	int ends[2], file[2], fd = -1;
	struct buf line;
	char byte = 0;

	buf_init(&line, ADMIN_LINE_MAX);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || pipe(file) != 0 ||
	    write(file[1], "x", 1) != 1)
		abort();
	ok(admin_send(ends[0], STR("{\"command\":\"reload-policy\"}"), file[0]) == ERR_OK, "sent");
	ok(admin_receive(ends[1], 1000, &line, &fd) == ERR_OK && fd >= 0 && fd != file[0] &&
		read(fd, &byte, 1) == 1 && byte == 'x',
	    "a descriptor comes along, and it is the one that was sent");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "it is not inherited");
	(void)close(fd);
	ok(admin_send(ends[0], STR("two\nlines"), -1) == ERR_LIMIT, "a newline inside is refused");
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)close(file[0]);
	(void)close(file[1]);
	buf_fini(&line);
}

static void
check_paths(struct arena *arena)
{
	struct buf answer;
	struct diag diag;

	buf_init(&answer, ADMIN_LINE_MAX);
	(void)unsetenv("CORESDK_ADMIN_SOCKET");
	ok(str_eq(str_of(admin_socket_path(NULL)), STR("/run/coresdk/admin.sock")), "the default");
	(void)setenv("CORESDK_ADMIN_SOCKET", "/tmp/a", 1);
	ok(str_eq(str_of(admin_socket_path(NULL)), STR("/tmp/a")), "the variable wins");
	ok(str_eq(str_of(admin_socket_path("/tmp/b")), STR("/tmp/b")), "the flag wins");
	diag_init(&diag, arena, 4);
	ok(admin_call("/there/is/none", STR("{}"), -1, 100, &answer, &diag) == ERR_UNREACHABLE &&
		diag.error_count == 1,
	    "nobody there");
	buf_fini(&answer);
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);

	check_lines();
	check_descriptor();
	check_paths(arena);
	arena_free(&arena);
	return tap_done();
}
