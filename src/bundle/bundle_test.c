/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles built, read, and spoilt in every way. */
#include <stdio.h>
#include <tap.h>

#include "bundle/archive.h"
#include "bundle/build.h"
#include "bundle/signature.h"
#include "token/jws.h"

enum { CREATED = 1773921600 }; /* 2026-03-19T12:00:00Z */

static struct arena *arena;
static struct key *key, *other_key;
static struct bundle_keys *keys, *other_keys;

static const struct bundle_file plain_files[] = {
	{ STR("data.json"), STR("{\"limits\":{\"max\":10}}") },
	{ STR("orders/data.json"), STR("{\"owners\":[\"<ann>\",\"bob\"],\"f\":1.50}") },
	{ STR("orders/orders.rego"), STR("# orders\npackage orders.read\n\nallow := true\n") },
	{ STR("reports.rego"), STR("package reports\n") },
	{ STR("z/more.rego"), STR("package orders[\"write\"]\n") },
};

static struct bundle_keys *
make_keys(const struct key *from)
{
	struct bundle_keys *made = bundle_keys_new();
	struct buf text;

	buf_init(&text, KEY_TEXT_MAX);
	ok(key_write_pem_public(&text, from) == ERR_OK &&
	        bundle_keys_add_text(made, buf_str(&text), STR("test"), NULL) == ERR_OK &&
	        bundle_keys_count(made) == 1, "verify keys");
	buf_fini(&text);
	return made;
}

static struct bundle_files
copy_files(void)
{
	struct bundle_file *files = ARENA_ARRAY(arena, struct bundle_file, COUNT(plain_files));

	memcpy(files, plain_files, sizeof(plain_files));
	return (struct bundle_files){ files, COUNT(plain_files) };
}

static str_t
build(const struct bundle_build_options *options)
{
	struct bundle_files files = copy_files();
	struct bundle bundle;
	struct diag diag;
	struct buf out;
	str_t ret;

	buf_init(&out, 1 << 20);
	diag_init(&diag, arena, 4);
	ok(bundle_build(&files, options, arena, &diag, &out, &bundle) == ERR_OK, "built %.*s",
	    STR_FMT(diag_first_message(&diag)));
	ret = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return ret;
}

static err_t
read_with(str_t bytes, const struct bundle_options *options, struct bundle *ret, const char **why)
{
	static char said[512];
	struct diag diag;
	err_t err;

	diag_init(&diag, arena, 4);
	err = bundle_read(bytes, options, arena, NULL, &diag, ret);
	(void)snprintf(said, sizeof(said), "%.*s", STR_FMT(diag_first_message(&diag)));
	*why = said;
	return err;
}

static const struct bundle_options *
strict_options(void)
{
	static struct bundle_options options;

	options = (struct bundle_options){
		.name = STR("policy-bundle.tar.gz"),
		.keys = keys,
		.require_signature = true,
		.now = CREATED + 10,
	};
	return &options;
}

static void
try_facts(str_t bytes)
{
	static const char *const policies[] = { "orders", "reports" };
	struct bundle b;
	const char *why;
	value_t owners;

	if (!ok(read_with(bytes, strict_options(), &b, &why) == ERR_OK, "read"))
		return;
	ok(b.module_count == 3 && b.policy_count == COUNT(policies), "3 modules of 2 policies");
	for (size_t i = 0; i < b.policy_count && i < COUNT(policies); i++)
		ok(str_eq(b.policies[i], str_of(policies[i])), "policy %s", policies[i]);
	ok(str_eq(b.modules[2].package, STR("orders/write")), "a package with brackets");
	ok(b.signature.present && b.signature.verified && b.signature.has_raw &&
	        b.signature.algorithm == ALGORITHM_ES256 && b.signature.created == CREATED &&
	        b.signature.revision_number == 7, "signed");
	ok(str_eq(b.signature.kid, key_thumbprint(key)) && str_eq(b.signature.key, b.signature.kid),
	    "kid is the thumbprint");
	ok(b.manifest.present && b.manifest.revision.len == 64 && b.manifest.rego_version == 1 &&
	        b.modules[0].rego_version == 1, "manifest");
	owners = value_object_get_text(value_object_get_text(b.data, "orders"), "owners");
	ok(owners.tag == VALUE_ARRAY && owners.count == 2 &&
	        value_is_defined(value_object_get_text(b.data, "limits")), "data is merged");
}

static void
try_damage(str_t bytes)
{
	char *copy = arena_copy(arena, bytes.data, bytes.len);
	struct arena_mark mark = arena_mark(arena);
	size_t refused = 0;
	struct bundle b;
	const char *why;

	for (size_t len = 0; len < bytes.len; len++) {
		refused += read_with(str_sub(bytes, 0, len), strict_options(), &b, &why) != ERR_OK &&
		    why[0] != '\0';
		arena_release(arena, mark);
	}
	ok(refused == bytes.len, "each of %zu truncations is refused", bytes.len);
	refused = 0;
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		copy[bit / 8] ^= (char)(1 << bit % 8);
		if (read_with(str_make(copy, bytes.len), strict_options(), &b, &why) != ERR_OK &&
		    why[0] != '\0')
			refused++;
		else
			tap_note("bit %zu of %zu is taken", bit, bytes.len * 8);
		copy[bit / 8] ^= (char)(1 << bit % 8);
		arena_release(arena, mark);
	}
	ok(refused == bytes.len * 8, "each of %zu flipped bits is refused", bytes.len * 8);
}

static void
expect(const char *what, str_t bytes, const struct bundle_options *options, const char *want)
{
	struct bundle b;
	const char *why;
	err_t err = read_with(bytes, options, &b, &why);

	if (want == NULL)
		ok(err == ERR_OK, "%s: %s", what, why);
	else
		ok(err == ERR_BUNDLE && strstr(why, want) != NULL, "%s: %s", what, why);
}

static void
try_options(str_t bytes, str_t dated, str_t bare, str_t scoped)
{
	struct bundle_options o = *strict_options();

	expect("as it is", bytes, &o, NULL);
	o.keys = other_keys;
	expect("another key", bytes, &o, "no signature verifies");
	o.keys = NULL;
	expect("no key", bytes, &o, "no key");
	o.require_signature = false;
	expect("to look at", bytes, &o, NULL);
	expect("unsigned, to look at", bare, &o, NULL);
	o = *strict_options();
	expect("unsigned", bare, &o, "not signed");
	o.now = CREATED - 1;
	expect("before its time", dated, &o, "not valid yet");
	o.now = CREATED + 100;
	expect("after its time", dated, &o, "expired");
	o.ignore_times = true;
	expect("after its time, to look at", dated, &o, NULL);
	o = *strict_options();
	expect("for a scope", scoped, &o, "another scope");
	o.scope = STR("write");
	expect("for this scope", scoped, &o, NULL);
	expect("for no scope", bytes, &o, "another scope");
	o = *strict_options();
	o.packed_limit = bytes.len - 1;
	expect("too large", bytes, &o, "larger than the limit");
	o.packed_limit = 0;
	o.unpacked_limit = 4096;
	expect("too large inside", bytes, &o, "more than the limit");
}

/* The same archive with other files, packed and sealed by one who has no key of ours. */
static void
expect_files(const char *what, const struct bundle_file *files, size_t count, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	ok(archive_write(&out, files, count, NULL, ALGORITHM_NONE) == ERR_OK, "packed");
	expect(what, arena_str(arena, buf_str(&out)), strict_options(), want);
	buf_fini(&out);
}

static void
try_tampering(str_t bytes)
{
	struct bundle_file files[16];
	struct bundle b;
	const char *why;
	size_t count;

	if (!ok(read_with(bytes, strict_options(), &b, &why) == ERR_OK && b.file_count < 10, "read"))
		return;
	count = b.file_count;
	memcpy(files, b.files, count * sizeof(*files));
	expect_files("packed anew", files, count, "packed anew");
	files[count] = (struct bundle_file){ STR("extra.rego"), STR("package extra\n") };
	expect_files("an extra file", files, count + 1, "extra.rego: this file is not covered");
	files[count] = files[2];
	expect_files("a file twice", files, count + 1, "twice");
	files[count] = (struct bundle_file){ STR("reports.rego/x.rego"), STR("package x\n") };
	expect_files("a file as a directory", files, count + 1, "both a file and a directory");
	files[count] = (struct bundle_file){ STR("../x.rego"), STR("package x\n") };
	expect_files("traversal", files, count + 1, "leads out");
	for (size_t i = 0; i < count; i++) {
		struct bundle_file kept = files[i];
		bool is_list = str_eq(kept.name, STR(".signatures.json"));
		char *changed = arena_copy(arena, kept.bytes.data, kept.bytes.len);

		changed[kept.bytes.len / 2] ^= 1;
		files[i].bytes = str_make(changed, kept.bytes.len);
		expect_files("changed", files, count, is_list ? ".signatures.json" : "changed after");
		files[i].bytes = str_sub(kept.bytes, 0, kept.bytes.len - 1);
		expect_files("shortened", files, count, is_list ? "packed anew" : "the size");
		files[i] = files[count - 1];
		expect_files("missing", files, count - 1, i == count - 1 && !is_list ? "missing"
		        : is_list                                                    ? "not signed"
		                                                                     : "missing");
		files[i] = kept;
	}
}

/* What OPA signs: no list of raw bytes, documents hashed in their parsed form. */
static str_t
sign_as_opa(const char *payload, const struct bundle_file *files, size_t count)
{
	struct bundle_file all[8];
	struct buf text, out;
	str_t ret;

	memcpy(all, files, count * sizeof(*files));
	buf_init(&text, 1 << 16);
	buf_init(&out, 1 << 16);
	buf_add_text(&text, "{\"signatures\":[\"");
	ok(jws_sign(&text, key, ALGORITHM_ES256, STR("default"), STR_NONE, str_of(payload)) == ERR_OK,
	    "signed");
	buf_add_text(&text, "\"]}");
	all[count] = (struct bundle_file){ STR(".signatures.json"), buf_str(&text) };
	ok(archive_write(&out, all, count + 1, NULL, ALGORITHM_NONE) == ERR_OK, "packed");
	ret = arena_str(arena, buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
	return ret;
}

static void
try_opa(void)
{
	/* The digests: of {"a":["<",1.50,null],"b":{}}, of the policy's bytes. */
	static const char payload[] =
	    "{\"files\":["
	    "{\"name\":\"data.json\",\"algorithm\":\"SHA-256\",\"hash\":"
	    "\"5b9d49b5bd83c64fc0d2ca39df2c1a3b5e85ae1f14b66e0d4ab7bb5ec02e0b9a\"},"
	    "{\"name\":\"/p.rego\",\"algorithm\":\"SHA-256\",\"hash\":"
	    "\"0000000000000000000000000000000000000000000000000000000000000000\"}"
	    "],\"keyid\":\"default\"}";
	static const struct bundle_file files[] = {
		{ STR("data.json"), STR("{ \"b\": {},\n \"a\": [\"\\u003c\", 1.50, null] }") },
		{ STR("/p.rego"), STR("package p\n") },
	};
	char fixed[sizeof(payload)];
	char hex[SHA256_HEX_SIZE];

	memcpy(fixed, payload, sizeof(payload));
	digest_sha256_hex(STR("{\"a\":[\"<\",1.50,null],\"b\":{}}"), hex);
	memcpy(strstr(fixed, "5b9d49b5"), hex, sizeof(hex));
	digest_sha256_hex(files[1].bytes, hex);
	memcpy(strstr(fixed, "00000000"), hex, sizeof(hex));
	expect("one of OPA's", sign_as_opa(fixed, files, 2), strict_options(), NULL);
	expect("its data changed", sign_as_opa(payload, files, 2), strict_options(), "changed after");
	expect("a file missing", sign_as_opa(fixed, files, 1), strict_options(), "p.rego: this file is");
	expect("a weak digest",
	    sign_as_opa("{\"files\":[{\"name\":\"p.rego\",\"algorithm\":\"MD5\",\"hash\":\"00\"}]}",
	        files + 1, 1), strict_options(), "none of SHA-256");
	expect("no list", sign_as_opa("{}", files, 1), strict_options(), "no list");
	expect("a file listed twice",
	    sign_as_opa("{\"files\":[{\"name\":\"p.rego\",\"hash\":\"0\"},{\"name\":\"/p.rego\","
	                "\"hash\":\"0\"}]}", files + 1, 1), strict_options(), "twice");
}

static void
try_contents(void)
{
	static const struct {
		const char *what, *name, *text, *want;
	} cases[] = {
		{ "root not an object", "data.json", "[]", "not an object" },
		{ "doubled key", "data.json", "{\"a\":1,\"a\":2}", "cannot be parsed" },
		{ "endless number", "data.json", "{\"a\":1e999}", "too large" },
		{ "two values", "limits/data.json", "1", "another data file" },
		{ "NUL", "x.rego", "package x # \xff", "UTF-8" },
		{ "Wasm", "policy.wasm", "x", "Wasm" },
		{ "delta", "patch.json", "{}", "delta" },
		{ "stranger", "README.md", "x", "holds only" },
		{ "license", "LICENSE", "x", NULL },
		{ "manifest: roots", ".manifest", "{\"roots\":[\"a\",\"a/b\"]}", "overlap" },
		{ "manifest: outside", ".manifest", "{\"roots\":[\"orders\",\"limits\"]}",
		    "do not permit its package" },
		{ "manifest: data outside", ".manifest", "{\"roots\":[\"orders\",\"reports\"]}",
		    "do not permit data at /limits" },
		{ "manifest: Wasm", ".manifest", "{\"wasm\":[{\"entrypoint\":\"x\"}]}", "Wasm" },
		{ "manifest: version", ".manifest", "{\"rego_version\":2}", "neither 0 nor 1" },
		{ "manifest: fine", ".manifest", "{\"roots\":[\"/orders/\",\"limits\",\"reports\"]}",
		    NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bundle_file files[COUNT(plain_files) + 1];
		struct bundle b;
		struct diag diag;
		err_t err;

		memcpy(files, plain_files, sizeof(plain_files));
		files[COUNT(plain_files)].name = str_of(cases[i].name);
		files[COUNT(plain_files)].bytes = str_of(cases[i].text);
		if (str_eq(files[0].name, files[COUNT(plain_files)].name))
			files[0] = files[1];
		diag_init(&diag, arena, 4);
		err = bundle_read_files(files + (str_eq(files[0].name, files[1].name) ? 1 : 0),
		    COUNT(files) - (str_eq(files[0].name, files[1].name) ? 1 : 0), arena, NULL, &diag,
		    &b);
		diag_sort(&diag);
		if (cases[i].want == NULL) {
			ok(err == ERR_OK, "%s", cases[i].what);
			continue;
		}
		bool said = false;
		for (struct diag_finding *f = diag.first; f != NULL; f = f->next)
			said = said || str_find(f->message, str_of(cases[i].want), 0) < f->message.len;
		ok(err == ERR_BUNDLE && said, "%s: %.*s", cases[i].what,
		    STR_FMT(diag_first_message(&diag)));
	}
}

static void
try_versions(void)
{
	static const struct bundle_file files[] = {
		{ STR(".manifest"),
		    STR("{\"rego_version\":0,\"file_rego_versions\":{\"/new/*.rego\":1}}") },
		{ STR("new/sub/a.rego"), STR("package a") },
		{ STR("old/b.rego"), STR("package b") },
	};
	struct bundle b;

	ok(bundle_read_files(files, COUNT(files), arena, NULL, NULL, &b) == ERR_OK &&
	        b.module_count == 2, "two versions of Rego");
	ok(b.modules[0].rego_version == 1 && b.modules[1].rego_version == 0, "each file has its own");
}

int
main(void)
{
	const struct bundle_build_options bare_options = { .created = CREATED };
	struct bundle_build_options options = { .created = CREATED, .revision_number = 7 };
	str_t bytes, bare, dated, scoped;
	struct key *rsa = NULL;

	arena = arena_new((size_t)1 << 30);
	ok(key_generate(KEY_P256, &key) == ERR_OK && key_generate(KEY_P256, &other_key) == ERR_OK &&
	        key_generate(KEY_RSA, &rsa) == ERR_OK, "keys");
	keys = make_keys(key);
	other_keys = make_keys(other_key);
	options.key = key;
	bytes = build(&options);
	bare = build(&bare_options);
	ok(str_eq(bare, build(&bare_options)), "the same input, the same bytes");
	ok(str_eq(bytes, build(&options)), "signed by ES256, too");
	options.key = rsa;
	ok(str_eq(build(&options), build(&options)), "signed by RSA, too");
	options.key = key;
	options.not_before = CREATED;
	options.expires = CREATED + 100;
	dated = build(&options);
	options.not_before = options.expires = 0;
	options.scope = STR("write");
	scoped = build(&options);
	try_facts(bytes);
	try_options(bytes, dated, bare, scoped);
	try_tampering(bytes);
	try_opa();
	try_contents();
	try_versions();
	try_damage(bytes);
	bundle_keys_free(&keys);
	bundle_keys_free(&other_keys);
	key_free(&key);
	key_free(&other_key);
	key_free(&rsa);
	arena_free(&arena);
	return tap_done();
}
