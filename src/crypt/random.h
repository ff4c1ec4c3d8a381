/* SPDX-License-Identifier: Apache-2.0 */
/* random: bytes from the kernel (getrandom(2)); waits only before the kernel's pool is first ready. */
#ifndef CRYPT_RANDOM_H
#define CRYPT_RANDOM_H

#include <stddef.h>

void random_bytes(void *, size_t);

#endif
