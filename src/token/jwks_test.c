/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/json.h"
#include "token/jwks.h"

#define POINT                                                           \
	"\"kty\":\"EC\",\"crv\":\"P-256\","                                 \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","            \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EDWARDS "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static const struct {
	const char *text;
	size_t count; /* usable keys; 0: the set is refused */
	const char *says; /* a part of what is said about it; NULL: nothing */
} cases[] = {
	{ "{\"keys\":[{" POINT "}]}", 1, NULL },
	{ "{\"keys\":[{" POINT ",\"alg\":\"ES256\",\"use\":\"sig\",\"key_ops\":[\"verify\"]}]}", 1,
	    NULL },
	{ "{\"keys\":[{" EDWARDS ",\"alg\":\"EdDSA\"},{" POINT "}]}", 2, NULL },
	{ "{\"keys\":[{\"kty\":\"future\"},{" POINT "}]}", 1, "none of RSA, EC, OKP" },
	{ "{\"keys\":[{" POINT ",\"use\":\"enc\"},{" EDWARDS "}]}", 1, "use is not sig" },
	{ "{\"keys\":[{" POINT ",\"use\":\"enc\"}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"key_ops\":[\"sign\"]}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"key_ops\":[\"verify\",\"verify\"]}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"key_ops\":\"verify\"}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"alg\":\"ES384\"}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"alg\":\"HS256\"}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"alg\":7}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"kid\":7}]}", 0, "no usable key" },
	{ "{\"keys\":[{" POINT ",\"d\":\"AAAA\"}]}", 1, "private part" },
	{ "{\"keys\":[{" POINT "},{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", 0, "symmetric" },
	{ "{\"keys\":[{" POINT "}],\"keys\":[]}", 0, NULL },
	{ "{\"keys\":[]}", 0, "no usable key" },
	{ "{\"keys\":{}}", 0, "array" },
	{ "{" POINT "}", 0, "one key, not a set" },
	{ "[]", 0, "array" },
	{ "", 0, NULL },
};

static struct arena *arena;

static void
try_case(size_t i)
{
	struct jwks *set = NULL;
	struct diag diag;
	struct buf said;
	err_t err;

	diag_init(&diag, arena, 10);
	buf_init(&said, 1 << 16);
	err = jwks_new(str_of(cases[i].text), STR("jwks.json"), &diag, &set);
	diag_print(&diag, &said, false);
	buf_add_char(&said, '\0');
	ok((err == ERR_OK ? jwks_count(set) : 0) == cases[i].count, "%s", cases[i].text);
	ok((diag.error_count > 0) == (err != ERR_OK), "refused with a sentence");
	if (cases[i].says != NULL)
		ok(strstr(said.data, cases[i].says) != NULL, "says %s", cases[i].says);
	buf_fini(&said);
	jwks_free(&set);
}

static void
try_finding(void)
{
	static const char text[] = "{\"keys\":[{" POINT ",\"kid\":\"a\"},{" EDWARDS ",\"kid\":\"b\"},"
	                           "{" EDWARDS "}]}";
	const str_t a = STR("a"), b = STR("b"), c = STR("c");
	struct jwks *set = NULL;
	size_t found, fit;
	struct buf out;
	value_t again;

	ok(jwks_new(str_of(text), STR("jwks.json"), NULL, &set) == ERR_OK, "three keys");
	ok(jwks_find(set, &a, ALGORITHM_ES256, &found, &fit) == jwks_at(set, 0), "by kid");
	ok(jwks_find(set, &a, ALGORITHM_EDDSA, &found, &fit) == NULL && found == 1 && fit == 0,
	    "not for another algorithm");
	ok(jwks_find(set, &b, ALGORITHM_EDDSA, &found, &fit) == jwks_at(set, 1), "the named one");
	ok(jwks_find(set, &c, ALGORITHM_EDDSA, &found, &fit) == NULL && found == 0, "unknown");
	ok(jwks_find(set, NULL, ALGORITHM_ES256, &found, &fit) == jwks_at(set, 0), "the one that fits");
	ok(jwks_find(set, NULL, ALGORITHM_EDDSA, &found, &fit) == NULL && fit == 2, "ambiguous");
	buf_init(&out, 1 << 16);
	jwks_write(&out, &set, 1);
	ok(json_read(arena, buf_str(&out), NULL, NULL, &again) == ERR_OK &&
	        value_object_get_text(again, "keys").count == 3, "written: %.*s", (int)out.len,
	    out.data);
	buf_fini(&out);
	jwks_free(&set);
}

/* Many keys, among them a kid twice: found as among few. */
static void
try_many(void)
{
	enum { MANY = 1000 };
	struct buf text;
	struct jwks *set = NULL, *same;
	size_t right = 0, found, fit;
	str_t kid;

	buf_init(&text, 1 << 20);
	buf_add_text(&text, "{\"keys\":[");
	for (int i = 0; i < MANY; i++)
		buf_printf(&text, "{" EDWARDS ",\"kid\":\"k%d\"},", i);
	buf_add_text(&text, "{" EDWARDS ",\"kid\":\"k7\"},{" POINT ",\"kid\":\"k8\"}]}");
	ok(jwks_new_from_file(buf_str(&text), STR("many"), MANY + 1, NULL, &set) == ERR_KEY,
	    "one key too many");
	ok(jwks_new_from_file(buf_str(&text), STR("many"), MANY + 2, NULL, &set) == ERR_OK, "at the bound");
	for (int i = 0; i < MANY; i++) {
		kid = arena_printf(arena, "k%d", i);
		right += jwks_find(set, &kid, ALGORITHM_EDDSA, &found, &fit) == jwks_at(set, (size_t)i);
	}
	ok(right == MANY - 1, "%zu of %d are found by kid", right, MANY);
	kid = STR("k7");
	ok(jwks_find(set, &kid, ALGORITHM_EDDSA, &found, &fit) == NULL && fit == 2, "a kid twice is ambiguous");
	kid = STR("k8");
	ok(jwks_find(set, &kid, ALGORITHM_ES256, &found, &fit) == jwks_at(set, MANY + 1) && found == 2,
	    "not if one of them fits");
	ok(jwks_find(set, NULL, ALGORITHM_ES256, &found, &fit) == jwks_at(set, MANY + 1), "without a kid");
	same = jwks_share(set);
	jwks_free(&set);
	ok(set == NULL && jwks_count(same) == MANY + 2, "who shares it keeps it");
	jwks_free(&same);
	buf_fini(&text);
}

static void
try_pem(void)
{
	struct key *ec = NULL, *ed = NULL;
	struct jwks *set = NULL;
	struct buf text;
	size_t found, fit;
	str_t kid;

	buf_init(&text, 1 << 16);
	ok(key_generate(KEY_P256, &ec) == ERR_OK && key_generate(KEY_ED25519, &ed) == ERR_OK, "two keys");
	(void)!key_write_pem_public(&text, ec);
	buf_add_text(&text, "words between\n-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
	(void)!key_write_pem_public(&text, ed);
	(void)!key_write_pem_public(&text, ec);
	ok(jwks_new_from_file(buf_str(&text), STR("keys.pem"), 10, NULL, &set) == ERR_OK &&
	        jwks_count(set) == 2, "PEM: two keys, one of them twice, beside a block that is none");
	kid = key_thumbprint(ed);
	ok(jwks_find(set, &kid, ALGORITHM_EDDSA, &found, &fit) == jwks_at(set, 1), "named by their thumbprints");
	jwks_free(&set);
	ok(jwks_new_from_file(buf_str(&text), STR("keys.pem"), 3, NULL, &set) == ERR_KEY, "PEM: too many blocks");
	ok(jwks_new_from_file(STR("-----BEGIN"), STR("keys.pem"), 3, NULL, &set) != ERR_OK, "PEM: none");
	ok(jwks_new(buf_str(&text), STR("keys.pem"), NULL, &set) != ERR_OK, "not where a JWKS is wanted");
	key_free(&ec);
	key_free(&ed);
	buf_fini(&text);
}

int
main(void)
{
	arena = arena_new(1 << 20);
	for (size_t i = 0; i < COUNT(cases); i++)
		try_case(i);
	try_finding();
	try_many();
	try_pem();
	arena_free(&arena);
	return tap_done();
}
