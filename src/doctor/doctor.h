/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: what would keep a sidecar from serving well on this host, and what helps.
 *
 * Reads what the daemon would read, with the same rules, and changes nothing: no file is
 * made, no connection opened.  A socket is bound for a moment to see that it is free.
 *
 *   marks    fine; a warning: it serves, but less or not for long; trouble: it does not, or
 *            denies everything
 *   failure  none: what cannot be looked at is a finding too
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "base/vec.h"
#include "config/config.h"

enum doctor_mark { DOCTOR_FINE, DOCTOR_WARNING, DOCTOR_TROUBLE };

struct doctor_finding {
	enum doctor_mark mark;
	const char *about; /* "bundle" */
	str_t said, help; /* help: empty when all is fine */
};
VEC_TYPE(doctor_findings, struct doctor_finding);

struct doctor {
	struct arena *arena;
	int64_t now_s; /* wall */
	struct config config;
	int64_t bundle_created_s; /* 0: not known */
	struct doctor_findings findings;
	size_t warnings, troubles;
};

void doctor_examine(struct doctor *, struct arena *, const struct config_inputs *);
void doctor_write(const struct doctor *, struct buf *, bool json);
/* ERR_NEGATIVE: there is trouble or, when strict, a warning. */
err_t doctor_verdict(const struct doctor *, bool strict);

/* ---- within the room ---- */

void doctor_say(struct doctor *, enum doctor_mark, const char *about, const char *help, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* files.c */
void doctor_bundle(struct doctor *);
void doctor_keys(struct doctor *);
void doctor_settings(struct doctor *);
void doctor_license(struct doctor *);
void doctor_certificates(struct doctor *);
/* host.c */
void doctor_clock(struct doctor *);
void doctor_air_gap(struct doctor *);
void doctor_sockets(struct doctor *);
void doctor_limits(struct doctor *);
void doctor_directories(struct doctor *);

#endif
