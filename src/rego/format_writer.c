/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_internal.h"

/* ---- the source ---- */

char
format_byte(const struct format *f, uint32_t offset)
{
	return offset < f->text.len ? f->text.data[offset] : '\0';
}

uint32_t
format_row(const struct format *f, uint32_t offset)
{
	size_t low = 0, high = f->row_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (f->rows[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low + 1;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
format_begins_row(const struct format *f, uint32_t offset)
{
	while (offset > 0 && is_space(f->text.data[offset - 1])) {
		if (f->text.data[--offset] == '\n')
			return true;
	}
	return offset == 0;
}

/* The first comment at or behind an offset; the count of comments if there is none. */
static size_t
find_comment(const struct format *f, uint32_t offset)
{
	size_t low = 0, high = f->module->comments.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->module->comments.at[middle].loc.offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
format_has_comment(const struct format *f, uint32_t from, uint32_t to)
{
	size_t i = find_comment(f, from);

	return i < f->module->comments.count && f->module->comments.at[i].loc.offset < to;
}

const struct ast_comment *
format_comment_on_row(const struct format *f, uint32_t offset)
{
	size_t i = find_comment(f, offset);

	if (i == f->module->comments.count ||
	    f->module->comments.at[i].loc.row != format_row(f, offset))
		return NULL;
	return &f->module->comments.at[i];
}

void
format_claim(struct format *f, uint32_t offset)
{
	const struct ast_comment *c = format_comment_on_row(f, offset);

	if (c == NULL || f->held != NULL || f->taken[c - f->module->comments.at])
		return;
	f->held = c;
	f->taken[c - f->module->comments.at] = true;
}

uint32_t
format_skip(const struct format *f, uint32_t from, char also)
{
	for (;;) {
		char c = format_byte(f, from);

		if (c == '#') {
			while (from < f->text.len && f->text.data[from] != '\n')
				from++;
		} else if (c != '\0' && (is_space(c) || c == also)) {
			from++;
		} else {
			return from;
		}
	}
}

/* The offset of the token's last byte before `from`. */
uint32_t
format_skip_back(const struct format *f, uint32_t from)
{
	while (from > 0) {
		size_t i = find_comment(f, from);

		if (i > 0 && format_end(f->module->comments.at[i - 1].loc) >= from)
			from = f->module->comments.at[i - 1].loc.offset;
		else if (is_space(f->text.data[from - 1]))
			from--;
		else
			return from - 1;
	}
	return 0;
}

/* ---- lines ---- */

static void
begin_line(struct format *f)
{
	if (f->at_start)
		for (unsigned i = 0; i < f->indent; i++)
			buf_add_char(f->out, '\t');
	f->at_start = false;
}

void
format_text(struct format *f, str_t text)
{
	if (text.len == 0)
		return;
	begin_line(f);
	buf_add_str(f->out, text);
}

void
format_value(struct format *f, value_t value)
{
	begin_line(f);
	value_print(f->out, value);
}

void
format_chars(struct format *f, const char *text)
{
	format_text(f, str_of(text));
}

str_t
format_comment_text(const struct ast_comment *c)
{
	str_t text = c->text;

	while (text.len > 0 && memchr(" \t\r\v\f", text.data[text.len - 1], 5) != NULL)
		text.len--;
	return text;
}

static void
write_comment(struct format *f, const struct ast_comment *c)
{
	format_chars(f, "#");
	format_text(f, format_comment_text(c));
}

static void
end_line(struct format *f)
{
	if (f->held != NULL) {
		format_chars(f, " ");
		write_comment(f, f->held);
	}
	f->held = NULL;
	buf_add_char(f->out, '\n');
	f->at_start = true;
	f->lines++;
}

static void
blank_line(struct format *f)
{
	str_t out = buf_str(f->out);

	if (out.len > 0 && !str_has_suffix(out, STR("\n\n")))
		buf_add_char(f->out, '\n');
}

/* ---- comments ---- */

/* The next one before `to`; NULL: none. */
static const struct ast_comment *
peek(struct format *f, uint32_t to)
{
	while (f->next < f->module->comments.count && f->taken[f->next])
		f->next++;
	if (f->next == f->module->comments.count ||
	    f->module->comments.at[f->next].loc.offset >= to)
		return NULL;
	return &f->module->comments.at[f->next];
}

static bool
is_trailing(const struct format *f, const struct ast_comment *c)
{
	return !format_begins_row(f, c->loc.offset);
}

void
format_join(struct format *f, uint32_t to)
{
	const struct ast_comment *c;

	if (f->lenient || f->in_head || f->adrift || f->stuck)
		return;
	while ((c = peek(f, to)) != NULL) {
		if (f->held != NULL || f->at_start || !is_trailing(f, c)) {
			f->stuck = true;
			return;
		}
		f->held = c;
		f->next++;
	}
}

void
format_close(struct format *f, uint32_t bracket)
{
	if (!f->lenient && !f->in_head && !f->adrift && peek(f, bracket) != NULL)
		f->stuck = true;
}

static bool
begins_metadata(const struct ast_comment *c)
{
	return str_eq(str_trim_space(c->text), STR("METADATA"));
}

/* Comments on lines of their own; the row of the last one, 0 if there was none. */
static uint32_t
write_comments(struct format *f, uint32_t row, uint32_t to, enum format_gap gap)
{
	const struct ast_comment *c;
	bool first = true, metadata = false;

	while ((c = peek(f, to)) != NULL) {
		bool apart = c->loc.row > row + 1;

		if (first ? gap == FORMAT_BLANK || (gap == FORMAT_KEEP && apart)
			  : apart || (metadata && begins_metadata(c)))
			blank_line(f);
		metadata = (metadata && !apart) || begins_metadata(c);
		write_comment(f, c);
		end_line(f);
		row = c->loc.row;
		first = false;
		f->next++;
	}
	return first ? 0 : row;
}

void
format_break(struct format *f, uint32_t from, uint32_t to, enum format_gap gap)
{
	uint32_t row = format_row(f, from), last, next = format_row(f, to);
	const struct ast_comment *c = peek(f, to);

	if (f->stuck)
		return;
	if (!f->at_start) {
		if (c != NULL && is_trailing(f, c) &&
		    (gap != FORMAT_BLANK || c->loc.row <= row)) {
			if (f->held == NULL) {
				f->held = c;
				f->next++;
			} else if (!f->lenient) {
				f->stuck = true;
				return;
			}
		}
		end_line(f);
	}
	last = write_comments(f, row, to, gap);
	if (to == f->text.len)
		return;
	if (last != 0 ? next > last + 1
		      : gap == FORMAT_BLANK || (gap == FORMAT_KEEP && next > row + 1))
		blank_line(f);
}

/* ---- going back ---- */

void
format_verbatim(struct format *f, uint32_t from, uint32_t to)
{
	str_t text = str_sub(f->text, from, to - from);

	/* What waits would come behind it. */
	if (peek(f, from) != NULL ||
	    (f->held != NULL && str_find_char(text, '\n', 0) < text.len)) {
		f->stuck = true;
		return;
	}
	format_text(f, text);
	f->lines += format_row(f, to) - format_row(f, from);
	while (peek(f, to) != NULL)
		f->next++;
}

struct format_mark
format_mark(const struct format *f)
{
	return (struct format_mark){ .len = f->out->len,
		.next = f->next,
		.held = f->held,
		.indent = f->indent,
		.lines = f->lines,
		.at_start = f->at_start,
		.stuck = f->stuck,
		.chained = f->chained };
}

void
format_restore(struct format *f, struct format_mark m)
{
	f->out->len = m.len;
	f->next = m.next;
	f->held = m.held;
	f->indent = m.indent;
	f->lines = m.lines;
	f->at_start = m.at_start;
	f->stuck = m.stuck;
	f->chained = m.chained;
}

bool
format_is_settled(const struct format *f, struct format_mark m, uint32_t end)
{
	const struct ast_comment *c = format_comment_on_row(f, end);

	if (f->stuck)
		return false;
	/* One held back and another one to come on this row: the line cannot end with both. */
	return f->held == m.held || f->held == NULL || c == NULL || c == f->held;
}
