/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/reach.h"

bool
reach_is_local(const struct address *given)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	struct address a = address_meant(*given);
	const uint8_t *b = a.bytes;

	if (a.is_v6)
		return memcmp(b, loopback, sizeof(loopback)) == 0 || (b[0] & 0xfe) == 0xfc;
	return b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	    (b[0] == 192 && b[1] == 168);
}
