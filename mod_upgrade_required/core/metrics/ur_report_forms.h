#ifndef UR_REPORT_FORMS_H
#define UR_REPORT_FORMS_H

#include "core/metrics/ur_report.h"

/* One function per format, and what they share. */

void ur_report_html(const struct ur_report *report, struct ur_buf *out);
void ur_report_json(const struct ur_report *report, struct ur_buf *out);

/* Prometheus' text format and OpenMetrics differ only slightly. */
void ur_report_metrics(const struct ur_report *report, bool openmetrics, struct ur_buf *out);

/* "received", "sent": a direction as in the metrics. Static string. */
const char *ur_report_direction(enum ur_direction direction);

/* Steps through all combinations of versions, starting from {UR_TLS_NONE, UR_HTTP_ANY}. False
 * after the last. */
bool ur_report_next_seen(struct ur_seen *seen);

#endif
