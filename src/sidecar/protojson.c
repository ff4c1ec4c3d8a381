/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/protojson.h"

#include <stdio.h>
#include <time.h>

#include "codec/base64.h"
#include "sidecar/wire.h"
#include "value/number.h"

struct reader {
	struct arena *arena;
	unsigned depth;
	bool failed;
};

static value_t read_message(struct reader *, str_t bytes, const struct protojson_row *);
static value_t read_struct(struct reader *, str_t bytes);

static value_t
fail(struct reader *r)
{
	r->failed = true;
	return VALUE_NONE;
}

static bool
go_in(struct reader *r)
{
	return ++r->depth <= PROTOJSON_DEPTH || (r->failed = true, false);
}

/* ---- scalars ---- */

static value_t
read_text(struct reader *r, const struct wire_field *f)
{
	str_t text = STR_NONE;

	return wire_text(f, &text) == ERR_OK ? value_string(r->arena, text) : fail(r);
}

static value_t
read_bytes(struct reader *r, str_t bytes)
{
	struct buf text;
	value_t v;

	buf_init(&text, bytes.len * 2 + 8);
	base64_write(&text, bytes);
	v = buf_failed(&text) ? VALUE_NONE : value_string(r->arena, buf_str(&text));
	buf_fini(&text);
	return v;
}

/* rfc3339, with as many digits behind the second as are needed: none, 3, 6 or 9. */
static value_t
read_time(struct reader *r, str_t bytes)
{
	struct wire_reader in = wire_reader_of(bytes);
	struct wire_field f;
	int64_t seconds = 0, nanos = 0;
	char text[64], fraction[16] = "";
	time_t when;
	struct tm tm;

	while (wire_next(&in, &f)) {
		if (f.number == 1 && f.type == WIRE_VARINT)
			seconds = (int64_t)f.number_value;
		else if (f.number == 2 && f.type == WIRE_VARINT)
			nanos = (int64_t)f.number_value;
	}
	when = (time_t)seconds;
	if (in.failed || seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999999999 ||
	    gmtime_r(&when, &tm) == NULL)
		return fail(r);
	if (nanos % 1000000 == 0 && nanos > 0)
		(void)snprintf(fraction, sizeof(fraction), ".%03d", (int)(nanos / 1000000));
	else if (nanos % 1000 == 0 && nanos > 0)
		(void)snprintf(fraction, sizeof(fraction), ".%06d", (int)(nanos / 1000));
	else if (nanos > 0)
		(void)snprintf(fraction, sizeof(fraction), ".%09d", (int)nanos);
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%sZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
	return value_text(r->arena, text);
}

static value_t
read_int64(struct reader *r, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	return value_text(r->arena, text);
}

/* ---- google.protobuf.Struct ---- */

static value_t
read_double(struct reader *r, uint64_t bits)
{
	double d;
	char text[40];

	memcpy(&d, &bits, sizeof(d));
	if (d - d != 0) /* infinite, or no number: JSON has neither */
		return fail(r);
	if (d == (double)(int64_t)d && d > -1e15 && d < 1e15)
		return value_int((int64_t)d);
	(void)snprintf(text, sizeof(text), "%.17g", d);
	return number_parse(r->arena, str_of(text));
}

static value_t
read_list(struct reader *r, str_t bytes, value_t (*read_one)(struct reader *, str_t))
{
	struct wire_reader in = wire_reader_of(bytes), again = in;
	struct wire_field f;
	size_t count = 0, i = 0;
	value_t *items;

	while (wire_next(&in, &f))
		count += f.number == 1 && f.type == WIRE_BYTES;
	items = ARENA_ARRAY(r->arena, value_t, count);
	while (items != NULL && i < count && wire_next(&again, &f)) {
		if (f.number == 1 && f.type == WIRE_BYTES)
			items[i++] = read_one(r, f.bytes);
	}
	return in.failed || items == NULL || r->failed ? fail(r) : value_array_of(items, count);
}

/* google.protobuf.Value; the last of its one field counts. */
static value_t
read_value(struct reader *r, str_t bytes)
{
	struct wire_reader in = wire_reader_of(bytes);
	struct wire_field f;
	value_t v = value_null();

	if (!go_in(r))
		return VALUE_NONE;
	while (wire_next(&in, &f)) {
		if (f.number == 1)
			v = value_null();
		else if (f.number == 2 && f.type == WIRE_FIXED64)
			v = read_double(r, f.number_value);
		else if (f.number == 3)
			v = read_text(r, &f);
		else if (f.number == 4 && f.type == WIRE_VARINT)
			v = value_bool(f.number_value != 0);
		else if (f.number == 5 && f.type == WIRE_BYTES)
			v = read_struct(r, f.bytes);
		else if (f.number == 6 && f.type == WIRE_BYTES)
			v = read_list(r, f.bytes, read_value);
	}
	r->depth--;
	return in.failed ? fail(r) : v;
}

/* ---- maps ---- */

static value_t
text_value(struct reader *r, str_t bytes)
{
	struct wire_field f = { .type = WIRE_BYTES, .bytes = bytes };

	return read_text(r, &f);
}

/* One entry of a map: key 1, value 2. */
static void
add_entry(struct reader *r, struct object_builder *o, str_t bytes, value_t (*read_one)(struct reader *, str_t))
{
	struct wire_reader in = wire_reader_of(bytes);
	struct wire_field f;
	str_t key = STR(""), value = STR("");

	while (wire_next(&in, &f)) {
		if (f.number == 1 && wire_text(&f, &key) != ERR_OK)
			r->failed = true;
		else if (f.number == 2 && f.type == WIRE_BYTES)
			value = f.bytes;
	}
	if (in.failed)
		r->failed = true;
	if (!r->failed)
		(void)object_builder_add(o, value_string(r->arena, key), read_one(r, value));
}

/* All entries of the map that is field `number` of a message. */
static value_t
read_map(struct reader *r, str_t message, uint32_t number, value_t (*read_one)(struct reader *, str_t))
{
	struct wire_reader in = wire_reader_of(message);
	struct object_builder o;
	struct wire_field f;

	object_builder_init(&o, r->arena, 16);
	while (!r->failed && wire_next(&in, &f)) {
		if (f.number == number && f.type == WIRE_BYTES)
			add_entry(r, &o, f.bytes, read_one);
	}
	return in.failed || r->failed ? fail(r) : object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static value_t
read_struct(struct reader *r, str_t bytes)
{
	value_t v;

	if (!go_in(r))
		return VALUE_NONE;
	v = read_map(r, bytes, 1, read_value);
	r->depth--;
	return v;
}

/* ---- messages ---- */

static bool
is_map(enum protojson_kind kind)
{
	return kind == PROTOJSON_TEXT_MAP || kind == PROTOJSON_STRUCT_MAP;
}

/* The value of one field; VALUE_NONE: of another wire type, or empty. */
static value_t
read_field(struct reader *r, const struct wire_field *f, const struct protojson_row *row)
{
	bool is_number = row->kind == PROTOJSON_UINT || row->kind == PROTOJSON_INT64;

	if (f->type != (is_number ? WIRE_VARINT : WIRE_BYTES) || (is_number && f->number_value == 0))
		return VALUE_NONE;
	switch (row->kind) {
	case PROTOJSON_UINT:
		return value_int((int64_t)(uint32_t)f->number_value);
	case PROTOJSON_INT64:
		return read_int64(r, f->number_value);
	case PROTOJSON_TEXT:
		return f->bytes.len > 0 ? read_text(r, f) : VALUE_NONE;
	case PROTOJSON_BYTES:
		return f->bytes.len > 0 ? read_bytes(r, f->bytes) : VALUE_NONE;
	case PROTOJSON_TIME:
		return read_time(r, f->bytes);
	case PROTOJSON_STRUCT:
		return read_struct(r, f->bytes);
	case PROTOJSON_MESSAGE:
		return read_message(r, f->bytes, row->rows);
	default:
		return VALUE_NONE;
	}
}

static value_t
read_row(struct reader *r, str_t bytes, const struct protojson_row *row)
{
	struct wire_reader in = wire_reader_of(bytes);
	struct wire_field f;
	value_t v = VALUE_NONE;

	if (is_map(row->kind)) {
		v = read_map(r, bytes, row->number, row->kind == PROTOJSON_TEXT_MAP ? text_value : read_struct);
		return v.count > 0 ? v : VALUE_NONE;
	}
	while (!r->failed && wire_next(&in, &f)) {
		if (f.number == row->number)
			v = read_field(r, &f, row);
	}
	return v;
}

/* A pass for each row: messages are short, and the last of equal fields counts without more ado. */
static value_t
read_message(struct reader *r, str_t bytes, const struct protojson_row *rows)
{
	struct wire_reader whole = wire_reader_of(bytes);
	struct object_builder o;
	struct wire_field f;

	while (wire_next(&whole, &f))
		;
	if (whole.failed || !go_in(r))
		return fail(r);
	object_builder_init(&o, r->arena, 8);
	for (; rows->name != NULL && !r->failed; rows++) {
		value_t v = read_row(r, bytes, rows);

		if (value_is_defined(v))
			(void)object_builder_add_text(&o, rows->name, v);
	}
	r->depth--;
	return r->failed ? VALUE_NONE : object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

value_t
protojson_read(struct arena *arena, str_t bytes, const struct protojson_row *rows)
{
	struct reader r = { .arena = arena };
	value_t v = read_message(&r, bytes, rows);

	return r.failed || arena_failed(arena) ? VALUE_NONE : v;
}

/* ---- writing ---- */

static void write_value(struct buf *, value_t, unsigned depth);

static void
write_nested(struct buf *out, uint32_t field, value_t v, unsigned depth, void (*write)(struct buf *, value_t, unsigned))
{
	struct buf inner;

	buf_init(&inner, 1 << 20);
	write(&inner, v, depth);
	out->failed |= buf_failed(&inner);
	wire_write_item(out, field, buf_str(&inner));
	buf_fini(&inner);
}

static void
write_list(struct buf *out, value_t array, unsigned depth)
{
	for (uint32_t i = 0; i < array.count; i++)
		write_nested(out, 1, array.items[i], depth, write_value);
}

static void
write_object(struct buf *out, value_t object, unsigned depth)
{
	for (uint32_t i = 0; i < object.count; i++) {
		const struct value_entry e = value_object_entry(object.object, i);
		struct buf entry;

		if (!value_is_string(e.key))
			continue;
		buf_init(&entry, 1 << 20);
		wire_write_bytes(&entry, 1, value_str(e.key));
		write_nested(&entry, 2, e.value, depth, write_value);
		out->failed |= buf_failed(&entry);
		wire_write_item(out, 1, buf_str(&entry));
		buf_fini(&entry);
	}
}

static void
write_value(struct buf *out, value_t v, unsigned depth)
{
	double d;

	if (depth > PROTOJSON_DEPTH) {
		out->failed = true;
	} else if (value_is_number(v)) {
		d = v.tag == VALUE_INT ? (double)v.integer : number_to_double(v);
		wire_write_double(out, 2, d);
	} else if (value_is_string(v)) {
		wire_write_item(out, 3, value_str(v));
	} else if (value_is_bool(v)) {
		wire_write_item_uint(out, 4, v.tag == VALUE_TRUE);
	} else if (v.tag == VALUE_OBJECT) {
		write_nested(out, 5, v, depth + 1, write_object);
	} else if (v.tag == VALUE_ARRAY) {
		write_nested(out, 6, v, depth + 1, write_list);
	} else {
		wire_write_item_uint(out, 1, 0);
	}
}

void
protojson_write_struct(struct buf *out, value_t object)
{
	write_object(out, object, 0);
}
