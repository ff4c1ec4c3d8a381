/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/glob_pattern.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { LONGEST_PATTERN = 1 << 16, DEEPEST = 256 };

enum step_kind {
	STEP_RUNE, /* this rune */
	STEP_ONE, /* any rune but a delimiter */
	STEP_RANGE, /* a rune in a range, or not in it */
	STEP_LIST, /* a rune in a list, or not in it */
	STEP_ANY, /* stay here over any rune but a delimiter, or go on */
	STEP_SUPER, /* stay here over any rune, or go on */
	STEP_FORK, /* go on, and go to `target` */
	STEP_JUMP, /* go to `target` */
	STEP_MATCH,
};

struct step {
	enum step_kind kind;
	bool negated;
	uint32_t rune, last; /* RUNE; RANGE: both */
	uint32_t target; /* FORK, JUMP; LIST: place in the text of the pattern */
	uint32_t len; /* LIST: bytes there */
};

/* Places of the program, each at most once. */
struct place_set {
	uint32_t *places, *index;
	uint32_t count;
};

struct glob_pattern {
	struct step *steps;
	size_t step_count, step_capacity;
	uint32_t *delimiters;
	size_t delimiter_count;
	char *text; /* lists point here, escapes taken out */
	size_t text_len;
	struct place_set now, next;
	uint32_t *stack;
};

/* ---- compiling ---- */

struct alternatives { /* an open brace */
	uint32_t fork; /* the step that tries the next alternative */
	uint32_t jumps; /* chain of jumps to the end, through `target`; UINT32_MAX: none */
};

struct compiler {
	struct glob_pattern *p;
	str_t rest;
	struct alternatives open[DEEPEST];
	size_t depth;
	char *problem; /* GLOB_PROBLEM_LEN */
};

static bool
refuse(struct compiler *c, const char *problem)
{
	(void)snprintf(c->problem, GLOB_PROBLEM_LEN, "%s", problem);
	return false;
}

static bool
add_step(struct compiler *c, struct step step)
{
	struct glob_pattern *p = c->p;

	if (p->step_count == p->step_capacity) {
		size_t capacity = p->step_capacity == 0 ? 32 : p->step_capacity * 2;
		struct step *steps = realloc(p->steps, capacity * sizeof(*steps));

		if (steps == NULL) {
			return refuse(c, "out of memory");
		}
		p->steps = steps;
		p->step_capacity = capacity;
	}
	p->steps[p->step_count++] = step;
	return true;
}

static uint32_t
take_rune(struct compiler *c)
{
	size_t width;
	uint32_t rune = utf8_decode(c->rest, &width);

	c->rest = str_skip(c->rest, width);
	return rune;
}

static bool
is_next(const struct compiler *c, char what)
{
	return c->rest.len > 0 && c->rest.data[0] == what;
}

/* Up to the closing bracket, without backslashes. */
static bool
compile_list(struct compiler *c, bool negated)
{
	struct glob_pattern *p = c->p;
	struct step step = { .kind = STEP_LIST, .negated = negated, .target = (uint32_t)p->text_len };

	while (c->rest.len > 0 && !is_next(c, ']')) {
		if (is_next(c, '\\')) {
			c->rest = str_skip(c->rest, 1);
			if (c->rest.len == 0)
				break;
		}
		p->text[p->text_len++] = c->rest.data[0];
		c->rest = str_skip(c->rest, 1);
		while (c->rest.len > 0 && ((unsigned char)c->rest.data[0] & 0xC0) == 0x80) {
			p->text[p->text_len++] = c->rest.data[0];
			c->rest = str_skip(c->rest, 1);
		}
	}
	step.len = (uint32_t)p->text_len - step.target;
	if (c->rest.len == 0)
		return refuse(c, "unexpected end of input");
	c->rest = str_skip(c->rest, 1);
	if (step.len == 0)
		return refuse(c, "could not parse range");
	return add_step(c, step);
}

/* Behind an opening bracket: one range, or a list. */
static bool
refuse_range(struct compiler *c, uint32_t low, uint32_t high)
{
	char from[4], to[4];
	int from_len = (int)utf8_encode(from, low), to_len = (int)utf8_encode(to, high);

	(void)snprintf(c->problem, GLOB_PROBLEM_LEN,
	    "hi character '%.*s' should be greater than lo '%.*s'", to_len, to, from_len, from);
	return false;
}

static bool
compile_class(struct compiler *c)
{
	struct step range = { .kind = STEP_RANGE };
	str_t begin;

	range.negated = is_next(c, '!');
	if (range.negated)
		c->rest = str_skip(c->rest, 1);
	begin = c->rest;
	if (c->rest.len == 0)
		return refuse(c, "unexpected end of input");
	range.rune = take_rune(c);
	if (!is_next(c, '-')) {
		c->rest = begin;
		return compile_list(c, range.negated);
	}
	c->rest = str_skip(c->rest, 1);
	if (c->rest.len == 0)
		return refuse(c, "unexpected end of input");
	range.last = take_rune(c);
	if (c->rest.len == 0)
		return refuse(c, "unexpected end of input");
	if (!is_next(c, ']'))
		return refuse(c, "expected close range character");
	c->rest = str_skip(c->rest, 1);
	if (range.last < range.rune)
		return refuse_range(c, range.rune, range.last);
	return add_step(c, range);
}

static bool
open_alternatives(struct compiler *c)
{
	if (c->depth == DEEPEST)
		return refuse(c, "braces are nested too deeply");
	c->open[c->depth++] = (struct alternatives){ (uint32_t)c->p->step_count, UINT32_MAX };
	return add_step(c, (struct step){ .kind = STEP_FORK });
}

/* A comma: this alternative jumps to the end; the fork's other way is the next one. */
static bool
next_alternative(struct compiler *c)
{
	struct alternatives *a = &c->open[c->depth - 1];
	struct step jump = { .kind = STEP_JUMP, .target = a->jumps };

	a->jumps = (uint32_t)c->p->step_count;
	if (!add_step(c, jump))
		return false;
	c->p->steps[a->fork].target = (uint32_t)c->p->step_count;
	a->fork = (uint32_t)c->p->step_count;
	return add_step(c, (struct step){ .kind = STEP_FORK });
}

static void
close_alternatives(struct compiler *c)
{
	struct glob_pattern *p = c->p;
	struct alternatives a = c->open[--c->depth];
	uint32_t end = (uint32_t)p->step_count;

	/* The last alternative has no other beside it. */
	p->steps[a.fork].kind = STEP_JUMP;
	p->steps[a.fork].target = a.fork + 1;
	while (a.jumps != UINT32_MAX) {
		uint32_t next = p->steps[a.jumps].target;

		p->steps[a.jumps].target = end;
		a.jumps = next;
	}
}

static bool
compile_star(struct compiler *c)
{
	bool super = is_next(c, '*');

	if (super)
		c->rest = str_skip(c->rest, 1);
	return add_step(c, (struct step){ .kind = super || c->p->delimiter_count == 0 ? STEP_SUPER
	                                                                              : STEP_ANY });
}

static bool
compile_next(struct compiler *c)
{
	uint32_t rune = take_rune(c);

	switch (rune) {
	case '*':
		return compile_star(c);
	case '?':
		return add_step(c, (struct step){ .kind = STEP_ONE });
	case '[':
		return compile_class(c);
	case '{':
		return open_alternatives(c);
	case ',':
		if (c->depth > 0)
			return next_alternative(c);
		break;
	case '}':
		if (c->depth > 0) {
			close_alternatives(c);
			return true;
		}
		break;
	case '\\':
		if (c->rest.len == 0)
			return true;
		rune = take_rune(c);
		break;
	default:
		break;
	}
	return add_step(c, (struct step){ .kind = STEP_RUNE, .rune = rune });
}

static bool
allocate_scratch(struct glob_pattern *p)
{
	size_t count = p->step_count;

	p->now.places = calloc(count, sizeof(uint32_t));
	p->now.index = calloc(count, sizeof(uint32_t));
	p->next.places = calloc(count, sizeof(uint32_t));
	p->next.index = calloc(count, sizeof(uint32_t));
	p->stack = calloc(2 * count + 2, sizeof(uint32_t));
	return p->now.places != NULL && p->now.index != NULL && p->next.places != NULL &&
	    p->next.index != NULL && p->stack != NULL;
}

static bool
compile(struct compiler *c)
{
	while (c->rest.len > 0) {
		if (!compile_next(c))
			return false;
	}
	while (c->depth > 0) /* a brace left open ends with the pattern */
		close_alternatives(c);
	if (!add_step(c, (struct step){ .kind = STEP_MATCH }))
		return false;
	return allocate_scratch(c->p) || refuse(c, "out of memory");
}

struct glob_pattern *
glob_pattern_new(str_t text, const uint32_t *delimiters, size_t count,
    char ret_problem[GLOB_PROBLEM_LEN])
{
	struct compiler c = { .rest = text, .problem = ret_problem };

	if (text.len > LONGEST_PATTERN) {
		(void)refuse(&c, "the pattern is too long");
		return NULL;
	}
	c.p = calloc(1, sizeof(*c.p));
	if (c.p != NULL) {
		c.p->text = malloc(text.len + 1);
		c.p->delimiters = calloc(count + 1, sizeof(*delimiters));
	}
	if (c.p == NULL || c.p->text == NULL || c.p->delimiters == NULL) {
		(void)refuse(&c, "out of memory");
		glob_pattern_free(&c.p);
		return NULL;
	}
	memcpy(c.p->delimiters, delimiters, count * sizeof(*delimiters));
	c.p->delimiter_count = count;
	if (!compile(&c))
		glob_pattern_free(&c.p);
	return c.p;
}

void
glob_pattern_free(struct glob_pattern **pattern)
{
	struct glob_pattern *p = *pattern;

	if (p == NULL)
		return;
	free(p->steps);
	free(p->delimiters);
	free(p->text);
	free(p->now.places);
	free(p->now.index);
	free(p->next.places);
	free(p->next.index);
	free(p->stack);
	free(p);
	*pattern = NULL;
}

/* ---- matching ---- */

static bool
add_place(struct place_set *set, uint32_t place)
{
	uint32_t at = set->index[place];

	if (at < set->count && set->places[at] == place)
		return false;
	set->index[place] = set->count;
	set->places[set->count++] = place;
	return true;
}

/* Adds `place` and all that can be reached from it without a rune. */
static void
follow(struct glob_pattern *p, struct place_set *set, uint32_t place)
{
	size_t depth = 0;

	p->stack[depth++] = place;
	while (depth > 0) {
		uint32_t at = p->stack[--depth];

		if (!add_place(set, at))
			continue;
		switch (p->steps[at].kind) {
		case STEP_FORK:
			p->stack[depth++] = p->steps[at].target;
			p->stack[depth++] = at + 1;
			break;
		case STEP_JUMP:
			p->stack[depth++] = p->steps[at].target;
			break;
		case STEP_ANY:
		case STEP_SUPER:
			p->stack[depth++] = at + 1;
			break;
		default:
			break;
		}
	}
}

static bool
is_delimiter(const struct glob_pattern *p, uint32_t rune)
{
	for (size_t i = 0; i < p->delimiter_count; i++) {
		if (p->delimiters[i] == rune)
			return true;
	}
	return false;
}

static bool
is_listed(str_t list, uint32_t rune)
{
	size_t width;

	for (size_t i = 0; i < list.len; i += width) {
		if (utf8_decode(str_skip(list, i), &width) == rune)
			return true;
	}
	return false;
}

static bool
takes(const struct glob_pattern *p, const struct step *s, uint32_t rune, bool delimiter)
{
	switch (s->kind) {
	case STEP_RUNE:
		return rune == s->rune;
	case STEP_ONE:
	case STEP_ANY:
		return !delimiter;
	case STEP_RANGE:
		return (rune >= s->rune && rune <= s->last) != s->negated;
	case STEP_LIST:
		return is_listed(str_make(p->text + s->target, s->len), rune) != s->negated;
	case STEP_SUPER:
		return true;
	default:
		return false;
	}
}

/* Alone, gobwas' ? and [!a] match no text at all: they see U+FFFD there. */
static bool
takes_nothing(const struct glob_pattern *p, const struct step *s)
{
	if (s->kind == STEP_ANY || s->kind == STEP_SUPER)
		return true;
	return s->kind != STEP_RUNE && takes(p, s, UTF8_BAD, is_delimiter(p, UTF8_BAD));
}

bool
glob_pattern_match(struct glob_pattern *p, str_t text)
{
	size_t width;

	if (text.len == 0 && p->step_count == 2)
		return takes_nothing(p, &p->steps[0]);
	p->now.count = 0;
	follow(p, &p->now, 0);
	for (size_t i = 0; i < text.len && p->now.count > 0; i += width) {
		uint32_t rune = utf8_decode(str_skip(text, i), &width);
		bool delimiter = is_delimiter(p, rune);
		struct place_set done;

		p->next.count = 0;
		for (uint32_t n = 0; n < p->now.count; n++) {
			uint32_t place = p->now.places[n];
			const struct step *s = &p->steps[place];

			if (takes(p, s, rune, delimiter))
				follow(p, &p->next,
				    s->kind == STEP_ANY || s->kind == STEP_SUPER ? place : place + 1);
		}
		done = p->now;
		p->now = p->next;
		p->next = done;
	}
	for (uint32_t n = 0; n < p->now.count; n++) {
		if (p->steps[p->now.places[n]].kind == STEP_MATCH)
			return true;
	}
	return false;
}

size_t
glob_pattern_cost(const struct glob_pattern *p, str_t text)
{
	size_t cost;

	/* A place of the program that is alive at a rune is some nanoseconds. */
	if (__builtin_mul_overflow(text.len, p->step_count / 4 + 1, &cost))
		return SIZE_MAX;
	return cost;
}
