/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core token: what is in a token, and whether it is believed.
 *
 * `verify` takes the token exactly as it is given: no "Bearer ", no blank, no line end is
 * forgiven, also on standard input.  `inspect` is for people and reads what they paste.
 */
#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "config/config.h"
#include "config/issuer.h"
#include "crypt/digest.h"
#include "crypt/secret.h"
#include "token/issuers.h"
#include "token/local.h"

enum { PREFIX_HEX = 12 };

extern char **environ;

const struct cli_spec cmd_token_verify_options[] = {
	{ "--jwks", NULL, "FILE", "the key set (JWKS or PEM)" },
	{ "--issuer", NULL, "TEXT", "iss must be this; may be repeated" },
	{ "--audience", NULL, "TEXT", "aud must have this; may be repeated" },
	{ "--algorithm", NULL, "NAME",
	    "an algorithm that is allowed; may be repeated (all but MACs)" },
	{ "--leeway", NULL, "SECONDS", "how far clocks may differ (0)" },
	{ "--at", NULL, "UNIX", "as if it were this time" },
	{ 0 },
};

const struct cli_spec cmd_token_inspect_options[] = {
	{ "--config", NULL, "FILE",
	    "the sidecar's configuration (found as the sidecar finds it)" },
	{ "--at", NULL, "UNIX", "as if it were this time" },
	{ 0 },
};

static str_t
token_prefix(struct cli *cli, str_t token)
{
	char hex[SHA256_HEX_SIZE];

	digest_sha256_hex(token, hex);
	return arena_str(cli->arena, str_make(hex, PREFIX_HEX));
}

/* ---- verify ---- */

static const str_t *
list_values(struct cli *cli, const char *option, size_t *ret_count)
{
	const char *const *values;
	int count = cli_values(cli, option, &values);
	str_t *list = ARENA_ARRAY(cli->arena, str_t, (size_t)count);

	for (int i = 0; list != NULL && i < count; i++)
		list[i] = str_of(values[i]);
	*ret_count = list != NULL ? (size_t)count : 0;
	return list;
}

static err_t
read_algorithms(struct cli *cli, algorithm_set_t *ret)
{
	size_t count;
	const str_t *names = list_values(cli, "--algorithm", &count);

	for (size_t i = 0; i < count; i++) {
		enum algorithm a = algorithm_find(names[i]);

		if (a == ALGORITHM_NONE || !(algorithm_set_asymmetric() & ALGORITHM_BIT(a))) {
			diag_say(&cli->diag, "usage",
			    "--algorithm takes RS256, ES256, EdDSA and the like, not %.*s",
			    STR_FMT(names[i]));
			return ERR_USAGE;
		}
		*ret |= ALGORITHM_BIT(a);
	}
	return ERR_OK;
}

static err_t
read_rules(struct cli *cli, struct jwt_rules *rules)
{
	struct claim_rules *claims = &rules->claims;

	TRY(read_algorithms(cli, &rules->jws.algorithms));
	claims->issuers = list_values(cli, "--issuer", &claims->issuer_count);
	claims->audiences = list_values(cli, "--audience", &claims->audience_count);
	TRY(cli_number(cli, "--leeway", 0, &claims->leeway));
	if (claims->leeway > CLAIMS_LEEWAY_MAX) {
		diag_say(&cli->diag, "usage", "--leeway takes at most %d seconds",
		    CLAIMS_LEEWAY_MAX);
		return ERR_USAGE;
	}
	return ERR_OK;
}

/* A key set that is refused leaves none, as with the sidecar. */
static err_t
read_keys(struct cli *cli, const char *path, size_t most, struct jwks **ret)
{
	str_t text;
	err_t err;

	TRY(cli_read(cli, path, &text));
	err = jwks_new_from_file(text, str_of(path), most, &cli->diag, ret);
	return err == ERR_MEMORY ? err : ERR_OK;
}

static err_t
tell(struct cli *cli, const struct jwt *jwt, str_t token)
{
	const char *reason = token_reason_name(jwt->reason);

	if (jwt->reason == TOKEN_NONE) {
		cli_print_json(cli, jwt->claims);
		return ERR_OK;
	}
	diag_say(&cli->diag, "token", "%s", token_reason_text(jwt->reason));
	if (token.len > 0 && token.data[token.len - 1] == '\n')
		diag_hint(&cli->diag, cli->diag.first,
		    "a line end behind the token is no part of it: printf %%s, not echo");
	if (cli->json)
		buf_printf(&cli->out, "{\"reason\": \"%s\"}\n", reason);
	else
		buf_printf(&cli->out, "%s\n", reason);
	return jwt->reason == TOKEN_MEMORY ? ERR_MEMORY : ERR_TOKEN;
}

err_t
cmd_token_verify(struct cli *cli)
{
	const char *path = cli_value(cli, "--jwks");
	struct verify_context *context;
	struct jwt_rules rules = { .type_count = 0 };
	struct jwks *keys = NULL;
	struct jwt jwt;
	str_t token = str_of(cli->rest[0]);
	int64_t now;
	err_t err;

	if (path == NULL) {
		diag_say(&cli->diag, "usage", "--jwks is needed");
		return ERR_USAGE;
	}
	TRY(read_rules(cli, &rules));
	TRY(cli_number(cli, "--at", clock_wall_s(&clock_system), &now));
	if (strcmp(cli->rest[0], "-") == 0)
		TRY(cli_read(cli, "-", &token));
	TRY(read_keys(cli, path, JWKS_KEYS_MAX, &keys));
	context = verify_context_new();
	if (context == NULL) {
		jwks_free(&keys);
		return ERR_MEMORY;
	}
	(void)!jwt_verify(cli->arena, token, &rules, keys, context, now, &jwt);
	err = tell(cli, &jwt, token);
	verify_context_free(&context);
	jwks_free(&keys);
	return err;
}

/* ---- inspect ---- */

struct inspection {
	str_t token;
	struct jwt jwt;
	value_t claims; /* also of a token that is not believed; VALUE_NONE: unreadable */
	const char *signature; /* what became of it */
	str_t note; /* what could not be looked at */
	bool by_local_key;
	int64_t now, leeway;
};

/* The sidecar's key sets, each read once. */
struct sets {
	str_t *paths;
	struct jwks **at;
	size_t count;
};

static const struct jwks *
get_set(struct cli *cli, const struct config *c, str_t path, struct sets *sets)
{
	struct jwks *set = NULL;
	struct buf text;

	for (size_t i = 0; i < sets->count; i++)
		if (str_eq(sets->paths[i], path))
			return sets->at[i];
	buf_init(&text, JWKS_TEXT_MAX);
	if (file_read(NULL, path.data, FILE_ANY, &text, &cli->diag) == ERR_OK)
		(void)!jwks_new_from_file(
		    buf_str(&text), path, (size_t)c->auth_jwks_max_keys, &cli->diag, &set);
	diag_keep(&cli->diag);
	buf_fini(&text);
	sets->paths[sets->count] = path;
	sets->at[sets->count++] = set;
	return set;
}

static struct issuer
make_issuer(struct cli *cli, const struct config *c, const struct config_issuer *from,
    struct sets *sets)
{
	struct issuer issuer = {
		.name = from->issuer,
		.keys = get_set(cli, c, from->jwks_path, sets),
		.rules.claims = { .audiences = from->audiences.at,
		    .audience_count = from->audiences.count,
		    .leeway = from->leeway_secs },
	};

	for (size_t i = 0; i < from->algorithms.count; i++)
		issuer.rules.jws.algorithms |=
		    ALGORITHM_BIT(algorithm_find(from->algorithms.at[i]));
	return issuer;
}

static err_t
make_issuers(struct cli *cli, const struct config *c, struct sets *sets, struct issuers *ret)
{
	size_t count = c->auth_issuers.count;
	struct issuer *entries = ARENA_ARRAY(cli->arena, struct issuer, count), any;
	struct config_issuer one = {
		.jwks_path = c->auth_jwks_path,
		.audiences = c->auth_audiences,
		.algorithms = c->auth_algorithms,
		.leeway_secs = c->auth_leeway_secs,
	};

	sets->paths = ARENA_ARRAY(cli->arena, str_t, count + 1);
	sets->at = ARENA_ARRAY(cli->arena, struct jwks *, count + 1);
	if (arena_failed(cli->arena))
		return ERR_MEMORY;
	any = make_issuer(cli, c, &one, sets);
	for (size_t i = 0; i < count; i++) {
		if (config_issuer_read(cli->arena, c, c->auth_issuers.at[i], &one).len > 0)
			return ERR_CONFIG;
		entries[i] = make_issuer(cli, c, &one, sets);
	}
	return issuers_make(cli->arena, &any, entries, count, ret);
}

/* The sidecar's own tokens are under a secret that whoever asks here may be unable to read. */
static void
try_local_key(struct cli *cli, const struct config *c, struct inspection *in)
{
	struct local_key *key = NULL;
	struct jwt jwt;
	struct buf text;

	if (c->auth_local_key_path.len == 0)
		return;
	buf_init(&text, LOCAL_KEY_MAX + 1);
	if (file_read(NULL, c->auth_local_key_path.data, FILE_SECRET, &text, NULL) != ERR_OK ||
	    local_key_new(buf_str(&text), c->auth_local_issuer, NULL, &key) != ERR_OK) {
		in->note = arena_printf(cli->arena,
		    "; %.*s cannot be read here, so a token of the sidecar's own is not known",
		    STR_FMT(c->auth_local_key_path));
	} else {
		(void)!local_verify(
		    key, cli->arena, in->token, c->auth_leeway_secs, in->now, &jwt);
		in->jwt = jwt;
		in->by_local_key = true;
	}
	secret_wipe(text.data, text.len);
	buf_fini(&text);
	local_key_free(&key);
}

/* Reasons behind the signature in reason.def say that it was right. */
static const char *
judge_signature(const struct inspection *in)
{
	enum token_reason reason = in->jwt.reason;

	if (reason == TOKEN_SIGNATURE)
		return "does not verify";
	if (reason == TOKEN_NONE ||
	    (reason > TOKEN_SIGNATURE && in->jwt.jws.payload.data != NULL) ||
	    (reason == TOKEN_TYPE && in->jwt.jws.payload.data != NULL))
		return "verified";
	return "not checked";
}

static err_t
ask_sidecar(struct cli *cli, struct inspection *in)
{
	const char *path = cli_value(cli, "--config");
	struct config_inputs inputs = { .path = str_of(path), .environment = environ };
	struct verify_context *context;
	struct sets sets = { .count = 0 };
	struct issuers issuers;
	struct config c;
	err_t err;

	TRY(config_load(cli->arena, &inputs, &cli->diag, &c));
	context = verify_context_new();
	err = context == NULL ? ERR_MEMORY : make_issuers(cli, &c, &sets, &issuers);
	if (err == ERR_OK) {
		(void)!issuers_verify(
		    &issuers, cli->arena, in->token, context, in->now, &in->jwt);
		if (in->jwt.reason == TOKEN_ALGORITHM)
			try_local_key(cli, &c, in);
		in->signature = judge_signature(in);
		if (c.environment == CONFIG_DEVELOPMENT && in->jwt.reason == TOKEN_NO_KEYS)
			in->note = STR("; but in development, while no key set is there, any "
				       "well-formed token is believed");
	}
	in->jwt.jws.key = NULL; /* of a set that goes now */
	for (size_t i = 0; i < sets.count; i++)
		jwks_free(&sets.at[i]);
	verify_context_free(&context);
	return err;
}

static value_t
read_claims(struct cli *cli, const struct inspection *in)
{
	value_t claims = VALUE_NONE;
	str_t payload;

	if (base64url_read(cli->arena, in->jwt.jws.payload_text, &payload) != ERR_OK ||
	    jws_read_object(cli->arena, payload, &claims) != ERR_OK)
		return VALUE_NONE;
	return claims;
}

/* ---- inspect: telling ---- */

static str_t
distance(struct cli *cli, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "days" }, { 3600, "hours" }, { 60, "minutes" },
		{ 1, "seconds" } };
	int64_t far = seconds < 0 ? -seconds : seconds;
	size_t i = 0;

	while (i + 1 < COUNT(units) && far < 2 * units[i].seconds)
		i++;
	return arena_printf(cli->arena, seconds < 0 ? "%lld %s ago" : "in %lld %s",
	    (long long)(far / units[i].seconds), units[i].name);
}

static str_t
time_in_words(struct cli *cli, const struct inspection *in, const char *name)
{
	value_t v = value_object_get_text(in->claims, name);

	if (v.tag != VALUE_INT || v.integer < 0 || v.integer > CLAIMS_TIME_MAX)
		return STR_NONE;
	return arena_printf(cli->arena, "%.*s, %.*s", STR_FMT(cli_time(cli, v.integer)),
	    STR_FMT(distance(cli, v.integer - in->now)));
}

static const char *const time_names[] = { "iat", "nbf", "exp" };

static str_t
verdict(struct cli *cli, const struct inspection *in)
{
	if (in->jwt.reason == TOKEN_NONE)
		return arena_printf(cli->arena, "believes it%s, unless it was revoked",
		    in->by_local_key ? " as one of its own" : "");
	return arena_printf(cli->arena, "refuses it: %s (%s)%.*s",
	    token_reason_name(in->jwt.reason), token_reason_text(in->jwt.reason),
	    STR_FMT(in->note));
}

static void
print_text(struct cli *cli, const struct inspection *in)
{
	buf_printf(&cli->out, "Token: SHA-256 %.*s…, %zu bytes\n",
	    STR_FMT(token_prefix(cli, in->token)), in->token.len);
	if (value_is_defined(in->jwt.jws.header)) {
		buf_add_text(&cli->out, "Header: ");
		json_write(&cli->out, in->jwt.jws.header);
		buf_add_char(&cli->out, '\n');
	}
	if (value_is_defined(in->claims)) {
		buf_add_text(&cli->out, "Claims: ");
		json_write_pretty(&cli->out, in->claims, STR(""), STR("  "));
		buf_add_char(&cli->out, '\n');
	}
	for (size_t i = 0; i < COUNT(time_names); i++) {
		str_t words = time_in_words(cli, in, time_names[i]);

		if (words.len > 0)
			buf_printf(&cli->out, "%s: %.*s\n", time_names[i], STR_FMT(words));
	}
	buf_printf(&cli->out, "Signature: %s\n", in->signature);
	buf_printf(&cli->out, "Sidecar: %.*s\n", STR_FMT(verdict(cli, in)));
}

static void
print_json(struct cli *cli, const struct inspection *in)
{
	struct object_builder o, times;

	object_builder_init(&times, cli->arena, COUNT(time_names));
	for (size_t i = 0; i < COUNT(time_names); i++) {
		str_t words = time_in_words(cli, in, time_names[i]);

		if (words.len > 0)
			(void)object_builder_add_text(
			    &times, time_names[i], value_string(cli->arena, words));
	}
	object_builder_init(&o, cli->arena, 8);
	(void)object_builder_add_text(
	    &o, "sha256", value_string(cli->arena, token_prefix(cli, in->token)));
	if (value_is_defined(in->jwt.jws.header))
		(void)object_builder_add_text(&o, "header", in->jwt.jws.header);
	if (value_is_defined(in->claims))
		(void)object_builder_add_text(&o, "claims", in->claims);
	(void)object_builder_add_text(
	    &o, "times", object_builder_freeze(&times, OBJECT_LAST_WINS, NULL));
	(void)object_builder_add_text(&o, "signature", value_text(cli->arena, in->signature));
	(void)object_builder_add_text(
	    &o, "accepted", value_bool(in->jwt.reason == TOKEN_NONE));
	(void)object_builder_add_text(
	    &o, "reason", value_text(cli->arena, token_reason_name(in->jwt.reason)));
	(void)object_builder_add_text(
	    &o, "sidecar", value_string(cli->arena, verdict(cli, in)));
	cli_print_json(cli, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

err_t
cmd_token_inspect(struct cli *cli)
{
	struct inspection in = { .token = str_of(cli->rest[0]), .claims = VALUE_NONE };

	TRY(cli_number(cli, "--at", clock_wall_s(&clock_system), &in.now));
	if (strcmp(cli->rest[0], "-") == 0)
		TRY(cli_read(cli, "-", &in.token));
	in.token = str_trim_space(jwt_strip_bearer(str_trim_space(in.token)));
	TRY(ask_sidecar(cli, &in));
	in.claims = read_claims(cli, &in);
	if (cli->json)
		print_json(cli, &in);
	else
		print_text(cli, &in);
	return in.jwt.reason == TOKEN_NONE ? ERR_OK : ERR_NEGATIVE;
}
