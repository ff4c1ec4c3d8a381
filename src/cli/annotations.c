/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"
#include "cli/annotations.h"

#include "codec/json.h"
#include "engine/policy.h"
#include "rego/ast_json.h"
#include "rego/ast_print.h"
#include "rego/metadata_set.h"

enum { PAGE_WIDTH = 80 };

static err_t
read_annotations(struct cli *cli, const struct bundle *b, struct policy **ret,
    struct metadata_refs *ret_refs)
{
	struct policy *p = NULL;

	TRY(load_new(cli, &p));
	cli_keep(cli, p);
	for (size_t i = 0; i < b->module_count; i++)
		TRY(policy_add_module(p, b->modules[i].name, b->modules[i].text,
		    b->modules[i].rego_version == 0 ? REGO_V0 : REGO_V1));
	*ret = p;
	return rego_metadata_list(&p->unit, ret_refs) ? ERR_OK : ERR_MEMORY;
}

/* ---- text ---- */

/* Without `data`; what follows is the name that stands bare. */
static void
print_path(struct cli *cli, const struct ast_terms *path)
{
	struct ast_term **parts = ARENA_ARRAY(cli->arena, struct ast_term *, path->count);
	struct ast_term name;

	if (parts == NULL || path->count < 2)
		return;
	for (size_t i = 1; i < path->count; i++)
		parts[i - 1] = path->at[i];
	if (parts[0]->kind == AST_CONST && value_is_string(parts[0]->constant)) {
		name = (struct ast_term){ .kind = AST_VAR,
			.var.name = parts[0]->constant.string };
		parts[0] = &name;
	}
	rego_ast_print_ref(&cli->out, parts, path->count - 1);
}

static void
print_title(struct cli *cli, const struct metadata_ref *ref)
{
	struct buf *out = &cli->out;
	str_t title = str_trim_space(ref->annotations->title);
	size_t begin = out->len, width;

	if (title.len > 0)
		buf_add_str(out, title);
	else
		print_path(cli, &ref->path);
	width = out->len - begin;
	buf_add_char(out, '\n');
	for (size_t i = 0; i < width && i < PAGE_WIDTH; i++)
		buf_add_char(out, '=');
	buf_add_text(out, "\n\n");
}

static void
print_facts(struct cli *cli, const struct rego_unit *unit, const struct metadata_ref *ref)
{
	const struct ast_annotations *a = ref->annotations;
	struct ast_loc loc = a->rule != NULL ? a->rule->loc : a->module->package_loc;
	str_t file = unit->files.at[a->module->file].name;
	struct buf *out = &cli->out;

	if (a->description.len > 0)
		buf_printf(out, "%.*s\n\n", STR_FMT(a->description));
	buf_add_text(out, "Package:  ");
	print_path(cli, &a->module->package->items);
	if (a->rule != NULL) {
		const struct ast_terms *head = &a->rule->head.ref->items;

		buf_add_text(out, "\nRule:     ");
		rego_ast_print_ref(out, head->at, head->count);
	}
	buf_printf(out, "\nLocation: %.*s:%u\nScope: %.*s\n", STR_FMT(file), loc.row,
	    STR_FMT(a->scope_text));
	if (a->entrypoint)
		buf_add_text(out, "Entrypoint: true\n");
	buf_add_char(out, '\n');
}

/* A list's entry: a key, and perhaps what belongs to it. */
struct entry {
	str_t key, value;
};

/* New lines would break the list. */
static str_t
one_line(struct arena *arena, str_t text)
{
	char *copy = arena_copy(arena, text.data, text.len);

	for (size_t i = 0; copy != NULL && i < text.len; i++)
		if (copy[i] == '\n')
			copy[i] = ' ';
	return copy != NULL ? str_make(copy, text.len) : STR_NONE;
}

static void
print_list(struct buf *out, const char *name, const struct entry *entries, size_t count,
    const char *separator)
{
	size_t widest = 0;

	for (size_t i = 0; i < count; i++)
		if (entries[i].key.len > widest)
			widest = entries[i].key.len;
	if (count > 0)
		buf_printf(out, "%s:\n", name);
	for (size_t i = 0; i < count; i++) {
		size_t begin = out->len;

		buf_printf(out, " %.*s", STR_FMT(entries[i].key));
		if (entries[i].value.len > 0)
			buf_printf(out, "%s%*s%.*s", separator,
			    (int)(widest - entries[i].key.len), "", STR_FMT(entries[i].value));
		if (out->len - begin >= PAGE_WIDTH) {
			out->len = begin + PAGE_WIDTH - 3;
			buf_add_text(out, "...");
		}
		buf_add_char(out, '\n');
	}
	if (count > 0)
		buf_add_char(out, '\n');
}

static str_t
text_of(value_t object, const char *key)
{
	value_t v = value_object_get_text(object, key);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static str_t
json_text(struct arena *arena, value_t v)
{
	struct buf out;
	str_t text;

	buf_init(&out, 1 << 20);
	json_write(&out, v);
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static struct entry
author_entry(struct arena *arena, value_t author)
{
	str_t name = text_of(author, "name"), email = text_of(author, "email");
	str_t key = email.len == 0 ? name
				   : arena_printf(arena, "%.*s%s<%.*s>", STR_FMT(name),
					 name.len > 0 ? " " : "", STR_FMT(email));

	return (struct entry){ .key = one_line(arena, key) };
}

static struct entry
schema_entry(struct arena *arena, const struct metadata_schema *s)
{
	return (struct entry){ rego_ast_text(arena, s->path),
		s->schema != NULL ? rego_ast_text(arena, s->schema)
				  : json_text(arena, s->definition) };
}

static struct entry
resource_entry(struct arena *arena, value_t resource)
{
	return (struct entry){ one_line(arena, text_of(resource, "ref")),
		text_of(resource, "description") };
}

/* `v` is an array, an object, or not there; the entry of each element. */
static void
print_values(struct cli *cli, const char *name, value_t v, const char *separator,
    struct entry (*entry_of)(struct arena *, value_t))
{
	struct entry *entries = ARENA_ARRAY(cli->arena, struct entry, v.count);

	for (uint32_t i = 0; entries != NULL && i < v.count; i++) {
		value_t key, item;

		value_entry_at(v, i, &key, &item);
		if (entry_of != NULL)
			entries[i] = entry_of(cli->arena, item);
		else if (v.tag == VALUE_ARRAY)
			entries[i] =
			    (struct entry){ .key = one_line(cli->arena, value_str(item)) };
		else
			entries[i] =
			    (struct entry){ value_str(key), json_text(cli->arena, item) };
	}
	if (entries != NULL)
		print_list(&cli->out, name, entries, v.count, separator);
}

static void
print_schemas(struct cli *cli, const struct ast_annotations *a)
{
	struct entry *entries = ARENA_ARRAY(cli->arena, struct entry, a->schemas.count);

	for (size_t i = 0; entries != NULL && i < a->schemas.count; i++)
		entries[i] = schema_entry(cli->arena, &a->schemas.at[i]);
	if (entries != NULL)
		print_list(&cli->out, "Schemas", entries, a->schemas.count, ": ");
}

err_t
annotations_print(struct cli *cli, const struct bundle *b)
{
	struct policy *p;
	struct metadata_refs refs = { 0 };

	TRY(read_annotations(cli, b, &p, &refs));
	if (refs.count > 0)
		buf_add_text(&cli->out, "ANNOTATIONS:\n");
	for (size_t i = 0; i < refs.count; i++) {
		const struct ast_annotations *a = refs.at[i].annotations;

		print_title(cli, &refs.at[i]);
		print_facts(cli, &p->unit, &refs.at[i]);
		print_values(cli, "Organizations", a->organizations, "", NULL);
		print_values(cli, "Authors", a->authors, "", author_entry);
		print_schemas(cli, a);
		print_values(
		    cli, "Related Resources", a->related_resources, " ", resource_entry);
		print_values(cli, "Custom", a->custom, ": ", NULL);
		print_values(cli, "Labels", a->labels, ": ", NULL);
	}
	return ERR_OK;
}

/* ---- JSON ---- */

static value_t
ref_value(struct arena *arena, const struct rego_unit *unit, const struct metadata_ref *ref)
{
	const struct ast_annotations *a = ref->annotations;
	struct ast_loc loc = a->rule != NULL ? a->rule->loc : a->module->package_loc;
	value_t *path = ARENA_ARRAY(arena, value_t, ref->path.count);
	struct object_builder o, place;

	for (size_t i = 0; path != NULL && i < ref->path.count; i++)
		path[i] = rego_ast_term_value(arena, ref->path.at[i]);
	if (path == NULL || arena_failed(arena))
		return VALUE_NONE;
	object_builder_init(&place, arena, 3);
	(void)object_builder_add_text(
	    &place, "file", value_string(arena, unit->files.at[a->module->file].name));
	(void)object_builder_add_text(&place, "row", value_int(loc.row));
	(void)object_builder_add_text(&place, "col", value_int(loc.col));
	object_builder_init(&o, arena, 3);
	(void)object_builder_add_text(&o, "annotations", rego_metadata_json(arena, a));
	(void)object_builder_add_text(
	    &o, "location", object_builder_freeze(&place, OBJECT_LAST_WINS, NULL));
	(void)object_builder_add_text(&o, "path", value_array_of(path, ref->path.count));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

err_t
annotations_value(struct cli *cli, const struct bundle *b, value_t *ret_annotations,
    value_t *ret_entrypoints)
{
	struct policy *p;
	struct metadata_refs refs = { 0 };
	struct metadata_paths paths = { 0 };
	value_t *blocks, *entrypoints;

	TRY(read_annotations(cli, b, &p, &refs));
	if (!rego_metadata_entrypoints(&p->unit, &paths))
		return ERR_MEMORY;
	blocks = ARENA_ARRAY(cli->arena, value_t, refs.count);
	entrypoints = ARENA_ARRAY(cli->arena, value_t, paths.count);
	if (blocks == NULL || entrypoints == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < refs.count; i++)
		blocks[i] = ref_value(cli->arena, &p->unit, &refs.at[i]);
	for (size_t i = 0; i < paths.count; i++)
		entrypoints[i] = value_string(cli->arena, paths.at[i]);
	if (arena_failed(cli->arena))
		return ERR_MEMORY;
	*ret_annotations = value_array_of(blocks, refs.count);
	*ret_entrypoints = value_array_of(entrypoints, paths.count);
	return ERR_OK;
}
