/* SPDX-License-Identifier: Apache-2.0 */
#include "media/apply.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "codec/json.h"
#include "media/sidecar.h"

enum { STATE_MAX = 64 << 10, STATE_MODE = 0600, PUBLIC_MODE = 0644, PROGRAM_MODE = 0755 };

struct applying {
	struct arena *arena;
	const struct apply_options *o;
	struct diag *diag;
	struct apply_result *r;
	const char *dir;
	int64_t now;
	struct sidecar_status before;
	struct key *host_key;
};

static err_t refuse(struct applying *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static err_t
refuse(struct applying *a, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diag_say(a->diag, "media", "%s", text);
	return ERR_SIGNATURE;
}

const char *
apply_dir(struct arena *arena, const struct config *c, const char *root)
{
	str_t dir = arena_printf(arena, "%s%.*s/media", root, STR_FMT(c->data_dir));

	return dir.data != NULL ? dir.data : "";
}

/* ---- may it be applied here and now ---- */

/* The last medium that was applied; 0 and empty if none was. */
static err_t
read_state(struct applying *a, int64_t *ret_number, str_t *ret_id)
{
	str_t path = arena_printf(a->arena, "%s/state.json", a->dir);
	struct buf text;
	value_t state;
	err_t err;

	*ret_number = 0;
	*ret_id = STR("");
	buf_init(&text, STATE_MAX);
	err = path.data == NULL ? ERR_MEMORY
				: file_read(NULL, path.data, FILE_OURS, &text, NULL);
	if (err == ERR_OK)
		err = json_read(a->arena, buf_str(&text), NULL, NULL, &state);
	buf_fini(&text);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK)
		return refuse(a,
		    "%.*s cannot be read, so it is not known which delivery was the last: put "
		    "it right, "
		    "or use --allow-rollback",
		    STR_FMT(path));
	*ret_number = statement_number(state, "number", 0);
	*ret_id = statement_text(state, "media");
	return ERR_OK;
}

static err_t
check_number(struct applying *a)
{
	const struct media *m = &a->r->media;
	int64_t last;
	str_t id;

	if (a->o->allow_rollback)
		return ERR_OK;
	TRY(read_state(a, &last, &id));
	if (m->number < last)
		return refuse(a,
		    "delivery number %lld is older than %lld, the last one applied here "
		    "(--allow-rollback takes it)",
		    (long long)m->number, (long long)last);
	if (last > 0 && m->number == last && !str_eq(id, m->id))
		return refuse(a,
		    "another delivery with the number %lld was applied here: two with one "
		    "number cannot both be right",
		    (long long)last);
	return ERR_OK;
}

static err_t
check_admission(struct applying *a)
{
	const struct media *m = &a->r->media;

	if (m->expires > 0 && a->now >= m->expires)
		return refuse(a, "the delivery has expired: pack a new one");
	if (m->created > a->now + 86400)
		return refuse(
		    a, "the delivery was made in the future: see to the clock of this host");
	if (!media_is_for(m, a->o->host))
		return refuse(
		    a, "the delivery is not for this host, %.*s", STR_FMT(a->o->host));
	return check_number(a);
}

static err_t
check_parts(struct applying *a)
{
	const struct check_context x = { .config = a->o->config,
		.root = a->o->root,
		.keys = a->o->keys,
		.now = a->now,
		.allow_rollback = a->o->allow_rollback };
	err_t first = ERR_OK;

	for (size_t i = 0; i < a->r->media.count; i++) {
		const struct media_part *p = &a->r->media.parts[i];
		err_t err =
		    check_part(a->arena, &x, &a->r->media, p, a->diag, &a->r->revisions[i]);

		first = first != ERR_OK ? first : err;
	}
	return first;
}

/* ---- what will change ---- */

static str_t
target_of(struct applying *a, enum media_kind kind)
{
	const struct config *c = a->o->config;

	switch (kind) {
	case MEDIA_BUNDLE:
		return c->cache_policy_bundle_path;
	case MEDIA_JWKS:
		return c->auth_jwks_path;
	case MEDIA_LICENSE:
		return c->license_token_path;
	case MEDIA_CRL:
		return c->tls_crl;
	case MEDIA_REVOCATIONS:
		return c->auth_revocations_path;
	case MEDIA_CONFIG:
		return c->cache_config_path;
	case MEDIA_TAG:
		return arena_printf(a->arena, "%.*s.hmac", STR_FMT(c->cache_config_path));
	case MEDIA_BINARY:
		return c->auto_update_binary_path;
	case MEDIA_KINDS:
		break;
	}
	return STR("");
}

static err_t
plan_part(struct applying *a, const struct media_part *p)
{
	str_t path = target_of(a, p->kind);
	struct change c = { .kind = media_kind_name(p->kind),
		.bytes = p->bytes,
		.mode = p->kind == MEDIA_BINARY ? PROGRAM_MODE : PUBLIC_MODE };

	if (path.len == 0)
		return refuse(a, "%s: the configuration names no place for it", c.kind);
	if (path.data[0] != '/' && a->o->root[0] != '\0')
		return refuse(a, "%s: %.*s is no absolute path, which --root needs", c.kind,
		    STR_FMT(path));
	c.target = arena_printf(a->arena, "%s%.*s", a->o->root, STR_FMT(path)).data;
	if (p->kind == MEDIA_BINARY)
		c.keep_as = arena_printf(a->arena, "%s.previous", c.target).data;
	return arena_failed(a->arena) ? ERR_MEMORY
				      : transaction_add(&a->r->transaction, &c, a->diag);
}

/* Which delivery this was is part of the transaction, too. */
static err_t
plan_state(struct applying *a)
{
	struct buf text;
	struct change c = { .kind = "state", .mode = STATE_MODE };

	buf_init(&text, STATE_MAX);
	buf_printf(&text, "{\"media\":\"%.*s\",\"number\":%lld,\"applied\":%lld}\n",
	    STR_FMT(a->r->media.id), (long long)a->r->media.number, (long long)a->now);
	c.bytes = arena_str(a->arena, buf_str(&text));
	buf_fini(&text);
	c.target = arena_printf(a->arena, "%s/state.json", a->dir).data;
	return arena_failed(a->arena) ? ERR_MEMORY
				      : transaction_add(&a->r->transaction, &c, a->diag);
}

static err_t
plan(struct applying *a)
{
	transaction_init(&a->r->transaction, a->arena, NULL, a->dir);
	for (size_t i = 0; i < a->r->media.count; i++)
		TRY(plan_part(a, &a->r->media.parts[i]));
	TRY(plan_state(a));
	return transaction_look(&a->r->transaction, a->diag);
}

/* ---- the receipt ---- */

static err_t
make_receipt(struct applying *a, str_t result, str_t reason, str_t *ret)
{
	const struct media *m = &a->r->media;
	struct receipt r = { .host = a->o->host,
		.media_id = m->id,
		.media_key = m->key,
		.media_created = m->created,
		.media_number = m->number,
		.count = m->count,
		.time = clock_wall_s(&clock_system),
		.result = result,
		.reason = reason,
		.reloaded = a->r->reloaded || a->r->restarted };
	struct buf text;
	err_t err;

	for (size_t i = 0; i < m->count; i++) {
		const struct change *c = &a->r->transaction.changes[i];

		r.parts[i] = (struct receipt_part){ .kind = str_of(c->kind),
			.target = str_of(c->target),
			.sha256 = str_of(c->sha256),
			.revision = a->r->revisions[i],
			.previous = str_of(c->existed ? c->previous : "") };
	}
	buf_init(&text, STATEMENT_SIZE_MAX);
	err = receipt_write(a->arena, &r, a->host_key, &text);
	if (err == ERR_OK)
		*ret = arena_str(a->arena, buf_str(&text));
	buf_fini(&text);
	return err;
}

static const char *
receipt_path(struct applying *a)
{
	str_t path = arena_printf(a->arena, "%s/last-receipt", a->dir);

	return a->o->receipt_path != NULL ? a->o->receipt_path : path.data;
}

/* ---- the sidecar ---- */

static bool
restarts(struct applying *a)
{
	return a->o->restart != NULL && media_find(&a->r->media, MEDIA_BINARY) != NULL;
}

static err_t
restart(struct applying *a, str_t version)
{
	int64_t until = clock_steady_ns(&clock_system) + a->o->timeout_s * CLOCK_NS_PER_S;
	struct sidecar_status now;

	TRY(sidecar_run(a->o->restart, until, a->diag));
	return sidecar_wait(a->arena, a->o->admin, &a->before, version, until, a->diag, &now);
}

static err_t
tell(struct applying *a)
{
	const struct media_part *bundle = media_find(&a->r->media, MEDIA_BUNDLE);
	const struct media_part *binary = media_find(&a->r->media, MEDIA_BINARY);

	if (a->o->admin == NULL)
		return ERR_OK;
	if (restarts(a)) {
		TRY(restart(a, a->r->revisions[binary - a->r->media.parts]));
		a->r->restarted = true;
		return ERR_OK;
	}
	if (!a->before.running)
		return ERR_OK;
	if (bundle != NULL && a->o->allow_rollback)
		TRY(sidecar_go_back(a->arena, a->o->admin,
		    arena_printf(
			a->arena, "%s%.*s", a->o->root, STR_FMT(target_of(a, MEDIA_BUNDLE)))
			.data,
		    a->diag));
	TRY(sidecar_reload(a->arena, a->o->admin, a->diag));
	a->r->reloaded = true;
	return ERR_OK;
}

/* The files are the old ones again; the sidecar is to be so, too. */
static void
tell_back(struct applying *a)
{
	str_t path = target_of(a, MEDIA_BUNDLE);
	struct diag aside;

	diag_init(&aside, a->arena, 8);
	if (restarts(a)) {
		a->before.pid = 0;
		if (restart(a, STR("")) != ERR_OK)
			diag_say(a->diag, "media",
			    "the old program was put back and does not come up: see to the "
			    "sidecar");
		return;
	}
	if (sidecar_reload(a->arena, a->o->admin, &aside) == ERR_OK)
		return;
	/* The new bundle may have been taken before something else was refused: its number is
	 * the floor now. */
	if (media_find(&a->r->media, MEDIA_BUNDLE) != NULL && path.len > 0 &&
	    a->r->transaction.changes[0].existed &&
	    sidecar_go_back(a->arena, a->o->admin,
		arena_printf(a->arena, "%s%.*s", a->o->root, STR_FMT(path)).data,
		&aside) == ERR_OK)
		return;
	diag_say(a->diag, "media",
	    "the files are as they were, and the sidecar does not take them again: %.*s",
	    STR_FMT(diag_first_message(&aside)));
}

static err_t
back_out(struct applying *a)
{
	str_t reason = arena_str(a->arena, diag_first_message(a->diag)), receipt = STR("");

	TRY(transaction_undo(&a->r->transaction, a->diag));
	if (a->o->admin != NULL && (a->before.running || restarts(a)))
		tell_back(a);
	a->r->reloaded = a->r->restarted = false;
	if (make_receipt(a, STR("rolled back"), reason, &receipt) == ERR_OK &&
	    file_replace(NULL, receipt_path(a), PUBLIC_MODE, receipt, a->diag) == ERR_OK)
		a->r->receipt = receipt;
	diag_say(
	    a->diag, "media", "nothing of the delivery was kept: all files are as they were");
	return ERR_REFUSED;
}

/* ---- all of it ---- */

static err_t
go(struct applying *a)
{
	struct transaction *t = &a->r->transaction;

	TRY(transaction_recover(t, a->diag, &a->r->recovered));
	if (a->r->recovered != TRANSACTION_CLEAN)
		TRY(transaction_look(t, a->diag));
	TRY(receipt_host_key(a->arena, a->dir, a->diag, &a->host_key));
	TRY(transaction_put(t, a->diag));
	if (tell(a) != ERR_OK)
		return back_out(a);
	t->receipt_path = receipt_path(a);
	if (make_receipt(a, STR("applied"), STR(""), &t->receipt) != ERR_OK)
		return back_out(a);
	a->r->receipt = t->receipt;
	return transaction_keep(t, a->diag);
}

static err_t
verify(struct applying *a, str_t bytes, str_t name)
{
	TRY(media_read(
	    a->arena, bytes, name, release_keys_plain(a->o->keys), a->diag, &a->r->media));
	TRY(check_admission(a));
	TRY(check_parts(a));
	TRY(plan(a));
	return a->o->admin != NULL ? sidecar_look(a->arena, a->o->admin, a->diag, &a->before)
				   : ERR_OK;
}

err_t
apply_media(struct arena *arena, str_t bytes, str_t name, const struct apply_options *o,
    struct diag *diag, struct apply_result *ret)
{
	struct applying a = { .arena = arena,
		.o = o,
		.diag = diag,
		.r = ret,
		.dir = apply_dir(arena, o->config, o->root),
		.now = check_now(o->config, o->root) };
	err_t err;

	*ret = (struct apply_result){ .recovered = TRANSACTION_CLEAN };
	TRY(verify(&a, bytes, name));
	if (o->dry_run)
		return ERR_OK;
	TRY(transaction_open(&ret->transaction, diag));
	err = go(&a);
	transaction_close(&ret->transaction);
	key_free(&a.host_key);
	return err;
}

/* The bundle that was undone may have been taken already: its number is the floor now. */
static err_t
reload_old(struct arena *arena, const struct config *c, const char *root, const char *admin,
    struct diag *diag)
{
	str_t path = arena_printf(arena, "%s%.*s", root, STR_FMT(c->cache_policy_bundle_path));
	struct diag aside;

	diag_init(&aside, arena, 8);
	if (sidecar_reload(arena, admin, &aside) == ERR_OK)
		return ERR_OK;
	if (path.data == NULL)
		return ERR_MEMORY;
	if (access(path.data, F_OK) == 0)
		TRY(sidecar_go_back(arena, admin, path.data, diag));
	(void)diag_add(diag, DIAG_WARNING, "media", (struct diag_place){ .row = 0 },
	    "the files are as they were, and the sidecar says until its next start: %.*s",
	    STR_FMT(diag_first_message(&aside)));
	return ERR_OK;
}

err_t
apply_recover(struct arena *arena, const struct config *c, const char *root, const char *admin,
    struct diag *diag, enum transaction_outcome *ret)
{
	const char *dir = apply_dir(arena, c, root);
	struct sidecar_status status;
	struct transaction t;
	err_t err;

	transaction_init(&t, arena, NULL, dir);
	TRY(transaction_open(&t, diag));
	err = transaction_recover(&t, diag, ret);
	transaction_close(&t);
	TRY(err);
	if (*ret != TRANSACTION_UNDONE || admin == NULL)
		return ERR_OK;
	TRY(sidecar_look(arena, admin, diag, &status));
	return status.running ? reload_old(arena, c, root, admin, diag) : ERR_OK;
}
