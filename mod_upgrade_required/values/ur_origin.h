#ifndef UR_ORIGIN_H
#define UR_ORIGIN_H

#include "values/ur_span.h"

/* Web origins in their serialised form (RFC 6454, 6.2): "https://example.com:8443", or
 * "null". */

/* NULL where the text is an origin; otherwise the rest of a sentence that begins with the
 * text, says what is wrong and what would be right. */
const char *ur_origin_complaint(struct ur_span text);

/* Whether both are the same origin. Scheme and host compare in any case, and a port that is
 * the scheme's own (80, 443) need not be written. */
bool ur_origin_same(struct ur_span one, struct ur_span other);

/* Whether it is the origin that a page of this server has: tls tells the scheme, host is the
 * value of the Host field (host, or host:port). */
bool ur_origin_is_own(struct ur_span origin, bool tls, struct ur_span host);

#endif
