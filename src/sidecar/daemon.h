/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon: everything that serving needs, brought up in order and taken down again.
 *
 *   threads  main brings up, becomes the maintenance thread (signals, reloads, the
 *            admin socket), and takes down; workers serve; the audit writer writes
 */
#ifndef SIDECAR_DAEMON_H
#define SIDECAR_DAEMON_H

#include "net/listener.h"
#include "sandbox/sandbox.h"
#include "sidecar/activation.h"
#include "sidecar/freshness.h"
#include "sidecar/notify.h"
#include "sidecar/reload.h"
#include "sidecar/worker.h"

enum { DAEMON_WORKERS_MAX = 256, DAEMON_ADDRESSES_MAX = WORKER_LISTENERS_MAX / 3 };

struct daemon_socket { /* an address, and its descriptor for each worker */
	struct listener_address address;
	int fd[DAEMON_WORKERS_MAX];
	uint32_t fd_count;
	bool inherited; /* its file is not ours to remove */
};

struct daemon {
	struct arena *arena;
	struct config_inputs inputs;
	struct config config; /* as at the start: what a reload cannot change */
	struct log log;
	struct reload reload;
	struct clock_mark clock;
	struct commons commons;
	struct notify notify;
	struct sandbox_report sandbox;
	struct audit_writer *audit;
	uint64_t seals_failed; /* checkpoints, as far as the log has been told */
	struct inquirer *inquirer; /* NULL: the audit log is in no file */
	struct gate *gate;
	struct unix_rule unix_rule;
	struct grpc_table *grpc;
	struct http1_table rest;
	struct daemon_socket grpc_sockets[DAEMON_ADDRESSES_MAX], http_sockets[DAEMON_ADDRESSES_MAX];
	struct daemon_socket rest_sockets[DAEMON_ADDRESSES_MAX];
	size_t grpc_count, http_count, rest_count;
	struct activation activation;
	struct listener_address admin_address;
	int admin_fd, signal_fd; /* -1: none */
	bool admin_inherited;
	int64_t pinged_ns; /* steady: when the workers were last asked whether they turn */
	struct worker *workers[DAEMON_WORKERS_MAX];
	uint32_t worker_count;
	int64_t start_s; /* wall */
	int64_t wall_ahead_ns; /* of the clock that nobody sets, at the start */
	bool audit_in_trouble; /* as last logged */
	struct license_watch license_watch;
	struct freshness_watch freshness_watch;
	uint64_t told_generation; /* of the rulebook that the workers were woken for */
};

/* Up, serve until told to stop, down.  What stopped it, and in diag why it did not start. */
err_t daemon_run(const struct config_inputs *, struct diag *);

#endif
