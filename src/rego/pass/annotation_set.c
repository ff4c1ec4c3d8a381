/* SPDX-License-Identifier: Apache-2.0 */
/* A package, a document and the packages below a path have one block of metadata each. */
#include "rego/metadata_set.h"
#include "rego/pass/pass.h"

void
pass_annotation_set(struct compiler *c)
{
	struct metadata_faults faults = { 0 };

	c->metadata = NEW(c, struct metadata_set);
	if (!rego_metadata_set_make(
		c->unit, c->modules.at, c->modules.count, c->metadata, &faults))
		compiler_give_up(c);
	for (size_t i = 0; i < faults.count; i++)
		compiler_error(
		    c, COMPILE_ERROR, faults.at[i].loc, "%.*s", STR_FMT(faults.at[i].message));
}
