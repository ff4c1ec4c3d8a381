/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/program.h"

#include "rego/program_internal.h"

err_t
rego_program_make(struct rego_unit *unit, struct rego_program **ret)
{
	struct rego_program *p = ARENA_NEW(unit->arena, struct rego_program);

	if (p == NULL)
		return ERR_MEMORY;
	p->arena = unit->arena;
	p->intern = unit->intern;
	p->unit = unit;
	p->data = value_is_defined(unit->data) ? unit->data : value_empty_object();
	for (size_t i = 0; i < unit->files.count; i++)
		VEC_PUSH(p->arena, &p->files, unit->files.at[i]);
	TRY(rego_plan_unit(p, unit));
	TRY(rego_verify(p, 0, unit->diag));
	*ret = p;
	return ERR_OK;
}

/* ---- optimisations ---- */

static const char *const optimisations[] = {
#define OPTIMISATION(NAME, name, sentence) name,
#include "rego/optimisation.def"
#undef OPTIMISATION
};

const char *
rego_optimisation_name(enum rego_optimisation_number number)
{
	return optimisations[number];
}

bool
rego_optimisation_read(str_t names, unsigned *ret, str_t *ret_wrong)
{
	unsigned without = 0;

	for (size_t at = 0, end; at <= names.len; at = end + 1) {
		unsigned bit = 0;

		end = str_find_char(names, ',', at);
		*ret_wrong = str_sub(names, at, end - at);
		if (str_eq(*ret_wrong, STR("all")))
			bit = REGO_WITHOUT_ALL;
		for (unsigned i = 0; i < REGO_OPTIMISATION_COUNT; i++) {
			if (str_eq(*ret_wrong, str_of(optimisations[i])))
				bit = 1U << i;
		}
		if (bit == 0)
			return false;
		without |= bit;
	}
	*ret = without;
	return true;
}

const struct intern *
rego_program_intern(const struct rego_program *p)
{
	return p->intern;
}

/* data.a["b-c"].d: names, and brackets with a JSON-like string. */
static bool
split_path(struct rego_program *p, str_t path, value_t *keys, size_t *count)
{
	size_t at = 0, limit = *count;

	*count = 0;
	if (str_has_prefix(path, STR("data.")) || str_eq(path, STR("data")))
		path = str_skip(path, path.len > 4 ? 5 : 4);
	while (at < path.len) {
		str_t key;
		size_t end;

		if (*count == limit)
			return false;
		if (path.data[at] == '[') {
			end = str_find(path, STR("\"]"), at + 2);
			if (end == path.len || at + 2 > path.len || path.data[at + 1] != '"')
				return false;
			key = str_sub(path, at + 2, end - at - 2);
			at = end + 2;
		} else {
			for (end = at; end < path.len && path.data[end] != '.' && path.data[end] != '[';)
				end++;
			key = str_sub(path, at, end - at);
			at = end;
		}
		if (key.len == 0)
			return false;
		keys[(*count)++] = intern_add(p->intern, key);
		if (at < path.len && path.data[at] == '.' && ++at == path.len)
			return false;
	}
	return true;
}

err_t
rego_program_entry(struct rego_program *p, str_t path, uint32_t *ret_entry)
{
	value_t keys[128];
	size_t count = COUNT(keys);
	uint32_t func = (uint32_t)p->funcs.count;

	if (!split_path(p, path, keys, &count))
		return ERR_NOT_FOUND;
	TRY(rego_plan_entry(p, p->unit, keys, count, arena_str(p->arena, path), ret_entry));
	return rego_verify(p, func, p->unit->diag);
}

err_t
rego_program_query(struct rego_program *p, struct rego_unit *unit, const struct rego_query *query,
    bool with_terms, uint32_t *ret_entry)
{
	uint32_t func = (uint32_t)p->funcs.count;

	for (size_t i = p->files.count; i < unit->files.count; i++)
		VEC_PUSH(p->arena, &p->files, unit->files.at[i]);
	TRY(rego_plan_query(p, unit, query, with_terms, ret_entry));
	return rego_verify(p, func, unit->diag);
}
