/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long it takes to build and to load a bundle of 1, 10 and 100 MB of data, and
 * what memory that takes: its peak, and what stays, as multiples of the data's text.
 * Each measurement is a process of its own, so that none has the memory of another.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "bundle/build.h"
#include "crypt/random.h"
#include "engine/snapshot.h"

enum { RECORD_MAX = 300, MB = 1000000 };

struct figures { /* what a child says to its parent */
	double seconds, peak, resident; /* bytes */
	char digest[64];
};

static struct buf text, packed;
static struct key *key;
static struct bundle_keys *keys;

static double
now_s(void)
{
	return (double)clock_steady_ns(&clock_system) / 1e9;
}

/* Resident bytes now. */
static double
resident(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	long size, pages = 0;

	must(statm != NULL && fscanf(statm, "%ld %ld", &size, &pages) == 2);
	(void)fclose(statm);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double
peak(void)
{
	struct rusage usage;

	must(getrusage(RUSAGE_SELF, &usage) == 0);
	return (double)usage.ru_maxrss * 1024;
}

static void
add_record(struct buf *b, unsigned i)
{
	static const char *const roles[] = { "admin", "reader", "writer", "auditor", "owner",
		"billing" };
	unsigned dice = i * 2654435761U;

	buf_printf(b, "%s\"user-%07u\":{\"id\":%u,\"name\":\"user-%07u\",\"email\":\"user%u@example.com\","
		"\"roles\":[\"%s\",\"%s\"],\"active\":%s,\"score\":%u.%02u,\"dept\":\"dept-%u\","
		"\"limits\":{\"max\":%u,\"burst\":20}}",
	    i > 0 ? "," : "", i, i, i, i, roles[dice % 6], roles[dice / 6 % 6],
	    i % 7 != 0 ? "true" : "false", dice / 36 % 100, dice / 3600 % 100, i % 97, i % 1000);
}

static void
write_data(size_t size)
{
	buf_init(&text, size + RECORD_MAX);
	must(buf_reserve(&text, size + RECORD_MAX));
	buf_add_text(&text, "{\"users\":{");
	for (unsigned i = 0; text.len < size - RECORD_MAX; i++)
		add_record(&text, i);
	buf_add_text(&text, "}}");
}

static void
fail(const struct diag *diag)
{
	(void)fprintf(stderr, "%.*s\n", STR_FMT(diag_first_message(diag)));
	abort();
}

static void
build(char ret_digest[64])
{
	static struct bundle_file files[] = {
		{ STR("data.json"), { 0 } },
		{ STR("p.rego"), STR("package authz\n\nallow if data.users[input.user].active\n") },
	};
	const struct bundle_build_options options = { .key = key };
	struct arena *arena = arena_new((size_t)4 << 30);
	struct bundle bundle;
	struct diag diag;

	files[0].bytes = buf_str(&text);
	diag_init(&diag, arena, 4);
	buf_init(&packed, BUNDLE_PACKED_MAX);
	if (bundle_build(&(struct bundle_files){ files, COUNT(files) }, &options, arena, &diag,
		&packed, &bundle) != ERR_OK)
		fail(&diag);
	memcpy(ret_digest, bundle.digest, sizeof(bundle.digest));
	arena_free(&arena);
}

static void
load(struct snapshot **ret)
{
	const struct snapshot_options options = { .bundle = buf_str(&packed),
		.bundle_name = STR("bench"), .verify_keys = keys, .require_signature = true };
	struct arena *arena = arena_new((size_t)4 << 20);
	struct diag diag;

	diag_init(&diag, arena, 4);
	if (snapshot_make(&options, &diag, ret) != ERR_OK)
		fail(&diag);
	arena_free(&arena);
}

/* ---- in a child; what the parent holds, the text or the packed bundle, is the base ---- */

static void
measure_build(struct figures *ret)
{
	double base = resident() - (double)text.len, from = now_s();

	build(ret->digest);
	ret->seconds = now_s() - from;
	ret->peak = peak() - base;
}

static void
measure_load(struct figures *ret)
{
	double base = resident() - (double)packed.len, from = now_s();
	struct snapshot *s = NULL;

	load(&s);
	ret->seconds = now_s() - from;
	ret->peak = peak() - base;
	ret->resident = resident() - base;
}

/* One snapshot serves while another is made; then the first is given up, over and over. */
static void
measure_reload(struct figures *ret)
{
	double base = resident() - (double)packed.len, from = 0;
	struct snapshot *old = NULL;

	for (int i = 0; i < 4; i++) {
		struct snapshot *s = NULL;

		from = now_s();
		load(&s);
		ret->seconds = now_s() - from;
		snapshot_free(&old);
		old = s;
	}
	ret->peak = peak() - base;
	ret->resident = resident() - base;
}

static struct figures
in_child(void (*measure)(struct figures *))
{
	struct figures *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct figures ret;
	pid_t pid;
	int status;

	must(shared != MAP_FAILED);
	pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		measure(shared);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0);
	ret = *shared;
	(void)munmap(shared, sizeof(*shared));
	return ret;
}

static void
print(const char *what, struct figures f, double size)
{
	printf("  %-7s %7.3f s   peak %5.2f x", what, f.seconds, f.peak / size);
	if (f.resident > 0)
		printf("   resident %5.2f x", f.resident / size);
	printf("\n");
}

static void
make_keys(void)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	struct buf pem;
	struct diag diag;

	diag_init(&diag, arena, 4);
	buf_init(&pem, KEY_TEXT_MAX);
	keys = bundle_keys_new();
	must(key_generate(KEY_P256, &key) == ERR_OK && keys != NULL &&
	    key_write_pem_public(&pem, key) == ERR_OK &&
	    bundle_keys_add_text(keys, buf_str(&pem), STR("bench"), &diag) == ERR_OK);
	buf_fini(&pem);
	arena_free(&arena);
}

int
main(void)
{
	static const size_t sizes[] = { 1, 10, 100 };
	uint8_t seed[16];

	arena_return_memory();
	random_bytes(seed, sizeof(seed));
	value_hash_key(seed);
	make_keys();
	for (size_t i = 0; i < COUNT(sizes); i++) {
		double size = (double)(sizes[i] * MB);
		char digest[64];

		write_data(sizes[i] * MB);
		struct figures made = in_child(measure_build);

		build(digest);
		must(memcmp(digest, made.digest, sizeof(digest)) == 0);
		printf("bundle of %zu MB of data, %.1f MB packed\n", sizes[i],
		    (double)packed.len / MB);
		print("build", made, size);
		buf_fini(&text);
		(void)malloc_trim(0);
		print("load", in_child(measure_load), size);
		print("reload", in_child(measure_reload), size);
		(void)fflush(stdout);
		buf_fini(&packed);
	}
	bundle_keys_free(&keys);
	key_free(&key);
	return 0;
}
