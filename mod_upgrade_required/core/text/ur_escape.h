#ifndef UR_ESCAPE_H
#define UR_ESCAPE_H

#include "core/text/ur_buf.h"

/* Escapes foreign text for a format, so that it can neither end the string that contains it nor
 * make the document invalid. Bytes that are not UTF-8 become U+FFFD, one each. Control
 * characters are those of one byte and those of two (U+0080 to U+009F). */

/* The inside of a JSON string (RFC 8259, 7). */
void ur_escape_json(struct ur_buf *buf, struct ur_span text);

/* HTML text or the inside of a quoted attribute. Control characters become U+FFFD, except
 * line ends. */
void ur_escape_html(struct ur_buf *buf, struct ur_span text);

/* Plain text: control characters, line ends too, become U+FFFD, so that foreign text
 * stays one line. */
void ur_escape_text(struct ur_buf *buf, struct ur_span text);

/* The value of a metric's label, in the formats of Prometheus and OpenMetrics. */
void ur_escape_label(struct ur_buf *buf, struct ur_span text);

#endif
