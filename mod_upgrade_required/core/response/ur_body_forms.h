#ifndef UR_BODY_FORMS_H
#define UR_BODY_FORMS_H

#include "core/response/ur_reply.h"

/* The facts of a response body, ready to be written in one of its formats. */
struct ur_body_facts {
    const struct ur_refusal *refusal;
    const struct ur_reply *reply;
    const char *reason;
    struct ur_span detail;
    struct ur_span rehearsal; /* empty if there is none */
    struct ur_span hint;
    const char *required[UR_FAMILIES];
    size_t required_count;
    const char *upgrades[UR_UPGRADES_MAX];
    size_t upgrades_count;
    const char *evidence[UR_EVIDENCE_MAX];
    size_t evidence_count;
    struct ur_words subprotocols; /* count 0: not shown */
};

void ur_body_json(const struct ur_body_facts *facts, struct ur_buf *out);
void ur_body_html(const struct ur_body_facts *facts, struct ur_buf *out);
void ur_body_text(const struct ur_body_facts *facts, struct ur_buf *out);

/* words[0], words[1], ... */
void ur_body_words(struct ur_buf *out, const char *const words[], size_t count);

/* "HTTP/1.1 over TLS 1.3", "HTTP/1.1 without TLS"; the key exchange too if the policy requires
 * one: "HTTP/1.1 over TLS 1.3, key exchange x25519". */
void ur_body_received(struct ur_buf *out, const struct ur_refusal *refusal);

#endif
