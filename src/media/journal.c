/* SPDX-License-Identifier: Apache-2.0 */
#include "media/journal.h"

#include <errno.h>

#include "codec/json.h"

enum { JOURNAL_MAX = 1 << 20, JOURNAL_MODE = 0600 };

static const char *const states[] = { "staging", "putting", "kept" };

static const char *
path_of(struct transaction *t)
{
	str_t path = arena_printf(t->arena, "%s/journal.json", t->dir);

	return path.data != NULL ? path.data : "";
}

static void
add_member(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(out, ",\"%s\":", name);
	json_write_string(out, str_of(text), false);
}

err_t
journal_write(struct transaction *t, enum journal_state state, struct diag *diag)
{
	struct buf out;
	err_t err;

	buf_init(&out, JOURNAL_MAX);
	buf_printf(&out, "{\"state\":\"%s\"", states[state]);
	if (t->receipt.len > 0) {
		buf_add_text(&out, ",\"receipt\":");
		json_write_string(&out, t->receipt, false);
	}
	add_member(&out, "receipt_path", t->receipt_path);
	buf_add_text(&out, ",\"changes\":[");
	for (size_t i = 0; i < t->count; i++) {
		const struct change *c = &t->changes[i];

		buf_printf(&out, "%s{\"sha256\":\"%.64s\"", i > 0 ? "," : "", c->sha256);
		add_member(&out, "kind", c->kind);
		add_member(&out, "target", c->target);
		add_member(&out, "keep_as", c->keep_as);
		add_member(&out, "previous", c->existed ? c->previous : NULL);
		buf_add_char(&out, '}');
	}
	buf_add_text(&out, "]}\n");
	err = buf_failed(&out)
		  ? ERR_LIMIT
		  : file_replace(t->ops, path_of(t), JOURNAL_MODE, buf_str(&out), diag);
	buf_fini(&out);
	return err;
}

static const char *
get_text(struct transaction *t, value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? arena_copy(t->arena, value_str(v).data, v.count) : NULL;
}

static bool
read_change(struct transaction *t, value_t v)
{
	struct change *c = &t->changes[t->count];
	const char *sha256 = get_text(t, v, "sha256"), *previous = get_text(t, v, "previous");

	c->kind = get_text(t, v, "kind");
	c->target = get_text(t, v, "target");
	c->keep_as = get_text(t, v, "keep_as");
	c->existed = previous != NULL;
	if (c->kind == NULL || c->target == NULL || sha256 == NULL ||
	    strlen(sha256) != SHA256_HEX_SIZE ||
	    (c->existed && strlen(previous) != SHA256_HEX_SIZE))
		return false;
	memcpy(c->sha256, sha256, SHA256_HEX_SIZE);
	if (c->existed)
		memcpy(c->previous, previous, SHA256_HEX_SIZE);
	t->count++;
	return true;
}

static bool
read_document(struct transaction *t, value_t v, enum journal_state *ret)
{
	const char *state = get_text(t, v, "state"), *receipt = get_text(t, v, "receipt");
	value_t changes = value_object_get_text(v, "changes");
	size_t at = 0;

	while (state != NULL && at < COUNT(states) && strcmp(states[at], state) != 0)
		at++;
	if (state == NULL || at == COUNT(states) || changes.tag != VALUE_ARRAY ||
	    changes.count > TRANSACTION_CHANGES_MAX)
		return false;
	*ret = (enum journal_state)at;
	t->receipt = str_of(receipt);
	t->receipt_path = get_text(t, v, "receipt_path");
	for (uint32_t i = 0; i < changes.count; i++)
		if (!read_change(t, changes.items[i]))
			return false;
	return true;
}

err_t
journal_read(struct transaction *t, struct diag *diag, enum journal_state *ret)
{
	const char *path = path_of(t);
	struct buf text;
	value_t document;
	err_t err;

	buf_init(&text, JOURNAL_MAX);
	err = file_read(t->ops, path, FILE_SECRET, &text, NULL);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		err = file_read(t->ops, path, FILE_SECRET, &text, diag);
	if (err == ERR_OK &&
	    (json_read(t->arena, buf_str(&text), NULL, NULL, &document) != ERR_OK ||
		!read_document(t, document, ret))) {
		diag_say(diag, "media",
		    "%s is spoiled: look at the files named *.media-old and *.media-new, put "
		    "right what is "
		    "wrong by hand, and remove it",
		    path);
		err = ERR_IO;
	}
	buf_fini(&text);
	return err;
}

void
journal_clean(struct transaction *t)
{
	(void)t->ops->unlink(arena_printf(t->arena, "%s.new", path_of(t)).data);
}

err_t
journal_remove(struct transaction *t, struct diag *diag)
{
	const char *path = path_of(t);

	journal_clean(t);
	if ((t->ops->unlink(path) != 0 && errno != ENOENT) ||
	    file_sync_parent(t->ops, path) != ERR_OK) {
		diag_say(diag, "media", "cannot remove %s: %s", path, strerror(errno));
		return ERR_IO;
	}
	return ERR_OK;
}
