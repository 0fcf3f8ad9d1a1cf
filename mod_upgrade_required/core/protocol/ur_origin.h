#ifndef UR_ORIGIN_H
#define UR_ORIGIN_H

#include "core/text/ur_buf.h"

enum ur_origin_kind {
    UR_ORIGIN_OPAQUE, /* "null" */
    UR_ORIGIN_HTTP,
    UR_ORIGIN_HTTPS,
    UR_ORIGIN_FILE,
    UR_ORIGIN_APPLICATION /* of any other scheme */
};

/* Web origins in their serialised form (RFC 6454, 6.2): "https://example.com:8443", or
 * "null". The spans point into what was parsed. */
struct ur_origin {
    enum ur_origin_kind kind;
    struct ur_span scheme; /* absent where opaque */
    struct ur_span host;   /* an IPv6 address without brackets, a name without a trailing dot;
                            * empty in file:// */
    unsigned port;         /* the scheme's default if none is written; 0: it has none */
    bool subdomains;       /* every name that ends in "." and host, but not host itself */
    bool ipv6;
    unsigned char address[16]; /* of an IPv6 host, which can be spelled in many ways */
};

/* What the administrator writes: an origin, or one whose host begins with "*." for one or more
 * labels before the name behind it. Returns NULL if *pattern matches something that a browser
 * can send; otherwise what is wrong and what would be right. */
const char *ur_origin_pattern(struct ur_span text, struct ur_origin *pattern);

/* What a client sends. False if it is not a single origin. */
bool ur_origin_read(struct ur_span text, struct ur_origin *origin);

/* The origin of a server's own pages: tls decides the scheme, host is the value of Host (host,
 * or host:port). False if that is not valid. */
bool ur_origin_own(bool tls, struct ur_span host, struct ur_origin *own);

/* Whether the pattern matches the origin. Scheme and host are compared case-insensitively. */
bool ur_origin_matches(const struct ur_origin *pattern, const struct ur_origin *origin);

/* As a browser would send it, except for letter case; the scheme's default port is omitted. */
void ur_origin_write(struct ur_buf *out, const struct ur_origin *origin);

#endif
