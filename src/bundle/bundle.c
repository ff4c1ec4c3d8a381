/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/bundle.h"

#include "base/utf8.h"
#include "base/vec.h"
#include "bundle/archive.h"
#include "bundle/manifest.h"
#include "bundle/package.h"
#include "bundle/signature.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "crypt/digest.h"
#include "value/number.h"

VEC_TYPE(module_list, struct bundle_module);
VEC_TYPE(name_list, str_t);

/* What the steps share; each reads what the one before has left. */
struct reading {
	const struct bundle_options *options; /* NULL: plain files */
	struct arena *arena;
	struct intern *intern;
	struct diag *diag;
	struct signature_list list; /* what the signature says about the files */
	bool has_list;
	struct bundle *bundle;
	value_t *documents;
	str_t packed; /* the bundle as it came */
};

static err_t
refuse(struct reading *r, str_t name, const char *why)
{
	diag_say(r->diag, "bundle", "%.*s: %s", STR_FMT(name), why);
	return ERR_BUNDLE;
}

/* ---- documents ---- */

/* JSON and YAML know numbers that no reader of JSON agrees about: 1e999. */
static bool
has_endless_number(value_t v)
{
	value_t key, item;
	double d;

	if (v.tag == VALUE_NUMBER) {
		d = number_to_double(v);
		return d - d != 0.0;
	}
	for (uint32_t i = 0; (v.tag == VALUE_ARRAY || v.tag == VALUE_OBJECT) && i < v.count; i++) {
		value_entry_at(v, i, &key, &item);
		if (has_endless_number(item))
			return true;
	}
	return false;
}

static bool
find_known(const struct reading *r, const struct bundle_file *file, value_t *ret)
{
	const struct bundle *known = r->options != NULL ? r->options->known : NULL;

	for (size_t i = 0; known != NULL && i < known->file_count; i++)
		if (str_eq(known->files[i].name, file->name) &&
		    str_eq(known->files[i].bytes, file->bytes)) {
			*ret = known->documents[i];
			return value_is_defined(*ret);
		}
	return false;
}

static err_t
parse_document(struct reading *r, const struct bundle_file *file, value_t *ret)
{
	const struct json_options json = {
		.add = r->intern,
		.refuse_duplicates = true,
		.file = file->name,
	};
	err_t err;

	if (archive_kind(file->name) == ARCHIVE_YAML)
		err = yaml_read(r->arena, file->bytes, &(struct yaml_options){ .add = r->intern,
		                    .file = file->name }, r->diag, ret);
	else
		err = json_read(r->arena, file->bytes, &json, r->diag, ret);
	if (err == ERR_SYNTAX)
		return refuse(r, file->name, "this file cannot be parsed");
	TRY(err);
	if (has_endless_number(*ret))
		return refuse(r, file->name, "it has a number too large for any reader of JSON");
	return ERR_OK;
}

static err_t
read_document(struct reading *r, const struct bundle_file *file, value_t *ret)
{
	if (!find_known(r, file, ret))
		TRY(parse_document(r, file, ret));
	if (r->has_list)
		TRY(signature_check_document(&r->list, file->name, *ret, r->arena, r->diag));
	r->documents[file - r->bundle->files] = *ret;
	return ERR_OK;
}

/* ---- data ---- */

static value_t
make_key(struct reading *r, str_t text)
{
	return r->intern != NULL ? intern_add(r->intern, text) : value_string(r->arena, text);
}

/* {"a": {"b": value}} for a/b/data.json; false: the file stands at the root. */
static value_t
wrap(struct reading *r, str_t directory, value_t value)
{
	while (directory.len > 0) {
		size_t at = directory.len;
		struct object_builder builder;

		while (at > 0 && directory.data[at - 1] != '/')
			at--;
		object_builder_init(&builder, r->arena, 1);
		(void)object_builder_add(&builder, make_key(r, str_skip(directory, at)), value);
		value = object_builder_freeze(&builder, OBJECT_LAST_WINS, NULL);
		directory.len = at > 0 ? at - 1 : 0;
	}
	return value;
}

/* Whether the two can be merged: where both have a key, both have an object. */
static bool
can_merge(value_t a, value_t b)
{
	if (a.tag != VALUE_OBJECT || b.tag != VALUE_OBJECT)
		return false;
	for (uint32_t i = 0; i < a.count; i++) {
		value_t other = value_object_get(b, a.object->keys[i]);

		if (value_is_defined(other) && !can_merge(a.object->values[i], other))
			return false;
	}
	return true;
}

static err_t
add_data(struct reading *r, const struct bundle_file *file)
{
	size_t at = file->name.len;
	value_t value;

	TRY(read_document(r, file, &value));
	while (at > 0 && file->name.data[at - 1] != '/')
		at--;
	value = wrap(r, str_sub(file->name, 0, at > 0 ? at - 1 : 0), value);
	if (arena_failed(r->arena))
		return ERR_MEMORY;
	if (value.tag != VALUE_OBJECT)
		return refuse(r, file->name, "the data at the root is not an object");
	if (!can_merge(r->bundle->data, value))
		return refuse(r, file->name, "it defines a value that another data file defines too");
	r->bundle->data = value_object_merge(r->arena, r->bundle->data, value);
	return arena_failed(r->arena) ? ERR_MEMORY : ERR_OK;
}

/* ---- modules ---- */

static err_t
add_policy(struct reading *r, str_t package, struct name_list *policies)
{
	str_t first = str_sub(package, 0, str_find_char(package, '/', 0));

	for (size_t i = 0; i < policies->count; i++)
		if (str_eq(policies->at[i], first))
			return ERR_OK;
	return VEC_PUSH(r->arena, policies, first) ? ERR_OK : ERR_MEMORY;
}

static err_t
add_module(struct reading *r, const struct bundle_file *file, struct module_list *modules)
{
	struct bundle_module module = { .name = file->name, .text = file->bytes };
	bool copies = r->options != NULL && r->options->scratch != NULL;

	if (file->bytes.len > BUNDLE_MODULE_SIZE_MAX)
		return refuse(r, file->name, "this policy is longer than 1 MiB");
	if (str_find_char(file->bytes, '\0', 0) < file->bytes.len || !utf8_is_valid(file->bytes))
		return refuse(r, file->name, "this policy is not UTF-8 text");
	if (copies) {
		module.name = arena_str(r->arena, file->name);
		module.text = arena_str(r->arena, file->bytes);
		if (arena_failed(r->arena))
			return ERR_MEMORY;
	}
	module.package = package_find(r->arena, module.text);
	if (module.package.len > 0 &&
	    !manifest_allows(&r->bundle->manifest, module.package)) {
		diag_say(r->diag, "bundle",
		    "%.*s: the manifest's roots do not permit its package (%.*s)",
		    STR_FMT(file->name), STR_FMT(module.package));
		return ERR_BUNDLE;
	}
	module.rego_version = manifest_rego_version(&r->bundle->manifest, file->name);
	return VEC_PUSH(r->arena, modules, module) ? ERR_OK : ERR_MEMORY;
}

/* ---- the walk ---- */

static const struct bundle_file *
find_file(const struct bundle *b, enum archive_kind kind)
{
	for (size_t i = 0; i < b->file_count; i++)
		if (archive_kind(b->files[i].name) == kind)
			return &b->files[i];
	return NULL;
}

/* By any of those who signed: who signs last seals. */
static bool
is_sealed(const struct reading *r)
{
	for (size_t i = 0; i < r->list.verifier_count; i++)
		if (archive_is_sealed(r->packed, r->list.verifiers[i]))
			return true;
	return false;
}

static err_t
check_signature(struct reading *r)
{
	struct bundle *b = r->bundle;
	const struct bundle_file *file = find_file(b, ARCHIVE_SIGNATURES);

	if (file == NULL) {
		if (r->options->require_signature)
			return refuse(r, r->options->name, "the bundle is not signed");
		return ERR_OK;
	}
	TRY(signature_read(file->bytes, r->options, r->arena, r->diag, &b->signature, &r->list));
	if (r->options->require_signature && !b->signature.verified)
		return refuse(r, r->options->name,
		    "there is no key to verify the bundle's signature with");
	TRY(signature_check_times(&b->signature, r->options, r->diag));
	if (b->signature.has_raw)
		TRY(signature_check_raw(&r->list, b->files, b->file_count, r->arena, r->diag));
	/* Ours are taken to the bit: the packing around the signed files too. */
	if (b->signature.has_raw && r->list.verifier_count > 0 && !is_sealed(r))
		return refuse(r, r->options->name, "the archive was packed anew after signing");
	TRY(signature_check_files(&r->list, b->files, b->file_count, r->arena, r->diag));
	r->has_list = true;
	return ERR_OK;
}

static err_t
check_manifest(struct reading *r)
{
	const struct bundle_file *file = find_file(r->bundle, ARCHIVE_MANIFEST);
	value_t document;

	manifest_init(&r->bundle->manifest);
	if (file == NULL)
		return ERR_OK;
	TRY(read_document(r, file, &document));
	return manifest_read(document, r->arena, r->diag, &r->bundle->manifest);
}

static err_t
read_contents(struct reading *r)
{
	struct bundle *b = r->bundle;
	struct module_list modules = { 0 };
	struct name_list policies = { 0 };

	b->data = value_empty_object();
	for (size_t i = 0; i < b->file_count; i++) {
		enum archive_kind kind = archive_kind(b->files[i].name);

		if (kind == ARCHIVE_MODULE)
			TRY(add_module(r, &b->files[i], &modules));
		else if (kind == ARCHIVE_JSON || kind == ARCHIVE_YAML)
			TRY(add_data(r, &b->files[i]));
	}
	for (size_t i = 0; i < modules.count; i++)
		if (modules.at[i].package.len > 0)
			TRY(add_policy(r, modules.at[i].package, &policies));
	b->modules = modules.at;
	b->module_count = modules.count;
	b->policies = policies.at;
	b->policy_count = policies.count;
	return manifest_check_data(&b->manifest, b->data, r->arena, r->diag);
}

static err_t
begin_documents(struct reading *r)
{
	r->documents = ARENA_ARRAY(r->arena, value_t, r->bundle->file_count);
	r->bundle->documents = r->documents;
	return r->documents != NULL ? ERR_OK : ERR_MEMORY;
}

err_t
bundle_read(str_t bytes, const struct bundle_options *options, struct arena *arena,
    struct intern *intern, struct diag *diag, struct bundle *ret)
{
	const struct archive_limits limits = {
		.packed = options->packed_limit > 0 ? options->packed_limit : BUNDLE_PACKED_MAX,
		.unpacked = options->unpacked_limit > 0 ? options->unpacked_limit
		                                        : BUNDLE_UNPACKED_MAX,
	};
	struct bundle bundle = { .data = VALUE_NONE };
	struct reading r = {
		.options = options,
		.arena = arena,
		.intern = intern,
		.diag = diag,
		.bundle = &bundle,
		.packed = bytes,
	};

	TRY(archive_read(bytes, &limits, options->scratch != NULL ? options->scratch : arena, diag,
	    &bundle.files, &bundle.file_count));
	if (!options->allow_case_twins)
		TRY(archive_check_twins(bundle.files, bundle.file_count, arena, diag));
	TRY(begin_documents(&r));
	TRY(check_signature(&r));
	TRY(check_manifest(&r));
	TRY(read_contents(&r));
	if (arena_failed(arena))
		return ERR_MEMORY;
	digest_sha256_hex(bytes, bundle.digest);
	*ret = bundle;
	return ERR_OK;
}

err_t
bundle_read_files(const struct bundle_file *files, size_t count, struct arena *arena,
    struct intern *intern, struct diag *diag, struct bundle *ret)
{
	struct bundle bundle = { .files = files, .file_count = count };
	struct reading r = { .arena = arena, .intern = intern, .diag = diag, .bundle = &bundle };

	TRY(archive_check_names(files, count, arena, diag));
	TRY(archive_check_twins(files, count, arena, diag));
	TRY(begin_documents(&r));
	TRY(check_manifest(&r));
	TRY(read_contents(&r));
	if (arena_failed(arena))
		return ERR_MEMORY;
	memset(bundle.digest, '0', sizeof(bundle.digest));
	*ret = bundle;
	return ERR_OK;
}
