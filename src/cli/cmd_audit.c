/* SPDX-License-Identifier: Apache-2.0 */
/* core audit query: what the daemon's QueryAudit does, over files, and for all tenants. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "audit/entry.h"
#include "audit/search.h"
#include "audit/text.h"
#include "cli/cli.h"

enum { LIMIT_DEFAULT = 100, LIMIT_MOST = 1000000, ENTRY_BYTES = 4 << 20 };

const struct cli_spec cmd_audit_query_options[] = {
	{ "--tenant", NULL, "ID", "of this tenant only, as it is written in the log" },
	{ "--action", NULL, "ACTION", "of this action; with a last `*`: of all that begin so" },
	{ "--since", NULL, "TIME", "from this time on: unix seconds, or RFC 3339 in UTC" },
	{ "--until", NULL, "TIME", "up to this time" },
	{ "--limit", NULL, "COUNT", "the newest so many (100)" },
	{ 0 },
};

static err_t
usage(struct cli *cli, const char *option, const char *text)
{
	diag_say(&cli->diag, "audit", "%s: `%s` is not understood", option, text);
	return ERR_USAGE;
}

static err_t
number_option(struct cli *cli, const char *option, long long most, long long *ret)
{
	const char *text = cli_value(cli, option);
	char *end;
	long long number;

	if (text == NULL)
		return ERR_OK;
	number = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || number < 0 || number > most)
		return usage(cli, option, text);
	*ret = number;
	return ERR_OK;
}

/* 1767225600, 2026-01-01, 2026-01-01T00:00:00Z, with milliseconds or without. */
static err_t
time_option(struct cli *cli, const char *option, int64_t rest_ms, int64_t *ret_ms)
{
	static const char pattern[] = "0000-01-01T00:00:00.000Z";
	const char *text = cli_value(cli, option);
	long long seconds = 0;
	str_t given = str_of(text), line;

	if (text == NULL)
		return ERR_OK;
	if (str_find_char(given, '-', 0) == given.len) {
		TRY(number_option(cli, option, INT64_MAX / 2000, &seconds));
		*ret_ms = seconds * 1000 + rest_ms;
		return ERR_OK;
	}
	given.len -= given.len > 10 && given.data[given.len - 1] == 'Z';
	if (given.len != 10 && given.len != 19 && given.len != 23)
		return usage(cli, option, text);
	line = arena_printf(cli->arena, "{\"ts\":\"%.*s%s", STR_FMT(given), pattern + given.len);
	if (!audit_text_read_time(line, ret_ms) || *ret_ms < 0)
		return usage(cli, option, text);
	if (given.len == 19)
		*ret_ms += rest_ms;
	return ERR_OK;
}

/* ---- what is found ---- */

struct output {
	struct cli *cli;
	struct arena *arena; /* of one line */
};

static void
add_column(struct buf *out, str_t text)
{
	size_t begin = out->len;

	buf_add_char(out, ' ');
	if (text.len == 0)
		buf_add_char(out, '-');
	else
		audit_text_string(out, text, AUDIT_TEXT_MAX);
	/* Quotes only where a blank or an escape would mislead. */
	if (text.len > 0 && !buf_failed(out) && out->len - begin == text.len + 3 &&
	    str_find_char(text, ' ', 0) == text.len && text.data[0] != '-') {
		memmove(out->data + begin + 1, out->data + begin + 2, text.len);
		out->len -= 2;
	}
}

static err_t
print_line(void *context, str_t line, const struct audit_link *link)
{
	struct output *o = context;
	struct buf *out = &o->cli->out;
	struct audit_entry e;

	if (o->cli->json) {
		buf_add_str(out, line);
		buf_add_char(out, '\n');
		return ERR_OK;
	}
	arena_reset(o->arena);
	TRY(audit_entry_read(o->arena, line, &e));
	buf_printf(out, "%llu %.*s", (unsigned long long)link->seq, 24, line.data + 7); /* {"ts":" */
	add_column(out, e.tenant_id);
	add_column(out, e.actor);
	add_column(out, e.action);
	add_column(out, e.resource);
	add_column(out, e.outcome);
	buf_add_char(out, '\n');
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

static err_t
search_files(struct cli *cli, struct audit_search *s)
{
	err_t err = ERR_OK;

	for (int i = cli->rest_count; err == ERR_OK && i > 0 && s->left > 0; i--) {
		err = audit_search_stream(s, AT_FDCWD, cli->rest[i - 1], NULL, NULL);
		if (err != ERR_OK && s->why[0] != '\0')
			diag_say(&cli->diag, "audit", "%s: %s", cli->rest[i - 1], audit_search_why(s));
		else if (err != ERR_OK)
			diag_say(&cli->diag, "audit", "%s: %s", cli->rest[i - 1],
			    err == ERR_SYNTAX ? "the gzip stream is broken" : err_text(err));
	}
	if (err == ERR_OK && s->spoiled > 0) {
		diag_say(&cli->diag, "audit",
		    "%llu records that would be shown are not as they were written: see core audit verify",
		    (unsigned long long)s->spoiled);
		return ERR_SIGNATURE;
	}
	return err;
}

err_t
cmd_audit_query(struct cli *cli)
{
	struct audit_wish wish = { .tenant_id = str_of(cli_value(cli, "--tenant")),
		.any_tenant = !cli_has(cli, "--tenant"),
		.action = str_of(cli_value(cli, "--action")) };
	struct output output = { .cli = cli };
	struct audit_query query;
	struct audit_search s = { .query = &query, .found = print_line, .context = &output };
	long long limit = LIMIT_DEFAULT;
	err_t err;

	TRY(number_option(cli, "--limit", LIMIT_MOST, &limit));
	TRY(time_option(cli, "--since", 0, &wish.from_ms));
	TRY(time_option(cli, "--until", 999, &wish.to_ms));
	wish.limit = (uint32_t)limit;
	TRY(audit_query_make(cli->arena, &wish, NULL, &cli->diag, &query));
	output.arena = arena_new(ENTRY_BYTES);
	if (output.arena == NULL)
		return ERR_MEMORY;
	err = audit_search_init(&s);
	if (err == ERR_OK)
		err = search_files(cli, &s);
	audit_search_fini(&s);
	arena_free(&output.arena);
	return err;
}
