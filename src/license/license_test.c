/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "license/license.h"
#include "tap.h"
#include "token/jws.h"

enum { ISSUED = 1767225600 }; /* 2026-01-01 */

static struct arena *arena;
static struct jwks *keys;
static struct key *key, *stranger;

static str_t
sign(const struct key *with, const char *payload)
{
	struct buf text;
	str_t made;

	buf_init(&text, 1 << 16);
	if (jws_sign(&text, with, ALGORITHM_ES256, key_thumbprint(with), STR("JWT"), str_of(payload)) != ERR_OK)
		ok(false, "signing");
	made = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return made;
}

static struct license
read(str_t text)
{
	struct license l = { 0 };

	if (license_read(arena, text, keys, &l) != ERR_OK)
		ok(false, "reading");
	return l;
}

#define CLAIMS(exp) \
	"{\"iss\":\"https://licensing.coresdk.io\",\"sub\":\"acme\",\"iat\":1767225600,\"exp\":" #exp \
	",\"plan\":\"team\",\"entitlements\":{\"max_tenants\":50,\"max_rps\":0,\"beta\":true," \
	"\"features\":[\"saml\",\"scim\"]}}"
#define YEAR CLAIMS(1798761600)

static const struct {
	const char *payload;
	enum token_reason reason;
} refused[] = {
	{ "{\"iss\":\"https://licensing.coresdk.io.evil\",\"iat\":1767225600,\"exp\":1798761600}", TOKEN_ISSUER },
	{ "{\"iat\":1767225600,\"exp\":1798761600}", TOKEN_ISSUER },
	{ "{\"iss\":\"https://licensing.coresdk.io\",\"iat\":1767225600}", TOKEN_NO_EXPIRY },
	{ "{\"iss\":\"https://licensing.coresdk.io\",\"iat\":\"x\",\"exp\":1798761600}", TOKEN_CLAIMS },
	{ "{\"iss\":\"https://licensing.coresdk.io\",\"iat\":1767225600,\"exp\":1767225600}", TOKEN_EXPIRED },
	{ "[]", TOKEN_CLAIMS },
};

static void
try_reading(void)
{
	str_t good = sign(key, YEAR);
	struct license l = read(good);
	char *changed = arena_copy(arena, good.data, good.len);

	ok(l.present && l.reason == TOKEN_NONE && str_eq(l.organization, STR("acme")) &&
		str_eq(l.plan, STR("team")) && l.issued_s == ISSUED && l.until_s == 1798761600,
	    "a good one");
	l = read(arena_printf(arena, "\n %.*s \n", STR_FMT(good)));
	ok(l.reason == TOKEN_NONE, "blanks around it");
	l = read(STR_NONE);
	ok(!l.present && license_state(&l, ISSUED) == LICENSE_NONE, "none");
	changed[good.len / 2] ^= 1;
	l = read(str_make(changed, good.len));
	ok(l.present && license_state(&l, ISSUED) == LICENSE_INVALID, "a changed byte: %s",
	    token_reason_name(l.reason));
	l = read(str_cut(good, good.len - 4));
	ok(license_state(&l, ISSUED) == LICENSE_INVALID, "cut: %s", token_reason_name(l.reason));
	l = read(sign(stranger, YEAR));
	ok(l.reason == TOKEN_KEY_UNKNOWN, "of another key: %s", token_reason_name(l.reason));
	for (size_t i = 0; i < COUNT(refused); i++) {
		l = read(sign(key, refused[i].payload));
		ok(l.reason == refused[i].reason && license_state(&l, ISSUED) == LICENSE_INVALID, "%s: %s",
		    refused[i].payload, token_reason_name(l.reason));
	}
	l = read(sign(key, "{\"iss\":\"https://licensing.coresdk.io\",\"iat\":1767225600,\"nbf\":1767225700,"
			   "\"exp\":1798761600}"));
	ok(license_state(&l, 1767225699) == LICENSE_INVALID && license_state(&l, 1767225700) == LICENSE_VALID,
	    "not before nbf, to the second");
}

static void
try_states(void)
{
	struct license l = read(sign(key, YEAR));
	int64_t end = l.until_s, warn = end - 90 * LICENSE_DAY_S;

	ok(license_state(&l, ISSUED - 1) == LICENSE_INVALID && license_state(&l, ISSUED) == LICENSE_VALID, "begins");
	ok(license_state(&l, warn) == LICENSE_VALID && license_days_left(&l, warn) == 90, "90 days left: valid");
	ok(license_state(&l, warn + 1) == LICENSE_EXPIRING && license_days_left(&l, warn + 1) == 89,
	    "a second less: expiring");
	ok(license_state(&l, end - 1) == LICENSE_EXPIRING && license_days_left(&l, end - 1) == 0, "the last second");
	ok(license_state(&l, end) == LICENSE_EXPIRED && license_days_left(&l, end) == 0, "expired");
}

/* A year, hour by hour: silent for 275 days, then a warning a day, and after the end too. */
static void
try_a_year(void)
{
	struct license l = read(sign(key, YEAR));
	struct license_watch watch = { 0 };
	unsigned spoken[5] = { 0 };
	int64_t first_warning = 0;

	for (int64_t now = ISSUED; now < l.until_s + 10 * LICENSE_DAY_S; now += 3600) {
		enum license_state state = license_state(&l, now);

		if (!license_watch_is_due(&watch, state, now))
			continue;
		spoken[state]++;
		if (first_warning == 0 && state == LICENSE_EXPIRING)
			first_warning = now;
	}
	ok(spoken[LICENSE_VALID] == 1 && spoken[LICENSE_EXPIRING] == 90 && spoken[LICENSE_EXPIRED] == 10,
	    "said %u times valid, %u expiring, %u expired", spoken[LICENSE_VALID], spoken[LICENSE_EXPIRING],
	    spoken[LICENSE_EXPIRED]);
	ok(l.until_s - first_warning == 90 * LICENSE_DAY_S - 3600, "first in the hour after 90 days are left");
	ok(!license_watch_is_due(&watch, LICENSE_EXPIRED, watch.spoke_s + 1) &&
		license_watch_is_due(&watch, LICENSE_EXPIRED, watch.spoke_s - 1),
	    "a clock that is set back does not silence it");
}

static void
try_entitlements(void)
{
	static const struct {
		const char *key;
		bool entitled;
		int64_t number;
	} rows[] = { { "saml", true, 0 }, { "scim", true, 0 }, { "feature_flags", false, 0 },
		{ "max_tenants", true, 50 }, { "max_rps", false, 0 }, { "beta", true, 0 }, { "features", false, 0 },
		{ "", false, 0 } };
	struct license l = read(sign(key, YEAR)), none = read(STR_NONE);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct entitlement e = license_entitlement(&l, str_of(rows[i].key), ISSUED);

		ok(e.entitled == rows[i].entitled && e.number == rows[i].number, "entitlement %s: %d, %lld",
		    rows[i].key, e.entitled, (long long)e.number);
	}
	ok(!license_entitlement(&l, STR("saml"), l.until_s).entitled, "nothing once expired");
	ok(!license_entitlement(&none, STR("saml"), ISSUED).entitled, "nothing without a license");
}

int
main(void)
{
	struct buf pem;

	arena = arena_new(1 << 22);
	buf_init(&pem, KEY_TEXT_MAX);
	ok(license_keys_new(&keys) == ERR_OK && jwks_count(keys) > 0, "the embedded keys are usable");
	if (!license_keys_are_development() || file_read(NULL, DEVELOPMENT_KEY, FILE_ANY, &pem, NULL) != ERR_OK ||
	    key_read_pem(buf_str(&pem), KEY_STRICT, NULL, &key) != ERR_OK) {
		tap_skip("this build embeds other keys than the development one");
		return tap_done();
	}
	ok(key_generate(KEY_P256, &stranger) == ERR_OK, "another key");
	try_reading();
	try_states();
	try_a_year();
	try_entitlements();
	key_free(&key);
	key_free(&stranger);
	jwks_free(&keys);
	buf_fini(&pem);
	arena_free(&arena);
	return tap_done();
}
