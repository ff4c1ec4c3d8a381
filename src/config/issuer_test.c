/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.issuers: from YAML and from a variable the same, and what is wrong with it at its
 * place.
 */
#include <tap.h>

#include "config/issuer.h"

static struct arena *arena;

static const char *const yaml =
    "auth:\n"
    "  jwks_path: /default.json\n"
    "  audiences: [x]\n"
    "  leeway_secs: 7\n"
    "  issuers:\n"
    "    - https://plain/?a=b\n"
    "    - issuer: https://own\n"
    "      jwks_path: /a b,c.json\n"
    "      audiences: [one, \"t,w o\"]\n"
    "      algorithms: ES256\n"
    "      leeway_secs: 0\n"
    "    - { issuer: https://some, audiences: [] }\n";
static const char *const variable =
    "CORESDK_AUTH_ISSUERS=https://plain/?a=b, issuer=https://own jwks_path=/a\\ b\\,c.json "
    "audiences=one,t\\,w\\ o algorithms=ES256 leeway_secs=0, issuer=https://some audiences=";

static void
check_read(const struct config *c, const char *from)
{
	struct config_issuer i;
	bool good = c->auth_issuers.count == 3;

	ok(good, "%s: three issuers, not %zu", from, c->auth_issuers.count);
	if (!good)
		return;
	ok(config_issuer_read(arena, c, c->auth_issuers.at[0], &i).len == 0 &&
		str_eq(i.issuer, STR("https://plain/?a=b")) &&
		str_eq(i.jwks_path, STR("/default.json")) && i.audiences.count == 1 &&
		i.algorithms.count == 0 && i.leeway_secs == 7,
	    "%s: a plain one has what auth.* says", from);
	ok(config_issuer_read(arena, c, c->auth_issuers.at[1], &i).len == 0 &&
		str_eq(i.issuer, STR("https://own")) &&
		str_eq(i.jwks_path, STR("/a b,c.json")) && i.audiences.count == 2 &&
		str_eq(i.audiences.at[1], STR("t,w o")) && i.algorithms.count == 1 &&
		i.leeway_secs == 0,
	    "%s: all of its own", from);
	ok(config_issuer_read(arena, c, c->auth_issuers.at[2], &i).len == 0 &&
		i.audiences.count == 0 && i.leeway_secs == 7,
	    "%s: any audience, the rest as auth.*", from);
}

static err_t
load(const char *text, const char *environment, struct diag *diag, struct config *ret)
{
	char *list[] = { (char *)(uintptr_t)environment, NULL };
	const struct config_inputs in = { .environment = environment != NULL ? list : NULL };

	diag_init(diag, arena, 20);
	return config_load_text(arena, STR("f.yaml"), str_of(text), &in, diag, ret);
}

#define TOP "auth:\n  issuers:\n    - one\n    - "

static const struct {
	const char *text;
	uint32_t row, col;
	const char *message;
} refusals[] = {
	{ TOP "{ issuer: a, leway_secs: 3 }\n", 4, 20, "has no such member" },
	{ TOP "{ issuer: a, leeway_secs: 3601 }\n", 4, 7, "must be 0 to 3600" },
	{ TOP "{ issuer: a, algorithms: [HS256] }\n", 4, 7, "not `HS256`" },
	{ TOP "{ issuer: a, algorithms: [none] }\n", 4, 7, "not `none`" },
	{ TOP "{ jwks_path: /a }\n", 4, 7, "names no issuer" },
	{ TOP "{ issuer: a, jwks_path: \"\" }\n", 4, 7, "jwks_path is empty" },
	{ TOP "{ issuer: a, issuer: b }\n", 4, 7, "given twice" },
	{ TOP "{ issuer: one }\n", 4, 7, "named twice" },
	{ TOP "{ issuer: a, audiences: { b: c } }\n", 4, 20, "a value or a list" },
	{ TOP "{ issuer: a, audiences: [[b]] }\n", 4, 32, "plain values" },
	{ TOP "{ issuer: }\n", 4, 9, "a value or a list" },
	{ TOP "[a]\n", 4, 7, "plain values and mappings" },
	{ TOP "issuer=a audiences\n", 4, 7, "member=value" },
	{ TOP "issuer=a nothing=b\n", 4, 7, "no member `nothing`" },
	{ "auth:\n  audiences:\n    - { a: b }\n", 3, 7, "list of plain values" },
	{ "auth:\n  require_audience: true\n  issuers: [a]\n", 3, 13, "names no audiences" },
};

int
main(void)
{
	struct config c;
	struct diag diag;

	arena = arena_new(16 << 20);
	ok(load(yaml, NULL, &diag, &c) == ERR_OK, "the file is read");
	check_read(&c, "YAML");
	ok(load("auth: { jwks_path: /default.json, audiences: [x], leeway_secs: 7 }", variable,
	       &diag, &c) == ERR_OK,
	    "the variable is read");
	check_read(&c, "variable");
	for (size_t i = 0; i < COUNT(refusals); i++) {
		err_t err = load(refusals[i].text, NULL, &diag, &c);
		const struct diag_finding *f = diag.first;

		ok(err == ERR_CONFIG && f != NULL && f->place.row == refusals[i].row &&
			f->place.col == refusals[i].col &&
			str_find(f->message, str_of(refusals[i].message), 0) < f->message.len,
		    "%s at %u:%u: %.*s", refusals[i].message, f != NULL ? f->place.row : 0,
		    f != NULL ? f->place.col : 0, STR_FMT(f != NULL ? f->message : STR_NONE));
	}
	ok(load("", "CORESDK_AUTH_ISSUERS=issuer=a leeway_secs=x", &diag, &c) == ERR_CONFIG,
	    "a bad variable");
	arena_free(&arena);
	return tap_done();
}
