#ifndef UR_TRUSTED_PROXY_H
#define UR_TRUSTED_PROXY_H

#include "core/text/ur_buf.h"
#include "core/protocol/ur_protocol.h"

/* What a trusted proxy in front of this server states about its client. */
enum ur_stated {
    UR_STATED_TLS,    /* TLSv1.2, TLS/1.2 or 1.2 */
    UR_STATED_HTTP,   /* HTTP/1.1, HTTP/2.0, 2 or h2; 3 counts as 2 */
    UR_STATED_SCHEME, /* https, http, wss or ws */
    UR_STATED_GROUP,  /* of the key exchange: X25519MLKEM768, x25519, P-256 (ur_group.h) */
    UR_STATEMENTS
};

struct ur_statement {
    struct ur_span value; /* absent if no header is named for it, or none was sent */
    bool disowned;        /* the client's own Connection names the header: it may come from the
                           * client */
};

/* What became of a statement. */
enum ur_heard {
    UR_HEARD_NOTHING, /* none was made: no header, no value, or the "-" and "(null)" that
                       * proxies write when they have nothing to say */
    UR_HEARD_WELL,
    UR_HEARD_UNKNOWN,       /* a value that is none of those above */
    UR_HEARD_CONTRADICTORY, /* values that disagree; a TLS version or a group with a scheme
                             * without TLS */
    UR_HEARD_DISOWNED
};

struct ur_forwarded {
    struct ur_seen seen; /* what counts */
    enum ur_heard heard[UR_STATEMENTS];
};

/* What counts, for each of TLS and HTTP, is what was stated in one recognized value or in a
 * list whose members mean the same; otherwise what the server itself saw. A scheme without TLS
 * means no TLS; a secure one without a version means TLS of unknown version, and so does a
 * group if the server itself sees no TLS.
 *
 * The server's own key exchange is that of the proxy: once the proxy has stated anything about
 * TLS, well or not, it does not count. Then the group counts that is stated, else what follows
 * from the version (TLS 1.3 is forward secret), else the key exchange is unknown. */
struct ur_forwarded ur_trusted_proxy_hear(struct ur_seen own,
                                          const struct ur_statement stated[UR_STATEMENTS]);

/* Whether it is certain that the client uses no TLS, if that is what counts: no statement about
 * TLS is unclear. */
bool ur_trusted_proxy_surely_clear(const struct ur_forwarded *forwarded);

/* Writes what was not understood, in closed words: ", not understood: scheme=contradictory".
 * Nothing if everything was understood. */
void ur_trusted_proxy_tell(const struct ur_forwarded *forwarded, struct ur_buf *out);

/* Longer than anything ur_trusted_proxy_tell() writes. */
#define UR_FORWARDED_TELL_MAX 120

/* "tls", "http", "scheme", "group": the word of UpgradeTrustedProxy for it. Static string. */
const char *ur_trusted_proxy_stated_word(enum ur_stated stated);

/* What was stated and not understood: "unknown", "contradictory", "disowned"; else NULL. Static
 * string. */
const char *ur_trusted_proxy_heard_word(enum ur_heard heard);

#endif
