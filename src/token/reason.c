/* SPDX-License-Identifier: Apache-2.0 */
#include "token/reason.h"

static const struct {
	const char *name, *text;
} rows[] = {
#define REASON(name, string, sentence) [TOKEN_##name] = { string, sentence },
#include "token/reason.def"
#undef REASON
};

const char *
token_reason_name(enum token_reason reason)
{
	return rows[reason].name;
}

const char *
token_reason_text(enum token_reason reason)
{
	return rows[reason].text;
}
