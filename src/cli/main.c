/* SPDX-License-Identifier: Apache-2.0 */
/* core: builds, signs, tests, delivers and inspects what the sidecar runs. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "crypt/digest.h"
#include "crypt/random.h"
#include "engine/policy.h"

enum { FINDINGS_MAX = 200, LARGEST_OUTPUT = 1 << 28 };

const struct cli_spec cli_no_options[] = { { 0 } };

static const struct cli_command commands[] = {
	{ "eval", "QUERY", "evaluates a query over policies, data and an input", cmd_eval_options, cmd_eval, 1, 1 },
	{ "check", "PATH...", "compiles policies and reports every error", cmd_check_options, cmd_check, 1, 99 },
	{ "fmt", "[PATH...]", "formats policies, as opa fmt does", cmd_fmt_options, cmd_fmt, 0, 99 },
	{ "parse", "FILE", "prints the syntax tree of a policy", cmd_parse_options, cmd_parse, 1, 1 },
	{ "dis", "PATH...", "prints the bytecode of policies", cmd_check_options, cmd_dis, 1, 99 },
	{ "builtins", "", "lists the built-in functions", cli_no_options, cmd_builtins, 0, 0 },
	{ "capabilities", "[PROFILE]", "prints what policies may use, as opa does", cmd_capabilities_options, cmd_capabilities, 0, 1 },
	{ "policy lint", "DIR", "reports errors and doubtful places in policies", cmd_lint_options, cmd_policy_lint, 1, 1 },
	{ "policy test", "DIR", "runs test rules and fixtures", cmd_test_options, cmd_policy_test, 1, 1 },
	{ "policy keygen", "", "makes a key pair that signs bundles", cmd_keygen_options, cmd_policy_keygen, 0, 0 },
	{ "policy bundle", "", "builds and signs a bundle", cmd_bundle_options, cmd_policy_bundle, 0, 0 },
	{ "policy bundle sign", "FILE", "adds a signature to a signed bundle", cmd_bundle_sign_options, cmd_policy_bundle_sign, 1, 1 },
	{ "policy bundle inspect", "FILE", "says what is in a bundle", cmd_inspect_options, cmd_policy_inspect, 1, 1 },
	{ "policy bundle verify", "FILE", "says whether a bundle is what a key signed, and would be taken now", cmd_bundle_verify_options, cmd_bundle_verify, 1, 1 },
	{ "policy bundle list", "FILE", "lists the files of a bundle", cmd_bundle_list_options, cmd_bundle_list, 1, 1 },
	{ "policy bundle extract", "FILE", "writes the files of a bundle below a directory", cmd_bundle_extract_options, cmd_bundle_extract, 1, 1 },
	{ "policy bundle diff", "OLD NEW", "says what another bundle would change, by rule and by data", cmd_bundle_diff_options, cmd_bundle_diff, 2, 2 },
	{ "sidecar reload-policy", "", "hands a bundle to the running sidecar", cmd_reload_options, cmd_sidecar_reload, 0, 0 },
	{ "sidecar status", "", "asks the running sidecar how it is", cmd_status_options, cmd_sidecar_status, 0, 0 },
	{ "sidecar reset-clock", "", "trusts the clock of the running sidecar again, and records that", cmd_status_options, cmd_sidecar_reset_clock, 0, 0 },
	{ "doctor", "", "says whether this host is fit for a sidecar, and what helps", cmd_doctor_options, cmd_doctor, 0, 0 },
	{ "config check", "FILE", "reports every error of a configuration, or of a file of flags", cmd_config_check_options, cmd_config_check, 1, 1 },
	{ "config sign", "FILE", "makes the tag of a file of flags", cmd_config_sign_options, cmd_config_sign, 1, 1 },
	{ "config show", "", "prints each setting and where it came from", cmd_config_options, cmd_config_show, 0, 0 },
	{ "license inspect", "FILE", "says what a license entitles to, and until when", cmd_license_inspect_options, cmd_license_inspect, 1, 1 },
	{ "license issue", "", "makes a license (the vendor's tool)", cmd_license_issue_options, cmd_license_issue, 0, 0 },
	{ "audit query", "FILE...", "finds records of an audit log, newest first", cmd_audit_query_options, cmd_audit_query, 1, 99 },
	{ "jwks inspect", "FILE", "lists the keys of a JWKS, a JWK or PEM", cmd_jwks_inspect_options, cmd_jwks_inspect, 1, 1 },
	{ "jwks check", "FILE", "says whether tokens can be checked with a file, and for how long", cmd_jwks_check_options, cmd_jwks_check, 1, 1 },
	{ "jwks convert", "FILE", "makes a JWKS, a JWK or PEM of public keys", cmd_jwks_convert_options, cmd_jwks_convert, 1, 1 },
	{ "token verify", "TOKEN", "checks a token as the sidecar does, with a key set", cmd_token_verify_options, cmd_token_verify, 1, 1 },
	{ "token inspect", "TOKEN", "says what is in a token, and what the sidecar would say to it", cmd_token_inspect_options, cmd_token_inspect, 1, 1 },
	{ "token revocation", "TOKEN...", "prints the line that revokes a token, for a list that hosts are sent", cmd_token_revocation_options, cmd_token_revocation, 1, 255 },
	{ "sign binary", "FILE", "puts a signature at the end of a program, which still runs", cmd_sign_binary_options, cmd_sign_binary, 1, 1 },
	{ "verify binary", "FILE", "checks who made a program, and says which it is", cmd_verify_binary_options, cmd_verify_binary, 1, 1 },
	{ "media pack", "", "puts everything a host needs into one signed file", cmd_media_pack_options, cmd_media_pack, 0, 0 },
	{ "media inspect", "FILE", "says what is in a delivery", cmd_media_inspect_options, cmd_media_inspect, 1, 1 },
	{ "media apply", "FILE", "verifies a delivery and takes all of it, or nothing", cmd_media_apply_options, cmd_media_apply, 1, 1 },
	{ "media recover", "", "finishes or undoes what a killed delivery or update left", cmd_media_host_options, cmd_media_recover, 0, 0 },
	{ "media host-key", "", "prints the key that this host signs receipts with", cmd_media_host_options, cmd_media_host_key, 0, 0 },
	{ "media report", "RECEIPT...", "verifies receipts, and says which host runs what since when", cmd_media_report_options, cmd_media_report, 1, 255 },
	{ "update apply", "FILE", "replaces the sidecar's program, and puts the old one back if the new is not well", cmd_update_apply_options, cmd_update_apply, 1, 1 },
	{ "update rollback", "", "puts the program before the last update back", cmd_update_rollback_options, cmd_update_rollback, 0, 0 },
	{ "sbom", "[FILE]", "says what is linked into this program, or into a coresdk-sidecar of its build", cmd_sbom_options, cmd_sbom, 0, 1 },
	{ "completion", "bash|zsh|fish", "prints what makes a shell complete `core` commands", cli_no_options, cmd_completion, 1, 1 },
	{ "audit verify", "FILE|DIR...", "checks the hash chain of an audit log, and its checkpoints", cmd_audit_verify_options, cmd_audit_verify, 1, 250 },
	{ "audit show", "SEQ|ID FILE|DIR...", "prints one record of an audit log, by number or by the id of its decision or event", cmd_audit_show_options, cmd_audit_show, 2, 250 },
	{ "audit tail", "FILE", "prints the last records of an audit log, and follows it", cmd_audit_tail_options, cmd_audit_tail, 1, 1 },
	{ "audit export", "FILE|DIR...", "verifies an audit log and prints all of it as JSON, CSV or CEF", cmd_audit_export_options, cmd_audit_export, 1, 250 },
};

static const struct cli_spec common[] = {
	{ "--format", NULL, "text|json", "how to print the result" },
	{ "--color", NULL, "auto|always|never", "paint findings (NO_COLOR is heeded)" },
	{ "--help", "-h", NULL, "prints this" },
	{ 0 },
};

const struct cli_command *
cli_commands(size_t *ret_count)
{
	*ret_count = COUNT(commands);
	return commands;
}

const struct cli_spec *
cli_common_options(void)
{
	return common;
}

/* ---- help ---- */

static void
print_specs(FILE *to, const struct cli_spec *spec)
{
	for (; spec->name != NULL; spec++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "%s%s%s%s%s", spec->alias != NULL ? spec->alias : "",
		    spec->alias != NULL ? ", " : "", spec->name,
		    spec->value == NULL	      ? "" :
			spec->value[0] == '[' ? "=" :
						" ",
		    spec->value != NULL ? spec->value : "");
		(void)fprintf(to, "  %-32s %s\n", left, spec->sentence);
	}
}

static void
print_command_help(FILE *to, const struct cli_command *c)
{
	(void)fprintf(to, "core %s%s%s: %s\n\n", c->words, c->operands[0] != '\0' ? " " : "", c->operands,
	    c->sentence);
	print_specs(to, c->specs);
	print_specs(to, common);
}

static void
print_help(FILE *to)
{
	(void)fprintf(to, "core %s: builds, signs, tests, delivers and inspects policies\n\n", CORESDK_VERSION);
	for (size_t i = 0; i < COUNT(commands); i++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "core %s %s", commands[i].words, commands[i].operands);
		(void)fprintf(to, "  %-33s  %s\n", left, commands[i].sentence);
	}
	(void)fprintf(to, "\n`core COMMAND --help` lists a command's options.\n");
}

/* ---- the command line ---- */

/* The command whose words are the longest beginning of argv; *ret_words is how many. */
static const struct cli_command *
find_command(int argc, char **argv, int *ret_words)
{
	const struct cli_command *best = NULL;

	*ret_words = 0;
	for (size_t i = 0; i < COUNT(commands); i++) {
		str_t rest = str_of(commands[i].words);
		int words = 0;

		while (rest.len > 0 && words < argc) {
			size_t end = str_find_char(rest, ' ', 0);

			if (!str_eq(str_sub(rest, 0, end), str_of(argv[words])))
				break;
			rest = str_skip(rest, end < rest.len ? end + 1 : end);
			words++;
		}
		if (rest.len == 0 && words > *ret_words) {
			best = &commands[i];
			*ret_words = words;
		}
	}
	return best;
}

static int
find_spec(const struct cli_spec *specs, str_t name)
{
	for (int i = 0; specs[i].name != NULL; i++) {
		if (str_eq(name, str_of(specs[i].name)) ||
		    (specs[i].alias != NULL && str_eq(name, str_of(specs[i].alias))))
			return i;
	}
	return -1;
}

static bool
complain(const struct cli_command *c, const char *what, const char *about)
{
	(void)fprintf(stderr, "core %s: %s%s\nhelp: core %s --help\n", c->words, what, about, c->words);
	return false;
}

static bool
take_common(struct cli *cli, int spec, const char *value)
{
	if (spec == 0 && strcmp(value, "json") != 0 && strcmp(value, "text") != 0 &&
	    find_spec(cli->command->specs, STR("--format")) < 0)
		return complain(cli->command, "--format takes text or json, not ", value);
	if (spec == 0)
		cli->json = strcmp(value, "json") == 0;
	if (spec == 1) {
		if (strcmp(value, "auto") != 0 && strcmp(value, "always") != 0 && strcmp(value, "never") != 0)
			return complain(cli->command, "--color takes auto, always or never, not ", value);
		if (strcmp(value, "auto") != 0)
			cli->color = strcmp(value, "always") == 0;
	}
	return true;
}

/* One option at argv[*i], perhaps with its value behind it or after "=". */
static bool
take_option(struct cli *cli, int argc, char **argv, int *i)
{
	str_t text = str_of(argv[*i]);
	size_t equals = str_has_prefix(text, STR("--")) ? str_find_char(text, '=', 0) : text.len;
	str_t name = str_sub(text, 0, equals);
	int own = find_spec(cli->command->specs, name), shared = own < 0 ? find_spec(common, name) : -1;
	const struct cli_spec *spec = own >= 0 ? &cli->command->specs[own] : &common[shared < 0 ? 0 : shared];
	const char *value = "";

	if (own < 0 && shared < 0)
		return complain(cli->command, "unknown option ", argv[*i]);
	if (spec->value != NULL && spec->value[0] == '[') { /* only behind "=" */
		if (equals < text.len)
			value = argv[*i] + equals + 1;
	} else if (spec->value != NULL) {
		if (equals < text.len)
			value = argv[*i] + equals + 1;
		else if (*i + 1 < argc)
			value = argv[++*i];
		else
			return complain(cli->command, "a value is missing behind ", argv[*i]);
	} else if (equals < text.len) {
		return complain(cli->command, "takes no value: ", argv[*i]);
	}
	if (own < 0)
		return take_common(cli, shared, value);
	if (cli->value_count[own] == CLI_VALUES_MAX)
		return complain(cli->command, "given too often: ", argv[*i]);
	cli->values[own][cli->value_count[own]++] = value;
	return true;
}

static bool
parse(struct cli *cli, int argc, char **argv)
{
	bool options_over = false;

	for (int i = 0; i < argc; i++) {
		if (!options_over && strcmp(argv[i], "--") == 0) {
			options_over = true;
		} else if (!options_over && argv[i][0] == '-' && argv[i][1] != '\0') {
			if (!take_option(cli, argc, argv, &i))
				return false;
		} else {
			if (cli->rest_count == CLI_REST_MAX)
				return complain(cli->command, "too many operands", "");
			cli->rest[cli->rest_count++] = argv[i];
		}
	}
	if (cli->rest_count < cli->command->least)
		return complain(cli->command, "missing: ", cli->command->operands);
	if (cli->rest_count > cli->command->most)
		return complain(cli->command, "one operand too many: ", cli->rest[cli->command->most]);
	return true;
}

static bool
wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static bool
wants_json(const struct cli *cli)
{
	const char *own = cli_value(cli, "--format");

	return cli->json || (own != NULL && strcmp(own, "json") == 0);
}

/* What was found and what came of it, each to its stream. */
static err_t
finish(struct cli *cli, err_t e)
{
	struct buf findings;
	bool short_write = false, lost = buf_failed(&cli->out) || arena_failed(cli->arena);

	/* What was left out, or refused, for want of memory is no answer. */
	if (arena_failed(cli->arena) || crypt_take_failure())
		e = e == ERR_OK || e == ERR_NEGATIVE ? ERR_MEMORY : e;
	if (e == ERR_OK && buf_failed(&cli->out))
		e = ERR_LIMIT;
	if (lost)
		buf_clear(&cli->out);
	buf_init(&findings, LARGEST_OUTPUT);
	diag_print(&cli->diag, &findings, cli->color);
	if (e != ERR_OK && cli->diag.error_count == 0 && e != ERR_NEGATIVE && e != ERR_TESTS)
		buf_printf(&findings, "core %s: %s\n", cli->command->words, err_text(e));
	if (cli->out.len == 0 && wants_json(cli) && cli->diag.error_count > 0)
		cli_print_findings(cli);
	if (findings.len > 0)
		(void)fwrite(findings.data, 1, findings.len, stderr);
	else if (e != ERR_OK && (buf_failed(&findings) || lost))
		(void)fprintf(stderr, "core: %s\n", err_text(lost ? ERR_MEMORY : e));
	if (cli->out.len > 0)
		short_write = fwrite(cli->out.data, 1, cli->out.len, stdout) != cli->out.len || fflush(stdout) != 0;
	buf_fini(&findings);
	return e == ERR_OK && short_write ? ERR_IO : e;
}

static int
run(const struct cli_command *command, int argc, char **argv)
{
	struct cli cli = { .command = command };
	err_t e = ERR_USAGE;

	cli.arena = arena_new((size_t)4 << 30);
	if (cli.arena == NULL) {
		(void)fprintf(stderr, "core: %s\n", err_text(ERR_MEMORY));
		return err_exit(ERR_MEMORY);
	}
	cli.color = isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL;
	diag_init(&cli.diag, cli.arena, FINDINGS_MAX);
	buf_init(&cli.out, LARGEST_OUTPUT);
	if (parse(&cli, argc, argv))
		e = finish(&cli, command->run(&cli));
	while (cli.policy_count > 0)
		policy_free(&cli.policies[--cli.policy_count]);
	buf_fini(&cli.out);
	arena_free(&cli.arena);
	return err_exit(e);
}

int
main(int argc, char **argv)
{
	int words;
	const struct cli_command *command = find_command(argc - 1, argv + 1, &words);
	uint8_t key[16];

	random_bytes(key, sizeof(key));
	value_hash_key(key);
	if (command != NULL && wants_help(argc - 1, argv + 1)) {
		print_command_help(stdout, command);
		return 0;
	}
	if (command != NULL)
		return run(command, argc - 1 - words, argv + 1 + words);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("core %s\n", CORESDK_VERSION);
		return 0;
	}
	if (argc < 2 || wants_help(argc - 1, argv + 1) || strcmp(argv[1], "help") == 0) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? err_exit(ERR_USAGE) : 0;
	}
	(void)fprintf(stderr, "core: no such command: %s\nhelp: core --help\n", argv[1]);
	return err_exit(ERR_USAGE);
}
