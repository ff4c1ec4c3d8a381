/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/freshness.h"

#include <stdio.h>

#define DAY_S INT64_C(86400)

enum freshness
freshness_stage(int64_t expires, int64_t now)
{
	int64_t left = expires - now;

	if (expires == 0)
		return FRESHNESS_ENDLESS;
	return left <= 0 ? FRESHNESS_OVER
	    : left <= DAY_S ? FRESHNESS_DAY
	    : left <= 7 * DAY_S ? FRESHNESS_WEEK
	    : left <= 30 * DAY_S ? FRESHNESS_MONTH
				 : FRESHNESS_GOOD;
}

const char *
freshness_text(enum freshness stage)
{
	static const char *const texts[] = {
		[FRESHNESS_MONTH] = "the policy bundle expires within 30 days",
		[FRESHNESS_WEEK] = "the policy bundle expires within 7 days",
		[FRESHNESS_DAY] = "the policy bundle expires within a day",
		[FRESHNESS_OVER] = "the policy bundle has expired",
	};

	return texts[stage];
}

enum freshness
freshness_due(struct freshness_watch *w, const struct snapshot_facts *f, int64_t now)
{
	enum freshness stage = freshness_stage(f->expires, now);
	bool is_same = w->generation == f->generation;
	bool again = stage == FRESHNESS_OVER && now - w->said_s >= DAY_S;

	if (is_same && stage == w->said && !again)
		return FRESHNESS_ENDLESS;
	w->generation = f->generation;
	w->said = stage;
	w->said_s = now;
	return freshness_text(stage) != NULL ? stage : FRESHNESS_ENDLESS;
}

void
freshness_tell(struct freshness_watch *w, const struct rulebook *b, int64_t now, const struct log *log,
    struct audit_writer *audit)
{
	const struct snapshot_facts *f = snapshot_facts(b->snapshot);
	enum freshness stage = freshness_due(w, f, now);
	bool denies = b->config.policy_on_expired == CONFIG_EXPIRED_DENY;
	char text[256];

	if (stage == FRESHNESS_ENDLESS)
		return;
	log_write(log, stage == FRESHNESS_OVER ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, str_of(freshness_text(stage)),
	    (const struct log_attribute[]){ LOG_STR("revision", f->revision), LOG_INT("expires", f->expires),
		LOG_STR("what_then", denies ? STR("every request is denied") : STR("it stays in use")) },
	    3);
	if (stage != FRESHNESS_OVER || audit == NULL)
		return;
	(void)snprintf(text, sizeof(text), "the policy bundle expired at %lld; %s", (long long)f->expires,
	    denies ? "every request is denied" : "it stays in use");
	if (audit_writer_event(audit, "policy.expired", str_of(text), (uint64_t)f->expires) != ERR_OK)
		log_error(log, "that the policy has expired could not be recorded");
}
