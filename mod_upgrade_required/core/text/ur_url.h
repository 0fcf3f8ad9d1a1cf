#ifndef UR_URL_H
#define UR_URL_H

#include "core/text/ur_buf.h"

/* Whether the text has only characters allowed in a URI (RFC 3986, 2), and each percent sign is
 * followed by two hexadecimal digits. Its structure is not checked. */
bool ur_url_clean(struct ur_span url);

/* The text with each byte that is not allowed in a URI percent-encoded; existing escapes are
 * kept. '#' is encoded too: the text is a request target. */
void ur_url_escape(struct ur_buf *buf, struct ur_span target);

#endif
