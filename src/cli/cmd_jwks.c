/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core jwks: which keys tokens are checked with, whether they are any good, and in which form.
 */
#include "base/clock.h"
#include "base/file.h"
#include "cli/key_list.h"
#include "codec/json.h"
#include "token/jwks.h"

enum { DAY_S = 86400, OUTPUT_MODE = 0644, OUTPUT_MAX = 64 << 20, DAYS_MAX = 1000000 };

const struct cli_spec cmd_jwks_inspect_options[] = {
	{ "--at", NULL, "UNIX", "as if it were this time" },
	{ 0 },
};

const struct cli_spec cmd_jwks_check_options[] = {
	{ "--remind-before", NULL, "DAYS",
	    "a key that expires within so many days is a finding" },
	{ "--at", NULL, "UNIX", "as if it were this time" },
	{ 0 },
};

const struct cli_spec cmd_jwks_convert_options[] = {
	{ "--to", NULL, "jwks|jwk|pem", "the form (jwks)" },
	{ "--output", "-o", "FILE", "where it goes (stdout)" },
	{ 0 },
};

/* ---- inspect ---- */

static str_t
age_of(struct cli *cli, const struct key_list *list, const struct listed_key *k, int64_t now)
{
	int64_t since = k->since_s > 0 ? k->since_s : list->file_s;

	if (since == 0 || since > now)
		return STR("not known");
	return arena_printf(cli->arena, "%lld days (since %.*s, %s)",
	    (long long)(now - since) / DAY_S, STR_FMT(cli_time(cli, since)),
	    k->since_s > 0 ? "as the key says" : "when the file was written");
}

static str_t
expiry_of(struct cli *cli, const struct listed_key *k, int64_t now)
{
	if (k->expires_s == 0)
		return STR("never");
	if (k->expires_s <= now)
		return arena_printf(
		    cli->arena, "%.*s: it has expired", STR_FMT(cli_time(cli, k->expires_s)));
	return arena_printf(cli->arena, "%.*s: in %lld days",
	    STR_FMT(cli_time(cli, k->expires_s)), (long long)(k->expires_s - now) / DAY_S);
}

static void
print_line(struct cli *cli, const char *name, str_t text)
{
	if (text.len > 0)
		buf_printf(&cli->out, "  %-12s%.*s\n", name, STR_FMT(text));
}

static void
print_key(struct cli *cli, const struct key_list *list, size_t i, int64_t now)
{
	const struct listed_key *k = &list->at[i];

	buf_printf(&cli->out, "%.*s\n", STR_FMT(key_list_name(cli, list, i)));
	print_line(cli, "type",
	    k->key == NULL ? k->kty
			   : arena_printf(cli->arena, "%s, %u bits",
				 key_kind_name(key_kind(k->key)), key_bits(k->key)));
	print_line(cli, "algorithm", k->alg);
	print_line(cli, "use", k->use);
	print_line(cli, "thumbprint", k->key != NULL ? key_thumbprint(k->key) : STR_NONE);
	print_line(cli, "age", age_of(cli, list, k, now));
	print_line(cli, "expires", expiry_of(cli, k, now));
	print_line(cli, "not used", k->problem);
	if (k->is_private)
		print_line(
		    cli, "warning", STR("the file shows its private part: replace the key"));
}

static void
add_text(struct cli *cli, struct object_builder *o, const char *name, str_t text)
{
	if (text.len > 0)
		(void)object_builder_add_text(o, name, value_string(cli->arena, text));
}

static value_t
describe(struct cli *cli, const struct key_list *list, const struct listed_key *k)
{
	int64_t since = k->since_s > 0 ? k->since_s : list->file_s;
	struct object_builder o;

	object_builder_init(&o, cli->arena, 12);
	if (k->has_kid)
		(void)object_builder_add_text(&o, "kid", value_string(cli->arena, k->kid));
	add_text(cli, &o, "kty", k->kty);
	add_text(cli, &o, "alg", k->alg);
	add_text(cli, &o, "use", k->use);
	if (k->key != NULL) {
		(void)object_builder_add_text(&o, "bits", value_int(key_bits(k->key)));
		add_text(cli, &o, "thumbprint", key_thumbprint(k->key));
	}
	if (since > 0)
		(void)object_builder_add_text(&o, "since", value_int(since));
	if (k->expires_s > 0)
		(void)object_builder_add_text(&o, "expires", value_int(k->expires_s));
	(void)object_builder_add_text(&o, "private", value_bool(k->is_private));
	(void)object_builder_add_text(&o, "used", value_bool(k->problem.len == 0));
	add_text(cli, &o, "problem", k->problem);
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

err_t
cmd_jwks_inspect(struct cli *cli)
{
	struct key_list list;
	value_t *items;
	int64_t now;

	TRY(cli_number(cli, "--at", clock_wall_s(&clock_system), &now));
	TRY(key_list_read(cli, cli->rest[0], &list));
	items = ARENA_ARRAY(cli->arena, value_t, list.count);
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		if (cli->json)
			items[i] = describe(cli, &list, &list.at[i]);
		else
			print_key(cli, &list, i, now);
	}
	if (cli->json)
		cli_print_json(cli, value_array_of(items, list.count));
	key_list_free(&list);
	return items != NULL ? ERR_OK : ERR_MEMORY;
}

/* ---- check ---- */

static void
check_expiry(
    struct cli *cli, str_t name, const struct listed_key *k, int64_t now, int64_t remind_s)
{
	if (k->expires_s > 0 && k->expires_s <= now)
		diag_say(&cli->diag, "jwks", "%.*s has expired (%.*s)", STR_FMT(name),
		    STR_FMT(cli_time(cli, k->expires_s)));
	else if (k->expires_s > 0 && k->expires_s - now < remind_s)
		diag_say(&cli->diag, "jwks",
		    "%.*s expires in %lld days (%.*s): bring its successor", STR_FMT(name),
		    (long long)(k->expires_s - now) / DAY_S,
		    STR_FMT(cli_time(cli, k->expires_s)));
}

static void
check_twins(struct cli *cli, const struct key_list *list, size_t i, str_t name)
{
	const struct listed_key *k = &list->at[i];

	for (size_t j = 0; j < i; j++) {
		const struct listed_key *other = &list->at[j];

		if (k->has_kid && other->has_kid && str_eq(k->kid, other->kid)) {
			diag_say(&cli->diag, "jwks",
			    "%.*s has the kid of key %zu: tokens that name it are refused",
			    STR_FMT(name), j + 1);
			return;
		}
		if (k->key != NULL && other->key != NULL && key_same(k->key, other->key)) {
			(void)diag_add(&cli->diag, DIAG_WARNING, "jwks",
			    (struct diag_place){ .row = 0 }, "%.*s is the same as key %zu",
			    STR_FMT(name), j + 1);
			return;
		}
	}
}

static void
check_key(
    struct cli *cli, const struct key_list *list, size_t i, int64_t now, int64_t remind_s)
{
	const struct listed_key *k = &list->at[i];
	str_t name = key_list_name(cli, list, i);

	if (k->problem.len > 0)
		diag_say(&cli->diag, "jwks", "%.*s is not used: %.*s", STR_FMT(name),
		    STR_FMT(k->problem));
	if (k->is_private)
		diag_say(&cli->diag, "jwks", "%.*s shows its private part: replace the key",
		    STR_FMT(name));
	if (!k->has_kid && list->count > 1)
		(void)diag_add(&cli->diag, DIAG_WARNING, "jwks",
		    (struct diag_place){ .row = 0 },
		    "%.*s has no kid: no token that names its key is checked with it",
		    STR_FMT(name));
	check_expiry(cli, name, k, now, remind_s);
	check_twins(cli, list, i, name);
}

/* What the sidecar itself makes of the file; its warnings about keys were said already. */
static err_t
check_whole(struct cli *cli, const struct key_list *list)
{
	struct jwks *set = NULL;
	struct diag said;
	err_t err;

	diag_init(&said, cli->arena, JWKS_KEYS_DEFAULT + 1);
	err = jwks_new_from_file(list->text, str_of(cli->rest[0]), JWKS_KEYS_MAX, &said, &set);
	for (const struct diag_finding *f = said.first; f != NULL; f = f->next)
		if (f->level == DIAG_ERROR)
			diag_say(&cli->diag, "jwks", "%.*s", STR_FMT(f->message));
	if (err == ERR_OK)
		buf_printf(&cli->out, "%s: %zu of %zu keys are used\n", cli->rest[0],
		    jwks_count(set), list->count);
	jwks_free(&set);
	return err == ERR_MEMORY ? err : ERR_OK;
}

err_t
cmd_jwks_check(struct cli *cli)
{
	struct key_list list;
	int64_t now, days;
	err_t err;

	TRY(cli_number(cli, "--at", clock_wall_s(&clock_system), &now));
	TRY(cli_number(cli, "--remind-before", 0, &days));
	if (days > DAYS_MAX)
		days = DAYS_MAX;
	TRY(key_list_read(cli, cli->rest[0], &list));
	for (size_t i = 0; i < list.count; i++)
		check_key(cli, &list, i, now, days * DAY_S);
	err = check_whole(cli, &list);
	key_list_free(&list);
	return err == ERR_OK && cli->diag.error_count > 0 ? ERR_KEY : err;
}

/* ---- convert ---- */

/* Public members of the key, and what was said about it. */
static err_t
make_jwk(struct cli *cli, const struct listed_key *k, value_t *ret)
{
	static const char *const kept[] = { "kid", "alg", "use", "key_ops", "iat", "nbf",
		"exp" };
	struct buf text;
	value_t jwk;
	err_t err;

	buf_init(&text, OUTPUT_MAX);
	key_write_jwk(&text, k->key);
	err = buf_failed(&text) ? ERR_LIMIT
				: json_read(cli->arena, arena_str(cli->arena, buf_str(&text)),
				      NULL, NULL, &jwk);
	buf_fini(&text);
	TRY(err);
	if (!value_is_defined(k->jwk)) {
		jwk = value_object_with(cli->arena, jwk, value_text(cli->arena, "kid"),
		    value_string(cli->arena, k->kid));
		jwk = value_object_with(cli->arena, jwk, value_text(cli->arena, "use"),
		    value_text(cli->arena, "sig"));
	}
	for (size_t i = 0; i < COUNT(kept); i++) {
		value_t v = value_object_get_text(k->jwk, kept[i]);

		if (value_is_defined(v))
			jwk = value_object_with(
			    cli->arena, jwk, value_text(cli->arena, kept[i]), v);
	}
	*ret = jwk;
	return arena_failed(cli->arena) ? ERR_MEMORY : ERR_OK;
}

static err_t
write_json(struct cli *cli, const struct key_list *list, bool as_one, struct buf *out)
{
	value_t *items = ARENA_ARRAY(cli->arena, value_t, list->count);
	value_t document;

	if (items == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < list->count; i++)
		TRY(make_jwk(cli, &list->at[i], &items[i]));
	if (as_one) {
		document = items[0];
	} else {
		struct object_builder o;

		object_builder_init(&o, cli->arena, 1);
		(void)object_builder_add_text(&o, "keys", value_array_of(items, list->count));
		document = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	}
	json_write_pretty(out, document, STR(""), STR("  "));
	buf_add_char(out, '\n');
	return ERR_OK;
}

static err_t
write_form(struct cli *cli, const struct key_list *list, const char *form, struct buf *out)
{
	if (strcmp(form, "jwks") == 0)
		return write_json(cli, list, false, out);
	if (strcmp(form, "jwk") == 0 && list->count != 1) {
		diag_say(&cli->diag, "jwks", "a JWK is one key; %s has %zu", cli->rest[0],
		    list->count);
		return ERR_KEY;
	}
	if (strcmp(form, "jwk") == 0)
		return write_json(cli, list, true, out);
	for (size_t i = 0; i < list->count; i++)
		TRY(key_write_pem_public(out, list->at[i].key));
	return ERR_OK;
}

/* All keys or none: a set that lost one on the way would be found out too late. */
static err_t
check_usable(struct cli *cli, const struct key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].problem.len > 0 || list->at[i].key == NULL)
			diag_say(&cli->diag, "jwks", "%.*s cannot be used: %.*s",
			    STR_FMT(key_list_name(cli, list, i)),
			    STR_FMT(list->at[i].problem));
	if (list->count == 0)
		diag_say(&cli->diag, "jwks", "%s has no key", cli->rest[0]);
	return cli->diag.error_count > 0 ? ERR_KEY : ERR_OK;
}

err_t
cmd_jwks_convert(struct cli *cli)
{
	const char *form = cli_value(cli, "--to"), *path = cli_value(cli, "--output");
	struct key_list list;
	struct buf text;
	err_t err;

	form = form != NULL ? form : "jwks";
	if (strcmp(form, "jwks") != 0 && strcmp(form, "jwk") != 0 &&
	    strcmp(form, "pem") != 0) {
		diag_say(&cli->diag, "usage", "--to takes jwks, jwk or pem, not %s", form);
		return ERR_USAGE;
	}
	TRY(key_list_read(cli, cli->rest[0], &list));
	buf_init(&text, OUTPUT_MAX);
	err = check_usable(cli, &list);
	if (err == ERR_OK)
		err = write_form(cli, &list, form, &text);
	if (err == ERR_OK && buf_failed(&text))
		err = ERR_LIMIT;
	if (err == ERR_OK && path != NULL)
		err = file_replace(NULL, path, OUTPUT_MODE, buf_str(&text), &cli->diag);
	else if (err == ERR_OK)
		buf_add_str(&cli->out, buf_str(&text));
	buf_fini(&text);
	key_list_free(&list);
	return err;
}
