/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"
#include "base/utf8.h"

enum {
	LINE_CELLS = 120, /* a longer line is cut */
	CELLS_BEFORE = 60, /* of a cut line, before the caret */
	GUTTER = 5, /* digits of the row */
};

static str_t
source_line(str_t source, uint32_t row)
{
	size_t from = 0, end;

	for (uint32_t i = 1; i < row; i++) {
		from = str_find_char(source, '\n', from);
		if (from == source.len)
			return STR_NONE;
		from++;
	}
	end = str_find_char(source, '\n', from);
	if (end > from && source.data[end - 1] == '\r')
		end--;
	return str_sub(source, from, end - from);
}

/* Columns of a terminal that characters take; what is not here takes one. */
static const struct {
	uint32_t first, last;
	unsigned cells;
} widths[] = {
	{ 0x0300, 0x036F, 0 },
	{ 0x1100, 0x115F, 2 },
	{ 0x1AB0, 0x1AFF, 0 },
	{ 0x1DC0, 0x1DFF, 0 },
	{ 0x200B, 0x200F, 0 },
	{ 0x20D0, 0x20FF, 0 },
	{ 0x2E80, 0x303E, 2 },
	{ 0x3041, 0x4DBF, 2 },
	{ 0x4E00, 0xA4CF, 2 },
	{ 0xA960, 0xA97F, 2 },
	{ 0xAC00, 0xD7A3, 2 },
	{ 0xF900, 0xFAFF, 2 },
	{ 0xFE00, 0xFE0F, 0 },
	{ 0xFE20, 0xFE2F, 0 },
	{ 0xFE30, 0xFE4F, 2 },
	{ 0xFF00, 0xFF60, 2 },
	{ 0xFFE0, 0xFFE6, 2 },
	{ 0x1F300, 0x1F64F, 2 },
	{ 0x1F680, 0x1F6FF, 2 },
	{ 0x1F900, 0x1F9FF, 2 },
	{ 0x20000, 0x3FFFD, 2 },
};

/* What is printed for the character at the front of `s`, and what it takes. */
struct glyph {
	uint32_t rune;
	size_t bytes;
	unsigned cells;
};

static struct glyph
glyph_at(str_t s)
{
	struct glyph g = { .cells = 1 };

	g.rune = utf8_decode(s, &g.bytes);
	if (g.rune == '\t')
		return g;
	if (g.rune < ' ' || (g.rune >= 0x7F && g.rune < 0xA0) ||
	    (g.rune >= 0x202A && g.rune <= 0x202E) || (g.rune >= 0x2066 && g.rune <= 0x2069))
		g.rune = UTF8_BAD;
	for (size_t i = 0; i < COUNT(widths); i++) {
		if (g.rune >= widths[i].first && g.rune <= widths[i].last)
			g.cells = widths[i].cells;
	}
	return g;
}

/* The offset of what stands `count` cells behind `from`; tabs count one. */
static size_t
skip_cells(str_t line, size_t from, unsigned count)
{
	while (from < line.len) {
		struct glyph g = glyph_at(str_skip(line, from));

		if (g.cells > count)
			break;
		count -= g.cells;
		from += g.bytes;
	}
	return from;
}

static size_t
offset_of_col(str_t line, uint32_t col)
{
	size_t at = 0;

	for (uint32_t i = 1; i < col && at < line.len; i++)
		at += glyph_at(str_skip(line, at)).bytes;
	return at;
}

/* Where a line that is too long begins to be shown, so that offset `at` is seen. */
static size_t
begin_of_view(str_t line, size_t at)
{
	size_t from = at;

	for (unsigned cells = 0; from > 0 && cells < CELLS_BEFORE; cells++) {
		do
			from--;
		while (from > 0 && (line.data[from] & 0xC0) == 0x80);
	}
	return from;
}

static void
print_text(struct buf *out, str_t text)
{
	while (text.len > 0) {
		struct glyph g = glyph_at(text);

		utf8_add(out, g.rune);
		text = str_skip(text, g.bytes);
	}
}

/* As many cells as the text takes: its tabs, and `fill` for the rest. */
static void
print_under(struct buf *out, str_t text, char fill)
{
	while (text.len > 0) {
		struct glyph g = glyph_at(text);

		for (unsigned i = 0; i < g.cells; i++)
			buf_add_char(out, g.rune == '\t' && fill == ' ' ? '\t' : fill);
		text = str_skip(text, g.bytes);
	}
}

static void
print_line_and_caret(const struct diag_place *p, struct buf *out)
{
	str_t line = source_line(p->source, p->row);
	size_t at = offset_of_col(line, p->col == 0 ? 1 : p->col), from = 0, to, end;
	size_t before = out->len, gutter;
	bool is_cut = skip_cells(line, 0, LINE_CELLS) < line.len;

	if (line.len == 0)
		return;
	if (is_cut)
		from = begin_of_view(line, at);
	to = is_cut ? skip_cells(line, from, LINE_CELLS) : line.len;
	buf_printf(out, "%*u", GUTTER, p->row);
	gutter = out->len - before;
	buf_printf(out, " | %s", from > 0 ? "..." : "");
	print_text(out, str_sub(line, from, to - from));
	buf_printf(out, "%s\n%*s | %s", to < line.len ? "..." : "", (int)gutter, "",
	    from > 0 ? "   " : "");
	print_under(out, str_sub(line, from, at - from), ' ');
	buf_add_char(out, '^');
	end = p->width < to - at ? at + p->width : to;
	if (at < end) {
		struct glyph first = glyph_at(str_skip(line, at));

		for (unsigned i = 1; i < first.cells; i++)
			buf_add_char(out, '~');
		if (at + first.bytes < end)
			print_under(
			    out, str_sub(line, at + first.bytes, end - at - first.bytes), '~');
	}
	buf_add_char(out, '\n');
}

static void
print_finding(const struct diag_finding *f, struct buf *out, bool color)
{
	const char *paint = f->level == DIAG_ERROR ? "\033[31m" : "\033[33m";

	if (f->place.file.len > 0) {
		buf_add_str(out, f->place.file);
		if (f->place.row > 0)
			buf_printf(out, ":%u:%u", f->place.row, f->place.col);
		buf_add_text(out, ": ");
	}
	buf_printf(out, "%s%s%.*s%s: %.*s\n", color ? paint : "",
	    f->level == DIAG_WARNING ? "warning: " : "", STR_FMT(f->code),
	    color ? "\033[0m" : "", STR_FMT(f->message));
	if (f->place.row > 0)
		print_line_and_caret(&f->place, out);
	if (f->hint.len > 0)
		buf_printf(out, "help: %.*s\n", STR_FMT(f->hint));
}

void
diag_print(const struct diag *d, struct buf *out, bool color)
{
	size_t kept = 0, found = d->error_count + d->warning_count;

	for (const struct diag_finding *f = d->first; f != NULL; f = f->next, kept++)
		print_finding(f, out, color);
	if (kept < found)
		buf_printf(out, "and %zu more\n", found - kept);
}
