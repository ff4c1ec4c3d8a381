/* SPDX-License-Identifier: Apache-2.0 */
#include "media/update.h"

#include <unistd.h>

#include "base/clock.h"
#include "media/apply.h"
#include "release/version.h"

enum {
	PROGRAM_MODE = 0755,
	BACK_LEAST_S = 60, /* the old program was well before: it gets its time */
};

struct updating {
	struct arena *arena;
	const struct update_options *o;
	struct diag *diag;
	struct update_result *r;
	struct sidecar_status before;
	struct transaction t;
};

/* ---- may it ---- */

static err_t
find_paths(struct updating *u)
{
	u->r->target = u->o->config->auto_update_binary_path.data;
	u->r->previous = arena_printf(u->arena, "%s.previous", u->r->target).data;
	if (u->o->admin == NULL) {
		diag_say(u->diag, "update",
		    "listen.admin is empty: without that socket nobody can tell whether the "
		    "new program is well");
		return ERR_CONFIG;
	}
	return u->r->previous != NULL ? ERR_OK : ERR_MEMORY;
}

/* Never older than what runs, nor than what is in place. */
static err_t
check_version(struct updating *u, const char *path)
{
	str_t running = u->before.running ? u->before.version : STR("");
	str_t least = u->r->old.version, version = u->r->facts.claims.version;

	if (version_is_good(running) &&
	    (least.len == 0 || version_compare(running, least) > 0))
		least = running;
	if (u->o->allow_downgrade || least.len == 0 || version_compare(version, least) >= 0)
		return ERR_OK;
	diag_say(u->diag, "update",
	    "%s: its version %.*s is older than %.*s, which is in place; --allow-downgrade "
	    "takes it",
	    path, STR_FMT(version_bare(version)), STR_FMT(version_bare(least)));
	return ERR_SIGNATURE;
}

static err_t
read_program(struct updating *u, const char *path, struct buf *bytes)
{
	err_t err = file_read(NULL, path, FILE_ANY, bytes, u->diag);

	if (err == ERR_OK && bytes->len == 0) {
		diag_say(u->diag, "update", "%s is empty", path);
		err = ERR_SIGNATURE;
	}
	return err;
}

/* What is verified here is what is written later: the same bytes in memory. */
static err_t
verify(struct updating *u, const char *path, str_t bytes)
{
	const struct binary_expectation want = { .name = STR("coresdk-sidecar"),
		.platform = check_platform(u->arena) };
	struct binary_beside beside;
	struct source s = source_of(path, bytes);

	TRY(binary_read_beside(u->arena, path, u->diag, &beside));
	TRY(binary_verify(u->arena, &s, &beside, u->o->keys, &want, u->diag, &u->r->facts));
	return check_version(u, path);
}

/* ---- the swap ---- */

static err_t
start(
    struct updating *u, str_t version, const struct sidecar_status *before, int64_t timeout_s)
{
	int64_t until = clock_steady_ns(&clock_system) + timeout_s * CLOCK_NS_PER_S;

	TRY(sidecar_run(u->o->restart, until, u->diag));
	return sidecar_wait(
	    u->arena, u->o->admin, before, version, until, u->diag, &u->r->now);
}

static err_t
back_out(struct updating *u)
{
	struct sidecar_status any = { .running = false };

	u->r->rolled_back = true;
	TRY(transaction_undo(&u->t, u->diag));
	/* It may be that the old process never ended. */
	if (start(u, STR(""), &any,
		u->o->timeout_s > BACK_LEAST_S ? u->o->timeout_s : BACK_LEAST_S) != ERR_OK) {
		diag_say(u->diag, "update",
		    "%s is the old program again, and it does not come up either: see to the "
		    "sidecar",
		    u->r->target);
		return ERR_REFUSED;
	}
	diag_say(u->diag, "update", "the old program was put back and serves (v%.*s)",
	    STR_FMT(u->r->now.version));
	return ERR_REFUSED;
}

static err_t
swap(struct updating *u, str_t bytes)
{
	const struct change c = { .kind = "binary",
		.target = u->r->target,
		.bytes = bytes,
		.mode = PROGRAM_MODE,
		.keep_as = u->r->previous };
	enum transaction_outcome outcome;

	TRY(transaction_recover(&u->t, u->diag, &outcome));
	TRY(transaction_add(&u->t, &c, u->diag));
	TRY(transaction_look(&u->t, u->diag));
	TRY(transaction_put(&u->t, u->diag));
	if (start(u, u->r->facts.claims.version, &u->before, u->o->timeout_s) != ERR_OK)
		return back_out(u);
	return transaction_keep(&u->t, u->diag);
}

static err_t
swap_locked(struct updating *u, str_t bytes)
{
	err_t err;

	transaction_init(&u->t, u->arena, NULL, apply_dir(u->arena, u->o->config, ""));
	TRY(transaction_open(&u->t, u->diag));
	err = swap(u, bytes);
	transaction_close(&u->t);
	return err;
}

static err_t
prepare(struct updating *u)
{
	TRY(find_paths(u));
	TRY(sidecar_look(u->arena, u->o->admin, NULL, &u->before) == ERR_MEMORY ? ERR_MEMORY
										: ERR_OK);
	if (binary_read_claims(u->arena, u->r->target, &u->r->old) != ERR_OK)
		u->r->old = (struct binary_claims){ .name = STR("") };
	return ERR_OK;
}

err_t
update_apply(struct arena *arena, const char *path, const struct update_options *o,
    struct diag *diag, struct update_result *ret)
{
	struct updating u = { .arena = arena, .o = o, .diag = diag, .r = ret };
	struct buf bytes;
	err_t err;

	*ret = (struct update_result){ .rolled_back = false };
	TRY(prepare(&u));
	buf_init(&bytes, TRANSACTION_FILE_MAX);
	err = read_program(&u, path, &bytes);
	if (err == ERR_OK)
		err = verify(&u, path, buf_str(&bytes));
	if (err == ERR_OK)
		err = swap_locked(&u, buf_str(&bytes));
	buf_fini(&bytes);
	return err;
}

err_t
update_rollback(struct arena *arena, const struct update_options *o, struct diag *diag,
    struct update_result *ret)
{
	struct updating u = { .arena = arena, .o = o, .diag = diag, .r = ret };
	struct buf bytes;
	err_t err;

	*ret = (struct update_result){ .rolled_back = false };
	TRY(prepare(&u));
	if (access(ret->previous, F_OK) != 0) {
		diag_say(diag, "update", "%s is not there: there is no program to go back to",
		    ret->previous);
		return ERR_NOT_FOUND;
	}
	if (binary_read_claims(arena, ret->previous, &ret->facts.claims) != ERR_OK)
		ret->facts.claims = (struct binary_claims){ .name = STR("") };
	buf_init(&bytes, TRANSACTION_FILE_MAX);
	err = read_program(&u, ret->previous, &bytes);
	if (err == ERR_OK)
		err = swap_locked(&u, buf_str(&bytes));
	buf_fini(&bytes);
	return err;
}
