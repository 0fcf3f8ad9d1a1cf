#ifndef UR_EDGE_H
#define UR_EDGE_H

#include "values/ur_protocol.h"

/* What a proxy in front of this server states of its client's protocol: the values of the
 * fields that the administrator named, absent where none was named, sent, or may be believed.
 */
struct ur_statement {
    struct ur_span tls;    /* TLSv1.2, TLS/1.2 or 1.2 */
    struct ur_span http;   /* HTTP/1.1, HTTP/2.0 or 2; 3 counts as 2 */
    struct ur_span scheme; /* https, http, wss or ws */
};

/* What counts as seen: for each of the two what is stated in one well-formed value, else
 * what the server itself saw. A scheme in clear means clear; a secure one without a version
 * means TLS of unknown version. */
struct ur_seen ur_edge_seen(struct ur_seen own, const struct ur_statement *statement);

#endif
