/* SPDX-License-Identifier: Apache-2.0 */
/* net: networks in CIDR notation.  Nothing here ever touches a network. */
#include "base/sort.h"
#include "base/vec.h"
#include "rego/builtin/net_address.h"
#include "rego/builtin/util.h"

static enum rego_outcome
refuse_cidr(struct rego_call *call, str_t s)
{
	return rego_fail(call, "invalid CIDR address: %.*s", STR_FMT(s));
}

/* A network, or one address. */
static bool
parse_either(str_t s, struct net_block *ret)
{
	return net_address_parse(s, ret) || net_block_parse(s, ret);
}

static enum rego_outcome
check_contains(struct rego_call *call, str_t outer, str_t inner, bool *ret)
{
	struct net_block a, b;

	if (!net_block_parse(outer, &a))
		return refuse_cidr(call, outer);
	if (!parse_either(inner, &b))
		return rego_fail(call,
		    "not a valid textual representation of an IP address or CIDR: %.*s",
		    STR_FMT(inner));
	*ret = net_block_contains(&a, &b);
	return REGO_DEFINED;
}

/* OPA's messages call either operand the first. */
static bool
are_strings(struct rego_call *call)
{
	for (int i = 0; i < 2; i++) {
		if (!value_is_string(call->arg[i])) {
			(void)rego_fail_type(call, 1, "string", call->arg[i]);
			return false;
		}
	}
	return true;
}

static enum rego_outcome
cidr_contains(struct rego_call *call, value_t *ret)
{
	bool contained = false;
	enum rego_outcome outcome;

	if (!are_strings(call))
		return REGO_FAILED;
	outcome = check_contains(call, value_str(call->arg[0]), value_str(call->arg[1]), &contained);
	*ret = value_bool(contained);
	return outcome;
}

static enum rego_outcome
cidr_intersects(struct rego_call *call, value_t *ret)
{
	struct net_block blocks[2];

	if (!are_strings(call))
		return REGO_FAILED;
	for (int i = 0; i < 2; i++) {
		if (!net_block_parse(value_str(call->arg[i]), &blocks[i]))
			return refuse_cidr(call, value_str(call->arg[i]));
	}
	*ret = value_bool(net_block_contains(&blocks[0], &blocks[1]) ||
	    net_block_contains(&blocks[1], &blocks[0]));
	return REGO_DEFINED;
}

static enum rego_outcome
cidr_is_valid(struct rego_call *call, value_t *ret)
{
	struct net_block block;

	*ret = value_bool(
	    value_is_string(call->arg[0]) && net_block_parse(value_str(call->arg[0]), &block));
	return REGO_DEFINED;
}

/* ---- cidr_contains_matches ---- */

/* Entry `i` of an operand: its network, and what stands for it in the result. */
static enum rego_outcome
read_entry(struct rego_call *call, unsigned operand, uint32_t i, str_t *ret_text, value_t *ret_name)
{
	value_t v = call->arg[operand - 1], item = v;

	*ret_name = v;
	if (!value_is_string(v))
		value_entry_at(v, i, ret_name, &item);
	if (item.tag == VALUE_ARRAY && item.count > 0)
		item = item.items[0];
	else if (!value_is_string(item))
		return rego_fail(call, "operand %u: element must be string or non-empty array", operand);
	if (!value_is_string(item))
		return rego_fail_type(call, 1, "string", item); /* of cidr_contains, so OPA */
	*ret_text = value_str(item);
	return REGO_DEFINED;
}

static uint32_t
entry_count(value_t v)
{
	return value_is_string(v) ? 1 : value_is_collection(v) ? v.count : 0;
}

static enum rego_outcome
match_pair(struct rego_call *call, uint32_t i, uint32_t j, struct set_builder *found)
{
	value_t names[2];
	str_t texts[2];
	bool contained = false;
	enum rego_outcome outcome = read_entry(call, 1, i, &texts[0], &names[0]);

	if (outcome == REGO_DEFINED)
		outcome = read_entry(call, 2, j, &texts[1], &names[1]);
	if (outcome == REGO_DEFINED)
		outcome = check_contains(call, texts[0], texts[1], &contained);
	if (outcome == REGO_DEFINED && !rego_charge(call, contained ? 256 : 64))
		outcome = REGO_HALT;
	if (outcome == REGO_DEFINED && contained &&
	    !set_builder_add(found, value_array(call->arena, names, 2)))
		outcome = REGO_HALT;
	return outcome;
}

static enum rego_outcome
cidr_contains_matches(struct rego_call *call, value_t *ret)
{
	struct set_builder found;
	enum rego_outcome outcome = REGO_DEFINED;

	set_builder_init(&found, call->arena, 0);
	for (uint32_t i = 0; i < entry_count(call->arg[0]); i++) {
		for (uint32_t j = 0; j < entry_count(call->arg[1]); j++) {
			outcome = match_pair(call, i, j, &found);
			if (outcome != REGO_DEFINED)
				return outcome;
		}
	}
	return rego_give(set_builder_freeze(&found), ret);
}

/* ---- cidr_expand ---- */

static value_t
address_value(struct rego_call *call, net_number_t n)
{
	char storage[64];
	struct buf text = { .data = storage, .capacity = sizeof(storage), .limit = sizeof(storage) };

	net_address_print(&text, n);
	return value_string(call->arena, buf_str(&text));
}

static enum rego_outcome
cidr_expand(struct rego_call *call, value_t *ret)
{
	enum { LARGEST_HOST_BITS = 32, COST = 64 };
	str_t s = value_str(call->arg[0]);
	struct net_block block;
	struct set_builder all;
	net_number_t n, last;

	if (!net_block_parse(s, &block))
		return refuse_cidr(call, s);
	last = net_block_last(&block);
	if (block.bits - block.prefix > LARGEST_HOST_BITS) {
		arena_fail(call->arena);
		return REGO_HALT;
	}
	if (!rego_charge(call, ((size_t)(last - block.first) + 1) * COST))
		return REGO_HALT;
	set_builder_init(&all, call->arena, (size_t)(last - block.first) + 1);
	for (n = block.first;; n++) {
		if (!set_builder_add(&all, address_value(call, n)) || arena_failed(call->arena))
			return REGO_HALT;
		if (n == last)
			break;
	}
	return rego_give(set_builder_freeze(&all), ret);
}

/* ---- cidr_merge ---- */

struct range {
	net_number_t first, last;
	struct net_block block; /* what was given; prefix -1: merged */
};

static int
compare_ranges(const void *left, const void *right, void *context)
{
	const struct range *a = left, *b = right;

	(void)context;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return a->first == b->first ? 0 : a->first < b->first ? -1 : 1;
}

/* An IPv4 address alone stands for its class's network, as in Go's DefaultMask. */
static enum rego_outcome
read_range(struct rego_call *call, value_t item, struct range *ret)
{
	struct net_block *b = &ret->block;
	unsigned top;
	str_t s;

	if (!value_is_string(item))
		return rego_fail(call, "element must be string");
	s = value_str(item);
	if (net_address_parse(s, b)) {
		if (!net_number_is_v4(b->first))
			return rego_fail(call, "IPv6 invalid: needs prefix length");
		top = (unsigned)(b->first >> 24) & 0xFF;
		b->bits = NET_V4_BITS;
		b->prefix = top < 0x80 ? 8 : top < 0xC0 ? 16 : 24;
	} else if (!net_block_parse(s, b)) {
		return refuse_cidr(call, s);
	}
	ret->first = net_block_first(b);
	ret->last = net_block_last(b);
	return REGO_DEFINED;
}

static net_number_t
number_before(net_number_t n)
{
	return n == 0 || (net_number_is_v4(n) && (uint32_t)n == 0) ? n : n - 1;
}

/* From the back: a range that touches the one before it joins it.  Answers how many are left. */
static size_t
join_ranges(struct range *ranges, size_t count)
{
	size_t to = count; /* ranges[to..] are done */

	for (size_t i = count; i-- > 0;) {
		struct range *r = &ranges[i];

		if (to < count && number_before(ranges[to].first) <= r->last) {
			if (r->first < ranges[to].first)
				ranges[to].first = r->first;
			ranges[to].block.prefix = -1;
		} else {
			ranges[--to] = *r;
		}
	}
	memmove(ranges, ranges + to, (count - to) * sizeof(*ranges));
	return count - to;
}

static bool
add_block(struct rego_call *call, struct set_builder *out, net_number_t first, int prefix)
{
	char storage[64];
	struct buf text = { .data = storage, .capacity = sizeof(storage), .limit = sizeof(storage) };

	net_address_print(&text, first);
	buf_printf(&text, "/%d", prefix);
	return rego_charge(call, 64) &&
	    set_builder_add(out, value_string(call->arena, buf_str(&text))) &&
	    !arena_failed(call->arena);
}

/* The fewest networks that make up the range: from its front, each as large as fits. */
static bool
add_blocks(struct rego_call *call, struct set_builder *out, net_number_t first, net_number_t last)
{
	int bits = net_number_is_v4(first) && net_number_is_v4(last) ? NET_V4_BITS : NET_V6_BITS;

	for (;;) {
		int host_bits = 0;

		while (host_bits < bits && (first >> host_bits & 1) == 0 &&
		    (host_bits + 1 == NET_V6_BITS
			    ? last == ~(net_number_t)0 && first == 0
			    : (first | (((net_number_t)1 << (host_bits + 1)) - 1)) <= last))
			host_bits++;
		if (!add_block(call, out, first, bits - host_bits))
			return false;
		net_number_t end = host_bits == NET_V6_BITS
		    ? last
		    : first | (((net_number_t)1 << host_bits) - 1);

		if (end >= last)
			return true;
		first = end + 1;
	}
}

static enum rego_outcome
cidr_merge(struct rego_call *call, value_t *ret)
{
	size_t count = call->arg[0].count;
	struct range *ranges, *scratch;
	struct set_builder merged;

	if (call->arg[0].tag != VALUE_ARRAY && call->arg[0].tag != VALUE_SET)
		return rego_fail(call, "operand must be an array");
	if (!rego_charge(call, 2 * count * sizeof(*ranges)))
		return REGO_HALT;
	ranges = ARENA_ARRAY(call->arena, struct range, count);
	scratch = ARENA_ARRAY(call->arena, struct range, count);
	if (ranges == NULL || scratch == NULL)
		return REGO_HALT;
	for (size_t i = 0; i < count; i++) {
		enum rego_outcome outcome = read_range(call, rego_items(call->arg[0])[i], &ranges[i]);

		if (outcome != REGO_DEFINED)
			return outcome;
	}
	sort_stable(ranges, count, sizeof(*ranges), scratch, compare_ranges, NULL);
	count = join_ranges(ranges, count);
	set_builder_init(&merged, call->arena, count);
	for (size_t i = 0; i < count; i++) {
		struct range *r = &ranges[i];
		bool fine = r->block.prefix >= 0
		    ? add_block(call, &merged, r->block.first, r->block.prefix)
		    : add_blocks(call, &merged, r->first, r->last);

		if (!fine)
			return REGO_HALT;
	}
	return rego_give(set_builder_freeze(&merged), ret);
}

/* ---- what would need a network ---- */

/* Addresses name themselves, and localhost is always the loopback (rfc6761 6.3). */
static enum rego_outcome
lookup_ip_addr(struct rego_call *call, value_t *ret)
{
	str_t name = value_str(call->arg[0]);
	struct net_block address;
	struct set_builder found;

	set_builder_init(&found, call->arena, 2);
	if (net_address_parse(name, &address))
		(void)set_builder_add(&found, address_value(call, address.first));
	else if (!str_eq_nocase(name, STR("localhost")))
		return rego_fail(call, "%.*s needs the network, and this program has no code for it",
		    STR_FMT(name));
	else if (set_builder_add(&found, value_text(call->arena, "127.0.0.1")))
		(void)set_builder_add(&found, value_text(call->arena, "::1"));
	return rego_give(arena_failed(call->arena) ? VALUE_NONE : set_builder_freeze(&found), ret);
}

#define MATCHED "(string|array[(string|array[any])]|object[string: (string|array[any])]|" \
                "set[(string|array[any])])"

const struct rego_builtin rego_builtins_net[] = {
	{ "net.cidr_contains", "cidr: string, cidr_or_ip: string -> boolean", cidr_contains,
	    "Whether the second network, or address, lies in the first network.", REGO_LENIENT },
	{ "net.cidr_contains_matches", "cidrs: " MATCHED ", cidrs_or_ips: " MATCHED
	                               " -> set[array<any, any>]",
	    cidr_contains_matches,
	    "The pairs of entries of which the first contains the second, named by index or key.",
	    REGO_LENIENT },
	{ "net.cidr_expand", "cidr: string -> set[string]", cidr_expand,
	    "All addresses of a network." },
	{ "net.cidr_intersects", "cidr1: string, cidr2: string -> boolean", cidr_intersects,
	    "Whether two networks have an address in common.", REGO_LENIENT },
	{ "net.cidr_is_valid", "cidr: string -> boolean", cidr_is_valid,
	    "Whether `cidr` is a network in CIDR notation.", REGO_LENIENT },
	{ "net.cidr_merge", "addrs: (array[(string)]|set[string]) -> set[string]", cidr_merge,
	    "The fewest networks that cover the given ones.", REGO_LENIENT },
	{ "net.cidr_overlap", "cidr1: string, cidr2: string -> boolean", cidr_contains,
	    "The old name of net.cidr_contains.", REGO_DEPRECATED | REGO_LENIENT },
	{ "net.lookup_ip_addr", "name: string -> set[string]", lookup_ip_addr,
	    "The addresses of a host.", REGO_NONDETERMINISTIC | REGO_NETWORK },
	{ 0 },
};
