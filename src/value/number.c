/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers: reading, printing, comparing. */
#include "value/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "value/number_internal.h"

enum { LARGEST_DIGITS = 4000 }; /* of an integer written with an exponent */

/* ---- reading ---- */

struct spelled { /* a literal taken apart: [-] digits [. digits] [e exp] */
	bool negative, plain; /* plain: neither point nor exponent */
	str_t whole, fraction;
	int64_t exponent;
};

static size_t
skip_digits(str_t s, size_t at)
{
	while (at < s.len && s.data[at] >= '0' && s.data[at] <= '9')
		at++;
	return at;
}

static bool
read_exponent(str_t s, size_t at, int64_t *ret)
{
	bool negative = false;
	int64_t value = 0;

	if (at < s.len && (s.data[at] == '+' || s.data[at] == '-'))
		negative = s.data[at++] == '-';
	if (at == s.len || skip_digits(s, at) != s.len)
		return false;
	for (; at < s.len; at++) {
		if (value < 1000000000)
			value = value * 10 + (s.data[at] - '0');
	}
	*ret = negative ? -value : value;
	return true;
}

/* RFC 8259 6 */
static bool
take_apart(str_t s, struct spelled *ret)
{
	size_t at = 0, end;

	*ret = (struct spelled){ .plain = true };
	if (s.len > 0 && s.data[0] == '-') {
		ret->negative = true;
		at = 1;
	}
	end = skip_digits(s, at);
	if (end == at || (s.data[at] == '0' && end > at + 1))
		return false;
	ret->whole = str_sub(s, at, end - at);
	at = end;
	if (at < s.len && s.data[at] == '.') {
		end = skip_digits(s, at + 1);
		if (end == at + 1)
			return false;
		ret->fraction = str_sub(s, at + 1, end - at - 1);
		ret->plain = false;
		at = end;
	}
	if (at == s.len)
		return true;
	ret->plain = false;
	return (s.data[at] == 'e' || s.data[at] == 'E') && read_exponent(s, at + 1, &ret->exponent);
}

static bool
small_integer(str_t digits, bool negative, int64_t *ret)
{
	uint64_t value = 0;

	if (digits.len > 18)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		value = value * 10 + (uint64_t)(digits.data[i] - '0');
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static value_t
integer_from_digits(struct arena *arena, str_t digits, bool negative)
{
	int64_t small;
	char *text;
	mpz_t z;
	value_t v;

	if (small_integer(digits, negative, &small))
		return value_int(small);
	if (digits.len > NUMBER_LARGEST_LIMBS * 19) {
		arena_fail(arena);
		return VALUE_NONE;
	}
	text = arena_copy(arena, digits.data, digits.len);
	if (text == NULL)
		return VALUE_NONE;
	mpz_init(z);
	(void)mpz_set_str(z, text, 10);
	if (negative)
		mpz_neg(z, z);
	v = number_from_mpz(arena, z);
	mpz_clear(z);
	return v;
}

/* The digits of an integral literal with point or exponent; false: not integral, or too long. */
static bool
integral_digits(struct arena *arena, const struct spelled *s, str_t *ret)
{
	size_t count = s->whole.len + s->fraction.len, start = 0, zeros;
	int64_t exponent = s->exponent - (int64_t)s->fraction.len;
	char *digits;

	if (count > LARGEST_DIGITS)
		return false;
	digits = arena_alloc_raw(arena, LARGEST_DIGITS + 1, 1);
	if (digits == NULL)
		return false;
	memcpy(digits, s->whole.data, s->whole.len);
	if (s->fraction.len > 0)
		memcpy(digits + s->whole.len, s->fraction.data, s->fraction.len);
	while (count > 1 && digits[count - 1] == '0') {
		count--;
		exponent++;
	}
	while (start + 1 < count && digits[start] == '0')
		start++;
	if (count - start == 1 && digits[start] == '0') {
		*ret = STR("0");
		return true;
	}
	if (exponent < 0 || exponent > (int64_t)(LARGEST_DIGITS - count))
		return false;
	zeros = (size_t)exponent;
	memset(digits + count, '0', zeros);
	*ret = str_make(digits + start, count - start + zeros);
	return true;
}

static value_t
keep_spelling(struct arena *arena, value_t v, str_t spelling)
{
	struct value_number *n = ARENA_NEW(arena, struct value_number);

	if (n == NULL || !value_is_defined(v))
		return VALUE_NONE;
	if (v.tag == VALUE_INT)
		*n = (struct value_number){ .kind = NUMBER_INT64, .integer = v.integer };
	else
		*n = *v.number;
	n->spelling = arena_copy(arena, spelling.data, spelling.len);
	n->spelling_len = (uint32_t)spelling.len;
	return n->spelling != NULL ? (value_t){ .tag = VALUE_NUMBER, .number = n } : VALUE_NONE;
}

static value_t
float_from_text(struct arena *arena, str_t text)
{
	struct number_float x;
	char *copy = arena_copy(arena, text.data, text.len);
	struct value_number *n = ARENA_NEW(arena, struct value_number);

	if (copy == NULL || n == NULL)
		return VALUE_NONE;
	number_float_init(&x);
	(void)mpfr_strtofr(x.f, copy, NULL, 10, MPFR_RNDN);
	n->kind = NUMBER_FLOAT;
	n->negative = mpfr_signbit(x.f) != 0;
	if (mpfr_regular_p(x.f)) {
		n->mantissa = x.limb[0];
		n->exponent = (int32_t)(mpfr_get_exp(x.f) - NUMBER_PRECISION);
	} else if (mpfr_inf_p(x.f)) {
		return VALUE_NONE;
	}
	return (value_t){ .tag = VALUE_NUMBER, .number = n };
}

value_t
number_parse(struct arena *arena, str_t text)
{
	struct spelled s;
	struct arena_mark mark;
	str_t digits;
	value_t v;

	if (!take_apart(text, &s))
		return VALUE_NONE;
	if (s.plain && !(s.negative && s.whole.data[0] == '0'))
		return integer_from_digits(arena, s.whole, s.negative);
	mark = arena_mark(arena);
	if (integral_digits(arena, &s, &digits) && digits.len <= 18) {
		int64_t small = 0;

		(void)small_integer(digits, s.negative, &small);
		arena_release(arena, mark);
		return keep_spelling(arena, value_int(small), text);
	}
	arena_release(arena, mark);
	if (integral_digits(arena, &s, &digits))
		v = integer_from_digits(arena, digits, s.negative);
	else
		v = float_from_text(arena, text);
	return keep_spelling(arena, v, text);
}

value_t
number_from_double(struct arena *arena, double d)
{
	char text[40];

	for (int digits = 1; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	if (strchr(text, 'e') == NULL)
		return number_parse(arena, str_of(text));
	if (d == floor(d) && fabs(d) < 1e21) {
		(void)snprintf(text, sizeof(text), "%.0f", d);
		return number_parse(arena, str_of(text));
	}
	return number_parse(arena, str_of(text));
}

value_t
number_from_uint64(struct arena *arena, uint64_t u)
{
	mp_limb_t limb = u;
	mpz_t z;

	if (u <= INT64_MAX)
		return value_int((int64_t)u);
	return number_from_mpz(arena, mpz_roinit_n(z, &limb, 1));
}

/* ---- asking ---- */

bool
number_to_int64(value_t v, int64_t *ret)
{
	if (v.tag == VALUE_INT) {
		*ret = v.integer;
		return true;
	}
	if (v.tag != VALUE_NUMBER || v.number->kind != NUMBER_INT64)
		return false;
	*ret = v.number->integer;
	return true;
}

bool
number_is_integer(value_t v)
{
	return v.tag == VALUE_INT || (v.tag == VALUE_NUMBER && v.number->kind != NUMBER_FLOAT);
}

double
number_to_double(value_t v)
{
	struct number_float x;

	if (v.tag == VALUE_INT)
		return (double)v.integer;
	number_to_float(v, &x);
	return mpfr_get_d(x.f, MPFR_RNDN);
}

int
number_compare(value_t a, value_t b)
{
	int64_t left, right;
	int order;

	if (number_to_int64(a, &left) && number_to_int64(b, &right))
		return left == right ? 0 : left < right ? -1 : 1;
	if (number_is_integer(a) && number_is_integer(b)) {
		struct number_view x, y;

		(void)number_view_integer(a, &x);
		(void)number_view_integer(b, &y);
		order = mpz_cmp(x.z, y.z);
	} else {
		struct number_float x, y;

		number_to_float(a, &x);
		number_to_float(b, &y);
		order = mpfr_cmp(x.f, y.f);
	}
	return order == 0 ? 0 : order < 0 ? -1 : 1;
}

uint32_t
number_hash(value_t v)
{
	const struct value_number *n = v.number;
	struct {
		uint64_t a, b;
	} parts;

	if (v.tag == VALUE_INT)
		return value_hash(v);
	if (n->kind == NUMBER_INT64)
		return value_hash(value_int(n->integer));
	if (n->kind == NUMBER_BIG)
		return value_hash_bytes(n->limbs, n->limb_count * sizeof(uint64_t));
	parts.a = n->mantissa;
	parts.b = (uint64_t)(uint32_t)n->exponent << 1 | n->negative;
	return value_hash_bytes(&parts, sizeof(parts));
}

/* ---- printing ---- */

static void
print_big(struct buf *out, const struct value_number *n)
{
	mpz_t z;
	size_t len;

	(void)mpz_roinit_n(z, (const mp_limb_t *)n->limbs,
	    n->negative ? -(mp_size_t)n->limb_count : (mp_size_t)n->limb_count);
	len = mpz_sizeinbase(z, 10) + 2;
	if (!buf_reserve(out, len))
		return;
	(void)mpz_get_str(out->data + out->len, 10, z);
	out->len += strlen(out->data + out->len);
}

/* Go's big.Float.Text('g', -1): below 1e-4 and from 1e6 on with an exponent. */
static void
print_float(struct buf *out, value_t v)
{
	struct number_float x;
	char digits[NUMBER_DIGITS];
	int64_t exp;
	size_t count;

	number_to_float(v, &x);
	if (mpfr_zero_p(x.f)) {
		buf_add_text(out, v.number->negative ? "-0" : "0");
		return;
	}
	number_shortest(&x, digits, &exp);
	count = strlen(digits);
	if (v.number->negative)
		buf_add_char(out, '-');
	if (exp - 1 < -4 || exp - 1 >= 6) {
		buf_add_char(out, digits[0]);
		if (count > 1)
			buf_printf(out, ".%s", digits + 1);
		buf_printf(out, "e%c%02lld", exp - 1 < 0 ? '-' : '+', (long long)llabs(exp - 1));
		return;
	}
	if (exp <= 0) {
		buf_add_text(out, "0.");
		for (int64_t i = exp; i < 0; i++)
			buf_add_char(out, '0');
		buf_add_text(out, digits);
		return;
	}
	for (int64_t i = 0; i < exp; i++)
		buf_add_char(out, (size_t)i < count ? digits[i] : '0');
	if (count > (size_t)exp)
		buf_printf(out, ".%s", digits + exp);
}

void
number_print(struct buf *out, value_t v)
{
	if (v.tag == VALUE_INT)
		buf_add_int(out, v.integer);
	else if (v.number->spelling != NULL)
		buf_add(out, v.number->spelling, v.number->spelling_len);
	else if (v.number->kind == NUMBER_INT64)
		buf_add_int(out, v.number->integer);
	else if (v.number->kind == NUMBER_BIG)
		print_big(out, v.number);
	else
		print_float(out, v);
}
