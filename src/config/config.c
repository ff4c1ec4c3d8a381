/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/file.h"
#include "base/must.h"
#include "config/check.h"
#include "config/file.h"
#include "config/value.h"

enum { FILE_BYTES_MAX = 1 << 20 };

static const char *const search[] = {
	"./coresdk-sidecar.yaml",
	"/etc/coresdk/coresdk-sidecar.yaml",
};

static void
set_defaults(struct arena *arena, struct config *c)
{
	*c = (struct config){ 0 };
	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct config_row *row = config_row(key);
		str_t wrong = config_value_set_text(arena, row, str_of(row->fallback), c);

		must(wrong.len == 0);
		c->source[key].origin = CONFIG_DEFAULT;
	}
}

/* ---- environment ---- */

static bool
find_variable(char **environment, str_t name, str_t *ret_value)
{
	for (char **at = environment; at != NULL && *at != NULL; at++) {
		str_t one = str_of(*at);

		if (one.len > name.len && one.data[name.len] == '=' && str_has_prefix(one, name)) {
			*ret_value = str_skip(one, name.len + 1);
			return true;
		}
	}
	return false;
}

static bool
takes_empty(const struct config_row *row)
{
	return row->type != CONFIG_TYPE_FLAG && row->type != CONFIG_TYPE_INT &&
	    row->type != CONFIG_TYPE_CHOICE;
}

/* An empty variable is no value where a word or number is wanted. */
static void
set_variable(struct arena *arena, enum config_key key, str_t name, char **environment,
    struct diag *diag, struct config *c)
{
	const struct config_row *row = config_row(key);
	str_t value, wrong;

	if (!find_variable(environment, name, &value) || (value.len == 0 && !takes_empty(row)))
		return;
	wrong = config_value_set_text(arena, row, value, c);
	if (wrong.len > 0)
		(void)diag_add(diag, DIAG_ERROR, "config",
		    (struct diag_place){ .file = arena_str(arena, name) }, "%s %.*s", row->path,
		    STR_FMT(wrong));
	else
		c->source[key] = (struct config_source){ CONFIG_ENVIRONMENT, arena_str(arena, name),
			0, 0 };
}

/* Short names first: the name by the rule is the more exact one and wins. */
static void
set_from_environment(struct arena *arena, char **environment, struct diag *diag,
    struct config *c)
{
	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		str_t names = str_of(config_row(key)->environment);

		while (names.len > 0) {
			size_t end = str_find_char(names, ' ', 0);

			set_variable(arena, key, str_sub(names, 0, end), environment, diag, c);
			names = end < names.len ? str_skip(names, end + 1) : STR_NONE;
		}
		set_variable(arena, key, config_row_variable(config_row(key), arena), environment,
		    diag, c);
	}
}

/* ---- flags ---- */

static void
set_flag(struct arena *arena, str_t flag, struct diag *diag, struct config *c)
{
	size_t equals = str_find_char(flag, '=', 0);
	str_t path = str_sub(flag, 0, equals), wrong;
	struct diag_place place = { .file = STR("--set") };
	enum config_key key = config_key_find(path);

	if (equals == flag.len || key == CONFIG_KEY_COUNT) {
		struct diag_finding *f = diag_add(diag, DIAG_ERROR, "config", place,
		    equals == flag.len ? "`%.*s` is not of the form key=value" :
					 "there is no key `%.*s`",
		    STR_FMT(path));
		str_t nearest = config_key_nearest(arena, path);

		if (nearest.len > 0)
			diag_hint(diag, f, "did you mean `%.*s`?", STR_FMT(nearest));
		return;
	}
	wrong = config_value_set_text(arena, config_row(key), str_skip(flag, equals + 1), c);
	if (wrong.len > 0)
		(void)diag_add(diag, DIAG_ERROR, "config", place, "%.*s %.*s", STR_FMT(path),
		    STR_FMT(wrong));
	else
		c->source[key] = (struct config_source){ CONFIG_FLAG, place.file, 0, 0 };
}

/* ---- all of it ---- */

err_t
config_load_text(struct arena *arena, str_t name, str_t text, const struct config_inputs *in,
    struct diag *diag, struct config *ret)
{
	size_t before = diag->error_count;
	struct config c;
	err_t err;

	set_defaults(arena, &c);
	err = config_file_read(arena, name, text, diag, &c);
	if (err != ERR_OK && err != ERR_CONFIG)
		return err;
	set_from_environment(arena, in->environment, diag, &c);
	for (size_t i = 0; i < in->flag_count; i++)
		set_flag(arena, in->flags[i], diag, &c);
	if (diag->error_count == before)
		config_check(arena, &c, diag);
	if (arena_failed(arena))
		return ERR_MEMORY;
	if (diag->error_count > before)
		return ERR_CONFIG;
	*ret = c;
	return ERR_OK;
}

/* The file asked for, or the first of those searched; none is fine then. */
err_t
config_read_text(const struct config_inputs *in, struct diag *diag, struct buf *text,
    str_t *ret_name)
{
	if (in->path.len > 0) {
		*ret_name = in->path;
		return file_read(NULL, in->path.data, FILE_ANY, text, diag);
	}
	for (size_t i = 0; i < COUNT(search); i++) {
		err_t err;

		*ret_name = str_of(search[i]);
		err = file_read(NULL, search[i], FILE_ANY, text, NULL);
		if (err == ERR_NOT_FOUND)
			continue;
		if (err != ERR_OK)
			diag_say(diag, "config", "%s cannot be read", search[i]);
		return err;
	}
	*ret_name = STR_NONE;
	return ERR_OK;
}

err_t
config_load(struct arena *arena, const struct config_inputs *in, struct diag *diag,
    struct config *ret)
{
	str_t name, copy;
	struct buf text;
	err_t err;

	buf_init(&text, FILE_BYTES_MAX);
	err = config_read_text(in, diag, &text, &name);
	copy = arena_str(arena, buf_str(&text)); /* findings quote its lines */
	buf_fini(&text);
	TRY(err);
	if (arena_failed(arena))
		return ERR_MEMORY;
	return config_load_text(arena, arena_str(arena, name), copy, in, diag, ret);
}
