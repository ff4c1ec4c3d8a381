/* SPDX-License-Identifier: Apache-2.0 */
/* MaskingService: no policy is asked and no record written; what was sent is nowhere kept. */
#include "codec/json.h"
#include "sidecar/fields.h"
#include "sidecar/service.h"
#include "sidecar/wire.h"
#include "sidecar/worker.h"

struct mask_request {
	str_t text; /* the document, or the string */
	struct field_texts names, patterns;
	str_t masked, problem; /* problem: why everything is masked; empty: nothing is wrong */
};

static const struct field_row document_rows[] = {
	{ 1, FIELD_BYTES, offsetof(struct mask_request, text) },
	{ 2, FIELD_TEXTS, offsetof(struct mask_request, names) },
	{ 3, FIELD_TEXTS, offsetof(struct mask_request, patterns) },
};

static const struct field_row string_rows[] = {
	{ 1, FIELD_TEXT, offsetof(struct mask_request, text) },
	{ 2, FIELD_TEXTS, offsetof(struct mask_request, patterns) },
};

static err_t
decode(struct request *r, const struct field_row *rows, size_t count)
{
	struct mask_request *own = ARENA_NEW(r->notes, struct mask_request);

	if (own == NULL)
		return ERR_MEMORY;
	r->own = own;
	return fields_read(r->notes, r->bytes, rows, count, own);
}

static err_t
decode_document(struct request *r)
{
	return decode(r, document_rows, COUNT(document_rows));
}

static err_t
decode_string(struct request *r)
{
	return decode(r, string_rows, COUNT(string_rows));
}

static err_t
mask_document(struct request *r, struct mask_request *own, const struct redact_extra *x, struct buf *out)
{
	struct diag diag;
	value_t v = VALUE_NONE;
	err_t err;

	diag_init(&diag, r->notes, 1);
	err = json_read(r->arena, own->text, NULL, &diag, &v);
	if (err != ERR_OK) {
		own->problem = arena_printf(r->notes, "json_value is not JSON: %.*s",
		    STR_FMT(diag_first_message(&diag)));
		return err;
	}
	TRY(redact_document(r->worker->redactor, x, r->arena, v, &v));
	json_write(out, v);
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

/* By its place: what it looks for may be a secret. */
static str_t
describe_pattern(struct request *r, const struct mask_request *own, str_t which, err_t err)
{
	size_t i = 0;

	while (i < own->patterns.count && own->patterns.at[i].data != which.data)
		i++;
	if (err != ERR_SYNTAX || i == own->patterns.count)
		return STR("a pattern is too long, or there are too many names or patterns");
	return arena_printf(r->notes, "pattern %zu is no regular expression", i + 1);
}

static err_t
mask(struct request *r, struct mask_request *own, bool is_document)
{
	struct buf *out = &r->worker->scratch;
	struct redact_extra x;
	str_t which = STR_NONE;
	err_t err;

	buf_clear(out);
	err = redact_extra_init(&x, own->names.at, own->names.count, own->patterns.at, own->patterns.count,
	    &which);
	if (err != ERR_OK)
		own->problem = describe_pattern(r, own, which, err);
	else if (is_document)
		err = mask_document(r, own, &x, out);
	else
		err = redact_text(r->worker->redactor, &x, own->text, out);
	redact_extra_fini(&x);
	return err;
}

/*
 * What cannot be masked is masked whole: a client takes an error for leave to show what it has.
 */
static bool
ask(struct request *r, bool is_document)
{
	struct mask_request *own = r->own;
	err_t err = mask(r, own, is_document);

	own->masked = buf_str(&r->worker->scratch);
	if (err != ERR_OK) {
		own->masked = is_document ? STR("\"" REDACT_MARK "\"") : STR(REDACT_MARK);
		if (own->problem.len == 0)
			own->problem = str_of(err_text(err));
	}
	r->allow = true;
	return false;
}

static bool
ask_document(struct request *r, struct question *q)
{
	return ask(r, true);
}

static bool
ask_string(struct request *r, struct question *q)
{
	return ask(r, false);
}

static void
respond_string(const struct request *r, struct buf *out)
{
	wire_write_bytes(out, 1, ((const struct mask_request *)r->own)->masked);
}

static void
respond_document(const struct request *r, struct buf *out)
{
	const struct mask_request *own = r->own;

	wire_write_bytes(out, 1, own->masked);
	if (own->problem.len > 0)
		message_write_problem(out, 2, PROBLEM_MASKING_INVALID_REQUEST, own->problem);
}

static void
refuse_document(struct buf *out, str_t reason)
{
	wire_write_bytes(out, 1, STR("\"" REDACT_MARK "\""));
}

static void
refuse_string(struct buf *out, str_t reason)
{
	wire_write_bytes(out, 1, STR(REDACT_MARK));
}

const struct handler service_mask = {
	.decode = decode_document,
	.ask = ask_document,
	.respond = respond_document,
	.refuse = refuse_document,
	.flags = HANDLER_SILENT,
};

const struct handler service_mask_string = {
	.decode = decode_string,
	.ask = ask_string,
	.respond = respond_string,
	.refuse = refuse_string,
	.flags = HANDLER_SILENT,
};
