/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "redact/redact.h"
#include "tap.h"

static struct redactor *redactor;

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl"

static const struct {
	const char *text, *want;
} texts[] = {
	{ "", "" },
	{ "nothing to hide: a@b, 123-45, 1234", "nothing to hide: a@b, 123-45, 1234" },
	{ "mail alice.b+c@mail.example.com now", "mail [REDACTED] now" },
	{ "a@b.co,c@d.org", "[REDACTED],[REDACTED]" },
	{ "ssn 123-45-6789.", "ssn [REDACTED]." },
	{ "no ssn 0123-45-67890", "no ssn 0123-45-67890" },
	{ "card 4111 1111 1111 1111!", "card [REDACTED]!" },
	{ "card 4111-1111-1111-1112", "card 4111-1111-1111-1112" }, /* no card: Luhn */
	{ "4111 1111 1111 1111 2026", "[REDACTED] 2026" }, /* a year is no part of it */
	{ "12 4111 1111 1111 1111 12", "12 [REDACTED] 12" },
	{ "378282246310005 and 4222222222222", "[REDACTED] and [REDACTED]" },
	{ "id 12345678901234567890123", "id 12345678901234567890123" }, /* too long for a card */
	{ "token " JWT " end", "token [REDACTED] end" },
	{ "eyJ.x.y", "eyJ.x.y" },
	{ "Authorization: Bearer abc.def-123==, more", "Authorization: [REDACTED], more" },
	{ "BEARER  x", "[REDACTED]" },
	{ "unbearer x", "unbearer x" },
	{ "key sk-abcdefgh12345678", "key [REDACTED]" },
	{ "ask-abcdefgh12345678 sk-short", "ask-abcdefgh12345678 sk-short" },
	{ "https://h/?user=u&password=p%40ss&x=1", "https://h/?user=u&[REDACTED]&x=1" },
	{ "PWD=hunter2; passwd=x", "[REDACTED]; [REDACTED]" },
	{ "a -----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY----- b", "a [REDACTED] b" },
	{ "a -----BEGIN PRIVATE KEY-----\nMHc=", "a [REDACTED]" },
	{ "-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----" },
	{ "\xc3\xa9 a@b.co \xe2\x82\xac", "\xc3\xa9 [REDACTED] \xe2\x82\xac" },
};

static const struct {
	const char *document, *want;
} documents[] = {
	{ "1", "1" },
	{ "null", "null" },
	{ "\"write to a@b.co\"", "\"[REDACTED]\"" },
	{ "{\"password\":\"x\",\"PassWord\":1,\"passwords\":2}",
	    "{\"PassWord\":\"[REDACTED]\",\"password\":\"[REDACTED]\",\"passwords\":2}" },
	{ "{\"user.token\":{\"a\":[1]},\"token.user\":3}", "{\"token.user\":3,\"user.token\":\"[REDACTED]\"}" },
	{ "{\"a\":{\"b\":[{\"Authorization\":null},\"Bearer abc\"]}}",
	    "{\"a\":{\"b\":[{\"Authorization\":\"[REDACTED]\"},\"[REDACTED]\"]}}" },
	{ "{\"n\":4111111111111111,\"m\":4111111111111112,\"f\":1.50}",
	    "{\"f\":1.50,\"m\":4111111111111112,\"n\":\"[REDACTED]\"}" },
	{ "{\"user.email\":\"alice\",\"zip\":\"12345\"}", "{\"user.email\":\"alice\",\"zip\":\"12345\"}" },
	{ "[true,false,[],{}]", "[true,false,[],{}]" },
};

static void
try_texts(void)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < COUNT(texts); i++) {
		err_t err = redact_text(redactor, NULL, str_of(texts[i].text), &out);

		ok(err == ERR_OK && str_eq(buf_str(&out), str_of(texts[i].want)),
		    "text `%s` gives `%.*s`", texts[i].text, STR_FMT(buf_str(&out)));
		buf_clear(&out);
	}
	buf_fini(&out);
}

static str_t
redact(struct arena *arena, const struct redact_extra *x, const char *document)
{
	value_t v = VALUE_NONE;
	struct buf out;
	str_t text;

	buf_init(&out, 1 << 16);
	if (json_read(arena, str_of(document), NULL, NULL, &v) == ERR_OK &&
	    redact_document(redactor, x, arena, v, &v) == ERR_OK)
		json_write(&out, v);
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static void
try_documents(void)
{
	struct arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT(documents); i++) {
		str_t got = redact(arena, NULL, documents[i].document);

		ok(str_eq(got, str_of(documents[i].want)), "document %s gives %.*s", documents[i].document,
		    STR_FMT(got));
	}
	arena_free(&arena);
}

static void
try_extra(void)
{
	struct arena *arena = arena_new(1 << 20);
	const str_t names[] = { STR("nickname"), STR("user.email") };
	const str_t patterns[] = { STR("\\bEMP-[0-9]+"), STR("x*") };
	const str_t broken[] = { STR("fine"), STR("(") };
	static str_t many[REDACT_EXTRA_MAX + 1];
	struct redact_extra x;
	str_t got, which = STR_NONE;

	ok(redact_extra_init(&x, names, 2, patterns, 2, &which) == ERR_OK, "extra names and patterns");
	got = redact(arena, &x, "{\"Nickname\":1,\"user.email\":2,\"email\":3,\"id\":\"EMP-17\",\"y\":\"y\"}");
	ok(str_eq(got, STR("{\"Nickname\":\"[REDACTED]\",\"email\":3,\"id\":\"[REDACTED]\","
			   "\"user.email\":\"[REDACTED]\",\"y\":\"y\"}")),
	    "they count, and what matches nothing replaces nothing: %.*s", STR_FMT(got));
	redact_extra_fini(&x);
	ok(redact_extra_init(&x, NULL, 0, broken, 2, &which) == ERR_SYNTAX && str_eq(which, STR("(")),
	    "a broken pattern is named");
	redact_extra_fini(&x);
	ok(redact_extra_init(&x, NULL, 0, many, COUNT(many), &which) == ERR_LIMIT, "too many patterns");
	redact_extra_fini(&x);
	arena_free(&arena);
}

/* No memory left: nothing is shown rather than half of it. */
static void
try_limits(void)
{
	struct arena *arena = arena_new(1 << 16), *text = arena_new(1 << 20);
	value_t v, *items = ARENA_ARRAY(text, value_t, 5000);
	struct buf small;

	for (size_t i = 0; i < 5000; i++)
		items[i] = value_text(text, "a@b.co");
	v = value_array_of(items, 5000);
	ok(redact_document(redactor, NULL, arena, v, &v) == ERR_LIMIT, "a document beyond the arena");
	buf_init(&small, 4);
	ok(redact_text(redactor, NULL, STR("a@b.co"), &small) == ERR_LIMIT, "a text beyond its buf");
	buf_fini(&small);
	arena_free(&arena);
	arena_free(&text);
}

int
main(void)
{
	redactor = redactor_new();
	ok(redactor != NULL, "all shapes compile");
	try_texts();
	try_documents();
	try_extra();
	try_limits();
	redactor_free(&redactor);
	return tap_done();
}
