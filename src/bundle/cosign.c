/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/cosign.h"

#include "bundle/archive.h"
#include "bundle/signature.h"

static err_t
sign_list(struct bundle_file *file, const struct key *key, enum algorithm a, struct arena *arena,
    struct diag *diag)
{
	const struct signer signer = { key, a, key_thumbprint(key) };
	struct buf text;
	err_t err;

	buf_init(&text, BUNDLE_UNPACKED_MAX);
	err = signature_add(&text, file->bytes, &signer, arena, diag);
	if (err == ERR_OK)
		file->bytes = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return err == ERR_OK && arena_failed(arena) ? ERR_MEMORY : err;
}

err_t
cosign(str_t bytes, str_t name, const struct key *key, struct arena *arena, struct diag *diag,
    struct buf *out)
{
	const struct bundle_options reading = { .name = name, .ignore_times = true };
	enum algorithm a = algorithm_default(key_kind(key));
	struct bundle_file *files;
	struct bundle bundle;

	TRY(bundle_read(bytes, &reading, arena, NULL, diag, &bundle));
	files = ARENA_ARRAY(arena, struct bundle_file, bundle.file_count);
	if (files == NULL)
		return ERR_MEMORY;
	memcpy(files, bundle.files, bundle.file_count * sizeof(*files));
	for (size_t i = 0; i < bundle.file_count; i++) {
		if (archive_kind(files[i].name) != ARCHIVE_SIGNATURES)
			continue;
		TRY(sign_list(&files[i], key, a, arena, diag));
		return archive_write(out, files, bundle.file_count, key, a);
	}
	diag_say(diag, "bundle", "%.*s: the bundle is not signed: core policy bundle signs it first",
	    STR_FMT(name));
	return ERR_BUNDLE;
}
