/* SPDX-License-Identifier: Apache-2.0 */
/* core parse: the syntax tree of a policy, as `opa parse` shows it. */
#include "cli/load.h"
#include "cli/cli.h"
#include "engine/policy.h"
#include "rego/ast_json.h"
#include "rego/ast_tree.h"

const struct cli_spec cmd_parse_options[] = {
	{ "--format", "-f", "pretty|json", "a tree of lines, or OPA's AST JSON (pretty)" },
	{ "--json-include", NULL, "LIST",
	    "of locations, comments; -comments leaves them out" },
	{ "--v0-compatible", NULL, NULL, "the policy is Rego v0" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out: import future.keywords.and, .or, rego.v2" },
	{ 0 },
};

struct wanted {
	bool locations, comments;
};

static err_t
read_includes(struct cli *cli, struct wanted *ret)
{
	str_t list = str_of(cli_value(cli, "--json-include"));

	while (list.len > 0) {
		size_t end = str_find_char(list, ',', 0);
		str_t word = str_sub(list, 0, end);
		bool on = !str_has_prefix(word, STR("-"));

		word = on ? word : str_skip(word, 1);
		if (str_eq(word, STR("locations"))) {
			ret->locations = on;
		} else if (str_eq(word, STR("comments"))) {
			ret->comments = on;
		} else {
			diag_say(&cli->diag, "usage",
			    "--json-include takes locations and comments, not %.*s",
			    STR_FMT(word));
			return ERR_USAGE;
		}
		list = str_skip(list, end < list.len ? end + 1 : end);
	}
	return ERR_OK;
}

static err_t
print_module(struct cli *cli, struct rego_unit *unit, bool as_json, struct wanted wanted)
{
	const struct ast_module *m = unit->modules.at[0];
	value_t tree;

	if (!as_json) {
		rego_ast_print_tree(&cli->out, m, wanted.comments);
		return ERR_OK;
	}
	tree = rego_ast_module_json(
	    unit->arena, m, &unit->files.at[m->file], wanted.locations, wanted.comments);
	if (!value_is_defined(tree))
		return ERR_MEMORY;
	cli_print_json(cli, tree);
	return ERR_OK;
}

/* The text lives as long as the command's findings, which quote it. */
err_t
cmd_parse(struct cli *cli)
{
	const char *format = cli_value(cli, "--format");
	enum rego_version version = cli_has(cli, "--v0-compatible") ? REGO_V0 : REGO_V1;
	struct wanted wanted = { .comments = true };
	struct policy *p = NULL;
	str_t text;

	if (format == NULL)
		format = "pretty";
	if (strcmp(format, "pretty") != 0 && strcmp(format, "json") != 0) {
		diag_say(&cli->diag, "usage", "--format takes pretty or json, not %s", format);
		return ERR_USAGE;
	}
	TRY(read_includes(cli, &wanted));
	TRY(cli_read(cli, cli->rest[0], &text));
	TRY(load_new(cli, &p));
	cli_keep(cli, p);
	TRY(policy_add_module(p, str_of(cli->rest[0]), text, version));
	return print_module(cli, &p->unit, strcmp(format, "json") == 0, wanted);
}
