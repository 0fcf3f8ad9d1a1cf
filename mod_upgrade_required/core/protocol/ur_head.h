#ifndef UR_HEAD_H
#define UR_HEAD_H

#include "core/text/ur_span.h"

/* The head of an HTTP/1.x response (RFC 9112, 2.1), line by line. */

/* Cuts the next line off *rest and stores it, without its CRLF or LF. False if no line is
 * complete; then *rest is unchanged. */
bool ur_head_line(struct ur_span *rest, struct ur_span *line);

/* The same for the status line; skips one empty line before it, as httpd does. */
bool ur_head_status_line(struct ur_span *rest, struct ur_span *line);

/* The status of "HTTP/1.x NNN ...", 0 for any other line. */
int ur_head_status(struct ur_span line);

/* Whether every line of a head ends in CRLF and contains no other CR, LF or control character:
 * what one parser takes for part of a value, another may take for the end of a line. */
bool ur_head_is_clean(struct ur_span head);

/* Splits a header line into its name and its trimmed value. False if the name is not a token:
 * for a folded line, one without a name, or one with a space before the colon. */
bool ur_head_field(struct ur_span line, struct ur_span *name, struct ur_span *value);

#endif
