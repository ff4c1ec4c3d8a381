/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of config.def, and which of them somebody may have meant. */
#include <stddef.h>

#include "base/must.h"
#include "base/nearest.h"
#include "config/file.h"

static const struct config_row rows[] = {
#define KEY(member, path, type, limits, unit, fallback, environment, sentence) \
	{ path, limits, unit, fallback, environment, sentence, CONFIG_TYPE_##type, \
		offsetof(struct config, member) },
#include "config/config.def"
#undef KEY
};

const struct config_row *
config_row(enum config_key key)
{
	must(key < CONFIG_KEY_COUNT);
	return &rows[key];
}

enum config_key
config_key_find(str_t path)
{
	enum config_key key = 0;

	while (key < CONFIG_KEY_COUNT && !str_eq(path, str_of(rows[key].path)))
		key++;
	return key;
}

str_t
config_row_variable(const struct config_row *row, struct arena *arena)
{
	str_t text = arena_printf(arena, "CORESDK_%s", row->path);
	char *at = (char *)text.data;

	for (size_t i = 0; i < text.len; i++) {
		if (at[i] == '.')
			at[i] = '_';
		else if (at[i] >= 'a' && at[i] <= 'z')
			at[i] = (char)(at[i] - ('a' - 'A'));
	}
	return text;
}

/* ---- the nearest ---- */

static str_t
last_part(str_t path)
{
	size_t dot = path.len;

	while (dot > 0 && path.data[dot - 1] != '.')
		dot--;
	return str_skip(path, dot);
}

str_t
config_key_nearest(struct arena *arena, str_t path)
{
	struct nearest n;

	nearest_begin(&n, path);
	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		str_t known = str_of(rows[key].path);

		/* The right word in the wrong section counts as near. */
		if (str_eq(last_part(known), last_part(path)))
			nearest_try_at(&n, known, 1);
		nearest_try(&n, known);
		for (size_t dot = str_find_char(known, '.', 0); dot < known.len;
		     dot = str_find_char(known, '.', dot + 1))
			nearest_try(&n, str_sub(known, 0, dot));
	}
	return arena_str(arena, n.name);
}
