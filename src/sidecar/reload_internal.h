/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_internal: between the files of reload.
 *
 * Each take_ function reads one kind of file, checks it, and puts its text into use; if it is
 * refused, the text in use stays, the findings say why, and the answer is an error.
 */
#ifndef SIDECAR_RELOAD_INTERNAL_H
#define SIDECAR_RELOAD_INTERNAL_H

#include "base/file.h"
#include "sidecar/reload.h"

enum { RELOAD_SETTINGS_MAX = 8 << 20 };

void reload_set_name(struct buf *, str_t);
void reload_swap(struct buf *, struct buf *);
/* What is in use of this part was taken, or a newer one refused; `changed`: it is another one than before. */
void reload_note_part(struct reload *, enum vitals_part, err_t, bool changed);
/* Empty, and no finding, if the file is not there. */
err_t reload_read_optional(str_t path, enum file_trust, struct buf *, struct diag *);

err_t reload_take_keys(struct reload *, const struct config *, struct diag *);
err_t reload_take_settings(struct reload *, const struct config *, struct diag *);
err_t reload_take_license(struct reload *, const struct config *, struct diag *);
err_t reload_take_tls(struct reload *, const struct config *, struct diag *);

#endif
