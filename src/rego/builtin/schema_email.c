/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail addresses (RFC 5322), as Go's net/mail reads a single one: a bare address, one
 * with a name and angle brackets, or a group of one.
 */
#include "base/utf8.h"
#include "rego/builtin/net_address.h"
#include "rego/builtin/schema_internal.h"

struct reader {
	str_t s; /* what is left */
};

static bool
is_at(const struct reader *r, char c)
{
	return r->s.len > 0 && r->s.data[0] == c;
}

static bool
take(struct reader *r, char c)
{
	if (!is_at(r, c))
		return false;
	r->s = str_skip(r->s, 1);
	return true;
}

static void
skip_space(struct reader *r)
{
	while (is_at(r, ' ') || is_at(r, '\t'))
		r->s = str_skip(r->s, 1);
}

static bool
is_visible(uint32_t rune)
{
	return (rune >= '!' && rune <= '~') || rune >= 0x80;
}

static bool
is_one_of(uint32_t rune, const char *chars)
{
	return rune != 0 && rune < 0x80 && strchr(chars, (char)rune) != NULL;
}

/* The next rune, not taken; false at the end and at bytes that are not UTF-8. */
static bool
peek(str_t s, uint32_t *ret_rune, size_t *ret_width)
{
	if (s.len == 0)
		return false;
	*ret_rune = utf8_decode(s, ret_width);
	return *ret_rune != UTF8_BAD || *ret_width > 1;
}

/* ---- comments ---- */

/* Behind its opening parenthesis. */
static bool
skip_comment(struct reader *r)
{
	size_t depth = 1;

	while (r->s.len > 0 && depth > 0) {
		if (is_at(r, '\\') && r->s.len > 1)
			r->s = str_skip(r->s, 1);
		else if (is_at(r, '('))
			depth++;
		else if (is_at(r, ')'))
			depth--;
		r->s = str_skip(r->s, 1);
	}
	return depth == 0;
}

static bool
skip_comments(struct reader *r)
{
	skip_space(r);
	while (take(r, '(')) {
		if (!skip_comment(r))
			return false;
		skip_space(r);
	}
	return true;
}

/* ---- words ---- */

/* Dots may stand anywhere in it if it is `lenient`, else only between other characters. */
static bool
read_atom(struct reader *r, bool lenient)
{
	str_t rest = r->s, atom;
	uint32_t rune;
	size_t width;

	while (rest.len > 0) {
		if (!peek(rest, &rune, &width))
			return false;
		if (!is_visible(rune) || is_one_of(rune, "()<>[]:;@\\,\""))
			break;
		rest = str_skip(rest, width);
	}
	atom = str_sub(r->s, 0, r->s.len - rest.len);
	if (atom.len == 0)
		return false;
	if (!lenient && (atom.data[0] == '.' || atom.data[atom.len - 1] == '.' ||
			    str_find(atom, STR(".."), 0) < atom.len))
		return false;
	r->s = rest;
	return true;
}

static bool
read_quoted(struct reader *r, bool *ret_empty)
{
	str_t rest = str_skip(r->s, 1);
	bool escaped = false;
	uint32_t rune;
	size_t width;

	*ret_empty = true;
	for (;; rest = str_skip(rest, width)) {
		if (!peek(rest, &rune, &width))
			return false;
		if (!escaped && rune == '"')
			break;
		if (!is_visible(rune) && rune != ' ' && rune != '\t')
			return false;
		escaped = !escaped && rune == '\\';
		*ret_empty = *ret_empty && escaped;
	}
	r->s = str_skip(rest, 1);
	return true;
}

/* Words and comments, as many as there are.  False: there is none, but something else. */
static bool
read_phrase(struct reader *r)
{
	for (size_t words = 0;; words++) {
		bool unused;

		if (words > 0 && !skip_comments(r))
			return false;
		skip_space(r);
		if (r->s.len == 0)
			return true;
		if (is_at(r, '"') ? !read_quoted(r, &unused) : !read_atom(r, true))
			return words > 0;
	}
}

/* ---- addresses ---- */

static bool
read_domain_literal(struct reader *r)
{
	str_t begin = str_skip(r->s, 1), inner;
	struct net_block unused;
	size_t close = str_find_char(begin, ']', 0);

	if (close == begin.len)
		return false;
	inner = str_sub(begin, 0, close);
	r->s = str_skip(begin, close + 1);
	if (str_has_prefix(inner, STR("IPv6:")))
		inner = str_skip(inner, 5);
	return net_address_parse(inner, &unused);
}

/* local@domain */
static bool
read_plain(struct reader *r)
{
	struct reader at = *r;
	bool empty = false;

	skip_space(&at);
	if (at.s.len == 0)
		return false;
	if (is_at(&at, '"') ? !read_quoted(&at, &empty) : !read_atom(&at, false))
		return false;
	if (empty || !take(&at, '@'))
		return false;
	skip_space(&at);
	if (is_at(&at, '[') ? !read_domain_literal(&at) : !read_atom(&at, false))
		return false;
	*r = at;
	return true;
}

/* With or without a name.  *ret_is_group: a colon was found instead, and taken. */
static bool
read_mailbox(struct reader *r, bool *ret_is_group)
{
	*ret_is_group = false;
	skip_space(r);
	if (r->s.len == 0)
		return false;
	if (read_plain(r)) {
		skip_space(r);
		return !take(r, '(') || skip_comment(r);
	}
	if (!is_at(r, '<') && !read_phrase(r))
		return false;
	skip_space(r);
	*ret_is_group = take(r, ':');
	return *ret_is_group || (take(r, '<') && read_plain(r) && take(r, '>'));
}

/* Behind the colon: exactly one mailbox, then a semicolon. */
static bool
read_group(struct reader *r)
{
	bool nested;

	return read_mailbox(r, &nested) && !nested && skip_comments(r) && take(r, ';');
}

bool
schema_is_email(str_t s)
{
	struct reader r = { s };
	bool is_group;

	return read_mailbox(&r, &is_group) && (!is_group || read_group(&r)) && skip_comments(&r) &&
	    r.s.len == 0;
}
