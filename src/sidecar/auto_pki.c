/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/auto_pki.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "crypt/pki.h"

enum {
	DAY_S = 86400,
	CA_DAYS = 3650,
	LEAF_DAYS = 365,
	RENEW_DAYS = 30, /* before its end */
	EARLY_S = 3600, /* clocks of two processes may differ */
	DIR_MODE = 0750, /* the group may read the client's files */
	PUBLIC_MODE = 0644,
	CLIENT_KEY_MODE = 0640,
	SECRET_MODE = 0600,
	HOST_MAX = 64, /* HOST_NAME_MAX */
};

struct making {
	const struct config *config;
	const struct log *log;
	struct diag *diag;
	int64_t now_s;
	char alternatives[HOST_MAX + 64];
	struct pki_pair ca;
};

static const char *
path_of(struct making *m, const char *name, const char *ending)
{
	return arena_printf(m->diag->arena, "%.*s/pki/%s.%s", STR_FMT(m->config->data_dir), name, ending).data;
}

/* What is not there is empty. */
static err_t
read_one(const char *path, enum file_trust trust, struct buf *out, struct diag *diag)
{
	return access(path, F_OK) == 0 ? file_read(NULL, path, trust, out, diag) : ERR_OK;
}

static err_t
read_pair(struct making *m, const char *name, enum file_trust trust, struct pki_pair *ret)
{
	TRY(read_one(path_of(m, name, "crt"), FILE_OURS, &ret->certificate, m->diag));
	return read_one(path_of(m, name, "key"), trust, &ret->key, m->diag);
}

/* The key first: a certificate without its key would look whole and be of no use. */
static err_t
write_pair(struct making *m, const char *name, mode_t key_mode, const struct pki_pair *p)
{
	TRY(file_replace(NULL, path_of(m, name, "key"), key_mode, buf_str(&p->key), m->diag));
	TRY(file_replace(NULL, path_of(m, name, "crt"), PUBLIC_MODE, buf_str(&p->certificate), m->diag));
	log_info(m->log, "a certificate was made", LOG_STR("path", str_of(path_of(m, name, "crt"))));
	return ERR_OK;
}

static err_t
prepare_ca(struct making *m)
{
	const struct pki_wish wish = { .name = "CoreSDK sidecar CA",
		.from_s = m->now_s - EARLY_S,
		.to_s = m->now_s + (int64_t)CA_DAYS * DAY_S };

	TRY(read_pair(m, "ca", FILE_SECRET, &m->ca));
	if (pki_pair_is_good(&m->ca, NULL, m->now_s, m->now_s + (int64_t)RENEW_DAYS * DAY_S))
		return ERR_OK;
	if (m->ca.certificate.len > 0 &&
	    !pki_pair_is_good(&m->ca, NULL, m->now_s, 0)) {
		diag_say(m->diag, "tls",
		    "%s cannot be used, or is not of %s: mend them, or remove the directory and give clients the new CA",
		    path_of(m, "ca", "crt"), path_of(m, "ca", "key"));
		return ERR_KEY;
	}
	TRY(pki_authority_make(&wish, &m->ca));
	return write_pair(m, "ca", SECRET_MODE, &m->ca);
}

static err_t
prepare_leaf(struct making *m, const char *name, bool is_server)
{
	const struct pki_wish wish = { .name = is_server ? "CoreSDK sidecar" : "CoreSDK client",
		.alternatives = m->alternatives,
		.is_server = is_server,
		.from_s = m->now_s - EARLY_S,
		.to_s = m->now_s + (int64_t)LEAF_DAYS * DAY_S };
	struct pki_pair p;
	err_t err;

	pki_pair_init(&p);
	err = read_pair(m, name, FILE_ANY, &p);
	if (err == ERR_OK && (p.key.len == 0 ||
		!pki_pair_is_good(&p, &m->ca, m->now_s, m->now_s + (int64_t)RENEW_DAYS * DAY_S))) {
		err = pki_leaf_make(&m->ca, &wish, &p);
		if (err == ERR_KEY)
			diag_say(m->diag, "tls", "%s must be made anew, and %s is not there to sign it",
			    path_of(m, name, "crt"), path_of(m, "ca", "key"));
		if (err == ERR_OK)
			err = write_pair(m, name, is_server ? SECRET_MODE : CLIENT_KEY_MODE, &p);
	}
	pki_pair_fini(&p);
	return err;
}

/* What is not a name of letters, digits and hyphens is no name of a host. */
static void
name_host(struct making *m)
{
	char host[HOST_MAX + 1] = "";
	size_t len;

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	len = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
	if (host[len] != '\0' || strcmp(host, "localhost") == 0)
		host[0] = '\0';
	(void)snprintf(m->alternatives, sizeof(m->alternatives), "DNS:localhost,IP:127.0.0.1,IP:::1%s%s",
	    host[0] != '\0' ? ",DNS:" : "", host);
}

err_t
auto_pki_prepare(const struct config *config, const struct clock *clock, const struct log *log,
    struct diag *diag)
{
	struct making m = { .config = config, .log = log, .diag = diag, .now_s = clock_wall_s(clock) };
	err_t err;

	if (!config->tls_makes_certificates)
		return ERR_OK;
	name_host(&m);
	pki_pair_init(&m.ca);
	err = file_make_dirs(NULL, arena_printf(diag->arena, "%.*s/pki", STR_FMT(config->data_dir)).data, DIR_MODE, diag);
	if (err == ERR_OK)
		err = prepare_ca(&m);
	if (err == ERR_OK)
		err = prepare_leaf(&m, "server", true);
	if (err == ERR_OK)
		err = prepare_leaf(&m, "client", false);
	pki_pair_fini(&m.ca);
	return err;
}
