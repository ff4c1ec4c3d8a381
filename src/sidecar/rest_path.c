/* SPDX-License-Identifier: Apache-2.0 */
/* rest_path: the path of a document as keys: never text of a query. */
#include "base/utf8.h"
#include "sidecar/rest.h"
#include "sidecar/worker.h"

static err_t
refuse(struct request *r, str_t text)
{
	r->err_text = text;
	return ERR_SYNTAX;
}

/* As Go's strconv.Atoi: such a step is an index. */
static bool
read_index(str_t step, int64_t *ret)
{
	bool negative = step.len > 0 && step.data[0] == '-';
	str_t digits =
	    step.len > 0 && (negative || step.data[0] == '+') ? str_skip(step, 1) : step;
	int64_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		int digit = digits.data[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, (int64_t)10, &n) ||
		    __builtin_sub_overflow(n, (int64_t)digit, &n))
			return false;
	}
	if (!negative && n == INT64_MIN)
		return false;
	*ret = negative ? n : -n;
	return digits.len > 0;
}

static value_t
make_key(struct request *r, str_t step)
{
	int64_t index;
	value_t known;

	if (read_index(step, &index))
		return value_int(index);
	known = intern_find(snapshot_intern(r->book->snapshot), step);
	return value_is_defined(known) ? known : value_string(r->arena, step);
}

static bool
is_plain(str_t step)
{
	for (size_t i = 0; i < step.len; i++) {
		char c = step.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return step.len > 0;
}

static err_t
add_step(struct request *r, struct rest_path *p, str_t step, struct buf *name)
{
	str_t raw = rest_unescape(r->notes, step);
	int64_t index;

	if (str_find_char(raw, '"', 0) < raw.len || !utf8_is_valid(raw))
		return refuse(r, arena_printf(r->notes,
				     "invalid path: invalid ref term '%.*s'", STR_FMT(raw)));
	if (p->count == REST_KEYS_MAX)
		return refuse(r, STR("invalid path: too many steps"));
	p->keys[p->count++] = make_key(r, raw);
	if (read_index(raw, &index))
		buf_printf(name, "[%lld]", (long long)index);
	else
		buf_printf(name, is_plain(raw) ? ".%.*s" : "[\"%.*s\"]", STR_FMT(raw));
	return ERR_OK;
}

err_t
rest_path_read(struct request *r, str_t path, struct rest_path *p)
{
	struct buf *name = &r->worker->scratch;

	p->count = 0;
	buf_clear(name);
	buf_add_text(name, "data");
	while (path.len > 0) {
		size_t end = str_find_char(path, '/', 0);

		if (end > 0)
			TRY(add_step(r, p, str_sub(path, 0, end), name));
		path = str_skip(path, end < path.len ? end + 1 : end);
	}
	p->name = arena_str(r->notes, buf_str(name));
	r->message.rule = p->name;
	return ERR_OK;
}
