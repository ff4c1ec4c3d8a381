/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/pull.h"

#include <stdio.h>

#include "courier/exchange.h"
#include "courier/handover.h"
#include "courier/pace.h"
#include "crypt/digest.h"
#include "crypt/random.h"

enum { BUNDLE, JWKS, CONFIG, SOURCES };
enum { URL_TEXT_MAX = 8192, HEADER_TEXT_MAX = 8192, LONG_POLL_LEAST_MS = 1000 };
#define ROUND_BYTES_MAX ((size_t)4 << 20)

static const char long_poll_type[] = "application/vnd.openpolicyagent.bundles";

static const struct {
	const char *name, *file, *code;
} kinds[SOURCES] = {
	{ "bundle", "bundle.tar.gz", "bundle" },
	{ "jwks", "jwks.json", "jwks" },
	{ "config", "config", "settings" },
};

struct source {
	str_t resource, path; /* on the far side; on this host */
	enum { NOTHING, WAITING, SETTLED } state;
	char etag[VAULT_ETAG_MAX], digest[SHA256_HEX_SIZE]; /* of the staged copy */
};

struct pull {
	struct courier *courier;
	struct exchange *exchange;
	struct arena *arena; /* of one round */
	struct buf bytes;
	struct source sources[SOURCES];
	const char *authorization; /* a header; NULL: none */
	bool long_polls; /* the service said that it can */
};

/* ---- what is known of a source ---- */

static void
note_verdict(struct pull *p, size_t which, enum handover_verdict verdict, str_t why)
{
	static const char *const words[] = { [HANDOVER_TAKEN] = "in use", [HANDOVER_REFUSED] = "refused",
		[HANDOVER_WAIT] = "waiting" };
	struct status_part *part = &p->courier->status.pull.parts[which];
	const struct source *s = &p->sources[which];

	courier_note_begin(p->courier);
	part->verdict = words[verdict];
	status_set_text(part->reason, sizeof(part->reason), why);
	if (verdict == HANDOVER_TAKEN) {
		part->taken++;
		part->in_use_at = clock_wall_s(&clock_system);
		memcpy(part->in_use_etag, s->etag, sizeof(s->etag));
	}
	part->refused += verdict == HANDOVER_REFUSED;
	courier_note_end(p->courier);
}

static void
hand_over(struct pull *p, size_t which)
{
	struct handover h = { .vault = &p->courier->vault,
		.socket_path = p->courier->config.listen_admin.data,
		.arena = p->arena };
	struct source *s = &p->sources[which];
	const struct log *log = &p->courier->log;
	enum handover_verdict verdict;
	char etag[VAULT_ETAG_MAX];
	str_t why = STR_NONE;
	struct diag diag;

	diag_init(&diag, p->arena, 4);
	/* From the disk, with its tag: what is offered is what came. */
	if (vault_read(&p->courier->vault, kinds[which].file, &p->bytes, etag, &diag) != ERR_OK) {
		log_error(log, "the staged copy is lost: it will be pulled again",
		    LOG_STR("what", str_of(kinds[which].name)), LOG_STR("problem", diag_first_message(&diag)));
		s->state = NOTHING;
		s->etag[0] = '\0';
		return;
	}
	verdict = which == BUNDLE ?
	    handover_bundle(&h, kinds[which].file, buf_str(&p->bytes), s->path, &why) :
	    handover_file(&h, kinds[which].file, kinds[which].code, buf_str(&p->bytes), s->path, &why);
	note_verdict(p, which, verdict, why);
	if (verdict != HANDOVER_WAIT)
		s->state = SETTLED;
	if (verdict == HANDOVER_TAKEN)
		log_info(log, "the sidecar took what was pulled", LOG_STR("what", str_of(kinds[which].name)),
		    LOG_STR("etag", str_of(s->etag)), LOG_STR("remark", why));
	else if (verdict == HANDOVER_REFUSED)
		log_error(log, "the sidecar refused what was pulled; it is not offered again until it changes",
		    LOG_STR("what", str_of(kinds[which].name)), LOG_STR("etag", str_of(s->etag)),
		    LOG_STR("why", why));
	else
		log_warn(log, "what was pulled waits for the sidecar", LOG_STR("what", str_of(kinds[which].name)),
		    LOG_STR("why", why));
}

/* At the start: what is there is offered once more; the sidecar may have missed it. */
static void
look_back(struct pull *p, size_t which)
{
	struct source *s = &p->sources[which];
	struct diag diag;
	err_t err;

	diag_init(&diag, p->arena, 4);
	err = vault_read(&p->courier->vault, kinds[which].file, &p->bytes, s->etag, &diag);
	if (err == ERR_OK) {
		digest_sha256_hex(buf_str(&p->bytes), s->digest);
		s->state = WAITING;
		status_set_text(p->courier->status.pull.parts[which].etag, VAULT_ETAG_MAX, str_of(s->etag));
	} else if (err != ERR_NOT_FOUND) {
		log_error(&p->courier->log, "a staged copy is not believed: it will be pulled again",
		    LOG_STR("problem", diag_first_message(&diag)));
	}
}

/* ---- one answer ---- */

static err_t
stage(struct pull *p, size_t which, const struct exchange_answer *answer, str_t *ret_why)
{
	struct source *s = &p->sources[which];
	char digest[SHA256_HEX_SIZE];
	struct diag diag;
	bool same;
	err_t err;

	diag_init(&diag, p->arena, 4);
	digest_sha256_hex(buf_str(&p->bytes), digest);
	same = s->state != NOTHING && memcmp(digest, s->digest, sizeof(digest)) == 0;
	if (same && strcmp(answer->etag, s->etag) == 0)
		return ERR_OK; /* from a service that knows no ETags */
	err = vault_write(
	    &p->courier->vault, kinds[which].file, buf_str(&p->bytes), str_of(answer->etag), &diag);
	if (err != ERR_OK) {
		s->state = NOTHING;
		s->etag[0] = '\0';
		*ret_why = diag_first_message(&diag);
		return err;
	}
	memcpy(s->digest, digest, sizeof(digest));
	status_set_text(s->etag, sizeof(s->etag), str_of(answer->etag));
	courier_note_begin(p->courier);
	memcpy(p->courier->status.pull.parts[which].etag, s->etag, sizeof(s->etag));
	courier_note_end(p->courier);
	if (!same)
		s->state = WAITING;
	return ERR_OK;
}

static err_t
take_answer(struct pull *p, size_t which, const struct exchange_answer *answer, str_t *ret_why)
{
	if (which == BUNDLE)
		p->long_polls = strncmp(answer->content_type, long_poll_type, sizeof(long_poll_type) - 1) == 0;
	if (answer->status == 304 && p->sources[which].state != NOTHING)
		return ERR_OK;
	if (answer->status == 200 && p->bytes.len > 0)
		return stage(p, which, answer, ret_why);
	if (answer->status == 200)
		*ret_why = STR("the answer is empty");
	else if (answer->status >= 300 && answer->status < 400)
		*ret_why = arena_printf(p->arena, "the answer is %ld; redirects are not followed", answer->status);
	else
		*ret_why = arena_printf(p->arena, "the answer is %ld", answer->status);
	return ERR_PROTOCOL;
}

static err_t
ask(struct pull *p, size_t which, str_t *ret_why)
{
	const struct config *c = &p->courier->config;
	struct source *s = &p->sources[which];
	char url[URL_TEXT_MAX], match[VAULT_ETAG_MAX + 32], prefer[64];
	bool slash = str_has_suffix(c->control_plane_url, STR("/"));
	struct exchange_request request = { .method = "GET", .url = url, .body_fd = -1 };
	struct exchange_answer answer;
	bool waits = which == BUNDLE && p->long_polls && c->control_plane_wait_secs > 0 && s->state == SETTLED;
	err_t err;

	if (snprintf(url, sizeof(url), "%.*s%s%.*s", STR_FMT(c->control_plane_url), slash ? "" : "/",
		STR_FMT(s->resource)) >= (int)sizeof(url)) {
		*ret_why = STR("the URL is too long");
		return ERR_LIMIT;
	}
	if (p->authorization != NULL)
		request.headers[request.header_count++] = p->authorization;
	if (s->state != NOTHING && s->etag[0] != '\0') {
		(void)snprintf(match, sizeof(match), "If-None-Match: %s", s->etag);
		request.headers[request.header_count++] = match;
	}
	if (which == BUNDLE) {
		(void)snprintf(prefer, sizeof(prefer), waits ? "Prefer: modes=snapshot;wait=%lld" : "Prefer: modes=snapshot",
		    (long long)c->control_plane_wait_secs);
		request.headers[request.header_count++] = prefer;
	}
	if (waits)
		request.more_ms = c->control_plane_wait_secs * 1000;
	buf_clear(&p->bytes);
	err = exchange_run(p->exchange, &request, &p->bytes, &answer);
	if (err == ERR_OK)
		return take_answer(p, which, &answer, ret_why);
	*ret_why = arena_str(p->arena, str_of(answer.why));
	return err;
}

/* ---- rounds ---- */

static void
note_round(struct pull *p, err_t err, str_t why, unsigned failures)
{
	struct courier *c = p->courier;
	int64_t now = clock_wall_s(&clock_system), contact;

	courier_note_begin(c);
	c->status.pull.last_try = now;
	if (err == ERR_OK)
		c->status.pull.last_contact = now;
	c->status.pull.failures = failures;
	status_set_text(c->status.pull.last_error, sizeof(c->status.pull.last_error), why);
	contact = c->status.pull.last_contact;
	courier_note_end(c);
	if (err != ERR_OK)
		log_warn(&c->log, "the control plane gave no good answer; the sidecar goes on with what it has",
		    LOG_STR("url", c->config.control_plane_url), LOG_STR("why", why),
		    LOG_INT("failures", failures), LOG_INT("last_contact", contact));
}

/* The first that fails says why; the others are asked all the same. */
static err_t
go_round(struct pull *p, str_t *ret_why)
{
	err_t first = ERR_OK;

	for (size_t i = 0; i < SOURCES && !atomic_load(&p->courier->stop); i++) {
		str_t why = STR_NONE;
		err_t err;

		if (p->sources[i].resource.len == 0)
			continue;
		err = ask(p, i, &why);
		if (err != ERR_OK && first == ERR_OK) {
			first = err;
			*ret_why = arena_printf(p->arena, "%s: %.*s", kinds[i].name, STR_FMT(why));
		}
		if (p->sources[i].state == WAITING)
			hand_over(p, i);
	}
	return first;
}

static bool
is_any_waiting(const struct pull *p)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (p->sources[i].state == WAITING)
			return true;
	return false;
}

static void
wait_for_next(struct pull *p, unsigned failures, int64_t took_ms)
{
	const struct config *c = &p->courier->config;
	uint32_t random;
	int64_t ms;

	random_bytes(&random, sizeof(random));
	ms = pace_next_ms(c->control_plane_poll_secs * 1000, failures, random);
	if (failures == 0 && p->long_polls && c->control_plane_wait_secs > 0)
		ms = took_ms < LONG_POLL_LEAST_MS ? LONG_POLL_LEAST_MS : 1;
	if (is_any_waiting(p) && ms > LONG_POLL_LEAST_MS)
		ms = LONG_POLL_LEAST_MS; /* the sidecar may be back any moment */
	courier_sleep(p->courier, ms);
}

static void
run_rounds(struct pull *p)
{
	unsigned failures = 0;

	while (!atomic_load(&p->courier->stop)) {
		int64_t begin = clock_steady_ns(&clock_system);
		str_t why = STR_NONE;
		err_t err;

		arena_reset(p->arena);
		err = go_round(p, &why);
		if (atomic_load(&p->courier->stop))
			return;
		failures = err == ERR_OK ? 0 : failures + (failures < UINT32_MAX);
		note_round(p, err, why, failures);
		wait_for_next(p, failures, (clock_steady_ns(&clock_system) - begin) / CLOCK_NS_PER_MS);
	}
}

static void
name_sources(struct pull *p)
{
	const struct config *c = &p->courier->config;

	p->sources[BUNDLE] = (struct source){ c->control_plane_bundle, c->cache_policy_bundle_path, NOTHING, "", "" };
	p->sources[JWKS] = (struct source){ c->control_plane_jwks, c->auth_jwks_path, NOTHING, "", "" };
	p->sources[CONFIG] = (struct source){ c->control_plane_config, c->cache_config_path, NOTHING, "", "" };
	courier_note_begin(p->courier);
	for (size_t i = 0; i < SOURCES; i++) {
		if (p->sources[i].resource.len == 0)
			continue;
		p->courier->status.pull.parts[i].name = kinds[i].name;
		p->courier->status.pull.parts[i].verdict = "none";
		look_back(p, i);
	}
	courier_note_end(p->courier);
}

err_t
pull_run(struct courier *courier)
{
	const struct config *c = &courier->config;
	struct exchange_options options = { .ca_cert = c->control_plane_ca_cert.data,
		.client_cert = c->control_plane_client_cert.data,
		.client_key = c->control_plane_client_key.data,
		.timeout_ms = c->control_plane_timeout_ms,
		.stop = &courier->stop };
	struct pull p = { .courier = courier, .arena = arena_new(ROUND_BYTES_MAX), .exchange = exchange_new(&options) };
	char authorization[HEADER_TEXT_MAX];
	err_t err = p.arena != NULL && p.exchange != NULL ? ERR_OK : ERR_MEMORY;

	buf_init(&p.bytes, (size_t)c->control_plane_max_mb << 20);
	if (c->control_plane_token.len > 0) {
		int len = snprintf(authorization, sizeof(authorization), "Authorization: Bearer %.*s",
		    STR_FMT(c->control_plane_token));

		p.authorization = authorization;
		if (len >= (int)sizeof(authorization)) {
			log_error(&courier->log, "control_plane.token is longer than a header may be");
			err = ERR_CONFIG;
		}
	}
	if (err == ERR_OK) {
		name_sources(&p);
		run_rounds(&p);
	}
	buf_fini(&p.bytes);
	exchange_free(&p.exchange);
	arena_free(&p.arena);
	return err;
}
