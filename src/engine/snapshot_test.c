/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots made, refused, and counted; a refused one leaves nothing (the leak checker looks on). */
#include "engine/snapshot.h"

#include <tap.h>

#include "bundle/build.h"
#include "bundle/keys.h"
#include "engine/policy.h"

enum { NOW = 1773921600 };

static struct arena *arena;

static str_t
build(const char *module, const struct key *key)
{
	struct bundle_file files[] = { { STR("a.rego"), str_of(module) } };
	struct bundle_files all = { files, COUNT(files) };
	struct bundle_build_options options = { .key = key, .created = NOW, .revision_number = 3 };
	struct bundle bundle;
	struct buf out;
	str_t ret;

	buf_init(&out, 1 << 20);
	ok(bundle_build(&all, &options, arena, NULL, &out, &bundle) == ERR_OK, "built");
	ret = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return ret;
}

static err_t
make(str_t bundle, const struct bundle_keys *keys, bool connected, struct snapshot **ret, str_t *ret_why)
{
	const struct snapshot_bundle one = { .id = STR("main"), .name = STR("b.tar.gz"), .bytes = bundle,
		.verify_keys = keys };
	struct snapshot_options options = { .bundles = &one, .bundle_count = 1, .require_signature = keys != NULL, .now = NOW + 1,
		.allow_network = connected };
	struct diag diag;
	err_t e;

	diag_init(&diag, arena, 10);
	e = snapshot_make(&options, &diag, ret);
	*ret_why = diag_first_message(&diag);
	return e;
}

static const struct {
	const char *what, *module;
	bool is_signed, connected;
	err_t want;
	const char *why; /* part of the first finding */
} cases[] = {
	{ "a signed bundle", "package a\np := 1\n", true, false, ERR_OK, "" },
	{ "an unsigned bundle", "package a\np := 1\n", false, false, ERR_BUNDLE, "sign" },
	{ "a policy that does not compile", "package a\np := x\n", true, false, ERR_POLICY, "x" },
	{ "a call of the network", "package a\np := http.send({\"method\": \"get\", \"url\": \"http://h/\"})\n",
	    true, false, ERR_POLICY, "http.send" },
	{ "a look-up of a name", "package a\np := net.lookup_ip_addr(\"h\")\n", true, false, ERR_POLICY,
	    "net.lookup_ip_addr" },
	{ "the network where it is allowed", "package a\np := net.lookup_ip_addr(\"h\")\n", true, true, ERR_OK,
	    "" },
};

static void
try_bundles(const struct key *key, const struct bundle_keys *keys)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snapshot *s = NULL;
		str_t why, bytes = build(cases[i].module, cases[i].is_signed ? key : NULL);
		err_t e = make(bytes, keys, cases[i].connected, &s, &why);

		if (!ok((e == ERR_OK) == (cases[i].want == ERR_OK) && (s != NULL) == (e == ERR_OK), "%s",
		        cases[i].what))
			tap_note("%s: %.*s", err_text(e), STR_FMT(why));
		ok(str_find(why, str_of(cases[i].why), 0) < why.len || cases[i].why[0] == '\0', "and why");
		if (s != NULL)
			ok(snapshot_facts(s)->revision_number == 3 && snapshot_facts(s)->policy_count == 1 &&
			        str_eq(snapshot_facts(s)->algorithm, STR("ES256")), "its facts");
		snapshot_free(&s);
	}
}

/* Wherever it is cut, and whichever bit is turned, nothing is made and nothing is left. */
static void
try_damage(const struct key *key, const struct bundle_keys *keys)
{
	str_t good = build("package a\np := 1\n", key), why;
	size_t refused = 0, tried = 0;

	for (size_t at = 1; at < good.len; at += 37) {
		char *bytes = arena_copy(arena, good.data, good.len);
		struct snapshot *s = NULL;

		refused += make(str_make(bytes, at), keys, false, &s, &why) != ERR_OK && s == NULL;
		bytes[at] ^= 4;
		refused += make(str_make(bytes, good.len), keys, false, &s, &why) != ERR_OK && s == NULL;
		tried += 2;
	}
	ok(tried > 10 && refused == tried, "%zu of %zu damaged bundles are refused", refused, tried);
}

static void
try_generations(void)
{
	const struct snapshot_module module = { STR("a.rego"), STR("package a\np := 1\n"), REGO_V1 };
	const struct snapshot_module wrong = { STR("a.rego"), STR("package a\np := \n"), REGO_V1 };
	struct snapshot *one = NULL, *two = NULL, *none = NULL;
	struct diag diag;

	diag_init(&diag, arena, 10);
	ok(snapshot_make_from(&module, 1, STR(""), &diag, &one) == ERR_OK, "one");
	ok(snapshot_make_from(&wrong, 1, STR(""), &diag, &none) != ERR_OK && none == NULL, "none");
	ok(snapshot_make_from(&module, 1, STR("[1]"), &diag, &none) != ERR_OK && none == NULL,
	    "data that is no object");
	ok(snapshot_make_from(&module, 1, STR(""), &diag, &two) == ERR_OK, "two");
	ok(snapshot_facts(two)->generation > snapshot_facts(one)->generation &&
	        snapshot_facts(one)->generation > 0, "generations rise");
	snapshot_free(&one);
	snapshot_free(&two);
	ok(one == NULL, "freed");
}

static const struct {
	const char *path; /* of strings, and of numbers where digits are */
	bool has_entry, has_rules;
	uint32_t used; /* keys that led to the entry */
	int64_t base; /* 0: undefined */
} documents[] = {
	{ "", true, false, 0, 0 },
	{ "a", true, false, 1, 0 },
	{ "a/p", true, true, 2, 0 },
	{ "a/p/x/0", true, true, 2, 0 },
	{ "a/base/deep", false, false, 0, 7 },
	{ "a/base/deep/deeper", false, false, 0, 0 },
	{ "a/f", false, false, 0, 0 },
	{ "a/q", false, false, 0, 0 },
	{ "list/1", false, false, 0, 9 },
	{ "list/2", false, false, 0, 0 },
	{ "digits/1", false, false, 0, 0 }, /* a number is no name */
	{ "nowhere/at/all", false, false, 0, 0 },
};

static size_t
make_keys(const char *path, value_t *keys)
{
	size_t count = 0;

	for (str_t rest = str_of(path); rest.len > 0;) {
		size_t end = str_find_char(rest, '/', 0);
		char first = rest.data[0];

		keys[count++] = first >= '0' && first <= '9' ? value_int(first - '0') :
							       value_string(arena, str_sub(rest, 0, end));
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
	return count;
}

static void
try_documents(void)
{
	const struct snapshot_module module = { STR("a.rego"),
		STR("package a\np := {\"x\": [1]}\nf(x) := x\n"), REGO_V1 };
	struct snapshot *s = NULL;
	struct diag diag;
	str_t name, text;

	diag_init(&diag, arena, 10);
	ok(snapshot_make_from(&module, 1,
	       STR("{\"a\": {\"base\": {\"deep\": 7}}, \"list\": [8, 9], \"digits\": {\"1\": 3}}"), &diag, &s) == ERR_OK,
	    "documents");
	for (size_t i = 0; i < COUNT(documents); i++) {
		struct snapshot_document d;
		value_t keys[8];

		snapshot_document(s, keys, make_keys(documents[i].path, keys), &d);
		ok((d.entry != REGO_ENTRY_NONE) == documents[i].has_entry && d.has_rules == documents[i].has_rules &&
		        d.used == documents[i].used && (d.base.tag == VALUE_INT ? d.base.integer : 0) == documents[i].base,
		    "the document at `%s`", documents[i].path);
	}
	ok(snapshot_module_count(s) == 1, "one module");
	snapshot_module_at(s, 0, &name, &text);
	ok(str_eq(name, module.name) && str_eq(text, module.text), "as it came");
	snapshot_free(&s);
}

int
main(void)
{
	struct bundle_keys *keys = bundle_keys_new();
	struct key *key = NULL;
	struct buf text;

	arena = arena_new((size_t)1 << 30);
	buf_init(&text, KEY_TEXT_MAX);
	ok(key_generate(KEY_P256, &key) == ERR_OK && key_write_pem_public(&text, key) == ERR_OK &&
	        bundle_keys_add_text(keys, buf_str(&text), STR("test"), NULL) == ERR_OK, "keys");
	buf_fini(&text);
	try_bundles(key, keys);
	try_damage(key, keys);
	try_generations();
	try_documents();
	key_free(&key);
	bundle_keys_free(&keys);
	arena_free(&arena);
	return tap_done();
}
