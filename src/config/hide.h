/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hide: the text of a configuration as findings may quote it.
 *
 * A finding shows its line, and with a key misspelt or two keys in one line that line can
 * hold a secret.  What stands behind something that is named like one becomes asterisks, byte
 * by byte, so that columns stay.  It need not be a key that exists.
 */
#ifndef CONFIG_HIDE_H
#define CONFIG_HIDE_H

#include "base/arena.h"
#include "base/str.h"

str_t config_hide_secrets(struct arena *, str_t text); /* empty: no memory, nothing is shown */

#endif
