/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is a key set, the rest a token. */
#include "base/must.h"
#include "token/issuers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two issuers choose by iss, and must never believe what one key set alone does not. */
static void
ask_issuers(struct arena *arena, str_t token, const struct jwks *set, struct verify_context *context,
    bool believed)
{
	const struct issuer entries[] = { { .name = STR("a"), .keys = set, .rules.claims.leeway = 30 },
		{ .name = STR("b") } };
	struct issuers issuers;
	struct jwt jwt;
	err_t err;

	must(issuers_make(arena, &entries[1], entries, COUNT(entries), &issuers) == ERR_OK);
	err = issuers_verify(&issuers, arena, token, context, 1780000000, &jwt);
	must((err == ERR_OK) == (jwt.reason == TOKEN_NONE) && (err != ERR_OK || believed));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct jwt_rules rules = { .claims = { .leeway = 30 } };
	str_t input = str_make((const char *)data, size);
	size_t line = str_find_char(input, '\n', 0);
	struct verify_context *context = verify_context_new();
	struct arena *arena = arena_new(4 << 20);
	struct jwks *set = NULL;
	struct jwt jwt;
	err_t err;

	must(context != NULL && arena != NULL);
	if (line < size &&
	    jwks_new(str_sub(input, 0, line), STR("fuzz"), NULL, &set) == ERR_OK)
		input = str_skip(input, line + 1);
	err = jwt_verify(arena, jwt_strip_bearer(input), &rules, set, context, 1780000000, &jwt);
	must((err == ERR_OK) == (jwt.reason == TOKEN_NONE));
	ask_issuers(arena, jwt_strip_bearer(input), set, context, err == ERR_OK);
	jwks_free(&set);
	arena_free(&arena);
	verify_context_free(&context);
	return 0;
}
