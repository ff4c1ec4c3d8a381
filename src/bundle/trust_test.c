/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a bundle is believed from: thresholds, keys that end, scopes, dates; and its countersigning. */
#include <stdio.h>
#include <tap.h>

#include "bundle/archive.h"
#include "bundle/build.h"
#include "bundle/cosign.h"
#include "codec/base64.h"
#include "crypt/digest.h"
#include "token/jws.h"

enum { NOW = 1773921600, KEYS = 4 };

static struct arena *arena;
static struct key *all[KEYS]; /* A, B, C, D */
static const struct bundle_file policy = { STR("p.rego"), STR("package p\n") };

static struct key *
key_of(char letter)
{
	return all[letter >= 'a' ? letter - 'a' : letter - 'A'];
}

/* What OPA signs, and `more` behind it. */
static str_t
make_payload(const char *more)
{
	char hex[SHA256_HEX_SIZE];

	digest_sha256_hex(policy.bytes, hex);
	return arena_printf(arena,
	    "{\"files\":[{\"name\":\"p.rego\",\"algorithm\":\"SHA-256\",\"hash\":\"%.*s\"}]%s}",
	    (int)sizeof(hex), hex, more);
}

/* Each letter signs under a name of its own; a small one signs something else. */
static str_t
make_bundle(const char *signers, const char *more)
{
	struct bundle_file files[2] = { policy, { STR(".signatures.json"), STR_NONE } };
	struct buf list, out;
	bool good = true;
	str_t ret;

	buf_init(&list, 1 << 18);
	buf_init(&out, 1 << 18);
	buf_add_text(&list, "{\"signatures\":[");
	for (size_t i = 0; signers[i] != '\0'; i++) {
		str_t kid = arena_printf(arena, "%c%zu", signers[i], i);
		str_t payload = make_payload(signers[i] >= 'a' ? ",\"iat\":1" : more);

		buf_add_text(&list, i > 0 ? ",\"" : "\"");
		good = good && jws_sign(&list, key_of(signers[i]), ALGORITHM_ES256, kid, STR_NONE,
		                   payload) == ERR_OK;
		buf_add_char(&list, '"');
	}
	buf_add_text(&list, "]}");
	files[1].bytes = buf_str(&list);
	good = good && archive_write(&out, files, 2, NULL, ALGORITHM_NONE) == ERR_OK;
	ret = good ? arena_str(arena, buf_str(&out)) : STR_NONE;
	buf_fini(&list);
	buf_fini(&out);
	return ret;
}

static void
add_key(struct bundle_keys *keys, char letter)
{
	struct buf text;

	buf_init(&text, KEY_TEXT_MAX);
	if (key_write_pem_public(&text, key_of(letter)) != ERR_OK ||
	    bundle_keys_add_text(keys, buf_str(&text), STR("keys"), NULL) != ERR_OK)
		ok(false, "key %c", letter);
	buf_fini(&text);
}

static struct bundle_keys *
make_keys(const char *trusted, const char *revoked)
{
	struct bundle_keys *keys = bundle_keys_new();
	str_t list = STR("# who left\n\nnobody-known # a remark\n");

	for (; *trusted != '\0'; trusted++)
		add_key(keys, *trusted);
	for (; *revoked != '\0'; revoked++)
		list = arena_printf(arena, "%.*s  %.*s \n", STR_FMT(list),
		    STR_FMT(key_thumbprint(key_of(*revoked))));
	if (bundle_keys_revoke_text(keys, list, STR("revoked"), NULL) != ERR_OK)
		ok(false, "revoked keys");
	return keys;
}

static void
expect(const char *what, str_t bytes, const struct bundle_options *o, const char *want)
{
	struct bundle b;
	struct diag diag;
	err_t err;
	str_t why;

	diag_init(&diag, arena, 4);
	err = bundle_read(bytes, o, arena, NULL, &diag, &b);
	why = diag_first_message(&diag);
	if (want == NULL)
		ok(err == ERR_OK && b.signature.verified, "%s: %.*s", what, STR_FMT(why));
	else
		ok(err == ERR_BUNDLE && str_find(why, str_of(want), 0) < why.len, "%s: %.*s", what,
		    STR_FMT(why));
}

/* ---- who signed ---- */

static const struct {
	const char *what, *signers, *trusted, *revoked;
	unsigned threshold;
	const char *want;
} signings[] = {
	{ "one of one", "A", "A", "", 1, NULL },
	{ "one, and no threshold said", "A", "A", "", 0, NULL },
	{ "a stranger", "A", "B", "", 1, "no signature verifies" },
	{ "two of two", "AB", "AB", "", 2, NULL },
	{ "two of three, in another order", "CA", "ABC", "", 2, NULL },
	{ "three of three", "ABC", "CBA", "", 3, NULL },
	{ "more than needed", "ABC", "ABC", "", 2, NULL },
	{ "one of two", "A", "AB", "", 2, "1 of the keys that bundles are believed from signed, 2 must" },
	{ "two of three needed", "AB", "ABC", "", 3, "2 of the keys" },
	{ "a signature twice, under two names", "AA", "AB", "", 2, "1 of the keys" },
	{ "a signature sixteen times", "AAAAAAAAAAAAAAAA", "AB", "", 2, "1 of the keys" },
	{ "a signature seventeen times", "AAAAAAAAAAAAAAAAA", "A", "", 1, "1 to 16" },
	{ "no signature", "", "A", "", 1, "1 to 16" },
	{ "a key trusted twice", "A", "AA", "", 2, "1 of the keys" },
	{ "two, one of them twice", "ABB", "ABC", "", 3, "2 of the keys" },
	{ "one and a stranger", "AD", "AB", "", 2, "1 of the keys" },
	{ "a stranger does no harm", "AD", "A", "", 1, NULL },
	{ "nor in front", "DA", "A", "", 1, NULL },
	{ "two strangers", "CD", "AB", "", 2, "no signature verifies" },
	{ "mix and match: two payloads", "Ab", "AB", "", 2, "different payloads" },
	{ "mix and match: the second by a stranger", "Ad", "A", "", 1, "different payloads" },
	{ "mix and match: by the same key", "Aa", "A", "", 1, "different payloads" },
	{ "a revoked key", "A", "AB", "A", 1, "is revoked" },
	{ "a revoked key is named", "A", "A", "A", 1, "the key " },
	{ "a revoked key beside a good one", "AB", "AB", "A", 1, NULL },
	{ "a revoked key does not count", "AB", "AB", "A", 2, "is revoked" },
	{ "enough without the revoked one", "ABC", "ABC", "B", 2, NULL },
	{ "all revoked", "AB", "AB", "AB", 1, "is revoked" },
	{ "revoked, trusted twice", "A", "AA", "A", 1, "is revoked" },
	{ "another is revoked", "A", "AB", "B", 1, NULL },
	{ "no key at all", "A", "", "", 1, "no key to verify" },
	{ "no key at all, two needed", "AB", "", "", 2, "no key to verify" },
};

static void
try_signings(void)
{
	for (size_t i = 0; i < COUNT(signings); i++) {
		struct bundle_keys *keys = make_keys(signings[i].trusted, signings[i].revoked);
		const struct bundle_options o = { .name = STR("b"),
			.keys = keys,
			.require_signature = true,
			.now = NOW,
			.threshold = signings[i].threshold };

		expect(signings[i].what, make_bundle(signings[i].signers, ""), &o, signings[i].want);
		bundle_keys_free(&keys);
	}
}

/* ---- what was signed ---- */

static const struct {
	const char *what, *more, *scope;
	int64_t late;
	bool in_use;
	const char *want;
} claims[] = {
	{ "in its time", ",\"not_before\":1773921600,\"expires\":1773921700", "", 0, false, NULL },
	{ "its last second", ",\"expires\":1773921700", "", 99, false, NULL },
	{ "freeze: expired", ",\"expires\":1773921700", "", 100, false, "has expired" },
	{ "freeze: long expired", ",\"expires\":1", "", 0, false, "has expired" },
	{ "expired, but in use", ",\"expires\":1773921700", "", 100, true, NULL },
	{ "not yet valid", ",\"not_before\":1773921601", "", 0, false, "not valid yet" },
	{ "not yet valid, in use or not", ",\"not_before\":1773921601", "", 0, true, "not valid yet" },
	{ "valid from this second", ",\"not_before\":1773921601", "", 1, false, NULL },
	{ "a date that is text", ",\"expires\":\"soon\"", "", 0, false, "not a number of seconds" },
	{ "a date before all time", ",\"expires\":-1", "", 0, false, "not a number of seconds" },
	{ "a date after all time", ",\"expires\":1e30", "", 0, false, "not a number of seconds" },
	{ "no scope", "", "", 0, false, NULL },
	{ "its scope", ",\"scope\":\"edge\"", "edge", 0, false, NULL },
	{ "another scope", ",\"scope\":\"edge\"", "core", 0, false, "another scope: \"edge\", not \"core\"" },
	{ "a scope, and none is wanted", ",\"scope\":\"edge\"", "", 0, false, "another scope" },
	{ "no scope, and one is wanted", "", "edge", 0, false, "another scope" },
	{ "a longer scope", ",\"scope\":\"edge2\"", "edge", 0, false, "another scope" },
	{ "a scope that is a list", ",\"scope\":[\"edge\"]", "edge", 0, false, "not a string" },
	{ "a number below none", ",\"revision_number\":-1", "", 0, false, "not a whole number" },
	{ "a number and a half", ",\"revision_number\":1.5", "", 0, false, "not a whole number" },
	{ "a number as text", ",\"revision_number\":\"7\"", "", 0, false, "not a whole number" },
	{ "a number too large", ",\"revision_number\":9223372036854775808", "", 0, false, "not a whole number" },
	{ "the largest number", ",\"revision_number\":9223372036854775807", "", 0, false, NULL },
	{ "a claim twice", ",\"scope\":\"a\",\"scope\":\"\"", "", 0, false, "not one JSON object" },
};

static void
try_claims(void)
{
	struct bundle_keys *keys = make_keys("A", "");

	for (size_t i = 0; i < COUNT(claims); i++) {
		const struct bundle_options o = { .name = STR("b"),
			.keys = keys,
			.require_signature = true,
			.now = NOW + claims[i].late,
			.scope = str_of(claims[i].scope),
			.ignore_expiry = claims[i].in_use };

		expect(claims[i].what, make_bundle("A", claims[i].more), &o, claims[i].want);
	}
	bundle_keys_free(&keys);
}

/* ---- keys with dates ---- */

static const struct {
	const char *what, *members;
	int64_t now;
	const char *want;
} dated_keys[] = {
	{ "a key without dates", "", NOW, NULL },
	{ "from this second", ",\"not_before\":1773921600", NOW, NULL },
	{ "a second too early", ",\"not_before\":1773921601", NOW, "not to be believed yet" },
	{ "its last second", ",\"not_after\":1773921601", NOW, NULL },
	{ "after its end", ",\"not_after\":1773921600", NOW, "not to be believed any more" },
	{ "after its exp", ",\"exp\":1773921600", NOW, "not to be believed any more" },
	{ "not_after wins over exp", ",\"exp\":1,\"not_after\":1773921601", NOW, NULL },
	{ "revoked in its set", ",\"revoked\":true", NOW, "is revoked" },
	{ "not revoked", ",\"revoked\":false", NOW, NULL },
};

static struct bundle_keys *
make_dated(const char *members)
{
	struct bundle_keys *keys = bundle_keys_new();
	struct jwks *set = NULL;
	struct buf text;
	str_t plain;
	err_t err;

	buf_init(&text, KEY_TEXT_MAX);
	if (jwks_new_from_key(all[0], NULL, &set) == ERR_OK)
		jwks_write(&text, &set, 1);
	jwks_free(&set);
	plain = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	plain.len = str_find(plain, STR("}]}"), 0);
	/* Under the name that it signs with. */
	plain = arena_printf(arena, "%.*s%s}]}", STR_FMT(plain), members);
	err = bundle_keys_add_text(keys, plain, STR("set"), NULL);
	ok(err == (bundle_keys_count(keys) > 0 ? ERR_OK : ERR_KEY), "a key set with %s", members);
	return keys;
}

static void
try_dated_keys(void)
{
	struct bundle_build_options options = { .key = all[0], .created = NOW };
	struct bundle_files files = { (struct bundle_file[]){ policy }, 1 };
	struct bundle_keys *keys;
	struct bundle b;
	struct buf out;

	buf_init(&out, 1 << 18);
	ok(bundle_build(&files, &options, arena, NULL, &out, &b) == ERR_OK, "built");
	for (size_t i = 0; i < COUNT(dated_keys); i++) {
		struct bundle_options o = { .name = STR("b"), .require_signature = true };

		keys = make_dated(dated_keys[i].members);
		o.keys = keys;
		o.now = dated_keys[i].now;
		expect(dated_keys[i].what, buf_str(&out), &o, dated_keys[i].want);
		bundle_keys_free(&keys);
	}
	keys = make_dated(",\"not_after\":\"never\"");
	ok(bundle_keys_count(keys) == 0, "a key whose date cannot be read is no key");
	bundle_keys_free(&keys);
	keys = make_keys("A", "");
	ok(bundle_keys_revoke_text(keys, STR("two words\n"), STR("revoked"), NULL) == ERR_KEY &&
	        bundle_keys_revoke_text(keys, STR("{\"keys\": []}"), STR("revoked"), NULL) == ERR_KEY,
	    "a list of revoked keys that is something else is refused");
	bundle_keys_free(&keys);
	buf_fini(&out);
}

/* ---- signing one after the other ---- */

static str_t
build(const struct key *const *more, size_t count, err_t *ret)
{
	struct bundle_build_options options = { .key = all[0], .created = NOW, .revision_number = 3,
		.more_keys = more, .more_key_count = count };
	struct bundle_files files = { (struct bundle_file[]){ policy }, 1 };
	struct bundle b;
	struct buf out;
	str_t made;

	buf_init(&out, 1 << 18);
	*ret = bundle_build(&files, &options, arena, NULL, &out, &b);
	made = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return made;
}

static str_t
add(str_t bytes, const struct key *key, err_t *ret)
{
	struct buf out;
	str_t made;

	buf_init(&out, 1 << 18);
	*ret = cosign(bytes, STR("b"), key, arena, NULL, &out);
	made = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return made;
}

static void
try_cosigning(void)
{
	const struct key *const more[] = { all[1], all[2] }, *const same[] = { all[0] };
	struct bundle_keys *keys = make_keys("ABC", "");
	struct bundle_options o = { .name = STR("b"), .keys = keys, .require_signature = true,
		.now = NOW, .threshold = 3 };
	err_t err;
	str_t one = build(NULL, 0, &err), three, changed;
	char *bytes;

	ok(err == ERR_OK, "signed by one");
	expect("three keys at once", build(more, 2, &err), &o, NULL);
	(void)build(same, 1, &err);
	ok(err == ERR_BUNDLE, "the same key twice is refused");
	three = add(add(one, all[1], &err), all[2], &err);
	ok(err == ERR_OK, "signed one after the other");
	expect("three keys one after the other", three, &o, NULL);
	expect("and before the third", add(one, all[1], &err), &o, "2 of the keys");
	(void)add(three, all[1], &err);
	ok(err == ERR_BUNDLE, "who signed does not sign again");
	(void)add(STR("garbage"), all[1], &err);
	ok(err == ERR_BUNDLE, "garbage is not signed");
	bytes = arena_copy(arena, three.data, three.len);
	bytes[three.len / 2] ^= 1;
	changed = add(str_make(bytes, three.len), all[3], &err);
	ok(err == ERR_BUNDLE && changed.len == 0, "what was changed is not signed");
	bundle_keys_free(&keys);
	keys = make_keys("A", "");
	o.keys = keys;
	o.threshold = 1;
	expect("sealed by a stranger", add(one, all[3], &err), &o, "packed anew");
	bundle_keys_free(&keys);
}

/* ---- bits ---- */

static void
fill(char *bytes, size_t size)
{
	uint32_t state = 1;

	for (size_t i = 0; i < size; i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = "0123456789abcdef"[state >> 28];
	}
}

/* A bundle of 4 KB that two keys must have signed. */
static void
try_damage(void)
{
	static char noise[5000];
	const struct key *const more[] = { all[1] };
	struct bundle_build_options options = { .key = all[0], .created = NOW, .revision_number = 3,
		.more_keys = more, .more_key_count = 1 };
	struct bundle_file files[2] = { { STR("data.json"), STR_NONE }, policy };
	struct bundle_keys *keys = make_keys("AB", "");
	const struct bundle_options o = { .name = STR("b"), .keys = keys, .require_signature = true,
		.now = NOW, .threshold = 2 };
	struct bundle_files list = { files, 2 };
	size_t loaded = 0;
	struct bundle b;
	struct buf out;

	fill(noise, sizeof(noise));
	files[0].bytes = arena_printf(arena, "{\"noise\":\"%.*s\"}", (int)sizeof(noise), noise);
	buf_init(&out, 1 << 18);
	ok(bundle_build(&list, &options, arena, NULL, &out, &b) == ERR_OK, "built");
	ok(out.len > 4000 && out.len < 5000, "%zu bytes", out.len);
	expect("two signed it", buf_str(&out), &o, NULL);
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		struct arena_mark mark = arena_mark(arena);

		out.data[bit / 8] ^= (char)(1 << bit % 8);
		loaded += bundle_read(buf_str(&out), &o, arena, NULL, NULL, &b) == ERR_OK;
		out.data[bit / 8] ^= (char)(1 << bit % 8);
		arena_release(arena, mark);
	}
	ok(loaded == 0, "of %zu flipped bits %zu load", out.len * 8, loaded);
	for (size_t len = 0; len < out.len; len++) {
		struct arena_mark mark = arena_mark(arena);

		loaded += bundle_read(str_sub(buf_str(&out), 0, len), &o, arena, NULL, NULL, &b) == ERR_OK;
		arena_release(arena, mark);
	}
	ok(loaded == 0, "of %zu truncations %zu load", out.len, loaded);
	buf_fini(&out);
	bundle_keys_free(&keys);
}

int
main(void)
{
	arena = arena_new((size_t)1 << 30);
	for (size_t i = 0; i < KEYS; i++)
		ok(key_generate(KEY_P256, &all[i]) == ERR_OK, "a key");
	try_signings();
	try_claims();
	try_dated_keys();
	try_cosigning();
	try_damage();
	for (size_t i = 0; i < KEYS; i++)
		key_free(&all[i]);
	arena_free(&arena);
	return tap_done();
}
