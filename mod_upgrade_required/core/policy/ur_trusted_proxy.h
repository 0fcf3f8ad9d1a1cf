#ifndef UR_TRUSTED_PROXY_H
#define UR_TRUSTED_PROXY_H

#include "core/text/ur_buf.h"
#include "core/protocol/ur_protocol.h"

/* What a trusted proxy in front of this server states of its client. */
enum ur_stated {
    UR_STATED_TLS,    /* TLSv1.2, TLS/1.2 or 1.2 */
    UR_STATED_HTTP,   /* HTTP/1.1, HTTP/2.0, 2 or h2; 3 counts as 2 */
    UR_STATED_SCHEME, /* https, http, wss or ws */
    UR_STATEMENTS
};

struct ur_statement {
    struct ur_span value; /* absent where no field is named for it, or none came */
    bool disowned;        /* the client's own Connection names the field: anybody may have
                           * written it */
};

/* What became of a statement. */
enum ur_heard {
    UR_HEARD_NOTHING, /* none was made: no field, no value, or the "-" and "(null)" that
                       * proxies write where they have nothing to say */
    UR_HEARD_WELL,
    UR_HEARD_UNKNOWN,       /* a value that is none of those above */
    UR_HEARD_CONTRADICTORY, /* values that disagree; a TLS version where the scheme is clear */
    UR_HEARD_DISOWNED
};

struct ur_forwarded {
    struct ur_seen seen; /* what counts */
    enum ur_heard heard[UR_STATEMENTS];
};

/* What counts is for each of TLS and HTTP what was stated, in one well-formed value or in a
 * list whose members mean the same, else what the server itself saw. A scheme in clear means
 * clear; a secure one without a version means TLS of unknown version. */
struct ur_forwarded ur_trusted_proxy_hear(struct ur_seen own,
                                          const struct ur_statement stated[UR_STATEMENTS]);

/* Whether it is certain that the client came in clear, where that is what counts: nothing that
 * was stated of TLS is unclear. */
bool ur_trusted_proxy_surely_clear(const struct ur_forwarded *forwarded);

/* Writes what was not understood, in closed words: ", not understood: scheme=contradictory".
 * Nothing where there is nothing to tell. */
void ur_trusted_proxy_tell(const struct ur_forwarded *forwarded, struct ur_buf *out);

/* Longer than anything ur_trusted_proxy_tell() writes. */
#define UR_FORWARDED_TELL_MAX 96

/* "tls", "http", "scheme": the word of UpgradeTrustedProxy for it. Static string. */
const char *ur_trusted_proxy_stated_word(enum ur_stated stated);

/* What was stated and not understood: "unknown", "contradictory", "disowned"; else NULL. Static
 * string. */
const char *ur_trusted_proxy_heard_word(enum ur_heard heard);

#endif
