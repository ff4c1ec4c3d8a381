/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "codec/json.h"
#include "rego/compile.h"
#include "rego/parser.h"

err_t
policy_new(size_t memory_limit, struct diag *diag, struct policy **ret)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ERR_MEMORY;
	p->arena = arena_new(memory_limit);
	p->unit.arena = p->arena;
	p->unit.diag = diag;
	p->unit.annotations = true; /* as opa run, eval, check and build do */
	p->unit.intern = p->arena != NULL ? intern_new(p->arena) : NULL;
	p->unit.data = VALUE_NONE;
	if (p->unit.intern == NULL) {
		policy_free(&p);
		return ERR_MEMORY;
	}
	*ret = p;
	return ERR_OK;
}

void
policy_free(struct policy **policy)
{
	if (*policy == NULL)
		return;
	arena_free(&(*policy)->arena);
	free(*policy);
	*policy = NULL;
}

err_t
policy_add_module(struct policy *p, str_t name, str_t text, enum rego_version version)
{
	return rego_parse_module(&p->unit, name, text, version, NULL);
}

void
policy_add_data(struct policy *p, value_t data)
{
	p->unit.data = value_is_defined(p->unit.data) ? value_object_merge(p->arena, p->unit.data, data)
						      : data;
}

err_t
policy_add_data_json(struct policy *p, str_t name, str_t text)
{
	struct json_options options = { .add = p->unit.intern, .file = name };
	value_t data;

	TRY(json_read(p->arena, text, &options, p->unit.diag, &data));
	if (data.tag != VALUE_OBJECT) {
		diag_add(p->unit.diag, DIAG_ERROR, "data", (struct diag_place){ .file = name, .row = 1, .col = 1 },
		    "the data document must be an object, not %s", value_type_name(data));
		return ERR_SYNTAX;
	}
	policy_add_data(p, data);
	return ERR_OK;
}

err_t
policy_compile(struct policy *p)
{
	TRY(rego_compile(&p->unit));
	TRY(rego_program_make(&p->unit, &p->program));
	return arena_failed(p->arena) ? ERR_LIMIT : ERR_OK;
}

err_t
policy_entry(struct policy *p, str_t path, uint32_t *ret_entry)
{
	return rego_program_entry(p->program, path, ret_entry);
}

err_t
policy_query(struct policy *p, const struct policy_query *query, uint32_t *ret_entry)
{
	struct rego_query compiled = { 0 };

	TRY(rego_compile_query(&p->unit, query->text, query->version, query->imports, query->import_count,
	    query->package, &compiled));
	return rego_program_query(p->program, &p->unit, &compiled, query->with_terms, ret_entry);
}

static int64_t
system_now(void *context)
{
	(void)context;
	return clock_wall_ns(&clock_system);
}

static void
system_random(void *context, void *bytes, size_t len)
{
	(void)context;
	for (size_t got = 0; got < len;) {
		ssize_t more = getrandom((char *)bytes + got, len - got, 0);

		if (more > 0)
			got += (size_t)more;
	}
}

const struct rego_host policy_host = { .now_ns = system_now, .random = system_random };
