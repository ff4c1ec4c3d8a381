/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tag: HMAC-SHA256 over a file's bytes, in a file beside it (`NAME.hmac`).
 *
 * 64 hexadecimal digits and a newline.  The key is whatever bytes its file has, less a
 * last newline: TAG_KEY_MIN at least, mode 0600.
 */
#ifndef SETTINGS_TAG_H
#define SETTINGS_TAG_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

enum { TAG_KEY_MIN = 16, TAG_KEY_MAX = 4096, TAG_LEN = 64 };

/* The key's bytes, to be wiped by the caller.  The finding names the file and the mend. */
err_t tag_key_read(const char *path, struct buf *ret, struct diag *);
void tag_make(str_t key, str_t text, char ret[TAG_LEN]);
/* ERR_SIGNATURE: it is another tag, or none. */
err_t tag_check(str_t key, str_t text, str_t tag);

#endif
