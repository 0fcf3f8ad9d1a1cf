#ifndef UR_URL_H
#define UR_URL_H

#include "core/text/ur_buf.h"

/* Whether the text has only characters that a URI may have (RFC 3986, 2), and each percent
 * sign two hexadecimal digits behind it. Nothing is said about its parts. */
bool ur_url_clean(struct ur_span url);

/* The text with each byte that a URI cannot have percent-encoded; escapes that are there stay.
 * '#' counts as such a byte: what is escaped here is a request target. */
void ur_url_escape(struct ur_buf *buf, struct ur_span target);

#endif
