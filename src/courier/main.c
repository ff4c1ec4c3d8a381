/* SPDX-License-Identifier: Apache-2.0 */
/* coresdk-courier: the one program that dials out, and only where it was told to. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/vec.h"
#include "config/check.h"
#include "courier/courier.h"
#include "courier/exchange.h"
#include "courier/pull.h"
#include "courier/sandbox.h"
#include "courier/upload.h"
#include "crypt/random.h"
#include "value/value.h"

#define ARENA_BYTES_MAX ((size_t)64 << 20)

static const char version[] = "coresdk-courier v" CORESDK_VERSION " (linux/amd64)\n";
static const char help[] =
    "Usage: coresdk-courier [--config FILE] [--set KEY=VALUE]...\n"
    "\n"
    "Pulls bundle, key set and config from control_plane.url for the sidecar of this host, and\n"
    "uploads its rotated audit files where audit.sink lists s3.  It reads the sidecar's file.\n"
    "\n"
    "  --config FILE     read this file instead of ./coresdk-sidecar.yaml or\n"
    "                    /etc/coresdk/coresdk-sidecar.yaml\n"
    "  --set KEY=VALUE   set one key, over file and environment\n"
    "  --version         say which version this is\n"
    "  --help            say this\n"
    "\n"
    "How it is doing is in courier/status.json in data_dir.  SIGTERM stops it.\n";

static struct courier courier; /* a signal has to find it */

static void
on_stop(int signal_number)
{
	(void)signal_number;
	atomic_store(&courier.stop, true);
}

static bool
finish(FILE *to, const char *text, int status, int *ret_status)
{
	(void)fputs(text, to);
	*ret_status = status;
	return false;
}

static bool
read_options(struct arena *arena, int argc, char **argv, struct config_inputs *inputs, int *ret_status)
{
	VEC(str_t) flags = { 0 };

	for (int i = 1; i < argc; i++) {
		str_t one = str_of(argv[i]);
		bool more = i + 1 < argc;

		if (str_eq(one, STR("--help")) || str_eq(one, STR("-h")))
			return finish(stdout, help, 0, ret_status);
		if (str_eq(one, STR("--version")))
			return finish(stdout, version, 0, ret_status);
		if (str_has_prefix(one, STR("--config=")))
			inputs->path = str_skip(one, sizeof("--config=") - 1);
		else if (str_eq(one, STR("--config")) && more)
			inputs->path = str_of(argv[++i]);
		else if (!str_has_prefix(one, STR("--set=")) && !(str_eq(one, STR("--set")) && more))
			return finish(stderr, help, 64, ret_status);
		else if (!VEC_PUSH(arena, &flags, one.len > 5 ? str_skip(one, 6) : str_of(argv[++i])))
			return finish(stderr, "out of memory\n", 6, ret_status);
	}
	inputs->flags = flags.at;
	inputs->flag_count = flags.count;
	return true;
}

/* Everything that can go wrong before there is anything to do. */
static err_t
set_up(struct arena *arena, const struct config_inputs *inputs, struct diag *diag)
{
	struct config *c = &courier.config;

	TRY(config_load(arena, inputs, diag, c));
	if (!c->control_plane_enabled && !config_wants_s3(c)) {
		diag_say(diag, "config",
		    "there is nothing to carry: control_plane.enabled is false and audit.sink does not list s3");
		return ERR_CONFIG;
	}
	if (c->control_plane_enabled && c->listen_admin.len == 0) {
		diag_say(diag, "config",
		    "listen.admin is empty: the courier has no way to hand the sidecar what it pulls");
		return ERR_CONFIG;
	}
	log_init(&courier.log, STDERR_FILENO, (enum log_level)c->log_level, c->log_format == CONFIG_LOG_PRETTY, &clock_system);
	status_init(&courier.status);
	courier.status.pulls = c->control_plane_enabled;
	courier.status.uploads = config_wants_s3(c);
	TRY(vault_open(&courier.vault, c->data_dir, diag));
	TRY(exchange_start());
	return courier_sandbox_enter(diag);
}

static void
take_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop }, ignored = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGHUP, &ignored, NULL); /* a new configuration: start it again */
	(void)sigaction(SIGPIPE, &ignored, NULL);
}

static err_t
work(void)
{
	const struct config *c = &courier.config;
	pthread_t uploader;
	bool has_uploader = false;
	err_t err = ERR_OK;

	take_signals();
	log_info(&courier.log, "CoreSDK Courier", LOG_STR("version", STR(CORESDK_VERSION)),
	    LOG_STR("control_plane", c->control_plane_enabled ? c->control_plane_url : STR("off")),
	    LOG_STR("s3", config_wants_s3(c) ? c->audit_s3_endpoint : STR("off")));
	if (config_wants_s3(c) && c->control_plane_enabled)
		err = thread_start(&uploader, upload_run, &courier, &has_uploader);
	if (err == ERR_OK && c->control_plane_enabled)
		err = pull_run(&courier);
	else if (err == ERR_OK)
		(void)upload_run(&courier);
	if (err != ERR_OK)
		atomic_store(&courier.stop, true);
	if (has_uploader)
		(void)pthread_join(uploader, NULL);
	log_info(&courier.log, "the courier has stopped");
	return err;
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct config_inputs inputs = { .environment = environ };
	struct diag diag;
	uint8_t key[16];
	struct buf text;
	err_t err;
	int status;

	if (arena == NULL)
		return err_exit(ERR_MEMORY);
	random_bytes(key, sizeof(key));
	value_hash_key(key);
	diag_init(&diag, arena, 64);
	if (!read_options(arena, argc, argv, &inputs, &status)) {
		arena_free(&arena);
		return status;
	}
	courier.vault.lock_fd = -1;
	err = set_up(arena, &inputs, &diag);
	if (err == ERR_OK)
		err = work();
	if (diag.first != NULL) {
		buf_init(&text, (size_t)1 << 20);
		diag_print(&diag, &text, isatty(STDERR_FILENO) == 1);
		(void)fwrite(text.data, 1, text.len, stderr);
		buf_fini(&text);
	}
	vault_close(&courier.vault);
	arena_free(&arena);
	return err_exit(err);
}
