/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_table: the methods by path, and what calls keep of their metadata.  Only grpc.c looks inside. */
#ifndef NET_GRPC_TABLE_H
#define NET_GRPC_TABLE_H

#include "net/grpc.h"

struct grpc_table {
	const struct grpc_method *methods;
	uint32_t *slots; /* 1 + index into methods; 0: free */
	size_t slot_mask;
	size_t message_limit;
	str_t metadata[GRPC_METADATA_MAX];
	size_t metadata_count;
	uint64_t metadata_lengths; /* bit n: one of them has n bytes */
};

const struct grpc_method *grpc_table_find(const struct grpc_table *, str_t path); /* NULL: there is none */

#endif
