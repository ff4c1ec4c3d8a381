/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration, shown: `core config show --origin`. */
#include "config/config.h"

static void
write_word(struct buf *out, const char *words, int index)
{
	str_t rest = str_of(words);

	for (; index > 0; index--)
		rest = str_skip(rest, str_find_char(rest, '|', 0) + 1);
	buf_add_str(out, str_sub(rest, 0, str_find_char(rest, '|', 0)));
}

static void
write_list(struct buf *out, const struct config_list *list)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_add_text(out, ", ");
		buf_printf(out, "\"%.*s\"", STR_FMT(list->at[i]));
	}
	buf_add_char(out, ']');
}

void
config_write_value(struct buf *out, const struct config *config, enum config_key key)
{
	const struct config_row *row = config_row(key);
	const void *at = (const char *)config + row->offset;

	switch (row->type) {
	case CONFIG_TYPE_FLAG:
		buf_add_text(out, *(const bool *)at ? "true" : "false");
		break;
	case CONFIG_TYPE_INT:
		buf_add_int(out, *(const int64_t *)at);
		break;
	case CONFIG_TYPE_CHOICE:
		write_word(out, row->limits, *(const int *)at);
		break;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ENTRIES:
		write_list(out, at);
		break;
	case CONFIG_TYPE_SECRET:
		buf_add_text(out, ((const str_t *)at)->len > 0 ? "(set)" : "\"\"");
		break;
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_PATH:
		if (((const str_t *)at)->len == 0)
			buf_add_text(out, "\"\"");
		buf_add_str(out, *(const str_t *)at);
		break;
	}
}

void
config_write_source(struct buf *out, const struct config *config, enum config_key key)
{
	const struct config_source *s = &config->source[key];

	switch (s->origin) {
	case CONFIG_DEFAULT:
		buf_add_text(out, "default");
		break;
	case CONFIG_FILE:
		buf_printf(out, "%.*s:%u:%u", STR_FMT(s->name), s->row, s->col);
		break;
	case CONFIG_ENVIRONMENT:
	case CONFIG_FLAG:
		buf_add_str(out, s->name);
		break;
	}
}
