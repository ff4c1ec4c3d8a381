/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "value/number_internal.h"
#include "value/work.h"
#include "value/value_internal.h"

/* ---- views ---- */

bool
number_integer_view(value_t v, mp_limb_t one[1], struct number_integer *ret)
{
	int64_t i;

	if (v.tag == VALUE_NUMBER && v.number->kind == NUMBER_FLOAT)
		return false;
	if (v.tag == VALUE_NUMBER && v.number->kind == NUMBER_BIG) {
		*ret = (struct number_integer){ v.number->limbs, v.number->limb_count,
			v.number->negative };
		return true;
	}
	i = v.tag == VALUE_INT ? v.integer : v.number->integer;
	one[0] = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	*ret = (struct number_integer){ one, one[0] != 0, i < 0 };
	return true;
}

/* -0 has its sign only in its spelling. */
static bool
is_minus_zero(const struct value_number *n)
{
	return n->kind == NUMBER_INT64 && n->integer == 0 && n->spelling_len > 0 &&
	    n->spelling[0] == '-';
}

struct number_real
number_to_real(value_t v)
{
	const struct value_number *n = v.number;
	struct number_real r;

	if (v.tag == VALUE_INT)
		return number_real_of_int(v.integer);
	if (n->kind == NUMBER_FLOAT)
		return (struct number_real){ n->mantissa, n->exponent, n->negative };
	if (n->kind == NUMBER_INT64) {
		r = number_real_of_int(n->integer);
		r.negative = r.negative || is_minus_zero(n);
		return r;
	}
	r = number_real_of_limbs(n->limbs, n->limb_count, 0, false);
	r.negative = n->negative;
	return r;
}

/* ---- making ---- */

static value_t
make_number(struct arena *arena, struct value_number n)
{
	struct value_number *made =
	    arena_alloc_raw(arena, sizeof(*made), _Alignof(struct value_number));

	if (made == NULL)
		return VALUE_NONE;
	*made = n;
	return (value_t){ .tag = VALUE_NUMBER, .number = made };
}

value_t
number_of_limbs(struct arena *arena, const mp_limb_t *limbs, size_t count, bool negative)
{
	while (count > 0 && limbs[count - 1] == 0)
		count--;
	if (count == 0)
		return value_int(0);
	if (count == 1 && limbs[0] <= (uint64_t)INT64_MAX + negative)
		return value_int(negative ? (int64_t)(0 - limbs[0]) : (int64_t)limbs[0]);
	if (count > NUMBER_LARGEST_BITS / 64)
		return VALUE_NONE;
	return make_number(arena, (struct value_number){ .kind = NUMBER_BIG, .negative = negative,
					     .limb_count = (uint32_t)count, .limbs = limbs });
}

value_t
number_from_uint64(struct arena *arena, uint64_t u)
{
	mp_limb_t *limb;

	if (u <= INT64_MAX)
		return value_int((int64_t)u);
	limb = ARENA_NEW(arena, mp_limb_t);
	if (limb == NULL)
		return VALUE_NONE;
	*limb = u;
	return number_of_limbs(arena, limb, 1, false);
}

enum { SMALL_POWER = 1000 }; /* below it, limb by limb is as fast as squaring */

/* Multiplies by 5^power, which squaring finds.  0: the arena refused the scratch. */
static size_t
times_large_pow5(struct arena *arena, mp_limb_t *limbs, size_t count, uint32_t power)
{
	size_t room = count + power / 27 + 2, length = 1;
	mp_limb_t *factor = arena_alloc_raw(arena, room * sizeof(*factor), sizeof(*factor));
	mp_limb_t *square = arena_alloc_raw(arena, room * sizeof(*square), sizeof(*square));

	if (factor == NULL || square == NULL)
		return 0;
	factor[0] = 1;
	for (uint32_t bit = (uint32_t)1 << (31 - __builtin_clz(power)); bit != 0; bit >>= 1) {
		mp_limb_t *swap = factor;

		mpn_sqr(square, factor, (mp_size_t)length);
		factor = square;
		square = swap;
		length = 2 * length - (factor[2 * length - 1] == 0);
		if ((power & bit) != 0)
			length = number_limbs_mul_pow5(factor, length, 1);
	}
	if (length >= count)
		mpn_mul(square, factor, (mp_size_t)length, limbs, (mp_size_t)count);
	else
		mpn_mul(square, limbs, (mp_size_t)count, factor, (mp_size_t)length);
	count += length;
	count -= square[count - 1] == 0;
	mpn_copyi(limbs, square, (mp_size_t)count);
	return count;
}

value_t
number_of_decimal(struct arena *arena, const struct number_decimal *d)
{
	size_t digits = d->whole.len + d->fraction.len;
	size_t power = (size_t)d->exponent, room = digits / 19 + power / 19 + 3, count;
	unsigned char *values;
	mp_limb_t *limbs = arena_alloc_raw(arena, room * sizeof(*limbs), sizeof(*limbs));
	struct arena_mark mark = arena_mark(arena);

	if (limbs == NULL || (values = arena_alloc_raw(arena, digits, 1)) == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < digits; i++)
		values[i] = (unsigned char)((i < d->whole.len ? d->whole.data[i]
			    : d->fraction.data[i - d->whole.len]) - '0');
	count = (size_t)mpn_set_str(limbs, values, digits, 10);
	if (power <= SMALL_POWER)
		count = number_limbs_mul_pow5(limbs, count, (uint32_t)power);
	else
		count = times_large_pow5(arena, limbs, count, (uint32_t)power);
	arena_release(arena, mark);
	if (count == 0)
		return VALUE_NONE;
	if (power % 64 != 0 && count > 0) {
		mp_limb_t carry = mpn_lshift(limbs, limbs, (mp_size_t)count, power % 64);

		if (carry != 0)
			limbs[count++] = carry;
	}
	mpn_copyd(limbs + power / 64, limbs, (mp_size_t)count);
	mpn_zero(limbs, (mp_size_t)(power / 64));
	return number_of_limbs(arena, limbs, count + power / 64, d->negative);
}

/* The value of a decimal, without its spelling. */
static value_t
value_of_decimal(struct arena *arena, const struct number_decimal *d)
{
	size_t digits = d->whole.len + d->fraction.len;
	int64_t magnitude = (int64_t)digits + d->exponent;

	if (digits == 0)
		return value_int(0);
	if (magnitude > NUMBER_LARGEST_DIGITS || magnitude < -NUMBER_LARGEST_DIGITS)
		return VALUE_NONE;
	if (d->exponent < 0) {
		struct number_real r = number_decimal_to_real(d);

		if (r.exponent < -NUMBER_LARGEST_EXPONENT + 64)
			return VALUE_NONE;
		return make_number(arena, (struct value_number){ .kind = NUMBER_FLOAT,
						     .negative = r.negative,
						     .exponent = r.exponent,
						     .mantissa = r.mantissa });
	}
	return number_of_decimal(arena, d);
}

static value_t
reread_printed(struct arena *arena, struct number_real r, unsigned bits)
{
	char digits[NUMBER_REAL_DIGITS];
	int point;
	size_t count = number_real_digits(r, bits, digits, &point);
	struct number_decimal d = { .whole = str_make(digits, count),
		.exponent = point - (int)count, .negative = r.negative };

	return value_of_decimal(arena, &d);
}

value_t
number_of_real(struct arena *arena, struct number_real r)
{
	static const struct value_number minus_zero = { .kind = NUMBER_INT64, .spelling = "-0",
		.spelling_len = 2 };

	if (r.mantissa == 0)
		return r.negative ? (value_t){ .tag = VALUE_NUMBER, .number = &minus_zero } : value_int(0);
	if (r.exponent > NUMBER_LARGEST_EXPONENT - 64 || r.exponent < -NUMBER_LARGEST_EXPONENT + 64)
		return VALUE_NONE;
	if (!number_real_is_integer(r))
		return make_number(arena, (struct value_number){ .kind = NUMBER_FLOAT,
						     .negative = r.negative,
						     .exponent = r.exponent,
						     .mantissa = r.mantissa });
	if (r.exponent <= 0) {
		value_t whole = number_from_uint64(arena, r.mantissa >> -r.exponent);

		return r.negative && value_is_defined(whole)
		    ? number_sub(arena, value_int(0), whole) : whole;
	}
	/* What OPA prints, the shortest digits and zeros behind them, is the value from now on. */
	return reread_printed(arena, r, 64);
}

value_t
number_of_real53(struct arena *arena, struct number_real r)
{
	if (r.mantissa == 0 || r.exponent > NUMBER_LARGEST_EXPONENT - 64 ||
	    r.exponent < -NUMBER_LARGEST_EXPONENT + 64)
		return number_of_real(arena, r);
	return reread_printed(arena, r, 53);
}

/* A whole number of at most 18 digits in its plain spelling: nearly all there are. */
static bool
parse_plain(str_t text, int64_t *ret)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	str_t digits = str_skip(text, negative);
	int64_t i = 0;

	if (digits.len == 0 || digits.len > 18 ||
	    (digits.data[0] == '0' && (digits.len > 1 || negative)))
		return false;
	for (size_t at = 0; at < digits.len; at++) {
		unsigned digit = (unsigned)(unsigned char)digits.data[at] - '0';

		if (digit > 9)
			return false;
		i = i * 10 + digit;
	}
	*ret = negative ? -i : i;
	return true;
}

value_t
number_parse(struct arena *arena, str_t text)
{
	struct number_decimal d;
	struct value_number *made;
	const char *spelling;
	value_t v;
	int64_t i;

	if (parse_plain(text, &i))
		return value_int(i);
	if (text.len > UINT32_MAX || !number_decimal_scan(text, &d))
		return VALUE_NONE;
	v = value_of_decimal(arena, &d);
	if (!value_is_defined(v))
		return VALUE_NONE;
	if (v.tag == VALUE_INT && v.integer != 0 && str_find_char(text, '.', 0) == text.len &&
	    str_find_char(text, 'e', 0) == text.len && str_find_char(text, 'E', 0) == text.len)
		return v; /* 19 digits */
	spelling = arena_copy(arena, text.data, text.len);
	made = ARENA_NEW(arena, struct value_number);
	if (spelling == NULL || made == NULL)
		return VALUE_NONE;
	if (v.tag == VALUE_INT)
		made->integer = v.integer; /* kind NUMBER_INT64 */
	else
		*made = *v.number;
	made->spelling = spelling;
	made->spelling_len = (uint32_t)text.len;
	return (value_t){ .tag = VALUE_NUMBER, .number = made };
}

value_t
number_from_double(struct arena *arena, double number)
{
	struct number_decimal d;
	char text[40];
	int len = 0;

	/* Only below DBL_MIN can it take less than 15 digits to read back, zeros at the end aside. */
	for (int digits = number < DBL_MIN && number > -DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		len = snprintf(text, sizeof(text), "%.*e", digits - 1, number);
		if (strtod(text, NULL) == number)
			break;
	}
	if (!number_decimal_scan(str_make(text, (size_t)len), &d))
		return VALUE_NONE; /* not finite */
	return value_of_decimal(arena, &d);
}

value_t
value_number_copy(struct arena *arena, value_t v)
{
	struct value_number n = *v.number;

	if (n.kind == NUMBER_BIG) {
		mp_limb_t *limbs =
		    arena_alloc_raw(arena, n.limb_count * sizeof(*limbs), sizeof(*limbs));

		if (limbs == NULL)
			return VALUE_NONE;
		mpn_copyi(limbs, n.limbs, n.limb_count);
		n.limbs = limbs;
	}
	if (n.spelling != NULL) {
		n.spelling = arena_copy(arena, n.spelling, n.spelling_len);
		if (n.spelling == NULL)
			return VALUE_NONE;
	}
	return make_number(arena, n);
}

/* ---- reading ---- */

bool
number_is_integer(value_t v)
{
	return v.tag == VALUE_INT || (v.tag == VALUE_NUMBER && v.number->kind != NUMBER_FLOAT);
}

bool
number_to_int64(value_t v, int64_t *ret)
{
	if (v.tag == VALUE_INT)
		*ret = v.integer;
	else if (v.tag == VALUE_NUMBER && v.number->kind == NUMBER_INT64)
		*ret = v.number->integer;
	else
		return false;
	return true;
}

double
number_to_double(value_t v)
{
	struct buf text;
	double d;
	int64_t i;

	if (number_to_int64(v, &i))
		return (double)i;
	if (v.number->spelling != NULL)
		return strtod(v.number->spelling, NULL);
	buf_init(&text, NUMBER_LARGEST_BITS);
	number_print(&text, v);
	buf_add_char(&text, '\0');
	d = buf_failed(&text) ? 0 : strtod(text.data, NULL);
	buf_fini(&text);
	return d;
}

/* Compares two decimals of one sign, as magnitudes. */
static int
compare_decimals(const struct number_decimal *a, const struct number_decimal *b)
{
	size_t a_digits = a->whole.len + a->fraction.len, b_digits = b->whole.len + b->fraction.len;
	int64_t a_top = (int64_t)a_digits + a->exponent, b_top = (int64_t)b_digits + b->exponent;

	if (a_digits == 0 || b_digits == 0 || a_top == b_top) {
		for (size_t i = 0; i < a_digits && i < b_digits; i++) {
			char x = i < a->whole.len ? a->whole.data[i] : a->fraction.data[i - a->whole.len];
			char y = i < b->whole.len ? b->whole.data[i] : b->fraction.data[i - b->whole.len];

			if (x != y)
				return x < y ? -1 : 1;
		}
		return a_digits < b_digits ? -1 : a_digits > b_digits;
	}
	return a_top < b_top ? -1 : 1;
}

static str_t
text_of(value_t v, struct buf *b)
{
	if (v.tag == VALUE_NUMBER && v.number->spelling != NULL)
		return str_make(v.number->spelling, v.number->spelling_len);
	number_print(b, v);
	return buf_str(b);
}

/* What rounds to the same real may still differ as written: OPA compares exactly. */
static int
compare_texts(value_t a, value_t b)
{
	char a_room[NUMBER_REAL_TEXT], b_room[NUMBER_REAL_TEXT];
	struct buf a_buf = { .data = a_room, .capacity = sizeof(a_room), .limit = sizeof(a_room) };
	struct buf b_buf = { .data = b_room, .capacity = sizeof(b_room), .limit = sizeof(b_room) };
	str_t a_text = text_of(a, &a_buf), b_text = text_of(b, &b_buf);
	struct number_decimal x, y;
	int order;

	if (str_eq(a_text, b_text))
		return 0;
	if (!number_decimal_scan(a_text, &x) || !number_decimal_scan(b_text, &y))
		return number_is_integer(a) ? -1 : 1; /* an integer too long for the room */
	order = compare_decimals(&x, &y);
	return x.negative ? -order : order;
}

static int
compare_integers(const struct number_integer *a, const struct number_integer *b)
{
	int order;

	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	if (a->count != b->count)
		order = a->count < b->count ? -1 : 1;
	else
		order = a->count == 0 ? 0 : mpn_cmp(a->limbs, b->limbs, (mp_size_t)a->count);
	order = order < 0 ? -1 : order > 0;
	return a->negative ? -order : order;
}

int
number_compare(value_t a, value_t b)
{
	struct number_integer x, y;
	mp_limb_t x_one[1], y_one[1];
	int64_t i, j;
	int order;

	if (number_to_int64(a, &i) && number_to_int64(b, &j))
		return i < j ? -1 : i > j;
	if (number_integer_view(a, x_one, &x) && number_integer_view(b, y_one, &y)) {
		(void)value_work_take((uint32_t)((x.count < y.count ? x.count : y.count) / 8));
		return compare_integers(&x, &y);
	}
	order = number_real_compare(number_to_real(a), number_to_real(b));
	if (order != 0 || (a.tag == VALUE_NUMBER && b.tag == VALUE_NUMBER &&
			      a.number->spelling == NULL && b.number->spelling == NULL &&
			      a.number->kind == b.number->kind))
		return order;
	return compare_texts(a, b);
}

uint32_t
number_hash(value_t v)
{
	const struct value_number *n = v.number;
	int64_t i;

	if (number_to_int64(v, &i))
		return value_hash(value_int(i));
	if (n->kind == NUMBER_FLOAT)
		return value_hash_words(n->mantissa, (uint64_t)n->negative << 32 | (uint32_t)n->exponent);
	if (!value_work_take(n->limb_count / 8))
		return 1;
	return value_hash_words(value_hash_bytes(n->limbs, n->limb_count * sizeof(n->limbs[0])),
	    n->negative);
}

/* ---- printing ---- */

static void
print_limbs(struct buf *b, const struct number_integer *n, int base)
{
	struct buf scratch; /* mpn_get_str eats its input */
	mp_limb_t *limbs;
	size_t digits = n->count * 64 / (base == 2 ? 1 : base < 8 ? 1 : base < 16 ? 3 : 4) + 2, len;
	unsigned char *out;

	if (n->count == 0) {
		buf_add_char(b, '0');
		return;
	}
	buf_init(&scratch, NUMBER_LARGEST_BITS);
	if (!buf_reserve(&scratch, n->count * sizeof(*limbs)) || !buf_reserve(b, digits + 1)) {
		b->failed = true;
		buf_fini(&scratch);
		return;
	}
	if (n->negative)
		buf_add_char(b, '-');
	limbs = (mp_limb_t *)(void *)scratch.data;
	mpn_copyi(limbs, n->limbs, (mp_size_t)n->count);
	out = (unsigned char *)b->data + b->len;
	len = mpn_get_str(out, base, limbs, (mp_size_t)n->count);
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)"0123456789abcdefghijklmnopqrstuvwxyz"[out[i]];
	b->len += len;
	buf_fini(&scratch);
}

void
number_print(struct buf *b, value_t v)
{
	char text[NUMBER_REAL_TEXT];
	struct number_integer n;
	mp_limb_t one[1];

	if (v.tag == VALUE_INT)
		buf_add_int(b, v.integer);
	else if (v.number->spelling != NULL)
		buf_add(b, v.number->spelling, v.number->spelling_len);
	else if (number_integer_view(v, one, &n))
		print_limbs(b, &n, 10);
	else
		buf_add_str(b, number_real_text(number_to_real(v), text));
}

bool
number_print_base(struct buf *b, value_t v, int base)
{
	mp_limb_t limbs[NUMBER_LARGEST_EXPONENT / 64 + 2];
	struct number_integer n;

	if (base < 2 || base > 36)
		return false;
	if (!number_integer_view(v, limbs, &n)) {
		struct number_real r = number_to_real(v);

		n = (struct number_integer){ limbs, number_real_truncate(r, limbs), r.negative };
	}
	print_limbs(b, &n, base);
	return true;
}

value_t
number_parse_base(struct arena *arena, str_t text, int base)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	str_t digits = str_skip(text, negative || (text.len > 0 && text.data[0] == '+'));
	unsigned char *values;
	mp_limb_t *limbs;

	if (digits.len == 0 || digits.len > NUMBER_LARGEST_DIGITS || base < 2 || base > 36)
		return VALUE_NONE;
	while (digits.len > 1 && digits.data[0] == '0')
		digits = str_skip(digits, 1);
	values = arena_alloc_raw(arena, digits.len, 1);
	limbs = arena_alloc_raw(arena, (digits.len * 6 / 64 + 2) * sizeof(*limbs), sizeof(*limbs));
	if (values == NULL || limbs == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.data[i];
		int digit = c >= '0' && c <= '9' ? c - '0'
		    : c >= 'a' && c <= 'z'       ? c - 'a' + 10
		    : c >= 'A' && c <= 'Z'       ? c - 'A' + 10
						 : 36;

		if (digit >= base)
			return VALUE_NONE;
		values[i] = (unsigned char)digit;
	}
	return number_of_limbs(arena, limbs, (size_t)mpn_set_str(limbs, values, digits.len, base),
	    negative);
}
