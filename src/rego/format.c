/* SPDX-License-Identifier: Apache-2.0 */
/* Statements in their order, imports sorted, and the style that they ask for. */
#include "base/sort.h"
#include "rego/ast_compare.h"
#include "rego/format_internal.h"

struct statement {
	const struct ast_import *import; /* one of these two */
	const struct ast_rule *rule;
};

VEC_TYPE(statements, struct statement);

static struct ast_loc
loc_of(const struct statement *s)
{
	return s->import != NULL ? s->import->loc : s->rule->loc;
}

/* ---- imports ---- */

/* The path of an import: "rego" "v1", "future" "keywords" "in"; empty behind its end. */
static str_t
path_part(const struct ast_import *import, size_t i)
{
	const struct ast_terms *path = &import->path->items;

	if (i >= path->count)
		return STR_NONE;
	return i == 0 ? rego_name_str(path->at[0]->var.name)
		      : value_str(path->at[i]->constant);
}

static bool
is_future(const struct ast_import *import)
{
	return str_eq(path_part(import, 0), STR("future"));
}

static bool
is_rego(const struct ast_import *import)
{
	return str_eq(path_part(import, 0), STR("rego"));
}

static bool
is_whole_future(const struct ast_import *import)
{
	return is_future(import) && import->path->items.count == 2;
}

/* The words that an import of future.keywords brings. */
static unsigned
words_of(const struct format *f, const struct ast_import *import)
{
	if (!is_future(import))
		return 0;
	if (!is_whole_future(import))
		return rego_word_find(path_part(import, 2));
	return REGO_WORDS_V1 | REGO_WORD_NOT |
	       (f->experimental ? REGO_WORD_AND | REGO_WORD_OR : 0);
}

/* What v1 has anyway. */
static bool
is_covered(const struct format *f, const struct ast_import *import)
{
	unsigned words = words_of(f, import);

	if (is_whole_future(import))
		return !f->experimental && str_find(f->text, STR("not"), 0) == f->text.len;
	return words != 0 && (words & ~(unsigned)REGO_WORDS_V1) == 0;
}

static bool
is_dropped(const struct format *f, const struct ast_import *import)
{
	if (f->options->target == REGO_FORMAT_BOTH)
		return is_rego(import) || is_covered(f, import);
	if (f->options->drop_v0_imports && f->module->version == REGO_V1 && is_rego(import))
		return true;
	return (f->module->imports_rego_v1 || (f->options->drop_v0_imports && f->style.v1)) &&
	       is_covered(f, import);
}

static void
write_import(struct format *f, const struct ast_import *import)
{
	f->in_head = true;
	format_chars(f, "import ");
	format_ref(f, import->path->items.at, import->path->items.count);
	if (import->alias != NULL) {
		format_chars(f, " as ");
		format_text(f, rego_name_str(import->alias));
	}
	f->in_head = false;
	format_claim(f, format_end(import->path->loc));
}

static int
compare_imports(const void *left, const void *right, void *context)
{
	const struct ast_import *a = ((const struct statement *)left)->import,
				*b = ((const struct statement *)right)->import;
	int order = rego_ast_compare(a->path, b->path);

	(void)context;
	if (order != 0)
		return order;
	return str_cmp(rego_name_str(a->alias), rego_name_str(b->alias));
}

/* Imports on adjacent rows belong together. */
static size_t
group_size(const struct format *f, const struct statements *list, size_t from)
{
	size_t count = 1;

	while (from + count < list->count && list->at[from + count].import != NULL &&
	       format_row(f, list->at[from + count].import->loc.offset) ==
		   format_row(f, list->at[from + count - 1].import->loc.offset) + 1)
		count++;
	return count;
}

static str_t
name_of(const struct ast_import *import)
{
	return import->alias != NULL ? rego_name_str(import->alias)
				     : path_part(import, import->path->items.count - 1);
}

/* Of two imports with one name the last one counts, so they must keep their order. */
static bool
has_clash(const struct statement *group, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (str_eq(name_of(group[i].import), name_of(group[k].import)))
				return true;
	return false;
}

/* What is a keyword from here on. */
static void
add_words(struct format *f, unsigned words)
{
	if ((words & REGO_WORD_EVERY) != 0)
		words |= REGO_WORD_IN;
	f->style.keywords |= words;
	f->style.ifs = (f->style.keywords & REGO_WORD_IF) != 0;
	f->style.contains = (f->style.keywords & REGO_WORD_CONTAINS) != 0;
}

static void
write_imports(struct format *f, struct statement *group, size_t count)
{
	struct statement *scratch = ARENA_ARRAY(f->arena, struct statement, count);

	if (scratch == NULL)
		return;
	if (!has_clash(group, count))
		sort_stable(group, count, sizeof(*group), scratch, compare_imports, NULL);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			format_break(f, 0, 0, FORMAT_TIGHT);
		write_import(f, group[i].import);
		add_words(f, words_of(f, group[i].import));
	}
}

/* ---- rules ---- */

static void
insert_blank_line(struct format *f, size_t at)
{
	buf_add_char(f->out, '\n');
	if (buf_failed(f->out))
		return;
	memmove(f->out->data + at + 1, f->out->data + at, f->out->len - at - 1);
	f->out->data[at] = '\n';
}

/* Rules of one line each stay together if they were. */
static void
write_rules(struct format *f, const struct statement *s, size_t count)
{
	bool may_group = false;

	for (size_t i = 0; i < count; i++) {
		const struct ast_rule *rule = s[i].rule;
		uint32_t start = rule->loc.offset;
		bool grouped =
		    may_group && format_may_group(f, rule) &&
		    format_row(f, start) == format_row(f, s[i - 1].rule->loc.offset) + 1;
		size_t seam;
		unsigned lines;

		if (i > 0)
			format_break(f, format_end(s[i - 1].rule->loc), start,
			    grouped ? FORMAT_TIGHT : FORMAT_BLANK);
		seam = f->out->len;
		lines = f->lines;
		format_rule(f, rule);
		may_group = format_may_group(f, rule) && f->lines == lines;
		if (grouped && !may_group)
			insert_blank_line(f, seam);
	}
}

/* ---- the module ---- */

static bool
push(struct format *f, struct statements *list, struct statement s)
{
	return VEC_PUSH(f->arena, list, s);
}

static bool
list_statements(struct format *f, struct statements *list)
{
	const struct ast_module *m = f->module;
	size_t r = 0;

	for (size_t i = 0; i < m->imports.count; i++) {
		const struct ast_import *import = &m->imports.at[i];

		for (; r < m->rules.count && m->rules.at[r]->loc.offset < import->loc.offset;
		     r++)
			if (!push(f, list, (struct statement){ .rule = m->rules.at[r] }))
				return false;
		if (!is_dropped(f, import) &&
		    !push(f, list, (struct statement){ .import = import }))
			return false;
	}
	for (; r < m->rules.count; r++)
		if (!push(f, list, (struct statement){ .rule = m->rules.at[r] }))
			return false;
	return true;
}

static void
write_package(struct format *f)
{
	const struct ast_terms *path = &f->module->package->items;

	format_break(f, 0, f->module->package_loc.offset, FORMAT_TIGHT);
	f->in_head = true;
	format_chars(f, "package ");
	format_text(f, value_str(path->at[1]->constant));
	for (size_t i = 2; i < path->count; i++)
		format_ref_part(f, path->at[i]);
	f->in_head = false;
	if (f->options->target == REGO_FORMAT_BOTH) {
		format_claim(f, format_end(f->module->package->loc));
		format_break(f, 0, 0, FORMAT_TIGHT);
		format_chars(f, "\nimport rego.v1");
	}
}

static void
write_module(struct format *f)
{
	struct statements list = { 0 };
	uint32_t end = format_end(f->module->package->loc);
	size_t count;

	if (!list_statements(f, &list))
		return;
	write_package(f);
	for (size_t i = 0; i < list.count; i += count) {
		format_break(f, end, loc_of(&list.at[i]).offset, FORMAT_BLANK);
		if (list.at[i].import != NULL) {
			count = group_size(f, &list, i);
			end = format_end(list.at[i + count - 1].import->path->loc);
			write_imports(f, &list.at[i], count);
			continue;
		}
		for (count = 0; i + count < list.count && list.at[i + count].rule != NULL;)
			count++;
		write_rules(f, &list.at[i], count);
		end = format_end(list.at[i + count - 1].rule->loc);
	}
	format_break(f, end, (uint32_t)f->text.len, FORMAT_BLANK);
}

/* ---- style ---- */

static void
settle_style(struct format *f)
{
	const struct ast_module *m = f->module;

	f->style.v1 = m->version == REGO_V1 || f->options->target == REGO_FORMAT_BOTH;
	if (f->style.v1)
		add_words(f, REGO_WORDS_V1);
	for (size_t i = 0; i < m->rules.count; i++) {
		const struct ast_head *head = &m->rules.at[i]->head;
		bool named = ast_takes_args(head) || head->contains;

		if (head->ref->items.count > (named ? 1 : 2))
			f->style.dotted_heads = true;
	}
}

static bool
find_rows(struct format *f)
{
	VEC(uint32_t) rows = { 0 };

	if (!VEC_PUSH(f->arena, &rows, 0))
		return false;
	for (size_t i = 0; i < f->text.len; i++)
		if (f->text.data[i] == '\n' && !VEC_PUSH(f->arena, &rows, (uint32_t)i + 1))
			return false;
	f->rows = rows.at;
	f->row_count = rows.count;
	return true;
}

err_t
rego_format(struct rego_unit *unit, const struct ast_module *module,
    const struct rego_format_options *options, struct buf *out)
{
	struct format f = { .arena = unit->arena,
		.module = module,
		.options = options,
		.out = out,
		.text = unit->files.at[module->file].text,
		.experimental = unit->experimental,
		.at_start = true,
		.lenient = true };

	f.taken = ARENA_ARRAY(f.arena, bool, module->comments.count);
	if (f.taken == NULL || !find_rows(&f))
		return ERR_LIMIT;
	settle_style(&f);
	write_module(&f);
	return arena_failed(f.arena) || buf_failed(out) ? ERR_LIMIT : ERR_OK;
}
