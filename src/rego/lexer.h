/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexer: Rego text to lexemes.
 *
 * A lexer is a small value: copying it saves a place to come back to.  It
 * borrows the text and allocates nothing.  Which names are keywords is the
 * caller's choice and may change between lexemes.
 *
 * Rows and columns are OPA's: columns count code points from 1, the line feed
 * itself stands at column 0 of the row it begins, and the end of the text at the
 * column of the last character.
 *
 *   failure  a malformed lexeme comes with one or more findings (at most
 *            LEXER_FINDINGS are kept); the caller reports them at its position
 */
#ifndef REGO_LEXER_H
#define REGO_LEXER_H

#include "base/arena.h"
#include "base/str.h"

enum lexeme_kind {
#define LEXEME(name, text) LEX_##name,
#define KEYWORD(name, text, when) LEX_##name,
#include "rego/lexeme.def"
#undef KEYWORD
#undef LEXEME
	LEX_COUNT
};

/* Keywords that are not keywords everywhere. */
enum {
	REGO_WORD_NOT = 1,
	REGO_WORD_IN = 2,
	REGO_WORD_EVERY = 4,
	REGO_WORD_CONTAINS = 8,
	REGO_WORD_IF = 16,
	REGO_WORD_AND = 32,
	REGO_WORD_OR = 64,
	REGO_WORDS_V1 = REGO_WORD_IN | REGO_WORD_EVERY | REGO_WORD_CONTAINS | REGO_WORD_IF,
};

enum { LEXER_FINDINGS = 4 };

struct lexeme {
	enum lexeme_kind kind;
	uint32_t row, col;
	uint32_t offset, end; /* the text is [offset, end) */
};

struct lexer {
	str_t text;
	uint32_t at, next; /* of the current character, and of the one behind it */
	int32_t rune; /* the current character; -1 at the end */
	uint32_t row, col;
	unsigned words; /* REGO_WORD_... that are keywords now */
	const char *findings[LEXER_FINDINGS];
	unsigned finding_count;
};

void rego_lexer_init(struct lexer *, str_t text, unsigned words);

/*
 * What is wrong with the lexeme is in lexer->findings; the caller takes it and
 * sets finding_count back to 0.
 */
void rego_lexer_next(struct lexer *, struct lexeme *ret);
/* When the current lexeme is the } that ends a template's expression: what follows it. */
void rego_lexer_next_template(struct lexer *, bool raw, struct lexeme *ret);

const char *rego_lexeme_text(enum lexeme_kind);
/* LEX_NAME if `name` is no keyword under `words`. */
enum lexeme_kind rego_lexeme_keyword(str_t name, unsigned words);
bool rego_lexeme_is_keyword(enum lexeme_kind);
/* The bit of a keyword that is not always one; 0 for all else. */
unsigned rego_word_find(str_t name);

/*
 * What stands between the quotes, escapes undone as JSON does (a lone surrogate
 * becomes U+FFFD).  In a template \{ is an escape too.  False: not legal, or the
 * arena refused.
 */
bool rego_lexeme_unescape(struct arena *, str_t inner, bool template, str_t *ret);
/* Only \{, for `raw templates`. */
bool rego_lexeme_unescape_raw(struct arena *, str_t inner, str_t *ret);

#endif
