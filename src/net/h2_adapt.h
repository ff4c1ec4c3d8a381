/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_adapt: memory and header fields, as nghttp2 wants them.
 *
 * Streams and frames come and go by the thousand and are of few sizes: a pool of
 * the server's gives their memory out again without asking the C library.
 *
 *   lifetime  what is returned borrows the pool, or the fields' texts
 *   limits    H2_RESPONSE_FIELDS of one response
 *   failure   memory: NULL, as malloc's
 *   threads   the pool's
 */
#ifndef NET_H2_ADAPT_H
#define NET_H2_ADAPT_H

#include <nghttp2/nghttp2.h>

#include "base/pool.h"
#include "net/h2.h"

enum { H2_RESPONSE_FIELDS = 16 };

nghttp2_mem h2_adapt_memory(struct pool *);
size_t h2_adapt_fields(const struct h2_field *, size_t count, nghttp2_nv nvs[H2_RESPONSE_FIELDS]); /* count */

#endif
