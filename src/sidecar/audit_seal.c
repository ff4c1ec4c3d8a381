/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit_seal.h"

#include "audit/checkpoint.h"
#include "base/file.h"

enum { STATE_MODE = 0700 };

/* A name without what a key's line cannot hold. */
static str_t
name_of(struct arena *arena, str_t service)
{
	str_t front = STR("coresdk-audit/");
	size_t len = front.len + service.len < AUDIT_SEAL_NAME_MAX ? service.len : AUDIT_SEAL_NAME_MAX - front.len;
	char *name = arena_alloc(arena, front.len + len + 1, 1);

	if (name == NULL)
		return STR_NONE;
	memcpy(name, front.data, front.len);
	for (size_t i = 0; i < len; i++) {
		char c = service.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '.' || c == '_' || c == '-';

		name[front.len + i] = plain ? c : '-';
	}
	return str_make(name, front.len + len);
}

err_t
audit_seal_open(struct arena *arena, const struct config *c, struct diag *diag, struct audit_sealer **ret)
{
	struct audit_seal_options options = {
		.log_path = c->audit_file_path,
		.name = name_of(arena, c->service_name),
		.key_path = c->audit_checkpoint_key_path,
		.path = c->audit_checkpoint_path,
		.every_secs = (uint32_t)c->audit_checkpoint_every_secs,
		.every_records = (uint64_t)c->audit_checkpoint_every_records,
	};

	if (arena_failed(arena))
		return ERR_MEMORY;
	TRY(file_make_dirs(NULL, c->data_dir.data, STATE_MODE, diag));
	return audit_sealer_new(&options, diag, ret);
}

void
audit_seal_watch(const struct log *log, const struct audit_status *status, uint64_t *told)
{
	if (status->seals_failed == *told)
		return;
	*told = status->seals_failed;
	log_warn(log, "no checkpoint of the audit log could be written",
	    LOG_STR("cause", str_of(strerror(status->seal_error))),
	    LOG_INT("failed", (int64_t)status->seals_failed));
}
