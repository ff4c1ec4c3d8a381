/* SPDX-License-Identifier: Apache-2.0 */
/* manifest: .manifest of a bundle, and what it allows. */
#ifndef BUNDLE_MANIFEST_H
#define BUNDLE_MANIFEST_H

#include "bundle/bundle.h"

/* An absent manifest is one whose root is everything. */
void manifest_init(struct bundle_manifest *);
err_t manifest_read(value_t document, struct arena *, struct diag *, struct bundle_manifest *ret);

/* Whether one of the roots holds the path ("authz/orders"; "" is the whole document). */
bool manifest_allows(const struct bundle_manifest *, str_t path);
err_t manifest_check_data(const struct bundle_manifest *, value_t data, struct arena *,
    struct diag *);
int manifest_rego_version(const struct bundle_manifest *, str_t file_name);

#endif
