/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/activation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

enum { FIRST_FD = 3 }; /* SD_LISTEN_FDS_START */

static int64_t
number_in(const char *variable)
{
	const char *text = getenv(variable);
	char *end = NULL;
	long n = text != NULL ? strtol(text, &end, 10) : -1;

	return text != NULL && end != text && *end == '\0' ? n : -1;
}

static bool
find_purpose(str_t name, enum activation_purpose *ret)
{
	static const char *const names[] = { "grpc", "http", "admin" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (str_eq(name, str_of(names[i]))) {
			*ret = (enum activation_purpose)i;
			return true;
		}
	}
	return false;
}

static bool
is_stream_listener(int fd)
{
	int listens = 0, type = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens != 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

static err_t
take(struct activation *a, int fd, str_t name, struct diag *diag)
{
	int flags = fcntl(fd, F_GETFL);

	if (!find_purpose(name, &a->at[a->count].purpose)) {
		diag_say(diag, "listen",
		    "LISTEN_FDNAMES: \"%.*s\" is none of grpc, http and admin (FileDescriptorName= in the .socket unit)",
		    STR_FMT(name));
		return ERR_CONFIG;
	}
	if (flags < 0 || !is_stream_listener(fd)) {
		diag_say(diag, "listen", "LISTEN_FDS: descriptor %d is not a listening stream socket", fd);
		return ERR_CONFIG;
	}
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return ERR_IO;
	a->at[a->count++].fd = fd;
	return ERR_OK;
}

err_t
activation_read(struct activation *a, struct diag *diag)
{
	const char *text = getenv("LISTEN_FDNAMES");
	str_t names = text != NULL ? str_of(text) : STR_NONE;
	int64_t count = number_in("LISTEN_FDS");

	*a = (struct activation){ 0 };
	if (count <= 0 || number_in("LISTEN_PID") != getpid())
		return ERR_OK; /* meant for another process, if for any */
	if (count > ACTIVATION_FDS_MAX) {
		diag_say(diag, "listen", "LISTEN_FDS: at most %d sockets can be served", ACTIVATION_FDS_MAX);
		return ERR_LIMIT;
	}
	for (int i = 0; i < count; i++) {
		size_t colon = str_find_char(names, ':', 0);

		TRY(take(a, FIRST_FD + i, str_sub(names, 0, colon), diag));
		names = str_skip(names, colon < names.len ? colon + 1 : colon);
	}
	return ERR_OK;
}

int
activation_next(const struct activation *a, enum activation_purpose purpose, size_t *at)
{
	while (*at < a->count) {
		size_t i = (*at)++;

		if (a->at[i].purpose == purpose)
			return a->at[i].fd;
	}
	return -1;
}
