/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: what the operator wants, from four places.
 *
 * flag > environment > file > default, key by key; each value remembers where it
 * came from.  The rows of config.def are the only list of keys.  Everything
 * wrong is found in one go: unknown keys (with the nearest known one), wrong
 * types, values out of range, keys given twice.
 *
 *   lifetime  texts live in the arena given
 *   threads   read-only once loaded
 *   failure   ERR_CONFIG with findings in the diag (code "config"); ERR_NOT_FOUND or
 *             ERR_IO when a file that was asked for by name cannot be read
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

struct config_mark { /* where something stands in the file */
	uint32_t row, col;
};

struct config_list {
	const str_t *at;
	size_t count;
	const struct config_mark *marks; /* of each; NULL: not from a file */
};

enum config_origin { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };

struct config_source { /* of one value */
	enum config_origin origin;
	str_t name; /* of the file or the variable */
	uint32_t row, col; /* in the file */
};

#define CONFIG_C_FLAG bool
#define CONFIG_C_INT int64_t
#define CONFIG_C_TEXT str_t
#define CONFIG_C_PATH str_t /* a NUL stands behind it, as behind every text here */
#define CONFIG_C_SECRET str_t
#define CONFIG_C_CHOICE int /* index of the word in the row's limits */
#define CONFIG_C_LIST struct config_list
#define CONFIG_C_ENTRIES struct config_list

enum config_key {
#define KEY(member, ...) CONFIG_KEY_##member,
#include "config/config.def"
#undef KEY
	CONFIG_KEY_COUNT
};

struct config {
#define KEY(member, path, type, ...) CONFIG_C_##type member;
#include "config/config.def"
#undef KEY
	struct config_source source[CONFIG_KEY_COUNT];
	str_t file_text; /* that findings quote */
	bool tls_makes_certificates; /* tls.auto_pki, and none is configured */
};

/* The words of each CHOICE, in the order of its row. */
enum { CONFIG_PRODUCTION, CONFIG_DEVELOPMENT };
enum { CONFIG_FAIL_CLOSED, CONFIG_FAIL_OPEN };
enum { CONFIG_TLS_AUTO, CONFIG_TLS_MTLS, CONFIG_TLS_ONE_WAY, CONFIG_TLS_OFF };
enum { CONFIG_AIR_GAPPED, CONFIG_CONNECTED };
enum { CONFIG_DURABILITY_WRITE, CONFIG_DURABILITY_FDATASYNC };
enum { CONFIG_ON_ERROR_DENY, CONFIG_ON_ERROR_SPILL, CONFIG_ON_ERROR_DROP };
enum { CONFIG_EXPIRED_KEEP, CONFIG_EXPIRED_DENY };
enum { CONFIG_EQUIVOCATION_REFUSE, CONFIG_EQUIVOCATION_ALARM };
enum { CONFIG_LOG_JSON, CONFIG_LOG_PRETTY };

struct config_inputs {
	str_t path; /* --config; empty: search ./coresdk-sidecar.yaml, /etc/coresdk/… */
	char **environment; /* NULL: none */
	const str_t *flags; /* "audit.file.path=/tmp/a" */
	size_t flag_count;
};

err_t config_load(struct arena *, const struct config_inputs *, struct diag *,
    struct config *ret);
/* The two halves of config_load: the text of the file that counts (name empty: there is none) … */
err_t config_read_text(const struct config_inputs *, struct diag *, struct buf *text,
    str_t *ret_name);
/* … and what it means together with the other places; name is for findings. */
err_t config_load_text(struct arena *, str_t name, str_t text, const struct config_inputs *,
    struct diag *, struct config *ret);

/* ---- for `core config show` and the documentation ---- */

enum config_type {
	CONFIG_TYPE_FLAG,
	CONFIG_TYPE_INT,
	CONFIG_TYPE_TEXT,
	CONFIG_TYPE_PATH,
	CONFIG_TYPE_SECRET,
	CONFIG_TYPE_CHOICE,
	CONFIG_TYPE_LIST,
	CONFIG_TYPE_ENTRIES,
};

struct config_row {
	const char *path, *limits, *unit, *fallback, *environment, *sentence;
	enum config_type type;
	size_t offset; /* in struct config */
};

const struct config_row *config_row(enum config_key);
/* CORESDK_AUDIT_FILE_PATH */
str_t config_row_variable(const struct config_row *, struct arena *);
/* As it would be written in the file; a secret as "(set)" or "". */
void config_write_value(struct buf *, const struct config *, enum config_key);
/* "default", "FILE:3:5", "CORESDK_…", "--set" */
void config_write_source(struct buf *, const struct config *, enum config_key);

#endif
