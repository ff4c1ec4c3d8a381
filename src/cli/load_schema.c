/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --schema: a file is the schema of the input; files in a directory are schemas that
 * metadata may name, DIR/a/b.json as schema.a.b.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "cli/load.h"
#include "codec/json.h"
#include "codec/yaml.h"

enum { DEEPEST = 64 };

static str_t
without_extension(str_t name)
{
	size_t dot = name.len;

	while (dot > 0 && name.data[dot - 1] != '.')
		dot--;
	return dot > 0 ? str_sub(name, 0, dot - 1) : name;
}

static err_t
add_file(struct cli *cli, struct policy *p, const char *path, const value_t *parts, size_t depth)
{
	str_t name = arena_str(cli->arena, str_of(path)), text;
	struct rego_schema s;

	TRY(cli_read(cli, path, &text));
	if (str_has_suffix(name, STR(".json")))
		TRY(json_read(p->arena, text, &(struct json_options){ .file = name }, &cli->diag, &s.document));
	else
		TRY(yaml_read(p->arena, text, &(struct yaml_options){ .file = name }, &cli->diag, &s.document));
	s.path = value_array(p->arena, parts, depth);
	if (!value_is_defined(s.path) || !VEC_PUSH(p->arena, &p->unit.schemas, s))
		return ERR_MEMORY;
	return ERR_OK;
}

/* `parts` has room for DEEPEST names, of which `depth` lead here. */
static err_t
add_dir(struct cli *cli, struct policy *p, const char *path, value_t *parts, int depth)
{
	struct dirent **entries;
	int count = depth < DEEPEST ? scandir(path, &entries, NULL, alphasort) : -1;
	err_t result = ERR_OK;

	if (count < 0) {
		diag_say(&cli->diag, "read", "%s: cannot be read", path);
		return ERR_IO;
	}
	for (int i = 0; i < count; i++) {
		str_t name = str_of(entries[i]->d_name);
		str_t below = arena_printf(cli->arena, "%s/%s", path, entries[i]->d_name);
		bool is_way = str_eq(name, STR(".")) || str_eq(name, STR(".."));
		struct stat st;
		err_t e = ERR_OK;

		if (!is_way && stat(below.data, &st) == 0) {
			bool is_dir = S_ISDIR(st.st_mode);

			parts[depth] = value_string(p->arena, is_dir ? name : without_extension(name));
			if (is_dir)
				e = add_dir(cli, p, below.data, parts, depth + 1);
			else if (S_ISREG(st.st_mode))
				e = add_file(cli, p, below.data, parts, (size_t)depth + 1);
		}
		result = e != ERR_OK ? e : result;
		free(entries[i]);
	}
	free(entries);
	return result;
}

err_t
load_schemas(struct cli *cli, struct policy *p)
{
	const char *path = cli_value(cli, "--schema");
	value_t parts[DEEPEST];
	struct stat st;

	if (path == NULL)
		return ERR_OK;
	if (stat(path, &st) != 0) {
		diag_say(&cli->diag, "read", "%s: no such file or directory", path);
		return ERR_NOT_FOUND;
	}
	return S_ISDIR(st.st_mode) ? add_dir(cli, p, path, parts, 0) : add_file(cli, p, path, NULL, 0);
}
