/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/state.h"

#include "base/file.h"

enum { STATE_FILE_MODE = 0600, STATE_DIR_MODE = 0750, FLOOR_TEXT_MAX = 64 };

static err_t
read_number(str_t text, uint64_t *ret)
{
	uint64_t value = 0;

	text = str_trim_space(text);
	if (text.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' ||
		    __builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
			return ERR_SYNTAX;
	}
	*ret = value;
	return ERR_OK;
}

static err_t
read_floor(struct state *s, struct diag *diag)
{
	struct buf text;
	err_t err;

	buf_init(&text, FLOOR_TEXT_MAX);
	err = file_read(NULL, s->floor_path.data, FILE_OURS, &text, NULL);
	if (err == ERR_OK)
		err = read_number(buf_str(&text), &s->floor);
	buf_fini(&text);
	if (err == ERR_OK || err == ERR_NOT_FOUND)
		return ERR_OK;
	s->floor = UINT64_MAX;
	diag_say(diag, "state",
	    "%s is spoiled: no bundle is taken until it is mended or a rollback is allowed",
	    s->floor_path.data);
	return err;
}

err_t
state_open(struct arena *arena, str_t data_dir, struct diag *diag, struct state *ret)
{
	err_t made = file_make_dirs(NULL, arena_str(arena, data_dir).data, STATE_DIR_MODE, diag);

	*ret = (struct state){
		.bundle_path = arena_printf(arena, "%.*s/last-good-bundle.tar.gz", STR_FMT(data_dir)),
		.floor_path = arena_printf(arena, "%.*s/revision-floor", STR_FMT(data_dir)),
	};
	if (arena_failed(arena))
		return ERR_MEMORY;
	TRY(made);
	return read_floor(ret, diag);
}

err_t
state_read_bundle(const struct state *s, struct buf *bytes, struct diag *diag)
{
	return file_read(NULL, s->bundle_path.data, FILE_OURS, bytes, diag);
}

err_t
state_write_bundle(const struct state *s, str_t bytes, struct diag *diag)
{
	return file_replace(NULL, s->bundle_path.data, STATE_FILE_MODE, bytes, diag);
}

err_t
state_set_floor(struct state *s, uint64_t floor, struct diag *diag)
{
	char digits[24];
	size_t at = sizeof(digits);

	s->floor = floor;
	digits[--at] = '\n';
	do
		digits[--at] = (char)('0' + floor % 10);
	while ((floor /= 10) > 0);
	return file_replace(NULL, s->floor_path.data, STATE_FILE_MODE,
	    str_make(digits + at, sizeof(digits) - at), diag);
}
