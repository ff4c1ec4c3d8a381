/* SPDX-License-Identifier: Apache-2.0 */
/* core fmt: policies in OPA's style. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/diff.h"
#include "rego/format.h"
#include "rego/parser.h"

enum { DEEPEST = 64, LARGEST_POLICY = 1 << 28, MEMORY = 1 << 30 };

const struct cli_spec cmd_fmt_options[] = {
	{ "--write", "-w", NULL, "overwrites the files instead of printing them" },
	{ "--list", "-l", NULL, "prints the names of the files that would change" },
	{ "--diff", "-d", NULL, "prints what would change" },
	{ "--fail", NULL, NULL, "fails (exit status 1) if anything would change" },
	{ "--check-result", NULL, "true|false", "reads the result again and compares (true)" },
	{ "--rego-v1", NULL, NULL, "the result reads as Rego v0 and as v1" },
	{ "--v0-v1", NULL, NULL, "the same as --rego-v1" },
	{ "--v0-compatible", NULL, NULL, "policies are Rego v0" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out: import future.keywords.and, .or, rego.v2" },
	{ "--v1-compatible", NULL, NULL, "policies are Rego v1 (with --rego-v1, too)" },
	{ "--drop-v0-imports", NULL, NULL,
	    "leaves out rego.v1 and the future.keywords that v1 has" },
	{ 0 },
};

struct job {
	struct cli *cli;
	struct rego_format_options options;
	enum rego_version read_as;
	bool check, changed;
};

static struct job
job_of(struct cli *cli)
{
	bool both = cli_has(cli, "--rego-v1") || cli_has(cli, "--v0-v1");
	bool v0 =
	    cli_has(cli, "--v0-compatible") || (both && !cli_has(cli, "--v1-compatible"));
	const char *check = cli_value(cli, "--check-result");

	return (struct job){
		.cli = cli,
		.options = { .target = both ? REGO_FORMAT_BOTH : REGO_FORMAT_SAME,
		    .drop_v0_imports = cli_has(cli, "--drop-v0-imports") },
		.read_as = v0 ? REGO_V0 : REGO_V1,
		.check = check == NULL || strcmp(check, "false") != 0,
	};
}

/* ---- one text ---- */

static err_t
check_result(
    struct job *j, struct rego_unit *unit, const struct ast_module *before, str_t text)
{
	struct rego_unit other = { .arena = unit->arena,
		.intern = unit->intern,
		.experimental = unit->experimental };
	struct ast_module *after;
	struct diag diag;
	err_t e;

	diag_init(&diag, unit->arena, 10);
	other.diag = &diag;
	e = rego_parse_module(&other, STR("formatted"), text, j->read_as, &after);
	if (e == ERR_OK && j->options.target == REGO_FORMAT_BOTH)
		e = rego_parse_module(&other, STR("formatted"), text, REGO_V1, &after);
	if (e == ERR_OK && rego_format_same(before, after))
		return ERR_OK;
	if (e == ERR_LIMIT || e == ERR_MEMORY)
		return e;
	diag_say(&j->cli->diag, "rego_format_error",
	    "%.*s was formatted, but the result is not the same: %.*s (--check-result=false "
	    "prints it)",
	    STR_FMT(unit->files.at[before->file].name),
	    STR_FMT(diag.error_count > 0 ? diag_first_message(&diag)
					 : STR("it means something else")));
	return ERR_POLICY;
}

static err_t
format(struct job *j, struct rego_unit *unit, str_t name, str_t text, struct buf *out)
{
	struct ast_module *module;

	TRY(rego_parse_module(unit, name, text, j->read_as, &module));
	if (j->options.target == REGO_FORMAT_BOTH)
		TRY(rego_format_check_v1(unit, module));
	TRY(rego_format(unit, module, &j->options, out));
	return j->check ? check_result(j, unit, module, buf_str(out)) : ERR_OK;
}

/* ---- one file ---- */

static err_t
put_result(struct job *j, const char *path, mode_t mode, str_t before, str_t after)
{
	struct cli *cli = j->cli;
	bool changed = !str_eq(before, after);

	j->changed |= changed;
	if (cli_has(cli, "--list") || cli_has(cli, "--diff")) {
		if (changed && cli_has(cli, "--list"))
			buf_printf(&cli->out, "%s\n", path);
		else if (changed)
			return cli_diff(path, before, after, &cli->out);
		return ERR_OK;
	}
	if (changed && cli_has(cli, "--fail")) {
		diag_say(&cli->diag, "fmt", "%s: would change", path);
		return ERR_OK;
	}
	if (!cli_has(cli, "--write") || strcmp(path, "-") == 0)
		buf_add_str(&cli->out, after);
	else if (changed)
		return file_replace(NULL, path, mode, after, &cli->diag);
	return ERR_OK;
}

static err_t
format_file(struct job *j, const char *path, mode_t mode)
{
	struct arena *arena = arena_new(MEMORY);
	struct rego_unit unit = { .arena = arena, .diag = &j->cli->diag,
		.experimental = cli_has(j->cli, "--experimental") };
	struct buf out;
	str_t text = STR_NONE;
	err_t e;

	if (arena == NULL)
		return ERR_MEMORY;
	unit.intern = intern_new(arena);
	buf_init(&out, LARGEST_POLICY);
	e = unit.intern == NULL ? ERR_MEMORY : cli_read(j->cli, path, &text);
	if (e == ERR_OK)
		e = format(j, &unit, strcmp(path, "-") == 0 ? STR("stdin") : str_of(path),
		    text, &out);
	if (e == ERR_OK)
		e = put_result(j, path, mode, text, buf_str(&out));
	diag_keep(&j->cli->diag); /* findings quote texts that go with the arena */
	buf_fini(&out);
	arena_free(&arena);
	return e;
}

/* ---- files and folders ---- */

static err_t format_path(struct job *, const char *path, bool named, int depth);

static err_t
format_dir(struct job *j, const char *path, int depth)
{
	struct dirent **entries;
	int count = depth < DEEPEST ? scandir(path, &entries, NULL, alphasort) : -1;
	err_t result = ERR_OK;

	if (count < 0) {
		diag_say(&j->cli->diag, "read", "%s: cannot be read", path);
		return ERR_IO;
	}
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			str_t below = arena_printf(j->cli->arena, "%s/%s", path, name);
			err_t e = below.data == NULL
				      ? ERR_MEMORY
				      : format_path(j, below.data, false, depth + 1);

			result = e != ERR_OK ? e : result;
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* As OPA, only what ends in .rego, also when it is named. */
static err_t
format_path(struct job *j, const char *path, bool named, int depth)
{
	struct stat st;

	if (strcmp(path, "-") == 0 && named)
		return format_file(j, path, 0);
	if ((named ? stat(path, &st) : lstat(path, &st)) != 0) {
		diag_say(&j->cli->diag, "read", "%s: no such file or directory", path);
		return ERR_NOT_FOUND;
	}
	if (S_ISDIR(st.st_mode))
		return format_dir(j, path, depth);
	if (S_ISREG(st.st_mode) && str_has_suffix(str_of(path), STR(".rego")))
		return format_file(j, path, st.st_mode & 07777);
	return ERR_OK;
}

err_t
cmd_fmt(struct cli *cli)
{
	struct job j = job_of(cli);
	err_t result = ERR_OK;

	if (cli->rest_count == 0)
		result = format_path(&j, "-", true, 0);
	for (int i = 0; i < cli->rest_count; i++) {
		err_t e = format_path(&j, cli->rest[i], true, 0);

		result = e != ERR_OK ? e : result;
	}
	diag_sort(&cli->diag);
	if (result == ERR_OK && j.changed && cli_has(cli, "--fail"))
		return ERR_NEGATIVE;
	return result;
}
