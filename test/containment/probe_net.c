/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to reach another machine. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_alg.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

enum { MPTCP = 262 };

static bool
connect_with(int family, int type, int protocol, const void *address, socklen_t len)
{
	int fd = socket(family, type, protocol);

	return fd >= 0 && connect(fd, address, len) == 0;
}

static bool
by_tcp(struct stage *s)
{
	return connect_with(AF_INET, SOCK_STREAM, 0, &s->tcp, sizeof(s->tcp));
}

static bool
by_mptcp(struct stage *s)
{
	return connect_with(AF_INET, SOCK_STREAM, MPTCP, &s->tcp, sizeof(s->tcp));
}

static bool
by_sctp(struct stage *s)
{
	return connect_with(AF_INET, SOCK_STREAM, IPPROTO_SCTP, &s->tcp, sizeof(s->tcp));
}

static bool
send_with(int type, int protocol, const void *bytes, size_t len, int flags, const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, type, protocol);

	return fd >= 0 && sendto(fd, bytes, len, flags, (const struct sockaddr *)to, sizeof(*to)) == (ssize_t)len;
}

static bool
by_udp(struct stage *s)
{
	return send_with(SOCK_DGRAM, 0, "out", 3, 0, &s->udp);
}

static bool
by_icmp(struct stage *s)
{
	struct icmphdr echo = { .type = ICMP_ECHO };

	return send_with(SOCK_DGRAM, IPPROTO_ICMP, &echo, sizeof(echo), 0, &s->udp);
}

static bool
by_raw(struct stage *s)
{
	struct icmphdr echo = { .type = ICMP_ECHO };

	return send_with(SOCK_RAW, IPPROTO_ICMP, &echo, sizeof(echo), 0, &s->udp);
}

static bool
by_fast_open(struct stage *s)
{
	return send_with(SOCK_STREAM, 0, "out", 3, MSG_FASTOPEN, &s->tcp);
}

static bool
send_message(int fd, struct stage *s)
{
	char out[] = "out";
	struct iovec part = { out, 3 };
	struct msghdr message = { .msg_name = &s->tcp, .msg_namelen = sizeof(s->tcp), .msg_iov = &part, .msg_iovlen = 1 };

	return fd >= 0 && sendmsg(fd, &message, MSG_FASTOPEN) == 3;
}

static bool
by_fast_open_message(struct stage *s)
{
	return send_message(socket(AF_INET, SOCK_STREAM, 0), s);
}

/* A listener that is shut down is a fresh socket again, in the network where it was made. */
static bool
by_recycled_listener(struct stage *s)
{
	char out[] = "out";
	struct mmsghdr many = { 0 };
	struct iovec part = { out, 3 };

	if (shutdown(s->listener_fd, SHUT_RDWR) != 0)
		return false;
	if (send_message(s->listener_fd, s) || connect(s->listener_fd, (struct sockaddr *)&s->tcp, sizeof(s->tcp)) == 0 ||
	    sendto(s->listener_fd, "out", 3, MSG_FASTOPEN, (struct sockaddr *)&s->tcp, sizeof(s->tcp)) == 3)
		return true;
	many.msg_hdr = (struct msghdr){ .msg_name = &s->tcp, .msg_namelen = sizeof(s->tcp), .msg_iov = &part, .msg_iovlen = 1 };
	return sendmmsg(s->listener_fd, &many, 1, MSG_FASTOPEN) == 1;
}

static bool
by_vsock(struct stage *s)
{
	struct sockaddr_vm any = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY };
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
}

/* Through, if it sees an interface that is up. */
static bool
by_netlink(struct stage *s)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg body;
	} ask = { { sizeof(ask), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { .ifi_family = AF_UNSPEC } };
	char answer[16384];
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	ssize_t len;

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0 || (len = recv(fd, answer, sizeof(answer), 0)) < 0)
		return false;
	for (struct nlmsghdr *m = (struct nlmsghdr *)answer; NLMSG_OK(m, (size_t)len); m = NLMSG_NEXT(m, len)) {
		const struct ifinfomsg *link = NLMSG_DATA(m);

		if (m->nlmsg_type == RTM_NEWLINK && (link->ifi_flags & IFF_UP) != 0)
			return true;
	}
	errno = ENETDOWN;
	return false;
}

static bool
by_alg(struct stage *s)
{
	struct sockaddr_alg hash = { .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&hash, sizeof(hash)) == 0;
}

static bool
by_packet(struct stage *s)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = 1, .sll_halen = 6 };
	char frame[64] = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));

	return fd >= 0 && sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(frame);
}

/* A connected socket of somebody else's, handed in. */
static bool
by_rights(struct stage *s)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	return recvmsg(s->rights_fd, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL;
}

static bool
by_abstract(struct stage *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(s->abstract_name);

	memcpy(to.sun_path + 1, s->abstract_name, len);
	return connect_with(AF_UNIX, SOCK_STREAM, 0, &to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len));
}

static bool
by_unix(struct stage *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, s->socket_path, strlen(s->socket_path));
	return connect_with(AF_UNIX, SOCK_STREAM, 0, &to, sizeof(to));
}

static bool
by_pair(struct stage *s)
{
	int fd[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0;
}

static bool
by_new_listener(struct stage *s)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(fd, 1) == 0;
}

const struct probe net_probes[] = {
	{ "TCP", by_tcp, BY_SECCOMP | BY_NETNS | BY_LANDLOCK, false },
	{ "UDP", by_udp, BY_SECCOMP | BY_NETNS, false },
	{ "ICMP", by_icmp, BY_SECCOMP | BY_NETNS, false },
	{ "raw", by_raw, BY_SECCOMP | BY_NETNS | BY_PRIVILEGES, false },
	{ "MPTCP", by_mptcp, BY_SECCOMP | BY_NETNS, false },
	{ "SCTP", by_sctp, BY_SECCOMP | BY_NETNS, false },
	{ "VSOCK", by_vsock, BY_SECCOMP, false },
	{ "NETLINK", by_netlink, BY_SECCOMP | BY_NETNS, false },
	{ "ALG", by_alg, BY_SECCOMP, false },
	{ "PACKET", by_packet, BY_SECCOMP | BY_NETNS | BY_PRIVILEGES, false },
	{ "Fast Open by sendto", by_fast_open, BY_SECCOMP | BY_NETNS, false },
	{ "Fast Open by sendmsg", by_fast_open_message, BY_SECCOMP | BY_NETNS, false },
	{ "recycled listener", by_recycled_listener, BY_SECCOMP, false },
	{ "SCM_RIGHTS in", by_rights, BY_SECCOMP, true },
	{ "abstract Unix socket", by_abstract, BY_SECCOMP | BY_NETNS | BY_LANDLOCK, false },
	{ "Unix socket", by_unix, BY_SECCOMP, false },
	{ "socketpair", by_pair, BY_SECCOMP, false },
	{ "new listener", by_new_listener, BY_SECCOMP | BY_LANDLOCK, false },
	{ 0 },
};
