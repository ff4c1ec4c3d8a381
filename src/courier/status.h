/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: how the courier is doing, in data_dir/courier/status.json.
 *
 * Written anew after each round, for people and for whatever watches the host.  Texts that came from
 * the far side are cut and escaped; there are no secrets in it.
 *
 *   threads  several; each part has one thread that notes into it, between begin and end
 */
#ifndef COURIER_STATUS_H
#define COURIER_STATUS_H

#include <pthread.h>
#include <stdbool.h>

#include "courier/vault.h"

enum { STATUS_TEXT_MAX = 320, STATUS_PARTS = 3 };

struct status_part { /* something that is pulled */
	const char *name; /* NULL: it is not */
	const char *verdict; /* "none", "waiting", "in use", "refused" */
	char etag[VAULT_ETAG_MAX]; /* of the last that came */
	char in_use_etag[VAULT_ETAG_MAX];
	char reason[STATUS_TEXT_MAX]; /* why it was refused */
	int64_t in_use_at; /* unix; 0: not since the start */
	uint64_t taken, refused; /* since the start */
};

struct status {
	pthread_mutex_t lock;
	bool pulls, uploads;
	struct {
		int64_t last_contact, last_try; /* unix; 0: never */
		uint64_t failures; /* in a row */
		char last_error[STATUS_TEXT_MAX];
		struct status_part parts[STATUS_PARTS];
	} pull;
	struct {
		int64_t last_contact, last_try;
		uint64_t failures, files, found, records_missing, last_seq;
		char last_object[STATUS_TEXT_MAX], last_error[STATUS_TEXT_MAX];
	} upload;
};

void status_init(struct status *);
void status_begin(struct status *);
/* Writes the file; what cannot be written is the caller's to log. */
err_t status_end(struct status *, const struct vault *, struct diag *);
void status_set_text(char *to, size_t size, str_t text); /* cut to fit */

#endif
