/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static const struct {
	const char *text, *written; /* NULL: refused */
	bool local;
} cases[] = {
	{ "127.0.0.1:50051", "127.0.0.1:50051", true },
	{ "127.8.0.1:1", "127.8.0.1:1", true },
	{ "0.0.0.0:0", "0.0.0.0:0", false },
	{ "10.1.2.3:65535", "10.1.2.3:65535", false },
	{ "[::1]:50051", "[::1]:50051", true },
	{ "[::]:9091", "[::]:9091", false },
	{ "[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", false },
	{ "unix:/run/a.sock", "unix:/run/a.sock", true },
	{ "unix:@abstract", "unix:@abstract", true },
	{ "localhost:50051", NULL, false },
	{ "::1:50051", NULL, false },
	{ "127.0.0.1", NULL, false },
	{ "127.0.0.1:", NULL, false },
	{ "127.0.0.1:65536", NULL, false },
	{ "127.0.0.1:+1", NULL, false },
	{ "127.0.0.1:000001", NULL, false },
	{ "127.1:80", NULL, false },
	{ ":80", NULL, false },
	{ "[]:80", NULL, false },
	{ "unix:", NULL, false },
	{ "", NULL, false },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", NULL, false },
};

static void
test_addresses(struct diag *d)
{
	struct listener_address a;
	char room[LISTENER_TEXT_MAX], path[200] = "unix:/";
	size_t refused = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		err_t e = listener_address_read(str_of(cases[i].text), &a, d);
		str_t text = e == ERR_OK ? listener_address_write(&a, room) : STR_NONE;

		refused += cases[i].written == NULL;
		ok(cases[i].written != NULL ?
			e == ERR_OK && str_eq(text, str_of(cases[i].written)) &&
			    listener_address_is_local(&a) == cases[i].local :
			e == ERR_CONFIG,
		    "\"%s\" is %s", cases[i].text, cases[i].written != NULL ? "an address" : "refused");
	}
	ok(d->error_count == refused, "each refusal says why");
	ok(listener_address_read(str_make("127.0.0.1\0:80", 13), &a, NULL) == ERR_CONFIG, "no NUL in a host");
	ok(listener_address_read(str_make("unix:/a\0b", 9), &a, NULL) == ERR_CONFIG, "nor in a path");
	memset(path + 6, 'p', 106);
	ok(listener_address_read(str_make(path, 5 + 107), &a, NULL) == ERR_OK &&
		str_eq(listener_address_write(&a, room), str_make(path, 5 + 107)),
	    "a path of 107 bytes fits");
	ok(listener_address_read(str_make(path, 5 + 108), &a, NULL) == ERR_CONFIG, "one of 108 does not");
}

static void
test_sockets(struct diag *d)
{
	struct listener_options options = { .unix_mode = 0620, .share_port = true };
	struct listener_address a, bound = { 0 };
	char dir[] = "/tmp/listener_test.XXXXXX", text[100];
	int first = -1, second = -1;
	struct stat st;

	ok(listener_address_read(STR("[::1]:0"), &a, d) == ERR_OK &&
		listener_open(&a, &options, &first, d) == ERR_OK &&
		listener_bound_address(first, &bound) == ERR_OK,
	    "port 0 takes any");
	ok(listener_open(&bound, &options, &second, d) == ERR_OK, "workers share a port");
	listener_close(second, &bound);
	options.share_port = false;
	ok(listener_open(&bound, &options, &second, d) == ERR_IO, "others do not");
	listener_close(first, &bound);

	(void)snprintf(text, sizeof(text), "unix:%s/s", mkdtemp(dir));
	ok(listener_address_read(str_of(text), &a, d) == ERR_OK && listener_open(&a, &options, &first, d) == ERR_OK,
	    "a Unix socket");
	ok(stat(text + 5, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0620, "with its mode");
	ok(listener_open(&a, &options, &second, d) == ERR_IO, "one that is listened on is not taken away");
	(void)close(first);
	ok(listener_open(&a, &options, &first, d) == ERR_OK, "a stale one is replaced");
	listener_close(first, &a);
	ok(stat(text + 5, &st) != 0, "closing removes the file");
	(void)close(creat(text + 5, 0600));
	ok(listener_open(&a, &options, &first, d) == ERR_IO && stat(text + 5, &st) == 0,
	    "a file that is no socket stays");
	(void)unlink(text + 5);
	(void)rmdir(dir);
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 16);
	struct diag d;

	diag_init(&d, arena, 50);
	test_addresses(&d);
	test_sockets(&d);
	arena_free(&arena);
	return tap_done();
}
