/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and policies on disk. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tap.h>
#include <unistd.h>

#include "base/file.h"
#include "bundle/build.h"

static char dir[] = "/tmp/coresdk-bundle-XXXXXX";
static struct arena *arena;

static char *
path_of(const char *name)
{
	return (char *)arena_printf(arena, "%s/%s", dir, name).data;
}

static void
put(const char *name, const char *text)
{
	char *path = path_of(name), *slash = strrchr(path, '/');

	*slash = '\0';
	ok(file_make_dirs(NULL, path, 0755, NULL) == ERR_OK, "directory of %s", name);
	*slash = '/';
	ok(file_replace(NULL, path, 0644, str_of(text), NULL) == ERR_OK, "%s", name);
}

static void
try_keygen(void)
{
	struct key *made = NULL, *read = NULL;
	struct bundle_keys *keys = bundle_keys_new();
	struct stat st;
	struct buf text;
	struct diag diag;

	diag_init(&diag, arena, 10);
	ok(bundle_keygen(path_of("keys"), KEY_P256, &diag, &made) == ERR_OK, "keygen");
	ok(stat(path_of("keys/signing-key.pem"), &st) == 0 && (st.st_mode & 0777) == 0600,
	    "the private key is nobody else's");
	ok(bundle_keygen(path_of("keys"), KEY_P256, &diag, &read) == ERR_IO && read == NULL,
	    "never over another");
	ok(bundle_key_source(path_of("keys/signing-key.pem"), &diag, &read) == ERR_OK &&
	        key_same(made, read), "from a path");
	key_free(&read);
	buf_init(&text, KEY_TEXT_MAX);
	ok(file_read(NULL, path_of("keys/signing-key.pem"), FILE_ANY, &text, NULL) == ERR_OK, "text");
	buf_add_char(&text, '\0');
	ok(bundle_key_source(text.data, &diag, &read) == ERR_OK && key_same(made, read),
	    "from the text itself");
	key_free(&read);
	(void)setenv("CORESDK_TEST_KEY", text.data, 1);
	ok(bundle_key_source("env:CORESDK_TEST_KEY", &diag, &read) == ERR_OK && key_same(made, read),
	    "from a variable");
	key_free(&read);
	(void)setenv("CORESDK_TEST_KEY", path_of("keys/signing-key.pem"), 1);
	ok(bundle_key_source("env:CORESDK_TEST_KEY", &diag, &read) == ERR_OK && key_same(made, read),
	    "from a variable that holds a path");
	key_free(&read);
	ok(bundle_key_source("env:CORESDK_NO_SUCH", &diag, &read) == ERR_KEY, "not set");
	ok(bundle_key_source(path_of("keys/signing-key.pub"), &diag, &read) == ERR_KEY, "public");
	ok(bundle_key_source(path_of("none"), &diag, &read) == ERR_NOT_FOUND, "no such file");
	ok(bundle_keys_add_path(keys, path_of("keys/signing-key.pub"), &diag) == ERR_OK &&
	        bundle_keys_count(keys) == 1, "a verify key from a file");
	ok(unlink(path_of("keys/signing-key.pem")) == 0 &&
	        bundle_keys_add_path(keys, path_of("keys"), &diag) == ERR_OK &&
	        bundle_keys_count(keys) == 2, "and from a directory");
	ok(bundle_keys_add_text(keys, STR("hello"), STR("x"), &diag) == ERR_KEY, "no key");
	buf_fini(&text);
	bundle_keys_free(&keys);
	key_free(&made);
}

static void
try_gathering(void)
{
	static const char *const want[] = { ".manifest", "a/b/data.yaml", "a/b/p.rego",
		"a/b/p_test.rego", "data.json", "z.rego" };
	struct bundle_files files;
	struct bundle b;
	struct buf out;

	put("policies/z.rego", "package z\n");
	put("policies/data.json", "{\"k\":1}");
	put("policies/a/b/p.rego", "package a.b\n");
	put("policies/a/b/p_test.rego", "package a.b_test\n");
	put("policies/a/b/data.yaml", "list: [1, 2]\n");
	put("policies/.manifest", "{\"revision\":\"r1\",\"roots\":[\"\"],\"metadata\":{\"by\":\"me\"}}");
	put("policies/README.md", "not policy\n");
	put("policies/.git/x.rego", "package git\n");
	ok(bundle_gather(path_of("policies"), true, arena, NULL, &files) == ERR_OK &&
	        files.count == COUNT(want), "gathered");
	for (size_t i = 0; i < files.count && i < COUNT(want); i++)
		ok(str_eq(files.at[i].name, str_of(want[i])), "%s", want[i]);
	buf_init(&out, 1 << 20);
	ok(bundle_build(&files, &(struct bundle_build_options){ .created = 1 }, arena, NULL, &out,
	       &b) == ERR_OK && b.module_count == 3 && str_eq(b.manifest.revision, STR("r1")) &&
	       value_is_defined(b.manifest.metadata), "built");
	ok(value_object_get_text(value_object_get_text(value_object_get_text(b.data, "a"), "b"),
	       "list").count == 2, "YAML is data");
	ok(bundle_gather(path_of("policies"), false, arena, NULL, &files) == ERR_OK &&
	        files.count == COUNT(want) - 1, "without tests");
	ok(bundle_gather(path_of("nowhere"), true, arena, NULL, &files) == ERR_NOT_FOUND, "nowhere");
	ok(bundle_gather(path_of("keys"), true, arena, NULL, &files) == ERR_BUNDLE, "nothing there");
	buf_fini(&out);
}

static void
remove_tree(const char *path)
{
	DIR *handle = opendir(path);

	for (struct dirent *e = handle ? readdir(handle) : NULL; e != NULL; e = readdir(handle)) {
		str_t below = arena_printf(arena, "%s/%s", path, e->d_name);

		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    unlink(below.data) != 0)
			remove_tree(below.data);
	}
	if (handle != NULL)
		(void)closedir(handle);
	(void)rmdir(path);
}

int
main(void)
{
	arena = arena_new(64 << 20);
	if (mkdtemp(dir) == NULL)
		return 1;
	try_keygen();
	try_gathering();
	(void)setenv("SOURCE_DATE_EPOCH", "12", 1);
	ok(bundle_created_time(99) == 12, "SOURCE_DATE_EPOCH");
	(void)setenv("SOURCE_DATE_EPOCH", "x", 1);
	ok(bundle_created_time(99) == 99, "but only a number");
	remove_tree(dir);
	ok(access(dir, F_OK) != 0, "tidied up");
	arena_free(&arena);
	return tap_done();
}
