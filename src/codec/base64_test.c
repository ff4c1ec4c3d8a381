/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/base64.h"

enum { STD = BASE64_STANDARD | BASE64_PADDED, URL = BASE64_URL, BAD = -1 };

static const struct {
	const char *text;
	unsigned form;
	const char *want; /* NULL: refused */
	int bad;
} cases[] = {
	/* rfc4648 10 */
	{ "", STD, "", BAD },
	{ "Zg==", STD, "f", BAD },
	{ "Zm8=", STD, "fo", BAD },
	{ "Zm9v", STD, "foo", BAD },
	{ "Zm9vYg==", STD, "foob", BAD },
	{ "Zm9vYmE=", STD, "fooba", BAD },
	{ "Zm9vYmFy", STD, "foobar", BAD },
	{ "Zg", URL, "f", BAD },
	{ "Zm8", URL, "fo", BAD },
	{ "-_-_", URL, "\xfb\xff\xbf", BAD },
	{ "+/+/", STD, "\xfb\xff\xbf", BAD },
	{ "+/+/", URL, NULL, 0 },
	{ "-_-_", STD, NULL, 0 },
	{ "Zg==", URL, NULL, 2 },
	{ "Zg", STD, NULL, 0 },
	{ "Zg=", STD, NULL, 3 },
	{ "Z", URL, NULL, 0 },
	{ "Zm9vZ", URL, NULL, 4 },
	{ "Zh", URL, NULL, 1 },
	{ "Zh", URL | BASE64_LOOSE, "f", BAD },
	{ "Zm9", URL, NULL, 2 },
	{ "Zg==Zg==", STD, NULL, 4 },
	{ "=", STD, NULL, 0 },
	{ "Z===", STD, NULL, 1 },
	{ "Zm9v\n", STD, NULL, 4 },
	{ "Zm9v\n", STD | BASE64_LOOSE, "foo", BAD },
	{ "Z\r\nm9v", STD | BASE64_LOOSE, "foo", BAD },
	{ "Zg=\n=", STD | BASE64_LOOSE, "f", BAD },
	{ "Zm 9v", URL, NULL, 2 },
	{ "Zm9v?", URL, NULL, 4 },
	{ "Zm9\xf6", URL, NULL, 3 },
	{ "\xdf" "m9v", URL, NULL, 0 },
};

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct buf out;

	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t bad = (size_t)-1;
		str_t got = STR_NONE;
		err_t err = base64_decode(arena, str_of(cases[i].text), cases[i].form, &got, &bad);

		if (cases[i].want == NULL)
			ok(err == ERR_SYNTAX && bad == (size_t)cases[i].bad, "row %zu is refused at %zu", i, bad);
		else
			ok(err == ERR_OK && str_eq(got, str_of(cases[i].want)), "row %zu", i);
		if (cases[i].want == NULL || (cases[i].form & BASE64_LOOSE))
			continue;
		buf_clear(&out);
		base64_encode(&out, got, cases[i].form);
		ok(str_eq(buf_str(&out), str_of(cases[i].text)), "and back");
	}
	for (int a = 0; a < 256; a++) { /* every byte in every place comes back */
		char bytes[4] = { (char)a, (char)(a * 7), (char)(a ^ 0x5a), (char)a };

		for (size_t len = 0; len <= 4; len++) {
			str_t back;

			buf_clear(&out);
			base64url_write(&out, str_make(bytes, len));
			if (base64url_read(arena, buf_str(&out), &back) != ERR_OK ||
			    !str_eq(back, str_make(bytes, len)))
				ok(false, "byte %d, length %zu", a, len);
		}
	}
	buf_fini(&out);
	arena_free(&arena);
	return tap_done();
}
