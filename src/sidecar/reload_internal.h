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
/* What a new rulebook shall have in place of what is in use; borrowed. */
struct reload_candidate {
	struct rulebook_bundle bundles[CONFIG_DELIVERIES_MAX];
	bool is_new[CONFIG_DELIVERIES_MAX];
	size_t count; /* as many as r->bundles; one without bytes is none */
	bool allow_rollback;
};

/* Makes and publishes; nothing but the floors changes if it is refused. */
err_t reload_try(struct reload *, const struct reload_candidate *, struct diag *);

/* reload_bundles: each bundle that the configuration names, with its memory. */
err_t reload_name_bundles(struct reload *, const struct config *, struct diag *);
void reload_current_bundles(const struct reload *, struct reload_candidate *ret);
err_t reload_take_bundles(struct reload *, const struct config *, struct diag *);
err_t reload_first_bundles(struct reload *, const struct config *, struct diag *);
err_t reload_take_bundle(struct reload *, size_t which, struct buf *bytes, str_t name,
    bool allow_rollback, struct diag *);

/* reload_floor: whether the revisions may come into use, and that they do. */
err_t reload_judge(struct reload *, const struct rulebook *, const struct reload_candidate *,
    struct diag *);
void reload_remember(struct reload *, const struct rulebook *, const struct reload_candidate *,
    struct diag *);

err_t reload_take_tls(struct reload *, const struct config *, struct diag *);

#endif
