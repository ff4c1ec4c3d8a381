/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
	str_t bytes;
	bool valid;
	size_t count;
} texts[] = {
	{ STR(""), true, 0 },
	{ STR("plain"), true, 5 },
	{ STR("0123456789abcdef0123456789abcdef\xC3\xA9"), true, 33 },
	{ STR("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"), true, 4 },
	{ STR("\x00"), true, 1 },
	{ STR("\x80"), false, 1 },
	{ STR("\xC0\x80"), false, 2 }, /* overlong */
	{ STR_NONE, true, 0 },
	{ STR("\xC1\xBF"), false, 2 },
	{ STR("\xE0\x9F\xBF"), false, 3 },
	{ STR("\xE0\xA0\x80"), true, 1 },
	{ STR("\xED\x9F\xBF"), true, 1 },
	{ STR("\xED\xA0\x80"), false, 3 }, /* surrogate */
	{ STR("\xEE\x80\x80"), true, 1 },
	{ STR("\xF0\x8F\xBF\xBF"), false, 4 },
	{ STR("\xF4\x8F\xBF\xBF"), true, 1 },
	{ STR("\xF4\x90\x80\x80"), false, 4 }, /* above U+10FFFF */
	{ STR("\xF5\x80\x80\x80"), false, 4 },
	{ STR("ab\xC3"), false, 3 }, /* cut */
	{ STR("\xE2\x82"), false, 2 },
	{ STR("\xF0\x9F\x98"), false, 3 },
	{ STR("\xC3\x28"), false, 2 },
	{ STR("0123456789abcde\xFF"), false, 16 },
};

static const struct {
	uint32_t rune;
	bool printable;
} prints[] = { { ' ', true }, { '~', true }, { 0x1F, false }, { 0x7F, false }, { 0x80, false },
	{ 0xA0, false }, { 0xA1, true }, { 0xAD, false }, { 0xE9, true }, { 0x378, false },
	{ 0x2028, false }, { 0x3000, false }, { 0x4E00, true }, { 0xD800, false }, { 0xE000, false },
	{ 0xFEFF, false }, { 0xFFFD, true }, { 0x1F600, true }, { 0xE0001, false }, { 0x10FFFF, false },
	{ 0x110000, false } };

/* What is in the middle of ASCII of each length is found: the wide steps meet every border. */
static void
test_borders(void)
{
	char text[80];
	bool good = true;

	for (size_t len = 1; len < sizeof(text); len++) {
		for (size_t at = 0; at < len; at++) {
			memset(text, 'x', len);
			text[at] = (char)0xFF;
			good = good && utf8_ascii_prefix(str_make(text, len)) == at &&
			    !utf8_is_valid(str_make(text, len));
		}
	}
	ok(good, "a wrong byte is found wherever it is");
}

int
main(void)
{
	bool good = true;

	for (size_t i = 0; i < COUNT(texts); i++) {
		ok(utf8_is_valid(texts[i].bytes) == texts[i].valid, "text %zu: validity", i);
		ok(utf8_count(texts[i].bytes) == texts[i].count, "text %zu: count", i);
	}
	for (size_t i = 0; i < COUNT(prints); i++)
		ok(utf8_is_printable(prints[i].rune) == prints[i].printable, "U+%04X", prints[i].rune);
	test_borders();
	for (uint32_t rune = 0; rune <= UTF8_LAST; rune++) {
		char bytes[4];
		size_t width = 0, len = utf8_encode(bytes, rune);
		bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;

		good = good && utf8_decode(str_make(bytes, len), &width) == (surrogate ? UTF8_BAD : rune) &&
		    width == len && utf8_is_valid(str_make(bytes, len));
	}
	ok(good, "every code point goes there and back");
	return tap_done();
}
