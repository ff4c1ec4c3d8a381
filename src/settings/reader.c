/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/nearest.h"
#include "codec/json.h"

enum { VALUE_TEXT_MAX = 1 << 16 };

struct diag_finding *
reader_wrong(struct reader *r, const struct yaml_tree *node, const char *format, ...)
{
	struct diag_place place = { .file = r->name, .source = r->text, .row = node->row, .col = node->col,
		.width = node->width };
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	r->wrong++;
	return diag_add(r->diag, DIAG_ERROR, "settings", place, "%s", text);
}

static void
refuse_key(struct reader *r, const struct yaml_tree *node, const char *what, const struct reader_key *keys,
    size_t count)
{
	struct nearest n;
	struct diag_finding *f = reader_wrong(r, node, "%s has no key `%.*s`", what, STR_FMT(node->text));
	struct buf list;

	buf_init(&list, 1024);
	nearest_begin(&n, node->text);
	for (size_t i = 0; i < count; i++) {
		nearest_try(&n, str_of(keys[i].name));
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", keys[i].name);
	}
	if (n.name.len > 0)
		diag_hint(r->diag, f, "did you mean `%.*s`?", STR_FMT(n.name));
	else
		diag_hint(r->diag, f, "it has: %.*s", STR_FMT(buf_str(&list)));
	buf_fini(&list);
}

void
reader_section(struct reader *r, const struct yaml_tree *node, const char *what,
    const struct reader_key *keys, size_t count, void *into)
{
	if (!reader_is(r, node, YAML_TREE_MAPPING, what))
		return;
	for (size_t i = 0; i + 1 < node->count; i += 2) {
		const struct yaml_tree *key = node->items[i];
		size_t k = 0;

		while (k < count && !str_eq(key->text, str_of(keys[k].name)))
			k++;
		if (k < count)
			keys[k].read(r, node->items[i + 1], into);
		else
			refuse_key(r, key, what, keys, count);
	}
}

bool
reader_is(struct reader *r, const struct yaml_tree *node, enum yaml_tree_kind kind, const char *what)
{
	static const char *const names[] = { "a single value", "a list", "a mapping of keys to values" };

	if (node->kind == kind)
		return true;
	(void)reader_wrong(r, node, "%s must be %s", what, names[kind]);
	return false;
}

static bool
is_null(const struct yaml_tree *node)
{
	return node->plain && (node->text.len == 0 || str_eq(node->text, STR("~")) ||
				  str_eq_nocase(node->text, STR("null")));
}

void
reader_text(struct reader *r, const struct yaml_tree *node, void *into)
{
	if (!reader_is(r, node, YAML_TREE_SCALAR, "this"))
		return;
	if (is_null(node))
		(void)reader_wrong(r, node, "a text is missing here");
	*(str_t *)into = node->text;
}

void
reader_texts(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct flag_texts *ret = into;
	bool is_list = node->kind == YAML_TREE_SEQUENCE;
	size_t count = is_list ? node->count : 1;
	str_t *texts = ARENA_ARRAY(r->arena, str_t, count);

	for (size_t i = 0; texts != NULL && i < count; i++)
		reader_text(r, is_list ? node->items[i] : node, &texts[i]);
	*ret = (struct flag_texts){ texts, texts != NULL ? count : 0 };
	if (count == 0)
		(void)reader_wrong(r, node, "an empty list would fit nobody: leave it out to fit all");
}

void
reader_flag(struct reader *r, const struct yaml_tree *node, void *into)
{
	value_t v = node->kind == YAML_TREE_SCALAR ? yaml_tree_value(r->arena, node) : VALUE_NONE;

	if (!value_is_bool(v))
		(void)reader_wrong(r, node, "true or false must stand here");
	*(bool *)into = v.tag == VALUE_TRUE;
}

void
reader_count(struct reader *r, const struct yaml_tree *node, void *into)
{
	value_t v = node->kind == YAML_TREE_SCALAR ? yaml_tree_value(r->arena, node) : VALUE_NONE;

	if (v.tag != VALUE_INT || v.integer < 1 || v.integer > UINT32_MAX)
		(void)reader_wrong(r, node, "a whole number from 1 to %u must stand here", UINT32_MAX);
	else
		*(uint32_t *)into = (uint32_t)v.integer;
}

/* Digits, and at most two behind a point: exact, so not by way of a double. */
static bool
read_percent(str_t text, uint32_t *ret)
{
	uint32_t parts = 0, behind = 0;
	bool point = false;

	if (text.len == 0 || text.len > 6 || text.data[0] == '.')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || (point && ++behind > 2))
			return false;
		parts = parts * 10 + (uint32_t)(c - '0');
	}
	for (; behind < 2; behind++)
		parts *= 10;
	*ret = parts;
	return parts <= FLAG_PARTS;
}

void
reader_percent(struct reader *r, const struct yaml_tree *node, void *into)
{
	if (node->kind != YAML_TREE_SCALAR || !read_percent(node->text, into))
		(void)reader_wrong(r, node, "a percentage from 0 to 100, with two decimals at most, must stand here");
}

static int
compare_pairs(const void *a, const void *b)
{
	return str_cmp(((const struct settings_pair *)a)->key, ((const struct settings_pair *)b)->key);
}

static str_t
value_text_of(struct reader *r, const struct yaml_tree *node)
{
	struct buf text;
	str_t made;

	if (node->kind == YAML_TREE_SCALAR)
		return node->text;
	buf_init(&text, VALUE_TEXT_MAX);
	json_write(&text, yaml_tree_value(r->arena, node));
	made = arena_str(r->arena, buf_str(&text));
	if (buf_failed(&text))
		(void)reader_wrong(r, node, "a value has at most %d bytes", VALUE_TEXT_MAX);
	buf_fini(&text);
	return made;
}

void
reader_pairs(struct reader *r, const struct yaml_tree *node, void *into)
{
	struct settings_pairs *ret = into;
	size_t count = node->count / 2;
	struct settings_pair *pairs = ARENA_ARRAY(r->arena, struct settings_pair, count);

	if (!reader_is(r, node, YAML_TREE_MAPPING, "this") || pairs == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		pairs[i] = (struct settings_pair){ node->items[2 * i]->text,
			value_text_of(r, node->items[2 * i + 1]) };
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	*ret = (struct settings_pairs){ pairs, count };
}
