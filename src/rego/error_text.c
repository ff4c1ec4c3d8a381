/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/error_text.h"

enum { TEXT_LIMIT = 16 << 20 };

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static size_t
offset_of(const struct diag_place *place)
{
	size_t at = 0;

	for (uint32_t row = 1; row < place->row && at < place->source.len; row++)
		at = str_find_char(place->source, '\n', at) + 1;
	at += place->col > 0 ? place->col - 1 : 0;
	return at < place->source.len ? at : place->source.len - 1;
}

/* The line, without tabs in front, and a caret below; at white space, what stands before it.
 */
static void
print_line(struct buf *out, const struct diag_place *place)
{
	str_t source = place->source, line;
	size_t at, begin, end, indent, tabs = 0;

	if (source.len == 0)
		return;
	at = offset_of(place);
	while (at > 0 && is_space(source.data[at]))
		at--;
	begin = end = at;
	while (begin > 0 && !is_line_end(source.data[begin]))
		begin--;
	if (is_line_end(source.data[begin]))
		begin++;
	while (end < source.len && !is_line_end(source.data[end]))
		end++;
	if (begin > end)
		begin = end;
	line = str_sub(source, begin, end - begin);
	while (tabs < line.len && line.data[tabs] == '\t')
		tabs++;
	indent = at > begin + tabs ? at - begin - tabs : 0;
	buf_printf(out, "\n\t%.*s\n\t", STR_FMT(str_skip(line, tabs)));
	for (size_t i = 0; i < indent; i++)
		buf_add_char(out, ' ');
	buf_add_char(out, '^');
}

static void
print_finding(struct buf *out, const struct diag_finding *f)
{
	const struct diag_place *place = &f->place;

	if (place->file.len > 0)
		buf_printf(out, "%.*s:%u: ", STR_FMT(place->file), place->row);
	else if (place->row > 0 || f->is_general)
		buf_printf(out, "%u:%u: ", place->row, place->col);
	buf_printf(out, "%.*s: %.*s", STR_FMT(f->code), STR_FMT(f->message));
	if (!f->is_general && place->row > 0)
		print_line(out, place);
}

/* An empty module is an error of its own in OPA, not a list of one. */
static bool
is_lone(const struct diag_finding *f)
{
	return f->is_general && f->place.row == 0;
}

str_t
rego_error_text(struct arena *arena, const struct diag *diag)
{
	struct buf out;
	str_t text;

	buf_init(&out, TEXT_LIMIT);
	if (diag->error_count == 1 && !is_lone(diag->first))
		buf_add_text(&out, "1 error occurred: ");
	else if (diag->error_count != 1)
		buf_printf(&out, "%zu errors occurred:\n", diag->error_count);
	for (const struct diag_finding *f = diag->first; f != NULL; f = f->next) {
		print_finding(&out, f);
		if (f->next != NULL)
			buf_add_char(&out, '\n');
	}
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}
