/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest_explain: how an evaluation went, for `explain=`.
 *
 * The events are those of this machine: enter, exit, eval, fail and redo, each with its place
 * in the policy, and no syntax trees.  `full` and `debug` give all of them, `fails` those that
 * failed and the rules on the way there, `notes` none, as policies here take no notes.
 *
 *   lifetime  new/free; what it returns lives as long as it
 *   limits    EXPLAIN_EVENTS events, of which each has EXPLAIN_TEXT bytes of its expression
 *             and of each value; the last one says that there were more
 */
#ifndef SIDECAR_REST_EXPLAIN_H
#define SIDECAR_REST_EXPLAIN_H

#include "rego/vm.h"

enum { EXPLAIN_EVENTS = 1000, EXPLAIN_TEXT = 120, EXPLAIN_DEPTH = 64 };

enum explain_mode { EXPLAIN_OFF, EXPLAIN_NOTES, EXPLAIN_FAILS, EXPLAIN_FULL, EXPLAIN_DEBUG };

struct rest_explain;

enum explain_mode explain_mode_read(str_t); /* what is no mode is off, as in OPA */
struct rest_explain *rest_explain_new(enum explain_mode, bool pretty); /* NULL: out of memory */
void rest_explain_free(struct rest_explain **);

const struct rego_tracer *rest_explain_tracer(const struct rest_explain *);
value_t rest_explain_value(const struct rest_explain *); /* of texts if pretty, else of objects */

#endif
