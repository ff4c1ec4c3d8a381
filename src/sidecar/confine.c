/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/confine.h"

#include <sys/stat.h>

#include "base/file.h"
#include "config/delivery.h"
#include "config/issuer.h"

enum { DATA_DIR_MODE = 0700, AUDIT_DIR_MODE = 0750 };
#define GRANTS_BYTES_MAX ((size_t)16 << 20)

static void
grant_to_read(struct grants *g, str_t path)
{
	struct stat st;

	if (path.len > 0 && stat(path.data, &st) == 0 && S_ISDIR(st.st_mode))
		grant_directory(g, path, GRANT_READ);
	else
		grant_file(g, path, GRANT_READ);
}

/* Those whose directories are more, or less, than to be read. */
static bool
has_its_own_grant(enum config_key key)
{
	return key == CONFIG_KEY_data_dir || key == CONFIG_KEY_audit_file_path || key == CONFIG_KEY_audit_spill_path ||
	    key == CONFIG_KEY_audit_checkpoint_path || key == CONFIG_KEY_audit_checkpoint_key_path ||
	    key == CONFIG_KEY_listen_unix || key == CONFIG_KEY_listen_admin;
}

static void
grant_delivery(struct grants *g, const struct config_delivery *d)
{
	grant_to_read(g, d->path);
	for (size_t i = 0; i < d->verify_keys.count; i++)
		grant_to_read(g, d->verify_keys.at[i]);
}

static void
grant_reading(struct grants *g, const struct daemon *d)
{
	const struct config *c = &d->config;
	struct config_delivery delivery;
	struct config_issuer issuer;

	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct config_row *row = config_row(key);

		if (row->type == CONFIG_TYPE_PATH && !has_its_own_grant(key))
			grant_to_read(g, *(const str_t *)((const char *)c + row->offset));
	}
	for (size_t i = 0; i < c->policy_verify_keys.count; i++)
		grant_to_read(g, c->policy_verify_keys.at[i]);
	for (size_t i = 0; i < c->policy_bundles.count; i++)
		if (config_delivery_read(g->arena, c, c->policy_bundles.at[i], &delivery).len == 0)
			grant_delivery(g, &delivery);
	for (size_t i = 0; i < c->auth_issuers.count; i++)
		if (config_issuer_read(g->arena, c, c->auth_issuers.at[i], &issuer).len == 0)
			grant_to_read(g, issuer.jwks_path);
	for (size_t i = 0; i < c->sandbox_read_dirs.count; i++)
		grant_directory(g, c->sandbox_read_dirs.at[i], GRANT_READ);
	/* Where a configuration is looked for, also if there is none yet. */
	grant_to_read(g, d->inputs.path);
	grant_file(g, STR("coresdk-sidecar.yaml"), GRANT_READ);
	grant_file(g, STR("/etc/coresdk/coresdk-sidecar.yaml"), GRANT_READ);
	grant_directory(g, STR("/usr/share/zoneinfo"), GRANT_READ);
}

static void
make_parent(struct arena *arena, str_t path, mode_t mode)
{
	while (path.len > 1 && path.data[path.len - 1] != '/')
		path.len--;
	if (path.len > 1)
		(void)mkdir(arena_str(arena, path).data, mode); /* as its writer does; it will say why not */
}

static void
grant_writing(struct grants *g, const struct config *c)
{
	/* A name is granted only where something stands: so it must, by now. */
	(void)!file_make_dirs(NULL, c->data_dir.data, DATA_DIR_MODE, NULL);
	make_parent(g->arena, c->audit_file_path, AUDIT_DIR_MODE);
	grant_directory(g, c->data_dir, GRANT_WRITE);
	grant_file(g, c->audit_file_path, GRANT_WRITE);
	grant_file(g, c->audit_spill_path, GRANT_WRITE);
	grant_file(g, c->audit_checkpoint_path, GRANT_WRITE);
	grant_file(g, c->audit_checkpoint_key_path, GRANT_WRITE);
	grant_file(g, c->listen_unix, GRANT_REMOVE);
	grant_file(g, c->listen_admin, GRANT_REMOVE);
}

static void
log_layers(const struct log *log, const struct sandbox_report *r)
{
	struct log_attribute states[SANDBOX_LAYER_COUNT];

	for (enum sandbox_layer i = 0; i < SANDBOX_LAYER_COUNT; i++) {
		const struct sandbox_outcome *o = &r->layer[i];

		states[i] = LOG_STR(sandbox_layer_name(i), str_of(sandbox_state_name(o->state)));
		if (o->state == SANDBOX_MISSING || o->state == SANDBOX_PARTIAL)
			log_warn(log, "a layer of the sandbox does not hold here", LOG_STR("layer", str_of(sandbox_layer_name(i))),
			    LOG_STR("state", str_of(sandbox_state_name(o->state))), LOG_STR("cause", str_of(o->detail)));
		else
			log_debug(log, "a layer of the sandbox", LOG_STR("layer", str_of(sandbox_layer_name(i))),
			    LOG_STR("detail", str_of(o->detail)));
	}
	log_write(log, LOG_LEVEL_INFO, STR("sandbox"), states, COUNT(states));
}

err_t
confine_daemon(struct daemon *d, struct diag *diag)
{
	const struct config *c = &d->config;
	struct grants grants = { .arena = arena_new(GRANTS_BYTES_MAX) };
	struct sandbox_options options = {
		.wish = { [SANDBOX_NETNS] = (enum sandbox_wish)c->sandbox_netns,
		    [SANDBOX_LANDLOCK] = (enum sandbox_wish)c->sandbox_landlock,
		    [SANDBOX_SECCOMP] = (enum sandbox_wish)c->sandbox_seccomp },
		.grants = &grants,
	};
	err_t err = ERR_MEMORY;

	if (grants.arena == NULL)
		return err;
	grant_writing(&grants, c);
	grant_reading(&grants, d);
	if (!arena_failed(grants.arena))
		err = sandbox_enter(&options, diag, &d->sandbox);
	if (err == ERR_OK)
		log_layers(&d->log, &d->sandbox);
	arena_free(&grants.arena);
	return err;
}
