/* SPDX-License-Identifier: Apache-2.0 */
/* version: CORESDK_VERSION is the project's, from the build. */
#ifndef SIDECAR_VERSION_H
#define SIDECAR_VERSION_H

#ifndef CORESDK_VERSION
#error "the build must define CORESDK_VERSION"
#endif

#endif
