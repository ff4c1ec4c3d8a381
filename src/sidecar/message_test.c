/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes that real clients send, and those that are no message. */
#include "sidecar/message.h"

#include <stdio.h>

#include "sidecar/wire.h"
#include "tap.h"

static const struct {
	const char *label;
	str_t bytes;
	bool has_user_agent;
	err_t err;
	const char *want; /* token|tenant|resource|action|audience|trace */
} validate_cases[] = {
	{ "empty", STR(""), true, ERR_OK, "|||||" },
	/* Python: 1 token, 2 tenant as text, 3 resource, 4 action. */
	{ "python, tenant default",
	    STR("\x0a\x03tok\x12\x07"
		"default\x1a\x0f"
		"documents/doc-1\x22\x04read"),
	    true, ERR_OK, "tok|default|documents/doc-1|read||" },
	{ "python, tenant acme", STR("\x0a\x03tok\x12\x04"
				     "acme"), true, ERR_OK, "tok|acme||||" },
	{ "python, tenant my-tenant", STR("\x0a\x01t\x12\x09my-tenant"), true, ERR_OK, "t|my-tenant||||" },
	{ "python, tenant t1", STR("\x0a\x01t\x12\x02t1"), true, ERR_OK, "t|t1||||" },
	/* These happen to parse as a message of unknown fields. */
	{ "python, tenant acme-corp", STR("\x0a\x01t\x12\x09"
					  "acme-corp"), true, ERR_OK, "t|acme-corp||||" },
	{ "python, tenant acme-prod", STR("\x0a\x01t\x12\x09"
					  "acme-prod"), true, ERR_OK, "t|acme-prod||||" },
	{ "python, a token with Bearer", STR("\x0a\x0a"
					     "Bearer eyJ\x12\x01x"), true, ERR_OK, "Bearer eyJ|x||||" },
	{ "go and java: token and tenant", STR("\x0a\x01t\x12\x06globex"), true, ERR_OK, "t|globex||||" },
	{ "typescript: no tenant, 4 is the resource", STR("\x0a\x01t\x22\x06orders"), false, ERR_OK,
	    "t||orders|||" },
	{ "stubs: 4 alone is the audience", STR("\x0a\x01t\x22\x06orders"), true, ERR_OK,
	    "t||||orders|" },
	/* Generated stubs: 2 TenantContext{1 "acme"}, 3 RequestMetadata{2 trace}, 4 audience. */
	{ "stubs", STR("\x0a\x01t\x12\x06\x0a\x04"
		       "acme\x1a\x04\x12\x02tr\x22\x03"
		       "aud"), true, ERR_OK, "t|acme|||aud|tr" },
	{ "stubs of a later version: fields that a tenant and metadata have not yet", STR("\x12\x0a\x0a\x04"
		       "acme\x28\x01\x32\x00\x1a\x06\x12\x02tr\x28\x01"), true, ERR_OK, "|acme||||tr" },
	{ "stubs: a tenant with only a name", STR("\x12\x04\x12\x02nm"), true, ERR_OK, "|||||" },
	{ "stubs: empty tenant, audience", STR("\x0a\x01t\x12\x00\x22\x03"
					       "aud"), true, ERR_OK, "t||||aud|" },
	{ "a tenant that begins like a message", STR("\x12\x02\x0ax"), true, ERR_OK, "|\nx||||" },
	{ "unknown fields are passed by", STR("\x50\x01\x5a\x01x\x65\x01\x02\x03\x04\x0a\x01t"), true,
	    ERR_OK, "t|||||" },
	{ "a known field of another type is too", STR("\x08\x05\x0a\x01t"), true, ERR_OK, "t|||||" },
	{ "the last of a field counts", STR("\x0a\x01\x61\x0a\x01\x62"), true, ERR_OK, "b|||||" },
	{ "cut in a length", STR("\x0a"), true, ERR_SYNTAX, "" },
	{ "cut in a text", STR("\x0a\x05tok"), true, ERR_SYNTAX, "" },
	{ "a length beyond the end", STR("\x0a\xff\xff\xff\xff\x0f"), true, ERR_SYNTAX, "" },
	{ "a length of 64 bits", STR("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), true, ERR_SYNTAX, "" },
	{ "a varint of 11 bytes", STR("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), true,
	    ERR_SYNTAX, "" },
	{ "field 0", STR("\x02\x01x"), true, ERR_SYNTAX, "" },
	{ "a group", STR("\x0b\x0c"), true, ERR_SYNTAX, "" },
	{ "type 7", STR("\x0f"), true, ERR_SYNTAX, "" },
	{ "a token that is not UTF-8", STR("\x0a\x01\xff"), true, ERR_SYNTAX, "" },
	{ "a tenant that is not UTF-8", STR("\x12\x02t\xff"), true, ERR_SYNTAX, "" },
	{ "a resource that is not UTF-8", STR("\x12\x01t\x1a\x01\xff"), true, ERR_SYNTAX, "" },
};

static void
check_validate(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(validate_cases); i++) {
		struct message m = { 0 };
		err_t err = message_read_validate(arena, validate_cases[i].bytes,
		    validate_cases[i].has_user_agent, &m);
		str_t got = arena_printf(arena, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", STR_FMT(m.token),
		    STR_FMT(m.tenant_id), STR_FMT(m.resource), STR_FMT(m.action), STR_FMT(m.audience),
		    STR_FMT(m.trace_id));

		if (!ok(err == validate_cases[i].err &&
			    (err != ERR_OK || str_eq(got, str_of(validate_cases[i].want))),
			"validate: %s", validate_cases[i].label))
			tap_note("%s: %.*s", err_name(err), STR_FMT(got));
	}
}

static const struct {
	const char *label;
	str_t bytes;
	err_t err;
	const char *want; /* token|subject|tenant|action|resource|scope|roles|context */
} authorize_cases[] = {
	{ "python: 2 action, 3 resource, 7 token", STR("\x12\x04read\x1a\x03"
						       "doc\x3a\x03tok"),
	    ERR_OK, "tok|||read|doc|||" },
	{ "stubs",
	    STR("\x0a\x03u-1\x12\x04read\x1a\x03"
		"doc\x22\x0d\x0a\x04"
		"acme\x1a\x05"
		"admin\x32\x06\x0a\x01k\x12\x01v\x42\x09jobs.read"),
	    ERR_OK, "|u-1|acme|read|doc|jobs.read|admin|k=v" },
	{ "java: 1 token, 2 resource, 3 action, 4 tenant as text",
	    STR("\x0a\x08"
		"eyJ.e.sg\x12\x03"
		"doc\x1a\x04read\x22\x04"
		"acme"),
	    ERR_OK, "eyJ.e.sg||acme|read|doc|||" },
	{ "a subject that is no token stays one", STR("\x0a\x05"
						      "a.b.c\x12\x01x\x22\x04"
						      "acme"),
	    ERR_OK, "|a.b.c|acme|x||||" },
	{ "java, whose tenant is empty by default",
	    STR("\x0a\x08"
		"eyJ.e.sg\x12\x03"
		"doc\x1a\x04read"),
	    ERR_OK, "eyJ.e.sg|||read|doc|||" },
	{ "a token for a subject, the rest as the descriptor has it",
	    STR("\x0a\x08"
		"eyJ.e.sg\x12\x01x\x1a\x01y\x22\x06\x0a\x04"
		"acme"),
	    ERR_OK, "eyJ.e.sg||acme|x|y|||" },
	{ "a token for a subject beside a token is dropped",
	    STR("\x0a\x08"
		"eyJ.e.sg\x12\x01x\x3a\x03tok"),
	    ERR_OK, "tok|||x||||" },
	{ "a context entry without a value", STR("\x32\x03\x0a\x01k"), ERR_OK, "|||||||k=" },
	{ "a context entry that is cut", STR("\x32\x03\x0a\x05k"), ERR_SYNTAX, "" },
};

static void
check_authorize(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(authorize_cases); i++) {
		struct message m = { 0 };
		err_t err = message_read_authorize(arena, authorize_cases[i].bytes, &m);
		str_t got = arena_printf(arena, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|", STR_FMT(m.token),
		    STR_FMT(m.subject), STR_FMT(m.tenant_id), STR_FMT(m.action), STR_FMT(m.resource),
		    STR_FMT(m.required_scope));

		for (size_t k = 0; k < m.role_count; k++)
			got = arena_printf(arena, "%.*s%.*s", STR_FMT(got), STR_FMT(m.roles[k]));
		got = arena_printf(arena, "%.*s|", STR_FMT(got));
		for (size_t k = 0; k < m.context_count; k++)
			got = arena_printf(arena, "%.*s%.*s=%.*s", STR_FMT(got), STR_FMT(m.context[k].key),
			    STR_FMT(m.context[k].value));
		if (!ok(err == authorize_cases[i].err &&
			    (err != ERR_OK || str_eq(got, str_of(authorize_cases[i].want))),
			"authorize: %s", authorize_cases[i].label))
			tap_note("%s: %.*s", err_name(err), STR_FMT(got));
	}
}

static const struct {
	const char *label;
	str_t bytes;
	err_t err;
	const char *want; /* rule|input|tenant */
} evaluate_cases[] = {
	{ "clients: 1 rule, 2 input, 3 tenant as text",
	    STR("\x0a\x10"
		"data.authz.allow\x12\x07{\"a\":1}\x1a\x07"
		"initech"),
	    ERR_OK, "data.authz.allow|{\"a\":1}|initech" },
	{ "stubs", STR("\x0a\x01r\x1a\x06\x0a\x04"
		       "acme"), ERR_OK, "r||acme" },
	{ "an input that is not UTF-8 is for the JSON reader to refuse", STR("\x12\x01\xff"), ERR_OK,
	    "|\xff|" },
	{ "a rule that is not UTF-8", STR("\x0a\x01\xff"), ERR_SYNTAX, "" },
};

static void
check_evaluate(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(evaluate_cases); i++) {
		struct message m = { 0 };
		err_t err = message_read_evaluate(arena, evaluate_cases[i].bytes, &m);
		str_t got = arena_printf(arena, "%.*s|%.*s|%.*s", STR_FMT(m.rule),
		    STR_FMT(m.input_json), STR_FMT(m.tenant_id));

		ok(err == evaluate_cases[i].err &&
			(err != ERR_OK || str_eq(got, str_of(evaluate_cases[i].want))),
		    "evaluate: %s", evaluate_cases[i].label);
	}
}

/* Every cut of a message is refused or read, and nothing is read past the end (ASan says). */
static void
check_cuts(struct arena *arena)
{
	str_t whole = authorize_cases[1].bytes;
	size_t read = 0;

	for (size_t len = 0; len <= whole.len; len++) {
		char *copy = arena_copy(arena, whole.data, len);
		struct message m;

		read += message_read_authorize(arena, str_make(copy, len), &m) == ERR_OK;
	}
	ok(read == 7, "a message of six fields has seven cuts that are messages: %zu", read);
}

/* ---- answers ---- */

static void
check_bytes(const char *label, struct buf *out, str_t want)
{
	ok(!buf_failed(out) && str_eq(buf_str(out), want), "answer: %s", label);
	buf_clear(out);
}

static value_t
make_claims(struct arena *arena)
{
	value_t scopes[] = { value_text(arena, "a"), value_text(arena, "b") };
	struct object_builder claims;

	object_builder_init(&claims, arena, 4);
	(void)object_builder_add_text(&claims, "exp", value_int(7));
	(void)object_builder_add_text(&claims, "groups", value_array(arena, scopes, 2));
	(void)object_builder_add_text(&claims, "scopes", value_array(arena, scopes, 2));
	(void)object_builder_add_text(&claims, "sub", value_text(arena, "u"));
	return object_builder_freeze(&claims, OBJECT_LAST_WINS, NULL);
}

static void
check_answers(struct arena *arena)
{
	value_t roles[] = { value_text(arena, "admin"), value_text(arena, "") };
	struct message_identity id = { .subject = STR("u"),
		.roles = value_array_of(roles, 2),
		.claims = make_claims(arena),
		.expires_at = 300 };
	struct buf out, scratch;

	buf_init(&out, 4096);
	buf_init(&scratch, 4096);
	message_write_validate(&out, &scratch, &id);
	check_bytes("a valid token", &out,
	    STR("\x08\x01\x12\x01u\x1a\x05"
		"admin\x1a\x00"
		"\x22\x08\x0a\x03"
		"exp\x12\x01\x37"
		"\x22\x0d\x0a\x06groups\x12\x03"
		"a,b"
		"\x22\x0d\x0a\x06scopes\x12\x03"
		"a b"
		"\x22\x08\x0a\x03sub\x12\x01u"
		"\x28\xac\x02"));
	message_write_invalid(&out, PROBLEM_AUTH_INVALID_TOKEN, STR("d"));
	check_bytes("an invalid token", &out,
	    STR("\x32\x4a\x0a\x2chttps://errors.coresdk.io/auth/invalid-token\x12\x14The token is refused\x18\x91\x03\x22\x01"
		"d"));
	message_write_problem(&out, 6, PROBLEM_NONE, STR("d"));
	check_bytes("no problem is no field", &out, STR(""));
	message_write_authorize(&out, true, STR(""));
	check_bytes("allowed", &out, STR("\x08\x01"));
	message_write_authorize(&out, false, STR("no"));
	check_bytes("denied, and `error` stays unset", &out, STR("\x12\x02no"));
	message_write_evaluate(&out, false, STR(""), true);
	check_bytes("dry run", &out, STR("\x18\x01"));
	message_write_health(&out, true);
	check_bytes("serving", &out, STR("\x08\x01"));
	buf_fini(&out);
	buf_fini(&scratch);
}

static const struct {
	const char *text, *want;
} word_cases[] = {
	{ "", "" },
	{ "a", "a" },
	{ "a b", "a|b" },
	{ " a,, b ,", "a|b" },
	{ "a,b\tc\nd", "a|b|c|d" },
};

static void
check_words(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(word_cases); i++) {
		value_t words = message_words(arena, value_text(arena, word_cases[i].text));
		str_t got = STR_NONE;

		for (uint32_t k = 0; k < words.count; k++)
			got = arena_printf(arena, "%.*s%s%.*s", STR_FMT(got), k > 0 ? "|" : "",
			    STR_FMT(value_str(words.items[k])));
		ok(words.tag == VALUE_ARRAY && str_eq(got, str_of(word_cases[i].want)), "words: case %zu",
		    i);
	}
	ok(message_words(arena, value_int(5)).count == 0, "words: of a number there are none");
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);

	check_validate(arena);
	check_authorize(arena);
	check_evaluate(arena);
	check_cuts(arena);
	check_answers(arena);
	check_words(arena);
	arena_free(&arena);
	return tap_done();
}
