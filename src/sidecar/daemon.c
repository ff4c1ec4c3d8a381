/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sidecar/daemon.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "audit/lane.h"
#include "crypt/random.h"
#include "sidecar/admin.h"
#include "sidecar/audit_seal.h"
#include "sidecar/auto_pki.h"
#include "sidecar/confine.h"
#include "sidecar/findings.h"
#include "sidecar/health.h"
#include "sidecar/listen.h"
#include "sidecar/rest.h"
#include "sidecar/service.h"
#include "sidecar/version.h"

enum {
	WATCH_MS = 1000,
	LANE_BYTES = 4 << 20,
	ANSWER_BYTES = 4 << 20,
	CONFIG_TEXT_MAX = 1 << 20,
};
#define FINDINGS_BYTES ((size_t)64 << 10)
#define PROCESS_BYTES_MAX ((size_t)64 << 20)

/* ---- coming up, in this order ---- */

typedef err_t stage_fn(struct daemon *, struct diag *);

static err_t
key_hashes(struct daemon *d, struct diag *diag)
{
	uint8_t key[16];

	random_bytes(key, sizeof(key));
	value_hash_key(key);
	return ERR_OK;
}

static err_t
read_config(struct daemon *d, struct diag *diag)
{
	struct buf text;
	str_t name;
	err_t err;

	buf_init(&text, CONFIG_TEXT_MAX);
	err = config_read_text(&d->inputs, diag, &text, &name);
	if (err == ERR_OK) /* findings quote the text: it lives as long as they do */
		err = config_load_text(d->arena, name, arena_str(diag->arena, buf_str(&text)),
		    &d->inputs, diag, &d->config);
	if (err == ERR_OK)
		err = commons_init(&d->commons);
	if (err == ERR_OK)
		err = reload_init(&d->reload, &d->log, &d->commons, &d->inputs, name, &text);
	buf_fini(&text);
	return err;
}

static err_t
open_log(struct daemon *d, struct diag *diag)
{
	log_init(&d->log, STDERR_FILENO, (enum log_level)d->config.log_level,
	    d->config.log_format == CONFIG_LOG_PRETTY, &clock_system);
	findings_log(&d->log, diag, 0); /* warnings of the configuration */
	return ERR_OK;
}

/* Each connection is a descriptor; the limit that we inherit is often 1,024. */
static err_t
raise_limits(struct daemon *d, struct diag *diag)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_warn(&d->log, "the limit of open files cannot be raised");
	}
	(void)signal(SIGPIPE, SIG_IGN);
	return ERR_OK;
}

static void
tell_clock(const struct daemon *d)
{
	int64_t behind = clock_mark_behind_s(&d->clock);

	if (behind > 0)
		log_error(&d->log,
		    "the clock was set back: dates are judged as if it had gone on (core sidecar reset-clock, if it "
		    "was wrong before)",
		    LOG_INT("behind_s", behind), LOG_INT("mark", clock_mark_now_s(&d->clock)));
	else
		log_info(&d->log, "the clock is right again");
}

static err_t
open_clock(struct daemon *d, struct diag *diag)
{
	struct diag aside;

	diag_init(&aside, diag->arena, 4);
	(void)!clock_mark_open(&d->clock, d->arena, d->config.data_dir, d->config.clock_tolerance_secs, &clock_system,
	    &aside);
	findings_log(&d->log, &aside, 0);
	if (clock_mark_behind_s(&d->clock) > 0)
		tell_clock(d);
	d->reload.clock = &d->clock;
	return arena_failed(d->arena) ? ERR_MEMORY : ERR_OK;
}

static err_t
make_certificates(struct daemon *d, struct diag *diag)
{
	return auto_pki_prepare(&d->config, &clock_system, &d->log, diag);
}

static err_t
load_rules(struct daemon *d, struct diag *diag)
{
	return reload_first(&d->reload);
}

static err_t
check_license(struct daemon *d, struct diag *diag)
{
	enum license_state state =
	    license_state(&reload_current(&d->reload)->license, clock_mark_now_s(&d->clock));

	if (license_keys_are_development())
		log_warn(&d->log, "this build believes licenses that anybody can make: it embeds the development key");
	if (!d->config.license_required || license_is_good(state))
		return ERR_OK;
	diag_say(diag, "license", "license.required is set, and the license is %s: %.*s",
	    state == LICENSE_NONE ? "missing" : license_state_name(state), STR_FMT(d->config.license_token_path));
	return ERR_CONFIG;
}

static err_t
open_commons(struct daemon *d, struct diag *diag)
{
	struct diag aside;

	diag_init(&aside, diag->arena, 16);
	TRY(commons_open(&d->commons, d->arena, &d->config, &d->log, &d->clock, &aside));
	d->reload.revoked = d->commons.revoked;
	(void)!reload_take_revocations(&d->reload, &d->config, &aside); /* a finding, not an obstacle */
	findings_log(&d->log, &aside, 0);
	return ERR_OK;
}

static err_t
open_sockets(struct daemon *d, struct diag *diag)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	d->worker_count = (uint32_t)d->config.workers;
	if (d->worker_count == 0)
		d->worker_count = processors > 0 && processors <= DAEMON_WORKERS_MAX ?
		    (uint32_t)processors :
		    1;
	TRY(listen_open_grpc(d, diag));
	TRY(listen_open_rest(d, diag));
	TRY(listen_open_http(d, diag));
	return listen_open_admin(d, diag);
}

static bool
has_sink(const struct daemon *d, str_t name)
{
	for (size_t i = 0; i < d->config.audit_sink.count; i++) {
		if (str_eq_nocase(d->config.audit_sink.at[i], name))
			return true;
	}
	return false;
}

static err_t
open_audit(struct daemon *d, struct diag *diag)
{
	const struct config *c = &d->config;
	struct audit_options o = {
		.path = has_sink(d, STR("file")) ? c->audit_file_path : STR_NONE,
		.to_stdout = has_sink(d, STR("stdout")),
		.rotate_bytes = (uint64_t)c->audit_file_rotate_mb << 20,
		.compress = c->audit_file_compress,
		.keep_rotated = (uint32_t)c->audit_file_keep_rotated,
		.durability = c->audit_durability == CONFIG_DURABILITY_WRITE ? AUDIT_WRITE :
									       AUDIT_FDATASYNC,
		.on_error = (enum audit_on_error)c->audit_on_error,
		.spill_path = c->audit_spill_path,
		.spill_bytes = (uint64_t)c->audit_spill_max_mb << 20,
		.lane_count = d->worker_count,
		.lane_bytes = LANE_BYTES,
	};

	if (o.path.len > 0)
		TRY(audit_seal_open(d->arena, c, diag, &o.sealer));
	TRY(audit_writer_open(&o, &d->audit));
	d->reload.audit = d->commons.audit = d->audit;
	d->commons.denies_unrecorded = c->audit_on_error == CONFIG_ON_ERROR_DENY;
	return o.path.len > 0 ? inquirer_open(&(struct inquirer_options){ .audit = d->audit,
				    .log = &d->log,
				    .log_path = o.path,
				    .index_dir = arena_printf(d->arena, "%.*s/audit-index", STR_FMT(c->data_dir)),
				    .count = d->worker_count }, &d->inquirer) : ERR_OK;
}

static err_t
make_tables(struct daemon *d, struct diag *diag)
{
	static const str_t metadata[] = { { "x-service-token", 15 }, { "x-service-name", 14 }, { "user-agent", 10 },
		{ "traceparent", 11 } };
	struct grpc_options options = {
		.message_limit = (size_t)d->config.listen_max_message_kb << 10,
		.metadata = metadata,
		.metadata_count = COUNT(metadata),
	};
	uint64_t most = (uint64_t)d->config.listen_max_connections * d->worker_count;
	const struct grpc_method *methods;
	size_t count;

	methods = service_methods(&count);
	d->grpc = grpc_table_new(methods, count, &options);
	rest_table(options.message_limit, &d->rest);
	d->gate = gate_new(most > UINT32_MAX ? UINT32_MAX : (uint32_t)most, UINT32_MAX);
	d->commons.gate = d->gate;
	return d->grpc != NULL && d->gate != NULL ? ERR_OK : ERR_MEMORY;
}

static struct server_limits
take_limits(const struct config *c)
{
	return (struct server_limits){
		.handshake_ms = (uint32_t)c->listen_timeouts_handshake_ms,
		.preface_ms = (uint32_t)c->listen_timeouts_preface_ms,
		.header_ms = (uint32_t)c->listen_timeouts_header_ms,
		.request_ms = (uint32_t)c->listen_timeouts_body_ms,
		.stall_ms = (uint32_t)c->listen_timeouts_stall_ms,
		.idle_ms = (uint32_t)c->listen_timeouts_idle_ms,
	};
}

static struct worker_listener
make_listener(struct daemon *d, const struct daemon_socket *s, uint32_t worker)
{
	bool secured = d->config.tls_mode == CONFIG_TLS_MTLS || d->config.tls_mode == CONFIG_TLS_ONE_WAY;
	bool local = s->address.sockaddr.ss_family == AF_UNIX;

	return (struct worker_listener){
		.fd = s->fd[worker < s->fd_count ? worker : 0],
		.server = { .tls = secured && !local ? d->reload.tls : NULL,
		    .gate = d->gate,
		    .unix_rule = &d->unix_rule,
		    .limits = take_limits(&d->config),
		    .log = &d->log },
	};
}

static size_t
list_listeners(struct daemon *d, uint32_t worker, struct worker_listener *list)
{
	size_t count = 0;

	for (size_t i = 0; i < d->grpc_count; i++, count++) {
		list[count] = make_listener(d, &d->grpc_sockets[i], worker);
		list[count].server.grpc = d->grpc;
	}
	for (size_t i = 0; i < d->rest_count; i++, count++) {
		list[count] = make_listener(d, &d->rest_sockets[i], worker);
		list[count].server.http1 = &d->rest;
	}
	for (size_t i = 0; worker == 0 && i < d->http_count; i++)
		list[count++] = (struct worker_listener){
			.fd = d->http_sockets[i].fd[0],
			.server = { .http1 = &health_table,
			    .gate = d->gate,
			    .log = &d->log,
			    .limits = take_limits(&d->config) },
		};
	return count;
}

static err_t
make_workers(struct daemon *d, struct diag *diag)
{
	const struct config *c = &d->config;
	struct worker_listener list[WORKER_LISTENERS_MAX];

	for (uint32_t i = 0; i < d->worker_count; i++) {
		struct worker_options o = {
			.log = &d->log,
			.books = d->reload.books,
			.commons = &d->commons,
			.audit = d->audit,
			.inquiry = d->inquirer != NULL ? inquirer_place(d->inquirer, i) : NULL,
			.lane = audit_writer_lane(d->audit, i),
			.sealed = d->sandbox.layer[SANDBOX_SECCOMP].state == SANDBOX_ON,
			.answer_unrecorded = c->audit_on_error == CONFIG_ON_ERROR_DROP,
			.arena_bytes = (size_t)c->policy_budget_memory_kb << 10,
			.answer_bytes = ANSWER_BYTES,
			.cache_slots = (size_t)c->auth_cache_size,
			.listeners = list,
			.listener_count = list_listeners(d, i, list),
		};

		TRY(worker_new(&o, &d->workers[i]));
		d->commons.cells[d->commons.worker_count++] = d->workers[i]->cells;
	}
	return ERR_OK;
}

static err_t
take_signals(struct daemon *d, struct diag *diag)
{
	sigset_t ours;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGHUP);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &ours, NULL);
	d->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signal_fd >= 0 ? ERR_OK : ERR_IO;
}

static err_t
lock_in(struct daemon *d, struct diag *diag)
{
	notify_open(&d->notify);
	return confine_daemon(d, diag);
}

static err_t
start_workers(struct daemon *d, struct diag *diag)
{
	for (uint32_t i = 0; i < d->worker_count; i++)
		TRY(worker_start(d->workers[i]));
	return ERR_OK;
}

static void
announce_addresses(const struct daemon *d, const struct daemon_socket *s, size_t count,
    const char *name)
{
	char room[LISTENER_TEXT_MAX];

	for (size_t i = 0; i < count; i++)
		log_write(&d->log, LOG_LEVEL_INFO, str_of(name),
		    &LOG_STR("address", listener_address_write(&s[i].address, room)), 1);
}

static err_t
announce(struct daemon *d, struct diag *diag)
{
	static const char *const transports[] = { "plaintext", "mtls", "tls", "plaintext" };
	const struct config *c = &d->config;
	bool development = c->environment == CONFIG_DEVELOPMENT;

	log_info(&d->log, "CoreSDK Sidecar", LOG_STR("version", STR(CORESDK_VERSION)),
	    LOG_STR("transport", str_of(transports[c->tls_mode])),
	    LOG_STR("environment", development ? STR("development") : STR("production")),
	    LOG_STR("fail_mode", c->fail_mode == CONFIG_FAIL_OPEN ? STR("open") : STR("closed")),
	    LOG_STR("tenant", c->tenant_id), LOG_STR("service_name", c->service_name),
	    LOG_STR("jwks", c->auth_jwks_path), LOG_STR("control_plane", c->control_plane_enabled ? STR("courier") : STR("off")),
	    LOG_INT("workers", d->worker_count));
	announce_addresses(d, d->grpc_sockets, d->grpc_count, "gRPC");
	announce_addresses(d, d->rest_sockets, d->rest_count, "REST");
	announce_addresses(d, d->http_sockets, d->http_count, "health");
	if (development)
		log_warn(&d->log, "development: policies need no signature here; not for production");
	if (reload_current(&d->reload)->believes_anything)
		log_warn(&d->log, "development without a key set: any well-formed token is believed");
	else if (key_files_set_count(&d->reload.key_files) == 0)
		log_warn(&d->log, "there is no key set: no token is believed",
		    LOG_STR("path", c->auth_jwks_path));
	notify_ready(&d->notify);
	log_info(&d->log, "CoreSDK Sidecar ready.");
	return ERR_OK;
}

static const struct {
	const char *name;
	stage_fn *run;
} stages[] = {
	{ "hash key", key_hashes },
	{ "configuration", read_config },
	{ "log", open_log },
	{ "clock", open_clock },
	{ "limits", raise_limits },
	{ "signals", take_signals },
	{ "certificates", make_certificates },
	{ "rules", load_rules },
	{ "license", check_license },
	{ "commons", open_commons },
	{ "sockets", open_sockets },
	{ "sandbox", lock_in },
	{ "audit log", open_audit },
	{ "services", make_tables },
	{ "workers", make_workers },
	{ "threads", start_workers },
	{ "announcement", announce },
};

/* ---- serving ---- */

static void
watch_license(struct daemon *d)
{
	const struct license *l = &reload_current(&d->reload)->license;
	int64_t now = clock_mark_now_s(&d->clock);
	enum license_state state = license_state(l, now);
	static const char *const sentences[] = { "there is no license", "the license is valid",
		"the license expires soon: ask for a new one and put it in its place",
		"the license has expired: nothing is entitled", "the license is not valid: nothing is entitled" };

	if (!license_watch_is_due(&d->license_watch, state, now))
		return;
	log_write(&d->log, state == LICENSE_NONE || state == LICENSE_VALID ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
	    str_of(sentences[state]),
	    (const struct log_attribute[]){ LOG_STR("state", str_of(license_state_name(state))),
		LOG_INT("days_left", license_days_left(l, now)), LOG_STR("organization", l->organization),
		LOG_STR("plan", l->plan),
		LOG_STR("reason", str_of(l->reason != TOKEN_NONE ? token_reason_name(l->reason) : "")) },
	    5);
}

static void
watch_policy(struct daemon *d)
{
	freshness_tell(&d->freshness_watch, reload_current(&d->reload), clock_mark_now_s(&d->clock), &d->log, d->audit);
}

static void
watch_clock(struct daemon *d, bool last)
{
	struct arena *arena = arena_new(FINDINGS_BYTES);
	struct diag diag;

	if (arena == NULL)
		return;
	diag_init(&diag, arena, 4);
	if (clock_mark_tick(&d->clock))
		tell_clock(d);
	(void)!clock_mark_write(&d->clock, last, &diag);
	findings_log(&d->log, &diag, 0);
	arena_free(&arena);
}

static void
watch_keys(struct daemon *d)
{
	struct buf names;
	uint64_t count;

	buf_init(&names, UNKNOWN_KIDS_MAX * (UNKNOWN_KID_BYTES + 1));
	if (unknown_kids_take(&d->commons.unknown_kids, clock_steady_ns(&clock_system), &names, &count))
		log_warn(&d->log, "tokens name keys that are not in the key set", LOG_STR("kid", buf_str(&names)),
		    LOG_INT("tokens", (int64_t)count));
	buf_fini(&names);
}

static void
watch_audit(struct daemon *d)
{
	struct audit_status s;

	audit_writer_status(d->audit, &s);
	audit_seal_watch(&d->log, &s, &d->seals_failed);
	if (s.trouble == d->audit_in_trouble)
		return;
	d->audit_in_trouble = s.trouble;
	if (s.trouble)
		log_error(&d->log, "the audit log cannot be written",
		    LOG_STR("cause", str_of(strerror(s.error))),
		    LOG_STR("path", d->config.audit_file_path));
	else
		log_info(&d->log, "the audit log is written again", LOG_INT("lost", (int64_t)s.lost),
		    LOG_INT("spilled", (int64_t)s.spilled), LOG_INT("dropped", (int64_t)s.dropped));
}

/* Tokens, licenses and bundles are judged by the wall clock; one that was set is worth a look. */
static void
watch_wall(struct daemon *d)
{
	enum { LEEWAY_S = 60 };
	int64_t moved = clock_wall_ns(&clock_system) - clock_boot_ns(&clock_system) - d->wall_ahead_ns;
	bool suspect = moved > LEEWAY_S * CLOCK_NS_PER_S || moved < -LEEWAY_S * CLOCK_NS_PER_S;

	if (suspect == d->reload.vitals.clock_suspect)
		return;
	d->reload.vitals.clock_suspect = suspect;
	reload_tell_vitals(&d->reload);
	if (suspect)
		log_warn(&d->log, "the wall clock was set since the start", LOG_INT("seconds", moved / CLOCK_NS_PER_S));
	else
		log_info(&d->log, "the wall clock is again what it was at the start");
}

static void
reload_on_signal(struct daemon *d)
{
	struct arena *arena = arena_new((size_t)4 << 20);
	struct diag diag;

	if (arena == NULL)
		return;
	diag_init(&diag, arena, 64);
	notify_reloading(&d->notify);
	audit_writer_reopen(d->audit);
	if (reload_everything(&d->reload, &diag) == ERR_OK)
		log_info(&d->log, "everything was read again");
	else
		log_error(&d->log, "not everything could be read again; what was refused stays as it was");
	notify_ready(&d->notify);
	arena_free(&arena);
}

/* false: time to go. */
static bool
heed_signals(struct daemon *d)
{
	struct signalfd_siginfo info;

	while (read(d->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			log_info(&d->log, "stopping", LOG_INT("signal", info.ssi_signo));
			return false;
		}
		reload_on_signal(d);
	}
	return true;
}

/* Streams hear of a new rulebook at once, wherever it came from. */
static void
tell_streams(struct daemon *d)
{
	if (d->told_generation == d->reload.generation)
		return;
	d->told_generation = d->reload.generation;
	for (uint32_t i = 0; i < d->worker_count; i++)
		worker_tell_streams(d->workers[i]);
}

/*
 * systemd is told that we live only if each worker's loop has turned since it was
 * last asked to: one that hangs would leave its clients waiting, and a new process
 * does not.
 */
static void
watch_workers(struct daemon *d)
{
	int64_t now = clock_steady_ns(&clock_system);
	bool all = true;

	if (d->notify.watchdog_ms == 0 || now - d->pinged_ns < d->notify.watchdog_ms * CLOCK_NS_PER_MS)
		return;
	d->pinged_ns = now;
	for (uint32_t i = 0; i < d->worker_count; i++)
		all &= worker_has_turned(d->workers[i]);
	if (all)
		notify_alive(&d->notify);
}

static void
tell_health(struct daemon *d)
{
	bool serving = health_is_serving(&d->commons, false);

	for (uint32_t i = 0; i < d->worker_count; i++) {
		if (atomic_load(&d->workers[i]->told_serving) != serving)
			worker_tell_streams(d->workers[i]);
	}
}

static void
serve(struct daemon *d)
{
	int wait_ms = d->notify.watchdog_ms != 0 && d->notify.watchdog_ms < WATCH_MS ? (int)d->notify.watchdog_ms : WATCH_MS;

	struct pollfd wait[] = { { .fd = d->signal_fd, .events = POLLIN },
		{ .fd = d->admin_fd, .events = POLLIN } };

	watch_license(d);
	watch_policy(d);
	for (;;) {
		if (poll(wait, COUNT(wait), wait_ms) > 0) {
			if ((wait[0].revents & POLLIN) && !heed_signals(d))
				return;
			if (wait[1].revents & POLLIN)
				admin_serve(d);
			tell_streams(d);
		}
		watch_workers(d);
		watch_audit(d);
		tell_health(d);
		watch_license(d);
		watch_wall(d);
		watch_policy(d);
		watch_clock(d, false);
		watch_keys(d);
	}
}

/* ---- going down ---- */

static void
stop_workers(struct daemon *d)
{
	for (uint32_t i = 0; i < d->worker_count; i++) {
		if (d->workers[i] != NULL && d->workers[i]->has_thread)
			worker_drain(d->workers[i]);
	}
	for (uint32_t i = 0; i < d->worker_count; i++) {
		if (d->workers[i] != NULL)
			worker_join(d->workers[i]);
		worker_free(&d->workers[i]);
	}
}

static void
take_down(struct daemon *d)
{
	notify_stopping(&d->notify);
	inquirer_stop(d->inquirer);
	stop_workers(d);
	inquirer_close(&d->inquirer);
	if (d->clock.clock != NULL)
		watch_clock(d, true);
	commons_close(&d->commons);
	audit_writer_close(&d->audit);
	listen_close(d);
	grpc_table_free(&d->grpc);
	if (d->gate != NULL)
		gate_free(&d->gate);
	if (d->signal_fd >= 0)
		(void)close(d->signal_fd);
	reload_fini(&d->reload);
	log_info(&d->log, "stopped");
	notify_close(&d->notify);
}

err_t
daemon_run(const struct config_inputs *inputs, struct diag *diag)
{
	struct daemon *d = calloc(1, sizeof(*d));
	err_t err = ERR_OK;

	if (d == NULL)
		return ERR_MEMORY;
	sandbox_begin();
	d->inputs = *inputs;
	d->arena = arena_new(PROCESS_BYTES_MAX);
	d->admin_fd = d->signal_fd = d->notify.fd = -1;
	d->start_s = clock_wall_s(&clock_system);
	d->wall_ahead_ns = clock_wall_ns(&clock_system) - clock_boot_ns(&clock_system);
	log_init(&d->log, STDERR_FILENO, LOG_LEVEL_OFF, false, &clock_system);
	if (d->arena == NULL)
		err = ERR_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < COUNT(stages); i++) {
		err = stages[i].run(d, diag);
		if (err != ERR_OK && diag->error_count == 0)
			diag_say(diag, "start", "%s: %s", stages[i].name, err_text(err));
	}
	if (err == ERR_OK)
		serve(d);
	take_down(d);
	arena_free(&d->arena);
	free(d);
	return err;
}
