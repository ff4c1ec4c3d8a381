/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/commons.h"

err_t
commons_open(struct commons *c, const struct config *config, const struct log *log, struct diag *diag)
{
	*c = (struct commons){ .log = log,
		.secrets_dir = config->secrets_dir,
		.credentials_dir = config->secrets_credentials_dir };
	c->limiter = limiter_new((size_t)config->rate_limit_max_keys);
	return c->limiter != NULL ? ERR_OK : ERR_MEMORY;
}

void
commons_close(struct commons *c)
{
	limiter_free(&c->limiter);
	*c = (struct commons){ 0 };
}
