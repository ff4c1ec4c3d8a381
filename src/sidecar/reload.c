/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/reload_internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "bundle/bundle.h"
#include "net/tls.h"
#include "sidecar/commons.h"
#include "sidecar/findings.h"

enum { CONFIG_TEXT_MAX = 1 << 20, NAME_BYTES_MAX = 8192 };
#define FINDINGS_BYTES_MAX ((size_t)4 << 20)

/* ---- life ---- */

err_t
reload_init(struct reload *r, const struct log *log, struct commons *commons, const struct config_inputs *inputs,
    str_t config_name, struct buf *config_text)
{
	*r = (struct reload){ .log = log, .commons = commons, .inputs = *inputs };
	r->vitals.start_s = clock_wall_s(&clock_system);
	r->arena = arena_new(FINDINGS_BYTES_MAX);
	r->last_arena = arena_new(FINDINGS_BYTES_MAX);
	r->books = shared_new(rulebook_destroy);
	r->tls = shared_new(tls_context_destroy);
	r->config_text = *config_text;
	buf_init(config_text, 0);
	buf_init(&r->settings, RELOAD_SETTINGS_MAX);
	buf_init(&r->license, LICENSE_TEXT_MAX);
	buf_init(&r->config_name, NAME_BYTES_MAX);
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
	for (size_t i = 0; i < r->bundle_count; i++) {
		buf_fini(&r->bundles[i].bytes);
		buf_fini(&r->bundles[i].name);
	}
	key_files_fini(&r->key_files);
	buf_fini(&r->settings);
	buf_fini(&r->license);
	jwks_free(&r->license_keys);
	buf_fini(&r->config_name);
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

static bool
has_new(const struct reload_candidate *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->is_new[i])
			return true;
	return false;
}

/* Those that have bytes. */
static size_t
gather(const struct reload_candidate *c, struct rulebook_bundle *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->bundles[i].bytes.len > 0)
			ret[count++] = c->bundles[i];
	return count;
}

err_t
reload_try(struct reload *r, const struct reload_candidate *c, struct diag *diag)
{
	struct rulebook_bundle bundles[CONFIG_DELIVERIES_MAX];
	struct rulebook_texts texts = {
		.config_name = buf_str(&r->config_name),
		.config_text = buf_str(&r->config_text),
		.inputs = &r->inputs,
		.bundles = bundles,
		.bundle_count = gather(c, bundles),
		.key_files = &r->key_files,
		.date_s = clock_mark_now_s(r->clock),
		.settings_name = buf_str(&r->settings_name),
		.settings = buf_str(&r->settings),
		.settings_s = r->settings_s,
		.license = buf_str(&r->license),
		.license_keys = r->license_keys,
	};
	struct rulebook *b;
	err_t err;

	TRY(rulebook_make(&texts, r->generation + 1, diag, &b));
	err = reload_judge(r, b, c, diag);
	if (err == ERR_OK)
		err = rulebook_check(b, diag);
	if (err == ERR_OK && has_new(c)) {
		/* What could not be written to disk is a warning: it is in use all the same. */
		struct diag aside;

		diag_init(&aside, diag->arena, 8);
		reload_remember(r, b, c, &aside);
	}
	if (err == ERR_OK) {
		metric_tenants_name(&r->commons->tenants, b->config.tenant_id, &b->settings, &b->metric_names);
		err = shared_publish(r->books, b);
	}
	if (err != ERR_OK) {
		rulebook_destroy(b);
		return err;
	}
	r->generation++;
	return ERR_OK;
}

/* ---- outcomes ---- */

void
reload_note_part(struct reload *r, enum vitals_part part, err_t err, bool changed)
{
	r->vitals.refused[part] = err != ERR_OK;
	if (err == ERR_OK && changed)
		r->vitals.part_s[part] = clock_wall_s(&clock_system);
}

void
reload_tell_vitals(struct reload *r)
{
	vitals_tell(&r->commons->vitals, &r->vitals);
}

static void
note_outcome(struct reload *r, err_t err, const struct diag *diag)
{
	const struct rulebook *book = reload_current(r);
	str_t revision = book != NULL ? snapshot_facts(book->snapshot)->revision : STR_NONE;

	arena_reset(r->last_arena);
	r->last_problem = STR_NONE;
	if (err != ERR_OK) {
		r->last_problem = arena_str(r->last_arena, diag_first_message(diag));
		if (r->last_problem.len == 0)
			r->last_problem = str_of(err_text(err));
	}
	vitals_note_reload(&r->vitals, clock_wall_s(&clock_system), err != ERR_OK,
	    err != ERR_OK ? r->last_problem : revision);
	reload_tell_vitals(r);
}

static void
log_policy(struct reload *r)
{
	const struct snapshot_facts *f = snapshot_facts(reload_current(r)->snapshot);

	log_info(r->log, "policy in use", LOG_STR("bundle", buf_str(&r->bundles[0].name)),
	    LOG_STR("revision", f->revision), LOG_INT("policies", f->policy_count),
	    LOG_STR("algorithm", f->algorithm), LOG_STR("sha256", f->digest));
}

static err_t
first_of(err_t first, err_t second)
{
	return first != ERR_OK ? first : second;
}

err_t
reload_first(struct reload *r)
{
	struct arena *arena = arena_new(FINDINGS_BYTES_MAX);
	struct config config;
	struct diag diag;
	err_t err;

	if (arena == NULL)
		return ERR_MEMORY;
	diag_init(&diag, arena, 32);
	err = config_load_text(arena, buf_str(&r->config_name), buf_str(&r->config_text), &r->inputs, &diag,
	    &config);
	if (err == ERR_OK)
		err = reload_take_tls(r, &config, &diag);
	if (err == ERR_OK) {
		/* Without a memory or keys there is less to serve with; not nothing. */
		if (reload_name_bundles(r, &config, &diag) != ERR_OK)
			log_warn(r->log, "nothing will be remembered from one start to the next",
			    LOG_STR("data_dir", config.data_dir));
		if (reload_take_keys(r, &config, &diag) != ERR_OK)
			log_error(r->log, "a key set is missing: no token is believed that needs it");
		if (reload_take_settings(r, &config, &diag) != ERR_OK)
			log_error(r->log, "there are no settings: no flag is on",
			    LOG_STR("path", config.cache_config_path));
		if (reload_take_license(r, &config, &diag) != ERR_OK)
			log_error(r->log, "there is no license: nothing is entitled");
		err = reload_first_bundles(r, &config, &diag);
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
	reload_note_part(r, VITALS_CONFIG, err, true);
	buf_fini(&text);
	return err;
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
	err = first_of(err, reload_take_bundles(r, &config, diag));
	arena_free(&arena);
	findings_log(r->log, diag, 0);
	note_outcome(r, err, diag);
	log_policy(r);
	return err;
}

/* SIZE_MAX: none. */
static size_t
find_bundle(const struct reload *r, str_t id)
{
	for (size_t i = 0; i < r->bundle_count; i++)
		if (str_eq(r->bundles[i].id, id))
			return i;
	return SIZE_MAX;
}

static err_t
read_passed(int fd, str_t name, struct buf *bytes, struct diag *diag)
{
	TRY(file_read_fd(NULL, fd, arena_str(diag->arena, name).data, FILE_ANY, bytes, diag));
	if (bytes->len > 0)
		return ERR_OK;
	diag_say(diag, "bundle", "%.*s is empty", STR_FMT(name));
	return ERR_BUNDLE;
}

err_t
reload_policy(struct reload *r, int bundle_fd, str_t id, str_t name, bool allow_rollback,
    struct diag *diag)
{
	size_t which = find_bundle(r, id);
	struct buf bytes;
	err_t err;

	buf_init(&bytes, BUNDLE_PACKED_MAX);
	err = read_passed(bundle_fd, name, &bytes, diag);
	if (err == ERR_OK && which == SIZE_MAX) {
		diag_say(diag, "bundle", "policy.bundles has no bundle of the name %.*s", STR_FMT(id));
		err = ERR_BUNDLE;
	}
	if (err == ERR_OK)
		err = reload_take_bundle(r, which, &bytes, name, allow_rollback, diag);
	if (err != ERR_OK)
		reload_note_part(r, VITALS_BUNDLE, err, false);
	buf_fini(&bytes);
	findings_log(r->log, diag, 0);
	note_outcome(r, err, diag);
	if (err == ERR_OK)
		log_policy(r);
	return err;
}
