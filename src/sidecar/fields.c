/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/fields.h"

#include "base/vec.h"
#include "sidecar/message.h"
#include "sidecar/wire.h"

static err_t
add_text(struct arena *arena, const struct wire_field *f, bool is_text, struct field_texts *list)
{
	str_t text = f->bytes;

	if (is_text)
		TRY(wire_text(f, &text));
	if (list->count == FIELD_LIST_MAX)
		return ERR_LIMIT;
	return VEC_PUSH(arena, list, text) ? ERR_OK : ERR_MEMORY;
}

static err_t
add_pair(struct arena *arena, const struct wire_field *f, struct field_pairs *list)
{
	struct wire_reader r = wire_reader_of(f->bytes);
	struct field_pair pair = { STR(""), STR("") };
	struct wire_field part;

	while (wire_next(&r, &part)) {
		if (part.number == 1)
			TRY(wire_text(&part, &pair.key));
		else if (part.number == 2)
			TRY(wire_text(&part, &pair.value));
	}
	if (r.failed)
		return ERR_SYNTAX;
	if (list->count == FIELD_LIST_MAX)
		return ERR_LIMIT;
	return VEC_PUSH(arena, list, pair) ? ERR_OK : ERR_MEMORY;
}

static err_t
take(struct arena *arena, const struct wire_field *f, enum field_kind kind, void *member)
{
	if (kind == FIELD_UINT) {
		if (f->type == WIRE_VARINT)
			*(uint64_t *)member = f->number_value;
		return ERR_OK;
	}
	if (f->type != WIRE_BYTES)
		return ERR_OK;
	switch (kind) {
	case FIELD_TEXT:
		return wire_text(f, member);
	case FIELD_BYTES:
		*(str_t *)member = f->bytes;
		return ERR_OK;
	case FIELD_TENANT:
		return message_read_tenant(arena, f->bytes, member);
	case FIELD_TEXTS:
		return add_text(arena, f, true, member);
	case FIELD_PARTS:
		return add_text(arena, f, false, member);
	case FIELD_PAIRS:
		return add_pair(arena, f, member);
	case FIELD_UINT:
		break;
	}
	return ERR_INTERNAL;
}

err_t
fields_read(struct arena *arena, str_t bytes, const struct field_row *rows, size_t count, void *ret)
{
	struct wire_reader r = wire_reader_of(bytes);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		for (size_t i = 0; i < count; i++) {
			if (rows[i].number == f.number)
				TRY(take(arena, &f, rows[i].kind, (char *)ret + rows[i].offset));
		}
	}
	return r.failed ? ERR_SYNTAX : ERR_OK;
}
