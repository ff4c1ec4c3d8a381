/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package: which package a Rego text belongs to, without parsing it.
 *
 * Only the package statement is read: the compiler will judge the rest.
 */
#ifndef BUNDLE_PACKAGE_H
#define BUNDLE_PACKAGE_H

#include "base/arena.h"

/* "authz/orders" for `package authz.orders`; empty: no package statement was found. */
str_t package_find(struct arena *, str_t text);

#endif
