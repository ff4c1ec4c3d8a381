/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tap.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "crypt/signature.h"
#include "release/binary.h"
#include "release/block.h"

/* RELEASE_FLIPS in the environment asks for more: 10,000 in the long run. */
enum { FLIPS = 1000, CONTENT = 20000 };

static struct arena *arena;
static char room[] = "/tmp/coresdk-binary-XXXXXX";
static struct key *p256, *ed, *other;
static struct release_keys *both, *wrong, *none_but_minisign, *unused;

static const struct binary_expectation anything = { .name = { "", 0 } };

static char *
path_of(const char *name)
{
	return (char *)arena_printf(arena, "%s/%s", room, name).data;
}

static void
put(const char *name, str_t bytes)
{
	if (file_replace(NULL, path_of(name), 0755, bytes, NULL) != ERR_OK)
		abort();
}

static str_t
get(const char *name)
{
	struct buf bytes;
	str_t text;

	buf_init(&bytes, 1 << 20);
	if (file_read(NULL, path_of(name), FILE_ANY, &bytes, NULL) != ERR_OK)
		abort();
	text = arena_str(arena, buf_str(&bytes));
	buf_fini(&bytes);
	return text;
}

static str_t
content(unsigned seed, size_t len)
{
	char *bytes = arena_alloc(arena, len, 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
	return str_make(bytes, len);
}

static struct release_keys *
keys_of(const char *name, const struct key *key, bool minisign)
{
	struct release_keys *keys = release_keys_new();
	struct buf text;

	buf_init(&text, KEY_TEXT_MAX);
	if ((minisign ? minisign_key_write(arena, &text, key)
		      : key_write_pem_public(&text, key)) != ERR_OK)
		abort();
	put(name, buf_str(&text));
	buf_fini(&text);
	if (release_keys_add_path(keys, path_of(name), NULL) != ERR_OK)
		abort();
	return keys;
}

static void
sign(const char *name, const struct key *key, const char *version, bool replace)
{
	const struct binary_signing w = { .key = key,
		.claims = { STR("coresdk-sidecar"), str_of(version), STR("linux/amd64") },
		.created = 1780000000,
		.replace = replace };

	if (binary_sign(arena, path_of(name), &w, NULL) != ERR_OK)
		abort();
}

static void
sign_beside(const char *name, const struct key *key, const char *version, bool minisign)
{
	const struct binary_signing w = { .key = key,
		.claims = { STR("coresdk-sidecar"), str_of(version), STR("linux/amd64") },
		.created = 1780000000 };

	if (binary_sign_beside(arena, path_of(name), &w, minisign, NULL) != ERR_OK)
		abort();
}

/* NULL: taken; else the sentence. */
static const char *
verdict(
    const char *name, const struct release_keys *keys, const struct binary_expectation *want)
{
	struct binary_facts facts;
	struct diag diag;
	err_t err;

	diag_init(&diag, arena, 4);
	err = binary_verify_path(arena, path_of(name), keys, want, &diag, &facts);
	if (err == ERR_OK)
		return NULL;
	if (err != ERR_SIGNATURE || diag.error_count == 0)
		return "(no sentence)";
	return arena_str(arena, diag_first_message(&diag)).data;
}

static void
expect(const char *what, const char *got, const char *want)
{
	bool passed = want == NULL ? got == NULL : got != NULL && strstr(got, want) != NULL;

	if (!ok(passed, "%s", what))
		tap_note("%s", got != NULL ? got : "(taken)");
}

/* In memory, for the many: whether these bytes are taken. */
static bool
is_taken(str_t bytes)
{
	const struct binary_beside beside = { STR(""), STR("") };
	const struct source s = source_of("x", bytes);
	struct binary_facts facts;
	struct arena_mark mark = arena_mark(arena);
	bool taken =
	    binary_verify(arena, &s, &beside, both, &anything, NULL, &facts) == ERR_OK;

	arena_release(arena, mark);
	return taken;
}

/* ---- blocks ---- */

static void
test_block(void)
{
	const struct binary_expectation named = { .name = STR("coresdk-sidecar"),
		.platform = STR("linux/amd64"),
		.least_version = STR("1.5.0") };
	const struct binary_expectation other_name = { .name = STR("core") };
	const struct binary_expectation newer = { .least_version = STR("1.5.1") };
	const struct binary_expectation arm = { .platform = STR("linux/arm64") };
	str_t bytes = content(1, CONTENT), signed_bytes;
	struct stat st;

	put("a", bytes);
	expect("not signed", verdict("a", both, &anything), "never signed");
	sign("a", p256, "v1.5.0", false);
	signed_bytes = get("a");
	ok(str_has_prefix(signed_bytes, bytes) && stat(path_of("a"), &st) == 0 &&
		(st.st_mode & 0777) == 0755,
	    "a signed file begins as it was, and keeps its mode");
	expect("signed", verdict("a", both, &named), NULL);
	expect("another key", verdict("a", wrong, &anything), "signed by another key");
	expect("another name is wanted", verdict("a", both, &other_name), "core is wanted");
	expect("a newer one is wanted", verdict("a", both, &newer), "older than 1.5.1");
	expect(
	    "another platform is wanted", verdict("a", both, &arm), "linux/arm64 is wanted");
	put("b", str_sub(signed_bytes, 0, signed_bytes.len - 1));
	expect("cut in the block", verdict("b", both, &anything), "cut off");
	put("b", str_sub(signed_bytes, 0, CONTENT - 5));
	expect("cut before the block", verdict("b", both, &anything), "is cut off");
	put("b", arena_printf(arena, "%s", "x"));
	expect("one byte", verdict("b", both, &anything), "never signed");
	put("b", STR(""));
	expect("empty", verdict("b", both, &anything), "never signed");
}

static str_t
join(str_t a, str_t b)
{
	char *bytes = arena_alloc(arena, a.len + b.len, 1);

	memcpy(bytes, a.data, a.len);
	memcpy(bytes + a.len, b.data, b.len);
	return str_make(bytes, a.len + b.len);
}

static void
test_forgeries(void)
{
	str_t one, two, block_one, block_two;
	char *bytes;

	put("one", content(1, CONTENT));
	put("two", content(2, CONTENT));
	put("three", content(3, CONTENT + 1));
	sign("one", p256, "1.5.0", false);
	sign("two", p256, "1.6.0", false);
	sign("three", p256, "1.6.0", false);
	one = get("one");
	two = get("two");
	block_one = str_skip(one, CONTENT);
	block_two = str_skip(two, CONTENT);
	put("b", join(str_sub(one, 0, CONTENT), block_two));
	expect("another file's block, of one size", verdict("b", both, &anything),
	    "changed after it was signed");
	put("b", join(str_sub(one, 0, CONTENT), str_skip(get("three"), CONTENT + 1)));
	expect("another file's block", verdict("b", both, &anything), "another file's");
	put("b", join(one, STR("x")));
	expect("one byte behind", verdict("b", both, &anything), "something follows");
	put("b", join(one, block_one));
	expect("its block twice", verdict("b", both, &anything), "two signature blocks");
	bytes = (char *)join(one, STR("")).data;
	bytes[7] ^= 1;
	put("b", str_make(bytes, one.len));
	expect("a changed byte", verdict("b", both, &anything), "changed after it was signed");
	put("b", join(str_sub(one, 0, 100), str_skip(one, 101)));
	expect("a byte less", verdict("b", both, &anything), "is cut");
	put("b", join(STR("x"), one));
	expect("a byte more", verdict("b", both, &anything), "something was added");
	sign("two", p256, "1.7.0", true);
	expect("signed anew", verdict("two", both, &anything), NULL);
	ok(get("two").len == two.len, "in place of the old block");
}

/* The payload says another name; everything else stays. */
static void
test_forged_name(void)
{
	str_t one = get("one"), block = str_skip(one, CONTENT), jws, payload, forged;
	size_t first, second;
	struct block read;
	struct buf text, again;
	char *name;

	ok(block_read(block, &read) == BLOCK_FOUND, "the block alone is one");
	jws = read.text;
	first = str_find_char(jws, '.', 0);
	second = str_find_char(jws, '.', first + 1);
	if (base64url_read(arena, str_sub(jws, first + 1, second - first - 1), &payload) !=
	    ERR_OK)
		abort();
	name = strstr(payload.data, "coresdk-sidecar");
	memcpy(name, "coresdk-courier", 15);
	buf_init(&text, BLOCK_SIZE_MAX);
	buf_init(&again, BLOCK_SIZE_MAX);
	buf_add_str(&text, str_sub(jws, 0, first + 1));
	base64url_write(&text, payload);
	buf_add_str(&text, str_skip(jws, second));
	if (block_write(&again, buf_str(&text)) != ERR_OK)
		abort();
	forged = arena_str(arena, buf_str(&again));
	put("b", join(str_sub(one, 0, CONTENT), forged));
	expect("a forged name", verdict("b", both, &anything),
	    "the signed statement was changed");
	buf_fini(&text);
	buf_fini(&again);
}

static void
test_flips(void)
{
	const char *asked = getenv("RELEASE_FLIPS");
	long flips = asked != NULL ? strtol(asked, NULL, 10) : FLIPS;
	str_t good = get("one");
	char *bytes = (char *)join(good, STR("")).data;
	unsigned seed = 7;
	long taken = 0, cuts = 0;

	ok(is_taken(good), "in memory too");
	for (long i = 0; i < flips; i++) {
		/* Half of them in the last bytes, where the signature is. */
		size_t span = i % 2 == 0 ? good.len : good.len - CONTENT;
		size_t at =
		    good.len - 1 - (seed = seed * 1103515245 + 12345) / 65536 * 13 % span;
		char bit = (char)(1 << (seed & 7));

		bytes[at] ^= bit;
		taken += is_taken(str_make(bytes, good.len));
		bytes[at] ^= bit;
	}
	ok(taken == 0, "%ld flipped bits, %ld taken", flips, taken);
	for (long i = 0; i < flips; i++)
		cuts += is_taken(str_sub(
		    good, 0, good.len - 1 - (size_t)i * (good.len - 1) / (size_t)flips));
	ok(cuts == 0, "%ld cuts, %ld taken", flips, cuts);
	taken = 0;
	for (size_t i = CONTENT; i < good.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (char)(1 << bit);
			taken += is_taken(str_make(bytes, good.len));
			bytes[i] ^= (char)(1 << bit);
		}
	}
	ok(taken == 0, "every bit of the block: %ld taken", taken);
}

/* ---- beside the file ---- */

static void
test_beside(void)
{
	const struct binary_expectation newer = { .least_version = STR("9.0.0") };

	put("c", content(4, CONTENT));
	sign_beside("c", p256, "1.5.0", false);
	expect("FILE.sig", verdict("c", both, &anything), NULL);
	expect("FILE.sig of another key", verdict("c", wrong, &anything),
	    "signed by another key");
	expect("FILE.sig, too old", verdict("c", both, &newer), "older than");
	sign("c", p256, "1.5.0", false);
	expect(
	    "a block behind FILE.sig", verdict("c", both, &anything), "something was added");
	sign_beside("c", p256, "1.5.0", false);
	expect("block and FILE.sig", verdict("c", both, &anything), NULL);
	sign_beside("c", p256, "1.6.0", false);
	expect("they disagree", verdict("c", both, &anything), "disagree");
	put("c.sig", STR("junk"));
	expect("FILE.sig is junk", verdict("c", both, &anything), "cannot be read");
	put("c.sig", STR(""));
	expect("FILE.sig is empty", verdict("c", both, &anything), "is empty");
}

/* As the minisign tool made before it hashed first; `comment` has no tabs. */
static void
write_legacy(const char *name, const struct key *key, const char *comment)
{
	uint8_t bytes[10 + SIGNATURE_SIZE_MAX] = "Ed", global[SIGNATURE_SIZE_MAX];
	size_t len;
	struct buf text;

	minisign_id_of(key, bytes + 2);
	if (signature_make(key, ALGORITHM_EDDSA, get(name), bytes + 10, &len) != ERR_OK ||
	    signature_make(key, ALGORITHM_EDDSA,
		join(str_make((char *)bytes + 10, 64), str_of(comment)), global,
		&len) != ERR_OK)
		abort();
	buf_init(&text, 4096);
	buf_add_text(&text, "untrusted comment: x\n");
	base64_write(&text, str_make((char *)bytes, 74));
	buf_printf(&text, "\ntrusted comment: %s\n", comment);
	base64_write(&text, str_make((char *)global, 64));
	put(arena_printf(arena, "%s.minisig", name).data, buf_str(&text));
	buf_fini(&text);
}

static void
test_minisign(void)
{
	const struct binary_expectation named = { .name = STR("coresdk-sidecar") };
	long taken = 0;
	str_t good;

	put("d", content(5, CONTENT));
	sign_beside("d", ed, "1.5.0", true);
	expect("minisign, prehashed", verdict("d", none_but_minisign, &named), NULL);
	expect("minisign, with the key as PEM", verdict("d", both, &named), NULL);
	expect(
	    "minisign of another key", verdict("d", wrong, &anything), "made by another key");
	good = get("d.minisig");
	for (size_t i = str_find_char(good, '\n', 0) + 1; i < good.len - 1; i++) {
		char *bytes = (char *)join(good, STR("")).data;

		bytes[i] ^= 1;
		put("d.minisig", str_make(bytes, good.len));
		taken += verdict("d", none_but_minisign, &anything) == NULL;
	}
	ok(taken == 0, "every byte of it changed, but the untrusted comment: %ld taken",
	    taken);
	put("d.minisig", good);
	put("d", content(6, CONTENT));
	expect("minisign, the file changed", verdict("d", none_but_minisign, &anything),
	    "does not verify");
	put("d", content(5, CONTENT));
	write_legacy("d", ed, "no claims");
	expect("minisign, of the old kind", verdict("d", none_but_minisign, &anything), NULL);
	expect("but it says no name", verdict("d", none_but_minisign, &named), "does not say");
	put("d", content(6, CONTENT));
	expect("minisign, of the old kind, the file changed",
	    verdict("d", none_but_minisign, &anything), "does not verify");
	put("d.minisig", join(good, STR("more\n")));
	expect("five lines", verdict("d", none_but_minisign, &anything), "malformed");
	sign("d", p256, "1.5.0", false);
	sign_beside("d", ed, "1.5.0", true);
	expect("block and minisign, each with its key", verdict("d", both, &named), NULL);
	expect("block and minisign, the minisign key alone",
	    verdict("d", none_but_minisign, &named), NULL);
	sign_beside("d", ed, "1.6.0", true);
	expect("they disagree", verdict("d", both, &named), "disagree");
}

/* A statement of another kind by the same key is no signature of a binary. */
static void
test_claims(void)
{
	static const struct {
		struct binary_claims claims;
		bool good;
	} cases[] = {
		{ { STR("core"), STR("1.0.0"), STR("linux/amd64") }, true },
		{ { STR(""), STR("1.0.0"), STR("linux/amd64") }, false },
		{ { STR("a b"), STR("1.0.0"), STR("linux/amd64") }, false },
		{ { STR("core\n"), STR("1.0.0"), STR("linux/amd64") }, false },
		{ { STR("core"), STR("new"), STR("linux/amd64") }, false },
		{ { STR("core"), STR("1.0.0"), STR("linux") }, false },
		{ { STR("core"), STR("1.0.0"), STR("linux/amd64/v3") }, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ok((binary_check_claims(&cases[i].claims, NULL) == ERR_OK) == cases[i].good,
		    "claims %zu", i);
}

int
main(void)
{
	static const char *const names[] = { "a", "b", "one", "two", "three", "c", "c.sig",
		"d", "d.minisig", "p256.pub", "ed.pub", "other.pub", "ed.minisign" };

	arena = arena_new((size_t)1 << 30);
	if (arena == NULL || mkdtemp(room) == NULL ||
	    key_generate(KEY_P256, &p256) != ERR_OK ||
	    key_generate(KEY_ED25519, &ed) != ERR_OK ||
	    key_generate(KEY_P256, &other) != ERR_OK)
		return 1;
	both = keys_of("p256.pub", p256, false);
	none_but_minisign = keys_of("ed.minisign", ed, true);
	wrong = keys_of("other.pub", other, false);
	unused = keys_of("ed.pub", ed, false);
	release_keys_free(&unused); /* its file is what is wanted */
	if (release_keys_add_path(both, path_of("ed.pub"), NULL) != ERR_OK)
		return 1;
	test_block();
	test_forgeries();
	test_forged_name();
	test_flips();
	test_beside();
	test_minisign();
	test_claims();
	release_keys_free(&both);
	release_keys_free(&wrong);
	release_keys_free(&none_but_minisign);
	key_free(&p256);
	key_free(&ed);
	key_free(&other);
	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlink(path_of(names[i]));
	(void)rmdir(room);
	arena_free(&arena);
	return tap_done();
}
