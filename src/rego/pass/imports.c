/* SPDX-License-Identifier: Apache-2.0 */
/* Two imports may not give the same name (v1, strict).  From here on they only serve hints. */
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

void
pass_imports(struct compiler *c)
{
	for (size_t i = 0; i < c->modules.count; i++) {
		struct ast_module *m = c->modules.at[i];

		if (c->unit->strict || m->version == REGO_V1)
			check_duplicates(c, m);
	}
}
