/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest: the HTTP door: OPA's REST API, AuthZEN, forward auth.
 *
 * Decisions walk as those of gRPC do (request.h): decoded, asked, recorded, and answered
 * once the record is kept.  A handler's respond writes a packed answer (rest_begin and
 * then the body), so that an answer may wait as bytes.  What cannot be served is an error
 * shaped as OPA's: {"code", "message", "errors"?}.
 *
 *   input    the path of a document is split into keys, and never becomes text of a query
 *   limits   a body, packed or not, of listen.max_message_kb; REST_PARAMS_MAX parameters;
 *            REST_KEYS_MAX keys; REST_BATCH_MAX evaluations; an answer of 1 MiB
 *   writes   are refused: policy and data come by bundle
 */
#ifndef SIDECAR_REST_H
#define SIDECAR_REST_H

#include "net/http1.h"
#include "sidecar/request.h"

enum { REST_PARAMS_MAX = 64, REST_KEYS_MAX = 128, REST_BATCH_MAX = 256 };

#define REST_SERVICE STR("/rest/") /* by this name tls.allowed_clients knows all of it */

/* The routes of the door; bodies up to `body_limit` bytes. */
void rest_table(size_t body_limit, struct http1_table *ret);

struct caller rest_caller(struct http1_exchange *);

/* ---- what a request says (rest_body.c) ---- */

struct rest_params {
	struct rest_param {
		str_t name, value; /* decoded */
	} at[REST_PARAMS_MAX];
	size_t count;
};

/* Of what has no sense, nothing; in the arena, NULL: it refused. */
const struct rest_params *rest_params_read(struct arena *, str_t query);
bool rest_wants_metrics(const struct rest_params *); /* `metrics` or `instrument` */
bool rest_flag(const struct rest_params *, const char *name); /* `?name` and `?name=true` */
str_t rest_param(
    const struct rest_params *, const char *name); /* the last; STR_NONE: not there */

struct rest_path {
	value_t keys[REST_KEYS_MAX];
	size_t count;
	str_t name; /* data.authz.allow */
};

/* a/b%20c is data.a["b c"].  On failure r->err_text says what is wrong. */
err_t rest_path_read(struct request *, str_t path, struct rest_path *ret);

/* Unpacked, if it came packed.  On failure *ret is the sentence that says why. */
err_t rest_body_read(struct request *, str_t *ret);
/* A text as a document, VALUE_NONE if it is empty.  On failure *ret_why says where. */
err_t rest_document_read(
    struct request *, str_t text, bool yaml, value_t *ret, str_t *ret_why);
bool rest_body_is_yaml(const struct request *);
/* %XX is decoded, + stays; bytes that are no such escape stay too. */
str_t rest_unescape(struct arena *, str_t text);

/* ---- answers (rest.c) ---- */

const struct http1_request *rest_request(const struct request *);
str_t rest_field(const struct request *, const char *name); /* STR_NONE: not sent */
void rest_begin(struct buf *, int status, str_t fields);    /* the body follows */
void rest_write_value(struct buf *, value_t, bool pretty);  /* as OPA does, with a newline */
/* {"code", "message"} with `errors`, an array or VALUE_NONE. */
void rest_write_error(struct buf *, str_t code, str_t message, value_t errors);

/* An evaluation that was stopped by an error: 500, and what OPA says then.  false: it was not.
 */
bool rest_respond_trouble(const struct request *, struct buf *);

/* As worker_begin(); also what a browser's page may not ask is refused (rest_guard.h). */
bool rest_enter(struct http1_exchange *, bool open, struct request *ret);
void rest_on_request(struct http1_exchange *); /* a route whose data is a struct method */
void rest_on_forward(struct http1_exchange *); /* likewise, for who asks about another request */
void rest_on_batch(struct http1_exchange *);   /* /access/v1/evaluations */

#define REST_JSON STR("content-type: application/json\r\n")

extern const struct handler rest_data_v1, rest_data_v0, rest_default, rest_evaluation,
    rest_auth, rest_query, rest_health_rule, rest_search;

bool rest_has_policy(const struct request *); /* what `bundle` of the plugins says (rest_health.c) … */
bool rest_has_audit(const struct request *); /* … and `decision_logs` */
value_t rest_plugin_states(const struct request *, bool as_objects);

/* Not decisions, and answered at once (rest_info.c, rest_health.c). */
void rest_on_policies(struct http1_exchange *);
void rest_on_policy(struct http1_exchange *);
void rest_on_config(struct http1_exchange *);
void rest_on_status(struct http1_exchange *);
void rest_on_health(struct http1_exchange *);
void rest_on_write(struct http1_exchange *);    /* refused */
void rest_on_unserved(struct http1_exchange *); /* with the sentence in the route's data */
void rest_on_metadata(struct http1_exchange *); /* /.well-known/authzen-configuration */

#endif
