/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric_text: samples as Prometheus reads them, text format 0.0.4, or OpenMetrics 1.0.
 *
 *   struct metric_text t = { .out = out, .open = true, .service = STR("orders") };
 *   metric_text_family(&t, &row);
 *   metric_text_count(&t, &METRIC_LABEL("result", STR("allowed")), 1, 17);
 *   metric_text_end(&t);
 *
 * Every sample carries service_name.  Values of labels are escaped, and what is not UTF-8
 * becomes U+FFFD: no value can end a line or begin a sample.
 */
#ifndef SIDECAR_METRIC_TEXT_H
#define SIDECAR_METRIC_TEXT_H

#include "base/buf.h"
#include "sidecar/metric.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_row { /* of metric.def */
	const char *name;
	enum metric_kind kind;
	const char *labels, *help;
};

struct metric_text {
	struct buf *out;
	bool open; /* OpenMetrics */
	str_t service;
	const struct metric_row *row; /* of the family under way */
};

struct metric_label {
	const char *name;
	str_t value;
};
#define METRIC_LABEL(name, value) ((struct metric_label){ (name), (value) })

void metric_text_family(struct metric_text *, const struct metric_row *);
void metric_text_count(struct metric_text *, const struct metric_label *, size_t, uint64_t);
/* A number of thousandths: 1500 is 1.5. */
void metric_text_milli(struct metric_text *, const struct metric_label *, size_t, int64_t);
void metric_text_histogram(struct metric_text *, const struct metric_label *, size_t, const struct metric_sum *);
void metric_text_end(struct metric_text *);

const char *metric_text_type(bool open); /* the media type */

/* Whether whoever sent this Accept prefers OpenMetrics to the older text; an empty one does not. */
bool metric_text_wants_open(str_t accept);

#endif
