/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the revisions of new bundles may come into use, and what is remembered when they do. */
#include <stdio.h>

#include "codec/json.h"
#include "sidecar/findings.h"
#include "sidecar/reload_internal.h"

enum { EVENT_TEXT_MAX = 512 };

/* What the snapshot says of the candidate's bundle; NULL: it is not part of it. */
static const struct snapshot_bundle_facts *
find_facts(const struct rulebook *b, str_t id)
{
	const struct snapshot_facts *f = snapshot_facts(b->snapshot);

	for (uint32_t i = 0; i < f->bundle_count; i++)
		if (str_eq(f->bundles[i].id, id))
			return &f->bundles[i];
	return NULL;
}

static struct floor_claim
make_claim(const struct snapshot_bundle_facts *f)
{
	return (struct floor_claim){ f->revision_number, f->content, f->digest };
}

static void
record(struct reload *r, const char *event, const char *text, uint64_t number)
{
	if (r->audit != NULL && audit_writer_event(r->audit, event, str_of(text), number) != ERR_OK)
		log_error(r->log, "an event of the policy could not be recorded", LOG_STR("event", str_of(event)));
}

/* Somebody with a signing key did what must not be: that is more than a refused file. */
static void
raise_alarm(struct reload *r, const char *event, const struct rulebook_bundle *bundle, const char *what,
    uint64_t number)
{
	char text[EVENT_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "the bundle %.*s with revision number %llu %s",
	    bundle->name.len > 256 ? 256 : (int)bundle->name.len, bundle->name.data,
	    (unsigned long long)number, what);
	log_error(r->log, "alarm", LOG_STR("event", str_of(event)), LOG_STR("detail", str_of(text)));
	record(r, event, text, number);
}

static err_t
refuse_below(const struct state *s, const struct rulebook_bundle *bundle, uint64_t number,
    struct diag *diag)
{
	diag_say(diag, "bundle",
	    "%.*s: its revision number %llu is below %llu, the highest taken into use; going back "
	    "must be allowed explicitly",
	    STR_FMT(bundle->name), (unsigned long long)number, (unsigned long long)s->floor.number);
	return ERR_BUNDLE;
}

static err_t
refuse_far(struct reload *r, const struct state *s, const struct rulebook_bundle *bundle,
    uint64_t number, uint64_t step, struct diag *diag)
{
	raise_alarm(r, "policy.fast-forward", bundle, "is too far above the one in use", number);
	diag_say(diag, "bundle",
	    "%.*s: its revision number %llu is more than %llu above %llu, the highest taken into use "
	    "(policy.max_revision_step)",
	    STR_FMT(bundle->name), (unsigned long long)number, (unsigned long long)step,
	    (unsigned long long)s->floor.number);
	return ERR_BUNDLE;
}

static err_t
refuse_twice(struct reload *r, const struct rulebook *b, const struct rulebook_bundle *bundle,
    uint64_t number, struct diag *diag)
{
	raise_alarm(r, "policy.equivocation", bundle, "has other content than the one of that number before",
	    number);
	if (b->config.policy_on_equivocation == CONFIG_EQUIVOCATION_ALARM)
		return ERR_OK;
	diag_say(diag, "bundle",
	    "%.*s: a bundle with the same revision number %llu and other content was in use before: "
	    "give this one a higher number, and find out who signed two",
	    STR_FMT(bundle->name), (unsigned long long)number);
	return ERR_BUNDLE;
}

static err_t
refuse_spoiled(const struct state *s, const struct rulebook_bundle *bundle, struct diag *diag)
{
	diag_say(diag, "bundle",
	    "%.*s: %.*s is spoiled, so nobody knows what is older; taking this bundle must be allowed "
	    "explicitly, as going back",
	    STR_FMT(bundle->name), STR_FMT(s->floor_path));
	return ERR_BUNDLE;
}

static err_t
judge_one(struct reload *r, const struct rulebook *b, const struct reload_candidate *c, size_t which,
    struct diag *diag)
{
	const struct rulebook_bundle *bundle = &c->bundles[which];
	const struct snapshot_bundle_facts *f = find_facts(b, bundle->id);
	const struct state *s = &r->bundles[which].state;
	uint64_t step = (uint64_t)b->config.policy_max_revision_step;
	struct floor_claim claim;

	if (f == NULL || f->content.len == 0)
		return ERR_OK;
	claim = make_claim(f);
	switch (floor_judge(&s->floor, &claim, step)) {
	case FLOOR_FINE:
		return ERR_OK;
	case FLOOR_BELOW:
		return c->allow_rollback ? ERR_OK : refuse_below(s, bundle, claim.number, diag);
	case FLOOR_FAR:
		return refuse_far(r, s, bundle, claim.number, step, diag);
	case FLOOR_TWICE:
		return c->allow_rollback ? ERR_OK : refuse_twice(r, b, bundle, claim.number, diag);
	case FLOOR_SPOILED:
		return c->allow_rollback ? ERR_OK : refuse_spoiled(s, bundle, diag);
	}
	return ERR_INTERNAL;
}

err_t
reload_judge(struct reload *r, const struct rulebook *b, const struct reload_candidate *c,
    struct diag *diag)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->is_new[i])
			TRY(judge_one(r, b, c, i, diag));
	return ERR_OK;
}

/* ---- taken ---- */

static void
record_rollback(struct reload *r, const struct rulebook_bundle *bundle, const struct state *s,
    uint64_t number)
{
	char text[EVENT_TEXT_MAX];

	(void)snprintf(text, sizeof(text),
	    "the bundle %.*s with revision number %llu was taken although %llu was in use",
	    bundle->name.len > 256 ? 256 : (int)bundle->name.len, bundle->name.data,
	    (unsigned long long)number, (unsigned long long)s->floor.number);
	log_warn(r->log, "rollback", LOG_STR("detail", str_of(text)));
	record(r, "policy.rollback", text, number);
}

/* So that a crash right after leaves a floor that is too high rather than too low. */
static void
remember_one(struct reload *r, const struct rulebook *b, const struct reload_candidate *c, size_t which,
    struct diag *diag)
{
	const struct rulebook_bundle *bundle = &c->bundles[which];
	const struct snapshot_bundle_facts *f = find_facts(b, bundle->id);
	struct state *s = &r->bundles[which].state;
	struct floor_claim claim;

	if (f == NULL)
		return;
	claim = make_claim(f);
	if (f->content.len == 0) {
		(void)!state_write_bundle(s, f->digest, bundle->bytes, diag);
		return;
	}
	if (c->allow_rollback && floor_judge(&s->floor, &claim, UINT64_MAX) != FLOOR_FINE)
		record_rollback(r, bundle, s, claim.number);
	(void)!state_accept(s, &claim, bundle->bytes, diag);
}

void
reload_remember(struct reload *r, const struct rulebook *b, const struct reload_candidate *c,
    struct diag *diag)
{
	size_t before = diag->error_count;

	for (size_t i = 0; i < c->count; i++)
		if (c->is_new[i])
			remember_one(r, b, c, i, diag);
	findings_log(r->log, diag, before);
}

/* ---- told ---- */

static void
add_text(struct buf *out, const char *name, str_t text)
{
	buf_printf(out, "\"%s\":", name);
	json_write_string(out, text, false);
	buf_add_char(out, ',');
}

void
reload_write_bundles(struct reload *r, struct buf *out)
{
	const struct snapshot_facts *facts = snapshot_facts(reload_current(r)->snapshot);

	buf_add_text(out, ",\"bundles\":[");
	for (uint32_t i = 0; i < facts->bundle_count; i++) {
		const struct snapshot_bundle_facts *f = &facts->bundles[i];

		buf_add_text(out, i > 0 ? ",{" : "{");
		add_text(out, "name", f->id);
		add_text(out, "revision", f->revision);
		add_text(out, "sha256", f->digest);
		add_text(out, "key", f->key);
		for (size_t k = 0; k < r->bundle_count; k++)
			if (str_eq(r->bundles[k].id, f->id))
				buf_printf(out, "\"floor\":%llu,\"last_good\":%s,",
				    (unsigned long long)r->bundles[k].state.floor.number,
				    r->bundles[k].is_last_good ? "true" : "false");
		buf_printf(out, "\"signers\":%u,\"revision_number\":%llu,\"created\":%lld,\"expires\":%lld}",
		    f->signer_count, (unsigned long long)f->revision_number, (long long)f->created,
		    (long long)f->expires);
	}
	buf_add_char(out, ']');
}
