/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever was read whole can be asked anything. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 << 20);
	str_t text = str_make((const char *)data, size);
	struct settings s = { 0 };
	struct diag diag;

	diag_init(&diag, arena, 8);
	if (settings_read(arena, STR("config.yaml"), text, &diag, &s) == ERR_OK) {
		for (size_t i = 0; i < s.flag_count; i++) {
			struct flag_question q = { STR("acme"), STR("u1"), value_empty_object() };

			must(settings_flag(&s, s.flags[i].key) != NULL);
			must(flag_ask(&s.flags[i], &q).variant != NULL);
		}
		(void)settings_rate(&s, STR("acme"), STR("login"));
		(void)settings_tenant(&s, STR("acme"));
	} else {
		must(diag.error_count > 0 || arena_failed(arena));
	}
	arena_free(&arena);
	return 0;
}
