/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/checkpoint.h"

#include "audit/text.h"
#include "base/vec.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "crypt/digest.h"
#include "crypt/signature.h"

enum { PUBLIC_SIZE = 32, SIGNED_SIZE = 64, NOTE_ED25519 = 1, DIGITS_MAX = 18 };

#define DASH "\xe2\x80\x94 " /* an em dash and a blank begin a signature */

/* ---- keys ---- */

/* The bytes that are published: one for the algorithm, then the key. */
static err_t
public_bytes(const struct key *key, uint8_t ret[1 + PUBLIC_SIZE])
{
	struct arena *arena = arena_new(16 << 10);
	struct buf jwk;
	str_t x, raw;
	size_t at;
	err_t err = ERR_KEY;

	if (arena == NULL)
		return ERR_MEMORY;
	buf_init(&jwk, 4096);
	key_write_jwk(&jwk, key);
	at = str_find(buf_str(&jwk), STR("\"x\":\""), 0);
	if (!buf_failed(&jwk) && at < jwk.len) {
		x = str_skip(buf_str(&jwk), at + 5);
		x = str_cut(x, str_find_char(x, '"', 0));
		if (base64url_read(arena, x, &raw) == ERR_OK && raw.len == PUBLIC_SIZE) {
			ret[0] = NOTE_ED25519;
			memcpy(ret + 1, raw.data, PUBLIC_SIZE);
			err = ERR_OK;
		}
	}
	buf_fini(&jwk);
	arena_free(&arena);
	return err;
}

err_t
audit_seal_key_make(str_t name, struct key *key, struct audit_seal_key *ret)
{
	uint8_t bytes[AUDIT_SEAL_NAME_MAX + 2 + PUBLIC_SIZE], hash[SHA256_SIZE];

	if (name.len == 0 || name.len > AUDIT_SEAL_NAME_MAX || key_kind(key) != KEY_ED25519)
		return ERR_KEY;
	memcpy(bytes, name.data, name.len);
	bytes[name.len] = '\n';
	TRY(public_bytes(key, bytes + name.len + 1));
	digest_of(DIGEST_SHA256, str_make((const char *)bytes, name.len + 2 + PUBLIC_SIZE), hash);
	ret->name = name;
	ret->key = key;
	memcpy(ret->public_bytes, bytes + name.len + 1, sizeof(ret->public_bytes));
	memcpy(ret->id, hash, sizeof(ret->id));
	return ERR_OK;
}

void
audit_seal_key_write(struct buf *out, const struct audit_seal_key *k)
{
	buf_add_str(out, k->name);
	buf_add_char(out, '+');
	hex_write(out, str_make((const char *)k->id, sizeof(k->id)));
	buf_add_char(out, '+');
	base64_write(out, str_make((const char *)k->public_bytes, sizeof(k->public_bytes)));
	buf_add_char(out, '\n');
}

/* NAME+ID+BASE64 */
static err_t
read_key(struct arena *arena, str_t line, struct audit_seal_key *ret)
{
	size_t first = str_find_char(line, '+', 0);
	size_t second = first < line.len ? str_find_char(line, '+', first + 1) : line.len;
	struct key_ed25519 numbers = { 0 };
	struct key *key = NULL;
	str_t id, raw;
	err_t err;

	if (second == line.len ||
	    hex_read(arena, str_sub(line, first + 1, second - first - 1), &id, NULL) != ERR_OK ||
	    base64_read(arena, str_skip(line, second + 1), &raw) != ERR_OK ||
	    raw.len != 1 + PUBLIC_SIZE || raw.data[0] != NOTE_ED25519 || id.len != sizeof(ret->id))
		return ERR_KEY;
	numbers.x = str_skip(raw, 1);
	TRY(key_make_ed25519(&numbers, KEY_STRICT, NULL, &key));
	err = audit_seal_key_make(arena_str(arena, str_cut(line, first)), key, ret);
	if (err == ERR_OK && memcmp(ret->id, id.data, sizeof(ret->id)) != 0)
		err = ERR_KEY;
	if (err != ERR_OK)
		key_free(&key);
	return err;
}

static str_t
take_line(str_t *rest)
{
	size_t end = str_find_char(*rest, '\n', 0);
	str_t line = str_cut(*rest, end);

	*rest = str_skip(*rest, end < rest->len ? end + 1 : end);
	return line;
}

err_t
audit_seal_keys_read(struct arena *arena, str_t text, const char *file, struct diag *diag,
    struct audit_seal_keys *ret)
{
	struct audit_seal_keys keys = { 0 };
	struct diag_place place = { .file = str_of(file), .col = 1 };
	const char *why = NULL;

	while (text.len > 0 && why == NULL) {
		str_t line = str_trim_space(take_line(&text));

		place.row++;
		if (line.len == 0)
			continue;
		if (keys.count == AUDIT_SEAL_KEYS_MAX)
			why = "there are more than 16 keys";
		else if (read_key(arena, line, &keys.at[keys.count]) != ERR_OK)
			why = "is no public key of an audit log (NAME+ID+KEY, as it is written beside the log)";
		else
			keys.count++;
	}
	if (why == NULL && keys.count == 0)
		why = "there is no key in it";
	if (why == NULL) {
		*ret = keys;
		return ERR_OK;
	}
	(void)diag_add(diag, DIAG_ERROR, "audit", place, "%s", why);
	audit_seal_keys_release(&keys);
	return ERR_KEY;
}

void
audit_seal_keys_release(struct audit_seal_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		key_free(&keys->at[i].key);
	keys->count = 0;
}

/* ---- writing ---- */

static void
add_hash(struct buf *out, const char hash[AUDIT_HASH_LEN])
{
	uint8_t bytes[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(hex_digit(hash[2 * i]) << 4 | hex_digit(hash[2 * i + 1]));
	base64_write(out, str_make((const char *)bytes, sizeof(bytes)));
}

err_t
audit_checkpoint_write(struct buf *out, const struct audit_seal_key *k,
    const struct audit_chain *chain, int64_t time_ms, const char *because)
{
	uint8_t signature[SIGNATURE_SIZE_MAX], bytes[sizeof(k->id) + SIGNED_SIZE];
	size_t begin = out->len, len;
	struct buf time;
	bool timed;

	buf_init(&time, 64);
	audit_text_begin(&time, time_ms); /* {"ts":"2026-…Z" */
	buf_add_str(out, k->name);
	buf_printf(out, "\n%llu\n", (unsigned long long)chain->seq);
	add_hash(out, chain->hash);
	timed = !buf_failed(&time);
	if (timed)
		buf_printf(out, "\ntime %.*s\nbecause %s\n", (int)time.len - 8, time.data + 7, because);
	buf_fini(&time);
	if (!timed || buf_failed(out))
		return ERR_LIMIT;
	TRY(signature_make(k->key, ALGORITHM_EDDSA, str_make(out->data + begin, out->len - begin),
	    signature, &len));
	must(len == SIGNED_SIZE);
	memcpy(bytes, k->id, sizeof(k->id));
	memcpy(bytes + sizeof(k->id), signature, SIGNED_SIZE);
	buf_add_text(out, "\n" DASH);
	buf_add_str(out, k->name);
	buf_add_char(out, ' ');
	base64_write(out, str_make((const char *)bytes, sizeof(bytes)));
	buf_add_text(out, "\n\n");
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

/* ---- reading ---- */

struct note {
	str_t text; /* what is signed, its last newline included */
	str_t signatures; /* lines */
	str_t whole;
	uint32_t rows;
};

static uint32_t
count_rows(str_t text)
{
	uint32_t rows = 0;

	while (text.len > 0) {
		(void)take_line(&text);
		rows++;
	}
	return rows;
}

/* false: there is no whole note any more. */
static bool
take_note(str_t *rest, struct note *ret)
{
	size_t blank = str_find(*rest, STR("\n\n"), 0);
	size_t end = blank < rest->len ? str_find(*rest, STR("\n\n"), blank + 2) : rest->len;

	if (end == rest->len)
		return false;
	ret->text = str_cut(*rest, blank + 1);
	ret->signatures = str_sub(*rest, blank + 2, end - blank - 1);
	ret->whole = str_cut(*rest, end + 2);
	ret->rows = count_rows(ret->whole);
	*rest = str_skip(*rest, end + 2);
	return true;
}

static bool
read_number(str_t text, uint64_t *ret)
{
	uint64_t n = 0;

	if (text.len == 0 || text.len > DIGITS_MAX || (text.data[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret = n;
	return true;
}

/* The body: name, number, hash; lines behind them are for people. */
static bool
read_body(struct arena *arena, str_t text, str_t *ret_name, struct audit_chain *ret)
{
	static const char digits[] = "0123456789abcdef";
	str_t raw;

	*ret_name = take_line(&text);
	if (ret_name->len == 0 || !read_number(take_line(&text), &ret->seq) ||
	    base64_read(arena, take_line(&text), &raw) != ERR_OK || raw.len != SHA256_SIZE)
		return false;
	for (size_t i = 0; i < raw.len; i++) {
		ret->hash[2 * i] = digits[(uint8_t)raw.data[i] >> 4];
		ret->hash[2 * i + 1] = digits[raw.data[i] & 15];
	}
	return true;
}

/* NULL: one of the keys signed it, and *ret_key is its place among them. */
static const char *
find_signer(struct arena *arena, const struct note *note, str_t name, const struct audit_seal_keys *keys,
    size_t *ret_key)
{
	const char *why = "it is signed with none of the keys that are allowed";
	str_t rest = note->signatures, line, raw;

	while (rest.len > 0) {
		line = take_line(&rest);
		if (!str_has_prefix(line, STR(DASH)))
			return "it is no signed note";
		line = str_skip(line, sizeof(DASH) - 1);
		size_t blank = str_find_char(line, ' ', 0);

		if (blank == line.len || base64_read(arena, str_skip(line, blank + 1), &raw) != ERR_OK ||
		    raw.len < sizeof(keys->at[0].id))
			return "its signature is malformed";
		for (size_t i = 0; i < keys->count; i++) {
			const struct audit_seal_key *k = &keys->at[i];

			if (!str_eq(k->name, str_cut(line, blank)) ||
			    memcmp(k->id, raw.data, sizeof(k->id)) != 0)
				continue;
			if (!str_eq(k->name, name))
				return "it is of another log than its signature";
			if (raw.len != sizeof(k->id) + SIGNED_SIZE ||
			    signature_check(k->key, ALGORITHM_EDDSA, note->text, str_skip(raw, sizeof(k->id))) !=
				ERR_OK)
				return "it is not what was signed";
			*ret_key = i;
			return NULL;
		}
	}
	return why;
}

struct reader {
	struct arena *arena;
	const struct audit_seal_keys *keys;
	size_t newest; /* of the keys that signed so far */
	VEC(struct audit_checkpoint) found;
};

static const char *
add_note(struct reader *r, const struct note *note, uint32_t row)
{
	struct audit_checkpoint c = { .row = row };
	const struct audit_checkpoint *last = r->found.count > 0 ? &r->found.at[r->found.count - 1] : NULL;
	size_t key = 0;
	const char *why;
	str_t name;

	if (note->whole.len > AUDIT_NOTE_MAX || !read_body(r->arena, note->text, &name, &c.chain))
		return "it is no checkpoint";
	why = find_signer(r->arena, note, name, r->keys, &key);
	if (why != NULL)
		return why;
	if (key < r->newest)
		return "it is signed with an older key than the checkpoint before it";
	r->newest = key;
	if (last != NULL && c.chain.seq < last->chain.seq)
		return "it is of fewer records than the checkpoint before it";
	if (last != NULL && c.chain.seq == last->chain.seq)
		return memcmp(c.chain.hash, last->chain.hash, AUDIT_HASH_LEN) == 0 ?
		    NULL :
		    "the checkpoint before it says otherwise of the same record";
	return VEC_PUSH(r->arena, &r->found, c) ? NULL : "out of memory";
}

err_t
audit_checkpoints_read(struct arena *arena, str_t notes, const char *file,
    const struct audit_seal_keys *keys, struct diag *diag, struct audit_checkpoints *ret)
{
	struct reader r = { .arena = arena, .keys = keys };
	struct diag_place place = { .file = str_of(file), .row = 1, .col = 1 };
	const char *begin = notes.data;
	struct note note;

	while (take_note(&notes, &note)) {
		const char *why = add_note(&r, &note, place.row);

		if (why != NULL) {
			(void)diag_add(diag, DIAG_ERROR, "audit", place, "the checkpoint: %s", why);
			return ERR_SIGNATURE;
		}
		place.row += note.rows;
	}
	*ret = (struct audit_checkpoints){ r.found.count, r.found.at, file,
		(uint64_t)(notes.data - begin) };
	return ERR_OK;
}

err_t
audit_checkpoint_last(struct arena *arena, str_t notes, const struct audit_seal_key *key,
    struct audit_chain *ret, uint64_t *ret_end)
{
	struct audit_seal_keys keys = { .count = 1, .at = { *key } };
	VEC(struct note) all = { 0 };
	const char *begin = notes.data;
	struct note note;
	size_t signer;
	str_t name;

	while (take_note(&notes, &note)) {
		if (!VEC_PUSH(arena, &all, note))
			return ERR_MEMORY;
	}
	*ret_end = (uint64_t)(notes.data - begin);
	while (all.count-- > 0) {
		struct audit_chain chain;

		if (!read_body(arena, all.at[all.count].text, &name, &chain) ||
		    find_signer(arena, &all.at[all.count], name, &keys, &signer) != NULL)
			continue;
		*ret = chain;
		break;
	}
	return arena_failed(arena) ? ERR_MEMORY : ERR_OK;
}

void
audit_checkpoints_thin(struct buf *out, str_t notes)
{
	size_t old = notes.len / 4 * 3;
	const char *begin = notes.data;
	struct note note;

	for (size_t i = 0; take_note(&notes, &note); i++) {
		if (i % 2 == 1 || (size_t)(note.whole.data - begin) >= old)
			buf_add_str(out, note.whole);
	}
}
