/* SPDX-License-Identifier: Apache-2.0 */
/* One operand of sprintf under one verb. */
#include <math.h>

#include "base/utf8.h"
#include "rego/builtin/format_internal.h"
#include "value/number.h"

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

/* ---- operands ---- */

static bool
text_of(struct rego_call *call, value_t v, str_t *ret)
{
	struct buf text;

	rego_text_init(call, &text);
	value_print(&text, v);
	if (!buf_failed(&text))
		*ret = arena_str(call->arena, buf_str(&text));
	else
		arena_fail(call->arena);
	buf_fini(&text);
	return !arena_failed(call->arena);
}

bool
format_operand_read(struct rego_call *call, value_t v, struct format_operand *ret)
{
	ret->kind = FORMAT_TEXT;
	if (value_is_string(v)) {
		ret->text = value_str(v);
		return true;
	}
	if (rego_is_plain_int(v, &ret->integer)) {
		ret->kind = FORMAT_INT;
		return true;
	}
	if (!text_of(call, v, &ret->text))
		return false;
	if (v.tag != VALUE_NUMBER)
		return true;
	/* A number with a point is a float; without one, if it is no integer, it is text. */
	if (str_find_char(ret->text, '.', 0) < ret->text.len) {
		double real = number_to_double(v);

		if (isfinite(real))
			*ret = (struct format_operand){ .kind = FORMAT_FLOAT, .real = real };
	} else if (str_find_char(ret->text, 'e', 0) == ret->text.len &&
	    str_find_char(ret->text, 'E', 0) == ret->text.len) {
		*ret = (struct format_operand){ .kind = FORMAT_BIG, .big = v };
	}
	return true;
}

const char *
format_type_name(const struct format_operand *o)
{
	static const char *const names[] = { [FORMAT_TEXT] = "string", [FORMAT_INT] = "int64",
		[FORMAT_BIG] = "*big.Int", [FORMAT_FLOAT] = "float64" };

	return names[o->kind];
}

/* ---- padding ---- */

static void
fill(struct buf *b, char c, int count)
{
	if (count <= 0 || !buf_reserve(b, (size_t)count))
		return;
	memset(b->data + b->len, c, (size_t)count);
	b->len += (size_t)count;
}

void
format_pad(struct buf *b, const struct format_spec *spec, int count)
{
	fill(b, spec->zero && !spec->minus ? '0' : ' ', count);
}

void
format_padded(struct buf *b, const struct format_spec *spec, str_t s)
{
	size_t len = spec->has_width ? utf8_count(s) : 0;
	int missing = spec->has_width && len < (size_t)spec->width ? spec->width - (int)len : 0;

	if (!spec->minus)
		format_pad(b, spec, missing);
	buf_add_str(b, s);
	if (spec->minus)
		format_pad(b, spec, missing);
}

/* ---- quoting, as Go's strconv does ---- */

static void
quote_rune(struct buf *b, uint32_t rune, char quote, bool ascii)
{
	static const char letters[] = "abtnvfr"; /* from U+0007 */
	char bytes[4];

	if (rune == (unsigned char)quote || rune == '\\')
		buf_printf(b, "\\%c", (char)rune);
	else if (ascii ? rune >= ' ' && rune < 0x7F : utf8_is_printable(rune))
		buf_add(b, bytes, utf8_encode(bytes, rune));
	else if (rune >= '\a' && rune <= '\r')
		buf_printf(b, "\\%c", letters[rune - '\a']);
	else if (rune < ' ' || rune == 0x7F)
		buf_printf(b, "\\x%02x", (unsigned)rune);
	else if (rune < 0x10000)
		buf_printf(b, "\\u%04x", (unsigned)rune);
	else
		buf_printf(b, "\\U%08x", (unsigned)rune);
}

static void
quote_string(struct buf *b, str_t s, bool ascii)
{
	size_t width;

	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i += width) {
		uint32_t rune = utf8_decode(str_skip(s, i), &width);

		if (rune == UTF8_BAD && width == 1)
			buf_printf(b, "\\x%02x", (unsigned char)s.data[i]);
		else
			quote_rune(b, rune, '"', ascii);
	}
	buf_add_char(b, '"');
}

void
rego_quote(struct buf *b, str_t s)
{
	quote_string(b, s, false);
}

static bool
can_backquote(str_t s)
{
	size_t width;

	for (size_t i = 0; i < s.len; i += width) {
		uint32_t rune = utf8_decode(str_skip(s, i), &width);

		if ((rune == UTF8_BAD && width == 1) || (rune < ' ' && rune != '\t') || rune == '`' ||
		    rune == 0x7F || rune == 0xFEFF)
			return false;
	}
	return true;
}

/* ---- text ---- */

static str_t
truncate_runes(const struct format_spec *spec, str_t s)
{
	size_t end = 0, width;

	if (!spec->has_precision)
		return s;
	for (int n = spec->precision; n > 0 && end < s.len; n--, end += width)
		(void)utf8_decode(str_skip(s, end), &width);
	return str_sub(s, 0, end);
}

static void
print_quoted(struct buf *b, const struct format_spec *spec, str_t s)
{
	struct buf quoted;

	s = truncate_runes(spec, s);
	buf_init(&quoted, b->limit);
	if (spec->sharp && can_backquote(s)) {
		buf_add_char(&quoted, '`');
		buf_add_str(&quoted, s);
		buf_add_char(&quoted, '`');
	} else {
		quote_string(&quoted, s, spec->plus);
	}
	format_padded(b, spec, buf_str(&quoted));
	b->failed = b->failed || buf_failed(&quoted);
	buf_fini(&quoted);
}

static void
print_hex(struct buf *b, const struct format_spec *spec, str_t s, bool upper)
{
	const char *digits = upper ? upper_digits : lower_digits;
	const char *prefix = upper ? "0X" : "0x";
	size_t width;
	int missing;

	if (spec->has_precision && (size_t)spec->precision < s.len)
		s.len = (size_t)spec->precision;
	width = 2 * s.len;
	if (s.len > 0 && spec->space)
		width += (spec->sharp ? width : 0) + s.len - 1;
	else if (s.len > 0 && spec->sharp)
		width += 2;
	missing = spec->has_width && width < (size_t)spec->width ? spec->width - (int)width : 0;
	if (!spec->minus || s.len == 0)
		format_pad(b, spec, missing);
	for (size_t i = 0; i < s.len; i++) {
		if (i > 0 && spec->space)
			buf_add_char(b, ' ');
		if (spec->sharp && (i == 0 || spec->space))
			buf_add_text(b, prefix);
		buf_add_char(b, digits[(unsigned char)s.data[i] >> 4]);
		buf_add_char(b, digits[(unsigned char)s.data[i] & 0xF]);
	}
	if (spec->minus && s.len > 0)
		format_pad(b, spec, missing);
}

static bool
print_text(struct buf *b, const struct format_spec *spec, str_t s, uint32_t verb)
{
	if (verb == 'q' || (verb == 'v' && spec->sharp_v))
		print_quoted(b, spec, s);
	else if (verb == 's' || verb == 'v')
		format_padded(b, spec, truncate_runes(spec, s));
	else if (verb == 'x' || verb == 'X')
		print_hex(b, spec, s, verb == 'X');
	else
		return false;
	return true;
}

/* ---- integers ---- */

static int
base_of(uint32_t verb)
{
	switch (verb) {
	case 'b':
		return 2;
	case 'o':
	case 'O':
		return 8;
	case 'd':
	case 'v':
		return 10;
	case 'x':
	case 'X':
		return 16;
	default:
		return 0;
	}
}

static const char *
prefix_of(const struct format_spec *spec, uint32_t verb, bool zero)
{
	if (verb == 'O')
		return spec->sharp && !zero ? "0o0" : "0o";
	if (!spec->sharp)
		return "";
	return verb == 'b' ? "0b" : verb == 'o' && !zero ? "0" : verb == 'x' ? "0x" : verb == 'X' ? "0X" : "";
}

/* Sign, prefix, zeros, digits; blanks to the width on one side. */
static void
print_digits(struct buf *b, const struct format_spec *spec, const char *sign, const char *prefix,
    int zeros, str_t digits)
{
	int len = (int)(strlen(sign) + strlen(prefix)) + zeros + (int)digits.len;
	int missing = spec->has_width ? spec->width - len : 0;

	fill(b, ' ', spec->minus ? 0 : missing);
	buf_add_text(b, sign);
	buf_add_text(b, prefix);
	fill(b, '0', zeros);
	buf_add_str(b, digits);
	fill(b, ' ', spec->minus ? missing : 0);
}

static void
print_integer(struct buf *b, const struct format_spec *spec, int64_t integer, uint32_t verb)
{
	const char *digits = verb == 'X' ? upper_digits : lower_digits;
	const char *sign = integer < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
	uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
	unsigned base = (unsigned)base_of(verb);
	char text[64];
	size_t at = sizeof(text);
	int wanted = 1;

	if (spec->has_precision)
		wanted = spec->precision;
	else if (spec->zero && !spec->minus && spec->has_width)
		wanted = spec->width - (sign[0] != '\0');
	if (spec->has_precision && wanted == 0 && integer == 0) {
		fill(b, ' ', spec->has_width ? spec->width : 0);
		return;
	}
	do {
		text[--at] = digits[rest % base];
		rest /= base;
	} while (rest > 0);
	int zeros = wanted - (int)(sizeof(text) - at);

	print_digits(b, spec, sign, prefix_of(spec, verb, zeros > 0 || text[at] == '0'),
	    zeros > 0 ? zeros : 0, str_make(text + at, sizeof(text) - at));
}

/* U+0041, with # also 'A'. */
static void
print_unicode(struct buf *b, const struct format_spec *spec, uint64_t rune)
{
	struct format_spec plain = *spec;
	struct buf text;
	int digits = spec->has_precision && spec->precision > 4 ? spec->precision : 4;
	char bytes[4];

	plain.zero = false;
	buf_init(&text, b->limit);
	buf_printf(&text, "U+%0*llX", digits, (unsigned long long)rune);
	if (spec->sharp && rune <= UTF8_LAST && utf8_is_printable((uint32_t)rune)) {
		buf_add_str(&text, STR(" '"));
		buf_add(&text, bytes, utf8_encode(bytes, (uint32_t)rune));
		buf_add_char(&text, '\'');
	}
	format_padded(b, &plain, buf_str(&text));
	b->failed = b->failed || buf_failed(&text);
	buf_fini(&text);
}

static void
print_rune(struct buf *b, const struct format_spec *spec, uint64_t number, bool quoted)
{
	uint32_t rune = number > UTF8_LAST ? UTF8_BAD : (uint32_t)number;
	struct buf text;
	char bytes[4];

	buf_init(&text, 64);
	if (quoted) {
		buf_add_char(&text, '\'');
		quote_rune(&text, rune, '\'', spec->plus);
		buf_add_char(&text, '\'');
	} else {
		buf_add(&text, bytes, utf8_encode(bytes, rune));
	}
	format_padded(b, spec, buf_str(&text));
	buf_fini(&text);
}

static bool
print_int(struct buf *b, const struct format_spec *spec, int64_t integer, uint32_t verb)
{
	if (base_of(verb) != 0)
		print_integer(b, spec, integer, verb);
	else if (verb == 'c' || verb == 'q')
		print_rune(b, spec, (uint64_t)integer, verb == 'q');
	else if (verb == 'U')
		print_unicode(b, spec, (uint64_t)integer);
	else
		return false;
	return true;
}

/* big.Int formats itself, a little differently: %s works, # of %o too, the width may fill zeros. */
static void
print_big(struct buf *b, const struct format_spec *spec, value_t big, uint32_t verb)
{
	struct format_spec own = *spec;
	struct buf text;
	char name[4];
	int base = verb == 's' ? 10 : base_of(verb);
	const char *sign;
	str_t digits;
	int zeros = 0;

	own.sharp = spec->sharp || spec->sharp_v;
	buf_init(&text, b->limit);
	if (!number_print_base(&text, big, base != 0 ? base : 10))
		text.failed = true;
	if (base == 0) {
		buf_add_str(b, STR("%!"));
		buf_add(b, name, utf8_encode(name, verb));
		buf_printf(b, "(big.Int=%.*s)", STR_FMT(buf_str(&text)));
	} else {
		digits = buf_str(&text);
		sign = spec->plus || spec->plus_v ? "+" : spec->space ? " " : "";
		if (digits.len > 0 && digits.data[0] == '-') {
			sign = "-";
			digits = str_skip(digits, 1);
		}
		for (size_t i = 0; verb == 'X' && i < text.len; i++)
			text.data[i] = text.data[i] >= 'a' ? (char)(text.data[i] - 0x20) : text.data[i];
		if (spec->has_precision && (size_t)spec->precision > digits.len)
			zeros = spec->precision - (int)digits.len;
		else if (!spec->has_precision && spec->zero && !spec->minus && spec->has_width)
			zeros = spec->width - (int)(digits.len + strlen(sign) +
			    strlen(prefix_of(&own, verb, verb == 'O')));
		print_digits(b, &own, sign, prefix_of(&own, verb, verb == 'O'), zeros > 0 ? zeros : 0, digits);
	}
	b->failed = b->failed || buf_failed(&text);
	buf_fini(&text);
}

/* ---- all ---- */

static bool
print_known(struct buf *b, const struct format_spec *spec, const struct format_operand *o,
    uint32_t verb)
{
	if (verb == 'T') {
		format_padded(b, spec, truncate_runes(spec, str_of(format_type_name(o))));
		return true;
	}
	switch (o->kind) {
	case FORMAT_TEXT:
		return print_text(b, spec, o->text, verb);
	case FORMAT_INT:
		return print_int(b, spec, o->integer, verb);
	case FORMAT_FLOAT:
		return format_float(b, spec, o->real, verb);
	case FORMAT_BIG:
		print_big(b, spec, o->big, verb);
		return true;
	}
	return false;
}

void
format_print(struct buf *b, const struct format_spec *spec, const struct format_operand *o,
    uint32_t verb)
{
	char name[4];

	if (print_known(b, spec, o, verb))
		return;
	buf_add_str(b, STR("%!"));
	buf_add(b, name, utf8_encode(name, verb));
	buf_add_char(b, '(');
	buf_add_text(b, format_type_name(o));
	buf_add_char(b, '=');
	(void)print_known(b, spec, o, 'v');
	buf_add_char(b, ')');
}
