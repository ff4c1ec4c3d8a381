/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/must.h"

void
random_bytes(void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* Nothing safe can be done without randomness, and the call has no other failure. */
		must(got > 0);
		at += got;
		len -= (size_t)got;
	}
}
