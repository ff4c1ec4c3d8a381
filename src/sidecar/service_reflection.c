/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc.reflection: what is served here, for tools that ask.
 *
 * The descriptors are those of proto/, built in.  A conversation: each request is
 * answered at once; what is not known is an error_response, not the end.
 */
#include <stdlib.h>

#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

enum { IMPORTS_MAX = 8 };

struct file {
	const char *name;
	size_t len;
	size_t import_count;
	uint16_t imports[IMPORTS_MAX];
	const char *data; /* a FileDescriptorProto */
};

struct symbol {
	const char *name;
	uint16_t file;
};

#include "reflection.inc"

struct reflection_request {
	str_t host, filename, symbol; /* what is not empty is asked for … */
	bool has_services; /* … or this, whose text means nothing */
};

/* ---- answers ---- */

/* The file and all that it imports, each once: a client adds them in any order. */
static void
add_file(struct buf *out, uint16_t number, bool *given)
{
	const struct file *f = &files[number];

	if (given[number])
		return;
	given[number] = true;
	for (size_t i = 0; i < f->import_count; i++)
		add_file(out, f->imports[i], given); /* imports have no circles: protoc saw to that */
	wire_write_item(out, 1, str_make(f->data, f->len));
}

static void
answer_file(struct buf *out, uint16_t number)
{
	bool given[COUNT(files)] = { false };

	add_file(out, number, given);
}

static void
answer_services(struct buf *out)
{
	for (size_t i = 0; i < COUNT(services); i++) {
		str_t name = str_of(services[i]);

		wire_write_head(out, 1, wire_bytes_size(1, name.len));
		wire_write_bytes(out, 1, name);
	}
}

static int
compare_symbols(const void *name, const void *symbol)
{
	return str_cmp(*(const str_t *)name, str_of(((const struct symbol *)symbol)->name));
}

static const struct symbol *
find_symbol(str_t name)
{
	return bsearch(&name, symbols, COUNT(symbols), sizeof(symbols[0]), compare_symbols);
}

static int
find_file(str_t name)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		if (str_eq(name, str_of(files[i].name)))
			return (int)i;
	}
	return -1;
}

/* The response's own field and its bytes; 7 is the error_response. */
static uint32_t
answer(const struct reflection_request *q, struct buf *out)
{
	const struct symbol *symbol = q->symbol.len > 0 ? find_symbol(q->symbol) : NULL;
	int file = q->filename.len > 0 ? find_file(q->filename) : -1;

	if (symbol != NULL)
		file = symbol->file;
	if (file >= 0) {
		answer_file(out, (uint16_t)file);
		return 4;
	}
	if (q->has_services) {
		answer_services(out);
		return 6;
	}
	wire_write_uint(out, 1, GRPC_NOT_FOUND);
	wire_write_bytes(out, 2, STR("there is no such file or symbol here"));
	return 7;
}

static err_t
read_request(str_t message, struct reflection_request *q)
{
	struct wire_reader r = wire_reader_of(message);
	struct wire_field f;

	*q = (struct reflection_request){ 0 };
	while (wire_next(&r, &f)) {
		if (f.number == 1)
			TRY(wire_text(&f, &q->host));
		else if (f.number == 3)
			TRY(wire_text(&f, &q->filename));
		else if (f.number == 4)
			TRY(wire_text(&f, &q->symbol));
		else if (f.number == 7)
			q->has_services = true;
	}
	return r.failed ? ERR_SYNTAX : ERR_OK;
}

void
service_reflect(struct worker *w, struct grpc_call *call, str_t message)
{
	struct buf *body = &w->scratch, *out = &w->answer;
	struct reflection_request q;
	uint32_t field;

	buf_clear(body);
	buf_clear(out);
	if (read_request(message, &q) != ERR_OK) {
		grpc_fail(call, GRPC_INVALID_ARGUMENT, STR("the message is malformed"));
		return;
	}
	field = answer(&q, body);
	wire_write_bytes(out, 1, q.host);
	wire_write_item(out, 2, message);
	wire_write_item(out, field, buf_str(body));
	if (buf_failed(out) || !grpc_send(call, buf_str(out)))
		grpc_fail(call, GRPC_RESOURCE_EXHAUSTED, STR("too many answers wait to be read"));
}
