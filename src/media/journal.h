/* SPDX-License-Identifier: Apache-2.0 */
/* journal: how far a transaction got, in DIR/journal.json; replaced whole at each step. */
#ifndef MEDIA_JOURNAL_H
#define MEDIA_JOURNAL_H

#include "media/transaction.h"

enum journal_state {
	JOURNAL_STAGING, /* no target was touched */
	JOURNAL_PUTTING, /* any of them may be new */
	JOURNAL_KEPT,    /* all are new, and stay */
};

err_t journal_write(struct transaction *, enum journal_state, struct diag *);
/* ERR_NOT_FOUND: there is none, and no finding.  Fills in changes and receipt. */
err_t journal_read(struct transaction *, struct diag *, enum journal_state *ret);
/* What a death while it was written left. */
void journal_clean(struct transaction *);
err_t journal_remove(struct transaction *, struct diag *);

#endif
