#ifndef UR_REPLY_H
#define UR_REPLY_H

#include "core/policy/ur_policy.h"
#include "core/policy/ur_settings.h"
#include "core/text/ur_buf.h"

/* Everything that the response to a refused request contains. The strings belong to the caller
 * and must outlive the writing. */
struct ur_refusal {
    const struct ur_policy *policy;
    struct ur_judgement judgement;
    struct ur_seen seen;
    bool http2;                          /* the client receives the response over HTTP/2,
                                          * possibly through a proxy that speaks HTTP/1.1 to us
                                          */
    bool stream;                         /* the response is sent on a stream that can be reset
                                          */
    struct ur_span method;               /* one that httpd knows, or absent */
    struct ur_span name;                 /* the policy's */
    struct ur_span guide;                /* URL, or absent */
    struct ur_span explained;            /* URL of the page that explains each reason, below
                                          * a fragment that is its word; or absent */
    struct ur_span message;              /* replaces the detail, or absent */
    const struct ur_words *subprotocols; /* accepted; shown with websocket-subprotocol only */
    unsigned evidence; /* bit i: ur_handshake_evidence_name(i) was sent, and is evidence here */
    const char *enforced_from;  /* RFC 3339; NULL: no date is set */
    const char *rehearsal_ends; /* RFC 3339; NULL: this is not a rehearsal */
    unsigned retry_after;       /* seconds, such as to the end of the rehearsal; 0: not told */
    bool grpc;                  /* the request is a gRPC call */
    bool offers_http2;          /* the virtual host offers HTTP/2 on this kind of connection */
    enum ur_advertise advertise;
    enum ur_http2_answer http2_answer;
    enum ur_phrase phrase;
};

struct ur_reply {
    int status;
    const char *title; /* the status phrase; static string */
    bool reset;        /* end the HTTP/2 stream with HTTP_1_1_REQUIRED; status is 403 */
};

/* One header; both strings are static or in the writer's buffer. */
struct ur_field {
    const char *name;
    const char *value;
    bool list; /* appended to existing values of this header, instead of replacing them */
};

#define UR_FIELDS_MAX   11
#define UR_UPGRADES_MAX 5

struct ur_reply ur_reply_decide(const struct ur_refusal *refusal);

/* The protocols that would satisfy the policy, most wanted first, as Upgrade spells
 * them (static strings). Returns how many: none if no protocol would, because the client speaks
 * TLS 1.3 with the wrong key exchange. */
size_t ur_reply_upgrades(const struct ur_refusal *refusal,
                         const char *upgrades[UR_UPGRADES_MAX]);

/* The headers of the response, except Content-Type and Content-Length. Composed values are
 * written to *scratch, NUL-terminated. Returns how many headers there are, or 0 if scratch was
 * too small: then scratch->len says how large it must be. */
size_t ur_reply_fields(const struct ur_refusal *refusal, const struct ur_reply *reply,
                       struct ur_buf *scratch, struct ur_field fields[UR_FIELDS_MAX]);

/* The status line behind the version: "426 TLS 1.2 or newer required" with UpgradePhrase,
 * otherwise nothing. The phrase is one of a closed set (RFC 9112, 4: reason-phrase). */
void ur_reply_status_line(const struct ur_refusal *refusal, const struct ur_reply *reply,
                          struct ur_buf *out);

/* Longer than any of the sentences below. */
#define UR_SENTENCE_MAX 1024

/* The module's own sentences for this refusal, unescaped; refusal->message is ignored. */
void ur_reply_detail(const struct ur_refusal *refusal, struct ur_buf *out);
void ur_reply_hint(const struct ur_refusal *refusal, struct ur_buf *out);

/* The sentences about a rehearsal; nothing if there is none. */
void ur_reply_rehearsal(const struct ur_refusal *refusal, struct ur_buf *out);

#endif
