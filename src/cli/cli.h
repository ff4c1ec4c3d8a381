/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli: what every command of `core` is given and answers with.
 *
 * A command is a function and a row in main.c.  Results go to stdout, everything
 * else to stderr; the exit status is err_exit() of what the function returns
 * (decisions: 0 fine, 1 negative answer, 2 tests failed, 3 lint or compile errors,
 * 4 configuration, 5 verification, 6 input and output, 7 not reachable, 8 refused,
 * 64 usage).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/diag.h"
#include "base/err.h"
#include "value/value.h"

enum { CLI_SPECS_MAX = 20, CLI_VALUES_MAX = 64, CLI_REST_MAX = 256, CLI_POLICIES_MAX = 4 };

struct cli;
struct policy;

struct cli_spec { /* one option */
	const char *name; /* "--dir" */
	const char *alias; /* "-d" or NULL */
	const char *value; /* what it takes, for the help; NULL: nothing; "[X]": may be left out, else behind "=" */
	const char *sentence;
};

struct cli_command {
	const char *words; /* "policy bundle inspect" */
	const char *operands; /* "FILE" */
	const char *sentence;
	const struct cli_spec *specs; /* ends with a row without name */
	err_t (*run)(struct cli *);
	int least, most; /* operands */
};

struct cli {
	const struct cli_command *command;
	struct arena *arena;
	struct diag diag; /* printed to stderr when the command is done */
	struct buf out; /* printed to stdout then */
	bool json, color;
	const char *values[CLI_SPECS_MAX][CLI_VALUES_MAX];
	int value_count[CLI_SPECS_MAX];
	const char *rest[CLI_REST_MAX];
	int rest_count;
	struct policy *policies[CLI_POLICIES_MAX]; /* see cli_keep */
	int policy_count;
};

bool cli_has(const struct cli *, const char *option);
const char *cli_value(const struct cli *, const char *option); /* the last; NULL: not given */
int cli_values(const struct cli *, const char *option, const char *const **ret);

/* Of seconds, days and the like: from 0 to the end of the year 9999.  ERR_USAGE with a finding. */
err_t cli_number(struct cli *, const char *option, int64_t fallback, int64_t *ret);
err_t cli_read_number(struct cli *, const char *option, const char *text, int64_t *ret);
str_t cli_time(struct cli *, int64_t unix_s); /* 2026-03-19T12:00:00Z */

/* Frees the policy when the command is over: findings quote its texts until they are printed. */
void cli_keep(struct cli *, struct policy *);
/* Reads a file, "-" being stdin; the text lives in cli->arena. */
err_t cli_read(struct cli *, const char *path, str_t *ret);
void cli_print_json(struct cli *, value_t); /* indented, to cli->out */
/* {"errors": [...], "warnings": [...]}, each only if there are any; main.c does it for who fails. */
void cli_print_findings(struct cli *);

extern const struct cli_spec cli_no_options[];

err_t cmd_eval(struct cli *);
err_t cmd_check(struct cli *);
err_t cmd_fmt(struct cli *);
err_t cmd_dis(struct cli *);
err_t cmd_parse(struct cli *);
err_t cmd_builtins(struct cli *);
err_t cmd_capabilities(struct cli *);
err_t cmd_policy_lint(struct cli *);
err_t cmd_policy_test(struct cli *);
err_t cmd_policy_keygen(struct cli *);
err_t cmd_policy_bundle(struct cli *);
err_t cmd_policy_bundle_sign(struct cli *);
err_t cmd_policy_inspect(struct cli *);
err_t cmd_bundle_verify(struct cli *);
err_t cmd_bundle_list(struct cli *);
err_t cmd_bundle_extract(struct cli *);
err_t cmd_bundle_diff(struct cli *);
err_t cmd_sidecar_reload(struct cli *);
err_t cmd_sidecar_status(struct cli *);
err_t cmd_sidecar_reset_clock(struct cli *);
err_t cmd_doctor(struct cli *);
err_t cmd_config_check(struct cli *);
err_t cmd_config_sign(struct cli *);
err_t cmd_config_show(struct cli *);
err_t cmd_audit_query(struct cli *);
err_t cmd_audit_verify(struct cli *);
err_t cmd_audit_show(struct cli *);
err_t cmd_audit_tail(struct cli *);
err_t cmd_audit_export(struct cli *);
err_t cmd_license_inspect(struct cli *);
err_t cmd_license_issue(struct cli *);
err_t cmd_jwks_inspect(struct cli *);
err_t cmd_jwks_check(struct cli *);
err_t cmd_jwks_convert(struct cli *);
err_t cmd_token_verify(struct cli *);
err_t cmd_token_inspect(struct cli *);
err_t cmd_token_revocation(struct cli *);
err_t cmd_sign_binary(struct cli *);
err_t cmd_verify_binary(struct cli *);
err_t cmd_media_pack(struct cli *);
err_t cmd_media_inspect(struct cli *);
err_t cmd_media_apply(struct cli *);
err_t cmd_media_recover(struct cli *);
err_t cmd_media_host_key(struct cli *);
err_t cmd_media_report(struct cli *);
err_t cmd_update_apply(struct cli *);
err_t cmd_update_rollback(struct cli *);

err_t cmd_sbom(struct cli *);
err_t cmd_completion(struct cli *);

/* What `core` can do, for those who describe it; the options end as specs do. */
const struct cli_command *cli_commands(size_t *ret_count);
const struct cli_spec *cli_common_options(void);

extern const struct cli_spec cmd_token_revocation_options[], cmd_sign_binary_options[], cmd_verify_binary_options[],
    cmd_media_pack_options[], cmd_media_inspect_options[], cmd_media_apply_options[],
    cmd_media_host_options[], cmd_media_report_options[],
    cmd_update_apply_options[], cmd_update_rollback_options[];

extern const struct cli_spec cmd_eval_options[], cmd_check_options[], cmd_fmt_options[], cmd_lint_options[], cmd_test_options[], cmd_capabilities_options[],
    cmd_keygen_options[], cmd_bundle_options[], cmd_inspect_options[], cmd_reload_options[],
    cmd_status_options[], cmd_doctor_options[], cmd_config_options[], cmd_config_check_options[],
    cmd_config_sign_options[], cmd_audit_query_options[], cmd_license_inspect_options[], cmd_license_issue_options[], cmd_parse_options[], cmd_jwks_inspect_options[], cmd_jwks_check_options[], cmd_jwks_convert_options[], cmd_token_verify_options[], cmd_token_inspect_options[], cmd_sbom_options[], cmd_audit_verify_options[], cmd_audit_show_options[], cmd_audit_tail_options[], cmd_audit_export_options[], cmd_bundle_verify_options[], cmd_bundle_list_options[], cmd_bundle_extract_options[], cmd_bundle_diff_options[], cmd_bundle_sign_options[];

#endif
