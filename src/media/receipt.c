/* SPDX-License-Identifier: Apache-2.0 */
#include "media/receipt.h"

#include "codec/json.h"
#include "crypt/secret.h"

#define RECEIPT_TYPE "coresdk-receipt"

enum { KEY_MODE = 0600 };

/* ---- the host's key ---- */

static err_t
make_key(const char *path, struct diag *diag, struct key **ret)
{
	struct key *key = NULL;
	struct buf text;
	err_t err;

	TRY(key_generate(KEY_ED25519, &key));
	buf_init(&text, KEY_TEXT_MAX);
	(void)buf_reserve(&text, KEY_TEXT_MAX); /* growing would leave copies behind */
	err = key_write_pem_private(&text, key);
	if (err == ERR_OK)
		err = file_replace(NULL, path, KEY_MODE, buf_str(&text), diag);
	if (text.data != NULL)
		secret_wipe(text.data, text.capacity);
	buf_fini(&text);
	if (err != ERR_OK)
		key_free(&key);
	else
		*ret = key;
	return err;
}

err_t
receipt_host_key(struct arena *arena, const char *dir, struct diag *diag, struct key **ret)
{
	str_t path = arena_printf(arena, "%s/host-key.pem", dir);
	struct buf text;
	err_t err;

	if (path.data == NULL)
		return ERR_MEMORY;
	buf_init(&text, KEY_TEXT_MAX);
	(void)buf_reserve(&text, KEY_TEXT_MAX);
	err = file_read(NULL, path.data, FILE_SECRET, &text, NULL);
	if (err == ERR_OK)
		err = key_read_pem(buf_str(&text), KEY_STRICT, diag, ret);
	else if (err != ERR_NOT_FOUND)
		err = file_read(NULL, path.data, FILE_SECRET, &text, diag);
	if (text.data != NULL)
		secret_wipe(text.data, text.capacity);
	buf_fini(&text);
	return err == ERR_NOT_FOUND ? make_key(path.data, diag, ret) : err;
}

/* ---- writing ---- */

static void
add(struct arena *arena, struct object_builder *o, const char *name, str_t text)
{
	(void)object_builder_add_text(o, name, value_string(arena, text));
}

static value_t
make_part(struct arena *arena, const struct receipt_part *p)
{
	struct object_builder o;

	object_builder_init(&o, arena, 5);
	add(arena, &o, "kind", p->kind);
	add(arena, &o, "target", p->target);
	add(arena, &o, "sha256", p->sha256);
	add(arena, &o, "revision", p->revision);
	(void)object_builder_add_text(&o, "previous",
	    p->previous.len > 0 ? value_string(arena, p->previous) : value_null());
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static err_t
make_public(struct arena *arena, const struct key *key, value_t *ret)
{
	struct buf text;
	err_t err;

	buf_init(&text, KEY_TEXT_MAX);
	key_write_jwk(&text, key);
	err =
	    buf_failed(&text) ? ERR_LIMIT : json_read(arena, buf_str(&text), NULL, NULL, ret);
	buf_fini(&text);
	return err;
}

err_t
receipt_write(
    struct arena *arena, const struct receipt *r, const struct key *key, struct buf *out)
{
	value_t parts[TRANSACTION_CHANGES_MAX], public;
	struct object_builder o;
	value_t payload;

	TRY(make_public(arena, key, &public));
	for (size_t i = 0; i < r->count; i++)
		parts[i] = make_part(arena, &r->parts[i]);
	object_builder_init(&o, arena, 12);
	(void)object_builder_add_text(&o, "receipt", value_int(1));
	add(arena, &o, "host", r->host);
	add(arena, &o, "media", r->media_id);
	add(arena, &o, "media_key", r->media_key);
	(void)object_builder_add_text(&o, "media_created", value_int(r->media_created));
	(void)object_builder_add_text(&o, "media_number", value_int(r->media_number));
	(void)object_builder_add_text(&o, "parts", value_array(arena, parts, r->count));
	(void)object_builder_add_text(&o, "time", value_int(r->time));
	add(arena, &o, "result", r->result);
	add(arena, &o, "reason", r->reason);
	(void)object_builder_add_text(&o, "reloaded", value_bool(r->reloaded));
	(void)object_builder_add_text(&o, "key", public);
	payload = object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
	if (arena_failed(arena))
		return ERR_MEMORY;
	TRY(statement_write(out, key, STR(RECEIPT_TYPE), payload));
	buf_add_char(out, '\n');
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

/* ---- reading ---- */

static err_t
refuse(struct diag *diag, str_t name, const char *why)
{
	diag_say(diag, "media", "%.*s: %s", STR_FMT(name), why);
	return ERR_SIGNATURE;
}

/* Verified by the key that it brings itself. */
static err_t
read_alone(
    struct arena *arena, str_t text, str_t name, struct diag *diag, struct statement *ret)
{
	struct bundle_keys *keys = bundle_keys_new();
	struct statement st;
	struct buf jwk;
	err_t err = keys != NULL ? ERR_OK : ERR_MEMORY;

	buf_init(&jwk, KEY_TEXT_MAX);
	if (err == ERR_OK)
		err = statement_read(arena, text, STR(RECEIPT_TYPE), NULL, name, diag, &st);
	if (err == ERR_OK) {
		json_write(&jwk, value_object_get_text(st.payload, "key"));
		if (bundle_keys_add_text(keys, buf_str(&jwk), name, NULL) != ERR_OK)
			err = refuse(
			    diag, name, "it does not bring the key that it was signed with");
	}
	if (err == ERR_OK)
		err = statement_read(arena, text, STR(RECEIPT_TYPE), keys, name, diag, ret);
	buf_fini(&jwk);
	bundle_keys_free(&keys);
	return err;
}

static bool
read_parts(value_t parts, struct receipt *r)
{
	if (parts.tag != VALUE_ARRAY || parts.count > TRANSACTION_CHANGES_MAX)
		return false;
	for (uint32_t i = 0; i < parts.count; i++) {
		value_t v = parts.items[i];

		r->parts[r->count++] =
		    (struct receipt_part){ .kind = statement_text(v, "kind"),
			    .target = statement_text(v, "target"),
			    .sha256 = statement_text(v, "sha256"),
			    .revision = statement_text(v, "revision"),
			    .previous = statement_text(v, "previous") };
		if (!statement_is_plain(r->parts[i].kind) ||
		    !statement_is_plain(r->parts[i].revision) ||
		    !statement_is_plain(r->parts[i].sha256))
			return false;
	}
	return true;
}

err_t
receipt_read(struct arena *arena, str_t text, str_t name, const struct bundle_keys *keys,
    struct diag *diag, struct receipt *ret)
{
	struct receipt r = { .count = 0 };
	struct statement st;

	text = str_trim_space(text);
	TRY(keys != NULL
		? statement_read(arena, text, STR(RECEIPT_TYPE), keys, name, diag, &st)
		: read_alone(arena, text, name, diag, &st));
	r.host = statement_text(st.payload, "host");
	r.media_id = statement_text(st.payload, "media");
	r.media_key = statement_text(st.payload, "media_key");
	r.media_created = statement_number(st.payload, "media_created", 0);
	r.media_number = statement_number(st.payload, "media_number", 0);
	r.time = statement_number(st.payload, "time", -1);
	r.result = statement_text(st.payload, "result");
	r.reason = statement_text(st.payload, "reason");
	r.reloaded = value_object_get_text(st.payload, "reloaded").tag == VALUE_TRUE;
	r.key = st.key;
	r.known = keys != NULL;
	if (statement_number(st.payload, "receipt", 0) != 1 || r.host.len == 0 || r.time < 0 ||
	    !statement_is_plain(r.host) || !statement_is_plain(r.reason) ||
	    !statement_is_plain(r.result) ||
	    !read_parts(value_object_get_text(st.payload, "parts"), &r))
		return refuse(diag, name,
		    "it is signed, and is no receipt that this program understands");
	*ret = r;
	return ERR_OK;
}
