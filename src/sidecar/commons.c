/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/commons.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

/* A list that cannot be read or written is a finding: what is revoked from now on counts all the same. */
static err_t
open_revoked(struct commons *c, struct arena *arena, const struct config *config, struct diag *diag)
{
	bool sync = config->audit_durability == CONFIG_DURABILITY_FDATASYNC;

	c->revoked = revoked_new((size_t)config->auth_revoked_max, NULL);
	c->revoked_path = arena_printf(arena, "%.*s/revoked-tokens", STR_FMT(config->data_dir));
	if (c->revoked == NULL || arena_failed(arena))
		return ERR_MEMORY;
	(void)!revoked_open(c->revoked, c->revoked_path.data, sync, clock_wall_s(&clock_system), diag);
	return ERR_OK;
}

err_t
commons_init(struct commons *c)
{
	*c = (struct commons){ .statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC) };
	vitals_open(&c->vitals);
	return metric_tenants_open(&c->tenants);
}

err_t
commons_open(struct commons *c, struct arena *arena, const struct config *config, const struct log *log,
    struct clock_mark *clock, struct diag *diag)
{
	c->log = log;
	c->clock = clock;
	c->secrets_dir = config->secrets_dir;
	c->credentials_dir = config->secrets_credentials_dir;
	unknown_kids_init(&c->unknown_kids);
	c->limiter = limiter_new((size_t)config->rate_limit_max_keys);
	if (c->limiter == NULL)
		return ERR_MEMORY;
	return open_revoked(c, arena, config, diag);
}

void
commons_close(struct commons *c)
{
	limiter_free(&c->limiter);
	revoked_free(&c->revoked);
	if (c->clock != NULL) /* it was opened */
		unknown_kids_fini(&c->unknown_kids);
	if (c->statm_fd >= 0)
		(void)close(c->statm_fd);
	metric_tenants_close(&c->tenants);
	vitals_close(&c->vitals);
	*c = (struct commons){ .statm_fd = -1 };
}
