#ifndef UR_PROTOCOL_H
#define UR_PROTOCOL_H

#include "core/text/ur_span.h"

/* Protocol versions. Both enumerations ascend, so that "at least" is >=, and every client meets
 * a requirement of 0 (UR_TLS_NONE, UR_HTTP_ANY). */

enum ur_tls {
    UR_TLS_NONE, /* in clear */
    UR_TLS_SOME, /* TLS of a version this module does not know; as a requirement: any TLS */
    UR_TLS_1_0,
    UR_TLS_1_1,
    UR_TLS_1_2,
    UR_TLS_1_3
};

enum ur_http {
    UR_HTTP_ANY, /* only as a requirement */
    UR_HTTP_0_9,
    UR_HTTP_1_0,
    UR_HTTP_1_1,
    UR_HTTP_2
};

/* The versions that a client was seen to use. */
struct ur_seen {
    enum ur_tls tls;
    enum ur_http http;
};

/* "1.0" to "1.3"; "unknown" for UR_TLS_SOME; NULL without TLS. Static strings. */
const char *ur_protocol_tls(enum ur_tls tls);

/* "0.9", "1.0", "1.1", "2". Static strings. */
const char *ur_protocol_http(enum ur_http http);

/* The version from OpenSSL's name for it ("TLSv1", "TLSv1.2"). Any other name is UR_TLS_SOME:
 * encrypted, but older than every version that can be required. */
enum ur_tls ur_protocol_tls_from_name(struct ur_span name);

/* The HTTP version of a request. The connection decides: only a stream of an HTTP/2 connection
 * is HTTP/2. number is the version in the request line as httpd has it, major * 1000 + minor,
 * which on an HTTP/1 connection is mere text: httpd accepts any up to 9.9. There a newer
 * version counts as HTTP/1.1, the highest that can be used (RFC 9110, 2.5). */
static inline enum ur_http ur_protocol_spoken(bool stream, int number)
{
    if (stream) {
        return UR_HTTP_2;
    }
    if (number >= 1001) {
        return UR_HTTP_1_1;
    }
    return number == 1000 ? UR_HTTP_1_0 : UR_HTTP_0_9;
}

#endif
