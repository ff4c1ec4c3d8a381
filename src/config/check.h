/* SPDX-License-Identifier: Apache-2.0 */
/* check: what keys say together, once each is right by itself. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/config.h"

/* Also fills in what one key lends another: auth.jwks_path, audit.spill.path, tls.mode. */
void config_check(struct arena *, struct config *, struct diag *);

/* host:port, [host]:port: is it one that only this machine can reach? */
bool config_address_is_loopback(str_t address);

int config_unix_mode(const struct config *); /* of listen.unix_mode; -1: it is no mode */

/* A finding at the place of the key. */
struct diag_finding *config_refuse(
    const struct config *, struct diag *, enum config_key, const char *why);
void config_check_courier(const struct config *, struct diag *);
bool config_wants_s3(const struct config *); /* audit.sink lists it */

#endif
