/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: whom a token speaks for, once it has been verified.
 *
 * Tokens verified a moment ago are found in the worker's cache.  In development,
 * and only while no key set is loaded, any well-formed token is believed.  A token
 * that was revoked, or that is only for getting another one, is believed never.
 *
 *   lifetime  texts live in the request's arena or in the cache: for the request
 */
#ifndef SIDECAR_IDENTITY_H
#define SIDECAR_IDENTITY_H

#include "sidecar/rulebook.h"
#include "token/cache.h"
#include "token/revoked.h"

struct identity {
	enum token_reason reason; /* TOKEN_NONE: believed */
	str_t kid; /* as the token says, also of one that is refused; for the log */
	value_t claims; /* object; VALUE_NONE: not believed */
	str_t subject, tenant_id; /* may be empty */
	value_t roles, scopes, groups; /* arrays of strings */
	int64_t expires_at; /* unix seconds; 0: not said */
	bool cached;
};

struct identity_checker { /* of one worker */
	struct token_cache *cache;
	struct verify_context *context;
	struct revoked *revoked; /* shared */
};

void identity_check(struct identity_checker *, const struct rulebook *, struct arena *,
    str_t token, int64_t now, struct identity *ret);

/* A refresh token of our own: what identity_check refuses, and nothing else. */
void identity_check_refresh(struct identity_checker *, const struct rulebook *, struct arena *,
    str_t token, int64_t now, struct identity *ret);

/* The claims' audience names this one. */
bool identity_has_audience(const struct identity *, str_t audience);
/* All of the scopes asked for, separated by blanks; `jobs.*` grants `jobs.write`. */
bool identity_has_scopes(const struct identity *, str_t required, str_t *ret_missing);

#endif
