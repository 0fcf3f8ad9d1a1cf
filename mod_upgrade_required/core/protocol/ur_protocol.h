#ifndef UR_PROTOCOL_H
#define UR_PROTOCOL_H

#include "core/text/ur_span.h"

#include <stdint.h>

/* Protocol versions, and how TLS agreed on its keys. Each enumeration ascends, so that "at
 * least" is >=, and every client meets a requirement of 0 (UR_TLS_NONE, UR_HTTP_ANY,
 * UR_KEX_NONE). */

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

enum ur_key_exchange {
    UR_KEX_NONE,    /* in clear; as a requirement: none */
    UR_KEX_UNKNOWN, /* nobody told */
    UR_KEX_STATIC,  /* without forward secrecy: by the server's own key, or a shared one */
    UR_KEX_FORWARD_SECRET,
    UR_KEX_POST_QUANTUM /* and forward secret */
};

/* What a client was seen to use. */
struct ur_seen {
    enum ur_tls tls;
    enum ur_http http;
    enum ur_key_exchange key_exchange;
    uint16_t group; /* of the key exchange (ur_group.h); 0: unknown, or none */
};

/* "unknown", "static", "forward-secret", "post-quantum"; NULL in clear. Static strings. */
const char *ur_protocol_key_exchange(enum ur_key_exchange key_exchange);

/* The name of the group, or the word for the key exchange if its group is unknown; NULL in
 * clear. Static strings. */
const char *ur_protocol_agreed(struct ur_seen seen);

/* "1.0" to "1.3"; "unknown" for UR_TLS_SOME; NULL without TLS. Static strings. */
const char *ur_protocol_tls(enum ur_tls tls);

/* "0.9", "1.0", "1.1", "2". Static strings. */
const char *ur_protocol_http(enum ur_http http);

/* The version from OpenSSL's name for it ("TLSv1", "TLSv1.2"). Any other name is UR_TLS_SOME:
 * encrypted, but older than every version that can be required. */
enum ur_tls ur_protocol_tls_from_name(struct ur_span name);

/* The key exchange of a TLS connection, from the name of its cipher as OpenSSL, IANA or GnuTLS
 * spells it ("ECDHE-RSA-AES128-SHA"; absent: unknown), and its group. TLS 1.3 has no other than
 * (EC)DHE and ML-KEM unless a resumed connection may do without any, which may_lack says (RFC
 * 8446, 4.2.9: psk_ke). In older versions the cipher names it, and there are no ML-KEM groups.
 * Anonymous (EC)DHE does not count: anybody may be at the other end. */
enum ur_key_exchange ur_protocol_key_exchange_of(enum ur_tls tls, struct ur_span cipher,
                                                 uint16_t group, bool may_lack);

/* The levels of all three in one number, TLS lowest: four bits each, of which the highest is
 * clear, so that a request is compared with its policy in one step. */
enum {
    UR_LEVEL_HTTP_SHIFT = 4,
    UR_LEVEL_KEX_SHIFT = 8,
    UR_LEVEL_BITS = 12,
    UR_LEVEL_MASK = 7 /* of one; as a level out of reach */
};

static inline unsigned ur_protocol_levels(enum ur_tls tls, enum ur_http http,
                                          enum ur_key_exchange key_exchange)
{
    return (unsigned)tls | (unsigned)http << UR_LEVEL_HTTP_SHIFT |
           (unsigned)key_exchange << UR_LEVEL_KEX_SHIFT;
}

/* Whether each level that was seen is at least the one demanded: no subtraction borrows from
 * the bit set above it. Higher bits of what was seen are ignored. */
static inline bool ur_protocol_reaches(unsigned seen, unsigned demanded)
{
    return (((seen | 0x888U) - demanded) & 0x888U) == 0x888U;
}

/* The versions in there, and nothing else of what was seen. Bits above the levels are ignored.
 */
static inline struct ur_seen ur_protocol_versions(unsigned levels)
{
    return (struct ur_seen){
        .tls = (enum ur_tls)(levels & UR_LEVEL_MASK),
        .http = (enum ur_http)(levels >> UR_LEVEL_HTTP_SHIFT & UR_LEVEL_MASK),
    };
}

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
