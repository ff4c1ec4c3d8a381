/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/listen.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/check.h"
#include "sidecar/findings.h"

enum { ADMIN_MODE = 0600, RUN_DIR_MODE = 0755 };

static bool
is_unix(const struct listener_address *a)
{
	return a->sockaddr.ss_family == AF_UNIX;
}

/*
 * SO_REUSEPORT would let a second daemon take half of the first one's
 * connections: so the address is taken once without it, to see that it is free.
 */
static err_t
open_for_workers(struct daemon_socket *s, uint32_t workers, mode_t unix_mode, struct diag *diag)
{
	struct listener_options alone = { .unix_mode = unix_mode };
	struct listener_options together = { .share_port = true };

	TRY(listener_open(&s->address, &alone, &s->fd[0], diag));
	s->fd_count = 1;
	if (is_unix(&s->address) || workers == 1)
		return ERR_OK;
	TRY(listener_bound_address(s->fd[0], &s->address)); /* port 0 has become one */
	listener_close(s->fd[0], &s->address);
	for (s->fd_count = 0; s->fd_count < workers; s->fd_count++)
		TRY(listener_open(&s->address, &together, &s->fd[s->fd_count], diag));
	return ERR_OK;
}

static err_t
read_address(struct daemon *d, str_t text, struct diag *diag, struct listener_address *ret)
{
	/* A name is never resolved: this one is the same everywhere. */
	if (str_has_prefix(text, STR("localhost:")))
		text = arena_printf(d->arena, "127.0.0.1:%.*s", STR_FMT(str_skip(text, 10)));
	return listener_address_read(text, ret, diag);
}

/* A machine without IPv6 has no ::1; that is no reason to serve nobody by default. */
static bool
may_miss(const struct daemon *d, enum config_key key, int error)
{
	return d->config.source[key].origin == CONFIG_DEFAULT &&
	    (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

static bool
is_exposed(const struct daemon *d, const struct listener_address *a)
{
	return d->config.tls_mode == CONFIG_TLS_AUTO && !listener_address_is_local(a);
}

static err_t
refuse_exposed(str_t address, struct diag *diag)
{
	diag_say(diag, "listen",
	    "%.*s can be reached from other machines, and neither TLS nor `tls: { mode: off }` is configured",
	    STR_FMT(address));
	return ERR_CONFIG;
}

static err_t
open_address(struct daemon *d, enum config_key key, str_t text, struct daemon_socket *sockets, size_t *count,
    struct diag *diag)
{
	struct daemon_socket *s = &sockets[*count];
	struct diag aside;
	err_t err;

	if (*count == DAEMON_ADDRESSES_MAX) {
		diag_say(diag, "listen", "at most %d addresses can be served", DAEMON_ADDRESSES_MAX);
		return ERR_LIMIT;
	}
	diag_init(&aside, diag->arena, 4);
	TRY(read_address(d, text, diag, &s->address));
	if (is_exposed(d, &s->address))
		return refuse_exposed(text, diag);
	errno = 0;
	err = open_for_workers(s, d->worker_count, (mode_t)config_unix_mode(&d->config), &aside);
	if (err == ERR_OK) {
		++*count;
		return ERR_OK;
	}
	if (may_miss(d, key, errno)) {
		log_warn(&d->log, "this address cannot be served here", LOG_STR("address", text));
		return ERR_OK;
	}
	diag_say(diag, "listen", "%.*s", STR_FMT(diag_first_message(&aside)));
	return err;
}

/* One descriptor for all workers: the kernel wakes one of them. */
static err_t
inherit(struct daemon *d, enum activation_purpose purpose, struct daemon_socket *sockets, size_t *count,
    struct diag *diag)
{
	char room[LISTENER_TEXT_MAX];
	size_t at = 0;
	int fd;

	while ((fd = activation_next(&d->activation, purpose, &at)) >= 0) {
		struct daemon_socket *s = &sockets[*count];

		if (*count == DAEMON_ADDRESSES_MAX)
			return ERR_LIMIT;
		TRY(listener_bound_address(fd, &s->address));
		if (purpose == ACTIVATED_GRPC && is_exposed(d, &s->address))
			return refuse_exposed(listener_address_write(&s->address, room), diag);
		s->fd[0] = fd;
		s->fd_count = 1;
		s->inherited = true;
		(*count)++;
	}
	return ERR_OK;
}

static err_t
open_grpc_address(struct daemon *d, str_t text, struct diag *diag)
{
	return open_address(d, CONFIG_KEY_listen_grpc, text, d->grpc_sockets, &d->grpc_count, diag);
}

err_t
listen_open_rest(struct daemon *d, struct diag *diag)
{
	const struct config_list *list = &d->config.listen_rest;

	for (size_t i = 0; i < list->count; i++)
		TRY(open_address(d, CONFIG_KEY_listen_rest, list->at[i], d->rest_sockets, &d->rest_count, diag));
	return ERR_OK;
}

err_t
listen_open_grpc(struct daemon *d, struct diag *diag)
{
	const struct config *c = &d->config;

	TRY(activation_read(&d->activation, diag));
	TRY(unix_rule_read(d->arena, (struct unix_names){ c->listen_unix_users.at, c->listen_unix_users.count },
	    (struct unix_names){ c->listen_unix_groups.at, c->listen_unix_groups.count }, diag, &d->unix_rule));
	TRY(inherit(d, ACTIVATED_GRPC, d->grpc_sockets, &d->grpc_count, diag));
	if (d->grpc_count > 0)
		return ERR_OK;
	for (size_t i = 0; i < c->listen_grpc.count; i++)
		TRY(open_grpc_address(d, c->listen_grpc.at[i], diag));
	if (c->listen_unix.len > 0)
		TRY(open_grpc_address(d, arena_printf(d->arena, "unix:%.*s", STR_FMT(c->listen_unix)),
		    diag));
	if (d->grpc_count > 0)
		return ERR_OK;
	diag_say(diag, "listen", "none of the addresses in listen.grpc can be served");
	return ERR_IO;
}

err_t
listen_open_http(struct daemon *d, struct diag *diag)
{
	const struct config_list *list = &d->config.listen_http;

	TRY(inherit(d, ACTIVATED_HTTP, d->http_sockets, &d->http_count, diag));
	if (d->http_count > 0)
		return ERR_OK;
	for (size_t i = 0; i < list->count && d->http_count < DAEMON_ADDRESSES_MAX; i++) {
		struct daemon_socket *s = &d->http_sockets[d->http_count];
		struct diag aside;

		diag_init(&aside, d->arena, 4);
		if (read_address(d, list->at[i], &aside, &s->address) == ERR_OK &&
		    open_for_workers(s, 1, (mode_t)config_unix_mode(&d->config), &aside) == ERR_OK)
			d->http_count++;
		else
			log_warn(&d->log, "health is not served here", LOG_STR("address", list->at[i]),
			    LOG_STR("cause", diag_first_message(&aside)));
	}
	return ERR_OK;
}

static void
make_parent(struct daemon *d, str_t path)
{
	while (path.len > 1 && path.data[path.len - 1] != '/')
		path.len--;
	if (path.len > 1 &&
	    file_make_dirs(NULL, arena_str(d->arena, path).data, RUN_DIR_MODE, NULL) != ERR_OK)
		log_debug(&d->log, "the directory of the admin socket cannot be made",
		    LOG_STR("path", path));
}

err_t
listen_open_admin(struct daemon *d, struct diag *diag)
{
	struct listener_options options = { .unix_mode = ADMIN_MODE, .backlog = 8 };
	str_t path = d->config.listen_admin;
	struct diag aside;
	size_t at = 0;
	err_t err;

	d->admin_fd = activation_next(&d->activation, ACTIVATED_ADMIN, &at);
	d->admin_inherited = d->admin_fd >= 0;
	if (d->admin_inherited)
		return listener_bound_address(d->admin_fd, &d->admin_address);
	if (path.len == 0)
		return ERR_OK;
	diag_init(&aside, diag->arena, 4);
	make_parent(d, path);
	err = listener_address_read(arena_printf(d->arena, "unix:%.*s", STR_FMT(path)),
	    &d->admin_address, &aside);
	if (err == ERR_OK)
		err = listener_open(&d->admin_address, &options, &d->admin_fd, &aside);
	if (err == ERR_OK)
		return ERR_OK;
	d->admin_fd = -1;
	if (d->config.source[CONFIG_KEY_listen_admin].origin != CONFIG_DEFAULT) {
		diag_say(diag, "listen", "%.*s", STR_FMT(diag_first_message(&aside)));
		return err;
	}
	log_warn(&d->log, "there is no admin socket: only signals reach this daemon",
	    LOG_STR("cause", diag_first_message(&aside)));
	return ERR_OK;
}

static void
close_one(int fd, const struct listener_address *address, bool inherited)
{
	if (inherited)
		(void)close(fd);
	else
		listener_close(fd, address);
}

static void
close_sockets(struct daemon_socket *sockets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sockets[i].fd_count; k++)
			close_one(sockets[i].fd[k], &sockets[i].address, sockets[i].inherited);
	}
}

void
listen_close(struct daemon *d)
{
	close_sockets(d->grpc_sockets, d->grpc_count);
	close_sockets(d->rest_sockets, d->rest_count);
	close_sockets(d->http_sockets, d->http_count);
	if (d->admin_fd >= 0)
		close_one(d->admin_fd, &d->admin_address, d->admin_inherited);
	d->admin_fd = -1;
}
