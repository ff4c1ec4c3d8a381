/* SPDX-License-Identifier: Apache-2.0 */
/* core check, core dis, core builtins, core capabilities: what the compiler thinks and makes. */
#include "cli/load.h"
#include "rego/builtin.h"

const struct cli_spec cmd_check_options[] = {
	{ "--schema", "-s", "PATH", "a JSON schema of the input, or a directory of schemas that metadata names" },
	{ "--strict", NULL, NULL, "unused variables, arguments and imports are errors" },
	{ "--capabilities", NULL, "NAME|FILE", "what policies may use: air-gapped, connected or a file (all)" },
	{ "--v0-compatible", NULL, NULL, "policies are Rego v0" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out: import future.keywords.and, .or, rego.v2" },
	{ 0 },
};

const struct cli_spec cmd_capabilities_options[] = {
	{ "--current", NULL, NULL, "those of this program, which is all there is: as opa has it" },
	{ 0 },
};

static err_t
compile(struct cli *cli, struct policy **ret)
{
	enum rego_version version = cli_has(cli, "--v0-compatible") ? REGO_V0 : REGO_V1;
	err_t result = ERR_OK;

	TRY(load_new(cli, ret));
	TRY(load_capabilities(cli, NULL, &(*ret)->unit.capabilities));
	(*ret)->unit.strict = cli_has(cli, "--strict");
	(*ret)->unit.check_data_conflicts = true;
	TRY(load_schemas(cli, *ret));
	(*ret)->unit.warn = true;
	for (int i = 0; i < cli->rest_count; i++) {
		err_t e = str_has_suffix(str_of(cli->rest[i]), STR(".tar.gz"))
		    ? load_bundle(cli, *ret, cli->rest[i])
		    : load_path(cli, *ret, cli->rest[i], version);

		result = e != ERR_OK ? e : result;
	}
	TRY(result);
	return policy_compile(*ret);
}

err_t
cmd_check(struct cli *cli)
{
	struct policy *p = NULL;
	err_t e = compile(cli, &p);

	diag_sort(&cli->diag);
	if (cli->json)
		cli_print_findings(cli);
	cli_keep(cli, p);
	return e;
}

err_t
cmd_dis(struct cli *cli)
{
	struct policy *p = NULL;
	err_t e = compile(cli, &p);

	if (e == ERR_OK)
		rego_program_list(p->program, &cli->out);
	cli_keep(cli, p);
	return e;
}

err_t
cmd_capabilities(struct cli *cli)
{
	const struct rego_capabilities *c = NULL;
	value_t all;

	if (cli->rest_count > 0 && (c = rego_capabilities_find(cli->rest[0])) == NULL) {
		diag_say(&cli->diag, "usage", "the profiles are air-gapped and connected, not %s", cli->rest[0]);
		return ERR_USAGE;
	}
	all = rego_capabilities_value(cli->arena, c);
	if (!value_is_defined(all))
		return ERR_MEMORY;
	cli_print_json(cli, all);
	return ERR_OK;
}

err_t
cmd_builtins(struct cli *cli)
{
	for (uint32_t i = 0; i < rego_builtin_count(); i++) {
		const struct rego_builtin *b = rego_builtin_at(i);

		buf_printf(&cli->out, "%s(%s)\n    %s\n", b->name, b->signature, b->doc);
	}
	return ERR_OK;
}
