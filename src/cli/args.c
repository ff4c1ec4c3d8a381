/* SPDX-License-Identifier: Apache-2.0 */
/* What commands ask of the command line, and the little they share. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/must.h"
#include "cli/cli.h"
#include "codec/json.h"
#include "token/claims.h"

enum { LARGEST_FILE = 1 << 30 };

static int
find(const struct cli *cli, const char *option)
{
	for (int i = 0; cli->command->specs[i].name != NULL; i++) {
		if (strcmp(cli->command->specs[i].name, option) == 0)
			return i;
	}
	return -1;
}

int
cli_values(const struct cli *cli, const char *option, const char *const **ret)
{
	int i = find(cli, option);

	if (i < 0)
		return 0;
	*ret = cli->values[i];
	return cli->value_count[i];
}

bool
cli_has(const struct cli *cli, const char *option)
{
	const char *const *values;

	return cli_values(cli, option, &values) > 0;
}

const char *
cli_value(const struct cli *cli, const char *option)
{
	const char *const *values;
	int count = cli_values(cli, option, &values);

	return count > 0 ? values[count - 1] : NULL;
}

err_t
cli_read_number(struct cli *cli, const char *option, const char *text, int64_t *ret)
{
	char *end;
	long long number = strtoll(text, &end, 10);

	if (*end == '\0' && end != text && number >= 0 && number <= CLAIMS_TIME_MAX) {
		*ret = number;
		return ERR_OK;
	}
	diag_say(&cli->diag, "usage", "%s takes a number, not %s", option, text);
	return ERR_USAGE;
}

err_t
cli_number(struct cli *cli, const char *option, int64_t fallback, int64_t *ret)
{
	const char *text = cli_value(cli, option);

	*ret = fallback;
	return text != NULL ? cli_read_number(cli, option, text, ret) : ERR_OK;
}

str_t
cli_time(struct cli *cli, int64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return STR("?");
	return arena_str(cli->arena, str_of(text));
}

void
cli_keep(struct cli *cli, struct policy *policy)
{
	must(cli->policy_count < CLI_POLICIES_MAX);
	cli->policies[cli->policy_count++] = policy;
}

static err_t
read_stream(FILE *from, struct buf *text)
{
	char chunk[65536];
	size_t got;

	while (!buf_failed(text) && (got = fread(chunk, 1, sizeof(chunk), from)) > 0)
		buf_add(text, chunk, got);
	return ferror(from) != 0 ? ERR_IO : buf_failed(text) ? ERR_LIMIT : ERR_OK;
}

/* What a shell makes of <(command); file_read() takes regular files only. */
static bool
is_pipe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

err_t
cli_read(struct cli *cli, const char *path, str_t *ret)
{
	struct buf text;
	FILE *pipe = strcmp(path, "-") != 0 && is_pipe(path) ? fopen(path, "re") : NULL;
	err_t e;

	buf_init(&text, LARGEST_FILE);
	if (strcmp(path, "-") == 0)
		e = read_stream(stdin, &text);
	else if (pipe != NULL)
		e = read_stream(pipe, &text);
	else
		e = file_read(NULL, path, FILE_ANY, &text, &cli->diag);
	if (pipe != NULL)
		(void)fclose(pipe);
	if (e == ERR_OK) {
		*ret = arena_str(cli->arena, buf_str(&text));
		e = ret->data != NULL ? ERR_OK : ERR_MEMORY;
	}
	buf_fini(&text);
	return e;
}

void
cli_print_json(struct cli *cli, value_t v)
{
	if (!value_is_defined(v)) { /* its parts found no room */
		arena_fail(cli->arena);
		return;
	}
	json_write_pretty(&cli->out, v, STR(""), STR("  "));
	buf_add_char(&cli->out, '\n');
}
