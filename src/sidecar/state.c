/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/state.h"

#include <string.h>

#include "bundle/bundle.h"
#include "crypt/digest.h"

enum { STATE_FILE_MODE = 0600, STATE_DIR_MODE = 0750 };

err_t
state_open(struct arena *arena, const struct file_ops *ops, str_t data_dir, str_t bundle_name,
    struct diag *diag, struct state *ret)
{
	err_t made = file_make_dirs(ops, arena_str(arena, data_dir).data, STATE_DIR_MODE, diag);
	bool is_main = str_eq(bundle_name, STR("main"));
	str_t ending =
	    is_main ? STR("") : arena_printf(arena, ".%.*s", STR_FMT(bundle_name));

	*ret = (struct state){
		.ops = ops,
		.bundle_path = arena_printf(arena, "%.*s/last-good-bundle%.*s.tar.gz",
		    STR_FMT(data_dir), STR_FMT(ending)),
		.floor_path = arena_printf(arena, "%.*s/revision-floor%.*s", STR_FMT(data_dir),
		    STR_FMT(ending)),
	};
	return arena_failed(arena) ? ERR_MEMORY : made;
}

/* ---- the floor ---- */

static err_t
read_record(struct state *s)
{
	struct buf text;
	err_t err;

	buf_init(&text, FLOOR_TEXT_MAX);
	err = file_read(s->ops, s->floor_path.data, FILE_OURS, &text, NULL);
	if (err == ERR_OK && text.len == 0)
		err = ERR_SYNTAX; /* cut: not the same as none */
	if (err == ERR_OK)
		floor_read(&s->floor, buf_str(&text));
	buf_fini(&text);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		s->floor.spoiled = true;
	s->is_kept = err == ERR_OK && !s->floor.spoiled;
	return s->floor.spoiled ? ERR_SYNTAX : err;
}

static bool
read_last_good(struct state *s, struct buf *bytes)
{
	buf_init(bytes, BUNDLE_PACKED_MAX);
	s->has_bundle = file_read(s->ops, s->bundle_path.data, FILE_OURS, bytes, NULL) == ERR_OK;
	if (s->has_bundle)
		digest_sha256_hex(buf_str(bytes), s->bundle_digest);
	return s->has_bundle;
}

static err_t
write_floor(struct state *s, const struct floor_claim *c, struct diag *diag)
{
	struct floor next;
	struct buf text;
	err_t err;

	floor_set(&next, c);
	if (s->is_kept && next.number == s->floor.number && floor_has_file(&s->floor, c->file))
		return ERR_OK;
	s->floor = next;
	buf_init(&text, FLOOR_TEXT_MAX);
	floor_write(&next, &text);
	err = file_replace(s->ops, s->floor_path.data, STATE_FILE_MODE, buf_str(&text), diag);
	buf_fini(&text);
	s->is_kept = err == ERR_OK;
	if (err != ERR_OK)
		diag_say(diag, "state", "the revision floor %llu is kept in memory only",
		    (unsigned long long)c->number);
	return err;
}

static err_t
say_spoiled(const struct state *s, struct diag *diag)
{
	diag_say(diag, "state",
	    "%s is spoiled: no bundle is taken until it is mended or a rollback is allowed",
	    s->floor_path.data);
	return ERR_SYNTAX;
}

/* Record and bundle do not fit: what the bundle says counts if it is higher. */
static err_t
ask_witness(struct state *s, err_t record, str_t bytes, state_witness_fn *witness, void *context,
    struct diag *diag)
{
	struct floor_claim claim = { 0 };

	if (witness == NULL || witness(context, bytes, &claim) != ERR_OK)
		return s->floor.spoiled ? say_spoiled(s, diag) : ERR_OK;
	claim.file = str_make(s->bundle_digest, FLOOR_DIGEST_LEN);
	if (record == ERR_OK && claim.number <= s->floor.number)
		return ERR_OK;
	(void)diag_add(diag, DIAG_WARNING, "state", (struct diag_place){ .row = 0 },
	    "%s is %s: the revision number %llu of the last good bundle is the floor",
	    s->floor_path.data, s->floor.spoiled ? "spoiled" : record == ERR_OK ? "behind" : "lost",
	    (unsigned long long)claim.number);
	return write_floor(s, &claim, diag);
}

err_t
state_read_floor(struct state *s, state_witness_fn *witness, void *context, struct diag *diag)
{
	err_t record = read_record(s), err = ERR_OK;
	struct buf bytes;

	if (!read_last_good(s, &bytes))
		err = s->floor.spoiled ? say_spoiled(s, diag) : ERR_OK;
	else if (record != ERR_OK ||
	    !floor_has_file(&s->floor, str_make(s->bundle_digest, FLOOR_DIGEST_LEN)))
		err = ask_witness(s, record, buf_str(&bytes), witness, context, diag);
	buf_fini(&bytes);
	return err;
}

/* ---- bundles ---- */

err_t
state_read_bundle(const struct state *s, struct buf *bytes, struct diag *diag)
{
	return file_read(s->ops, s->bundle_path.data, FILE_OURS, bytes, diag);
}

err_t
state_write_bundle(struct state *s, str_t file_digest, str_t bytes, struct diag *diag)
{
	err_t err;

	if (s->has_bundle && str_eq(str_make(s->bundle_digest, FLOOR_DIGEST_LEN), file_digest))
		return ERR_OK;
	err = file_replace(s->ops, s->bundle_path.data, STATE_FILE_MODE, bytes, diag);
	s->has_bundle = err == ERR_OK && file_digest.len == FLOOR_DIGEST_LEN;
	if (s->has_bundle)
		memcpy(s->bundle_digest, file_digest.data, FLOOR_DIGEST_LEN);
	else if (err != ERR_OK)
		diag_say(diag, "state", "the bundle is not kept as the last good one");
	return err;
}

err_t
state_accept(struct state *s, const struct floor_claim *c, str_t bytes, struct diag *diag)
{
	err_t first, second;

	if (s->floor.spoiled || c->number < s->floor.number) {
		/* If the floor cannot be lowered, the next life goes on with what it had. */
		TRY(write_floor(s, c, diag));
		return state_write_bundle(s, c->file, bytes, diag);
	}
	first = state_write_bundle(s, c->file, bytes, diag);
	second = write_floor(s, c, diag);
	return first != ERR_OK ? first : second;
}
