/* SPDX-License-Identifier: Apache-2.0 */
/* The bundles of a reload: which there are, what lies at their places, and what serves instead. */
#include "bundle/bundle.h"
#include "bundle/keys.h"
#include "sidecar/reload_internal.h"

enum { NAME_BYTES_MAX = 8192 };
#define SCRATCH_BYTES_MAX ((size_t)4 << 20)
#define WITNESS_BYTES_MAX ((size_t)2 << 30)

/* ---- which there are ---- */

/* Who is asked what number the last good bundle has. */
struct witness {
	const struct config *config;
	const struct config_delivery *delivery;
	struct arena *arena;
	int64_t now;
};

/* As strictly as any bundle, but whatever its dates. */
static err_t
read_witness(struct witness *w, str_t bytes, bool ignore_times, struct diag *diag, struct bundle *ret)
{
	struct bundle_keys *keys = NULL;
	struct bundle_options o = { .name = w->delivery->path,
		.require_signature = true,
		.threshold = (unsigned)w->delivery->verify_threshold,
		.scope = w->delivery->scope,
		.ignore_times = ignore_times,
		.now = w->now };
	err_t err = rulebook_read_keys(w->config, w->delivery, NULL, &keys);

	o.keys = keys;
	if (err == ERR_OK)
		err = bundle_read(bytes, &o, w->arena, NULL, diag, ret);
	bundle_keys_free(&keys);
	return err;
}

static err_t
ask_witness(void *context, str_t bytes, struct floor_claim *ret)
{
	struct witness *w = context;
	struct bundle b;

	TRY(read_witness(w, bytes, true, NULL, &b));
	ret->number = b.signature.revision_number;
	ret->content = arena_str(w->arena, str_make(b.signature.content, sizeof(b.signature.content)));
	return ret->content.len > 0 ? ERR_OK : ERR_MEMORY;
}

static err_t
open_memory(struct reload *r, const struct config *config, const struct config_delivery *d,
    struct reload_bundle *b, struct diag *diag)
{
	struct witness w = { .config = config,
		.delivery = d,
		.arena = arena_new(WITNESS_BYTES_MAX),
		.now = clock_mark_now_s(r->clock) };
	err_t opened = state_open(r->arena, NULL, config->data_dir, b->id, diag, &b->state), read;

	if (opened == ERR_MEMORY || w.arena == NULL) {
		arena_free(&w.arena);
		return ERR_MEMORY;
	}
	read = state_read_floor(&b->state, ask_witness, &w, diag);
	arena_free(&w.arena);
	return opened != ERR_OK ? opened : read;
}

/* Moves the one that is there, or begins a new one. */
static err_t
name_one(struct reload *r, const struct config *config, const struct config_delivery *d,
    struct reload_bundle *ret, struct diag *diag)
{
	for (size_t i = 0; i < r->bundle_count; i++)
		if (str_eq(r->bundles[i].id, d->name)) {
			*ret = r->bundles[i];
			r->bundles[i].id = STR_NONE;
			return ERR_OK;
		}
	*ret = (struct reload_bundle){ .id = arena_str(r->arena, d->name) };
	buf_init(&ret->bytes, BUNDLE_PACKED_MAX);
	buf_init(&ret->name, NAME_BYTES_MAX);
	return open_memory(r, config, d, ret, diag);
}

err_t
reload_name_bundles(struct reload *r, const struct config *config, struct diag *diag)
{
	struct arena *arena = arena_new(SCRATCH_BYTES_MAX);
	struct reload_bundle named[CONFIG_DELIVERIES_MAX];
	const struct config_delivery *all = NULL;
	size_t count = 0;
	err_t err = arena == NULL ? ERR_MEMORY : rulebook_list_deliveries(arena, config, &all, &count);

	for (size_t i = 0; i < count; i++) {
		err_t one = name_one(r, config, &all[i], &named[i], diag);

		err = err != ERR_OK ? err : one;
	}
	if (count > 0) {
		for (size_t i = 0; i < r->bundle_count; i++)
			if (r->bundles[i].id.len > 0) { /* not named any more */
				buf_fini(&r->bundles[i].bytes);
				buf_fini(&r->bundles[i].name);
			}
		memcpy(r->bundles, named, count * sizeof(*named));
		r->bundle_count = count;
	}
	diag_keep(diag);
	arena_free(&arena);
	return err;
}

/* ---- candidates ---- */

void
reload_current_bundles(const struct reload *r, struct reload_candidate *ret)
{
	*ret = (struct reload_candidate){ .count = r->bundle_count };
	for (size_t i = 0; i < r->bundle_count; i++) {
		const struct reload_bundle *b = &r->bundles[i];

		ret->bundles[i] = (struct rulebook_bundle){
			.id = b->id,
			.name = buf_str(&b->name),
			.bytes = buf_str(&b->bytes),
			.was_in_use = true,
			.is_last_good = b->is_last_good,
		};
	}
}

static void
offer(struct reload_candidate *c, size_t which, str_t bytes, str_t name, bool is_last_good)
{
	c->bundles[which].bytes = bytes;
	c->bundles[which].name = name;
	c->bundles[which].was_in_use = c->bundles[which].is_last_good = is_last_good;
	c->is_new[which] = true;
}

/* The main one may be missing for good; one that somebody wrote down may not. */
static err_t
try_complete(struct reload *r, const struct reload_candidate *c, struct diag *diag)
{
	for (size_t i = 1; i < c->count; i++)
		if (c->bundles[i].bytes.len == 0) {
			diag_say(diag, "bundle", "policy.bundles: there is no bundle %.*s, and none serves without the others",
			    STR_FMT(c->bundles[i].id));
			return ERR_BUNDLE;
		}
	return reload_try(r, c, diag);
}

/* The buffers get what was in use. */
static void
keep_taken(struct reload *r, const struct reload_candidate *c, struct buf *bytes)
{
	for (size_t i = 0; i < c->count; i++) {
		if (!c->is_new[i])
			continue;
		reload_set_name(&r->bundles[i].name, c->bundles[i].name);
		r->bundles[i].is_last_good = c->bundles[i].is_last_good;
		reload_swap(&r->bundles[i].bytes, &bytes[i]);
		r->vitals.part_s[VITALS_BUNDLE] = clock_wall_s(&clock_system);
	}
}

err_t
reload_take_bundle(struct reload *r, size_t which, struct buf *bytes, str_t name, bool allow_rollback,
    struct diag *diag)
{
	struct buf all[CONFIG_DELIVERIES_MAX] = { 0 };
	struct reload_candidate c;

	reload_current_bundles(r, &c);
	offer(&c, which, buf_str(bytes), name, false);
	c.allow_rollback = allow_rollback;
	TRY(try_complete(r, &c, diag));
	all[which] = *bytes;
	keep_taken(r, &c, all);
	*bytes = all[which];
	reload_note_part(r, VITALS_BUNDLE, ERR_OK, false);
	return ERR_OK;
}

/* ---- what lies at their places ---- */

struct arrivals {
	struct arena *arena;
	const struct config_delivery *deliveries;
	struct buf bytes[CONFIG_DELIVERIES_MAX]; /* empty: nothing is there */
	size_t count;
	err_t err; /* the first thing that could not be read */
};

static void
read_arrival(struct reload *r, struct arrivals *a, size_t which, struct diag *diag)
{
	str_t path = a->deliveries[which].path;
	err_t err = reload_read_optional(path, FILE_ANY, &a->bytes[which], diag);

	if (err == ERR_OK && a->bytes[which].len == 0 && r->bundles[which].bytes.len > 0) {
		diag_say(diag, "bundle", "%.*s is not there any more; the policy in use stays", STR_FMT(path));
		err = ERR_NOT_FOUND;
	}
	a->err = a->err != ERR_OK ? a->err : err;
}

static err_t
open_arrivals(struct reload *r, const struct config *config, struct arrivals *a, struct diag *diag)
{
	*a = (struct arrivals){ .arena = arena_new(SCRATCH_BYTES_MAX) };
	if (a->arena == NULL)
		return ERR_MEMORY;
	TRY(rulebook_list_deliveries(a->arena, config, &a->deliveries, &a->count));
	if (a->count != r->bundle_count)
		return ERR_INTERNAL;
	for (size_t i = 0; i < a->count; i++)
		buf_init(&a->bytes[i], BUNDLE_PACKED_MAX);
	for (size_t i = 0; i < a->count; i++)
		read_arrival(r, a, i, diag);
	return ERR_OK;
}

static void
close_arrivals(struct arrivals *a)
{
	for (size_t i = 0; i < a->count; i++)
		buf_fini(&a->bytes[i]);
	arena_free(&a->arena);
}

/* How many are other than what is in use; `only`: no other than this. */
static size_t
offer_arrivals(struct reload *r, struct arrivals *a, size_t only, struct reload_candidate *c)
{
	size_t count = 0;

	reload_current_bundles(r, c);
	for (size_t i = 0; i < a->count; i++) {
		if (a->bytes[i].len == 0 || (only != SIZE_MAX && only != i))
			continue;
		if (str_eq(buf_str(&a->bytes[i]), buf_str(&r->bundles[i].bytes))) {
			r->bundles[i].is_last_good = c->bundles[i].is_last_good = false;
			continue;
		}
		offer(c, i, buf_str(&a->bytes[i]), a->deliveries[i].path, false);
		count++;
	}
	return count;
}

/* Where they do not go together, each that goes with the others as they are. */
static err_t
take_one_by_one(struct reload *r, struct arrivals *a, struct diag *diag)
{
	struct reload_candidate c;
	err_t err = ERR_OK;
	size_t taken = 0;

	for (size_t i = 0; i < a->count; i++) {
		err_t one;

		if (offer_arrivals(r, a, i, &c) == 0)
			continue;
		one = try_complete(r, &c, diag);
		if (one == ERR_OK) {
			keep_taken(r, &c, a->bytes);
			taken++;
		}
		err = err != ERR_OK ? err : one;
	}
	if (taken > 0)
		return err;
	/* The rest of the configuration is taken with the bundles in use. */
	reload_current_bundles(r, &c);
	return err != ERR_OK ? (void)!try_complete(r, &c, diag), err : try_complete(r, &c, diag);
}

static err_t
take_arrivals(struct reload *r, struct arrivals *a, struct diag *diag)
{
	struct reload_candidate c;
	size_t count = offer_arrivals(r, a, SIZE_MAX, &c);
	err_t err = try_complete(r, &c, diag);

	if (err == ERR_OK) {
		keep_taken(r, &c, a->bytes);
		return a->err;
	}
	if (count > 1)
		return take_one_by_one(r, a, diag);
	if (count == 1) {
		reload_current_bundles(r, &c);
		(void)!try_complete(r, &c, diag);
	}
	return err;
}

err_t
reload_take_bundles(struct reload *r, const struct config *config, struct diag *diag)
{
	struct reload_candidate c;
	struct arrivals a;
	err_t err = reload_name_bundles(r, config, diag);

	if (err == ERR_MEMORY)
		return err;
	reload_current_bundles(r, &c);
	if (config->policy_dir.len > 0) { /* development: the directory is the policy */
		for (size_t i = 0; i < c.count; i++)
			c.bundles[i].bytes = STR_NONE;
		return reload_try(r, &c, diag);
	}
	err = open_arrivals(r, config, &a, diag);
	if (err == ERR_OK)
		err = take_arrivals(r, &a, diag);
	reload_note_part(r, VITALS_BUNDLE, err, false);
	close_arrivals(&a);
	return err;
}

/* ---- at the start ---- */

/* Whether it would be taken if it were alone, as far as that can be said without compiling it. */
static bool
is_good_alone(struct reload *r, const struct config *config, const struct arrivals *a, size_t which)
{
	struct witness w = { .config = config,
		.delivery = &a->deliveries[which],
		.arena = arena_new(WITNESS_BYTES_MAX),
		.now = clock_mark_now_s(r->clock) };
	struct bundle b;
	bool good = false;

	if (w.arena != NULL && read_witness(&w, buf_str(&a->bytes[which]), false, NULL, &b) == ERR_OK) {
		const struct floor_claim claim = { b.signature.revision_number,
			str_make(b.signature.content, sizeof(b.signature.content)),
			str_make(b.digest, sizeof(b.digest)) };

		good = floor_judge(&r->bundles[which].state.floor, &claim,
			   (uint64_t)config->policy_max_revision_step) == FLOOR_FINE;
	}
	arena_free(&w.arena);
	return good;
}

/* The last good ones in place of those that are not good; `all`: of every one. */
static err_t
take_last_good(struct reload *r, const struct config *config, struct arrivals *a, bool all,
    struct diag *diag)
{
	struct reload_candidate c;
	size_t count = 0;
	err_t err;

	(void)offer_arrivals(r, a, SIZE_MAX, &c);
	for (size_t i = 0; i < a->count; i++) {
		struct state *s = &r->bundles[i].state;

		if (!all && a->bytes[i].len > 0 && is_good_alone(r, config, a, i))
			continue;
		buf_clear(&a->bytes[i]);
		c.bundles[i].bytes = STR_NONE;
		c.is_new[i] = false;
		if (state_read_bundle(s, &a->bytes[i], NULL) != ERR_OK)
			buf_clear(&a->bytes[i]);
		if (a->bytes[i].len == 0)
			continue;
		offer(&c, i, buf_str(&a->bytes[i]), s->bundle_path, true);
		count++;
	}
	if (count == 0)
		return ERR_NOT_FOUND;
	err = try_complete(r, &c, diag);
	for (size_t i = 0; err == ERR_OK && i < c.count; i++)
		if (c.bundles[i].is_last_good)
			log_warn(r->log, "the last good policy bundle is in use", LOG_STR("path", c.bundles[i].name),
			    LOG_STR("instead_of", a->deliveries[i].path));
	if (err == ERR_OK)
		keep_taken(r, &c, a->bytes);
	return err;
}

static err_t
take_first(struct reload *r, const struct config *config, struct arrivals *a, struct diag *diag)
{
	struct reload_candidate c;
	struct diag aside; /* what was wrong was said before */

	diag_init(&aside, diag->arena, 8);
	if (offer_arrivals(r, a, SIZE_MAX, &c) > 0 && try_complete(r, &c, diag) == ERR_OK) {
		keep_taken(r, &c, a->bytes);
		return ERR_OK;
	}
	if (a->count > 1 && take_last_good(r, config, a, false, &aside) == ERR_OK)
		return ERR_OK;
	return take_last_good(r, config, a, true, diag);
}

static bool
has_arrived(const struct arrivals *a)
{
	bool there = a->err != ERR_OK;

	for (size_t i = 0; i < a->count; i++)
		there = there || a->bytes[i].len > 0;
	return there;
}

/* What is configured, else the last good, else none: and then nothing is allowed. */
err_t
reload_first_bundles(struct reload *r, const struct config *config, struct diag *diag)
{
	struct reload_candidate c;
	struct arrivals a;
	bool arrived;
	err_t err;

	if (config->policy_dir.len == 0) {
		err = open_arrivals(r, config, &a, diag);
		arrived = err == ERR_OK && has_arrived(&a);
		if (err == ERR_OK)
			err = take_first(r, config, &a, diag);
		if (arrived && (err != ERR_OK || reload_current(r)->serves_last_good))
			reload_note_part(r, VITALS_BUNDLE, ERR_BUNDLE, false);
		close_arrivals(&a);
		if (err == ERR_OK || err == ERR_MEMORY)
			return err;
		log_warn(r->log, "there is no policy: every request is denied",
		    LOG_STR("path", config->cache_policy_bundle_path));
	}
	reload_current_bundles(r, &c);
	return reload_try(r, &c, diag);
}
