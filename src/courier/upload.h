/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upload: rotated files of the audit log, each to an object of an S3 store, exactly once by name.
 *
 * PREFIX HOST/FIRST-LAST.ndjson.gz, the numbers of its first and last record: the same file is
 * always the same object.  The store is asked first (HEAD); what is there is compared by the digest it
 * was stored with, never replaced.  How far it came is in the vault, after each file; killed anywhere,
 * the next start goes on with that file and finds it there, or not.
 *
 * A file that was removed (audit.file.keep_rotated) before it was uploaded is missed by its numbers:
 * logged and counted.  The file that the log grows in is uploaded once it is rotated.
 *
 *   limits   5 GiB a file, which is S3's for one PUT
 */
#ifndef COURIER_UPLOAD_H
#define COURIER_UPLOAD_H

#include "courier/courier.h"

/* Until it is told to stop; a thread's function. */
void *upload_run(void *courier);

#endif
