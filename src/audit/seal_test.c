/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: their form, what they prove, and that the writer's log gets them. */
#define _GNU_SOURCE
#include <ftw.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/lane.h"
#include "audit/sealer.h"
#include "audit/test_log.h"
#include "audit/verify.h"
#include "audit/writer.h"
#include "base/file.h"
#include "codec/base64.h"
#include "crypt/signature.h"
#include "tap.h"

static char directory[] = "audit-seal-test-XXXXXX";

static str_t
path_of(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", directory, name);
}

static void
check_form(struct arena *arena)
{
	struct audit_seal_key k = test_seal_key(STR("coresdk-audit/one"));
	struct audit_chain chain = { .seq = 12345 };
	struct audit_seal_keys keys;
	struct buf note, line;
	struct key *key;
	str_t text, raw;

	memset(chain.hash, 'a', sizeof(chain.hash));
	buf_init(&note, AUDIT_NOTE_MAX);
	buf_init(&line, AUDIT_NOTE_MAX);
	ok(audit_checkpoint_write(&note, &k, &chain, 1767225600123, "rotation") == ERR_OK, "a note is written");
	text = buf_str(&note);
	ok(str_has_prefix(text, STR("coresdk-audit/one\n12345\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n"
				    "time 2026-01-01T00:00:00.123Z\nbecause rotation\n\n"
				    "\xe2\x80\x94 coresdk-audit/one ")),
	    "and is a signed note of a checkpoint");
	/* Another reader of the specification: the signature is over the text up to its last newline. */
	size_t blank = str_find(text, STR("\n\n"), 0), at = blank + 2 + 4 + 18;
	str_t signature = str_sub(text, at, text.len - 2 - at);

	ok(base64_read(arena, signature, &raw) == ERR_OK && raw.len == 68 && memcmp(raw.data, k.id, 4) == 0 &&
		signature_check(k.key, ALGORITHM_EDDSA, str_cut(text, blank + 1), str_skip(raw, 4)) == ERR_OK,
	    "signed by the key that its id names");
	audit_seal_key_write(&line, &k);
	ok(audit_seal_keys_read(arena, buf_str(&line), "keys", NULL, &keys) == ERR_OK && keys.count == 1 &&
		key_same(keys.at[0].key, k.key) && str_eq(keys.at[0].name, k.name),
	    "its public line is read again");
	audit_seal_keys_release(&keys);
	line.data[20] ^= 1;
	ok(audit_seal_keys_read(arena, buf_str(&line), "keys", NULL, &keys) == ERR_KEY, "not with another id");
	ok(audit_seal_keys_read(arena, STR("\n"), "keys", NULL, &keys) == ERR_KEY, "no key is no key");
	ok(key_generate(KEY_P256, &key) == ERR_OK && audit_seal_key_make(STR("x"), key, &k) == ERR_KEY,
	    "only Ed25519 seals");
	key_free(&key);
	key_free(&k.key);
	buf_fini(&note);
	buf_fini(&line);
}

/* The example of the specification's own vocabulary: a key whose id is known (RFC 8032 test 1). */
static void
check_known_key(struct arena *arena)
{
	static const uint8_t x[32] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9,
		0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07,
		0x51, 0x1a };
	struct key_ed25519 numbers = { .x = str_make((const char *)x, sizeof(x)) };
	struct audit_seal_key k;
	uint8_t bytes[4 + 1 + 1 + 32] = "name", hash[32];
	struct key *key;

	bytes[4] = '\n';
	bytes[5] = 1;
	memcpy(bytes + 6, x, sizeof(x));
	digest_of(DIGEST_SHA256, str_make((const char *)bytes, sizeof(bytes)), hash);
	ok(key_make_ed25519(&numbers, KEY_STRICT, NULL, &key) == ERR_OK &&
		audit_seal_key_make(STR("name"), key, &k) == ERR_OK && memcmp(k.id, hash, 4) == 0,
	    "a key's id is the digest of name, newline, 1 and key");
	key_free(&key);
}

/* ---- what they prove ---- */

enum { LINES = 20 };

struct scene {
	struct arena *arena;
	struct test_log log;
	struct audit_seal_key old, key;
	struct buf lines, notes;
	struct audit_seal_keys keys;
};

static void
add_note(struct scene *s, const struct audit_seal_key *k, size_t line)
{
	if (audit_checkpoint_write(&s->notes, k, &s->log.heads[line], 0, "time") != ERR_OK)
		abort();
}

static void
add_lines(struct scene *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		buf_add_str(&s->lines, s->log.lines[i]);
}

static void whole(struct scene *s) { add_lines(s, 0, LINES); }
static void cut(struct scene *s) { add_lines(s, 0, 17); }
static void cut_unsealed(struct scene *s) { add_lines(s, 0, 18); }
static void gone(struct scene *s) { (void)s; }
static void middle(struct scene *s) { add_lines(s, 8, LINES); }
static void after_seal(struct scene *s) { add_lines(s, 6, LINES); }
static void
rechained(struct scene *s)
{
	struct audit_chain head = s->log.heads[8];

	add_lines(s, 0, 9);
	for (size_t i = 10; i < LINES; i++)
		buf_add_str(&s->lines, test_log_rechain(&s->log, s->log.lines[i], &head));
}
static void
foreign(struct scene *s)
{
	struct audit_seal_key k = test_seal_key(STR("coresdk-audit/one"));

	whole(s);
	add_note(s, &k, LINES - 1);
	key_free(&k.key);
}
static void older_key(struct scene *s) { whole(s); add_note(s, &s->old, LINES - 1); }
static void backwards(struct scene *s) { whole(s); add_note(s, &s->key, 9); }
static void repeated(struct scene *s) { whole(s); add_note(s, &s->key, 17); }
static void torn(struct scene *s) { whole(s); add_note(s, &s->key, LINES - 1); s->notes.len--; }
static void flipped(struct scene *s) { whole(s); s->notes.data[s->notes.len - 20] ^= 1; }

static const struct {
	const char *label;
	void (*make)(struct scene *);
	const char *says; /* NULL: fine */
	uint64_t sealed;
} proofs[] = {
	{ "clean", whole, NULL, 4 },
	{ "the tail is cut off", cut, "record 18: is missing", 0 },
	{ "the tail is cut off behind the last checkpoint", cut_unsealed, NULL, 4 },
	{ "all of it is gone", gone, "record 1: is missing", 0 },
	{ "older files are gone, by design", middle, NULL, 2 },
	{ "older files are gone, up to a sealed record", after_seal, NULL, 3 },
	{ "chained anew without the key", rechained, "record 12: it is not the one that was sealed: what was changed is in records 7 to 12", 0 },
	{ "sealed with a key that is not allowed", foreign, "the checkpoint: it is signed with none of the keys", 0 },
	{ "sealed with an older key", older_key, "the checkpoint: it is signed with an older key", 0 },
	{ "a checkpoint that goes back", backwards, "the checkpoint: it is of fewer records", 0 },
	{ "the same checkpoint twice", repeated, NULL, 4 },
	{ "a checkpoint torn by a crash", torn, NULL, 4 },
	{ "a flipped signature", flipped, "the checkpoint: it", 0 },
};

static void
check_proof(struct scene *s, size_t i)
{
	const char *path = path_of(s->arena, "log").data;
	struct audit_verdict verdict = { 0 };
	struct audit_checkpoints all = { 0 };
	struct diag diag;
	err_t err;

	diag_init(&diag, s->arena, 4);
	buf_clear(&s->lines);
	buf_clear(&s->notes);
	add_note(s, &s->old, 2);
	add_note(s, &s->old, 5);
	add_note(s, &s->key, 11);
	add_note(s, &s->key, 17);
	proofs[i].make(s);
	test_write_file(path, buf_str(&s->lines));
	err = audit_checkpoints_read(s->arena, buf_str(&s->notes), "notes", &s->keys, &diag, &all);
	if (err == ERR_OK)
		err = audit_verify(&path, 1, &all, &diag, &verdict);
	if (proofs[i].says == NULL)
		ok(err == ERR_OK && verdict.sealed == proofs[i].sealed, "%s: fine, %llu checkpoints fit", proofs[i].label,
		    (unsigned long long)verdict.sealed);
	else
		ok(err == ERR_SIGNATURE && str_has_prefix(diag_first_message(&diag), str_of(proofs[i].says)), "%s: %.*s",
		    proofs[i].label, STR_FMT(diag_first_message(&diag)));
}

static void
check_proofs(struct arena *arena)
{
	struct scene s = { .arena = arena,
		.old = test_seal_key(STR("coresdk-audit/one")),
		.key = test_seal_key(STR("coresdk-audit/one")) };

	test_log_make(arena, LINES, 1, &s.log);
	buf_init(&s.lines, 1 << 20);
	buf_init(&s.notes, 1 << 20);
	s.keys = (struct audit_seal_keys){ .count = 2, .at = { s.old, s.key } };
	for (size_t i = 0; i < COUNT(proofs); i++)
		check_proof(&s, i);
	audit_seal_keys_release(&s.keys);
	buf_fini(&s.lines);
	buf_fini(&s.notes);
	test_log_free(&s.log);
}

/* ---- files in any order ---- */

static void
check_gather(struct arena *arena)
{
	const char *names[] = { "d/a.ndjson", "d/a.ndjson.000000000012", "d/a.ndjson.000000000006" };
	const char *const *paths;
	const char *given[3], *dir = path_of(arena, "d").data, *none = path_of(arena, "e").data;
	struct audit_verdict verdict;
	struct test_log log;
	struct buf part;
	size_t count;

	test_log_make(arena, 18, 2, &log);
	(void)mkdir(dir, 0700);
	(void)mkdir(none, 0700);
	buf_init(&part, 1 << 20);
	for (size_t f = 0; f < 3; f++) {
		buf_clear(&part);
		for (size_t i = 0; i < 6; i++)
			buf_add_str(&part, log.lines[(2 - f) * 6 + i]);
		given[f] = path_of(arena, names[f]).data;
		test_write_file(given[f], buf_str(&part));
	}
	ok(audit_verify_gather(arena, given, 3, NULL, &paths, &count) == ERR_OK && count == 3 &&
		audit_verify(paths, count, NULL, NULL, &verdict) == ERR_OK && verdict.records == 18,
	    "files named in the wrong order");
	test_write_file(path_of(arena, "d/a.ndjson.lock").data, STR("x"));
	test_write_file(path_of(arena, "d/a.ndjson.pub").data, STR("x"));
	test_write_file(path_of(arena, "d/a.ndjson.cut-1").data, STR("x"));
	test_write_file(path_of(arena, "d/a.ndjson.000000000012.gz").data, STR("half a gz"));
	ok(audit_verify_gather(arena, &dir, 1, NULL, &paths, &count) == ERR_OK && count == 3 &&
		audit_verify(paths, count, NULL, NULL, &verdict) == ERR_OK && verdict.records == 18,
	    "a directory, with what lies beside a log");
	ok(audit_verify_gather(arena, &none, 1, NULL, &paths, &count) == ERR_NOT_FOUND, "an empty directory");
	buf_fini(&part);
	test_log_free(&log);
}

/* ---- the writer's log ---- */

static void
write_records(struct audit_writer *w, uint64_t count)
{
	struct audit_lane *lane = audit_writer_lane(w, 0);
	str_t body = STR("{\"ts\":\"2026-01-01T00:00:00.000Z\",\"subject\":\"somebody\"");
	enum audit_outcome outcome;
	uint64_t ticket, signals;

	for (uint64_t i = 0; i < count; i++) {
		struct pollfd wake = { .fd = lane->wake_fd, .events = POLLIN };

		if (audit_lane_push(lane, body, body.len, &ticket) != ERR_OK)
			abort();
		audit_writer_commit(w, lane);
		while (!audit_lane_take(lane, &ticket, &outcome)) {
			if (poll(&wake, 1, 10000) <= 0)
				abort();
			(void)!read(lane->wake_fd, &signals, sizeof(signals));
		}
	}
}

static struct audit_writer *
open_sealed(struct arena *arena, const char *dir, uint64_t every_records)
{
	struct audit_seal_options so = { .log_path = arena_printf(arena, "%s/log.ndjson", dir),
		.name = STR("coresdk-audit/test"),
		.key_path = arena_printf(arena, "%s/key", dir),
		.every_records = every_records };
	struct audit_options o = { .path = so.log_path,
		.rotate_bytes = 64 << 10,
		.compress = true,
		.lane_count = 1,
		.lane_bytes = 1 << 20 };
	struct audit_writer *w;

	if (audit_sealer_new(&so, NULL, &o.sealer) != ERR_OK || audit_writer_open(&o, &w) != ERR_OK)
		abort();
	return w;
}

static err_t
verify_sealed(struct arena *arena, const char *dir, struct diag *diag, struct audit_verdict *ret)
{
	struct audit_checkpoints all = { 0 };
	struct audit_seal_keys keys = { 0 };
	const char *const *paths;
	struct buf text;
	size_t count;
	err_t err;

	*ret = (struct audit_verdict){ 0 };
	buf_init(&text, 4 << 20);
	TRY(audit_verify_gather(arena, &dir, 1, diag, &paths, &count));
	err = file_read(NULL, arena_printf(arena, "%s/log.ndjson.pub", dir).data, FILE_ANY, &text, diag);
	if (err == ERR_OK)
		err = audit_seal_keys_read(arena, buf_str(&text), "pub", diag, &keys);
	buf_clear(&text);
	if (err == ERR_OK)
		err = file_read(NULL, arena_printf(arena, "%s/log.ndjson.checkpoints", dir).data, FILE_ANY, &text, diag);
	if (err == ERR_OK)
		err = audit_checkpoints_read(arena, arena_str(arena, buf_str(&text)), "notes", &keys, diag, &all);
	if (err == ERR_OK)
		err = audit_verify(paths, count, &all, diag, ret);
	audit_seal_keys_release(&keys);
	buf_fini(&text);
	return err;
}

static void
check_writer(struct arena *arena)
{
	const char *dir = path_of(arena, "w").data, *log = arena_printf(arena, "%s/log.ndjson", dir).data;
	struct audit_verdict v;
	struct audit_status status;
	struct audit_writer *w;
	struct diag diag;
	struct stat st;

	(void)mkdir(dir, 0700);
	diag_init(&diag, arena, 4);
	w = open_sealed(arena, dir, 100);
	write_records(w, 1000);
	audit_writer_status(w, &status);
	audit_writer_close(&w);
	bool good = verify_sealed(arena, dir, &diag, &v) == ERR_OK;

	ok(good && v.records == 1000 && v.sealed_seq == 1000 && v.sealed > 1,
	    "by records, at rotations and at the stop: %llu checkpoints, up to record %llu (%.*s)",
	    (unsigned long long)v.sealed, (unsigned long long)v.sealed_seq, STR_FMT(diag_first_message(&diag)));
	ok(stat(path_of(arena, "w/key").data, &st) == 0 && (st.st_mode & 07777) == 0600, "the key is its owner's alone");
	ok(stat(log, &st) == 0 && truncate(log, 0) == 0, "the growing file is emptied");
	ok(verify_sealed(arena, dir, NULL, &v) == ERR_SIGNATURE, "which is found");
	w = open_sealed(arena, dir, 100);
	write_records(w, 5);
	audit_writer_close(&w);
	diag_init(&diag, arena, 4);
	good = verify_sealed(arena, dir, &diag, &v) == ERR_SIGNATURE;
	ok(good &&
		str_find(diag_first_message(&diag), STR("record 1001: records before it are missing"), 0) <
		    diag_first_message(&diag).len,
	    "and stays visible after a restart: %.*s", STR_FMT(diag_first_message(&diag)));
	(void)chmod(path_of(arena, "w/key").data, 0644);
	{
		struct audit_seal_options so = { .log_path = str_of(log), .name = STR("x"), .key_path = path_of(arena, "w/key") };
		struct audit_sealer *s;

		diag_init(&diag, arena, 4);
		good = audit_sealer_new(&so, &diag, &s) == ERR_REFUSED;
		ok(good && diag.error_count > 0,
		    "a key that others may read is refused: %.*s", STR_FMT(diag_first_message(&diag)));
	}
}

/* Beyond the bound the older ones are thinned, the newest stay, and all still holds. */
static void
check_bound(struct arena *arena)
{
	const char *dir = path_of(arena, "b").data;
	struct audit_verdict v;
	struct audit_writer *w;
	struct stat st;

	(void)mkdir(dir, 0700);
	w = open_sealed(arena, dir, 1);
	write_records(w, 10);
	audit_writer_close(&w);
	{ /* what years would bring */
		struct audit_seal_key k;
		struct buf notes, pem;
		struct key *key;

		buf_init(&notes, 4 << 20);
		buf_init(&pem, KEY_TEXT_MAX);
		if (file_read(NULL, path_of(arena, "b/key").data, FILE_ANY, &pem, NULL) != ERR_OK ||
		    key_read_pem(buf_str(&pem), KEY_STRICT, NULL, &key) != ERR_OK ||
		    audit_seal_key_make(STR("coresdk-audit/test"), key, &k) != ERR_OK)
			abort();
		for (uint64_t i = 0; notes.len + AUDIT_NOTE_MAX < AUDIT_CHECKPOINTS_BYTES; i++) {
			struct audit_chain head = { .seq = 10 };

			memset(head.hash, '0', sizeof(head.hash));
			(void)!audit_checkpoint_write(&notes, &k, &head, (int64_t)i, "time");
		}
		test_write_file(path_of(arena, "b/log.ndjson.checkpoints").data, buf_str(&notes));
		key_free(&key);
		buf_fini(&notes);
		buf_fini(&pem);
	}
	w = open_sealed(arena, dir, 1);
	write_records(w, 60);
	audit_writer_close(&w);
	bool there = stat(path_of(arena, "b/log.ndjson.checkpoints").data, &st) == 0;

	ok(there && st.st_size < AUDIT_CHECKPOINTS_BYTES,
	    "at the bound the older checkpoints are thinned out: %lld bytes", (long long)st.st_size);
	ok(verify_sealed(arena, dir, NULL, &v) == ERR_SIGNATURE, "and those that remain are heeded");
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

int
main(void)
{
	struct arena *arena = arena_new(256 << 20);

	if (mkdtemp(directory) == NULL)
		abort();
	check_form(arena);
	check_known_key(arena);
	check_proofs(arena);
	check_gather(arena);
	check_writer(arena);
	check_bound(arena);
	(void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(&arena);
	return tap_done();
}
