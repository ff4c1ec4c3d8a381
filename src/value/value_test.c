/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"
#include "value/intern.h"
#include "value/number.h"
#include "value/value.h"

static struct arena *arena;

/* Values are written here as Rego text without blanks: a reader of a few lines. */
static value_t read_value(const char **at);

static value_t
read_collection(const char **at)
{
	char close = **at == '[' ? ']' : '}';
	value_t items[64];
	struct set_builder set;
	struct object_builder object;
	bool is_object = false;
	uint32_t count = 0;

	set_builder_init(&set, arena, 0);
	object_builder_init(&object, arena, 0);
	for ((*at)++; **at != close; count++) {
		items[count] = read_value(at);
		(void)set_builder_add(&set, items[count]);
		if (**at == ':') {
			is_object = true;
			(*at)++;
			(void)object_builder_add(&object, items[count], read_value(at));
		}
		if (**at == ',')
			(*at)++;
	}
	(*at)++;
	if (close == ']')
		return value_array(arena, items, count);
	return is_object || count == 0 ? object_builder_freeze(&object, OBJECT_LAST_WINS, NULL)
				       : set_builder_freeze(&set);
}

static value_t
read_value(const char **at)
{
	const char *from = *at;

	switch (*from) {
	case '"':
		*at = strchr(from + 1, '"') + 1;
		return value_string(arena, str_make(from + 1, (size_t)(*at - from - 2)));
	case '[':
	case '{':
		return read_collection(at);
	case 's':
		*at += 5; /* set() */
		return value_empty_set();
	case 'n':
		*at += 4;
		return value_null();
	case 't':
		*at += 4;
		return value_bool(true);
	case 'f':
		*at += 5;
		return value_bool(false);
	default:
		*at += strspn(from, "-+.0123456789eE");
		return number_parse(arena, str_make(from, (size_t)(*at - from)));
	}
}

static value_t
value_of(const char *text)
{
	return read_value(&text);
}

static bool
prints_as(value_t v, const char *want)
{
	struct buf out;
	bool same;

	buf_init(&out, 1 << 20);
	value_print(&out, v);
	same = str_eq(buf_str(&out), str_of(want));
	if (!same)
		tap_note("got %.*s, want %s", STR_FMT(buf_str(&out)), want);
	buf_fini(&out);
	return same;
}

/* Each before the next; all against all are compared. */
static const char *const in_order[] = { "null", "false", "true", "-10000000000000000000000",
	"-9223372036854775808", "-1.5", "-1", "0", "1e-5", "1", "1.5", "2", "1e30", "\"\"", "\"A\"",
	"\"a\"", "\"aa\"", "\"ab\"", "\"b\"", "\"\xC3\xA9\"", "\"\xEF\xBF\xBD\"", "\"\xF0\x9F\x98\x80\"",
	"[]", "[null]", "[1]", "[1,2]", "[2]", "[[]]", "{}", "{\"a\":1}", "{\"a\":1,\"b\":1}",
	"{\"a\":1,\"b\":2}", "{\"a\":2}", "{\"b\":0}", "set()", "{1}", "{1,2}", "{1,3}", "{2}",
	"{\"a\"}", "{{1}}" };

static const struct {
	const char *written, *printed;
} prints[] = {
	{ "{1.0,1}", "{1.0}" },
	{ "{1,1.0}", "{1}" },
	{ "{10,1e1}", "{10}" },
	{ "{3,1,2,1,3}", "{1, 2, 3}" },
	{ "{1.0:\"a\",1:\"b\"}", "{1.0: \"b\"}" },
	{ "{\"b\":[1,{2}],\"a\":1}", "{\"a\": 1, \"b\": [1, {2}]}" },
	{ "set()", "set()" },
	{ "{}", "{}" },
	{ "[]", "[]" },
	{ "[null,true,false,-0,1e2,0.10]", "[null, true, false, -0, 1e2, 0.10]" },
	{ "{3,1,\"b\",null,[0],{\"a\":1},true,{1}}", "{null, true, 1, 3, \"b\", [0], {\"a\": 1}, {1}}" },
	{ "{20,19,18,17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1}",
	    "{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}" },
};

static const struct {
	str_t bytes;
	const char *printed;
} strings[] = {
	{ STR("a\"b\\c"), "\"a\\\"b\\\\c\"" },
	{ STR("\a\b\t\n\v\f\r"), "\"\\a\\b\\t\\n\\v\\f\\r\"" },
	{ STR("\x00\x01\x1f\x7f"), "\"\\x00\\x01\\x1f\\x7f\"" },
	{ STR("\xC3\xA9 <&>"), "\"\xC3\xA9 <&>\"" },
	{ STR("\xE2\x80\xA8\xC2\xA0"), "\"\\u2028\\u00a0\"" },
	{ STR("\xF0\x9F\x98\x80"), "\"\xF0\x9F\x98\x80\"" },
	{ STR("\xF3\xA0\x80\x81"), "\"\\U000e0001\"" },
	{ STR("a\xFFz\xC3"), "\"a\\xffz\\xc3\"" },
	{ STR("\xEF\xBF\xBD"), "\"\xEF\xBF\xBD\"" },
};

static void
test_order(void)
{
	for (size_t i = 0; i < COUNT(in_order); i++) {
		value_t a = value_of(in_order[i]);
		bool good = true;

		for (size_t j = 0; j < COUNT(in_order); j++) {
			value_t b = value_of(in_order[j]);
			int want = i < j ? -1 : i > j;

			good = good && value_compare(a, b) == want && value_equal(a, b) == (i == j) &&
			    (i != j || value_hash(a) == value_hash(b));
		}
		ok(good, "%s has its place", in_order[i]);
		ok(value_equal(a, value_copy(arena, NULL, a)), "and equals its copy");
	}
}

static void
test_printing(void)
{
	for (size_t i = 0; i < COUNT(prints); i++)
		ok(prints_as(value_of(prints[i].written), prints[i].printed), "%s", prints[i].written);
	for (size_t i = 0; i < COUNT(strings); i++)
		ok(prints_as(value_string(arena, strings[i].bytes), strings[i].printed), "string %zu", i);
	ok(prints_as(VALUE_NONE, "<undefined>"), "undefined");
}

static value_t
key_of(struct intern *intern, uint32_t i)
{
	str_t text = arena_printf(arena, "key%u", i);

	return intern != NULL ? intern_add(intern, text) : value_string(arena, text);
}

/* Objects of `count` keys that come backwards and twice; looked up with keys of another make. */
static void
test_lookup(uint32_t count, struct intern *keys, struct intern *asked)
{
	struct object_builder object;
	struct set_builder set;
	value_t o, s, copy;
	uint32_t found = 0;

	object_builder_init(&object, arena, 0);
	set_builder_init(&set, arena, count);
	for (uint32_t i = 2 * count; i-- > 0;) {
		(void)object_builder_add(&object, key_of(keys, i / 2), value_int(i));
		(void)set_builder_add(&set, key_of(keys, i / 2));
	}
	o = object_builder_freeze(&object, OBJECT_FIRST_WINS, NULL);
	s = set_builder_freeze(&set);
	copy = value_copy(arena, keys, o);
	for (uint32_t i = 0; i < count; i++) {
		value_t key = key_of(asked, i);

		found += value_equal(value_object_get(o, key), value_int(2 * i + 1)) &&
		    value_equal(value_get(copy, key), value_int(2 * i + 1)) && value_set_has(s, key) &&
		    value_is_defined(value_object_get_str(o, value_str(key)));
	}
	ok(o.count == count && s.count == count, "%u keys", count);
	ok(found == count, "%u found", found);
	ok((o.object->index != NULL) == (count > VALUE_SCAN_LIMIT), "index only if large");
	ok(!value_is_defined(value_object_get(o, key_of(asked, count))) &&
		!value_is_defined(value_object_get_text(o, "other")) &&
		!value_set_has(s, key_of(asked, count)) &&
		!value_is_defined(value_object_get(o, value_int(1))),
	    "nothing that is not there");
}

static void
test_lookups(void)
{
	static const uint32_t counts[] = { 0, 1, 8, 9, 100, 5000 };
	struct intern *intern = intern_new(arena);

	for (size_t i = 0; i < COUNT(counts); i++) {
		test_lookup(counts[i], NULL, NULL);
		test_lookup(counts[i], intern, intern);
		test_lookup(counts[i], intern, NULL);
		test_lookup(counts[i], NULL, intern);
	}
}

static const struct {
	const char *container, *key, *want; /* NULL: nothing */
} gets[] = {
	{ "[1,2]", "0", "1" }, { "[1,2]", "1.0", "2" }, { "[1,2]", "1e0", "2" }, { "[1,2]", "2", NULL },
	{ "[1,2]", "-1", NULL }, { "[1,2]", "0.5", NULL }, { "[1,2]", "\"0\"", NULL },
	{ "[1,2]", "100000000000000000000", NULL }, { "{1,2}", "1.0", "1" }, { "{1,2}", "3", NULL },
	{ "{1:2}", "1.0", "2" }, { "{\"a\":1}", "\"a\"", "1" }, { "{[1]:2}", "[1.0]", "2" },
	{ "\"abc\"", "0", NULL }, { "null", "0", NULL }, { "{\"1\":2}", "1", NULL },
};

static const struct {
	const char *under, *over, *merged;
} merges[] = {
	{ "{}", "{}", "{}" },
	{ "{\"a\":1}", "{}", "{\"a\": 1}" },
	{ "{\"a\":1,\"c\":3}", "{\"b\":2}", "{\"a\": 1, \"b\": 2, \"c\": 3}" },
	{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":9}}", "{\"a\": {\"x\": 9, \"y\": 2}}" },
	{ "{\"a\":{\"x\":1}}", "{\"a\":3}", "{\"a\": 3}" },
	{ "{\"a\":[1]}", "{\"a\":[2]}", "{\"a\": [2]}" },
};

static void
test_collections(void)
{
	struct object_builder b;
	value_t conflict = VALUE_NONE, o = value_of("{\"b\":1}");

	for (size_t i = 0; i < COUNT(gets); i++) {
		value_t got = value_get(value_of(gets[i].container), value_of(gets[i].key));

		ok(gets[i].want == NULL ? !value_is_defined(got) : value_equal(got, value_of(gets[i].want)),
		    "%s at %s", gets[i].container, gets[i].key);
	}
	for (size_t i = 0; i < COUNT(merges); i++)
		ok(prints_as(value_object_merge(arena, value_of(merges[i].under), value_of(merges[i].over)),
		       merges[i].merged), "%s over %s", merges[i].over, merges[i].under);
	ok(prints_as(value_object_with(arena, o, value_of("\"a\""), value_int(2)), "{\"a\": 2, \"b\": 1}"),
	    "with a key before");
	ok(prints_as(value_object_with(arena, o, value_of("\"c\""), value_int(2)), "{\"b\": 1, \"c\": 2}"),
	    "with a key behind");
	ok(prints_as(value_object_with(arena, o, value_of("\"b\""), value_int(2)), "{\"b\": 2}"),
	    "with another value");
	for (int second = 1; second <= 2; second++) {
		object_builder_init(&b, arena, 2);
		(void)object_builder_add_text(&b, "k", value_int(1));
		(void)object_builder_add_text(&b, "k", value_int(second));
		o = object_builder_freeze(&b, OBJECT_NO_CONFLICT, &conflict);
		ok(value_is_defined(o) == (second == 1), "equal keys with values 1 and %d", second);
	}
	ok(prints_as(conflict, "\"k\""), "the conflict's key is told");
}

static void
test_interning(void)
{
	struct intern *intern = intern_new(arena);
	value_t first = intern_add_text(intern, "x"), again, plain = value_text(arena, "x");

	for (uint32_t i = 0; i < 2000; i++)
		(void)key_of(intern, i);
	again = intern_add_text(intern, "x");
	ok(first.string == again.string, "one string, also after growing");
	ok(intern_count(intern) == 2001, "each counted once");
	ok(intern_find(intern, STR("key1999")).flags == VALUE_INTERNED, "found");
	ok(!value_is_defined(intern_find(intern, STR("key2000"))), "not found");
	ok(value_equal(first, plain) && value_hash(first) == value_hash(plain), "plain ones are equal");
	ok(!value_equal(first, key_of(intern, 0)), "others are not");
	ok(value_hash(plain) == value_hash_bytes("x", 1), "a string's hash is that of its bytes");
	ok(value_copy(arena, intern, value_of("[\"x\"]")).items[0].string == first.string,
	    "a copy is interned");
}

static void
test_refusal(void)
{
	struct arena *small = arena_new(8192);
	struct set_builder set;
	int64_t i = 0;

	set_builder_init(&set, small, 0);
	while (set_builder_add(&set, value_int(i)) && i < 10000)
		i++;
	ok(i < 10000 && arena_failed(small), "a full arena refuses");
	ok(!value_is_defined(set_builder_freeze(&set)), "and gives no set");
	ok(!value_is_defined(value_text(small, "a")), "nor a string");
	ok(!value_is_defined(value_copy(small, NULL, value_of("[1]"))), "nor a copy");
	arena_free(&small);
}

int
main(void)
{
	arena = arena_new((size_t)1 << 28);
	test_order();
	test_printing();
	test_lookups();
	test_collections();
	test_interning();
	test_refusal();
	ok(!arena_failed(arena), "memory sufficed");
	arena_free(&arena);
	return tap_done();
}
