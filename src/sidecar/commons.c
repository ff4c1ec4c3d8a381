/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/commons.h"

err_t
commons_open(struct commons *c, const struct config *config, const struct log *log, struct diag *diag)
{
	*c = (struct commons){ .log = log };
	return ERR_OK;
}

void
commons_close(struct commons *c)
{
	*c = (struct commons){ 0 };
}
