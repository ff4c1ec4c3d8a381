/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_print.h"
#include "rego/parser_internal.h"

/* ---- limits ---- */

/* Says that the text is over, once and for all. */
static void
stop(struct parser *p)
{
	p->stopped = true;
	p->s.word.kind = LEX_EOF;
}

/* Gives up for a reason that makes all other errors moot. */
static void
give_up(struct parser *p, const char *why)
{
	if (p->stopped)
		return;
	p->why_stopped = why;
	p->where_stopped = p->s.loc;
	stop(p);
}

bool
parser_enter(struct parser *p, unsigned levels)
{
	if (p->depth + levels > PARSER_DEPTH_LIMIT) {
		give_up(p, "max parsing recursion depth exceeded");
		return false;
	}
	p->depth += levels;
	return true;
}

void
parser_leave(struct parser *p, unsigned levels)
{
	p->depth -= levels;
}

/* ---- lexemes ---- */

str_t
parser_text(const struct parser *p, uint32_t from, uint32_t to)
{
	if (from > to || to > p->text.len)
		return STR_NONE;
	return str_sub(p->text, from, to - from);
}

str_t
parser_word(const struct parser *p)
{
	return parser_text(p, p->s.word.offset, p->s.word.end);
}

static void
keep_comment(struct parser *p)
{
	str_t text = str_skip(parser_word(p), 1);

	while (text.len > 0 && text.data[text.len - 1] == '\r')
		text.len--;
	p->s.comments = parser_note(p, p->s.comments, p->s.loc, text);
}

static void
take_findings(struct parser *p)
{
	struct lexer *x = &p->s.lexer;
	unsigned count = x->finding_count;

	x->finding_count = 0;
	for (unsigned i = 0; i < count; i++)
		parser_error(p, p->s.loc, "%s", x->findings[i]);
	if (count > 0)
		p->s.word.kind = LEX_ILLEGAL;
}

enum scan_mode { SCAN_WORDS, SCAN_SPACE, SCAN_TEMPLATE, SCAN_RAW_TEMPLATE };

static void
scan(struct parser *p, enum scan_mode mode)
{
	struct parser_state *s = &p->s;

	if (s->word.kind != LEX_WHITESPACE) {
		s->last_end = s->word.end;
		s->skipped_newline = false;
	}
	do {
		if (++p->work > p->work_limit)
			give_up(p, "the text is too ambiguous to parse");
		if (p->stopped) {
			stop(p);
			return;
		}
		if (mode == SCAN_TEMPLATE || mode == SCAN_RAW_TEMPLATE)
			rego_lexer_next_template(&s->lexer, mode == SCAN_RAW_TEMPLATE, &s->word);
		else
			rego_lexer_next(&s->lexer, &s->word);
		s->loc = (struct ast_loc){ .file = p->file, .row = s->word.row, .col = s->word.col,
			.offset = s->word.offset, .len = s->word.end - s->word.offset };
		if (s->lexer.finding_count > 0)
			take_findings(p);
		if (s->word.kind == LEX_WHITESPACE && p->text.data[s->word.offset] == '\n')
			s->skipped_newline = true;
		if (s->word.kind == LEX_COMMENT)
			keep_comment(p);
	} while (s->word.kind == LEX_COMMENT ||
	    (s->word.kind == LEX_WHITESPACE && mode == SCAN_WORDS));
}

void
parser_scan(struct parser *p)
{
	scan(p, SCAN_WORDS);
}

void
parser_scan_space(struct parser *p)
{
	scan(p, SCAN_SPACE);
}

void
parser_scan_template(struct parser *p, bool raw)
{
	scan(p, raw ? SCAN_RAW_TEMPLATE : SCAN_TEMPLATE);
}

enum lexeme_kind
parser_peek_space(struct parser *p)
{
	struct parser_state saved = p->s;
	enum lexeme_kind kind;

	parser_scan_space(p);
	kind = p->s.word.kind;
	p->s = saved;
	return kind;
}

bool
parser_name_is_keyword(const struct parser *p, str_t name)
{
	unsigned on = p->options.version == REGO_V1 ? REGO_WORDS_V1 | REGO_WORD_NOT : REGO_WORD_NOT;

	return rego_lexeme_keyword(name, on) != LEX_NAME;
}

bool
parser_is_ref_keyword(const struct parser *p, enum lexeme_kind kind)
{
	str_t name = str_of(rego_lexeme_text(kind));

	if (!rego_lexeme_is_keyword(kind))
		return false;
	return parser_name_is_keyword(p, name) ||
	    rego_lexeme_keyword(name, p->s.lexer.words) != LEX_NAME;
}

bool
parser_take_ref_keyword(struct parser *p)
{
	enum lexeme_kind next;

	if (!parser_is_ref_keyword(p, p->s.word.kind))
		return false;
	next = parser_peek_space(p);
	if (next != LEX_DOT && next != LEX_LBRACK)
		return false;
	p->s.word.kind = LEX_NAME;
	return true;
}

/* ---- statements ---- */

/*
 * `import rego.v1`, and `rego.v2`, which adds the closures of `not`, and `and` and `or`; that
 * one is an experiment as they are.
 */
static void
import_rego(struct parser *p, const struct ast_import *import, str_t version)
{
	struct ast_loc loc = import->path->loc;
	bool is_v2 = str_eq(version, STR("v2"));

	if (import->path->items.count != 2 || (!is_v2 && !str_eq(version, STR("v1"))))
		parser_error(p, loc, "invalid import `%.*s`, must be `rego.v1`",
		    STR_FMT(rego_ast_text(p->scratch, import->path)));
	else if (is_v2 && !p->options.experimental)
		parser_error(p, loc, "invalid import, `rego.v2` is not supported by current capabilities");
	else if ((is_v2 || p->options.version == REGO_V0) && import->alias != NULL)
		parser_error(p, loc, "`rego` imports cannot be aliased");
	else
		p->s.lexer.words |= REGO_WORDS_V1;
	if (is_v2 && p->s.error_count == 0) {
		p->s.lexer.words |= REGO_WORD_AND | REGO_WORD_OR | REGO_WORD_NOT;
		p->not_bodies = true;
	}
}

/* The words of `import future.keywords.x`, `import rego.v1` and so on from here on. */
static void
import_words(struct parser *p, const struct ast_import *import)
{
	const struct ast_terms *path = &import->path->items;
	str_t root = value_str((value_t){ .tag = VALUE_STRING, .count = path->at[0]->var.name->len,
	    .string = path->at[0]->var.name });
	bool future = str_eq(root, STR("future"));
	struct ast_loc loc = import->path->loc;
	str_t second = path->count > 1 ? value_str(path->at[1]->constant) : STR_NONE;
	unsigned words = p->allowed;

	if (!future && !str_eq(root, STR("rego")))
		return;
	if (!future) {
		import_rego(p, import, second);
		return;
	}
	if (path->count < 2 || !str_eq(second, STR("keywords"))) {
		parser_error(p, loc, "invalid import, must be `future.keywords`");
		return;
	}
	if (import->alias != NULL) {
		parser_error(p, loc, "`future` imports cannot be aliased");
		return;
	}
	if (path->count == 3) {
		words = rego_word_find(value_str(path->at[2]->constant));
		if ((words & p->allowed) == 0) {
			parser_error(p, loc, "unexpected keyword, must be one of [%scontains every if in not%s]",
			    p->options.experimental ? "and " : "", p->options.experimental ? " or" : "");
			return;
		}
	}
	if ((words & REGO_WORD_EVERY) != 0)
		words |= REGO_WORD_IN;
	if ((words & REGO_WORD_NOT) != 0)
		p->not_bodies = true;
	p->s.lexer.words |= words;
}

static bool
parse_rule_statements(struct parser *p, struct parser_statements *list)
{
	struct ast_rules rules = { 0 };

	if (!parser_rules(p, &rules))
		return false;
	for (size_t i = 0; i < rules.count; i++)
		(void)VEC_PUSH(p->scratch, list,
		    ((struct parser_statement){ .kind = STATEMENT_RULE,
			.loc = rules.at[i]->loc, .rule = rules.at[i] }));
	return true;
}

/*
 * One statement: package, import, rule, or a body, tried in this order; a kind
 * that does not fit is given up without a trace, one that fails with an error
 * ends the parse.
 */
static bool
parse_statement(struct parser *p, struct parser_statements *list)
{
	struct parser_state saved = p->s;
	struct parser_statement statement = { 0 };
	enum lexeme_kind kind = p->s.word.kind;

	if (kind == LEX_PACKAGE || kind == LEX_IMPORT) {
		bool done = kind == LEX_PACKAGE ? parser_package(p, &statement)
		                                : parser_import(p, &statement);

		if (done) {
			if (kind == LEX_IMPORT)
				import_words(p, &statement.import);
			return VEC_PUSH(p->scratch, list, statement);
		}
		if (p->s.error_count > 0)
			return false;
		p->s = saved;
	}
	if (!p->options.skip_rules) {
		if (parse_rule_statements(p, list))
			return true;
		if (p->s.error_count > 0)
			return false;
		p->s = saved;
	}
	statement.kind = STATEMENT_BODY;
	if (!parser_query(p, true, LEX_EOF, &statement.body))
		return false;
	statement.loc = statement.body.loc;
	return VEC_PUSH(p->scratch, list, statement);
}

static void
parse_statements(struct parser *p, struct parser_statements *list)
{
	parser_scan(p);
	while (p->s.word.kind != LEX_EOF)
		if (!parse_statement(p, list))
			break;
}

/* ---- the public calls ---- */

static err_t
finish(struct parser *p)
{
	if (arena_failed(p->arena) || arena_failed(p->scratch))
		return ERR_LIMIT;
	if (p->why_stopped != NULL) {
		p->s.errors = p->s.hints = NULL;
		parser_error(p, p->where_stopped, "%s", p->why_stopped);
	}
	if (p->s.error_count == 0)
		return ERR_OK;
	parser_report(p);
	return ERR_POLICY;
}

static err_t
open_parser(struct parser *p, struct rego_unit *unit, str_t name, str_t text,
    const struct parser_options *options)
{
	unsigned words = options->words | REGO_WORD_NOT;
	struct rego_file file;

	if (text.len > PARSER_TEXT_LIMIT)
		return ERR_LIMIT;
	file = (struct rego_file){ arena_str(unit->arena, name), arena_str(unit->arena, text) };
	if (!VEC_PUSH(unit->arena, &unit->files, file))
		return ERR_LIMIT;
	if (options->version == REGO_V1)
		words |= REGO_WORDS_V1;
	*p = (struct parser){
		.unit = unit,
		.arena = unit->arena,
		.scratch = arena_new((16 << 20) + 512 * text.len),
		.options = *options,
		.text = file.text,
		.file = (uint32_t)unit->files.count - 1,
		.allowed = REGO_WORDS_V1 | REGO_WORD_NOT,
		.not_bodies = (options->words & REGO_WORD_NOT) != 0,
		.work_limit = 100 * (uint64_t)text.len + 1000000,
	};
	if (p->scratch == NULL)
		return ERR_MEMORY;
	if (options->experimental)
		p->allowed |= REGO_WORD_AND | REGO_WORD_OR;
	rego_lexer_init(&p->s.lexer, file.text, words);
	return ERR_OK;
}

/* Takes the file back out of the unit when its text did not parse. */
static err_t
close_parser(struct parser *p, err_t err)
{
	if (err != ERR_OK)
		p->unit->files.count = p->file;
	arena_free(&p->scratch);
	return err;
}

err_t
rego_parser_module(struct rego_unit *unit, str_t name, str_t text,
    const struct parser_options *options, struct ast_module **ret_module)
{
	struct parser p;
	struct parser_statements list = { 0 };
	struct ast_module *module = NULL;
	err_t err;

	TRY(open_parser(&p, unit, name, text, options));
	parse_statements(&p, &list);
	parser_metadata(&p);
	err = finish(&p);
	if (err == ERR_OK) {
		err = parser_assemble(&p, &list, &module);
		if (err == ERR_OK)
			err = finish(&p);
	}
	if (err == ERR_OK && !VEC_PUSH(unit->arena, &unit->modules, module))
		err = ERR_LIMIT;
	if (err == ERR_OK && ret_module != NULL)
		*ret_module = module;
	return close_parser(&p, err);
}

err_t
rego_parser_body(struct rego_unit *unit, str_t name, str_t text,
    const struct parser_options *options, struct ast_body *ret_body)
{
	struct parser p;
	struct parser_statements list = { 0 };
	struct ast_body body = { 0 };
	err_t err;

	TRY(open_parser(&p, unit, name, text, options));
	parse_statements(&p, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct parser_statement *s = &list.at[i];

		if (s->kind != STATEMENT_BODY)
			parser_error(&p, s->loc, "expected body but got %s",
			    s->kind == STATEMENT_PACKAGE ? "package" : "import");
		for (size_t k = 0; k < s->body.exprs.count; k++)
			parser_push_expr(&p, &body, s->body.exprs.at[k]);
	}
	err = finish(&p);
	if (err == ERR_OK)
		*ret_body = body;
	return close_parser(&p, err);
}

err_t
rego_parse_module(struct rego_unit *unit, str_t name, str_t text, enum rego_version version,
    struct ast_module **ret_module)
{
	return rego_parser_module(unit, name, text,
	    &(struct parser_options){ .version = version, .experimental = unit->experimental,
		.annotations = unit->annotations },
	    ret_module);
}

err_t
rego_parse_body(struct rego_unit *unit, str_t name, str_t text, enum rego_version version,
    struct ast_body *ret_body)
{
	return rego_parser_body(unit, name, text,
	    &(struct parser_options){ .version = version, .experimental = unit->experimental,
		.skip_rules = true },
	    ret_body);
}

err_t
rego_parse_term(struct rego_unit *unit, str_t text, struct ast_term **ret_term)
{
	struct ast_body body;

	TRY(rego_parse_body(unit, STR(""), text, REGO_V1, &body));
	if (body.exprs.count != 1 || body.exprs.at[0]->kind != AST_EXPR_TERM ||
	    body.exprs.at[0]->negated || body.exprs.at[0]->withs.count > 0) {
		diag_say(unit->diag, "rego_parse_error", "expected exactly one term");
		return ERR_POLICY;
	}
	*ret_term = body.exprs.at[0]->terms.at[0];
	return ERR_OK;
}
