/* SPDX-License-Identifier: Apache-2.0 */
/* core audit verify: the chain, and what was signed about it. */
#include <errno.h>
#include <unistd.h>

#include "audit/verify.h"
#include "base/file.h"
#include "cli/cli.h"

const struct cli_spec cmd_audit_verify_options[] = {
	{ "--pubkey", NULL, "FILE", "the log's public keys, as LOG.pub has them; keep a copy where the log's writer cannot reach" },
	{ "--checkpoints", NULL, "FILE", "what was signed (LOG.checkpoints)" },
	{ 0 },
};

struct sealed {
	struct audit_seal_keys keys;
	struct audit_checkpoints checkpoints;
	bool any, torn; /* there are checkpoints; the last one has no end */
	bool beside; /* the key is the one that lies beside the log */
};

/* LOG of the newest file named: what stands before .000000012345 and .gz. */
static str_t
log_of(str_t path)
{
	size_t end = path.len;

	if (str_has_suffix(path, STR(".gz")))
		end -= 3;
	for (size_t at = end; at > 0 && path.data[at - 1] != '/'; at--) {
		if (path.data[at - 1] == '.' && end - at >= 12 && path.data[at] >= '0' && path.data[at] <= '9')
			return str_cut(path, at - 1);
		if (!((path.data[at - 1] >= '0' && path.data[at - 1] <= '9') || path.data[at - 1] == '-'))
			break;
	}
	return str_cut(path, end);
}

static err_t
read_text(struct cli *cli, const char *path, size_t limit, str_t *ret)
{
	struct buf text;
	err_t err;

	buf_init(&text, limit);
	err = file_read(NULL, path, FILE_ANY, &text, &cli->diag);
	if (err == ERR_OK)
		*ret = arena_str(cli->arena, buf_str(&text));
	buf_fini(&text);
	return err;
}

/* Without --pubkey the key beside the log serves: against accidents, not against who can write there. */
static err_t
read_sealed(struct cli *cli, str_t log, struct sealed *ret)
{
	const char *keys = cli_value(cli, "--pubkey"), *notes = cli_value(cli, "--checkpoints");
	str_t key_text = STR_NONE, text = STR_NONE;

	ret->beside = keys == NULL;
	if (keys == NULL)
		keys = arena_printf(cli->arena, "%.*s.pub", STR_FMT(log)).data;
	if (ret->beside && notes == NULL && access(keys, F_OK) != 0 && errno == ENOENT)
		return ERR_OK;
	TRY(read_text(cli, keys, KEY_TEXT_MAX, &key_text));
	TRY(audit_seal_keys_read(cli->arena, key_text, keys, &cli->diag, &ret->keys));
	if (notes == NULL)
		notes = arena_printf(cli->arena, "%.*s.checkpoints", STR_FMT(log)).data;
	if (!ret->beside || cli_has(cli, "--checkpoints") || access(notes, F_OK) == 0 || errno != ENOENT)
		TRY(read_text(cli, notes, 2 * AUDIT_CHECKPOINTS_BYTES, &text));
	TRY(audit_checkpoints_read(cli->arena, text, notes, &ret->keys, &cli->diag, &ret->checkpoints));
	ret->any = ret->checkpoints.count > 0;
	ret->torn = ret->checkpoints.end < text.len;
	if (ret->any || ret->beside)
		return ERR_OK;
	diag_say(&cli->diag, "audit", "%s: there is no checkpoint in it, so the end of the log proves nothing", notes);
	return ERR_SIGNATURE;
}

static void
print_verdict(struct cli *cli, const struct audit_verdict *v, const struct sealed *s)
{
	buf_printf(&cli->out, "Audit log intact. %llu records in %llu files, seq %llu to %llu.\n",
	    (unsigned long long)v->records, (unsigned long long)v->files, (unsigned long long)v->first_seq,
	    (unsigned long long)v->last_seq);
	if (!s->any) {
		buf_add_text(&cli->out, "No checkpoints: whether its end was cut off cannot be told.\n");
		return;
	}
	buf_printf(&cli->out, "%llu checkpoints fit; sealed up to record %llu, %llu records behind it are not%s.\n",
	    (unsigned long long)v->sealed, (unsigned long long)v->sealed_seq,
	    (unsigned long long)(v->last_seq - v->sealed_seq),
	    s->beside ? " (with the key beside the log; --pubkey names one of your own)" : "");
	if (s->torn)
		buf_printf(&cli->out, "The last checkpoint in %s has no end and was passed by.\n", s->checkpoints.file);
}

err_t
cmd_audit_verify(struct cli *cli)
{
	struct sealed sealed = { 0 };
	struct audit_verdict verdict = { 0 };
	const char *const *paths;
	size_t count;
	err_t err = audit_verify_gather(cli->arena, cli->rest, (size_t)cli->rest_count, &cli->diag, &paths, &count);

	if (err == ERR_OK)
		err = read_sealed(cli, log_of(str_of(paths[count - 1])), &sealed);
	if (err == ERR_OK)
		err = audit_verify(paths, count, &sealed.checkpoints, &cli->diag, &verdict);
	audit_seal_keys_release(&sealed.keys);
	TRY(err);
	print_verdict(cli, &verdict, &sealed);
	return ERR_OK;
}
