/* SPDX-License-Identifier: Apache-2.0 */
/* file: the YAML text, walked key by key into a configuration. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "config/config.h"

/* ERR_CONFIG: the diag has the findings; what was right is set. */
err_t config_file_read(struct arena *, str_t name, str_t text, struct diag *, struct config *);

/* The key of that path; CONFIG_KEY_COUNT: none. */
enum config_key config_key_find(str_t path);
/* The known path (or section) that looks most like it; empty: nothing is near. */
str_t config_key_nearest(struct arena *, str_t path);

#endif
