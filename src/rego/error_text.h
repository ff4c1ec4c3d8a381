/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error_text: findings as the one text that OPA's errors are in Go, for built-ins and
 * messages that contain them.
 */
#ifndef REGO_ERROR_TEXT_H
#define REGO_ERROR_TEXT_H

#include "base/diag.h"

/* "1 error occurred: a.rego:1: rego_parse_error: ...", with the line and a caret below. */
str_t rego_error_text(struct arena *, const struct diag *);

#endif
