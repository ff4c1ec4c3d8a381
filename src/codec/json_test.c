/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static struct arena *arena;

static str_t
write(value_t v, void write_fn(struct buf *, value_t))
{
	struct buf out;
	str_t text;

	buf_init(&out, 1 << 20);
	if (value_is_defined(v))
		write_fn(&out, v);
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

/* NULL want: as the text itself. */
static const struct {
	const char *text, *want;
} good[] = {
	{ "null", NULL }, { "true", NULL }, { " false\r\n\t", "false" },
	{ "0", NULL }, { "-0", NULL }, { "1.0", NULL }, { "1e2", NULL }, { "-12", NULL },
	{ "999999999999999999", NULL }, { "-999999999999999999", NULL },
	{ "9223372036854775807", NULL }, { "-9223372036854775808", NULL },
	{ "123456789012345678901234567890", NULL }, { "0.5E+3", NULL },
	{ "\"\"", NULL }, { "\"a\"", NULL }, { "\"0123456789abcdef0123456789abcdef\"", NULL },
	{ "\"\\u0041\\/\"", "\"A/\"" }, { "\"\\\"\\\\\\b\\f\\n\\r\\t\"", NULL },
	{ "\"\\u0000\\u001f\"", NULL }, { "\"\x7f\"", NULL },
	{ "\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\"é€😀\"" },
	{ "\"\\ud800\"", "\"\xef\xbf\xbd\"" }, { "\"\\udc00x\"", "\"\xef\xbf\xbdx\"" },
	{ "\"\\ud800\\u0041\"", "\"\xef\xbf\xbd" "A\"" },
	{ "\"\\ud800\\ud83d\\ude00\"", "\"\xef\xbf\xbd😀\"" },
	{ "\"\xe2\x80\xa8\"", "\"\\u2028\"" }, { "\"<&>\"", NULL },
	{ "[]", NULL }, { "{}", NULL }, { "[ ]", "[]" }, { "{ \n}", "{}" },
	{ "[1,[2,[3,{}]],[]]", NULL }, { "{\"a\":{\"b\":[{\"c\":null}]}}", NULL },
	{ "{ \"b\" : 1 , \"a\" : 2 }", "{\"a\":2,\"b\":1}" },
	{ "{\"a\":1,\"a\":2}", "{\"a\":2}" }, { "{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":2,\"b\":0}" },
	{ "{\"i\":1,\"h\":2,\"g\":3,\"f\":4,\"e\":5,\"d\":6,\"c\":7,\"b\":8,\"a\":9,\"i\":0}",
	  "{\"a\":9,\"b\":8,\"c\":7,\"d\":6,\"e\":5,\"f\":4,\"g\":3,\"h\":2,\"i\":0}" },
};

static const struct {
	const char *text, *want; /* the finding */
	unsigned row, col;
} bad[] = {
	{ "", "the text ends where a value is expected", 1, 1 },
	{ "  \n ", "the text ends where a value is expected", 2, 2 },
	{ "nul", "expected a value but found `n`", 1, 1 },
	{ "truex", "expected the end of the text but found `x`", 1, 5 },
	{ "[1,]", "expected a value but found `]`", 1, 4 },
	{ "[1 2]", "expected `,` or `]` but found `2`", 1, 4 },
	{ "[1", "the text ends where `,` or `]` is expected", 1, 3 },
	{ "{\"a\" 1}", "expected `:` but found `1`", 1, 6 },
	{ "{\"a\":1,}", "expected a key in double quotes but found `}`", 1, 8 },
	{ "{\n  \"a\": 1\n  \"b\": 2\n}", "expected `,` or `}` but found `\"`", 3, 3 },
	{ "{a:1}", "expected a key in double quotes but found `a`", 1, 2 },
	{ "\"abc", "the text ends where the end of a string is expected", 1, 5 },
	{ "\"abc\\\"", "the text ends where the end of a string is expected", 1, 7 },
	{ "\"a\\x\"", "unknown escape in a string", 1, 3 },
	{ "\"\\u12G4\"", "\\u is not followed by four hexadecimal digits", 1, 2 },
	{ "\"a\nb\"", "control byte in a string: write it as an escape", 1, 3 },
	{ "\"\xff\"", "a string is not valid UTF-8", 1, 2 },
	{ "\"\xed\xa0\x80\"", "a string is not valid UTF-8", 1, 2 },
	{ "\"\xc0\x80\"", "a string is not valid UTF-8", 1, 2 },
	{ "01", "a number does not begin with a needless 0", 1, 1 },
	{ "-", "the text ends where a digit is expected", 1, 2 },
	{ "1.", "the text ends where a digit is expected", 1, 3 },
	{ "1.e1", "expected a digit but found `e`", 1, 3 },
	{ "1e+", "the text ends where a digit is expected", 1, 4 },
	{ "+1", "expected a value but found `+`", 1, 1 },
	{ "\xef\xbb\xbf{}", "expected a value but found `\xef\xbb\xbf`", 1, 1 },
	{ "[1]\x01", "expected the end of the text but found byte 0x01", 1, 4 },
	{ "€", "expected a value but found `€`", 1, 1 },
};

static void
test_good(void)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		value_t v;
		err_t e = json_read(arena, str_of(good[i].text), NULL, NULL, &v);
		str_t want = str_of(good[i].want != NULL ? good[i].want : good[i].text);

		ok(e == ERR_OK && str_eq(write(v, json_write), want), "read and written, row %zu", i);
	}
}

static void
test_bad(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct diag diag;
		value_t v;

		diag_init(&diag, arena, 10);
		err_t e = json_read(arena, str_of(bad[i].text), NULL, &diag, &v);
		bool said = diag.first != NULL && diag.first->place.row == bad[i].row &&
		    diag.first->place.col == bad[i].col &&
		    str_eq(diag.first->message, str_of(bad[i].want));

		if (!ok(e == ERR_SYNTAX && said && !value_is_defined(v), "refused, row %zu", i) &&
		    diag.first != NULL)
			tap_note("%u:%u %.*s", diag.first->place.row, diag.first->place.col,
			    STR_FMT(diag.first->message));
	}
}

/* `open` and `close` so many times, with `middle` between. */
static str_t
nest(const char *open, const char *middle, const char *close, size_t times)
{
	struct buf out;
	str_t text;

	buf_init(&out, 1 << 24);
	for (size_t i = 0; i < times; i++)
		buf_add_text(&out, open);
	buf_add_text(&out, middle);
	for (size_t i = 0; i < times; i++)
		buf_add_text(&out, close);
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static void
test_limits(void)
{
	struct json_options options = { .depth_limit = 3 }, small = { .size_limit = 4 },
			    unique = { .refuse_duplicates = true };
	value_t v;
	struct diag diag;

	ok(json_read(arena, STR("[{\"a\":[]}]"), &options, NULL, &v) == ERR_OK, "depth 3 of 3");
	ok(json_read(arena, STR("[{\"a\":[[]]}]"), &options, NULL, &v) == ERR_LIMIT, "depth 4 of 3");
	ok(json_read(arena, nest("[", "1", "]", 1000), NULL, NULL, &v) == ERR_OK, "default depth");
	ok(json_read(arena, nest("[", "1", "]", 1001), NULL, NULL, &v) == ERR_LIMIT,
	    "deeper than the default");
	ok(json_read(arena, nest("[", "", "", 1 << 20), NULL, NULL, &v) == ERR_LIMIT, "bomb");
	ok(json_read(arena, STR("true"), &small, NULL, &v) == ERR_OK, "as long as allowed");
	ok(json_read(arena, STR("false"), &small, NULL, &v) == ERR_LIMIT, "too long");

	diag_init(&diag, arena, 1);
	ok(json_read(arena, STR("{\"a\":1,\"b\":2,\"a\":3}"), &unique, &diag, &v) == ERR_SYNTAX,
	    "duplicate key refused");
	ok(str_eq(diag_first_message(&diag), STR("the object that ends here has the key \"a\" twice")),
	    "and named");
	diag_init(&diag, arena, 1);
	ok(json_read(arena, STR("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
		"\"i\":9,\"d\":4}"), &unique, &diag, &v) == ERR_SYNTAX, "in a large object");
	ok(str_eq(diag_first_message(&diag), STR("the object that ends here has the key \"d\" twice")),
	    "and named");

	struct arena *tiny = arena_new(16384);

	ok(json_read(tiny, nest("1,", "1", "", 5000), NULL, NULL, &v) == ERR_SYNTAX, "no array");
	ok(json_read(tiny, nest("[1,", "1", "", 900), NULL, NULL, &v) == ERR_MEMORY,
	    "the stack is charged too");
	arena_reset(tiny);
	ok(json_read(tiny, nest("[\"0123456789012345\",", "1", "]", 900), NULL, NULL, &v) == ERR_MEMORY,
	    "memory runs out");
	arena_free(&tiny);
}

static void
test_intern(void)
{
	struct intern *table = intern_new(arena);
	struct json_options add = { .add = table }, find = { .find = table };
	value_t a, b, c;
	str_t text = STR("{\"role\":\"admin\",\"n\":[\"role\",\"other\"]}");

	ok(json_read(arena, text, &add, NULL, &a) == ERR_OK, "read with interning");
	ok(intern_count(table) == 4, "each string once");
	ok(json_read(arena, STR("{\"role\":\"ad\\u006din\",\"new\":0}"), &find, NULL, &b) == ERR_OK,
	    "read with look-up");
	ok(intern_count(table) == 4, "look-up adds nothing");
	value_t left = value_object_get_text(a, "role"), right = value_object_get_text(b, "role");
	ok(left.string == right.string && (right.flags & VALUE_INTERNED) != 0,
	    "also behind an escape");
	c = value_object_get_text(b, "new");
	ok(c.tag == VALUE_INT && c.integer == 0, "keys that are not in the table are found too");
}

static void
test_large(void)
{
	struct buf text;
	value_t v;

	buf_init(&text, 1 << 24);
	buf_add_char(&text, '{');
	for (int i = 0; i < 5000; i++) /* not in order, three in four of them twice */
		buf_printf(&text, "%s\"k%04d\":[%d,{\"x\":\"%d\"}]", i ? "," : "",
		    i * 7 % 1250, i, i);
	buf_add_char(&text, '}');
	ok(json_read(arena, buf_str(&text), NULL, NULL, &v) == ERR_OK && v.count == 1250,
	    "large object");
	for (int i = 0; i < 1250; i += 113) {
		char key[16];
		int last = 0;
		value_t item;

		(void)snprintf(key, sizeof(key), "k%04d", i);
		for (int k = 0; k < 5000; k++)
			last = k * 7 % 1250 == i ? k : last;
		item = value_object_get_text(v, key);
		ok(item.tag == VALUE_ARRAY && item.items[0].integer == last, "last %s wins", key);
	}
	buf_fini(&text);
}

static void
write_pretty(struct buf *out, value_t v)
{
	json_write_pretty(out, v, STR("//"), STR("  "));
}

static void
test_write(void)
{
	value_t v, set, odd;
	struct set_builder items;
	struct object_builder members;

	ok(json_read(arena, STR("{\"a\":[1,{}],\"b\":[],\"c\":\"<&>\"}"), NULL, NULL, &v) == ERR_OK,
	    "something to write");
	ok(str_eq(write(v, write_pretty),
	       STR("{\n//  \"a\": [\n//    1,\n//    {}\n//  ],\n//  \"b\": [],\n"
		   "//  \"c\": \"<&>\"\n//}")), "indented");
	ok(str_eq(write(v, json_write_escaped),
	       STR("{\"a\":[1,{}],\"b\":[],\"c\":\"\\u003c\\u0026\\u003e\"}")), "escaped");

	set_builder_init(&items, arena, 2);
	set_builder_add(&items, value_int(2));
	set_builder_add(&items, value_int(1));
	set = set_builder_freeze(&items);
	object_builder_init(&members, arena, 2);
	object_builder_add(&members, set, value_text(arena, "set"));
	object_builder_add(&members, value_int(1), value_text(arena, "\xff<"));
	odd = object_builder_freeze(&members, OBJECT_LAST_WINS, NULL);
	ok(str_eq(write(set, json_write), STR("[1,2]")), "a set");
	ok(str_eq(write(odd, json_write), STR("{\"1\":\"\\ufffd<\",\"[1,2]\":\"set\"}")),
	    "keys that are not strings, bytes that are not UTF-8");
}

/* ---- JSONTestSuite, where there is one ---- */

static str_t
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf text;
	char piece[4096];
	size_t got;
	str_t s;

	buf_init(&text, 1 << 22);
	while (f != NULL && (got = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&text, piece, got);
	if (f != NULL)
		(void)fclose(f);
	s = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return s;
}

/*
 * Where the RFC lets the reader choose (i_): numbers as far as number.h goes, and
 * lone surrogate escapes.
 */
static bool
is_read_by_choice(const char *name)
{
	return (strncmp(name, "i_number_", 9) == 0 && strstr(name, "flow") == NULL &&
		   strcmp(name, "i_number_huge_exp.json") != 0) ||
	    (strstr(name, "surrogate") != NULL && strstr(name, "UTF8") == NULL) ||
	    strcmp(name, "i_structure_500_nested_arrays.json") == 0;
}

static void
test_suite(void)
{
	const char *shared = getenv("CORESDK_SHARED");
	str_t folder = arena_printf(arena, "%s/security/vectors/JSONTestSuite/test_parsing",
	    shared != NULL ? shared : "../shared");
	DIR *dir = opendir(folder.data);
	struct dirent *entry;

	if (dir == NULL) {
		tap_note("JSONTestSuite is not here: skipped");
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		str_t path = arena_printf(arena, "%.*s/%s", STR_FMT(folder), name);
		bool want = name[0] == 'y' || (name[0] == 'i' && is_read_by_choice(name));
		value_t v;

		if (!str_has_suffix(str_of(name), STR(".json")))
			continue;
		err_t e = json_read(arena, read_file(path.data), NULL, NULL, &v);
		ok((e == ERR_OK) == want, "JSONTestSuite %s", name);
	}
	(void)closedir(dir);
}

int
main(void)
{
	arena = arena_new(1 << 28);
	test_good();
	test_bad();
	test_limits();
	test_intern();
	test_large();
	test_write();
	test_suite();
	arena_free(&arena);
	return tap_done();
}
