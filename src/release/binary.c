/* SPDX-License-Identifier: Apache-2.0 */
/* Checking; making is in sign.c. */
#include "release/binary.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/hex.h"
#include "release/binary_internal.h"
#include "release/block.h"
#include "release/version.h"

#define BESIDE_MAX ((size_t)BLOCK_SIZE_MAX)

static err_t refuse(struct diag *, const struct source *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static err_t
refuse(struct diag *diag, const struct source *s, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diag_say(diag, "release", "%s: %s", s->name, text);
	return ERR_SIGNATURE;
}

/* ---- claims ---- */

static bool
is_word(str_t s, bool slash)
{
	size_t slashes = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		slashes += c == '/';
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
			c == '/'))
			return false;
	}
	return s.len > 0 && s.len <= BINARY_WORD_MAX && slashes == (slash ? 1 : 0) &&
	       s.data[0] != '/' && s.data[s.len - 1] != '/';
}

const char *
binary_claims_fault(const struct binary_claims *c)
{
	if (!is_word(c->name, false))
		return "the name is not one word of letters, digits, dots and dashes";
	if (!version_is_good(c->version))
		return "the version is not numbers between dots, as 1.5.0 or 1.5.0-rc.1";
	if (!is_word(c->platform, true))
		return "the platform is not a system and a machine, as linux/amd64";
	return NULL;
}

err_t
binary_check_claims(const struct binary_claims *c, struct diag *diag)
{
	const char *fault = binary_claims_fault(c);

	if (fault == NULL)
		return ERR_OK;
	diag_say(diag, "usage", "%s", fault);
	return ERR_USAGE;
}

static bool
same_claims(const struct binary_claims *a, const struct binary_claims *b)
{
	return str_eq(a->name, b->name) && str_eq(a->version, b->version) &&
	       str_eq(a->platform, b->platform);
}

/* The first says who it is; each other one must say the same. */
static err_t
take_claims(struct binary_facts *f, const struct binary_claims *c, const struct source *s,
    struct diag *diag)
{
	if (f->claims.name.len > 0 && !same_claims(&f->claims, c))
		return refuse(diag, s,
		    "its signatures disagree: one is for %.*s v%.*s, one for %.*s v%.*s",
		    STR_FMT(f->claims.name), STR_FMT(f->claims.version), STR_FMT(c->name),
		    STR_FMT(c->version));
	f->claims = *c;
	return ERR_OK;
}

/* ---- statements ---- */

static err_t
check_content(const struct source *s, uint64_t len, value_t payload, struct diag *diag)
{
	int64_t size = statement_number(payload, "size", -1);
	str_t want = statement_text(payload, "sha256");
	uint8_t digest[SHA256_SIZE];
	struct buf hex;
	bool same;

	if (size < 0 || want.len != SHA256_HEX_SIZE)
		return refuse(diag, s, "the signed statement lacks size or digest");
	if ((uint64_t)size > len)
		return refuse(diag, s,
		    "%llu bytes were signed and %llu are here: the file is cut, or the "
		    "signature is "
		    "another file's",
		    (unsigned long long)size, (unsigned long long)len);
	if ((uint64_t)size < len)
		return refuse(diag, s,
		    "%llu bytes were signed and %llu are here: something was added, or the "
		    "signature "
		    "is another file's",
		    (unsigned long long)size, (unsigned long long)len);
	TRY(source_digest(s, len, DIGEST_SHA256, digest, diag));
	buf_init(&hex, SHA256_HEX_SIZE);
	hex_write(&hex, str_make((const char *)digest, sizeof(digest)));
	same = str_eq(buf_str(&hex), want);
	buf_fini(&hex);
	return same ? ERR_OK : refuse(diag, s, "it was changed after it was signed (SHA-256)");
}

static struct binary_claims
claims_of(value_t payload)
{
	return (struct binary_claims){ .name = statement_text(payload, "name"),
		.version = statement_text(payload, "version"),
		.platform = statement_text(payload, "platform") };
}

static err_t
check_statement(struct arena *arena, const struct source *s, str_t text, uint64_t len,
    const struct release_keys *keys, struct diag *diag, struct binary_facts *f)
{
	struct statement st;
	struct binary_claims claims;
	const char *fault;

	if (bundle_keys_count(release_keys_plain(keys)) == 0)
		return refuse(
		    diag, s, "its signature is no minisign one, as all keys given are");
	TRY(statement_read(arena, text, STR(BINARY_TYPE), release_keys_plain(keys),
	    str_of(s->name), diag, &st));
	claims = claims_of(st.payload);
	fault = binary_claims_fault(&claims);
	if (fault != NULL)
		return refuse(diag, s, "the signed statement cannot be used: %s", fault);
	TRY(check_content(s, len, st.payload, diag));
	TRY(take_claims(f, &claims, s, diag));
	f->created = statement_number(st.payload, "created", 0);
	if (f->key.len == 0)
		f->key = st.key;
	return ERR_OK;
}

/* ---- the block ---- */

static err_t
read_block(struct arena *arena, const struct source *s, struct diag *diag,
    enum block_state *ret_state, struct block *ret)
{
	size_t len = s->size < BLOCK_TAIL_SIZE ? (size_t)s->size : BLOCK_TAIL_SIZE;
	char *tail = arena_alloc(arena, len, 1);

	if (tail == NULL)
		return ERR_MEMORY;
	TRY(source_read(s, s->size - len, tail, len, diag));
	*ret_state = block_read(str_make(tail, len), ret);
	return ERR_OK;
}

static err_t
check_block(struct arena *arena, const struct source *s, const struct binary_beside *beside,
    const struct release_keys *keys, struct diag *diag, struct binary_facts *f)
{
	bool has_other = beside->sig.len > 0 || beside->minisig.len > 0;
	enum block_state state;
	struct block block;

	TRY(read_block(arena, s, diag, &state, &block));
	if (state == BLOCK_NONE && has_other)
		return ERR_OK;
	if (state != BLOCK_FOUND)
		return refuse(diag, s, "%s", block_state_text(state));
	/* With minisign keys alone, the block is covered by what they check. */
	if (bundle_keys_count(release_keys_plain(keys)) == 0 && beside->minisig.len > 0)
		return ERR_OK;
	TRY(check_statement(arena, s, block.text, s->size - block.size, keys, diag, f));
	f->by_block = true;
	return ERR_OK;
}

err_t
binary_read_claims(struct arena *arena, const char *path, struct binary_claims *ret)
{
	enum block_state state = BLOCK_NONE;
	struct statement st;
	struct source s;
	struct block block;
	err_t err;

	TRY(source_open(path, NULL, &s));
	err = read_block(arena, &s, NULL, &state, &block);
	source_close(&s);
	TRY(err);
	if (state != BLOCK_FOUND || statement_read(arena, block.text, STR(BINARY_TYPE), NULL,
					STR(""), NULL, &st) != ERR_OK)
		return ERR_NOT_FOUND;
	*ret = claims_of(st.payload);
	return binary_claims_fault(ret) == NULL ? ERR_OK : ERR_NOT_FOUND;
}

/* ---- minisign ---- */

/* "name:…" between tabs */
static str_t
comment_member(str_t comment, str_t name)
{
	while (comment.len > 0) {
		size_t end = str_find_char(comment, '\t', 0);
		str_t part = str_sub(comment, 0, end);

		if (str_has_prefix(part, name))
			return str_skip(part, name.len);
		comment = str_skip(comment, end < comment.len ? end + 1 : end);
	}
	return STR("");
}

static err_t
make_message(struct arena *arena, const struct source *s, const struct minisign *m,
    struct diag *diag, str_t *ret)
{
	size_t len = m->prehashed ? digest_size(DIGEST_BLAKE2B512) : (size_t)s->size;
	char *message;

	if (!m->prehashed && s->size > BINARY_LEGACY_MAX)
		return refuse(diag, s,
		    "a minisign signature of the old kind is checked for files of 256 MiB at "
		    "most; "
		    "sign it prehashed (minisign -H)");
	message = arena_alloc(arena, len, 1);
	if (message == NULL)
		return ERR_MEMORY;
	*ret = str_make(message, len);
	if (m->prehashed)
		return source_digest(s, s->size, DIGEST_BLAKE2B512, (uint8_t *)message, diag);
	return source_read(s, 0, message, len, diag);
}

static err_t
try_minisign_keys(struct arena *arena, const struct source *s, const struct minisign *m,
    const struct release_keys *keys, struct diag *diag, const struct key **ret)
{
	const struct key *key;
	str_t message;

	if (release_keys_minisign(keys, m->id, 0) == NULL)
		return refuse(diag, s, "its minisign signature was made by another key");
	TRY(make_message(arena, s, m, diag, &message));
	for (size_t i = 0; (key = release_keys_minisign(keys, m->id, i)) != NULL; i++) {
		if (minisign_check(arena, m, key, message) == ERR_OK) {
			*ret = key;
			return ERR_OK;
		}
	}
	return arena_failed(arena)
		   ? ERR_MEMORY
		   : refuse(diag, s,
			 "its minisign signature does not verify: the file or its "
			 "trusted comment was changed, or another key signed");
}

static err_t
check_minisign(struct arena *arena, const struct source *s, str_t text,
    const struct release_keys *keys, struct diag *diag, struct binary_facts *f)
{
	const struct key *key = NULL;
	struct binary_claims claims;
	struct minisign m;
	err_t err = minisign_read(arena, text, &m);

	if (err == ERR_MEMORY)
		return err;
	if (err != ERR_OK)
		return refuse(diag, s, "its minisign signature is malformed");
	TRY(try_minisign_keys(arena, s, &m, keys, diag, &key));
	claims =
	    (struct binary_claims){ .name = comment_member(m.trusted_comment, STR("name:")),
		    .version = comment_member(m.trusted_comment, STR("version:")),
		    .platform = comment_member(m.trusted_comment, STR("platform:")) };
	if (binary_claims_fault(&claims) == NULL)
		TRY(take_claims(f, &claims, s, diag));
	if (f->key.len == 0)
		f->key = arena_str(arena, key_thumbprint(key));
	f->trusted_comment = m.trusted_comment;
	f->by_minisign = true;
	return ERR_OK;
}

/* ---- all of it ---- */

static err_t
check_expectation(const struct source *s, const struct binary_expectation *want,
    const struct binary_facts *f, struct diag *diag)
{
	const struct binary_claims *c = &f->claims;
	bool asks =
	    want->name.len > 0 || want->least_version.len > 0 || want->platform.len > 0;

	if (asks && c->name.len == 0)
		return refuse(diag, s,
		    "its signature does not say which program and version it is: the trusted "
		    "comment "
		    "lacks name:, version: and platform:");
	if (want->name.len > 0 && !str_eq(want->name, c->name))
		return refuse(diag, s, "it is signed as %.*s, and %.*s is wanted",
		    STR_FMT(c->name), STR_FMT(want->name));
	if (want->platform.len > 0 && !str_eq(want->platform, c->platform))
		return refuse(diag, s, "it is for %.*s, and %.*s is wanted",
		    STR_FMT(c->platform), STR_FMT(want->platform));
	if (want->least_version.len > 0 &&
	    version_compare(c->version, want->least_version) < 0)
		return refuse(diag, s,
		    "its version %.*s is older than %.*s, the least that is taken",
		    STR_FMT(version_bare(c->version)),
		    STR_FMT(version_bare(want->least_version)));
	return ERR_OK;
}

err_t
binary_verify(struct arena *arena, const struct source *s, const struct binary_beside *beside,
    const struct release_keys *keys, const struct binary_expectation *want, struct diag *diag,
    struct binary_facts *ret)
{
	struct binary_facts f = { .size = s->size };

	TRY(check_block(arena, s, beside, keys, diag, &f));
	if (beside->sig.len > 0 && bundle_keys_count(release_keys_plain(keys)) > 0) {
		TRY(check_statement(
		    arena, s, str_trim_space(beside->sig), s->size, keys, diag, &f));
		f.by_file = true;
	}
	f.minisign_ignored = beside->minisig.len > 0 && (f.by_block || f.by_file) &&
			     !release_keys_have_minisign(keys);
	if (beside->minisig.len > 0 && !f.minisign_ignored)
		TRY(check_minisign(arena, s, beside->minisig, keys, diag, &f));
	if (!f.by_block && !f.by_file && !f.by_minisign)
		return refuse(
		    diag, s, "no signature of it could be checked with the keys given");
	TRY(check_expectation(s, want, &f, diag));
	*ret = f;
	return ERR_OK;
}

static err_t
read_beside(
    struct arena *arena, const char *path, const char *ending, struct diag *diag, str_t *ret)
{
	str_t beside = arena_printf(arena, "%s%s", path, ending);
	struct buf text;
	err_t err;

	*ret = STR("");
	if (beside.data == NULL)
		return ERR_MEMORY;
	if (access(beside.data, F_OK) != 0)
		return ERR_OK;
	buf_init(&text, BESIDE_MAX);
	err = file_read(NULL, beside.data, FILE_ANY, &text, diag);
	if (err == ERR_OK)
		*ret = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	if (err == ERR_OK && ret->len == 0) {
		diag_say(diag, "release", "%s: the signature beside it is empty", beside.data);
		return ERR_SIGNATURE;
	}
	return err;
}

err_t
binary_read_beside(
    struct arena *arena, const char *path, struct diag *diag, struct binary_beside *ret)
{
	TRY(read_beside(arena, path, ".sig", diag, &ret->sig));
	return read_beside(arena, path, ".minisig", diag, &ret->minisig);
}

err_t
binary_verify_path(struct arena *arena, const char *path, const struct release_keys *keys,
    const struct binary_expectation *want, struct diag *diag, struct binary_facts *ret)
{
	struct binary_beside beside;
	struct source s;
	err_t err;

	TRY(binary_read_beside(arena, path, diag, &beside));
	TRY(source_open(path, diag, &s));
	err = binary_verify(arena, &s, &beside, keys, want, diag, ret);
	source_close(&s);
	return err;
}
