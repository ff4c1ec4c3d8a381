/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bundle_open.h"

#include <stdio.h>

static err_t
read_keys(struct cli *cli, struct bundle_keys **ret)
{
	const char *const *paths;
	int count = cli_values(cli, "--pubkey", &paths);

	*ret = NULL;
	if (count == 0)
		return ERR_OK;
	*ret = bundle_keys_new();
	if (*ret == NULL)
		return ERR_MEMORY;
	for (int i = 0; i < count; i++)
		TRY(bundle_keys_add_path(*ret, paths[i], &cli->diag));
	return ERR_OK;
}

static err_t
parse_modules(struct policy *p, const struct bundle *b)
{
	for (size_t i = 0; i < b->module_count; i++)
		TRY(policy_add_module(p, b->modules[i].name, b->modules[i].text,
		    b->modules[i].rego_version == 0 ? REGO_V0 : REGO_V1));
	return ERR_OK;
}

/* A bundle is refused for what is in it too: a policy that is no Rego, data that is no JSON. */
static err_t
as_refusal(err_t e)
{
	return e == ERR_POLICY || e == ERR_SYNTAX || e == ERR_LIMIT || e == ERR_SIGNATURE ? ERR_BUNDLE : e;
}

err_t
bundle_open(struct cli *cli, const char *path, struct bundle_options *options, struct bundle *ret,
    struct intern *intern, struct policy **ret_policy)
{
	struct bundle_keys *keys = NULL;
	str_t bytes;
	err_t e;

	TRY(load_new(cli, ret_policy));
	cli_keep(cli, *ret_policy);
	if (intern != NULL)
		(*ret_policy)->unit.intern = intern;
	TRY(cli_read(cli, path, &bytes));
	e = read_keys(cli, &keys);
	if (e == ERR_OK) {
		options->name = str_of(path);
		options->keys = keys;
		options->require_signature = options->require_signature || keys != NULL;
		e = as_refusal(bundle_read(bytes, options, (*ret_policy)->arena, (*ret_policy)->unit.intern,
		    &cli->diag, ret));
	}
	bundle_keys_free(&keys);
	options->keys = NULL;
	TRY(e);
	return as_refusal(parse_modules(*ret_policy, ret));
}

void
bundle_note_trust(const struct bundle *b)
{
	if (b->signature.verified)
		return;
	if (b->signature.present)
		(void)fprintf(stderr, "note: the signature was read, not verified; give --pubkey to verify it\n");
	else
		(void)fprintf(stderr, "note: the bundle is not signed\n");
}
