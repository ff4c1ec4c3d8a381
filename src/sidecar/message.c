/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/message.h"

#include "base/utf8.h"
#include "base/vec.h"
#include "codec/json.h"
#include "sidecar/wire.h"

static err_t
end_of(const struct wire_reader *r)
{
	return r->failed ? ERR_SYNTAX : ERR_OK;
}

/* ---- TenantContext and RequestMetadata ---- */

VEC_TYPE(text_list, str_t);

static err_t
read_tenant_message(struct arena *arena, str_t bytes, struct message *m)
{
	struct wire_reader r = wire_reader_of(bytes);
	struct text_list roles = { 0 };
	struct wire_field f;
	str_t text, id = STR_NONE;

	while (wire_next(&r, &f)) {
		if (f.number > 3)
			continue; /* attributes, and what later versions add */
		if (f.type != WIRE_BYTES)
			return ERR_SYNTAX; /* all its fields are of that type: no tenant, this */
		TRY(wire_text(&f, &text));
		if (f.number == 1)
			id = text;
		if (f.number == 3 && roles.count < MESSAGE_ROLES_MAX &&
		    !VEC_PUSH(arena, &roles, text))
			return ERR_MEMORY;
	}
	TRY(end_of(&r));
	m->tenant_id = id;
	m->roles = roles.at;
	m->role_count = roles.count;
	return ERR_OK;
}

static bool
begins_like_message(str_t bytes)
{
	return bytes.len > 0 &&
	    (bytes.data[0] == 0x0a || bytes.data[0] == 0x12 || bytes.data[0] == 0x1a ||
		bytes.data[0] == 0x22);
}

static err_t
read_tenant(struct arena *arena, const struct wire_field *f, struct message *m)
{
	if (f->type != WIRE_BYTES || f->bytes.len == 0)
		return ERR_OK;
	m->bare_tenant = false;
	if (begins_like_message(f->bytes) && read_tenant_message(arena, f->bytes, m) == ERR_OK)
		return ERR_OK;
	m->bare_tenant = true;
	return wire_text(f, &m->tenant_id);
}

err_t
message_read_tenant(struct arena *arena, str_t bytes, str_t *ret_id)
{
	struct wire_field f = { .type = WIRE_BYTES, .bytes = bytes };
	struct message m = { 0 };

	TRY(read_tenant(arena, &f, &m));
	*ret_id = m.tenant_id;
	return ERR_OK;
}

static err_t
read_metadata(str_t bytes, str_t *ret_trace_id)
{
	struct wire_reader r = wire_reader_of(bytes);
	struct wire_field f;
	str_t text, trace_id = STR_NONE;

	while (wire_next(&r, &f)) {
		if (f.number > 4)
			continue; /* what later versions add */
		if (f.type != WIRE_BYTES)
			return ERR_SYNTAX;
		TRY(wire_text(&f, &text));
		if (f.number == 2)
			trace_id = text;
	}
	TRY(end_of(&r));
	*ret_trace_id = trace_id;
	return ERR_OK;
}

/* Metadata is a help, never a reason to refuse. */
static void
take_metadata(str_t bytes, struct message *m)
{
	str_t trace_id;

	if (read_metadata(bytes, &trace_id) == ERR_OK)
		m->trace_id = trace_id;
}

/* ---- requests ---- */

err_t
message_read_validate(struct arena *arena, str_t bytes, bool has_user_agent,
    struct message *ret)
{
	struct wire_reader r = wire_reader_of(bytes);
	str_t third = STR_NONE, fourth = STR_NONE;
	struct wire_field f;
	struct message m = { 0 };
	bool alone;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			TRY(wire_text(&f, &m.token));
		else if (f.number == 2)
			TRY(read_tenant(arena, &f, &m));
		else if (f.number == 3 && f.type == WIRE_BYTES)
			third = f.bytes;
		else if (f.number == 4)
			TRY(wire_text(&f, &fourth));
	}
	TRY(end_of(&r));
	alone = m.tenant_id.len == 0 && third.len == 0 && !has_user_agent;
	if (!m.bare_tenant && !alone) {
		take_metadata(third, &m);
		m.audience = fourth;
	} else {
		if (!utf8_is_valid(third))
			return ERR_SYNTAX;
		/* The one client that sends no tenant puts the resource into field 4. */
		m.resource = alone ? fourth : third;
		m.action = alone ? STR_NONE : fourth;
	}
	*ret = m;
	return ERR_OK;
}

static err_t
read_pair(str_t bytes, struct message_pair *ret)
{
	struct wire_reader r = wire_reader_of(bytes);
	struct message_pair pair = { STR(""), STR("") };
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			TRY(wire_text(&f, &pair.key));
		else if (f.number == 2)
			TRY(wire_text(&f, &pair.value));
	}
	*ret = pair;
	return end_of(&r);
}

bool
message_is_token(str_t text)
{
	bool begins = str_has_prefix(text, STR("eyJ")) ||
	    (text.len > 7 && str_eq_nocase(str_sub(text, 0, 7), STR("Bearer ")));

	return begins && str_find_char(text, '.', str_find_char(text, '.', 0) + 1) < text.len;
}

/*
 * A principal's id is never a token: one in its place is what identifies, not a name that
 * anyone may read in the log.  Who puts it there, and no TenantContext, swaps the rest too.
 */
static void
move_token(struct message *m)
{
	bool has_context = !m->bare_tenant && (m->tenant_id.len > 0 || m->role_count > 0);
	str_t resource = m->action;

	if (!message_is_token(m->subject))
		return;
	if (m->token.len == 0) {
		m->token = m->subject;
		if (!has_context) {
			m->action = m->resource;
			m->resource = resource;
		}
	}
	m->subject = STR_NONE;
}

err_t
message_read_authorize(struct arena *arena, str_t bytes, struct message *ret)
{
	struct wire_reader r = wire_reader_of(bytes);
	VEC(struct message_pair) context = { 0 };
	struct message_pair pair;
	struct wire_field f;
	struct message m = { 0 };

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			TRY(wire_text(&f, &m.subject));
		else if (f.number == 2)
			TRY(wire_text(&f, &m.action));
		else if (f.number == 3)
			TRY(wire_text(&f, &m.resource));
		else if (f.number == 4)
			TRY(read_tenant(arena, &f, &m));
		else if (f.number == 5 && f.type == WIRE_BYTES)
			take_metadata(f.bytes, &m);
		else if (f.number == 6 && f.type == WIRE_BYTES) {
			TRY(read_pair(f.bytes, &pair));
			if (context.count == MESSAGE_CONTEXT_MAX)
				return ERR_LIMIT;
			if (!VEC_PUSH(arena, &context, pair))
				return ERR_MEMORY;
		} else if (f.number == 7)
			TRY(wire_text(&f, &m.token));
		else if (f.number == 8)
			TRY(wire_text(&f, &m.required_scope));
	}
	TRY(end_of(&r));
	m.context = context.at;
	m.context_count = context.count;
	move_token(&m);
	*ret = m;
	return ERR_OK;
}

err_t
message_read_evaluate(struct arena *arena, str_t bytes, struct message *ret)
{
	struct wire_reader r = wire_reader_of(bytes);
	struct wire_field f;
	struct message m = { 0 };

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			TRY(wire_text(&f, &m.rule));
		else if (f.number == 2 && f.type == WIRE_BYTES)
			m.input_json = f.bytes; /* the JSON reader checks it, and says where */
		else if (f.number == 3)
			TRY(read_tenant(arena, &f, &m));
		else if (f.number == 4 && f.type == WIRE_BYTES)
			take_metadata(f.bytes, &m);
	}
	TRY(end_of(&r));
	*ret = m;
	return ERR_OK;
}

err_t
message_read_health(str_t bytes, str_t *ret_service)
{
	struct wire_reader r = wire_reader_of(bytes);
	struct wire_field f;
	str_t service = STR_NONE;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			TRY(wire_text(&f, &service));
	}
	TRY(end_of(&r));
	*ret_service = service;
	return ERR_OK;
}

/* ---- answers ---- */

void
message_write_problem_status(struct buf *out, uint32_t number, enum problem problem, uint32_t status,
    str_t detail)
{
	const struct problem_row *p = problem_get(problem);
	str_t type = str_of(p->type), title = str_of(p->title);

	wire_write_head(out, number,
	    wire_bytes_size(1, type.len) + wire_bytes_size(2, title.len) + wire_uint_size(3, status) +
		wire_bytes_size(4, detail.len));
	wire_write_bytes(out, 1, type);
	wire_write_bytes(out, 2, title);
	wire_write_uint(out, 3, status);
	wire_write_bytes(out, 4, detail);
}

void
message_write_problem(struct buf *out, uint32_t number, enum problem problem, str_t detail)
{
	if (problem != PROBLEM_NONE)
		message_write_problem_status(out, number, problem, problem_get(problem)->status, detail);
}

void
message_write_invalid(struct buf *out, enum problem problem, str_t detail)
{
	message_write_problem(out, 6, problem, detail);
}

static void
add_joined(struct buf *out, value_t words, char separator)
{
	for (uint32_t i = 0; i < words.count; i++) {
		if (i > 0)
			buf_add_char(out, separator);
		if (value_is_string(words.items[i]))
			buf_add_str(out, value_str(words.items[i]));
		else
			json_write(out, words.items[i]);
	}
}

static bool
is_list_of_words(value_t v)
{
	for (uint32_t i = 0; v.tag == VALUE_ARRAY && i < v.count; i++) {
		if (!value_is_string(v.items[i]))
			return false;
	}
	return v.tag == VALUE_ARRAY;
}

/* Clients split scopes at blanks and groups at commas. */
static void
add_claim_text(struct buf *out, str_t name, value_t claim)
{
	bool scopes = str_eq(name, STR("scope")) || str_eq(name, STR("scopes"));

	if (value_is_string(claim))
		buf_add_str(out, value_str(claim));
	else if (is_list_of_words(claim))
		add_joined(out, claim, scopes ? ' ' : ',');
	else
		json_write(out, claim);
}

/* map<string, string> claims = 4 */
static void
write_claim(struct buf *out, struct buf *scratch, str_t name, value_t claim)
{
	size_t size;

	buf_clear(scratch);
	add_claim_text(scratch, name, claim);
	size = wire_bytes_size(1, name.len) + wire_bytes_size(2, scratch->len);
	wire_write_head(out, 4, size);
	wire_write_bytes(out, 1, name);
	wire_write_bytes(out, 2, buf_str(scratch));
	out->failed |= buf_failed(scratch);
}

void
message_write_validate(struct buf *out, struct buf *scratch, const struct message_identity *id)
{
	wire_write_uint(out, 1, 1);
	wire_write_bytes(out, 2, id->subject);
	for (uint32_t i = 0; i < id->roles.count; i++)
		wire_write_item(out, 3, value_str(id->roles.items[i]));
	for (uint32_t i = 0; id->claims.tag == VALUE_OBJECT && i < id->claims.count; i++) {
		const struct value_entry e = value_object_entry(id->claims.object, i);

		if (value_is_string(e.key))
			write_claim(out, scratch, value_str(e.key), e.value);
	}
	wire_write_uint(out, 5, id->expires_at > 0 ? (uint64_t)id->expires_at : 0);
}

void
message_write_authorize(struct buf *out, bool allowed, str_t reason)
{
	wire_write_uint(out, 1, allowed);
	wire_write_bytes(out, 2, reason);
}

void
message_write_evaluate(struct buf *out, bool result, str_t reason, bool dry_run)
{
	wire_write_uint(out, 1, result);
	wire_write_bytes(out, 2, reason);
	wire_write_uint(out, 3, dry_run);
}

void
message_write_health(struct buf *out, bool serving)
{
	enum { SERVING = 1, NOT_SERVING = 2 };

	wire_write_uint(out, 1, serving ? SERVING : NOT_SERVING);
}

/* ---- claims ---- */

static bool
is_separator(char c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

static value_t
split_words(struct arena *arena, str_t text)
{
	VEC(value_t) words = { 0 };

	while (text.len > 0) {
		size_t end = 0;

		while (end < text.len && !is_separator(text.data[end]))
			end++;
		if (end > 0 && !VEC_PUSH(arena, &words, value_string(arena, str_sub(text, 0, end))))
			break;
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return words.count > 0 ? value_array_of(words.at, words.count) : value_empty_array();
}

value_t
message_words(struct arena *arena, value_t v)
{
	VEC(value_t) words = { 0 };

	if (value_is_string(v))
		return split_words(arena, value_str(v));
	for (uint32_t i = 0; v.tag == VALUE_ARRAY && i < v.count; i++) {
		if (value_is_string(v.items[i]) && !VEC_PUSH(arena, &words, v.items[i]))
			break;
	}
	return words.count > 0 ? value_array_of(words.at, words.count) : value_empty_array();
}
