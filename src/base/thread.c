/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <signal.h>

err_t
thread_start(pthread_t *thread, void *(*run)(void *), void *argument, bool *ret_has)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, run, argument);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	*ret_has = error == 0;
	return error == 0 ? ERR_OK : ERR_MEMORY;
}
