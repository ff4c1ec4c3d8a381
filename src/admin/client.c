/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *
admin_socket_path(const char *flag)
{
	const char *variable = getenv("CORESDK_ADMIN_SOCKET");

	if (flag != NULL && flag[0] != '\0')
		return flag;
	return variable != NULL && variable[0] != '\0' ? variable : ADMIN_DEFAULT_SOCKET;
}

static err_t
reach(const char *path, struct diag *diag, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(address.sun_path)) {
		diag_say(diag, "admin", "%s: the path of a socket has at most %zu bytes", path,
		    sizeof(address.sun_path) - 1);
		return ERR_UNREACHABLE;
	}
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		*ret_fd = fd;
		return ERR_OK;
	}
	diag_say(diag, "admin", "%s: the sidecar does not answer here: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return ERR_UNREACHABLE;
}

bool
admin_is_there(const char *path)
{
	int fd;

	if (reach(path, NULL, &fd) != ERR_OK)
		return false;
	(void)close(fd);
	return true;
}

err_t
admin_call(const char *socket_path, str_t request, int pass_fd, int timeout_ms,
    struct buf *answer, struct diag *diag)
{
	int fd, unwanted = -1;
	err_t err;

	TRY(reach(socket_path, diag, &fd));
	err = admin_send(fd, request, pass_fd);
	if (err == ERR_OK)
		err = admin_receive(fd, timeout_ms, answer, &unwanted);
	if (unwanted >= 0)
		(void)close(unwanted);
	(void)close(fd);
	if (err == ERR_OK)
		return ERR_OK;
	diag_say(diag, "admin", "%s: %s", socket_path,
	    err == ERR_DEADLINE ? "the sidecar took too long to answer" :
				  "the sidecar hung up without an answer");
	return ERR_UNREACHABLE;
}
