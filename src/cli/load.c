/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "codec/json.h"
#include "codec/yaml.h"

enum { DEEPEST = 64, POLICY_MEMORY = 1 << 30 };

static err_t
add_data(struct cli *cli, struct policy *p, str_t name, str_t text, str_t at)
{
	struct json_options options = { .add = p->unit.intern, .file = name };
	value_t v;

	if (str_has_suffix(name, STR(".json")))
		TRY(json_read(p->arena, text, &options, &cli->diag, &v));
	else
		TRY(yaml_read(p->arena, text, &(struct yaml_options){ .add = p->unit.intern, .file = name },
		    &cli->diag, &v));
	while (at.len > 0) { /* wrap from the innermost directory outwards */
		size_t cut = at.len;

		while (cut > 0 && at.data[cut - 1] != '/')
			cut--;
		if (at.len > cut)
			v = value_object_with(p->arena, value_empty_object(),
			    intern_add(p->unit.intern, str_sub(at, cut, at.len - cut)), v);
		at.len = cut > 0 ? cut - 1 : 0;
	}
	if (v.tag != VALUE_OBJECT) {
		diag_add(&cli->diag, DIAG_ERROR, "data", (struct diag_place){ .file = name, .row = 1, .col = 1 },
		    "a data document must be an object, not %s", value_type_name(v));
		return ERR_SYNTAX;
	}
	policy_add_data(p, v);
	return ERR_OK;
}

static bool
is_data(str_t name)
{
	return str_has_suffix(name, STR(".json")) || str_has_suffix(name, STR(".yaml")) ||
	    str_has_suffix(name, STR(".yml"));
}

static err_t
add_file(struct cli *cli, struct policy *p, const char *path, str_t at, enum rego_version version)
{
	str_t name = arena_str(cli->arena, str_of(path)), text;

	TRY(cli_read(cli, path, &text));
	if (str_has_suffix(name, STR(".rego")))
		return policy_add_module(p, name, text, version);
	return add_data(cli, p, name, text, at);
}

/* All files are looked at, so that every error is found in one go. */
static err_t
add_dir(struct cli *cli, struct policy *p, const char *path, str_t at, enum rego_version version, int depth)
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
		struct stat st;
		err_t e = ERR_OK;

		if (below.data == NULL)
			e = ERR_MEMORY;
		else if (name.data[0] != '.' && stat(below.data, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				e = add_dir(cli, p, below.data,
				    arena_printf(cli->arena, "%.*s%s%s", STR_FMT(at), at.len > 0 ? "/" : "",
					entries[i]->d_name),
				    version, depth + 1);
			else if (S_ISREG(st.st_mode) && (is_data(name) || str_has_suffix(name, STR(".rego"))))
				e = add_file(cli, p, below.data, at, version);
		}
		if (e != ERR_OK)
			result = e;
		free(entries[i]);
	}
	free(entries);
	return result;
}

err_t
load_path(struct cli *cli, struct policy *p, const char *path, enum rego_version version)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		diag_say(&cli->diag, "read", "%s: no such file or directory", path);
		return ERR_NOT_FOUND;
	}
	if (S_ISDIR(st.st_mode))
		return add_dir(cli, p, path, STR(""), version, 0);
	return add_file(cli, p, path, STR(""), version);
}

err_t
load_bundle(struct cli *cli, struct policy *p, const char *path)
{
	struct bundle_options options = { .name = str_of(path), .ignore_times = true };
	struct bundle bundle;
	str_t bytes;
	err_t e;

	TRY(cli_read(cli, path, &bytes));
	options.scratch = arena_new(LOAD_UNPACKED_MAX);
	if (options.scratch == NULL)
		return ERR_MEMORY;
	e = bundle_read(bytes, &options, p->arena, p->unit.intern, &cli->diag, &bundle);
	if (e != ERR_OK)
		diag_keep(&cli->diag);
	arena_free(&options.scratch);
	TRY(e);
	policy_add_data(p, bundle.data);
	for (size_t i = 0; i < bundle.module_count; i++)
		TRY(policy_add_module(p, bundle.modules[i].name, bundle.modules[i].text,
		    bundle.modules[i].rego_version == 0 ? REGO_V0 : REGO_V1));
	return ERR_OK;
}

err_t
load_capabilities(struct cli *cli, const struct rego_capabilities *otherwise,
    const struct rego_capabilities **ret)
{
	const char *name = cli_value(cli, "--capabilities");
	struct rego_capabilities *made;
	str_t text;

	*ret = name == NULL ? otherwise : rego_capabilities_find(name);
	if (name == NULL || *ret != NULL)
		return ERR_OK;
	TRY(cli_read(cli, name, &text));
	made = ARENA_NEW(cli->arena, struct rego_capabilities);
	if (made == NULL)
		return ERR_MEMORY;
	TRY(rego_capabilities_read(cli->arena, name, text, &cli->diag, made));
	*ret = made;
	return ERR_OK;
}

err_t
load_new(struct cli *cli, struct policy **ret)
{
	TRY(policy_new(POLICY_MEMORY, &cli->diag, ret));
	(*ret)->unit.experimental = cli_has(cli, "--experimental");
	return ERR_OK;
}

err_t
load_policy(struct cli *cli, struct policy **ret)
{
	const char *const *values;
	int count;
	enum rego_version version = cli_has(cli, "--v0-compatible") ? REGO_V0 : REGO_V1;
	const char *without = cli_value(cli, "--without");
	err_t result = ERR_OK;
	str_t wrong;

	TRY(load_new(cli, ret));
	(*ret)->unit.keep_prints = true;
	TRY(load_schemas(cli, *ret));
	TRY(load_capabilities(cli, NULL, &(*ret)->unit.capabilities));
	if (without != NULL && !rego_optimisation_read(str_of(without), &(*ret)->unit.without, &wrong)) {
		diag_say(&cli->diag, "usage", "--without: %.*s is no optimisation", STR_FMT(wrong));
		return ERR_USAGE;
	}
	count = cli_values(cli, "--bundle", &values);
	for (int i = 0; i < count; i++)
		TRY(load_bundle(cli, *ret, values[i]));
	count = cli_values(cli, "--data", &values);
	for (int i = 0; i < count; i++) {
		err_t e = load_path(cli, *ret, values[i], version);

		result = e != ERR_OK ? e : result;
	}
	TRY(result);
	return policy_compile(*ret);
}
