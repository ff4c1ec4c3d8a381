/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of others (x509-limbo): which are refused, and which must not be. */
#include <interop/vectors.h>
#include <tap.h>
#include <time.h>

#include "base/clock.h"
#include "codec/pem.h"
#include "crypt/x509_verify.h"
#include "net/tls_trust.h"

#ifdef __SANITIZE_ADDRESS__
enum { SLOW_MS = 1000 };
#else
enum { SLOW_MS = 100 };
#endif

/* Where we differ from the index, and why. */
static const struct {
	const char *begins, *why;
} differences[] = {
	{ "webpki::cn::", "the common name is not looked at" },
	{ "webpki::eku::ee-without-eku", "rfc5280::eku::ee-without-eku, of the same shape, must be believed" },
	{ "webpki::nc::permitted-dns-match-noncritical", "its twin in rfc5280 must be refused" },
	{ "rfc5280::ca-as-leaf", "its twin in webpki must be refused: a CA is no client" },
	{ "pathlen::validation-ignores-pathlen-in-leaf", "its leaf is a CA" },
	{ "rfc5280::nc::nc-forbids-alternate-chain-ica", "one chain is tried, not all: refused when in doubt" },
	{ "rfc5280::nc::nc-forbids-same-chain-ica", "a CA's own names are constrained too" },
	{ "rfc5280::aki::cross-signed-root-missing-aki", "an anchor is believed for being one; cve-2024-0567 is of the same shape" },
	{ "webpki::san::public-suffix-", "there is no list of public suffixes; names with wildcards admit nobody" },
};

static struct arena *arena;

static str_t
join(value_t texts, str_t first)
{
	struct buf all;
	str_t ret;

	buf_init(&all, VECTORS_FILE_MAX);
	buf_add_str(&all, first);
	buf_add_char(&all, '\n');
	for (uint32_t i = 0; i < texts.count; i++)
		buf_add_str(&all, value_str(texts.items[i]));
	ret = arena_str(arena, buf_str(&all));
	buf_fini(&all);
	return ret;
}

/* "2024-01-01T00:00:00+00:00", "…:00.25+00:00" */
static int64_t
read_time(str_t text)
{
	struct tm tm = { 0 };

	if (text.len == 0)
		return clock_wall_s(&clock_system);
	if (sscanf(text.data, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		&tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

/* That the leaf has the name that is expected: not what TLS asks of a client, but what many cases are about. */
static bool
has_name(str_t leaf_pem, value_t expected)
{
	str_t name = vectors_text(expected, "value"), why;
	struct x509_certificate cert;
	struct pem_block block;

	return name.len == 0 || str_eq(vectors_text(expected, "kind"), STR("RFC822")) ||
	    (pem_read(arena, &leaf_pem, &block) && x509_read(arena, block.bytes, &cert, &why) == ERR_OK &&
		x509_is_for_host(&cert, name));
}

static const char *
find_difference(str_t id)
{
	for (size_t i = 0; i < COUNT(differences); i++) {
		if (str_has_prefix(id, str_of(differences[i].begins)))
			return differences[i].why;
	}
	return NULL;
}

static void
try_case(value_t row)
{
	str_t leaf = vectors_text(row, "peer_certificate"), id = vectors_text(row, "id");
	value_t depth = value_object_get_text(row, "max_chain_depth");
	const struct tls_trust_case c = {
		.anchors_pem = join(value_object_get_text(row, "trusted_certs"), STR_NONE),
		.crls_pem = value_object_get_text(row, "crls").count > 0 ?
		    join(value_object_get_text(row, "crls"), STR_NONE) : STR_NONE,
		.chain_pem = join(value_object_get_text(row, "untrusted_intermediates"), leaf),
		.now_s = read_time(vectors_text(row, "validation_time")),
		.depth = depth.tag == VALUE_INT ? (int)depth.integer : -1,
		.server = str_eq(vectors_text(row, "validation_kind"), STR("SERVER")),
	};
	bool want = str_eq(vectors_text(row, "expected_result"), STR("SUCCESS"));
	int64_t begin = clock_steady_ns(&clock_system);
	const char *why = tls_trust_judge(&c);
	int64_t ms = (clock_steady_ns(&clock_system) - begin) / CLOCK_NS_PER_MS;

	if (why == NULL && !has_name(leaf, value_object_get_text(row, "expected_peer_name")))
		why = "it is for another name";
	if ((why == NULL) != want && find_difference(id) != NULL)
		tap_note("%.*s: %s; but %s", STR_FMT(id), why != NULL ? why : "believed", find_difference(id));
	else
		ok((why == NULL) == want, "%.*s: %s", STR_FMT(id), why != NULL ? why : "believed");
	if (ms >= SLOW_MS)
		ok(false, "%.*s: took %d ms", STR_FMT(id), (int)ms);
}

int
main(void)
{
	value_t cases;

	if (vectors_find() == NULL)
		return vectors_skip();
	arena = arena_new((size_t)256 << 20);
	cases = value_object_get_text(vectors_read_json(arena, "x509-limbo/limbo.json"), "testcases");
	for (uint32_t i = 0; i < cases.count; i++)
		try_case(cases.items[i]);
	arena_free(&arena);
	return tap_done();
}
