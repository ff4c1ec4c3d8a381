/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "tap.h"

static struct arena *arena;

static str_t
json_of(value_t v)
{
	struct buf out;
	str_t text;

	buf_init(&out, 1 << 24);
	if (value_is_defined(v))
		json_write(&out, v);
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static str_t
yaml_of(value_t v)
{
	struct buf out;
	str_t text = STR("refused");

	buf_init(&out, 1 << 20);
	if (yaml_write(&out, v) == ERR_OK)
		text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static const struct {
	const char *text, *want; /* as JSON */
} good[] = {
	{ "", "null" }, { "# nothing\n", "null" }, { "---\n...\n", "null" }, { "plain", "\"plain\"" },
	{ "[~, null, Null, NULL, nUll]", "[null,null,null,null,\"nUll\"]" },
	{ "[true, True, TRUE, yes, on, y, Y, tRue]", "[true,true,true,true,true,true,true,\"tRue\"]" },
	{ "[false, no, Off, n, nO]", "[false,false,false,false,\"nO\"]" },
	{ "[0, -1, +1, 010, 0o10, 0x1F, 0b101, -0b1, 1_000]", "[0,-1,1,8,8,31,5,-1,1000]" },
	{ "[08, 0x, 0b2, 1_, _1, -, --1, 1-]", "[8,\"0x\",\"0b2\",1,\"_1\",\"-\",\"--1\",\"1-\"]" },
	{ "[9223372036854775807, -9223372036854775808, 18446744073709551615]",
	  "[9223372036854775807,-9223372036854775808,18446744073709551615]" },
	{ "[18446744073709551616, -9223372036854775809]",
	  "[18446744073709552000,-9223372036854776000]" },
	{ "[1.0, 1e3, .5, 1., -0.0, 1e21, 1e-7, 0.1, 1e400]",
	  "[1,1000,0.5,1,-0,1e+21,1e-7,0.1,\"1e400\"]" },
	{ "[2001-12-14, 2001-12-14t21:59:43.10-05:00, 12:30:45]",
	  "[\"2001-12-14\",\"2001-12-14t21:59:43.10-05:00\",\"12:30:45\"]" },
	{ "['1', \"yes\", !!str 1, !!float 1, ! x, !foo 1]", "[\"1\",\"yes\",\"1\",1,\"x\",\"1\"]" },
	{ "!!binary aGVsbG8=", "\"hello\"" },
	{ "{1: a, 1.5: b, yes: c, 010: d, 1e6: e}",
	  "{\"1\":\"a\",\"1.5\":\"b\",\"1e+06\":\"e\",\"8\":\"d\",\"true\":\"c\"}" },
	{ "a: |\n  x\n  y\nb: >\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\"}" },
	{ "a: &x [1, &y {b: 2}]\nc: *x\nd: *y\n",
	  "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}],\"d\":{\"b\":2}}" },
	{ "- &a 1\n- &a 2\n- *a\n", "[1,2,2]" }, { "&k key: 1\nother: *k\n", "{\"key\":1,\"other\":\"key\"}" },
	{ "- &a {x: 1, z: 2}\n- {<<: *a, z: 3}\n", "[{\"x\":1,\"z\":2},{\"x\":1,\"z\":3}]" },
	{ "- &a {x: 1}\n- &b {x: 2, w: 2}\n- {<<: [*a, *b], z: 3}\n",
	  "[{\"x\":1},{\"w\":2,\"x\":2},{\"w\":2,\"x\":1,\"z\":3}]" },
	{ "\xef\xbb\xbf" "a: b", "{\"a\":\"b\"}" }, { "{\"json\": [\"ok\", null]}", "{\"json\":[\"ok\",null]}" },
	{ "\"\\u00e9\\x41\\n\"", "\"éA\\n\"" },
};

static const struct {
	const char *text, *want;
	unsigned row, col;
	err_t err;
} bad[] = {
	{ "[1,2,3", "did not find expected ',' or ']'", 2, 1, ERR_SYNTAX },
	{ "a: 1\nb: \"x", "found unexpected end of stream", 2, 6, ERR_SYNTAX },
	{ "a: 1\nb: 2\na: 3\n", "the mapping that ends here has the key \"a\" twice", 4, 1, ERR_SYNTAX },
	{ "- &m {b: 2}\n- <<: *m\n  a: 1\n  a: 2\n", "the mapping that ends here has the key \"a\" twice",
	  5, 1, ERR_SYNTAX },
	{ "1: a\n\"1\": b\n", "the mapping that ends here has the key \"1\" twice", 3, 1, ERR_SYNTAX },
	{ "a\n---\nb\n", "a second document begins here", 2, 1, ERR_SYNTAX },
	{ "a: *b\n", "the alias names no anchor", 1, 4, ERR_SYNTAX },
	{ "a: &b [*b]\n", "the anchor's value contains itself", 1, 8, ERR_SYNTAX },
	{ "[1, .inf]", "a number that is infinite or none", 1, 5, ERR_SYNTAX },
	{ "~: 1", "a key cannot be null or an integer beyond 64 bits", 1, 1, ERR_SYNTAX },
	{ "[a]: 1", "a key is a scalar, not a list or a mapping", 1, 1, ERR_SYNTAX },
	{ "!!int x", "the scalar is not what its tag says", 1, 1, ERR_SYNTAX },
	{ "!!binary x", "!!binary value contains invalid base64 data", 1, 1, ERR_SYNTAX },
	{ "<<: 1", "map merge requires map or sequence of maps as the value", 1, 5, ERR_SYNTAX },
	{ "a: \xff", "invalid leading UTF-8 octet", 1, 1, ERR_SYNTAX },
	{ "a: \x01", "control characters are not allowed", 1, 1, ERR_SYNTAX },
	{ "[[[[[[]]]]]]", "the document is nested too deeply", 1, 6, ERR_LIMIT },
};

static void
test_reading(void)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		value_t v;
		err_t e = yaml_read(arena, str_of(good[i].text), NULL, NULL, &v);

		if (!ok(e == ERR_OK && str_eq(json_of(v), str_of(good[i].want)), "read, row %zu", i))
			tap_note("%.*s", STR_FMT(json_of(v)));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct yaml_options options = { .depth_limit = 5 };
		struct diag diag;
		value_t v;

		diag_init(&diag, arena, 1);
		err_t e = yaml_read(arena, str_of(bad[i].text), &options, &diag, &v);
		const struct diag_finding *f = diag.first;

		if (!ok(e == bad[i].err && f != NULL && str_eq(f->message, str_of(bad[i].want)) &&
			f->place.row == bad[i].row && f->place.col == bad[i].col &&
			!value_is_defined(v), "refused, row %zu", i) && f != NULL)
			tap_note("%u:%u %.*s", f->place.row, f->place.col, STR_FMT(f->message));
	}
}

static void
test_options(void)
{
	struct yaml_fault fault = { 0 };
	struct yaml_options lax = { .as_opa = true, .ret_fault = &fault };
	struct intern *table = intern_new(arena);
	struct yaml_options add = { .add = table };
	struct buf bomb;
	value_t v;

	ok(yaml_read(arena, STR("a: 1\na: 2\n---\nb"), &lax, NULL, &v) == ERR_OK &&
		str_eq(json_of(v), STR("{\"a\":2}")), "as OPA reads");
	ok(yaml_read(arena, STR("[1,2,3"), &lax, NULL, &v) == ERR_SYNTAX && fault.line == 1 &&
		str_eq(str_of(fault.problem), STR("did not find expected ',' or ']'")), "Go's line");
	ok(yaml_read(arena, STR("}"), &lax, NULL, &v) == ERR_SYNTAX && fault.line == 0,
	    "no line for the first");
	ok(yaml_read(arena, STR("- role\n- {role: x}\n"), &add, NULL, &v) == ERR_OK &&
		intern_count(table) == 2 && v.items[0].string == v.items[1].object->keys[0].string,
	    "interned");

	buf_init(&bomb, 1 << 20);
	buf_add_text(&bomb, "- &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++)
		buf_printf(&bomb, "- &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
		    i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	ok(yaml_read(arena, buf_str(&bomb), NULL, NULL, &v) == ERR_LIMIT, "a billion laughs");
	buf_clear(&bomb);
	for (int i = 0; i < 1 + YAML_ANCHORS_MAX; i++)
		buf_printf(&bomb, "- &a%d x\n", i);
	ok(yaml_read(arena, buf_str(&bomb), NULL, NULL, &v) == ERR_LIMIT, "too many anchors");
	buf_clear(&bomb);
	for (int i = 0; i < 100000; i++)
		buf_add_text(&bomb, "[");
	ok(yaml_read(arena, buf_str(&bomb), NULL, NULL, &v) == ERR_LIMIT, "too deep");
	buf_fini(&bomb);
}

static const struct {
	const char *json, *want;
} written[] = {
	{ "null", "null\n" }, { "{}", "{}\n" }, { "[]", "[]\n" }, { "\"x\"", "x\n" },
	{ "[1,1.0,1e3,-0,0.25,1234567.5,1e-7,123456789012345678901]",
	  "- 1\n- 1\n- 1000\n- 0\n- 0.25\n- 1.2345675e+06\n- 1e-07\n- 1.2345678901234568e+20\n" },
	{ "[\"yes\",\"1\",\"\",\"null\",\"~\",\"0x1\",\"1.5\",\"2001-12-14\",\"12:30\",\"<<\",\"a b\"]",
	  "- \"yes\"\n- \"1\"\n- \"\"\n- \"null\"\n- \"~\"\n- \"0x1\"\n- \"1.5\"\n- \"2001-12-14\"\n"
	  "- \"12:30\"\n- <<\n- a b\n" },
	{ "[\"a: b\",\" x\",\"#\",\"- x\",\"*a\",\"'q\",\"\\t\"]",
	  "- 'a: b'\n- ' x'\n- '#'\n- '- x'\n- '*a'\n- '''q'\n- \"\\t\"\n" },
	{ "{\"t\":\"x\\ny\\n\",\"u\":\"x\\ny\",\"v\":\"x \\ny\"}",
	  "t: |\n  x\n  y\nu: |-\n  x\n  y\nv: \"x \\ny\"\n" },
	{ "{\"k10\":1,\"k2\":2,\"k\":3,\"K\":4,\"1\":5,\"_\":6}",
	  "_: 6\n\"1\": 5\nK: 4\nk: 3\nk2: 2\nk10: 1\n" },
	{ "{\"a\":[{\"b\":1,\"c\":[2,[]]}],\"d\":{\"e\":{}}}",
	  "a:\n- b: 1\n  c:\n  - 2\n  - []\nd:\n  e: {}\n" },
	{ "[\"é\",\"😀\",\"a\\u0001b\"]", "- é\n- \"\\U0001F600\"\n- \"a\\x01b\"\n" },
};

static void
test_writing(void)
{
	for (size_t i = 0; i < COUNT(written); i++) {
		value_t v, again;

		ok(json_read(arena, str_of(written[i].json), NULL, NULL, &v) == ERR_OK, "something");
		str_t text = yaml_of(v);

		if (!ok(str_eq(text, str_of(written[i].want)), "written, row %zu", i))
			tap_note("%.*s", STR_FMT(text));
		ok(yaml_read(arena, text, NULL, NULL, &again) == ERR_OK, "read again");
	}
}

/* ---- yaml-test-suite, where there is one: its files are YAML, the cases in them too ---- */

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

/* The suite writes blanks that an editor would lose as visible signs. */
static str_t
unveil(str_t s)
{
	static const char *const signs[][2] = { { "␣", " " }, { "————»", "\t" }, { "———»", "\t" },
		{ "——»", "\t" }, { "—»", "\t" }, { "»", "\t" }, { "↵", "" }, { "∎\n", "" },
		{ "←", "\r" }, { "⇔", "\xef\xbb\xbf" } };
	struct buf out;
	str_t made;

	buf_init(&out, 1 << 20);
	for (size_t at = 0; at < s.len;) {
		size_t i = 0;

		while (i < COUNT(signs) && !str_has_prefix(str_skip(s, at), str_of(signs[i][0])))
			i++;
		if (i < COUNT(signs)) {
			buf_add_text(&out, signs[i][1]);
			at += strlen(signs[i][0]);
		} else {
			buf_add_char(&out, s.data[at++]);
		}
	}
	made = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return made;
}

struct tally {
	int same, different, refused, accepted;
};

static void
run_suite_case(value_t c, str_t yaml, struct tally *t)
{
	struct yaml_options lax = { .as_opa = true };
	value_t v, want, json = value_object_get_text(c, "json");
	err_t e = yaml_read(arena, unveil(yaml), &lax, NULL, &v);

	if (value_object_get_text(c, "fail").tag == VALUE_TRUE) {
		if (e == ERR_OK)
			t->accepted++;
		else
			t->refused++;
	} else if (value_is_string(json) &&
	    json_read(arena, value_str(json), NULL, NULL, &want) == ERR_OK) {
		if (e == ERR_OK && value_equal(v, want))
			t->same++;
		else
			t->different++;
	}
}

/* libyaml is YAML 1.1 with some of 1.2: how far that goes is pinned here. */
static void
test_suite(void)
{
	const char *shared = getenv("CORESDK_SHARED");
	str_t folder = arena_printf(arena, "%s/security/vectors/yaml-test-suite/src",
	    shared != NULL ? shared : "../shared");
	DIR *dir = opendir(folder.data);
	struct tally t = { 0 };
	struct dirent *entry;

	if (dir == NULL) {
		tap_note("yaml-test-suite is not here: skipped");
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		str_t path = arena_printf(arena, "%.*s/%s", STR_FMT(folder), entry->d_name);
		str_t yaml = STR_NONE;
		value_t file, c;

		if (!str_has_suffix(path, STR(".yaml")))
			continue;
		ok(yaml_read(arena, read_file(path.data), NULL, NULL, &file) == ERR_OK,
		    "yaml-test-suite %s", entry->d_name);
		for (uint32_t i = 0; file.tag == VALUE_ARRAY && i < file.count; i++) {
			c = value_object_get_text(file.items[i], "yaml");
			yaml = value_is_string(c) ? value_str(c) : yaml;
			run_suite_case(file.items[i], yaml, &t);
		}
	}
	(void)closedir(dir);
	ok(t.same == 212 && t.different == 37, "the same as its JSON %d, not the same %d", t.same,
	    t.different);
	ok(t.refused == 73 && t.accepted == 21, "rightly refused %d, accepted %d", t.refused,
	    t.accepted);
}

int
main(void)
{
	arena = arena_new(1 << 28);
	test_reading();
	test_options();
	test_writing();
	test_suite();
	arena_free(&arena);
	return tap_done();
}
