#ifndef UR_WSKEY_H
#define UR_WSKEY_H

#include "core/text/ur_span.h"

/* Whether the value is one Sec-WebSocket-Key: base64 of 16 bytes (RFC 6455, 4.2.1, item 5).
 * Only the form is checked; nothing is decoded. */
bool ur_wskey_valid(struct ur_span key);

#endif
