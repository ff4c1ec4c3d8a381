/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: clock, kernel, sockets, limits, directories. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "doctor/doctor.h"
#include "net/listener.h"

enum { PROC_MAX = 4 << 20, CLOCK_LEEWAY_S = 300, SPARE_FILES = 64, LEAST_MB = 16 };
#define OLDEST_S INT64_C(1735689600) /* 2025: before this program was written */

static bool
read_proc(const char *path, struct buf *text)
{
	buf_init(text, PROC_MAX);
	return file_read(NULL, path, FILE_ANY, text, NULL) == ERR_OK;
}

void
doctor_clock(struct doctor *d)
{
	if (d->now_s < OLDEST_S)
		doctor_say(d, DOCTOR_TROUBLE, "clock", "set the clock", "%s", "the clock is before 2025");
	else if (d->bundle_created_s > d->now_s + CLOCK_LEEWAY_S)
		doctor_say(d, DOCTOR_TROUBLE, "clock", "set the clock here, or on the machine that signs",
		    "the bundle was signed %lld s from now", (long long)(d->bundle_created_s - d->now_s));
	else
		doctor_say(d, DOCTOR_FINE, "clock", "", "%s", "sane");
}

/* A default route is a line whose destination and mask are both zero. */
static bool
has_default_route(void)
{
	struct buf text;
	bool found = read_proc("/proc/net/route", &text) &&
	    str_find(buf_str(&text), STR("\t00000000\t"), 0) < text.len;

	buf_fini(&text);
	return found;
}

void
doctor_air_gap(struct doctor *d)
{
	/* The kernel refuses the mode itself (EINVAL) before it looks at the filter (EFAULT). */
	bool filters = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 && errno == EFAULT;

	if (filters)
		doctor_say(d, DOCTOR_FINE, "sandbox", "", "%s", "the kernel takes system call filters");
	else
		doctor_say(d, DOCTOR_TROUBLE, "sandbox", "a kernel with CONFIG_SECCOMP_FILTER is needed",
		    "%s", "the kernel takes no system call filters");
	if (d->config.policy_capabilities == CONFIG_CONNECTED)
		doctor_say(d, DOCTOR_WARNING, "air gap", "set policy.capabilities: air-gapped",
		    "%s", "policies may use built-ins that need a network");
	else
		doctor_say(d, DOCTOR_FINE, "air gap", "", "control plane off; default route: %s, and not needed",
		    has_default_route() ? "there is one" : "none");
}

/* ---- sockets ---- */

/* Somebody listens at this path: a line of /proc/net/unix with __SO_ACCEPTCON that ends in it. */
static bool
is_listened_at(str_t path)
{
	struct buf text;
	str_t rest;
	bool found = false;

	if (read_proc("/proc/net/unix", &text)) {
		for (rest = buf_str(&text); rest.len > 0 && !found;) {
			size_t end = str_find_char(rest, '\n', 0);
			str_t line = str_sub(rest, 0, end);

			found = str_has_suffix(line, path) && str_find(line, STR(" 00010000 "), 0) < line.len &&
			    line.len > path.len && line.data[line.len - path.len - 1] == ' ';
			rest = str_skip(rest, end < rest.len ? end + 1 : end);
		}
	}
	buf_fini(&text);
	return found;
}

static void
check_address(struct doctor *d, const char *about, str_t text, bool running, bool needed)
{
	struct listener_options options = { 0 };
	struct listener_address address;
	struct diag diag;
	int fd;

	diag_init(&diag, d->arena, 4);
	if (str_has_prefix(text, STR("localhost:")))
		text = arena_printf(d->arena, "127.0.0.1:%.*s", STR_FMT(str_skip(text, 10)));
	if (listener_address_read(text, &address, &diag) != ERR_OK) {
		doctor_say(d, DOCTOR_TROUBLE, about, "an address is HOST:PORT, in numbers", "%.*s",
		    STR_FMT(diag_first_message(&diag)));
		return;
	}
	if (address.sockaddr.ss_family == AF_UNIX) /* binding would leave, or remove, a file */
		return;
	if (listener_open(&address, &options, &fd, &diag) == ERR_OK) {
		listener_close(fd, &address);
		doctor_say(d, DOCTOR_FINE, about, "", "%.*s is free", STR_FMT(text));
	} else if (running) {
		doctor_say(d, DOCTOR_FINE, about, "", "%.*s: in use, and a daemon is running", STR_FMT(text));
	} else {
		doctor_say(d, needed ? DOCTOR_TROUBLE : DOCTOR_WARNING, about,
		    "find out who listens there (ss -ltnp), or choose another address", "%.*s",
		    STR_FMT(diag_first_message(&diag)));
	}
}

void
doctor_sockets(struct doctor *d)
{
	const struct config *c = &d->config;
	bool running = c->listen_admin.len > 0 && is_listened_at(c->listen_admin);
	bool chosen = c->source[CONFIG_KEY_listen_grpc].origin != CONFIG_DEFAULT;

	if (c->listen_admin.len > 0)
		doctor_say(d, DOCTOR_FINE, "daemon", "", "%s at %.*s", running ? "running, listens" : "not running: nobody listens",
		    STR_FMT(c->listen_admin));
	for (size_t i = 0; i < c->listen_grpc.count; i++)
		check_address(d, "gRPC", c->listen_grpc.at[i], running, chosen);
	for (size_t i = 0; i < c->listen_http.count; i++)
		check_address(d, "health", c->listen_http.at[i], running, false);
}

void
doctor_limits(struct doctor *d)
{
	struct rlimit files = { 0 };
	uint64_t workers = d->config.workers > 0 ? (uint64_t)d->config.workers : (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t wanted = (uint64_t)d->config.listen_max_connections * workers + SPARE_FILES;

	(void)getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max < wanted)
		doctor_say(d, DOCTOR_WARNING, "open files", "raise LimitNOFILE, or lower listen.max_connections",
		    "at most %llu, and listen.max_connections may want %llu", (unsigned long long)files.rlim_max,
		    (unsigned long long)wanted);
	else
		doctor_say(d, DOCTOR_FINE, "open files", "", "%llu wanted at most", (unsigned long long)wanted);
}

/* ---- directories ---- */

static str_t
parent_of(struct doctor *d, str_t path)
{
	while (path.len > 1 && path.data[path.len - 1] != '/')
		path.len--;
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	return path.len > 0 ? arena_str(d->arena, path) : STR(".");
}

/* The directory, or the nearest one above that is there: the daemon makes the rest. */
static void
check_directory(struct doctor *d, const char *about, str_t path, uint64_t wanted_mb)
{
	struct statvfs fs;
	uint64_t free_mb;

	while (path.len > 1 && access(path.data, F_OK) != 0 && errno == ENOENT)
		path = parent_of(d, path);
	if (access(path.data, W_OK | X_OK) != 0 || statvfs(path.data, &fs) != 0) {
		doctor_say(d, DOCTOR_TROUBLE, about, "give it to the user that the daemon runs as", "%.*s: %s", STR_FMT(path),
		    strerror(errno));
		return;
	}
	free_mb = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	if (free_mb < wanted_mb)
		doctor_say(d, free_mb < LEAST_MB ? DOCTOR_TROUBLE : DOCTOR_WARNING, about, "make room, or keep less",
		    "%.*s: %llu MiB are free, %llu MiB may be needed", STR_FMT(path), (unsigned long long)free_mb,
		    (unsigned long long)wanted_mb);
	else
		doctor_say(d, DOCTOR_FINE, about, "", "%.*s can be written, %llu MiB free", STR_FMT(path),
		    (unsigned long long)free_mb);
}

void
doctor_directories(struct doctor *d)
{
	const struct config *c = &d->config;

	check_directory(d, "data", c->data_dir, LEAST_MB);
	for (size_t i = 0; i < c->audit_sink.count; i++) {
		if (str_eq_nocase(c->audit_sink.at[i], STR("file")))
			check_directory(d, "audit", parent_of(d, c->audit_file_path), 2 * (uint64_t)c->audit_file_rotate_mb + LEAST_MB);
	}
}
