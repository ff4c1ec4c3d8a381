/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest_guard: keeps the pages of a browser away from the HTTP door.
 *
 * A page may make its visitor's browser ask what only the visitor's machine can reach.  Two
 * things tell such a request from a program's:
 *
 *   Origin, Sec-Fetch-Site   sent by a page of another site: refused, always
 *   Host                     a name that the page's owner made an alias of this address (DNS
 *                            rebinding): refused where rest.allowed_hosts says what names are
 *                            ours.  An address, localhost and a Unix socket need no entry
 *
 * Names are not checked unless that is configured: proxies send what they like there, nginx
 * the name of its `upstream`, Envoy and Caddy the host of the request that they ask about.
 * Forward auth is never guarded: its fields are those of the original request.
 */
#ifndef SIDECAR_REST_GUARD_H
#define SIDECAR_REST_GUARD_H

#include "config/config.h"
#include "net/http1.h"

/* What host and port name, and what an origin does: "[::1]:80" is "[::1]". */
str_t rest_guard_host(str_t authority);
bool rest_guard_is_ours(const struct config_list *allowed, str_t authority);
bool rest_guard_is_foreign(str_t origin, str_t authority);

/* NULL: let it in; otherwise the sentence that says why not. */
const char *rest_guard_refuses(const struct config *, const struct http1_exchange *);

#endif
