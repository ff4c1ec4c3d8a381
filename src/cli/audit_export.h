/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_export: a record of the audit log in the forms that other programs read.
 *
 * CSV is RFC 4180's; a cell that a spreadsheet would take for a formula gets a `'` before
 * it.  CEF is version 0 of ArcSight's format, one line a record.
 */
#ifndef CLI_AUDIT_EXPORT_H
#define CLI_AUDIT_EXPORT_H

#include "audit/entry.h"

void audit_export_csv_head(struct buf *);
err_t audit_export_csv(struct buf *, const struct audit_entry *, const struct audit_link *);
void audit_export_cef(struct buf *, const struct audit_entry *, const struct audit_link *);

#endif
