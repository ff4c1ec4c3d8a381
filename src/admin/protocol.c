/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "admin/protocol.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"

union control { /* room for one descriptor, aligned as the kernel wants it */
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static err_t
write_all(int fd, str_t bytes)
{
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.data, bytes.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ERR_IO;
		bytes = str_skip(bytes, (size_t)put);
	}
	return ERR_OK;
}

/* The first byte carries the descriptor. */
static err_t
send_with_fd(int socket_fd, str_t bytes, int pass_fd, size_t *ret_sent)
{
	struct iovec part = { (char *)bytes.data, bytes.len };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(pass_fd));
	memcpy(CMSG_DATA(rights), &pass_fd, sizeof(pass_fd));
	do
		sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent <= 0)
		return ERR_IO;
	*ret_sent = (size_t)sent;
	return ERR_OK;
}

err_t
admin_send(int socket_fd, str_t line, int pass_fd)
{
	size_t sent = 0;

	if (line.len == 0 || line.len >= ADMIN_LINE_MAX ||
	    memchr(line.data, '\n', line.len) != NULL)
		return ERR_LIMIT;
	if (pass_fd >= 0)
		TRY(send_with_fd(socket_fd, line, pass_fd, &sent));
	TRY(write_all(socket_fd, str_skip(line, sent)));
	return write_all(socket_fd, STR("\n"));
}

/* Takes the first descriptor that came; closes any other. */
static err_t
take_descriptors(struct msghdr *message, int *fd)
{
	err_t err = message->msg_flags & MSG_CTRUNC ? ERR_PROTOCOL : ERR_OK;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
			int one;

			memcpy(&one, CMSG_DATA(c) + at, sizeof(one));
			if (*fd < 0) {
				*fd = one;
			} else {
				(void)close(one);
				err = ERR_PROTOCOL;
			}
		}
	}
	return err;
}

static err_t
receive_some(int socket_fd, int64_t until_ns, struct buf *line, int *fd)
{
	int64_t left_ms = (until_ns - clock_steady_ns(&clock_system)) / CLOCK_NS_PER_MS;
	struct pollfd readable = { .fd = socket_fd, .events = POLLIN };
	union control control = { 0 };
	struct iovec part;
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	if (left_ms <= 0)
		return ERR_DEADLINE;
	if (poll(&readable, 1, (int)left_ms) == 0)
		return ERR_DEADLINE;
	if (!buf_reserve(line, line->capacity - line->len > 0 ? 1 : 4096))
		return ERR_LIMIT;
	part = (struct iovec){ line->data + line->len, line->capacity - line->len };
	got = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return errno == EINTR ? ERR_OK : ERR_IO;
	TRY(take_descriptors(&message, fd));
	if (got == 0)
		return ERR_PROTOCOL; /* it went before its line ended */
	line->len += (size_t)got;
	return ERR_OK;
}

err_t
admin_receive(int socket_fd, int timeout_ms, struct buf *line, int *ret_fd)
{
	int64_t until = clock_steady_ns(&clock_system) + timeout_ms * CLOCK_NS_PER_MS;
	err_t err = ERR_OK;
	size_t end = 0;
	int fd = -1;

	buf_clear(line);
	while (err == ERR_OK && (end = str_find_char(buf_str(line), '\n', 0)) == line->len)
		err = receive_some(socket_fd, until, line, &fd);
	if (err == ERR_OK && end + 1 < line->len)
		err = ERR_PROTOCOL;
	if (err != ERR_OK) {
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	line->len = end;
	*ret_fd = fd;
	return ERR_OK;
}
