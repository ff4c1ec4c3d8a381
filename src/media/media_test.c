/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <tap.h>

#include "bundle/keys.h"
#include "codec/json.h"
#include "codec/tar.h"
#include "media/media.h"
#include "release/statement.h"

static struct arena *arena;
static struct key *key, *other;
static struct bundle_keys *keys, *others;

static struct bundle_keys *
keys_of(const struct key *k)
{
	struct bundle_keys *set = bundle_keys_new();
	struct buf text;

	buf_init(&text, KEY_TEXT_MAX);
	if (key_write_pem_public(&text, k) != ERR_OK ||
	    bundle_keys_add_text(set, buf_str(&text), STR("k"), NULL) != ERR_OK)
		abort();
	buf_fini(&text);
	return set;
}

static str_t
pack(const struct media *m)
{
	struct buf out;
	str_t bytes;

	buf_init(&out, MEDIA_SIZE_MAX);
	if (media_write(arena, m, key, NULL, &out) != ERR_OK)
		abort();
	bytes = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return bytes;
}

static const char *
verdict(str_t bytes, const struct bundle_keys *set)
{
	struct media m;
	struct diag diag;

	diag_init(&diag, arena, 4);
	if (media_read(arena, bytes, STR("m"), set, &diag, &m) == ERR_OK)
		return NULL;
	return diag.error_count > 0 ? arena_str(arena, diag_first_message(&diag)).data
				    : "(no sentence)";
}

static void
expect(const char *what, str_t bytes, const char *want)
{
	const char *got = verdict(bytes, keys);

	if (!ok(want == NULL ? got == NULL : got != NULL && strstr(got, want) != NULL, "%s",
		what))
		tap_note("%s", got != NULL ? got : "(taken)");
}

static const struct media example = {
	.parts = { { .kind = MEDIA_BUNDLE,
		       .bytes = { "bundle bytes", 12 },
		       .revision = { "r1", 2 } },
	    { .kind = MEDIA_JWKS, .bytes = { "{}", 2 } },
	    { .kind = MEDIA_REVOCATIONS, .bytes = { "", 0 } } },
	.count = 3,
	.created = 1780000000,
	.number = 7,
	.hosts = { { "web-*", 5 }, { "db", 2 } },
	.host_count = 2,
};

static void
test_round_trip(void)
{
	str_t bytes = pack(&example);
	struct media m;

	ok(str_eq(bytes, pack(&example)), "the same parts give the same bytes");
	ok(media_read(arena, bytes, STR("m"), keys, NULL, &m) == ERR_OK, "read");
	ok(m.count == 3 && m.number == 7 && m.created == 1780000000 && m.expires == 0 &&
		str_eq(media_find(&m, MEDIA_BUNDLE)->bytes, STR("bundle bytes")) &&
		str_eq(media_find(&m, MEDIA_BUNDLE)->revision, STR("r1")) &&
		media_find(&m, MEDIA_BINARY) == NULL && m.key.len > 0,
	    "as it was packed");
	ok(media_is_for(&m, STR("web-1")) && media_is_for(&m, STR("db")) &&
		!media_is_for(&m, STR("db1")) && !media_is_for(&m, STR("web")),
	    "hosts");
	m.host_count = 0;
	ok(media_is_for(&m, STR("any")), "no host is every host");
	ok(verdict(bytes, NULL) == NULL && verdict(bytes, others) != NULL,
	    "looked at; verified by another key");
}

/* What an attacker with a tar, but without the key, can make of it. */
static void
test_archives(void)
{
	const struct tar_entry *e;
	struct tar_fault fault;
	str_t good = pack(&example);
	struct buf out;
	size_t count;
	static const struct {
		const char *what, *want;
		int order[5]; /* entries of the good one; -1: one of its own; -2: end */
	} cases[] = {
		{ "as it is", NULL, { 0, 1, 2, 3, -2 } },
		{ "a part is missing", "missing", { 0, 1, 2, -2 } },
		{ "the manifest is missing", "does not begin with", { 1, 2, 3, -2 } },
		{ "parts swapped", "not where", { 0, 2, 1, 3, -2 } },
		{ "one more file", "does not list", { 0, 1, 2, 3, -1 } },
		{ "a part is another file", "not where", { 0, -1, 2, 3, -2 } },
		{ "nothing", "does not begin with", { -1, -2 } },
	};

	if (tar_read(arena, good, 10, &e, &count, &fault) != ERR_OK)
		abort();
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_init(&out, 1 << 20);
		for (int k = 0; k < 5 && cases[i].order[k] != -2; k++) {
			int at = cases[i].order[k];

			if (tar_write_file(&out, at < 0 ? STR("../../etc/passwd") : e[at].name,
				at < 0 ? STR("x") : e[at].bytes) != ERR_OK)
				abort();
		}
		tar_write_end(&out);
		expect(cases[i].what, buf_str(&out), cases[i].want);
		buf_fini(&out);
	}
	expect("empty", STR(""), "no delivery");
	buf_init(&out, 1 << 20);
	buf_add_str(&out, good);
	while (out.len < good.len + TAR_BLOCK)
		buf_add_char(&out, 0);
	expect("more zeros behind it", buf_str(&out), "changed on the way");
	buf_fini(&out);
}

static void
test_changes(void)
{
	str_t good = pack(&example);
	char *bytes = arena_copy(arena, good.data, good.len);
	size_t flips = 0, cuts = 0;

	for (size_t i = 0; i < good.len; i++) {
		struct arena_mark mark = arena_mark(arena);

		bytes[i] ^= (char)(1 << (i % 8));
		flips += verdict(str_make(bytes, good.len), keys) == NULL;
		bytes[i] ^= (char)(1 << (i % 8));
		cuts += verdict(str_sub(good, 0, i), keys) == NULL;
		arena_release(arena, mark);
	}
	ok(flips == 0, "a bit of each of %zu bytes flipped: %zu taken", good.len, flips);
	ok(cuts == 0, "every cut: %zu taken", cuts);
}

/* Signed by the right key, but not a delivery. */
static void
test_other_statements(void)
{
	static const struct {
		const char *payload, *want;
	} cases[] = {
		{ "{}", "later format" },
		{ "{\"media\":2}", "later format" },
		{ "{\"media\":1}", "malformed" },
		{ "{\"media\":1,\"created\":1,\"expires\":0,\"number\":0,\"hosts\":[],"
		  "\"parts\":[]}",
		    "no part" },
		{ "{\"media\":1,\"created\":1,\"expires\":-5,\"number\":0,\"hosts\":[],"
		  "\"parts\":[]}",
		    "malformed" },
		{ "{\"media\":1,\"created\":1,\"expires\":0,\"number\":0,\"hosts\":[1],"
		  "\"parts\":[]}",
		    "malformed" },
	};
	struct buf text, out;

	for (size_t i = 0; i < COUNT(cases) + 1; i++) {
		value_t v = value_empty_object();

		buf_init(&text, STATEMENT_SIZE_MAX);
		buf_init(&out, 1 << 20);
		if (i > 0 &&
		    json_read(arena, str_of(cases[i - 1].payload), NULL, NULL, &v) != ERR_OK)
			abort();
		if (statement_write(&text, key,
			i == 0 ? STR("coresdk-binary") : STR("coresdk-media"), v) != ERR_OK ||
		    tar_write_file(&out, STR("manifest.jws"), buf_str(&text)) != ERR_OK)
			abort();
		tar_write_end(&out);
		expect("a statement that is no manifest", buf_str(&out),
		    i == 0 ? "something else" : cases[i - 1].want);
		buf_fini(&text);
		buf_fini(&out);
	}
}

int
main(void)
{
	arena = arena_new((size_t)1 << 30);
	if (arena == NULL || key_generate(KEY_P256, &key) != ERR_OK ||
	    key_generate(KEY_P256, &other) != ERR_OK)
		return 1;
	keys = keys_of(key);
	others = keys_of(other);
	test_round_trip();
	test_archives();
	test_changes();
	test_other_statements();
	bundle_keys_free(&keys);
	bundle_keys_free(&others);
	key_free(&key);
	key_free(&other);
	arena_free(&arena);
	return tap_done();
}
