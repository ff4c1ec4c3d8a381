/* SPDX-License-Identifier: Apache-2.0 */
/* media_print: deliveries, what came of them, and receipts, as text or JSON. */
#ifndef CLI_MEDIA_PRINT_H
#define CLI_MEDIA_PRINT_H

#include "cli/cli.h"
#include "media/apply.h"

void media_print(struct cli *, const struct media *);
void media_print_applied(
    struct cli *, const struct apply_options *, const struct apply_result *);
/* The latest state of each host: what it runs since when. */
void media_print_report(struct cli *, const struct receipt *, size_t count);

#endif
