/* SPDX-License-Identifier: Apache-2.0 */
/* What was found, for programs: in the form that `opa` has for errors. */
#include "base/vec.h"
#include "cli/cli.h"

static value_t
finding_object(struct cli *cli, const struct diag_finding *f)
{
	struct object_builder finding, location;

	object_builder_init(&finding, cli->arena, 4);
	object_builder_init(&location, cli->arena, 3);
	(void)object_builder_add_text(&location, "file", value_string(cli->arena, f->place.file));
	(void)object_builder_add_text(&location, "row", value_int(f->place.row));
	(void)object_builder_add_text(&location, "col", value_int(f->place.col));
	(void)object_builder_add_text(&finding, "message", value_string(cli->arena, f->message));
	(void)object_builder_add_text(&finding, "code", value_string(cli->arena, f->code));
	if (f->hint.len > 0)
		(void)object_builder_add_text(&finding, "help", value_string(cli->arena, f->hint));
	(void)object_builder_add_text(&finding, "location", object_builder_freeze(&location, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&finding, OBJECT_LAST_WINS, NULL);
}

static void
add_level(struct cli *cli, struct object_builder *all, const char *name, enum diag_level level)
{
	VEC(value_t) list = { 0 };

	for (const struct diag_finding *f = cli->diag.first; f != NULL; f = f->next) {
		if (f->level == level)
			VEC_PUSH(cli->arena, &list, finding_object(cli, f));
	}
	if (list.count > 0)
		(void)object_builder_add_text(all, name, value_array_of(list.at, list.count));
}

void
cli_print_findings(struct cli *cli)
{
	struct object_builder all;

	object_builder_init(&all, cli->arena, 2);
	add_level(cli, &all, "errors", DIAG_ERROR);
	add_level(cli, &all, "warnings", DIAG_WARNING);
	cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
}
