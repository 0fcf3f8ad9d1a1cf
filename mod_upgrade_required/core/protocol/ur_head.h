#ifndef UR_HEAD_H
#define UR_HEAD_H

#include "core/text/ur_span.h"

/* The head of an HTTP/1.x answer (RFC 9112, 2.1), line by line. */

/* Cuts the next line off *rest and stores it, without its CRLF or LF. False where no line
 * is complete; then nothing has moved. */
bool ur_head_line(struct ur_span *rest, struct ur_span *line);

/* The same for the status line, before which one empty line is passed over, as httpd does. */
bool ur_head_status_line(struct ur_span *rest, struct ur_span *line);

/* The status of "HTTP/1.x NNN ...", 0 where the line is nothing of the kind. */
int ur_head_status(struct ur_span line);

/* Whether every line of a head ends in CRLF, and no other CR, LF or control character stands
 * in it: what one reader takes for part of a value, another may take for the end of a line. */
bool ur_head_is_clean(struct ur_span head);

/* Splits a field line into its name and its trimmed value. False where the name is no token:
 * for a folded line, one without a name, one with a space before the colon. */
bool ur_head_field(struct ur_span line, struct ur_span *name, struct ur_span *value);

#endif
