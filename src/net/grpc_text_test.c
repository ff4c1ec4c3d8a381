/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_text.h"

#include "tap.h"

static const struct {
	const char *text;
	int64_t ns; /* -1: refused */
} timeouts[] = {
	{ "1H", INT64_C(3600000000000) },
	{ "2M", INT64_C(120000000000) },
	{ "3S", INT64_C(3000000000) },
	{ "100m", 100000000 },
	{ "5u", 5000 },
	{ "7n", 7 },
	{ "0n", 0 },
	{ "99999999S", INT64_C(99999999000000000) },
	{ "99999999H", INT64_MAX / 2 },
	{ "999999999S", -1 },
	{ "S", -1 },
	{ "", -1 },
	{ "1", -1 },
	{ "-1S", -1 },
	{ " 1S", -1 },
	{ "1.5S", -1 },
	{ "1s", -1 },
	{ "1SS", -1 },
};

static const struct {
	str_t text;
	const char *want;
} messages[] = {
	{ STR("plain"), "plain" },
	{ STR("100% ~"), "100%25 ~" },
	{ STR("a\nb\r\0"), "a%0Ab%0D%00" },
	{ STR("\xc3\xa4\x7f"), "%C3%A4%7F" },
	{ STR("0123456789abcdef"), "0123456789abcd" },
	{ STR("0123456789abc%"), "0123456789abc%25" },
};

static const struct {
	const char *type;
	enum grpc_content want;
} types[] = {
	{ "application/grpc", GRPC_CONTENT_PROTO },
	{ "application/grpc+proto", GRPC_CONTENT_PROTO },
	{ "application/grpc;charset=utf-8", GRPC_CONTENT_PROTO },
	{ "application/grpc+proto; charset=utf-8", GRPC_CONTENT_PROTO },
	{ "application/grpc+json", GRPC_CONTENT_OTHER_GRPC },
	{ "application/grpc-web", GRPC_CONTENT_NOT_GRPC },
	{ "application/json", GRPC_CONTENT_NOT_GRPC },
	{ "application/grp", GRPC_CONTENT_NOT_GRPC },
	{ "", GRPC_CONTENT_NOT_GRPC },
};

int
main(void)
{
	struct buf out;

	for (size_t i = 0; i < COUNT(timeouts); i++) {
		int64_t ns = -1;
		bool fine = grpc_timeout_read(str_of(timeouts[i].text), &ns);

		ok(fine == (timeouts[i].ns >= 0) && (!fine || ns == timeouts[i].ns), "timeout \"%s\"",
		    timeouts[i].text);
	}
	buf_init(&out, 16);
	for (size_t i = 0; i < COUNT(messages); i++) {
		buf_clear(&out);
		grpc_message_write(&out, messages[i].text);
		ok(!buf_failed(&out) && str_eq(buf_str(&out), str_of(messages[i].want)), "message \"%s\"",
		    messages[i].want);
	}
	buf_fini(&out);
	for (size_t i = 0; i < COUNT(types); i++)
		ok(grpc_content_read(str_of(types[i].type)) == types[i].want, "type \"%s\"", types[i].type);
	return tap_done();
}
