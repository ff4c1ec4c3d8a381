/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: policies and data from files and directories, as `opa eval -d` takes them.
 *
 * *.rego are modules.  *.json, *.yaml and *.yml are data: what stands in DIR/a/b.json
 * is merged at data.a (the directory counts, the file's name does not).
 */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "bundle/bundle.h"
#include "cli/cli.h"
#include "engine/policy.h"
#include "rego/compile.h"

/* A policy with nothing in it yet, that --experimental was heeded for. */
err_t load_new(struct cli *, struct policy **ret);
err_t load_path(struct cli *, struct policy *, const char *path, enum rego_version);
/* A bundle file, verified when there are keys; else its signature is not looked at. */
err_t load_bundle(struct cli *, struct policy *, const char *path);
/* The most that a bundle is, unpacked, with its list of files. */
#define LOAD_UNPACKED_MAX (BUNDLE_UNPACKED_MAX + ((size_t)64 << 20))
/* What --schema names, for the type checker. */
err_t load_schemas(struct cli *, struct policy *);
/* What --capabilities names, a profile or a file; without it `otherwise`. */
err_t load_capabilities(struct cli *, const struct rego_capabilities *otherwise,
    const struct rego_capabilities **ret);
/* Everything of --data and --bundle, compiled. */
err_t load_policy(struct cli *, struct policy **ret);

#endif
