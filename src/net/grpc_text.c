/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_text.h"

#include "base/clock.h"

bool
grpc_timeout_read(str_t text, int64_t *ret_ns)
{
	int64_t count = 0, unit;

	if (text.len < 2 || text.len > 9)
		return false;
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		count = count * 10 + (text.data[i] - '0');
	}
	switch (text.data[text.len - 1]) {
	case 'H':
		unit = 3600 * CLOCK_NS_PER_S;
		break;
	case 'M':
		unit = 60 * CLOCK_NS_PER_S;
		break;
	case 'S':
		unit = CLOCK_NS_PER_S;
		break;
	case 'm':
		unit = CLOCK_NS_PER_MS;
		break;
	case 'u':
		unit = 1000;
		break;
	case 'n':
		unit = 1;
		break;
	default:
		return false;
	}
	/* 99999999 hours do not fit; a century is as good as never. */
	if (__builtin_mul_overflow(count, unit, ret_ns) || *ret_ns > INT64_MAX / 2)
		*ret_ns = INT64_MAX / 2;
	return true;
}

void
grpc_message_write(struct buf *out, str_t text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len && out->len + 3 <= out->limit; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c >= 0x20 && c <= 0x7e && c != '%') {
			buf_add_char(out, (char)c);
		} else {
			buf_add_char(out, '%');
			buf_add_char(out, digits[c >> 4]);
			buf_add_char(out, digits[c & 15]);
		}
	}
}

enum grpc_content
grpc_content_read(str_t type)
{
	str_t rest;

	if (!str_has_prefix(type, STR("application/grpc")))
		return GRPC_CONTENT_NOT_GRPC;
	rest = str_skip(type, STR("application/grpc").len);
	if (str_has_prefix(rest, STR("+proto")))
		rest = str_skip(rest, STR("+proto").len);
	if (rest.len == 0 || rest.data[0] == ';' || rest.data[0] == ' ')
		return GRPC_CONTENT_PROTO;
	/* "application/grpc-web" is another protocol, "+json" another message format. */
	return rest.data[0] == '+' ? GRPC_CONTENT_OTHER_GRPC : GRPC_CONTENT_NOT_GRPC;
}
