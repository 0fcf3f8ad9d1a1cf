#ifndef UR_PROBE_H
#define UR_PROBE_H

#include "core/policy/ur_trusted_proxy.h"
#include "core/policy/ur_policy.h"
#include "core/protocol/ur_group.h"
#include "core/text/ur_buf.h"
#include "core/response/ur_accept.h"

/* How one request arrived, and what to do next. */

/* Longer values are truncated here, in bytes. */
#define UR_PROBE_VALUE_MAX 256

struct ur_probe_field {
    const char *name;
    struct ur_span value;
};

/* A policy of the server, and whether this request would meet it. */
struct ur_probe_policy {
    const char *name;
    const char *stage; /* off, announced, rehearsed, enforced */
    const struct ur_policy *policy;
    struct ur_judgement judgement;
};

struct ur_probe {
    struct ur_seen own;                 /* as this server sees it */
    struct ur_seen seen;                /* as it counts: possibly as a trusted proxy states it
                                         */
    bool trusted;                       /* the TCP peer is a trusted proxy */
    enum ur_heard heard[UR_STATEMENTS]; /* what became of its statements */
    struct ur_span method;              /* one that httpd knows, or absent */
    struct ur_span cipher;              /* these four are absent without TLS, or if not known */
    struct ur_span alpn_offered;        /* names with ", " between them */
    struct ur_span alpn_chosen;
    struct ur_span sni;
    struct ur_groups groups;             /* that the client offered for the key exchange */
    struct ur_groups key_shares;         /* for which it sent a key unasked */
    bool asks;                           /* for a WebSocket, with any part of a handshake */
    enum ur_reason handshake;            /* if it asks; UR_REASON_NONE: a valid handshake */
    const struct ur_probe_field *stated; /* the headers of a trusted proxy */
    size_t stated_count;
    const struct ur_probe_field *fields; /* headers of forwarding and WebSocket that arrived */
    size_t fields_count;
    const struct ur_probe_policy *policies;
    size_t policies_count;
};

enum ur_probe_form {
    UR_PROBE_TEXT, /* to paste into a bug report */
    UR_PROBE_HTML,
    UR_PROBE_JSON,
    UR_PROBE_FORMS
};

/* In order of preference among equals. */
extern const struct ur_form ur_probe_forms[UR_PROBE_FORMS];

/* What does not fit into *out is still counted (ur_buf.h). */
void ur_probe_write(enum ur_probe_form form, const struct ur_probe *probe, struct ur_buf *out);

#endif
