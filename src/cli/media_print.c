/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/media_print.h"

enum { DIGEST_SHOWN = 12 };

static void
add(struct cli *cli, struct object_builder *o, const char *name, str_t text)
{
	(void)object_builder_add_text(o, name, value_string(cli->arena, text));
}

/* ---- a delivery ---- */

static value_t
describe_part(struct cli *cli, const struct media_part *p)
{
	struct object_builder o;

	object_builder_init(&o, cli->arena, 4);
	add(cli, &o, "kind", str_of(media_kind_name(p->kind)));
	(void)object_builder_add_text(&o, "size", value_int((int64_t)p->bytes.len));
	add(cli, &o, "sha256", p->sha256);
	add(cli, &o, "revision", p->revision);
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static value_t
describe(struct cli *cli, const struct media *m)
{
	value_t parts[MEDIA_KINDS], hosts[MEDIA_HOSTS_MAX];
	struct object_builder o;

	for (size_t i = 0; i < m->count; i++)
		parts[i] = describe_part(cli, &m->parts[i]);
	for (size_t i = 0; i < m->host_count; i++)
		hosts[i] = value_string(cli->arena, m->hosts[i]);
	object_builder_init(&o, cli->arena, 9);
	add(cli, &o, "id", m->id);
	(void)object_builder_add_text(&o, "created", value_int(m->created));
	(void)object_builder_add_text(&o, "expires", value_int(m->expires));
	(void)object_builder_add_text(&o, "number", value_int(m->number));
	(void)object_builder_add_text(
	    &o, "hosts", value_array(cli->arena, hosts, m->host_count));
	(void)object_builder_add_text(&o, "parts", value_array(cli->arena, parts, m->count));
	add(cli, &o, "kid", m->kid);
	(void)object_builder_add_text(&o, "verified", value_bool(m->key.len > 0));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

void
media_print(struct cli *cli, const struct media *m)
{
	if (cli->json) {
		cli_print_json(cli, describe(cli, m));
		return;
	}
	buf_printf(&cli->out, "Delivery: %s\nCreated: %.*s\n", cli->rest[0],
	    STR_FMT(cli_time(cli, m->created)));
	if (m->expires > 0)
		buf_printf(&cli->out, "Expires: %.*s\n", STR_FMT(cli_time(cli, m->expires)));
	if (m->number > 0)
		buf_printf(&cli->out, "Number: %lld\n", (long long)m->number);
	buf_add_text(&cli->out, "Hosts:");
	for (size_t i = 0; i < m->host_count; i++)
		buf_printf(&cli->out, " %.*s", STR_FMT(m->hosts[i]));
	buf_printf(&cli->out, "%s\nSigned: by key %.*s%s\n", m->host_count == 0 ? " all" : "",
	    STR_FMT(m->kid), m->key.len > 0 ? " (verified)" : "");
	for (size_t i = 0; i < m->count; i++)
		buf_printf(&cli->out, "Part: %-12s %10zu bytes  sha256 %.*s  %.*s\n",
		    media_kind_name(m->parts[i].kind), m->parts[i].bytes.len,
		    STR_FMT(str_cut(m->parts[i].sha256, DIGEST_SHOWN)),
		    STR_FMT(m->parts[i].revision));
}

/* ---- what came of it ---- */

static void
print_applied_json(
    struct cli *cli, const struct apply_options *o, const struct apply_result *r)
{
	value_t parts[MEDIA_KINDS];
	struct object_builder all;

	for (size_t i = 0; i < r->media.count; i++) {
		const struct change *c = &r->transaction.changes[i];
		struct object_builder p;

		object_builder_init(&p, cli->arena, 6);
		add(cli, &p, "kind", str_of(c->kind));
		add(cli, &p, "target", str_of(c->target));
		add(cli, &p, "sha256", str_of(c->sha256));
		add(cli, &p, "revision", r->revisions[i]);
		(void)object_builder_add_text(&p, "previous",
		    c->existed ? value_text(cli->arena, c->previous) : value_null());
		parts[i] = object_builder_freeze(&p, OBJECT_LAST_WINS, NULL);
	}
	object_builder_init(&all, cli->arena, 7);
	(void)object_builder_add_text(&all, "dry_run", value_bool(o->dry_run));
	add(cli, &all, "host", o->host);
	add(cli, &all, "media", r->media.id);
	(void)object_builder_add_text(
	    &all, "parts", value_array(cli->arena, parts, r->media.count));
	(void)object_builder_add_text(&all, "reloaded", value_bool(r->reloaded));
	(void)object_builder_add_text(&all, "restarted", value_bool(r->restarted));
	cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
}

static const char *
say_change(const struct change *c)
{
	return !c->existed                           ? "new"
	       : strcmp(c->sha256, c->previous) == 0 ? "the same"
						     : "changed";
}

void
media_print_applied(
    struct cli *cli, const struct apply_options *o, const struct apply_result *r)
{
	if (cli->json) {
		print_applied_json(cli, o, r);
		return;
	}
	for (size_t i = 0; i < r->media.count; i++)
		buf_printf(&cli->out, "%-12s %s: %s  %.*s\n", r->transaction.changes[i].kind,
		    r->transaction.changes[i].target, say_change(&r->transaction.changes[i]),
		    STR_FMT(r->revisions[i]));
	if (o->dry_run) {
		buf_printf(&cli->out, "Delivery verified. Nothing was changed (--dry-run).\n");
		return;
	}
	if (r->recovered != TRANSACTION_CLEAN)
		buf_add_text(&cli->out,
		    r->recovered == TRANSACTION_UNDONE
			? "A delivery that was broken off before was undone first.\n"
			: "A delivery before was finished first.\n");
	buf_printf(&cli->out,
	    "Delivery verified and applied. %zu parts in place; the sidecar %s.\n",
	    r->media.count,
	    r->restarted  ? "was restarted and serves"
	    : r->reloaded ? "has reloaded"
			  : "takes them at its next start");
	if (!r->restarted && media_find(&r->media, MEDIA_BINARY) != NULL)
		buf_add_text(&cli->out, "The new program runs from the next restart on "
					"(--restart COMMAND does it).\n");
	if (o->receipt_path != NULL)
		buf_printf(&cli->out, "Receipt: %s\n", o->receipt_path);
}

/* ---- receipts ---- */

/* Of each host and kind, the last receipt that was applied; 0: a later one says more. */
static bool
is_latest(const struct receipt *all, size_t count, const struct receipt *r,
    const struct receipt_part *p)
{
	for (size_t i = 0; i < count; i++) {
		const struct receipt *other = &all[i];

		if (other == r || !str_eq(other->host, r->host) ||
		    !str_eq(other->key, r->key) || !str_eq(other->result, STR("applied")) ||
		    (other->time < r->time || (other->time == r->time && other < r)))
			continue;
		for (size_t k = 0; k < other->count; k++)
			if (str_eq(other->parts[k].kind, p->kind))
				return false;
	}
	return true;
}

static value_t
describe_state(struct cli *cli, const struct receipt *r, const struct receipt_part *p)
{
	struct object_builder o;

	object_builder_init(&o, cli->arena, 12);
	add(cli, &o, "host", r->host);
	add(cli, &o, "host_key", r->key);
	(void)object_builder_add_text(&o, "host_known", value_bool(r->known));
	add(cli, &o, "result", r->result);
	add(cli, &o, "kind", p->kind);
	add(cli, &o, "revision", p->revision);
	add(cli, &o, "sha256", p->sha256);
	add(cli, &o, "previous", p->previous);
	(void)object_builder_add_text(&o, "since", value_int(r->time));
	add(cli, &o, "media", r->media_id);
	(void)object_builder_add_text(&o, "media_number", value_int(r->media_number));
	(void)object_builder_add_text(&o, "running", value_bool(r->reloaded));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static void
print_state(struct cli *cli, const struct receipt *r, const struct receipt_part *p)
{
	buf_printf(&cli->out, "%-20.*s %-12.*s %-24.*s %.*s  since %.*s%s\n", STR_FMT(r->host),
	    STR_FMT(p->kind), STR_FMT(p->revision), STR_FMT(str_cut(p->sha256, DIGEST_SHOWN)),
	    STR_FMT(cli_time(cli, r->time)), r->reloaded ? "" : " (from the next start on)");
}

static void
print_rollback(struct cli *cli, const struct receipt *r)
{
	buf_printf(&cli->out, "%-20.*s rolled back at %.*s: %.*s\n", STR_FMT(r->host),
	    STR_FMT(cli_time(cli, r->time)), STR_FMT(r->reason));
}

void
media_print_report(struct cli *cli, const struct receipt *all, size_t count)
{
	value_t *states = ARENA_ARRAY(cli->arena, value_t, count * TRANSACTION_CHANGES_MAX);
	size_t found = 0;

	for (size_t i = 0; states != NULL && i < count; i++) {
		bool applied = str_eq(all[i].result, STR("applied"));

		for (size_t k = 0; k < all[i].count; k++) {
			const struct receipt_part *p = &all[i].parts[k];

			if (applied && !is_latest(all, count, &all[i], p))
				continue;
			if (cli->json)
				states[found++] = describe_state(cli, &all[i], p);
			else if (applied)
				print_state(cli, &all[i], p);
		}
		if (!applied && !cli->json)
			print_rollback(cli, &all[i]);
	}
	if (cli->json)
		cli_print_json(cli, value_array_of(states, found));
}
