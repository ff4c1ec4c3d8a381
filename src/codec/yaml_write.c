/* SPDX-License-Identifier: Apache-2.0 */
#include <yaml.h>

#include "base/must.h"
#include "base/sort.h"
#include "base/utf8.h"
#include "codec/yaml.h"
#include "codec/yaml_scalar.h"
#include "value/number.h"
#include "value/work.h"

struct writer {
	yaml_emitter_t emitter;
	struct buf *out;
	struct arena *scratch; /* lists of members in their order */
	bool failed;
};

enum { SCRATCH_MAX = 64 << 20 };

/* ---- the order of keys ---- */

static bool
is_letter(uint32_t rune)
{
	return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') || rune >= 0x80;
}

static bool
is_digit(str_t s, size_t at)
{
	return at < s.len && s.data[at] >= '0' && s.data[at] <= '9';
}

/* The digits from `at` on as a number, which may wrap, and where they end. */
static uint64_t
number_at(str_t s, size_t at, uint64_t sum, size_t *ret_end)
{
	for (; is_digit(s, at); at++)
		sum = sum * 10 + (uint64_t)(s.data[at] - '0');
	*ret_end = at;
	return sum;
}

/* Whether digits that are not all 0 stand right before `at`. */
static bool
has_number_before(str_t s, size_t at)
{
	for (; at > 0 && is_digit(s, at - 1); at--) {
		if (s.data[at - 1] != '0')
			return true;
	}
	return false;
}

/* yaml.v2's order at the first rune that differs: runs of digits count as numbers. */
static int
compare_from(str_t a, str_t b, size_t at)
{
	size_t width, a_end, b_end;
	uint32_t left = utf8_decode(str_skip(a, at), &width);
	uint32_t right = utf8_decode(str_skip(b, at), &width);
	uint64_t x, y, before;

	if (is_letter(left) && is_letter(right))
		return left < right ? -1 : 1;
	if (is_letter(left) || is_letter(right))
		return is_letter(right) ? -1 : 1;
	before = (left == '0' || right == '0') && has_number_before(a, at);
	x = number_at(a, at, before, &a_end);
	y = number_at(b, at, before, &b_end);
	if (x != y)
		return x < y ? -1 : 1;
	if (a_end != b_end)
		return a_end < b_end ? -1 : 1;
	return left < right ? -1 : 1;
}

static int
compare_keys(const void *left, const void *right, void *context)
{
	str_t a = value_str(((const struct value_entry *)left)->key);
	str_t b = value_str(((const struct value_entry *)right)->key);
	size_t at = 0;

	while (at < a.len && at < b.len && a.data[at] == b.data[at])
		at++;
	while (at > 0 && at < a.len && at < b.len && ((uint8_t)a.data[at] & 0xc0) == 0x80)
		at--; /* back to the front of the rune */
	if (at == a.len || at == b.len)
		return a.len < b.len ? -1 : a.len > b.len;
	return compare_from(a, b, at);
}

/* ---- events ---- */

static int
take_output(void *context, unsigned char *bytes, size_t len)
{
	struct writer *w = context;

	buf_add(w->out, bytes, len);
	return !buf_failed(w->out);
}

/* `made` says whether there is an event to emit. */
static void
emit(struct writer *w, int made, yaml_event_t *event)
{
	if (made != 1 || w->failed) {
		if (made == 1)
			yaml_event_delete(event);
		w->failed = true;
		return;
	}
	w->failed = yaml_emitter_emit(&w->emitter, event) != 1; /* deletes the event */
}

static void
write_scalar(struct writer *w, str_t s, yaml_scalar_style_t style)
{
	yaml_event_t event;

	if (s.len > INT32_MAX) {
		w->failed = true;
		return;
	}
	emit(w, yaml_scalar_event_initialize(&event, NULL, NULL,
		    (const yaml_char_t *)(s.len > 0 ? s.data : ""), (int)s.len, 1, 1, style), &event);
}

/* A sexagesimal number of YAML 1.1: [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool
is_base60(str_t s)
{
	size_t at = s.len > 0 && (s.data[0] == '-' || s.data[0] == '+'), parts = 0;

	if (!is_digit(s, at))
		return false;
	while (is_digit(s, at) || (at < s.len && s.data[at] == '_'))
		at++;
	for (; at < s.len && s.data[at] == ':'; parts++) {
		at++;
		if (!is_digit(s, at))
			return false;
		at += s.data[at] < '6' && is_digit(s, at + 1) ? 2 : 1;
	}
	if (at < s.len && s.data[at] == '.') {
		at++;
		while (is_digit(s, at) || (at < s.len && s.data[at] == '_'))
			at++;
	}
	return parts > 0 && at == s.len;
}

static void
write_text(struct writer *w, str_t s)
{
	enum yaml_kind kind = yaml_resolve(s).kind;
	bool is_plain = (kind == YAML_STRING || kind == YAML_MERGE) && !is_base60(s);

	write_scalar(w, s, str_find_char(s, '\n', 0) < s.len ? YAML_LITERAL_SCALAR_STYLE :
	        is_plain                                     ? YAML_PLAIN_SCALAR_STYLE :
	                                                       YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

/* As JSON has it: each byte that is not UTF-8 is U+FFFD. */
static void
write_string(struct writer *w, str_t s)
{
	struct buf valid;
	size_t width;

	if (utf8_is_valid(s)) {
		write_text(w, s);
		return;
	}
	buf_init(&valid, w->out->limit);
	for (; s.len > 0; s = str_skip(s, width))
		utf8_add(&valid, utf8_decode(s, &width));
	write_text(w, buf_str(&valid));
	w->failed |= buf_failed(&valid);
	buf_fini(&valid);
}

/* A number as the double that yaml.v2 makes of its JSON, unless it is a 64-bit integer. */
static void
write_number(struct writer *w, value_t v)
{
	char text[YAML_NUMBER_TEXT];
	struct buf spelled;
	struct yaml_scalar s;

	buf_init(&spelled, w->out->limit);
	number_print(&spelled, v);
	s = yaml_resolve(buf_str(&spelled));
	if (s.kind == YAML_FLOAT)
		write_scalar(w, yaml_print_general(s.number, false, text), YAML_PLAIN_SCALAR_STYLE);
	else if (s.kind == YAML_INT && s.integer == 0)
		write_scalar(w, STR("0"), YAML_PLAIN_SCALAR_STYLE); /* -0 */
	else
		write_scalar(w, buf_str(&spelled), YAML_PLAIN_SCALAR_STYLE);
	w->failed |= buf_failed(&spelled);
	buf_fini(&spelled);
}

static void write_value(struct writer *w, value_t v);

/* False: the evaluation that wants the text may do no more.  An event costs far more than a look. */
static bool
take_work(struct writer *w, value_t v)
{
	enum { PER_ITEM = 16 };

	if (value_work_take(v.count < UINT32_MAX / PER_ITEM ? v.count * PER_ITEM : UINT32_MAX))
		return true;
	w->failed = w->out->failed = true;
	return false;
}

static void
write_array(struct writer *w, value_t v)
{
	yaml_event_t event;

	if (!take_work(w, v))
		return;
	emit(w, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
		    YAML_BLOCK_SEQUENCE_STYLE), &event);
	for (uint32_t i = 0; i < v.count && !w->failed; i++)
		write_value(w, v.items[i]);
	emit(w, yaml_sequence_end_event_initialize(&event), &event);
}

static void
write_object(struct writer *w, value_t v)
{
	struct arena_mark mark = arena_mark(w->scratch);
	struct value_entry *members = ARENA_ARRAY(w->scratch, struct value_entry, v.count);
	void *room = ARENA_ARRAY(w->scratch, struct value_entry, v.count);
	yaml_event_t event;

	if (!take_work(w, v))
		return;
	if (members == NULL || room == NULL) {
		w->failed = true;
		return;
	}
	for (uint32_t i = 0; i < v.count; i++)
		members[i] = value_object_entry(v.object, i);
	sort_stable(members, v.count, sizeof(*members), room, compare_keys, NULL);
	emit(w, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
		    YAML_BLOCK_MAPPING_STYLE), &event);
	for (uint32_t i = 0; i < v.count && !w->failed; i++) {
		write_string(w, value_str(members[i].key));
		write_value(w, members[i].value);
	}
	emit(w, yaml_mapping_end_event_initialize(&event), &event);
	arena_release(w->scratch, mark);
}

static void
write_value(struct writer *w, value_t v)
{
	switch (v.tag) {
	case VALUE_NULL:
		write_scalar(w, STR("null"), YAML_PLAIN_SCALAR_STYLE);
		break;
	case VALUE_FALSE:
		write_scalar(w, STR("false"), YAML_PLAIN_SCALAR_STYLE);
		break;
	case VALUE_TRUE:
		write_scalar(w, STR("true"), YAML_PLAIN_SCALAR_STYLE);
		break;
	case VALUE_INT:
	case VALUE_NUMBER:
		write_number(w, v);
		break;
	case VALUE_STRING:
		write_string(w, value_str(v));
		break;
	case VALUE_ARRAY:
		write_array(w, v);
		break;
	default:
		must(v.tag == VALUE_OBJECT);
		write_object(w, v);
	}
}

static void
write_document(struct writer *w, value_t v)
{
	yaml_event_t event;

	emit(w, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
	emit(w, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
	write_value(w, v);
	emit(w, yaml_document_end_event_initialize(&event, 1), &event);
	emit(w, yaml_stream_end_event_initialize(&event), &event);
}

err_t
yaml_write(struct buf *out, value_t v)
{
	struct writer w = { .out = out };
	err_t err;

	w.scratch = arena_new(SCRATCH_MAX);
	if (w.scratch == NULL || yaml_emitter_initialize(&w.emitter) != 1) {
		arena_free(&w.scratch);
		return ERR_MEMORY;
	}
	yaml_emitter_set_output(&w.emitter, take_output, &w);
	yaml_emitter_set_unicode(&w.emitter, 1);
	write_document(&w, v);
	/* libyaml closes a document that ends with kept line feeds; yaml.v2 does not. */
	if (!buf_failed(out) && str_has_suffix(buf_str(out), STR("\n...\n")))
		out->len -= 4;
	err = !w.failed ? ERR_OK : buf_failed(out) || arena_failed(w.scratch) ? ERR_LIMIT : ERR_SYNTAX;
	yaml_emitter_delete(&w.emitter);
	arena_free(&w.scratch);
	return err;
}
