/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random edits of a log, each of which must be found, and the first bad record named.
 *
 *   audit_tamper_test [EDITS [SEED]]
 *
 * Every tenth round is a log that nobody touched, which must raise nothing.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "audit/test_log.h"
#include "audit/verify.h"
#include "tap.h"

enum { LINES = 120, EVERY = 10, EDITS = 1000, CLEAN_EVERY = 10 };

static uint64_t luck;

static size_t
random_below(size_t limit)
{
	luck = luck * 6364136223846793005u + 1442695040888963407u;
	return (size_t)((luck >> 33) % limit);
}

struct scene {
	struct test_log log, other;
	struct audit_seal_key key, newer;
	struct audit_seal_keys keys;
	struct arena *scratch; /* of one edit; also the logs' while it goes on */
	str_t lines[2 * LINES];
	size_t count; /* of lines */
	struct buf notes, bytes;
	str_t sealed; /* the notes as they were signed */
	size_t bad; /* the line that must be named, from 1 */
	bool in_notes; /* the bad line is one of the notes */
	bool compress;
};

/* The first sealed line at or behind this one (from 0), as a row. */
static size_t
sealed_behind(size_t line)
{
	return (line / EVERY + 1) * EVERY;
}

/* ---- edits; lines are counted from 0 ---- */

static void
flip(struct scene *s)
{
	size_t i = random_below(s->count), at = random_below(s->lines[i].len);
	char *copy = arena_copy(s->scratch, s->lines[i].data, s->lines[i].len);

	copy[at] = (char)(copy[at] ^ 1 << random_below(8));
	s->lines[i] = str_make(copy, s->lines[i].len);
	s->bad = i + 1;
}

static void
move_lines(struct scene *s, size_t to, size_t from)
{
	memmove(&s->lines[to], &s->lines[from], (s->count - from) * sizeof(s->lines[0]));
	s->count = s->count - from + to;
}

static void
delete(struct scene *s)
{
	size_t i = 1 + random_below(s->count - 1), many = 1 + random_below(3);

	if (i + many > s->count)
		many = s->count - i;
	move_lines(s, i, i + many);
	s->bad = i + 1; /* at the end: the line that is no longer there */
}

static void
insert(struct scene *s)
{
	size_t i = random_below(s->count);

	move_lines(s, i + 1, i);
	switch (random_below(3)) {
	case 0:
		s->lines[i] = STR("{\"ts\":\"2026-01-01T00:00:00.000Z\",\"allow\":true,\"seq\":5}\n");
		break;
	case 1:
		s->lines[i] = STR("\n");
		break;
	default:
		s->lines[i] = s->other.lines[i];
		/* In front of all it begins a log as well as the true one. */
		s->bad = i == 0 ? 2 : i + 1;
		return;
	}
	s->bad = i + 1;
}

static void
swap(struct scene *s)
{
	size_t i = random_below(s->count - 2), k = i + 1 + random_below(s->count - i - 1);
	str_t line = s->lines[i];

	s->lines[i] = s->lines[k];
	s->lines[k] = line;
	/* A log may begin in the middle: if the first is exchanged, it is the second that does not fit. */
	s->bad = i == 0 ? 2 : i + 1;
}

static void
duplicate(struct scene *s)
{
	size_t i = random_below(s->count);

	move_lines(s, i + 1, i);
	s->bad = i + 2;
}

static void
truncate_bytes(struct scene *s)
{
	size_t i = random_below(s->count), len = 1 + random_below(s->lines[i].len - 1);

	s->lines[i] = str_cut(s->lines[i], len);
	s->count = i + 1;
	s->bad = i + 1;
}

static void
truncate_lines(struct scene *s)
{
	s->count = random_below(s->count);
	s->bad = s->count + 1;
}

/* The end of another true log behind the beginning of this one. */
static void
splice(struct scene *s)
{
	size_t i = 1 + random_below(s->count - 1);

	for (size_t k = i; k < s->count; k++)
		s->lines[k] = s->other.lines[k];
	s->bad = i + 1;
}

static void
rechain_from(struct scene *s, size_t i)
{
	struct audit_chain head = { .seq = 0 };

	audit_genesis(head.hash);
	if (i > 0)
		head = s->log.heads[i - 1];
	for (size_t k = i; k < s->count; k++) {
		str_t line = s->lines[k];

		if (k == i) { /* one decision says otherwise */
			char *copy = arena_copy(s->scratch, line.data, line.len);

			copy[str_find(line, STR("user-"), 0)] = 'X';
			line = str_make(copy, line.len);
		}
		s->lines[k] = test_log_rechain(&s->log, line, &head);
		s->log.heads[LINES + k] = head;
	}
}

static void
rechain(struct scene *s)
{
	size_t i = random_below(s->count);

	rechain_from(s, i);
	s->bad = sealed_behind(i);
}

/* All of it made anew, and sealed with a key of one's own in place of the true seals. */
static void
seal_newer(struct scene *s)
{
	size_t i = random_below(s->count), from = i / EVERY * EVERY + EVERY - 1;

	rechain_from(s, i);
	buf_clear(&s->notes);
	for (size_t k = EVERY - 1; k < LINES; k += EVERY)
		if (audit_checkpoint_write(&s->notes, k < from ? &s->key : &s->newer,
			&s->log.heads[k < from ? k : LINES + k], 0, "time") != ERR_OK)
			abort();
	s->bad = from / EVERY * 8 + 1; /* a note has eight lines */
	s->in_notes = true;
}

static void
flip_note(struct scene *s)
{
	size_t note = random_below(LINES / EVERY), len = s->sealed.len, at, begin = 0;

	for (size_t i = 0; i < note; i++)
		begin = str_find(s->sealed, STR("\n\ncoresdk"), begin) + 2;
	at = begin + random_below(30); /* its name, its number, or the hash */
	must(at < len);
	s->notes.data[at] = (char)(s->notes.data[at] ^ 1 << random_below(7));
	s->bad = note * 8 + 1;
	s->in_notes = true;
}

static const struct {
	const char *label;
	void (*make)(struct scene *);
} edits[] = {
	{ "flip", flip },
	{ "delete", delete },
	{ "insert", insert },
	{ "swap", swap },
	{ "duplicate", duplicate },
	{ "truncate in a line", truncate_bytes },
	{ "truncate whole lines", truncate_lines },
	{ "splice of two logs", splice },
	{ "re-chain without the key", rechain },
	{ "seal with a newer key", seal_newer },
	{ "flip in a checkpoint", flip_note },
};

static struct {
	size_t tried, found, exact;
} counts[COUNT(edits)];

/* ---- a round ---- */

static void
begin(struct scene *s)
{
	memcpy(s->lines, s->log.lines, LINES * sizeof(s->lines[0]));
	s->count = LINES;
	buf_clear(&s->notes);
	buf_add_str(&s->notes, s->sealed);
	s->bad = 0;
	s->in_notes = false;
	s->compress = random_below(8) == 0;
}

static void
write_log(struct scene *s, const char *path)
{
	buf_clear(&s->bytes);
	for (size_t i = 0; i < s->count; i++)
		buf_add_str(&s->bytes, s->lines[i]);
	if (s->compress) {
		gzFile file = gzopen(path, "wb1");

		if (file == NULL ||
		    (s->bytes.len > 0 && gzwrite(file, s->bytes.data, (unsigned)s->bytes.len) != (int)s->bytes.len) ||
		    gzclose(file) != Z_OK)
			abort();
	} else {
		test_write_file(path, buf_str(&s->bytes));
	}
}

static err_t
verify(struct scene *s, const char *path, struct diag *diag)
{
	struct audit_checkpoints all = { 0 };
	struct audit_verdict verdict;

	TRY(audit_checkpoints_read(s->scratch, buf_str(&s->notes), "notes", &s->keys, diag, &all));
	return audit_verify(&path, 1, &all, diag, &verdict);
}

static void
try_edit(struct scene *s, size_t kind, const char *path)
{
	struct diag diag;

	diag_init(&diag, s->scratch, 4);
	edits[kind].make(s);
	write_log(s, path);
	counts[kind].tried++;
	if (verify(s, path, &diag) != ERR_SIGNATURE)
		return;
	counts[kind].found++;
	if (diag.first->place.row == s->bad && str_eq(diag.first->place.file, s->in_notes ? STR("notes") : str_of(path)))
		counts[kind].exact++;
	else
		tap_note("%s: %.*s:%u: %.*s, but it is line %zu", edits[kind].label, STR_FMT(diag.first->place.file),
		    diag.first->place.row, STR_FMT(diag.first->message), s->bad);
}

static void
make_scene(struct arena *arena, struct scene *s)
{
	struct audit_chain *heads;

	test_log_make(arena, LINES, 1, &s->log);
	test_log_make(arena, LINES, 2, &s->other);
	heads = ARENA_ARRAY(arena, struct audit_chain, 2 * LINES); /* and those of a chain made anew */
	memcpy(heads, s->log.heads, LINES * sizeof(*heads));
	s->log.heads = heads;
	s->key = test_seal_key(STR("coresdk-audit/test"));
	s->newer = test_seal_key(STR("coresdk-audit/test"));
	s->keys = (struct audit_seal_keys){ .count = 1, .at = { s->key } };
	buf_init(&s->notes, 1 << 20);
	buf_init(&s->bytes, 4 << 20);
	for (size_t i = EVERY - 1; i < LINES; i += EVERY)
		if (audit_checkpoint_write(&s->notes, &s->key, &s->log.heads[i], 0, "time") != ERR_OK)
			abort();
	s->sealed = arena_str(arena, buf_str(&s->notes));
	s->scratch = s->log.arena = arena_new(64 << 20);
}

int
main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : EDITS, clean = 0, alarms = 0;
	struct arena *arena = arena_new(64 << 20);
	char path[] = "audit-tamper-test-XXXXXX";
	struct scene s = { 0 };
	int fd = mkstemp(path);

	if (fd < 0 || close(fd) != 0)
		abort();
	luck = argc > 2 ? strtoull(argv[2], NULL, 10) : 7;
	make_scene(arena, &s);
	for (size_t i = 0; i < rounds; i++) {
		begin(&s);
		try_edit(&s, i % COUNT(edits), path);
		arena_reset(s.scratch);
		if (i % CLEAN_EVERY != 0)
			continue;
		begin(&s);
		write_log(&s, path);
		clean++;
		alarms += verify(&s, path, NULL) != ERR_OK;
		arena_reset(s.scratch);
	}
	for (size_t k = 0; k < COUNT(edits); k++)
		ok(counts[k].tried > 0 && counts[k].exact == counts[k].tried,
		    "%s: %zu of %zu found, the first bad line named in %zu", edits[k].label, counts[k].found, counts[k].tried,
		    counts[k].exact);
	ok(clean > 0 && alarms == 0, "%zu clean logs, %zu alarms", clean, alarms);
	(void)unlink(path);
	key_free(&s.key.key);
	key_free(&s.newer.key);
	buf_fini(&s.notes);
	buf_fini(&s.bytes);
	test_log_free(&s.log);
	test_log_free(&s.other);
	arena_free(&s.scratch);
	arena_free(&arena);
	return tap_done();
}
