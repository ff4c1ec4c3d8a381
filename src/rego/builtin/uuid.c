/* SPDX-License-Identifier: Apache-2.0 */
/* uuid: making and reading UUIDs (RFC 9562). */
#include <stdio.h>

#include "codec/hex.h"
#include "rego/builtin/util.h"

enum { UUID_BYTES = 16, UUID_TEXT = 36 };

static enum rego_outcome
rfc4122(struct rego_call *call, value_t *ret)
{
	uint8_t b[UUID_BYTES];
	char text[UUID_TEXT + 1];
	size_t len = 0;

	rego_random(call, value_str(call->arg[0]), b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0F) | 0x40); /* rfc9562 5.4: version 4 */
	b[8] = (uint8_t)((b[8] & 0x3F) | 0x80); /* rfc9562 4.1: the variant */
	for (size_t i = 0; i < sizeof(b); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	return rego_give(value_string(call->arena, str_make(text, len)), ret);
}

/* With hyphens, in any two bytes around that, as a URN, or plain digits. */
static bool
read_uuid(str_t s, uint8_t ret[UUID_BYTES])
{
	bool hyphens = s.len != 2 * UUID_BYTES;
	size_t at = 0;

	if (s.len == UUID_TEXT + 9 && str_eq_nocase(str_sub(s, 0, 9), STR("urn:uuid:")))
		s = str_skip(s, 9);
	else if (s.len == UUID_TEXT + 2)
		s = str_sub(s, 1, UUID_TEXT);
	if (s.len != UUID_TEXT && hyphens)
		return false;
	for (size_t i = 0; i < UUID_BYTES; i++) {
		int high, low;

		if (hyphens && (i == 4 || i == 6 || i == 8 || i == 10) && s.data[at++] != '-')
			return false;
		high = hex_digit(s.data[at++]);
		low = hex_digit(s.data[at++]);
		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static uint64_t
big_endian(const uint8_t *b, size_t count)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n = n << 8 | b[i];
	return n;
}

static const char *
variant_of(const uint8_t *b)
{
	if ((b[8] & 0xC0) == 0x80)
		return "RFC4122";
	if ((b[8] & 0xE0) == 0xC0)
		return "Microsoft";
	return (b[8] & 0xE0) == 0xE0 ? "Future" : "Reserved";
}

/* Since 1970, from tenths of microseconds since 1582-10-15. */
static int64_t
unix_nanoseconds(const uint8_t *b)
{
	int64_t ticks = (int64_t)(big_endian(b, 4) | big_endian(b + 4, 2) << 32 |
	    (big_endian(b + 6, 2) & 0xFFF) << 48);

	/* Below 2^60 ticks: times 100 can wrap, as OPA's does. */
	return (int64_t)((uint64_t)(ticks - INT64_C(122192928000000000)) * 100);
}

static bool
add_text(struct rego_call *call, struct object_builder *out, const char *key, const char *text)
{
	return object_builder_add_text(out, key, value_text(call->arena, text));
}

/* What versions 1 and 2 hold: a time, a clock's sequence, a network card. */
static bool
add_node_and_time(struct rego_call *call, struct object_builder *out, const uint8_t *b)
{
	static const char *const kinds[] = { "global:unicast", "global:multicast", "local:unicast",
		"local:multicast" };
	char node[18];

	(void)snprintf(node, sizeof(node), "%02x-%02x-%02x-%02x-%02x-%02x", b[10], b[11], b[12], b[13],
	    b[14], b[15]);
	return add_text(call, out, "nodeid", node) &&
	    add_text(call, out, "macvariables", kinds[b[10] & 3]) &&
	    object_builder_add_text(out, "time", value_int(unix_nanoseconds(b))) &&
	    object_builder_add_text(out, "clocksequence",
		value_int((int64_t)(big_endian(b + 8, 2) & 0x3FFF)));
}

static bool
add_domain(struct rego_call *call, struct object_builder *out, const uint8_t *b)
{
	static const char *const domains[] = { "Person", "Group", "Org" };
	char other[16];

	(void)snprintf(other, sizeof(other), "Domain%u", b[9]);
	return add_text(call, out, "domain", b[9] < COUNT(domains) ? domains[b[9]] : other) &&
	    object_builder_add_text(out, "id", value_int((int64_t)big_endian(b, 4)));
}

static enum rego_outcome
parse(struct rego_call *call, value_t *ret)
{
	uint8_t b[UUID_BYTES];
	struct object_builder out;
	int version;

	if (!read_uuid(value_str(call->arg[0]), b))
		return REGO_UNDEFINED;
	version = b[6] >> 4;
	object_builder_init(&out, call->arena, 8);
	if (!object_builder_add_text(&out, "version", value_int(version)) ||
	    !add_text(call, &out, "variant", variant_of(b)))
		return REGO_HALT;
	if ((version == 1 || version == 2) && !add_node_and_time(call, &out, b))
		return REGO_HALT;
	if (version == 2 && !add_domain(call, &out, b))
		return REGO_HALT;
	return rego_give(object_builder_freeze(&out, OBJECT_LAST_WINS, NULL), ret);
}

const struct rego_builtin rego_builtins_uuid[] = {
	{ "uuid.parse", "uuid: string -> object[string: any]", parse,
	    "What a UUID says: version, variant, and for versions 1 and 2 time and node." },
	{ "uuid.rfc4122", "k: string -> string", rfc4122,
	    "A random UUID, the same for the same `k` within one evaluation.",
	    REGO_NONDETERMINISTIC },
	{ 0 },
};
