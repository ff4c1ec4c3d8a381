/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auto_pki: a CA and certificates of this host's own, for first use.
 *
 * With tls.auto_pki and no certificate configured, data_dir/pki holds ca, server and
 * client (.crt and .key).  What is missing or about to end is made at the start;
 * what is good is used again.  A CA is replaced only when it is about to end; one
 * that is damaged is an error, since clients trust it.
 *
 *   failure  ERR_KEY or what the disk says, and a sentence in the diag
 */
#ifndef SIDECAR_AUTO_PKI_H
#define SIDECAR_AUTO_PKI_H

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"

err_t auto_pki_prepare(const struct config *, const struct clock *, const struct log *, struct diag *);

#endif
