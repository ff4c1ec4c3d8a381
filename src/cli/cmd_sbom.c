/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core sbom: what is linked into a program, as CycloneDX or SPDX has it.
 *
 * The rows were made with the build (tools/components).  The same program gives the same
 * document: names and dates come from its bytes and its build.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "crypt/digest.h"

enum { PROGRAM_BYTES_MAX = 1 << 28 };

struct component {
	const char *name, *version, *license, *purl, *libraries;
	const char *only; /* the programs that have it; "": each */
};

#include "components.inc"

const struct cli_spec cmd_sbom_options[] = {
	{ "--format", NULL, "cyclonedx|spdx",
	    "CycloneDX 1.5 (the default) or SPDX 2.3, each as JSON" },
	{ 0 },
};

struct program {
	struct cli *cli;
	const char *name;
	char sha256[SHA256_HEX_SIZE + 1];
};

/* ---- values ---- */

/* Keys and values in turn, until NULL. */
static value_t
object(struct cli *cli, ...)
{
	struct object_builder o;
	const char *key;
	va_list args;

	object_builder_init(&o, cli->arena, 8);
	va_start(args, cli);
	while ((key = va_arg(args, const char *)) != NULL)
		(void)object_builder_add_text(&o, key, va_arg(args, value_t));
	va_end(args);
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static value_t
one(struct cli *cli, value_t item)
{
	return value_array(cli->arena, &item, 1);
}

__attribute__((format(printf, 2, 3))) static value_t
text(struct cli *cli, const char *format, ...)
{
	char room[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(room, sizeof(room), format, args);
	va_end(args);
	return value_text(cli->arena, room);
}

static bool
has(const struct program *p, const struct component *c)
{
	str_t left = str_of(c->only);

	while (left.len > 0) {
		size_t end = str_find_char(left, ' ', 0);

		if (str_eq(str_cut(left, end), str_of(p->name)))
			return true;
		left = str_skip(left, end < left.len ? end + 1 : end);
	}
	return c->only[0] == '\0';
}

/* ---- CycloneDX ---- */

static value_t
cyclonedx_licenses(struct cli *cli, const char *expression)
{
	if (strchr(expression, ' ') != NULL)
		return one(cli, object(cli, "expression", text(cli, "%s", expression), NULL));
	return one(cli, object(cli, "license",
			    object(cli, "id", text(cli, "%s", expression), NULL), NULL));
}

static value_t
cyclonedx_component(struct cli *cli, const struct component *c)
{
	return object(cli, "type", text(cli, "library"), "bom-ref", text(cli, "%s", c->purl),
	    "name", text(cli, "%s", c->name), "version", text(cli, "%s", c->version),
	    "licenses", cyclonedx_licenses(cli, c->license), "purl", text(cli, "%s", c->purl),
	    "scope", text(cli, "required"), "properties",
	    one(cli, object(cli, "name", text(cli, "coresdk:libraries"), "value",
			 text(cli, "%s", c->libraries), NULL)),
	    NULL);
}

static value_t
cyclonedx_program(const struct program *p)
{
	struct cli *cli = p->cli;

	return object(cli, "type", text(cli, "application"), "bom-ref",
	    text(cli, "%s", p->name), "name", text(cli, "%s", p->name), "version",
	    text(cli, CORESDK_VERSION), "licenses", cyclonedx_licenses(cli, "Apache-2.0"),
	    "purl",
	    text(cli, "pkg:generic/%s@%s?os=linux&arch=amd64", p->name, CORESDK_VERSION),
	    "hashes",
	    one(cli, object(cli, "alg", text(cli, "SHA-256"), "content",
			 text(cli, "%s", p->sha256), NULL)),
	    NULL);
}

/* A name of the document that follows from the program's bytes. */
static value_t
serial_number(const struct program *p)
{
	const char *h = p->sha256;

	return text(
	    p->cli, "urn:uuid:%.8s-%.4s-5%.3s-a%.3s-%.12s", h, h + 8, h + 12, h + 15, h + 18);
}

static value_t
cyclonedx(const struct program *p)
{
	struct cli *cli = p->cli;
	value_t list[COUNT(components)], refs[COUNT(components)],
	    dependencies[COUNT(components) + 1];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(components); i++) {
		if (!has(p, &components[i]))
			continue;
		list[n] = cyclonedx_component(cli, &components[i]);
		refs[n++] = text(cli, "%s", components[i].purl);
		dependencies[n] = object(cli, "ref", refs[n - 1], NULL);
	}
	dependencies[0] = object(cli, "ref", text(cli, "%s", p->name), "dependsOn",
	    value_array(cli->arena, refs, n), NULL);
	return object(cli, "bomFormat", text(cli, "CycloneDX"), "specVersion",
	    text(cli, "1.5"), "version", value_int(1), "serialNumber", serial_number(p),
	    "metadata",
	    object(cli, "timestamp", value_string(cli->arena, cli_time(cli, COMPONENTS_DATE)),
		"component", cyclonedx_program(p), NULL),
	    "components", value_array(cli->arena, list, n), "dependencies",
	    value_array(cli->arena, dependencies, n + 1), NULL);
}

/* ---- SPDX ---- */

static value_t
spdx_package(struct cli *cli, const char *name, const char *version, const char *license,
    const char *purl, const char *sha256)
{
	value_t sums = sha256 == NULL
			   ? value_empty_array()
			   : one(cli, object(cli, "algorithm", text(cli, "SHA256"),
					  "checksumValue", text(cli, "%s", sha256), NULL));

	return object(cli, "SPDXID", text(cli, "SPDXRef-%s", name), "name",
	    text(cli, "%s", name), "versionInfo", text(cli, "%s", version), "downloadLocation",
	    text(cli, "NOASSERTION"), "filesAnalyzed", value_bool(false), "licenseConcluded",
	    text(cli, "%s", license), "licenseDeclared", text(cli, "%s", license),
	    "copyrightText", text(cli, "NOASSERTION"), "primaryPackagePurpose",
	    text(cli, sha256 != NULL ? "APPLICATION" : "LIBRARY"), "checksums", sums,
	    "externalRefs",
	    one(cli,
		object(cli, "referenceCategory", text(cli, "PACKAGE-MANAGER"), "referenceType",
		    text(cli, "purl"), "referenceLocator", text(cli, "%s", purl), NULL)),
	    NULL);
}

static value_t
relation(struct cli *cli, const char *from, const char *how, const char *to)
{
	return object(cli, "spdxElementId", text(cli, "SPDXRef-%s", from), "relationshipType",
	    text(cli, "%s", how), "relatedSpdxElement", text(cli, "SPDXRef-%s", to), NULL);
}

static value_t
spdx(const struct program *p)
{
	struct cli *cli = p->cli;
	value_t packages[COUNT(components) + 1], relations[COUNT(components) + 1];
	char purl[128];
	size_t n = 1;

	(void)snprintf(purl, sizeof(purl), "pkg:generic/%s@%s?os=linux&arch=amd64", p->name,
	    CORESDK_VERSION);
	packages[0] =
	    spdx_package(cli, p->name, CORESDK_VERSION, "Apache-2.0", purl, p->sha256);
	relations[0] = relation(cli, "DOCUMENT", "DESCRIBES", p->name);
	for (size_t i = 0; i < COUNT(components); i++) {
		const struct component *c = &components[i];

		if (!has(p, c))
			continue;
		packages[n] =
		    spdx_package(cli, c->name, c->version, c->license, c->purl, NULL);
		relations[n++] = relation(cli, p->name, "STATIC_LINK", c->name);
	}
	return object(cli, "spdxVersion", text(cli, "SPDX-2.3"), "dataLicense",
	    text(cli, "CC0-1.0"), "SPDXID", text(cli, "SPDXRef-DOCUMENT"), "name",
	    text(cli, "%s-%s", p->name, CORESDK_VERSION), "documentNamespace",
	    text(cli, "https://coresdk.io/spdx/%s-%s-%s", p->name, CORESDK_VERSION, p->sha256),
	    "creationInfo",
	    object(cli, "created", value_string(cli->arena, cli_time(cli, COMPONENTS_DATE)),
		"creators", one(cli, text(cli, "Tool: core-%s", CORESDK_VERSION)), NULL),
	    "packages", value_array(cli->arena, packages, n), "relationships",
	    value_array(cli->arena, relations, n), NULL);
}

/* ---- the program ---- */

/* The rows are of this build: a program of another is not described by them. */
static err_t
find_name(struct program *p, const char *path, str_t bytes)
{
	static const char sidecar[] = "coresdk-sidecar v" CORESDK_VERSION " (";

	static const char courier[] = "coresdk-courier v" CORESDK_VERSION " (";

	if (path == NULL)
		p->name = "core";
	else if (memmem(bytes.data, bytes.len, courier, sizeof(courier) - 1) != NULL)
		p->name = "coresdk-courier";
	else if (memmem(bytes.data, bytes.len, sidecar, sizeof(sidecar) - 1) != NULL)
		p->name = "coresdk-sidecar";
	if (p->name != NULL)
		return ERR_OK;
	diag_say(&p->cli->diag, "sbom",
	    "%s: this is no coresdk-sidecar or coresdk-courier of version %s; each `core` knows what its own "
	    "build put in",
	    path, CORESDK_VERSION);
	return ERR_NEGATIVE;
}

err_t
cmd_sbom(struct cli *cli)
{
	const char *format = cli_value(cli, "--format"),
		   *path = cli->rest_count > 0 ? cli->rest[0] : NULL;
	struct program p = { .cli = cli };
	struct buf bytes;
	err_t e;

	if (format != NULL && strcmp(format, "cyclonedx") != 0 &&
	    strcmp(format, "spdx") != 0) {
		diag_say(
		    &cli->diag, "sbom", "--format takes cyclonedx or spdx, not %s", format);
		return ERR_USAGE;
	}
	buf_init(&bytes, PROGRAM_BYTES_MAX);
	e = file_read(
	    NULL, path != NULL ? path : "/proc/self/exe", FILE_ANY, &bytes, &cli->diag);
	if (e == ERR_OK)
		e = find_name(&p, path, buf_str(&bytes));
	if (e == ERR_OK)
		digest_sha256_hex(buf_str(&bytes), p.sha256);
	buf_fini(&bytes);
	TRY(e);
	cli_print_json(
	    cli, format != NULL && strcmp(format, "spdx") == 0 ? spdx(&p) : cyclonedx(&p));
	return arena_failed(cli->arena) ? ERR_MEMORY : ERR_OK;
}
