/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_text: the texts of the gRPC protocol: timeouts, messages, content types.
 *
 * Pure functions over outside bytes; grpc.c uses them on header fields.
 */
#ifndef NET_GRPC_TEXT_H
#define NET_GRPC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* "100m": at most 8 digits and one of H M S m u n. */
bool grpc_timeout_read(str_t text, int64_t *ret_ns);

/* Percent-encodes what is not printable ASCII, and "%"; cut where `out` is full. */
void grpc_message_write(struct buf *out, str_t text);

enum grpc_content { GRPC_CONTENT_PROTO, GRPC_CONTENT_OTHER_GRPC, GRPC_CONTENT_NOT_GRPC };

enum grpc_content grpc_content_read(str_t content_type);

#endif
