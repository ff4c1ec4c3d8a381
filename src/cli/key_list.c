/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_list.h"

#include <sys/stat.h>

#include "codec/json.h"
#include "token/jwks.h"
#include "value/number.h"

static const str_t pem_begin = { "-----BEGIN ", 11 };

static str_t
text_member(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static int64_t
time_member(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);
	int64_t seconds = 0;

	if (value_is_number(v))
		(void)number_to_int64(v, &seconds);
	return seconds > 0 ? seconds : 0;
}

/* "key 1 is not used: the reason" without what is said anyway. */
static str_t
reason_of(const struct diag *diag)
{
	static const str_t marks[] = { { " is not used: ", 14 },
		{ "the key is not usable: ", 23 } };
	str_t text = diag_first_message(diag);

	for (size_t i = 0; i < COUNT(marks); i++) {
		size_t at = str_find(text, marks[i], 0);

		if (at < text.len)
			text = str_skip(text, at + marks[i].len);
	}
	return text;
}

/* ---- JSON ---- */

static void
list_jwk(struct cli *cli, value_t object, struct listed_key *k)
{
	value_t kid = value_object_get_text(object, "kid");
	struct jwk jwk = { .key = NULL };
	struct diag why;

	diag_init(&why, cli->arena, 4);
	*k = (struct listed_key){
		.jwk = object,
		.kid = text_member(object, "kid"),
		.has_kid = value_is_string(kid),
		.kty = text_member(object, "kty"),
		.alg = text_member(object, "alg"),
		.use = text_member(object, "use"),
		.is_private = value_is_defined(value_object_get_text(object, "d")),
		.since_s = time_member(object, "iat"),
		.expires_s = time_member(object, "exp"),
	};
	if (k->since_s == 0)
		k->since_s = time_member(object, "nbf");
	k->is_symmetric = str_eq(k->kty, STR("oct"));
	if (jwk_read(cli->arena, object, STR("key"), &why, &jwk) == ERR_OK)
		jwk_fini(&jwk);
	else
		k->problem = k->is_symmetric
				 ? STR("it is symmetric: whoever can check with it can sign")
				 : reason_of(&why);
	if (object.tag == VALUE_OBJECT &&
	    jwk_read_key(cli->arena, object, false, KEY_LENIENT, NULL, &k->key) != ERR_OK)
		k->key = NULL;
}

static err_t
list_json(struct cli *cli, str_t name, struct key_list *list)
{
	const struct json_options options = {
		.depth_limit = 16, .refuse_duplicates = true, .file = name
	};
	value_t document, keys;

	TRY(json_read(cli->arena, list->text, &options, &cli->diag, &document));
	keys = value_object_get_text(document, "keys");
	if (keys.tag != VALUE_ARRAY && value_is_defined(value_object_get_text(document, "kty")))
		keys = value_array(cli->arena, &document, 1);
	if (keys.tag != VALUE_ARRAY) {
		diag_say(
		    &cli->diag, "jwks", "%.*s is no JWKS, no JWK and no PEM", STR_FMT(name));
		return ERR_KEY;
	}
	list->at = ARENA_ARRAY(cli->arena, struct listed_key, keys.count);
	if (list->at == NULL)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < keys.count; i++)
		list_jwk(cli, keys.items[i], &list->at[list->count++]);
	return ERR_OK;
}

/* ---- PEM ---- */

static void
list_block(struct cli *cli, str_t block, struct listed_key *k)
{
	static const char *const types[] = { "", "RSA", "EC", "EC", "EC", "OKP" };
	struct key *strict = NULL;
	struct diag why;

	diag_init(&why, cli->arena, 1);
	*k = (struct listed_key){ .jwk = VALUE_NONE };
	if (key_read_pem(block, KEY_STRICT, &why, &strict) != ERR_OK)
		k->problem = reason_of(&why);
	key_free(&strict);
	if (key_read_pem(block, KEY_LENIENT, NULL, &k->key) != ERR_OK) {
		k->key = NULL;
		return;
	}
	k->kty = str_of(types[key_kind(k->key)]);
	k->is_private = key_is_private(k->key);
	k->kid = arena_str(cli->arena, key_thumbprint(k->key));
	k->has_kid = true;
}

static err_t
list_pem(struct cli *cli, struct key_list *list)
{
	size_t blocks = 0;

	for (size_t at = str_find(list->text, pem_begin, 0); at < list->text.len;
	     at = str_find(list->text, pem_begin, at + 1))
		blocks++;
	list->at = ARENA_ARRAY(cli->arena, struct listed_key, blocks);
	if (list->at == NULL)
		return ERR_MEMORY;
	for (size_t at = str_find(list->text, pem_begin, 0); at < list->text.len;) {
		size_t next = str_find(list->text, pem_begin, at + 1);
		str_t block = str_sub(list->text, at, next - at);

		if (!str_has_prefix(str_skip(block, pem_begin.len), STR("EC PARAMETERS")))
			list_block(cli, block, &list->at[list->count++]);
		at = next;
	}
	return ERR_OK;
}

err_t
key_list_read(struct cli *cli, const char *path, struct key_list *ret)
{
	struct key_list list = { .count = 0 };
	struct stat st;
	str_t trimmed;
	err_t err;

	TRY(cli_read(cli, path, &list.text));
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0)
		list.file_s = st.st_mtime;
	trimmed = str_trim_space(list.text);
	if (trimmed.len > 0 && trimmed.data[0] != '{' &&
	    str_find(list.text, pem_begin, 0) < list.text.len)
		err = list_pem(cli, &list);
	else
		err = list_json(cli, str_of(path), &list);
	if (err != ERR_OK)
		key_list_free(&list);
	else
		*ret = list;
	return err;
}

void
key_list_free(struct key_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		key_free(&list->at[i].key);
	list->count = 0;
}

str_t
key_list_name(struct cli *cli, const struct key_list *list, size_t i)
{
	if (!list->at[i].has_kid)
		return arena_printf(cli->arena, "key %zu", i + 1);
	return arena_printf(
	    cli->arena, "key %zu (kid \"%.*s\")", i + 1, STR_FMT(list->at[i].kid));
}
