/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

void
diag_init(struct diag *d, struct arena *arena, size_t limit)
{
	*d = (struct diag){ .arena = arena, .limit = limit };
	d->tail = &d->first;
}

static str_t
format_text(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	int len;
	char *text;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0 || (text = arena_alloc_raw(arena, (size_t)len + 1, 1)) == NULL)
		return STR_NONE;
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	return str_make(text, (size_t)len);
}

static struct diag_finding *
add(struct diag *d, enum diag_level level, const char *code, struct diag_place place,
    const char *format, va_list args)
{
	struct diag_finding *f;
	size_t kept = d->error_count + d->warning_count;

	if (level == DIAG_ERROR)
		d->error_count++;
	else
		d->warning_count++;
	if (kept >= d->limit || (f = ARENA_NEW(d->arena, struct diag_finding)) == NULL)
		return NULL;
	f->level = level;
	f->code = str_of(code);
	f->place = place;
	f->message = format_text(d->arena, format, args);
	*d->tail = f;
	d->tail = &f->next;
	return f;
}

struct diag_finding *
diag_add(struct diag *d, enum diag_level level, const char *code, struct diag_place place,
    const char *format, ...)
{
	struct diag_finding *f;
	va_list args;

	if (d == NULL)
		return NULL;
	va_start(args, format);
	f = add(d, level, code, place, format, args);
	va_end(args);
	return f;
}

void
diag_hint(struct diag *d, struct diag_finding *f, const char *format, ...)
{
	va_list args;

	if (d == NULL || f == NULL)
		return;
	va_start(args, format);
	f->hint = format_text(d->arena, format, args);
	va_end(args);
}

void
diag_say(struct diag *d, const char *code, const char *format, ...)
{
	va_list args;

	if (d == NULL)
		return;
	va_start(args, format);
	(void)add(d, DIAG_ERROR, code, (struct diag_place){ 0 }, format, args);
	va_end(args);
}

void
diag_keep(struct diag *d)
{
	struct diag_place from = { 0 }, to = { 0 }; /* most findings are in the file of the one before */

	if (d == NULL)
		return;
	for (struct diag_finding *f = d->first; f != NULL; f = f->next) {
		if (f->place.source.data != from.source.data || f->place.source.len != from.source.len)
			to.source = f->place.source.len > DIAG_KEEP_MAX ?
			    STR_NONE :
			    arena_str(d->arena, f->place.source);
		if (f->place.file.data != from.file.data || f->place.file.len != from.file.len)
			to.file = arena_str(d->arena, f->place.file);
		from = f->place;
		f->place.source = to.source;
		f->place.file = to.file;
	}
}

static bool
comes_before(const struct diag_finding *a, const struct diag_finding *b)
{
	int order = str_cmp(a->place.file, b->place.file);

	if ((a->place.file.len == 0) != (b->place.file.len == 0))
		return b->place.file.len == 0;
	if (order != 0)
		return order < 0;
	if (a->place.row != b->place.row)
		return a->place.row < b->place.row;
	return a->place.col < b->place.col;
}

void
diag_sort(struct diag *d)
{
	struct diag_finding *sorted = NULL, *next;

	for (struct diag_finding *f = d->first; f != NULL; f = next) {
		struct diag_finding **at = &sorted;

		next = f->next;
		while (*at != NULL && !comes_before(f, *at))
			at = &(*at)->next;
		f->next = *at;
		*at = f;
	}
	d->first = sorted;
	d->tail = &d->first;
	while (*d->tail != NULL)
		d->tail = &(*d->tail)->next;
}

str_t
diag_first_message(const struct diag *d)
{
	return d->first != NULL ? d->first->message : STR_NONE;
}
