/* SPDX-License-Identifier: Apache-2.0 */
/* A file's handover without a sidecar: whatever was there stays as it was. */
#define _GNU_SOURCE
#include "courier/handover.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tap.h"

static bool
is_there(str_t path, const char *want)
{
	struct buf bytes;
	bool same;

	buf_init(&bytes, 4096);
	same = file_read(NULL, path.data, FILE_ANY, &bytes, NULL) == ERR_OK && str_eq(buf_str(&bytes), str_of(want));
	buf_fini(&bytes);
	return same;
}

int
main(void)
{
	static const char *const left[] = { "courier/key", "courier/lock", "courier/bundle", "courier/bundle.tag", "courier", "jwks.json", "" };
	char room[] = "/tmp/coresdk-handover-XXXXXX";
	struct arena *arena = arena_new(1 << 20);
	struct handover h = { .arena = arena };
	struct vault vault;
	str_t path, why = STR_NONE;

	if (arena == NULL || mkdtemp(room) == NULL || vault_open(&vault, str_of(room), NULL) != ERR_OK)
		return 1;
	h.vault = &vault;
	h.socket_path = arena_printf(arena, "%s/none.sock", room).data;
	path = arena_printf(arena, "%s/jwks.json", room);
	ok(file_replace(NULL, path.data, 0644, STR("old"), NULL) == ERR_OK, "a file is there");
	ok(handover_file(&h, "jwks.json", "jwks", STR("new"), path, &why) == HANDOVER_WAIT && why.len > 0,
	    "nobody answers: it waits: %.*s", STR_FMT(why));
	ok(is_there(path, "old"), "and the file is what it was");
	ok(handover_file(&h, "jwks.json", "jwks", STR(""), path, &why) == HANDOVER_REFUSED && is_there(path, "old"),
	    "an empty one is refused unasked");
	ok(handover_bundle(&h, "bundle", STR("b"), path, &why) == HANDOVER_WAIT && is_there(path, "old"),
	    "no staged bundle: it waits");
	ok(vault_write(&vault, "bundle", STR("b"), STR(""), NULL) == ERR_OK &&
		handover_bundle(&h, "bundle", STR("b"), path, &why) == HANDOVER_WAIT && is_there(path, "old"),
	    "nobody takes it: the delivered one is not replaced");
	vault_close(&vault);
	for (size_t i = 0; i < COUNT(left); i++) {
		const char *one = arena_printf(arena, "%s/%s", room, left[i]).data;

		if (unlink(one) != 0)
			(void)rmdir(one);
	}
	ok(access(room, F_OK) != 0, "nothing else was left");
	arena_free(&arena);
	return tap_done();
}
