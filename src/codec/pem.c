/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pem.h"

#include "codec/base64.h"

static const str_t begin_mark = STR("-----BEGIN "), end_mark = STR("\n-----END "),
		   dashes = STR("-----");

enum outcome { FOUND, NOT_HERE, NOWHERE };

/* The line at `from`, without blanks at its end; *ret_next is where the next one begins. */
static str_t
line_at(str_t text, size_t from, size_t *ret_next)
{
	size_t end = str_find_char(text, '\n', from);

	*ret_next = end < text.len ? end + 1 : end;
	if (end < text.len && end > from && text.data[end - 1] == '\r')
		end--;
	while (end > from && (text.data[end - 1] == ' ' || text.data[end - 1] == '\t'))
		end--;
	return str_sub(text, from, end - from);
}

/* The last BEGIN before `end`, which repeated BEGIN lines do not hide; text.len: there is none. */
static size_t
find_begin(str_t text, size_t end)
{
	for (size_t at = end; at > 0; at--) {
		str_t here = str_sub(text, at - 1, end - at + 1);

		if (here.data[0] == '-' && str_has_prefix(here, begin_mark))
			return at == 1 || text.data[at - 2] == '\n' ? at - 1 : text.len;
	}
	return text.len;
}

static bool
decode_body(struct arena *arena, str_t body, str_t *ret)
{
	char *digits = arena_alloc_raw(arena, body.len + 1, 1);
	size_t len = 0;

	if (digits == NULL)
		return false;
	for (size_t i = 0; i < body.len; i++)
		if (body.data[i] != ' ' && body.data[i] != '\t')
			digits[len++] = body.data[i];
	return base64_decode(arena, str_make(digits, len),
	           BASE64_STANDARD | BASE64_PADDED | BASE64_LOOSE, ret, NULL) == ERR_OK;
}

/* The block whose END mark is at `end`, the first in the text. */
static enum outcome
read_block(struct arena *arena, str_t text, size_t end, struct pem_block *ret, size_t *ret_next)
{
	size_t begin = find_begin(text, end), at, next, trailer = end + end_mark.len;
	str_t label, behind;

	if (begin == text.len)
		return NOT_HERE;
	label = line_at(text, begin + begin_mark.len, &at);
	if (!str_has_suffix(label, dashes))
		return NOT_HERE;
	label.len -= dashes.len;
	for (size_t first = at;; at = next) {
		str_t line;

		if (at == text.len)
			return NOWHERE;
		line = line_at(text, at, &next);
		if (str_find_char(line, ':', 0) < line.len)
			continue;
		if (at > first && at > end) /* the headers ran over the END line */
			return at > trailer ? NOWHERE : NOT_HERE;
		break;
	}
	behind = str_skip(text, trailer);
	if (!str_has_prefix(behind, label) ||
	    !str_has_prefix(str_skip(behind, label.len), dashes) ||
	    line_at(text, trailer + label.len + dashes.len, ret_next).len != 0)
		return NOT_HERE;
	if (!decode_body(arena, at < end ? str_sub(text, at, end - at) : STR_NONE, &ret->bytes))
		return NOT_HERE;
	ret->label = label;
	return FOUND;
}

bool
pem_read(struct arena *arena, str_t *text, struct pem_block *ret)
{
	str_t rest = *text;

	for (;;) {
		size_t end = str_find(rest, end_mark, 0), next = 0;

		if (end == rest.len)
			return false;
		switch (read_block(arena, rest, end, ret, &next)) {
		case FOUND:
			*text = str_skip(rest, next);
			return true;
		case NOWHERE:
			return false;
		case NOT_HERE:
			rest = str_skip(rest, end + end_mark.len);
		}
	}
}
