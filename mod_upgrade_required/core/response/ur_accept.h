#ifndef UR_ACCEPT_H
#define UR_ACCEPT_H

#include "core/text/ur_span.h"

/* A format on offer. */
struct ur_form {
    const char *word; /* of ?format=; NULL: chosen by Accept only */
    struct ur_span type;
    struct ur_span subtype;
    struct ur_span alias; /* a subtype that is taken to mean this one, or absent */
    const char *content_type;
};

#define UR_FORMS_MAX 4

/* Proactive negotiation (RFC 9110, 12.5.1) among at most UR_FORMS_MAX: the index of the best.
 * The quality value decides; then how exactly the format is named, an alias being as good as
 * the name, so that "text/html" is preferred to "text/" and any subtype, and that to all types;
 * then the order. The first if Accept is absent or empty, or accepts none of them. Malformed
 * members are skipped. */
size_t ur_accept_pick_form(struct ur_span accept, const struct ur_form forms[], size_t count);

/* The index of the format with this word, in any case; count if there is none. */
size_t ur_accept_named_form(struct ur_span word, const struct ur_form forms[], size_t count);

/* The formats of a response body, in the server's order of preference. */
enum ur_media { UR_MEDIA_JSON, UR_MEDIA_HTML, UR_MEDIA_TEXT, UR_MEDIAS };

/* Among application/problem+json, text/html and text/plain; application/json asks for the
 * first. An Accept that accepts none of them gives JSON: an error may be sent in a format that
 * was not requested. */
enum ur_media ur_accept_choose(struct ur_span accept);

/* The Content-Type to send. Static string. */
const char *ur_accept_media_type(enum ur_media media);

#endif
