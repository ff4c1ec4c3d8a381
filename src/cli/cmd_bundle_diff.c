/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core policy bundle diff: what another bundle would change, by rule and by place in
 * the data.  Comments, blanks and the order of files and rules are no change.
 */
#include "base/sort.h"
#include "base/vec.h"
#include "cli/bundle_open.h"
#include "codec/json.h"
#include "rego/ast_json.h"
#include "rego/ast_print.h"

const struct cli_spec cmd_bundle_diff_options[] = {
	{ "--pubkey", NULL, "PATH", "verify both signatures with this key, or directory of keys" },
	{ 0 },
};

enum { TEXT_MAX = 1 << 16, POINTER_MAX = 1 << 20 };

struct side { /* one of the bundles */
	struct bundle bundle;
	struct policy *policy;
	value_t rules; /* "authz.allow" → {"text": array of definitions in order, "file", "line"} */
	value_t manifest; /* field → value */
};

enum change { ADDED, REMOVED, CHANGED, CHANGES };

static const char *const change_names[] = { "added", "removed", "changed" };
static const char change_marks[] = { '+', '-', '~' };

struct diff {
	struct cli *cli;
	struct side old, new;
	VEC(value_t) rules[CHANGES], data[CHANGES], manifest[CHANGES];
	struct buf pointer;
};

/* ---- what a bundle says ---- */

struct definition {
	str_t name;
	value_t meaning;
	const struct ast_rule *rule; /* NULL: imports */
	struct ast_loc loc;
};

VEC_TYPE(definitions, struct definition);

static str_t
name_rule(struct arena *arena, const struct ast_module *m, const struct ast_rule *rule)
{
	struct buf b;
	str_t name;

	buf_init(&b, TEXT_MAX);
	rego_ast_print_term(&b, m->package);
	if (rule != NULL) {
		buf_add_char(&b, '.');
		rego_ast_print_term(&b, rule->head.ref);
	}
	name = buf_str(&b);
	if (str_has_prefix(name, STR("data.")))
		name = str_skip(name, 5);
	name = arena_str(arena, name);
	buf_fini(&b);
	return name;
}

/* The imports of a module decide what names mean, so they count as a definition of the package. */
static err_t
add_module(struct side *s, const struct ast_module *m, struct definitions *all)
{
	struct arena *arena = s->policy->arena;
	value_t tree = rego_ast_module_value(arena, m, STR("")), rules, imports;

	if (!value_is_defined(tree))
		return ERR_MEMORY;
	rules = value_object_get_text(tree, "rules");
	imports = value_object_get_text(tree, "imports");
	for (uint32_t i = 0; i < m->rules.count && i < rules.count; i++) {
		const struct ast_rule *rule = m->rules.at[i];
		struct definition d = { name_rule(arena, m, rule), rules.items[i], rule, rule->loc };

		if (d.name.len == 0 || !VEC_PUSH(arena, all, d))
			return ERR_MEMORY;
	}
	if (imports.tag == VALUE_ARRAY && imports.count > 0) {
		struct definition d = { arena_printf(arena, "imports of %.*s",
			STR_FMT(name_rule(arena, m, NULL))), imports, NULL, m->package_loc };

		if (!VEC_PUSH(arena, all, d))
			return ERR_MEMORY;
	}
	return ERR_OK;
}

static int
compare_definitions(const void *left, const void *right, void *context)
{
	const struct definition *a = left, *b = right;
	int order = str_cmp(a->name, b->name);

	(void)context;
	return order != 0 ? order : value_compare(a->meaning, b->meaning);
}

/* One definition more in front of the others: its place is the first in the text. */
static value_t
describe(struct side *s, const struct definition *from, size_t count)
{
	struct arena *arena = s->policy->arena;
	value_t *meanings = ARENA_ARRAY(arena, value_t, count);
	const struct definition *first = from;
	struct object_builder o;

	for (size_t i = 0; meanings != NULL && i < count; i++) {
		meanings[i] = from[i].meaning;
		if (from[i].loc.file < first->loc.file ||
		    (from[i].loc.file == first->loc.file && from[i].loc.row < first->loc.row))
			first = &from[i];
	}
	if (meanings == NULL)
		return VALUE_NONE;
	object_builder_init(&o, arena, 3);
	(void)object_builder_add_text(&o, "text", value_array_of(meanings, count));
	(void)object_builder_add_text(&o, "file",
	    value_string(arena, s->policy->unit.files.at[first->loc.file].name));
	(void)object_builder_add_text(&o, "line", value_int(first->loc.row));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static err_t
collect_rules(struct side *s)
{
	struct arena *arena = s->policy->arena;
	struct definitions all = { 0 };
	struct object_builder rules;
	struct definition *room;

	for (size_t i = 0; i < s->policy->unit.modules.count; i++)
		TRY(add_module(s, s->policy->unit.modules.at[i], &all));
	room = ARENA_ARRAY(arena, struct definition, all.count);
	if (room == NULL)
		return ERR_MEMORY;
	sort_stable(all.at, all.count, sizeof(*all.at), room, compare_definitions, NULL);
	object_builder_init(&rules, arena, all.count);
	for (size_t from = 0, to; from < all.count; from = to) {
		for (to = from + 1; to < all.count && str_eq(all.at[to].name, all.at[from].name);)
			to++;
		(void)object_builder_add(&rules, value_string(arena, all.at[from].name),
		    describe(s, all.at + from, to - from));
	}
	s->rules = object_builder_freeze(&rules, OBJECT_LAST_WINS, NULL);
	return value_is_defined(s->rules) ? ERR_OK : ERR_MEMORY;
}

static err_t
collect_manifest(struct side *s)
{
	const struct bundle_manifest *m = &s->bundle.manifest;
	const struct bundle_signature *sig = &s->bundle.signature;
	struct arena *arena = s->policy->arena;
	value_t *roots = ARENA_ARRAY(arena, value_t, m->root_count);
	struct object_builder o;

	for (size_t i = 0; roots != NULL && i < m->root_count; i++)
		roots[i] = value_string(arena, m->roots[i]);
	object_builder_init(&o, arena, 12);
	(void)object_builder_add_text(&o, "revision", value_string(arena, m->revision));
	(void)object_builder_add_text(&o, "roots", value_array_of(roots, m->root_count));
	if (m->rego_version >= 0)
		(void)object_builder_add_text(&o, "rego_version", value_int(m->rego_version));
	if (value_is_defined(m->file_rego_versions))
		(void)object_builder_add_text(&o, "file_rego_versions", m->file_rego_versions);
	if (value_is_defined(m->metadata))
		(void)object_builder_add_text(&o, "metadata", m->metadata);
	(void)object_builder_add_text(&o, "signed", value_bool(sig->present));
	if (sig->kid.len > 0)
		(void)object_builder_add_text(&o, "kid", value_string(arena, sig->kid));
	if (sig->scope.len > 0)
		(void)object_builder_add_text(&o, "scope", value_string(arena, sig->scope));
	if (sig->not_before != 0)
		(void)object_builder_add_text(&o, "not_before", value_int(sig->not_before));
	if (sig->expires != 0)
		(void)object_builder_add_text(&o, "expires", value_int(sig->expires));
	if (sig->revision_number != 0)
		(void)object_builder_add_text(&o, "revision_number", value_int((int64_t)sig->revision_number));
	s->manifest = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	return value_is_defined(s->manifest) ? ERR_OK : ERR_MEMORY;
}

static err_t
open_side(struct cli *cli, const char *path, struct intern *intern, struct side *s)
{
	struct bundle_options options = { .ignore_times = true };

	TRY(bundle_open(cli, path, &options, &s->bundle, intern, &s->policy));
	TRY(collect_rules(s));
	return collect_manifest(s);
}

/* ---- comparing ---- */

static void
note_rule(struct diff *d, enum change change, value_t name, value_t place)
{
	struct object_builder o;

	object_builder_init(&o, d->cli->arena, 3);
	(void)object_builder_add_text(&o, "rule", name);
	(void)object_builder_add_text(&o, "file", value_object_get_text(place, "file"));
	(void)object_builder_add_text(&o, "line", value_object_get_text(place, "line"));
	(void)VEC_PUSH(d->cli->arena, &d->rules[change], object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

static void
note_field(struct diff *d, enum change change, value_t name, value_t old, value_t new)
{
	struct object_builder o;

	object_builder_init(&o, d->cli->arena, 3);
	(void)object_builder_add_text(&o, "field", name);
	if (value_is_defined(old))
		(void)object_builder_add_text(&o, "old", old);
	if (value_is_defined(new))
		(void)object_builder_add_text(&o, "new", new);
	(void)VEC_PUSH(d->cli->arena, &d->manifest[change], object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

static void
note_pointer(struct diff *d, enum change change)
{
	(void)VEC_PUSH(d->cli->arena, &d->data[change], value_string(d->cli->arena, buf_str(&d->pointer)));
}

/* rfc6901 3: ~ and / are written ~0 and ~1. */
static size_t
push_part(struct diff *d, value_t key)
{
	size_t before = d->pointer.len;

	buf_add_char(&d->pointer, '/');
	if (key.tag == VALUE_INT)
		buf_add_int(&d->pointer, key.integer);
	else
		for (size_t i = 0; i < key.count; i++) {
			char c = key.string->bytes[i];

			if (c == '~' || c == '/')
				buf_add_text(&d->pointer, c == '~' ? "~0" : "~1");
			else
				buf_add_char(&d->pointer, c);
		}
	return before;
}

/* As deep as the documents: their reader bounds that. */
static void
compare_data(struct diff *d, value_t old, value_t new)
{
	value_t key, item, other;

	if (old.tag != new.tag || (old.tag != VALUE_OBJECT && old.tag != VALUE_ARRAY)) {
		if (!value_equal(old, new))
			note_pointer(d, CHANGED);
		return;
	}
	for (uint32_t i = 0; i < old.count; i++) {
		value_entry_at(old, i, &key, &item);
		size_t before = push_part(d, key);

		other = value_get(new, key);
		if (!value_is_defined(other))
			note_pointer(d, REMOVED);
		else
			compare_data(d, item, other);
		d->pointer.len = before;
	}
	for (uint32_t i = 0; i < new.count; i++) {
		value_entry_at(new, i, &key, &item);
		if (!value_is_defined(value_get(old, key))) {
			size_t before = push_part(d, key);

			note_pointer(d, ADDED);
			d->pointer.len = before;
		}
	}
}

static void
compare_sides(struct diff *d)
{
	for (uint32_t i = 0; i < d->old.rules.count; i++) {
		struct value_entry e = value_object_entry(d->old.rules.object, i);
		value_t new = value_object_get(d->new.rules, e.key);

		if (!value_is_defined(new))
			note_rule(d, REMOVED, e.key, e.value);
		else if (!value_equal(value_object_get_text(e.value, "text"), value_object_get_text(new, "text")))
			note_rule(d, CHANGED, e.key, new);
	}
	for (uint32_t i = 0; i < d->new.rules.count; i++) {
		struct value_entry e = value_object_entry(d->new.rules.object, i);

		if (!value_is_defined(value_object_get(d->old.rules, e.key)))
			note_rule(d, ADDED, e.key, e.value);
	}
	for (uint32_t i = 0; i < d->old.manifest.count; i++) {
		struct value_entry e = value_object_entry(d->old.manifest.object, i);
		value_t new = value_object_get(d->new.manifest, e.key);

		if (!value_is_defined(new) || !value_equal(e.value, new))
			note_field(d, value_is_defined(new) ? CHANGED : REMOVED, e.key, e.value, new);
	}
	for (uint32_t i = 0; i < d->new.manifest.count; i++) {
		struct value_entry e = value_object_entry(d->new.manifest.object, i);

		if (!value_is_defined(value_object_get(d->old.manifest, e.key)))
			note_field(d, ADDED, e.key, VALUE_NONE, e.value);
	}
	compare_data(d, d->old.bundle.data, d->new.bundle.data);
}

/* ---- printing ---- */

static value_t
changes_value(struct diff *d, const value_t *const lists[], const size_t counts[])
{
	struct object_builder o;

	object_builder_init(&o, d->cli->arena, CHANGES);
	for (int c = 0; c < CHANGES; c++)
		(void)object_builder_add_text(&o, change_names[c], value_array_of(lists[c], counts[c]));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

#define CHANGES_VALUE(d, what)                                                                 \
	changes_value(d, (const value_t *const[]){ (d)->what[0].at, (d)->what[1].at, (d)->what[2].at }, \
	    (const size_t[]){ (d)->what[0].count, (d)->what[1].count, (d)->what[2].count })

static void
print_json(struct diff *d, bool same)
{
	struct object_builder o;

	object_builder_init(&o, d->cli->arena, 4);
	(void)object_builder_add_text(&o, "same", value_bool(same));
	(void)object_builder_add_text(&o, "rules", CHANGES_VALUE(d, rules));
	(void)object_builder_add_text(&o, "data", CHANGES_VALUE(d, data));
	(void)object_builder_add_text(&o, "manifest", CHANGES_VALUE(d, manifest));
	cli_print_json(d->cli, object_builder_freeze(&o, OBJECT_LAST_WINS, NULL));
}

static void
print_text(struct diff *d)
{
	struct buf *out = &d->cli->out;

	for (int c = 0; c < CHANGES; c++)
		for (size_t i = 0; i < d->rules[c].count; i++) {
			value_t v = d->rules[c].at[i];

			buf_printf(out, "%c rule %.*s (%.*s:%lld)\n", change_marks[c],
			    STR_FMT(value_str(value_object_get_text(v, "rule"))),
			    STR_FMT(value_str(value_object_get_text(v, "file"))),
			    (long long)value_object_get_text(v, "line").integer);
		}
	for (int c = 0; c < CHANGES; c++)
		for (size_t i = 0; i < d->data[c].count; i++) {
			buf_printf(out, "%c data ", change_marks[c]);
			json_write_string(out, value_str(d->data[c].at[i]), false);
			buf_add_char(out, '\n');
		}
	for (int c = 0; c < CHANGES; c++)
		for (size_t i = 0; i < d->manifest[c].count; i++) {
			value_t v = d->manifest[c].at[i], old = value_object_get_text(v, "old");
			value_t new = value_object_get_text(v, "new");

			buf_printf(out, "%c manifest %.*s", change_marks[c],
			    STR_FMT(value_str(value_object_get_text(v, "field"))));
			if (value_is_defined(old)) {
				buf_add_char(out, ' ');
				json_write(out, old);
			}
			if (value_is_defined(new)) {
				buf_add_text(out, value_is_defined(old) ? " -> " : " ");
				json_write(out, new);
			}
			buf_add_char(out, '\n');
		}
}

err_t
cmd_bundle_diff(struct cli *cli)
{
	struct diff d = { .cli = cli };
	bool same = true;
	err_t e = ERR_OK;

	TRY(open_side(cli, cli->rest[0], NULL, &d.old));
	TRY(open_side(cli, cli->rest[1], d.old.policy->unit.intern, &d.new));
	buf_init(&d.pointer, POINTER_MAX);
	compare_sides(&d);
	if (buf_failed(&d.pointer) || arena_failed(cli->arena))
		e = ERR_LIMIT;
	buf_fini(&d.pointer);
	TRY(e);
	for (int c = 0; c < CHANGES; c++)
		same = same && d.rules[c].count == 0 && d.data[c].count == 0 && d.manifest[c].count == 0;
	if (cli->json)
		print_json(&d, same);
	else
		print_text(&d);
	return same ? ERR_OK : ERR_NEGATIVE;
}
