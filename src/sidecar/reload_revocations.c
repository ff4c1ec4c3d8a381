/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is revoked in a delivered list is revoked for good: it goes into the list in data_dir,
 * and a later delivery without it takes nothing back.
 */
#include "base/clock.h"
#include "sidecar/reload_internal.h"
#include "token/revoked.h"

enum { LIST_MAX = 64 << 20 };

err_t
reload_take_revocations(struct reload *r, const struct config *c, struct diag *diag)
{
	size_t added = 0, spoiled = 0;
	struct buf list;
	err_t err;

	if (r->revoked == NULL)
		return ERR_OK;
	buf_init(&list, LIST_MAX);
	err = reload_read_optional(c->auth_revocations_path, FILE_OURS, &list, diag);
	if (err == ERR_OK && list.len > 0) {
		err = revoked_merge(
		    r->revoked, buf_str(&list), clock_wall_s(&clock_system), &added, &spoiled);
		if (err != ERR_OK)
			diag_say(diag, "revocations", "%.*s: not all of it could be taken: %s",
			    STR_FMT(c->auth_revocations_path), err_text(err));
	}
	buf_fini(&list);
	if (added > 0)
		log_info(r->log, "delivered revocations are in force",
		    LOG_INT("added", (int64_t)added));
	if (spoiled > 0) {
		diag_say(diag, "revocations",
		    "%.*s: %zu lines are not a digest, a blank and a time; the others were "
		    "taken",
		    STR_FMT(c->auth_revocations_path), spoiled);
		err = err == ERR_OK ? ERR_SYNTAX : err;
	}
	return err;
}
