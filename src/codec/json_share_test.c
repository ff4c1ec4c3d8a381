/* SPDX-License-Identifier: Apache-2.0 */
/* Large documents: what is equal is shared, and nothing but the memory tells. */
#include <tap.h>

#include "codec/json.h"
#include "value/intern.h"

enum { RECORDS = 20000 };

static struct arena *arena;

static const char *const kinds[] = { "admin", "reader", "a longer word, \\u00e4 and \\\"more\\\"" };

static void
write_records(struct buf *text, bool last_twice)
{
	buf_add_text(text, "{\"users\":{");
	for (unsigned i = 0; i < RECORDS; i++)
		buf_printf(text,
		    "%s\"u%06u\":{\"active\":%s,\"id\":%u,\"kinds\":[\"%s\",\"%s\"],\"limits\":{\"burst\":20,\"max\":%u},"
		    "\"mail\":\"u%u@example.com\",\"score\":%u.%u0,\"void\":null}",
		    i > 0 ? "," : "", last_twice && i == RECORDS - 1 ? 17 : i, i % 7 != 0 ? "true" : "false",
		    i, kinds[i % 3], kinds[i / 3 % 3], i % 50, i / 2, i % 10, i % 7);
	buf_add_text(text, "}}");
}

static value_t
record_at(value_t document, uint32_t i)
{
	return value_object_get_text(document, "users").object->values[i];
}

static value_t
member(value_t document, uint32_t i, const char *name)
{
	return value_object_get_text(record_at(document, i), name);
}

static void
try_sharing(str_t text)
{
	struct intern *intern = intern_new(arena);
	struct buf printed;
	value_t shared, plain;
	bool found = true;

	ok(json_read(arena, text, &(struct json_options){ .add = intern }, NULL, &shared) == ERR_OK &&
	        json_read(arena, text, NULL, NULL, &plain) == ERR_OK, "read with a table and without");
	ok(value_equal(shared, plain) && shared.depth == plain.depth && value_compare(shared, plain) == 0,
	    "both are the same value");
	buf_init(&printed, 16 << 20);
	json_write(&printed, plain);
	size_t len = printed.len;
	json_write(&printed, shared);
	ok(printed.len == 2 * len && memcmp(printed.data, printed.data + len, len) == 0, "and print the same");
	buf_fini(&printed);
	ok(record_at(shared, 3).object->keys == record_at(shared, RECORDS - 1).object->keys,
	    "records share their keys");
	ok(record_at(plain, 3).object->keys != record_at(plain, 4).object->keys, "without a table they do not");
	ok(member(shared, 9, "kinds").items == member(shared, 18, "kinds").items, "lists are shared");
	ok(member(shared, 1, "limits").object == member(shared, 51, "limits").object, "small objects are shared");
	ok(member(shared, 1, "limits").object != member(shared, 2, "limits").object, "but not others");
	ok(member(shared, 1, "score").number == member(shared, 71, "score").number, "fractions are shared");
	for (uint32_t i = 0; i < RECORDS; i += 97)
		found = found && value_equal(value_object_get(value_object_get_text(shared, "users"),
		    value_object_get_text(plain, "users").object->keys[i]), record_at(plain, i));
	ok(found, "every record is found by its key");
}

static void
try_many_strings(void)
{
	struct intern *intern = intern_new(arena);
	struct buf text;
	value_t v;

	buf_init(&text, 16 << 20);
	buf_add_text(&text, "[");
	for (unsigned i = 0; i < 200000; i++)
		buf_printf(&text, "\"s%u\",", i);
	buf_add_text(&text, "{\"s1\":\"s1\",\"t\":\"s199999\"}]");
	ok(json_read(arena, buf_str(&text), &(struct json_options){ .add = intern }, NULL, &v) == ERR_OK,
	    "200,000 different strings");
	ok(intern_count(intern) <= 1 << 16, "do not fill the table (%zu)", intern_count(intern));
	ok(v.items[200000].object->keys[0].string == v.items[1].string, "a key that is in it is found there");
	ok(v.items[200000].object->values[1].string == v.items[199999].string, "a value that came lately is shared");
	buf_fini(&text);
}

static void
try_twice(void)
{
	struct intern *intern = intern_new(arena);
	struct buf text;
	struct diag diag;
	value_t v;

	buf_init(&text, 16 << 20);
	diag_init(&diag, arena, 2);
	write_records(&text, true);
	ok(json_read(arena, buf_str(&text), &(struct json_options){ .add = intern, .refuse_duplicates = true },
	       &diag, &v) == ERR_SYNTAX && diag.error_count == 1, "a key twice in a large object: %.*s",
	    STR_FMT(diag_first_message(&diag)));
	ok(json_read(arena, buf_str(&text), &(struct json_options){ .add = intern }, NULL, &v) == ERR_OK &&
	        value_object_get_text(v, "users").count == RECORDS - 1 &&
	        value_equal(member(v, 17, "id"), value_int(RECORDS - 1)), "or the last one wins");
	buf_fini(&text);
}

int
main(void)
{
	struct buf text;

	arena = arena_new((size_t)256 << 20);
	buf_init(&text, 16 << 20);
	write_records(&text, false);
	try_sharing(buf_str(&text));
	try_many_strings();
	try_twice();
	buf_fini(&text);
	arena_free(&arena);
	return tap_done();
}
