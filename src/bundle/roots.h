/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roots: several bundles beside each other, each with the documents below its own roots.
 *
 * No root of one may lie in a root of another, as in OPA: what one bundle says, no other can change.
 * A bundle without roots owns everything and goes with no other.
 */
#ifndef BUNDLE_ROOTS_H
#define BUNDLE_ROOTS_H

#include "bundle/bundle.h"

struct roots_owner {
	str_t name; /* of the bundle */
	const struct bundle_manifest *manifest;
};

/* ERR_BUNDLE: one sentence names the bundles and the roots. */
err_t roots_check(const struct roots_owner *, size_t count, struct arena *, struct diag *);

#endif
