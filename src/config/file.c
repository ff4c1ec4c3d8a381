/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"

#include <yaml.h>

#include "base/vec.h"
#include "config/hide.h"
#include "config/value.h"

enum { DEPTH_MAX = 8, ENTRY_MAX = 4096 };

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one looked at */
	bool has_event;
	struct arena *arena;
	struct diag *diag;
	struct config *config;
	str_t name, text;
	size_t error_count; /* in the diag before this file */
};

static struct diag_place
place_at(const struct reader *r, const yaml_mark_t *mark, size_t width)
{
	return (struct diag_place){ .file = r->name,
		.source = r->text,
		.row = (uint32_t)mark->line + 1,
		.col = (uint32_t)mark->column + 1,
		.width = (uint32_t)width };
}

/* The next event; false: the text is no YAML from here on, and the diag says so. */
static bool
advance(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->parser, &r->event) == 1;
	if (!r->has_event)
		(void)diag_add(r->diag, DIAG_ERROR, "config",
		    place_at(r, &r->parser.problem_mark, 0), "this is not YAML: %s",
		    r->parser.problem != NULL ? r->parser.problem : "it cannot be read");
	return r->has_event;
}

static str_t
scalar_text(const struct reader *r)
{
	return str_make((const char *)r->event.data.scalar.value, r->event.data.scalar.length);
}

static bool
is_null(const struct reader *r)
{
	str_t text = scalar_text(r);

	return r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (text.len == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null")));
}

/* Passes by the whole node that begins here. */
static bool
skip_node(struct reader *r)
{
	size_t depth = 0;

	do {
		switch (r->event.type) {
		case YAML_MAPPING_START_EVENT:
		case YAML_SEQUENCE_START_EVENT:
			depth++;
			break;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
			depth--;
			break;
		default:
			break;
		}
		if (depth > 0 && !advance(r))
			return false;
	} while (depth > 0);
	return true;
}

/* ---- one value ---- */

static void
set_value(struct reader *r, enum config_key key, const struct config_words *words,
    struct diag_place place)
{
	const struct config_row *row = config_row(key);
	struct config_source *source = &r->config->source[key];
	str_t wrong;

	if (source->origin == CONFIG_FILE) {
		(void)diag_add(r->diag, DIAG_ERROR, "config", place,
		    "%s is given a second time (first in line %u)", row->path, source->row);
		return;
	}
	wrong = config_value_set(r->arena, row, words, r->config);
	*source = (struct config_source){ CONFIG_FILE, r->name, place.row, place.col };
	if (wrong.len > 0) {
		struct diag_finding *f = diag_add(r->diag, DIAG_ERROR, "config", place, "%s %.*s",
		    row->path, STR_FMT(wrong));

		diag_hint(r->diag, f, "%s: %s", row->path, row->sentence);
	}
}

static bool
read_scalar(struct reader *r, enum config_key key)
{
	str_t text = scalar_text(r);
	struct diag_place place = place_at(r, &r->event.start_mark, text.len);
	struct config_words words = {
		.at = &text,
		.count = 1,
		.is_quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
	};

	if (is_null(r))
		(void)diag_add(r->diag, DIAG_ERROR, "config", place, "%s has no value",
		    config_row(key)->path);
	else
		set_value(r, key, &words, place);
	return true;
}

/* ---- entries: mappings in a list, each flattened into one text (issuer.h) ---- */

static void
add_escaped(struct buf *out, str_t text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == ' ' || text.data[i] == ',' || text.data[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, text.data[i]);
	}
}

/* What stands behind a member: a value, or a list of them. */
static bool
flatten_value(struct reader *r, struct buf *out, struct diag_place place)
{
	const char *separator = "";

	if (r->event.type == YAML_SCALAR_EVENT && !is_null(r)) {
		add_escaped(out, scalar_text(r));
		return true;
	}
	if (r->event.type != YAML_SEQUENCE_START_EVENT) {
		(void)diag_add(r->diag, DIAG_ERROR, "config", place,
		    "this member is a value or a list of them");
		return skip_node(r);
	}
	for (;;) {
		if (!advance(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (r->event.type != YAML_SCALAR_EVENT) {
			(void)diag_add(r->diag, DIAG_ERROR, "config",
			    place_at(r, &r->event.start_mark, 0),
			    "this is a list of plain values");
			if (!skip_node(r))
				return false;
			continue;
		}
		buf_add_text(out, separator);
		add_escaped(out, scalar_text(r));
		separator = ",";
	}
}

static bool
flatten_member(struct reader *r, const struct config_row *row, struct buf *out)
{
	struct diag_place place = place_at(r, &r->event.start_mark, 0);

	if (r->event.type != YAML_SCALAR_EVENT ||
	    !config_entry_has_member(row, scalar_text(r))) {
		struct diag_finding *f = diag_add(r->diag, DIAG_ERROR, "config", place,
		    "an entry of %s has no such member", row->path);

		diag_hint(r->diag, f, "its members are %s", row->limits);
		return skip_node(r) && advance(r) && skip_node(r);
	}
	if (out->len > 0)
		buf_add_char(out, ' ');
	buf_add_str(out, scalar_text(r));
	buf_add_char(out, '=');
	return advance(r) && flatten_value(r, out, place);
}

static bool
flatten(struct reader *r, const struct config_row *row, str_t *ret)
{
	struct diag_place place = place_at(r, &r->event.start_mark, 0);
	struct buf text;
	bool good = true;

	buf_init(&text, ENTRY_MAX);
	while (good) {
		good = advance(r);
		if (!good || r->event.type == YAML_MAPPING_END_EVENT)
			break;
		good = flatten_member(r, row, &text);
	}
	if (good && buf_failed(&text))
		(void)diag_add(r->diag, DIAG_ERROR, "config", place, "this entry is too long");
	*ret = arena_str(r->arena, buf_str(&text));
	buf_fini(&text);
	return good;
}

/* An item; an empty text: there was a finding. */
static bool
read_item(struct reader *r, const struct config_row *row, str_t *ret)
{
	bool may_map = row->type == CONFIG_TYPE_ENTRIES;

	*ret = STR_NONE;
	if (r->event.type == YAML_SCALAR_EVENT) {
		*ret = arena_str(r->arena, scalar_text(r));
		return true;
	}
	if (may_map && r->event.type == YAML_MAPPING_START_EVENT)
		return flatten(r, row, ret);
	(void)diag_add(r->diag, DIAG_ERROR, "config", place_at(r, &r->event.start_mark, 0),
	    may_map ? "%s is a list of plain values and mappings"
		    : "%s is a list of plain values",
	    row->path);
	return skip_node(r);
}

static bool
read_sequence(struct reader *r, enum config_key key)
{
	struct diag_place place = place_at(r, &r->event.start_mark, 0);
	VEC(str_t) items = { 0 };
	VEC(struct config_mark) marks = { 0 };

	for (;;) {
		struct config_mark mark;
		str_t item;

		if (!advance(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		mark = (struct config_mark){ (uint32_t)r->event.start_mark.line + 1,
			(uint32_t)r->event.start_mark.column + 1 };
		if (!read_item(r, config_row(key), &item))
			return false;
		if (!VEC_PUSH(r->arena, &items, item) || !VEC_PUSH(r->arena, &marks, mark))
			return false;
	}
	set_value(r, key,
	    &(struct config_words){
		.at = items.at, .marks = marks.at, .count = items.count, .is_list = true },
	    place);
	return true;
}

/* ---- sections ---- */

static bool
is_section(str_t path)
{
	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		str_t known = str_of(config_row(key)->path);

		if (str_has_prefix(known, path) && known.len > path.len && known.data[path.len] == '.')
			return true;
	}
	return false;
}

static void
refuse_key(struct reader *r, str_t path, struct diag_place place)
{
	str_t nearest = config_key_nearest(r->arena, path);
	struct diag_finding *f = diag_add(r->diag, DIAG_ERROR, "config", place,
	    "there is no key `%.*s`", STR_FMT(path));

	if (nearest.len > 0)
		diag_hint(r->diag, f, "did you mean `%.*s`?", STR_FMT(nearest));
}

static bool read_mapping(struct reader *r, str_t path, unsigned depth);

/* What stands behind a key; `place` is that of the key. */
static bool
read_node(struct reader *r, str_t path, struct diag_place place, unsigned depth)
{
	enum config_key key = config_key_find(path);
	bool section = is_section(path);

	if (r->event.type == YAML_ALIAS_EVENT) {
		(void)diag_add(r->diag, DIAG_ERROR, "config", place, "aliases are not served here");
		return true;
	}
	if (key == CONFIG_KEY_COUNT && !section) {
		refuse_key(r, path, place);
		return skip_node(r);
	}
	if (section) {
		if (r->event.type == YAML_MAPPING_START_EVENT)
			return read_mapping(r, path, depth + 1);
		if (r->event.type != YAML_SCALAR_EVENT || !is_null(r))
			(void)diag_add(r->diag, DIAG_ERROR, "config", place,
			    "%.*s is a section: keys stand below it", STR_FMT(path));
		return skip_node(r);
	}
	if (r->event.type == YAML_SCALAR_EVENT)
		return read_scalar(r, key);
	if (r->event.type == YAML_SEQUENCE_START_EVENT)
		return read_sequence(r, key);
	(void)diag_add(r->diag, DIAG_ERROR, "config", place, "%.*s is a value, not a section",
	    STR_FMT(path));
	return skip_node(r);
}

static bool
read_mapping(struct reader *r, str_t path, unsigned depth)
{
	if (depth > DEPTH_MAX) {
		(void)diag_add(r->diag, DIAG_ERROR, "config", place_at(r, &r->event.start_mark, 0),
		    "sections are nested too deep");
		return skip_node(r);
	}
	for (;;) {
		struct diag_place place;
		str_t inner;

		if (!advance(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return true;
		place = place_at(r, &r->event.start_mark, 0);
		if (r->event.type != YAML_SCALAR_EVENT) {
			(void)diag_add(r->diag, DIAG_ERROR, "config", place, "a key must be a word");
			if (!skip_node(r) || !advance(r) || !skip_node(r))
				return false;
			continue;
		}
		place.width = (uint32_t)r->event.data.scalar.length;
		inner = path.len == 0 ?
		    arena_str(r->arena, scalar_text(r)) :
		    arena_printf(r->arena, "%.*s.%.*s", STR_FMT(path), STR_FMT(scalar_text(r)));
		if (!advance(r) || !read_node(r, inner, place, depth))
			return false;
	}
}

/* An empty file, one with only comments, or one mapping. */
static bool
read_document(struct reader *r)
{
	if (!advance(r) || !advance(r)) /* the start of the stream, and of the document */
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return true;
	if (!advance(r))
		return false;
	if (r->event.type == YAML_MAPPING_START_EVENT) {
		if (!read_mapping(r, STR_NONE, 0))
			return false;
	} else if (r->event.type != YAML_SCALAR_EVENT || !is_null(r)) {
		(void)diag_add(r->diag, DIAG_ERROR, "config", place_at(r, &r->event.start_mark, 0),
		    "a configuration is a mapping of keys to values");
		return skip_node(r);
	}
	if (!advance(r) || !advance(r))
		return false;
	if (r->event.type != YAML_STREAM_END_EVENT)
		(void)diag_add(r->diag, DIAG_ERROR, "config", place_at(r, &r->event.start_mark, 0),
		    "there is a second document in the file");
	return true;
}

err_t
config_file_read(struct arena *arena, str_t name, str_t text, struct diag *diag,
    struct config *config)
{
	struct reader r = {
		.arena = arena,
		.diag = diag,
		.config = config,
		.name = name,
		.text = config_hide_secrets(diag->arena, text), /* findings outlive the configuration */
		.error_count = diag->error_count,
	};

	if (yaml_parser_initialize(&r.parser) != 1)
		return ERR_MEMORY;
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)(text.len > 0 ? text.data : ""), text.len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	(void)read_document(&r);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	config->file_text = r.text;
	return diag->error_count > r.error_count ? ERR_CONFIG : ERR_OK;
}
