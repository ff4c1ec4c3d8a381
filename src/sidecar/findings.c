/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/findings.h"

void
findings_log(const struct log *log, const struct diag *diag, size_t skip)
{
	for (const struct diag_finding *f = diag->first; f != NULL; f = f->next) {
		struct log_attribute where[] = { LOG_STR("code", f->code), LOG_STR("help", f->hint),
			LOG_STR("file", f->place.file), LOG_INT("row", f->place.row),
			LOG_INT("col", f->place.col) };

		if (skip > 0) {
			skip--;
			continue;
		}
		log_write(log, f->level == DIAG_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, f->message,
		    where, f->place.file.len > 0 ? COUNT(where) : 2);
	}
}
