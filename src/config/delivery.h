/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery: the bundles that the configuration names, each with whom it is believed from.
 *
 * The first is the main one, of cache.policy_bundle_path; the others are the entries of
 * policy.bundles:
 *
 *   name=geo path=/etc/coresdk/geo.tar.gz verify_keys=/etc/coresdk/geo.pub scope=edge
 *
 * What an entry does not say is as in policy.*.
 */
#ifndef CONFIG_DELIVERY_H
#define CONFIG_DELIVERY_H

#include "config/config.h"

enum { CONFIG_DELIVERIES_MAX = 16, CONFIG_DELIVERY_NAME_MAX = 64 };

struct config_delivery {
	str_t name; /* "main", or the entry's: small letters, digits, - and _ */
	str_t path, scope;
	struct config_list verify_keys;
	int64_t verify_threshold;
};

void config_delivery_main(const struct config *, struct config_delivery *ret);
/* An empty text: it is read.  Otherwise what is wrong with it. */
str_t config_delivery_read(
    struct arena *, const struct config *, str_t entry, struct config_delivery *ret);

#endif
