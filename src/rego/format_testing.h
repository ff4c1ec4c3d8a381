/* SPDX-License-Identifier: Apache-2.0 */
/* format_testing: tables of texts, before and after; a text that is to stay has no `after`. */
#ifndef REGO_FORMAT_TESTING_H
#define REGO_FORMAT_TESTING_H

#include "rego/format.h"
#include "tap.h"

struct format_row {
	const char *before, *after;
};

/* What is around the texts: "%s" is where they go. */
#define FORMAT_MODULE "package t\n\n%s\n"
#define FORMAT_TERM "package t\n\nx := %s\n"
#define FORMAT_LITERAL "package t\n\np if {\n\t%s\n}\n"
#define FORMAT_LOGIC                                                                          \
	"package t\n\nimport future.keywords.and\nimport future.keywords.not\n"               \
	"import future.keywords.or\n\np if {\n\t%s\n}\n"

/* An ok for each row: formatted it is `after`, which is the same to rego_format_same() and
 * stays. */
void format_rows(const char *name, const char *around, enum rego_version,
    const struct rego_format_options *, const struct format_row *, size_t count);

#define FORMAT_ROWS(name, around, version, rows)                                              \
	format_rows(name, around, version, NULL, rows, COUNT(rows))

#endif
