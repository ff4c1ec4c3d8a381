/* SPDX-License-Identifier: Apache-2.0 */
/* reason: names and sentences of reason.def. */
#ifndef TOKEN_REASON_H
#define TOKEN_REASON_H

enum token_reason {
#define REASON(name, string, sentence) TOKEN_##name,
#include "token/reason.def"
#undef REASON
};

const char *token_reason_name(enum token_reason); /* "token_expired" */
const char *token_reason_text(enum token_reason); /* without a full stop */

#endif
