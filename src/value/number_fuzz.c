/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "value/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_reading_back(struct arena *arena, value_t v)
{
	struct buf text;
	value_t back;

	buf_init(&text, 1 << 22);
	number_print(&text, v);
	back = number_parse(arena, buf_str(&text));
	must(buf_failed(&text) || arena_failed(arena) || !value_is_defined(back) ||
	    (number_compare(v, back) == 0 && value_hash(v) == value_hash(back)));
	buf_fini(&text);
}

/* Two numbers with a blank between: what is printed reads back, order and arithmetic agree. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(8 << 20);
	str_t text = str_make((const char *)data, size);
	size_t blank = str_find_char(text, ' ', 0);
	value_t a = number_parse(arena, str_sub(text, 0, blank));
	value_t b = blank < size ? number_parse(arena, str_skip(text, blank + 1)) : VALUE_NONE;

	if (value_is_defined(a) && value_is_defined(b)) {
		value_t sum = number_add(arena, a, b), back, quotient = number_div(arena, a, b);

		check_reading_back(arena, a);
		must(number_compare(a, b) == -number_compare(b, a));
		must(number_compare(a, b) != 0 || value_hash(a) == value_hash(b));
		if (value_is_defined(sum))
			check_reading_back(arena, sum);
		if (value_is_defined(quotient))
			check_reading_back(arena, quotient);
		if (value_is_defined(sum) && number_is_integer(a) && number_is_integer(b)) {
			back = number_sub(arena, sum, b);
			must(!value_is_defined(back) || number_compare(back, a) == 0);
		}
		(void)number_mul(arena, a, b);
		(void)number_rem(arena, a, b);
		(void)number_floor(arena, a);
		(void)number_bits_xor(arena, a, b);
	}
	arena_free(&arena);
	return 0;
}
