/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sidecar/admin.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/protocol.h"
#include "base/clock.h"
#include "codec/json.h"
#include "sidecar/admin_status.h"
#include "sidecar/daemon.h"

enum { CALLER_WAIT_MS = 1000 };
#define CALL_BYTES_MAX ((size_t)8 << 20)

struct admin_call {
	struct daemon *daemon;
	struct arena *arena;
	struct diag diag;
	value_t request;
	int passed_fd; /* -1: none */
	struct buf *answer;
};

/* ---- writing answers ---- */

static void
answer_refused(struct admin_call *call, err_t err)
{
	struct buf *out = call->answer;
	str_t message = diag_first_message(&call->diag);

	buf_add_text(out, "{\"ok\":false");
	admin_add_text(out, "code", str_of(err_name(err)));
	admin_add_text(out, "message", message.len > 0 ? message : str_of(err_text(err)));
	buf_add_text(out, ",\"findings\":[");
	for (const struct diag_finding *f = call->diag.first; f != NULL; f = f->next) {
		buf_add_text(out, f == call->diag.first ? "{\"level\":" : ",{\"level\":");
		buf_add_text(out, f->level == DIAG_ERROR ? "\"error\"" : "\"warning\"");
		admin_add_text(out, "code", f->code);
		admin_add_text(out, "message", f->message);
		admin_add_text(out, "hint", f->hint);
		admin_add_text(out, "file", f->place.file);
		admin_add_number(out, "row", f->place.row);
		admin_add_number(out, "col", f->place.col);
		buf_add_char(out, '}');
	}
	buf_add_text(out, "]}");
}

/* ---- commands ---- */

static void
answer_reload(struct admin_call *call, err_t err)
{
	const struct snapshot_facts *f;

	if (err != ERR_OK) {
		answer_refused(call, err);
		return;
	}
	f = snapshot_facts(reload_current(&call->daemon->reload)->snapshot);
	buf_add_text(call->answer, "{\"ok\":true");
	admin_add_text(call->answer, "message",
	    arena_printf(call->arena, "Policy bundle loaded and verified. %u %s active.",
		f->policy_count, f->policy_count == 1 ? "policy" : "policies"));
	admin_status_write_policy(call->daemon, call->answer);
	buf_add_char(call->answer, '}');
}

static void
do_reload_policy(struct admin_call *call)
{
	value_t name = value_object_get_text(call->request, "name");
	value_t rollback = value_object_get_text(call->request, "allow_rollback");
	value_t into = value_object_get_text(call->request, "into");
	err_t err;

	if (call->passed_fd < 0) {
		diag_say(&call->diag, "admin", "no descriptor of a bundle came with the request");
		answer_refused(call, ERR_PROTOCOL);
		return;
	}
	notify_reloading(&call->daemon->notify);
	err = reload_policy(&call->daemon->reload, call->passed_fd,
	    value_is_string(into) ? value_str(into) : STR("main"), value_is_string(name) ? value_str(name) : STR("(bundle)"), rollback.tag == VALUE_TRUE,
	    &call->diag);
	notify_ready(&call->daemon->notify);
	answer_reload(call, err);
}

static void
do_reload(struct admin_call *call)
{
	err_t err;

	notify_reloading(&call->daemon->notify);
	err = reload_everything(&call->daemon->reload, &call->diag);
	notify_ready(&call->daemon->notify);
	answer_reload(call, err);
}

/* Whoever may ask for this may also set the clock; but it is recorded who trusted which. */
static void
do_reset_clock(struct admin_call *call)
{
	struct daemon *d = call->daemon;
	int64_t was = 0;
	err_t err = clock_mark_reset(&d->clock, &call->diag, &was);
	str_t text = arena_printf(call->arena, "dates are judged by the clock again, which is %lld s behind the mark %lld",
	    (long long)(was - clock_mark_now_s(&d->clock)), (long long)was);

	log_warn(&d->log, "the clock mark was reset", LOG_INT("was", was));
	if (audit_writer_event(d->audit, "clock.reset", text, (uint64_t)was) != ERR_OK)
		log_error(&d->log, "the reset of the clock mark could not be recorded");
	if (err != ERR_OK) {
		answer_refused(call, err);
		return;
	}
	buf_add_text(call->answer, "{\"ok\":true");
	admin_add_text(call->answer, "message", text);
	admin_status_write_clock(d, call->answer);
	buf_add_char(call->answer, '}');
}

static void
do_status(struct admin_call *call)
{
	admin_status_write(call->daemon, call->answer);
}

static const struct {
	const char *name;
	void (*run)(struct admin_call *);
} commands[] = {
	{ "status", do_status },
	{ "reload", do_reload },
	{ "reload-policy", do_reload_policy },
	{ "reset-clock", do_reset_clock },
};

static void
dispatch(struct admin_call *call)
{
	value_t name = value_object_get_text(call->request, "command");

	for (size_t i = 0; value_is_string(name) && i < COUNT(commands); i++) {
		if (str_eq(value_str(name), str_of(commands[i].name))) {
			commands[i].run(call);
			return;
		}
	}
	diag_say(&call->diag, "admin", "the command is not one of status, reload, reload-policy, reset-clock");
	answer_refused(call, ERR_UNIMPLEMENTED);
}

/* ---- callers ---- */

static bool
may_call(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	    (who.uid == 0 || who.uid == geteuid());
}

static void
answer_caller(struct daemon *d, int fd, struct arena *arena)
{
	struct admin_call call = { .daemon = d, .arena = arena, .passed_fd = -1 };
	struct buf line, answer;
	err_t err;

	buf_init(&line, ADMIN_LINE_MAX);
	buf_init(&answer, ADMIN_LINE_MAX);
	call.answer = &answer;
	diag_init(&call.diag, arena, 64);
	err = may_call(fd) ? admin_receive(fd, CALLER_WAIT_MS, &line, &call.passed_fd) : ERR_REFUSED;
	if (err == ERR_OK)
		err = json_read(arena, buf_str(&line), NULL, &call.diag, &call.request);
	if (err == ERR_OK)
		dispatch(&call);
	else
		answer_refused(&call, err);
	if (call.passed_fd >= 0)
		(void)close(call.passed_fd);
	if (buf_failed(&answer) || admin_send(fd, buf_str(&answer), -1) != ERR_OK)
		log_warn(&d->log, "a caller of the admin socket got no answer");
	buf_fini(&line);
	buf_fini(&answer);
}

void
admin_serve(struct daemon *d)
{
	int fd = accept4(d->admin_fd, NULL, NULL, SOCK_CLOEXEC);
	struct arena *arena = fd >= 0 ? arena_new(CALL_BYTES_MAX) : NULL;

	if (arena != NULL)
		answer_caller(d, fd, arena);
	arena_free(&arena);
	if (fd >= 0)
		(void)close(fd);
}
