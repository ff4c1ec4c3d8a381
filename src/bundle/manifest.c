/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/manifest.h"

static err_t
refuse(struct diag *diag, const char *why)
{
	diag_say(diag, "bundle", ".manifest: %s", why);
	return ERR_BUNDLE;
}

static const str_t everything[] = { STR_NONE };

void
manifest_init(struct bundle_manifest *m)
{
	*m = (struct bundle_manifest){ .roots = everything, .root_count = 1, .rego_version = -1 };
}

static str_t
trim_slashes(str_t path)
{
	while (path.len > 0 && path.data[0] == '/')
		path = str_skip(path, 1);
	while (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	return path;
}

/* Whether `path` is `root` or lies below it. */
static bool
contains(str_t root, str_t path)
{
	return root.len == 0 ||
	    (str_has_prefix(path, root) && (path.len == root.len || path.data[root.len] == '/'));
}

static err_t
read_roots(value_t roots, struct arena *arena, struct diag *diag, struct bundle_manifest *m)
{
	str_t *list;

	if (!value_is_defined(roots) || roots.tag == VALUE_NULL)
		return ERR_OK;
	if (roots.tag != VALUE_ARRAY)
		return refuse(diag, "roots is not an array");
	if (roots.count > BUNDLE_ROOTS_MAX)
		return refuse(diag, "it has more than 4096 roots");
	list = ARENA_ARRAY(arena, str_t, roots.count);
	if (list == NULL)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < roots.count; i++) {
		if (!value_is_string(roots.items[i]))
			return refuse(diag, "a root is not a string");
		list[i] = trim_slashes(value_str(roots.items[i]));
		for (uint32_t j = 0; j < i; j++)
			if (contains(list[i], list[j]) || contains(list[j], list[i])) {
				diag_say(diag, "bundle",
				    ".manifest: the roots \"%.*s\" and \"%.*s\" overlap",
				    STR_FMT(list[j]), STR_FMT(list[i]));
				return ERR_BUNDLE;
			}
	}
	m->roots = list;
	m->root_count = roots.count;
	return ERR_OK;
}

static bool
is_rego_version(value_t v)
{
	return v.tag == VALUE_INT && (v.integer == 0 || v.integer == 1);
}

static err_t
read_versions(value_t document, struct diag *diag, struct bundle_manifest *m)
{
	value_t version = value_object_get_text(document, "rego_version");
	value_t files = value_object_get_text(document, "file_rego_versions");

	if (value_is_defined(version) && version.tag != VALUE_NULL) {
		if (!is_rego_version(version))
			return refuse(diag, "rego_version is neither 0 nor 1");
		m->rego_version = (int)version.integer;
	}
	if (!value_is_defined(files) || files.tag == VALUE_NULL)
		return ERR_OK;
	if (files.tag != VALUE_OBJECT)
		return refuse(diag, "file_rego_versions is not an object");
	for (uint32_t i = 0; i < files.count; i++)
		if (!is_rego_version(files.object->values[i]))
			return refuse(diag, "a file's Rego version is neither 0 nor 1");
	m->file_rego_versions = files;
	return ERR_OK;
}

err_t
manifest_read(value_t document, struct arena *arena, struct diag *diag, struct bundle_manifest *ret)
{
	value_t revision, metadata, wasm;

	manifest_init(ret);
	if (document.tag != VALUE_OBJECT)
		return refuse(diag, "it is not an object");
	revision = value_object_get_text(document, "revision");
	metadata = value_object_get_text(document, "metadata");
	wasm = value_object_get_text(document, "wasm");
	if (value_is_defined(wasm) && wasm.tag != VALUE_NULL &&
	    !(wasm.tag == VALUE_ARRAY && wasm.count == 0))
		return refuse(diag, "it names Wasm modules, which are not run here");
	if (value_is_defined(revision) && !value_is_string(revision))
		return refuse(diag, "revision is not a string");
	if (value_is_defined(metadata) && metadata.tag != VALUE_NULL) {
		if (metadata.tag != VALUE_OBJECT)
			return refuse(diag, "metadata is not an object");
		ret->metadata = metadata;
	}
	ret->present = true;
	if (value_is_string(revision))
		ret->revision = value_str(revision);
	TRY(read_roots(value_object_get_text(document, "roots"), arena, diag, ret));
	return read_versions(document, diag, ret);
}

bool
manifest_allows(const struct bundle_manifest *m, str_t path)
{
	for (size_t i = 0; i < m->root_count; i++)
		if (contains(m->roots[i], path))
			return true;
	return false;
}

/* Whether some root lies below the path, so that the path may be on the way to it. */
static bool
leads_to_root(const struct bundle_manifest *m, str_t path)
{
	for (size_t i = 0; i < m->root_count; i++)
		if (contains(path, m->roots[i]))
			return true;
	return false;
}

static err_t
check_below(const struct bundle_manifest *m, value_t v, str_t path, struct arena *arena,
    struct diag *diag)
{
	if (manifest_allows(m, path))
		return ERR_OK;
	if (v.tag != VALUE_OBJECT || !leads_to_root(m, path)) {
		diag_say(diag, "bundle", "the manifest's roots do not permit data at /%.*s",
		    STR_FMT(path));
		return ERR_BUNDLE;
	}
	for (uint32_t i = 0; i < v.count; i++) {
		const struct value_entry entry = value_object_entry(v.object, i);
		str_t key = value_str(entry.key);

		/* At most as deep as the longest root. */
		TRY(check_below(m, entry.value,
		    path.len == 0 ? key
		                  : arena_printf(arena, "%.*s/%.*s", STR_FMT(path), STR_FMT(key)),
		    arena, diag));
	}
	return ERR_OK;
}

err_t
manifest_check_data(const struct bundle_manifest *m, value_t data, struct arena *arena,
    struct diag *diag)
{
	return check_below(m, data, STR_NONE, arena, diag);
}

/* As OPA matches these: `*` stands for any bytes, slashes too, `?` for one. */
static bool
matches(str_t pattern, str_t name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.data[p] == '*') {
			star = ++p;
			resume = n;
		} else if (p < pattern.len &&
		    (pattern.data[p] == name.data[n] || pattern.data[p] == '?')) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			n = ++resume;
			p = star;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.data[p] == '*')
		p++;
	return p == pattern.len;
}

int
manifest_rego_version(const struct bundle_manifest *m, str_t file_name)
{
	value_t files = m->file_rego_versions;

	for (uint32_t i = 0; value_is_defined(files) && i < files.count; i++) {
		str_t pattern = trim_slashes(value_str(files.object->keys[i]));

		if (matches(pattern, file_name))
			return (int)files.object->values[i].integer;
	}
	return m->rego_version >= 0 ? m->rego_version : 1;
}
