#ifndef UR_HEAD_H
#define UR_HEAD_H

#include "values/ur_span.h"

/* The head of an HTTP/1.x answer (RFC 9112, 2.1), line by line. */

/* Cuts the next line off *rest and stores it, without its CRLF or LF. False where no line
 * is complete; then nothing has moved. */
bool ur_head_line(struct ur_span *rest, struct ur_span *line);

/* The same for the status line, before which one empty line is passed over, as httpd does. */
bool ur_head_status_line(struct ur_span *rest, struct ur_span *line);

/* The status of "HTTP/1.x NNN ...", 0 where the line is nothing of the kind. */
int ur_head_status(struct ur_span line);

/* Splits a field line into its name and its trimmed value. False for a folded line, one
 * without a name, and one with a NUL in it. */
bool ur_head_field(struct ur_span line, struct ur_span *name, struct ur_span *value);

#endif
