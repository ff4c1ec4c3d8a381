/* SPDX-License-Identifier: Apache-2.0 */
/* Two imports may not give the same name (v1, strict).  From here on they only serve hints. */
#include "rego/compile.h"
#include "rego/pass/scope.h"
#include "rego/pass/text.h"

static void
check_duplicates(struct compiler *c, struct ast_module *m)
{
	struct name_map seen = { 0 };

	for (size_t i = 0; i < m->imports.count; i++) {
		struct ast_import *import = &m->imports.at[i];
		rego_name_t name = import_name(c, import);
		struct ast_import *other = name_map_find(&seen, name);

		if (other == NULL)
			name_map_put(c, &seen, name, import);
		else
			compiler_error(c, COMPILE_ERROR, import->loc, "import must not shadow %.*s",
			    STR_FMT(import_text(c, other)));
	}
}

/* import rego.v1 and future.keywords.x, where the capabilities do not know them. */
static void
check_granted(struct compiler *c, const struct ast_import *import)
{
	static const char *const stable[] = { "contains", "every", "if", "in" };
	const struct ast_terms *path = &import->path->items;
	str_t root = name_str(path->at[0]->var.name), word;

	if (path->count < 2)
		return;
	if (str_eq(root, STR("rego")) && rego_capabilities_lack(c->unit->capabilities, REGO_FEATURE_V1_IMPORT))
		compiler_error(c, COMPILE_ERROR, import->loc, "rego.v1 import is not supported");
	if (!str_eq(root, STR("future")) || path->count < 3)
		return;
	word = value_str(path->at[2]->constant);
	for (size_t i = 0; i < COUNT(stable); i++) {
		if (str_eq(word, str_of(stable[i])))
			return;
	}
	if (!rego_capabilities_grant_keyword(c->unit->capabilities, word))
		compiler_error(c, PARSE_ERROR, import->loc,
		    "unexpected keyword, must be one of [contains every if in]");
}

void
pass_imports(struct compiler *c)
{
	for (size_t i = 0; i < c->modules.count; i++) {
		struct ast_module *m = c->modules.at[i];

		for (size_t k = 0; k < m->imports.count; k++)
			check_granted(c, &m->imports.at[k]);
		if (c->unit->strict || m->version == REGO_V1)
			check_duplicates(c, m);
	}
}
