/* SPDX-License-Identifier: Apache-2.0 */
/* core token revocation: the lines of a list of revoked tokens (auth.revocations_path). */
#include "cli/cli.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "token/claims.h"
#include "token/jws.h"
#include "token/revoked.h"

const struct cli_spec cmd_token_revocation_options[] = {
	{ "--until", NULL, "UNIX", "until when it counts (the token's exp)" },
	{ 0 },
};

/* What the token says is not verified: revoking somebody else's forgery does no harm. */
static err_t
find_end(struct cli *cli, str_t token, int64_t *ret)
{
	const struct jws_rules rules = { .size_limit = 0 };
	value_t claims, exp;
	struct jws jws;
	str_t payload;

	if (jws_read(cli->arena, token, &rules, &jws) != ERR_OK ||
	    base64url_read(cli->arena, jws.payload_text, &payload) != ERR_OK ||
	    jws_read_object(cli->arena, payload, &claims) != ERR_OK) {
		diag_say(&cli->diag, "token",
		    "this is no signed token: it cannot be revoked by its name");
		return ERR_TOKEN;
	}
	exp = value_object_get_text(claims, "exp");
	if (exp.tag == VALUE_INT && exp.integer > 0 && exp.integer <= CLAIMS_TIME_MAX) {
		*ret = exp.integer;
		return ERR_OK;
	}
	diag_say(&cli->diag, "token",
	    "the token does not say when it expires: --until says how long it is to be "
	    "refused");
	return ERR_TOKEN;
}

err_t
cmd_token_revocation(struct cli *cli)
{
	for (int i = 0; i < cli->rest_count; i++) {
		str_t token = str_of(cli->rest[i]);
		struct revoked_name name = revoked_name_of(token);
		int64_t until = 0;

		if (cli_has(cli, "--until"))
			TRY(cli_number(cli, "--until", 0, &until));
		else
			TRY(find_end(cli, token, &until));
		hex_write(&cli->out, str_make((const char *)name.bytes, sizeof(name.bytes)));
		buf_printf(&cli->out, " %lld\n", (long long)until);
	}
	return ERR_OK;
}
