/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/reload_internal.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "bundle/bundle.h"
#include "net/tls.h"
#include "sidecar/findings.h"

enum { CONFIG_TEXT_MAX = 1 << 20, NAME_BYTES_MAX = 8192 };
#define FINDINGS_BYTES_MAX ((size_t)4 << 20)

/* ---- life ---- */

err_t
reload_init(struct reload *r, const struct log *log, const struct config_inputs *inputs,
    str_t config_name, struct buf *config_text)
{
	*r = (struct reload){ .log = log, .inputs = *inputs };
	r->arena = arena_new(FINDINGS_BYTES_MAX);
	r->last_arena = arena_new(FINDINGS_BYTES_MAX);
	r->books = shared_new(rulebook_destroy);
	r->tls = shared_new(tls_context_destroy);
	r->config_text = *config_text;
	buf_init(config_text, 0);
	buf_init(&r->bundle, BUNDLE_PACKED_MAX);
	buf_init(&r->settings, RELOAD_SETTINGS_MAX);
	buf_init(&r->license, LICENSE_TEXT_MAX);
	buf_init(&r->config_name, NAME_BYTES_MAX);
	buf_init(&r->bundle_name, NAME_BYTES_MAX);
	key_files_init(&r->key_files);
	buf_init(&r->settings_name, NAME_BYTES_MAX);
	reload_set_name(&r->config_name, config_name);
	if (r->arena == NULL || r->last_arena == NULL || r->books == NULL || r->tls == NULL)
		return ERR_MEMORY;
	return license_keys_new(&r->license_keys);
}

void
reload_fini(struct reload *r)
{
	shared_close(&r->view);
	if (r->books != NULL)
		shared_free(&r->books);
	if (r->tls != NULL)
		shared_free(&r->tls);
	buf_fini(&r->config_text);
	buf_fini(&r->bundle);
	key_files_fini(&r->key_files);
	buf_fini(&r->settings);
	buf_fini(&r->license);
	jwks_free(&r->license_keys);
	buf_fini(&r->config_name);
	buf_fini(&r->bundle_name);
	buf_fini(&r->settings_name);
	arena_free(&r->arena);
	arena_free(&r->last_arena);
}

const struct rulebook *
reload_current(struct reload *r)
{
	return shared_get(r->books, &r->view);
}

/* ---- publishing ---- */

struct candidate { /* what a new rulebook shall be made of; borrowed */
	str_t config_name, config_text;
	str_t bundle_name, bundle;
	str_t settings_name, settings;
	bool allow_rollback;
};

static struct candidate
current_texts(const struct reload *r)
{
	return (struct candidate){
		.config_name = buf_str(&r->config_name),
		.config_text = buf_str(&r->config_text),
		.bundle_name = buf_str(&r->bundle_name),
		.bundle = buf_str(&r->bundle),
		.settings_name = buf_str(&r->settings_name),
		.settings = buf_str(&r->settings),
	};
}

static bool
is_below_floor(const struct reload *r, const struct rulebook *b, const struct candidate *c)
{
	return c->bundle.len > 0 && b->config.policy_require_signature &&
	    snapshot_facts(b->snapshot)->revision_number < r->state.floor;
}

static err_t
check_floor(const struct reload *r, const struct rulebook *b, const struct candidate *c,
    struct diag *diag)
{
	if (!is_below_floor(r, b, c) || c->allow_rollback)
		return ERR_OK;
	diag_say(diag, "bundle",
	    "%.*s: its revision number %llu is below %llu, the highest taken into use; going back "
	    "must be allowed explicitly",
	    STR_FMT(c->bundle_name),
	    (unsigned long long)snapshot_facts(b->snapshot)->revision_number,
	    (unsigned long long)r->state.floor);
	return ERR_BUNDLE;
}

static void
record_rollback(struct reload *r, const struct candidate *c, uint64_t number)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "the bundle %.*s with revision number %llu was taken although %llu was in use",
	    c->bundle_name.len > 256 ? 256 : (int)c->bundle_name.len, c->bundle_name.data,
	    (unsigned long long)number, (unsigned long long)r->state.floor);
	log_warn(r->log, "rollback", LOG_STR("detail", str_of(text)));
	if (r->audit != NULL &&
	    audit_writer_event(r->audit, "policy.rollback", str_of(text), number) != ERR_OK)
		log_error(r->log, "the rollback could not be recorded");
}

/* So that a crash right after leaves a floor that is too high rather than too low. */
static void
remember(struct reload *r, const struct rulebook *b, const struct candidate *c,
    struct diag *diag)
{
	uint64_t number = snapshot_facts(b->snapshot)->revision_number;
	size_t before = diag->error_count;

	if (is_below_floor(r, b, c))
		record_rollback(r, c, number);
	if (b->config.policy_require_signature && number != r->state.floor &&
	    state_set_floor(&r->state, number, diag) != ERR_OK)
		diag_say(diag, "state", "the revision floor %llu is kept in memory only",
		    (unsigned long long)number);
	if (!str_eq(c->bundle_name, r->state.bundle_path) &&
	    state_write_bundle(&r->state, c->bundle, diag) != ERR_OK)
		diag_say(diag, "state", "the bundle is not kept as the last good one");
	findings_log(r->log, diag, before);
}

static err_t
try_candidate(struct reload *r, const struct candidate *c, struct diag *diag)
{
	struct rulebook_texts texts = {
		.config_name = c->config_name,
		.config_text = c->config_text,
		.inputs = &r->inputs,
		.bundle_name = c->bundle_name,
		.bundle = c->bundle,
		.key_files = &r->key_files,
		.date_s = clock_mark_now_s(r->clock),
		.settings_name = c->settings_name,
		.settings = c->settings,
		.settings_s = r->settings_s,
		.license = buf_str(&r->license),
		.license_keys = r->license_keys,
	};
	bool new_bundle = c->bundle.len > 0 && c->bundle.data != r->bundle.data;
	struct rulebook *b;
	err_t err;

	TRY(rulebook_make(&texts, r->generation + 1, diag, &b));
	err = check_floor(r, b, c, diag);
	if (err == ERR_OK)
		err = rulebook_check(b, diag);
	if (err == ERR_OK && new_bundle) {
		/* What could not be written to disk is a warning: it is in use all the same. */
		struct diag aside;

		diag_init(&aside, diag->arena, 8);
		remember(r, b, c, &aside);
	}
	if (err == ERR_OK)
		err = shared_publish(r->books, b);
	if (err != ERR_OK) {
		rulebook_destroy(b);
		return err;
	}
	r->generation++;
	return ERR_OK;
}

/* ---- bundles ---- */

/* The bundle in `bytes` comes into use and `bytes` gets the old one; or nothing changes. */
static err_t
take_bundle(struct reload *r, struct buf *bytes, str_t name, bool allow_rollback,
    struct diag *diag)
{
	struct candidate c = current_texts(r);

	c.bundle = buf_str(bytes);
	c.bundle_name = name;
	c.allow_rollback = allow_rollback;
	TRY(try_candidate(r, &c, diag));
	reload_swap(&r->bundle, bytes);
	reload_set_name(&r->bundle_name, name);
	return ERR_OK;
}

/* What is at the configured place.  ERR_NOT_FOUND without a finding: nothing is, nor ever was. */
static err_t
take_bundle_file(struct reload *r, const struct config *config, struct diag *diag)
{
	str_t path = config->cache_policy_bundle_path;
	struct buf bytes;
	err_t err;

	if (config->policy_dir.len > 0)
		return ERR_NOT_FOUND; /* development: the directory is the policy */
	buf_init(&bytes, BUNDLE_PACKED_MAX);
	err = reload_read_optional(path, FILE_ANY, &bytes, diag);
	if (err == ERR_OK && bytes.len == 0) {
		if (r->bundle.len > 0)
			diag_say(diag, "bundle", "%.*s is not there any more; the policy in use stays",
			    STR_FMT(path));
		err = ERR_NOT_FOUND;
	}
	if (err == ERR_OK)
		err = take_bundle(r, &bytes, path, false, diag);
	buf_fini(&bytes);
	return err;
}

static err_t
take_last_good(struct reload *r, struct diag *diag)
{
	struct buf bytes;
	err_t err;

	buf_init(&bytes, BUNDLE_PACKED_MAX);
	err = state_read_bundle(&r->state, &bytes, NULL);
	if (err == ERR_OK)
		err = take_bundle(r, &bytes, r->state.bundle_path, false, diag);
	buf_fini(&bytes);
	if (err == ERR_OK)
		log_warn(r->log, "the last good policy bundle is in use",
		    LOG_STR("path", r->state.bundle_path));
	return err;
}

/* ---- outcomes ---- */

static void
note_outcome(struct reload *r, err_t err, const struct diag *diag)
{
	arena_reset(r->last_arena);
	r->last_s = clock_wall_s(&clock_system);
	r->done_count++;
	r->last_problem = STR_NONE;
	if (err == ERR_OK)
		return;
	r->refused_count++;
	r->last_problem = arena_str(r->last_arena, diag_first_message(diag));
	if (r->last_problem.len == 0)
		r->last_problem = str_of(err_text(err));
}

static void
log_policy(struct reload *r)
{
	const struct snapshot_facts *f = snapshot_facts(reload_current(r)->snapshot);

	log_info(r->log, "policy in use", LOG_STR("bundle", buf_str(&r->bundle_name)),
	    LOG_STR("revision", f->revision), LOG_INT("policies", f->policy_count),
	    LOG_STR("algorithm", f->algorithm), LOG_STR("sha256", f->digest));
}

static err_t
first_of(err_t first, err_t second)
{
	return first != ERR_OK ? first : second;
}

/* The configured bundle, else the last good one, else none: and then nothing is allowed. */
static err_t
take_first_bundle(struct reload *r, const struct config *config, struct diag *diag)
{
	struct candidate c;

	if (take_bundle_file(r, config, diag) == ERR_OK)
		return ERR_OK;
	if (config->policy_dir.len == 0) {
		if (take_last_good(r, diag) == ERR_OK)
			return ERR_OK;
		log_warn(r->log, "there is no policy: every request is denied",
		    LOG_STR("path", config->cache_policy_bundle_path));
	}
	c = current_texts(r);
	return try_candidate(r, &c, diag);
}

err_t
reload_first(struct reload *r)
{
	struct arena *arena = arena_new(FINDINGS_BYTES_MAX);
	struct candidate c = current_texts(r);
	struct config config;
	struct diag diag;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	diag_init(&diag, arena, 32);
	err = config_load_text(arena, c.config_name, c.config_text, &r->inputs, &diag, &config);
	if (err == ERR_OK)
		err = reload_take_tls(r, &config, &diag);
	if (err == ERR_OK) {
		/* Without a memory or keys there is less to serve with; not nothing. */
		if (state_open(r->arena, config.data_dir, &diag, &r->state) != ERR_OK)
			log_warn(r->log, "nothing will be remembered from one start to the next",
			    LOG_STR("data_dir", config.data_dir));
		if (reload_take_keys(r, &config, &diag) != ERR_OK)
			log_error(r->log, "a key set is missing: no token is believed that needs it");
		if (reload_take_settings(r, &config, &diag) != ERR_OK)
			log_error(r->log, "there are no settings: no flag is on",
			    LOG_STR("path", config.cache_config_path));
		if (reload_take_license(r, &config, &diag) != ERR_OK)
			log_error(r->log, "there is no license: nothing is entitled");
		err = take_first_bundle(r, &config, &diag);
	}
	findings_log(r->log, &diag, 0);
	note_outcome(r, diag.error_count > 0 ? ERR_CONFIG : ERR_OK, &diag);
	arena_free(&arena);
	TRY(err);
	log_policy(r);
	return ERR_OK;
}

static err_t
take_config(struct reload *r, struct arena *arena, struct diag *diag, struct config *ret)
{
	struct buf text;
	str_t name;
	err_t err;

	buf_init(&text, CONFIG_TEXT_MAX);
	err = config_read_text(&r->inputs, diag, &text, &name);
	if (err == ERR_OK)
		err = config_load_text(arena, name, buf_str(&text), &r->inputs, diag, ret);
	if (err == ERR_OK) {
		reload_swap(&r->config_text, &text);
		reload_set_name(&r->config_name, name);
	}
	diag_keep(diag);
	buf_fini(&text);
	return err;
}

static err_t
take_bundle_again(struct reload *r, const struct config *config, struct diag *diag)
{
	bool had_one = r->bundle.len > 0;
	struct candidate c;
	err_t err = take_bundle_file(r, config, diag);

	if (err == ERR_OK)
		return ERR_OK;
	/* The rest is taken with the bundle in use. */
	c = current_texts(r);
	if (err == ERR_NOT_FOUND && (!had_one || config->policy_dir.len > 0))
		err = ERR_OK;
	return first_of(err, try_candidate(r, &c, diag));
}

err_t
reload_everything(struct reload *r, struct diag *diag)
{
	struct arena *arena = arena_new(FINDINGS_BYTES_MAX);
	struct config config = reload_current(r)->config;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	err = take_config(r, arena, diag, &config);
	err = first_of(err, reload_take_keys(r, &config, diag));
	err = first_of(err, reload_take_settings(r, &config, diag));
	err = first_of(err, reload_take_license(r, &config, diag));
	err = first_of(err, reload_take_revocations(r, &config, diag));
	err = first_of(err, reload_take_tls(r, &config, diag));
	err = first_of(err, take_bundle_again(r, &config, diag));
	arena_free(&arena);
	findings_log(r->log, diag, 0);
	note_outcome(r, err, diag);
	log_policy(r);
	return err;
}

err_t
reload_policy(struct reload *r, int bundle_fd, str_t name, bool allow_rollback,
    struct diag *diag)
{
	struct buf bytes;
	err_t err;

	buf_init(&bytes, BUNDLE_PACKED_MAX);
	err = file_read_fd(NULL, bundle_fd, arena_str(diag->arena, name).data, FILE_ANY, &bytes, diag);
	if (err == ERR_OK && bytes.len == 0) {
		diag_say(diag, "bundle", "%.*s is empty", STR_FMT(name));
		err = ERR_BUNDLE;
	}
	if (err == ERR_OK)
		err = take_bundle(r, &bytes, name, allow_rollback, diag);
	buf_fini(&bytes);
	findings_log(r->log, diag, 0);
	note_outcome(r, err, diag);
	if (err == ERR_OK)
		log_policy(r);
	return err;
}
