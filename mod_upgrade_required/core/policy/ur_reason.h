#ifndef UR_REASON_H
#define UR_REASON_H

#include "core/protocol/ur_protocol.h"

/* The closed list of reasons. Everything that names one (log, variable, body, status) takes it
 * from its row in reasons.def. */
enum ur_reason {
#define UR_REASON_ROW(name, status, word, family, keepable, tells, phrase, detail, hint)       \
    UR_REASON_##name,
#include "core/policy/reasons.def"
#undef UR_REASON_ROW
    UR_REASONS
};

/* What a policy can require, as bits. */
enum ur_family {
    UR_FAMILY_NONE = 0,
    UR_FAMILY_TLS = 1 << 0,
    UR_FAMILY_KEY_EXCHANGE = 1 << 1,
    UR_FAMILY_HTTP = 1 << 2,
    UR_FAMILY_WEBSOCKET = 1 << 3
};

#define UR_FAMILIES 4

/* What else the body of a refusal names. */
enum ur_telling {
    UR_TELLS_HANDSHAKE = 1 << 0,   /* request headers: what is left of an opening handshake */
    UR_TELLS_PROXY = 1 << 1,       /* request headers: what proxies add */
    UR_TELLS_SUBPROTOCOLS = 1 << 2 /* the subprotocols that are accepted */
};

struct ur_reason_row {
    int status;            /* over HTTP/1.x, where Upgrade can be sent */
    enum ur_family family; /* WEBSOCKET: Sec-WebSocket-Version is sent too */
    bool keepable;         /* a backend can answer such a handshake */
    unsigned tells;        /* enum ur_telling bits */
    const char *word;      /* in log, variables and body */
    const char *phrase;    /* in the status line, with UpgradePhrase; a template, see below */
    const char *detail;    /* what was seen and what is required; templates, see below */
    const char *hint;      /* what to do next */
};

/* In phrase, detail and hint a percent sign and a letter stand for
 *   %T %H   the requirement word of the family TLS, HTTP
 *   %R      the same of the reason's family in plain words: "TLS 1.2 or newer"
 *   %t %h   the version of TLS, HTTP that was seen
 *   %k      what was seen of the key exchange, as the end of a sentence
 *   %G      ur_reason_groups()
 *   %m      the method, or "request" where httpd does not know it
 *   %P      ur_reason_proxy_lines() */
const struct ur_reason_row *ur_reason_row(enum ur_reason reason);

/* How to configure proxies so that requests arrive in the required HTTP version, one line for
 * each common proxy. Static string. */
const char *ur_reason_proxy_lines(enum ur_http demanded);

/* How a client meets a requirement of the key exchange: what it must support, and what to
 * configure. Static string. */
const char *ur_reason_groups(enum ur_key_exchange demanded);

/* What became of a request under a policy. */
enum ur_verdict {
    UR_VERDICT_REFUSE,
    UR_VERDICT_REDIRECT,
    UR_VERDICT_EXCEPT,
    UR_VERDICT_ANNOUNCE, /* allowed, with a warning that it would be refused */
    UR_VERDICT_ALLOW,    /* it met the policy: counted only, with UR_REASON_NONE */
    UR_VERDICTS
};

const char *ur_reason_verdict_word(enum ur_verdict verdict);

#endif
