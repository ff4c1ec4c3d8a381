/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass, no recursion.  What is read waits on a stack of values; at the foot
 * of each open container stands a marker that says which kind it is and where
 * the marker of its parent is.  Closing a container moves what lies above its
 * marker into the arena and puts the one value in its place.
 */
#include "codec/json.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/must.h"
#include "base/utf8.h"
#include "codec/hex.h"
#include "codec/json_object.h"
#include "codec/json_share.h"
#include "value/number.h"

enum {
	STACK_AT_HAND = 64, /* values, before the stack moves to the heap */
	LONGEST_ESCAPE = 6, /* \uXXXX */
	SHARE_FROM = 256 * 1024, /* bytes of text that stays: from here on it is worth the tables */
	SHARED_STRINGS_MAX = 1 << 16, /* then only keys are looked up: the table is not free */
	SAFE_DIGITS = 18, /* any so many digits fit int64 */
	SHARE_BYTES_MAX = 1 << 20,
	MARKER = VALUE_INTERNAL,
};

struct reader {
	const char *at, *end, *begin;
	struct arena *arena;
	struct arena *scratch; /* of the share; NULL: there is none */
	struct json_share *share;
	struct json_options options;
	struct diag *diag;
	value_t *stack;
	size_t count, capacity;
	size_t open; /* index of the innermost marker + 1; 0: none */
	uint32_t depth;
	err_t err;
	struct buf spill; /* the stack, once it is long */
	value_t first[STACK_AT_HAND];
};

/* Bytes of the UTF-8 sequence at `at`, before `end`; 0: malformed. */
static size_t
sequence_length(const char *at, const char *end)
{
	size_t width;
	uint32_t rune = utf8_decode(str_make(at, (size_t)(end - at)), &width);

	return rune == UTF8_BAD && width == 1 ? 0 : width;
}

/* ---- refusing ---- */

static struct diag_place
place_of(const struct reader *r, const char *at)
{
	struct diag_place place = { .file = r->options.file,
		.source = str_make(r->begin, (size_t)(r->end - r->begin)), .row = 1, .col = 1 };

	for (const char *p = r->begin; p < at; p++) {
		place.col += (*p & 0xC0) != 0x80; /* code points: bytes that begin one */
		if (*p == '\n') {
			place.row++;
			place.col = 1;
		}
	}
	return place;
}

static bool
refuse(struct reader *r, err_t err, const char *message)
{
	r->err = err;
	if (r->diag != NULL)
		(void)diag_add(r->diag, DIAG_ERROR, "json", place_of(r, r->at), "%s", message);
	return false;
}

static bool
refuse_expecting(struct reader *r, const char *what)
{
	struct diag_place place;
	size_t len;

	r->err = ERR_SYNTAX;
	if (r->diag == NULL)
		return false;
	place = place_of(r, r->at);
	if (r->at == r->end)
		(void)diag_add(r->diag, DIAG_ERROR, "json", place,
		    "the text ends where %s is expected", what);
	else if ((uint8_t)*r->at > ' ' && (len = sequence_length(r->at, r->end)) > 0)
		(void)diag_add(r->diag, DIAG_ERROR, "json", place, "expected %s but found `%.*s`",
		    what, (int)len, r->at);
	else
		(void)diag_add(r->diag, DIAG_ERROR, "json", place, "expected %s but found byte 0x%02x",
		    what, (uint8_t)*r->at);
	return false;
}

static bool
refuse_memory(struct reader *r)
{
	return refuse(r, ERR_MEMORY, "the document needs more memory than it may have");
}

/* ---- the stack ---- */

static bool
grow_stack(struct reader *r)
{
	size_t bytes = r->count * sizeof(value_t);

	r->spill.len = r->stack == r->first ? 0 : bytes;
	if (!buf_reserve(&r->spill, 2 * bytes - r->spill.len))
		return refuse_memory(r);
	if (r->stack == r->first)
		memcpy(r->spill.data, r->first, bytes);
	r->stack = (value_t *)(void *)r->spill.data;
	r->capacity = 2 * r->count;
	return true;
}

static inline bool
push(struct reader *r, value_t v)
{
	if (r->count == r->capacity && !grow_stack(r))
		return false;
	r->stack[r->count++] = v;
	return true;
}

static bool
open_container(struct reader *r, uint8_t tag)
{
	if (r->depth == r->options.depth_limit)
		return refuse(r, ERR_LIMIT, "the document is nested too deeply");
	if (!push(r, (value_t){ .tag = MARKER, .flags = tag, .count = (uint32_t)r->open }))
		return false;
	r->depth++;
	r->open = r->count;
	r->at++;
	return true;
}

/* ---- strings ---- */

/* First byte at or after `at` that is not plain ASCII inside a string. */
static inline const char *
skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
	while (end - at >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i special = _mm_or_si128(
		    _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
			_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
		    /* signed: below ' ' are the controls and everything from 0x80 */
		    _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
		unsigned mask = (unsigned)_mm_movemask_epi8(special);

		if (mask != 0)
			return at + __builtin_ctz(mask);
		at += 16;
	}
#endif
	while (at < end && *at != '"' && *at != '\\' && (signed char)*at >= ' ')
		at++;
	return at;
}

/* value_string(), with the copy in pieces of 16 where so much is `readable` at s.data. */
static inline value_t
copy_string(struct reader *r, str_t s, size_t readable)
{
	enum { PIECE = 16, SHORT = 4 * PIECE };
	struct value_string *made;

	if (s.len > SHORT || readable < SHORT)
		return value_string(r->arena, s);
	made = arena_alloc_raw(r->arena, sizeof(*made) + s.len + PIECE,
	    _Alignof(struct value_string));
	if (made == NULL)
		return VALUE_NONE;
	made->len = (uint32_t)s.len;
	made->hash = 0;
	for (size_t i = 0; i < s.len; i += PIECE)
		memcpy(made->bytes + i, s.data + i, PIECE);
	made->bytes[s.len] = '\0';
	return (value_t){ .tag = VALUE_STRING, .count = made->len, .string = made };
}

static inline bool
make_string(struct reader *r, str_t s, size_t readable, bool is_key, value_t *ret)
{
	*ret = VALUE_NONE;
	if (s.len <= JSON_INTERN_MAX) {
		if (r->share != NULL && intern_count(r->options.add) >= SHARED_STRINGS_MAX)
			*ret = is_key ? intern_find(r->options.add, s) : VALUE_NONE;
		else if (r->options.add != NULL)
			*ret = intern_add(r->options.add, s);
		else if (r->options.find != NULL)
			*ret = intern_find(r->options.find, s);
	}
	if (!value_is_defined(*ret))
		*ret = r->share != NULL ? json_share_string(r->share, r->arena, s)
		                        : copy_string(r, s, readable);
	return value_is_defined(*ret) || refuse_memory(r);
}

/* The rune of the XXXX at `at`; -1: not four hexadecimal digits before `end`. */
static int32_t
hex_rune(const char *at, const char *end)
{
	int32_t rune = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		rune = rune << 4 | digit;
	}
	return rune;
}

/* Decodes \u at r->at, its surrogate partner too (rfc8259 7). */
static bool
read_unicode_escape(struct reader *r, char **out)
{
	int32_t rune = hex_rune(r->at + 2, r->end), low;

	if (rune < 0)
		return refuse(r, ERR_SYNTAX, "\\u is not followed by four hexadecimal digits");
	r->at += LONGEST_ESCAPE;
	if (rune >= 0xd800 && rune < 0xdc00 && r->end - r->at >= LONGEST_ESCAPE &&
	    r->at[0] == '\\' && r->at[1] == 'u') {
		low = hex_rune(r->at + 2, r->end);
		if (low >= 0xdc00 && low < 0xe000) {
			rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
			r->at += LONGEST_ESCAPE;
		}
	}
	*out += utf8_encode(*out, (uint32_t)rune); /* a lone surrogate becomes U+FFFD */
	return true;
}

static bool
read_escape(struct reader *r, char **out)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = r->end - r->at >= 2 ? r->at[1] : '\0';
	const char *name;

	if (c == 'u')
		return read_unicode_escape(r, out);
	name = c != '\0' ? strchr(names, c) : NULL;
	if (name == NULL)
		return refuse(r, ERR_SYNTAX, "unknown escape in a string");
	*(*out)++ = bytes[name - names];
	r->at += 2;
	return true;
}

/* Decodes from r->at to the closing quote at `close`; UTF-8 is checked already. */
static bool
unescape(struct reader *r, const char *close, char **out)
{
	while (r->at < close) {
		const char *slash = memchr(r->at, '\\', (size_t)(close - r->at));
		size_t plain = (size_t)((slash != NULL ? slash : close) - r->at);

		memcpy(*out, r->at, plain);
		*out += plain;
		r->at += plain;
		if (slash != NULL && !read_escape(r, out))
			return false;
	}
	return true;
}

static bool
read_escaped_string(struct reader *r, const char *close, bool is_key, value_t *ret)
{
	char at_hand[JSON_INTERN_MAX * LONGEST_ESCAPE];
	size_t longest = (size_t)(close - r->at); /* no escape decodes to more than its spelling */
	bool is_short = longest <= sizeof(at_hand);
	char *bytes = is_short ? at_hand : value_string_begin(r->arena, longest);
	char *out = bytes;

	if (bytes == NULL)
		return refuse_memory(r);
	if (!unescape(r, close, &out))
		return false;
	r->at = close + 1;
	if (is_short)
		return make_string(r, str_make(bytes, (size_t)(out - bytes)), sizeof(at_hand), is_key,
		    ret);
	*ret = value_string_done(bytes, (size_t)(out - bytes));
	return true;
}

/* r->at stands behind the opening quote. */
static inline bool
read_string(struct reader *r, bool is_key, value_t *ret)
{
	const char *begin = r->at, *at = begin;
	bool has_escape = false;

	for (;;) {
		at = skip_plain(at, r->end);
		if (at < r->end && *at == '"')
			break;
		if (at < r->end && *at == '\\') {
			has_escape = true;
			at += r->end - at >= 2 ? 2 : 1;
			continue;
		}
		size_t len = at < r->end && (uint8_t)*at >= 0x80 ? sequence_length(at, r->end) : 0;

		if (len == 0) {
			r->at = at;
			if (at == r->end)
				return refuse_expecting(r, "the end of a string");
			return refuse(r, ERR_SYNTAX, (uint8_t)*at < ' '
				? "control byte in a string: write it as an escape"
				: "a string is not valid UTF-8");
		}
		at += len;
	}
	if (has_escape)
		return read_escaped_string(r, at, is_key, ret);
	r->at = at + 1;
	return make_string(r, str_make(begin, (size_t)(at - begin)), (size_t)(r->end - begin), is_key,
	    ret);
}

/* ---- numbers and names ---- */

static inline bool
is_digit(const char *at, const char *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

static bool
skip_digits(struct reader *r, const char **at)
{
	if (!is_digit(*at, r->end)) {
		r->at = *at;
		return refuse_expecting(r, "a digit");
	}
	while (is_digit(*at, r->end))
		(*at)++;
	return true;
}

/* Everything that the fast path below is not for; its `at` stands behind the integer part. */
static bool
read_long_number(struct reader *r, const char *at, value_t *ret)
{
	const char *begin = r->at;

	if (at < r->end && *at == '.') {
		at++;
		if (!skip_digits(r, &at))
			return false;
	}
	if (at < r->end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < r->end && (*at == '+' || *at == '-'))
			at++;
		if (!skip_digits(r, &at))
			return false;
	}
	*ret = VALUE_NONE;
	if (r->share != NULL)
		*ret = json_share_find_number(r->share, str_make(begin, (size_t)(at - begin)));
	if (!value_is_defined(*ret)) {
		*ret = number_parse(r->arena, str_make(begin, (size_t)(at - begin)));
		if (r->share != NULL)
			json_share_keep_number(r->share, *ret);
	}
	if (!value_is_defined(*ret))
		return arena_failed(r->arena) ? refuse_memory(r)
		                              : refuse(r, ERR_LIMIT, "the number is out of range");
	r->at = at;
	return true;
}

static inline bool
read_number(struct reader *r, value_t *ret)
{
	const char *at = r->at, *digits;
	bool negative = *at == '-';
	uint64_t sum = 0;

	at += negative;
	digits = at;
	if (!is_digit(at, r->end)) {
		r->at = at;
		return refuse_expecting(r, "a digit");
	}
	for (; is_digit(at, r->end); at++)
		sum = sum * 10 + (uint64_t)(*at - '0'); /* may wrap: then it is not used */
	if (*digits == '0' && at - digits > 1)
		return refuse(r, ERR_SYNTAX, "a number does not begin with a needless 0");
	if (at - digits > SAFE_DIGITS || (negative && sum == 0) ||
	    (at < r->end && (*at == '.' || *at == 'e' || *at == 'E')))
		return read_long_number(r, at, ret);
	r->at = at;
	*ret = value_int(negative ? -(int64_t)sum : (int64_t)sum);
	return true;
}

static inline bool
read_name(struct reader *r, str_t name, value_t v, value_t *ret)
{
	if ((size_t)(r->end - r->at) < name.len || memcmp(r->at, name.data, name.len) != 0)
		return refuse_expecting(r, "a value");
	r->at += name.len;
	*ret = v;
	return true;
}

/* ---- containers ---- */

static inline void
skip_space(struct reader *r)
{
	const char *at = r->at, *end = r->end;

	if (at < end && *at > ' ')
		return;
	while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
		at++;
	r->at = at;
}

static inline bool
take(struct reader *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
refuse_duplicate(struct reader *r, value_t key)
{
	r->err = ERR_SYNTAX;
	if (r->diag != NULL)
		(void)diag_add(r->diag, DIAG_ERROR, "json", place_of(r, r->at - 1),
		    "the object that ends here has the key \"%.*s\" twice", STR_FMT(value_str(key)));
	return false;
}

/* The marker's place becomes the top of the stack again. */
static void
leave_container(struct reader *r)
{
	r->count = r->open - 1;
	r->open = r->stack[r->count].count;
	r->depth--;
}

static value_t
make_array(struct reader *r, const value_t *items, size_t count)
{
	value_t made = VALUE_NONE;

	if (r->share != NULL)
		made = json_share_find_array(r->share, items, count);
	if (value_is_defined(made))
		return made;
	made = value_array(r->arena, items, count);
	if (r->share != NULL)
		json_share_keep_array(r->share, made);
	return made;
}

static bool
close_array(struct reader *r, value_t *ret)
{
	*ret = value_empty_array();
	if (r->count > r->open)
		*ret = make_array(r, &r->stack[r->open], r->count - r->open);
	leave_container(r);
	return value_is_defined(*ret) || refuse_memory(r);
}

static bool
close_object(struct reader *r, value_t *ret)
{
	struct value_entry *entries = (struct value_entry *)(void *)&r->stack[r->open];
	size_t count = (r->count - r->open) / 2;
	value_t twice = VALUE_NONE;

	*ret = value_empty_object();
	if (count > 0)
		*ret = json_object_make(r->arena, r->share, entries, count,
		    r->options.refuse_duplicates ? &twice : NULL);
	if (value_is_defined(twice))
		return refuse_duplicate(r, twice);
	leave_container(r);
	return value_is_defined(*ret) || refuse_memory(r);
}

static bool
read_key(struct reader *r)
{
	value_t key;

	if (!take(r, '"'))
		return refuse_expecting(r, "a key in double quotes");
	if (!read_string(r, true, &key) || !push(r, key))
		return false;
	return take(r, ':') || refuse_expecting(r, "`:`");
}

/*
 * Reads down to the first value that is whole: a scalar, or a container that
 * is empty.  Containers that are not are left open on the stack.
 */
static bool
read_down(struct reader *r, value_t *ret)
{
	for (;;) {
		skip_space(r);
		switch (r->at < r->end ? *r->at : '\0') {
		case '{':
			if (!open_container(r, VALUE_OBJECT))
				return false;
			if (take(r, '}'))
				return close_object(r, ret);
			if (!read_key(r))
				return false;
			continue;
		case '[':
			if (!open_container(r, VALUE_ARRAY))
				return false;
			if (take(r, ']'))
				return close_array(r, ret);
			continue;
		case '"':
			r->at++;
			return read_string(r, false, ret);
		case 't':
			return read_name(r, STR("true"), value_bool(true), ret);
		case 'f':
			return read_name(r, STR("false"), value_bool(false), ret);
		case 'n':
			return read_name(r, STR("null"), value_null(), ret);
		case '-':
		case '0' ... '9':
			return read_number(r, ret);
		default:
			return refuse_expecting(r, "a value");
		}
	}
}

static bool
read_document(struct reader *r, value_t *ret)
{
	value_t v;

	for (;;) {
		if (!read_down(r, &v))
			return false;
		/* Put v where it belongs, and every container that ends with it. */
		for (;;) {
			if (r->open == 0) {
				*ret = v;
				skip_space(r);
				return r->at == r->end || refuse_expecting(r, "the end of the text");
			}
			if (!push(r, v))
				return false;
			if (r->stack[r->open - 1].flags == VALUE_ARRAY) {
				if (take(r, ','))
					break;
				if (!take(r, ']'))
					return refuse_expecting(r, "`,` or `]`");
				if (!close_array(r, &v))
					return false;
			} else {
				if (take(r, ',')) {
					if (!read_key(r))
						return false;
					break;
				}
				if (!take(r, '}'))
					return refuse_expecting(r, "`,` or `}`");
				if (!close_object(r, &v))
					return false;
			}
		}
	}
}

static bool
begin_share(struct reader *r)
{
	if (r->options.add == NULL || r->end - r->begin < SHARE_FROM)
		return true;
	r->scratch = arena_new(SHARE_BYTES_MAX);
	r->share = r->scratch != NULL ? json_share_new(r->scratch) : NULL;
	return r->share != NULL || refuse_memory(r);
}

err_t
json_read(struct arena *arena, str_t text, const struct json_options *options,
    struct diag *diag, value_t *ret_value)
{
	struct reader r;
	bool is_read;

	r.at = r.begin = text.data != NULL ? text.data : "";
	r.end = r.begin + text.len;
	r.arena = arena;
	r.scratch = NULL;
	r.share = NULL;
	r.options = options != NULL ? *options : (struct json_options){ 0 };
	if (r.options.depth_limit == 0)
		r.options.depth_limit = JSON_DEPTH_DEFAULT;
	r.diag = diag;
	r.stack = r.first;
	r.count = r.open = 0;
	r.capacity = STACK_AT_HAND;
	r.depth = 0;
	r.err = ERR_OK;
	buf_init(&r.spill, arena->limit);
	if ((r.options.size_limit != 0 && text.len > r.options.size_limit) ||
	    text.len > UINT32_MAX / 2)
		is_read = refuse(&r, ERR_LIMIT, "the document is too large");
	else
		is_read = begin_share(&r) && read_document(&r, ret_value);
	arena_free(&r.scratch);
	buf_fini(&r.spill);
	must(is_read == (r.err == ERR_OK));
	if (!is_read)
		*ret_value = VALUE_NONE;
	return r.err;
}
