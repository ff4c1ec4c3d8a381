/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread: threads that no signal is for.
 *
 *   failure  ERR_MEMORY: there is none more
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

err_t thread_start(pthread_t *, void *(*run)(void *), void *argument, bool *ret_has);

#endif
