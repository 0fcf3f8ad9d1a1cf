#ifndef UR_ACCEPT_H
#define UR_ACCEPT_H

#include "core/text/ur_span.h"

/* A form on offer. */
struct ur_form {
    const char *word; /* by which a person asks for it; NULL: by Accept only */
    struct ur_span type;
    struct ur_span subtype;
    struct ur_span alias; /* a subtype that is taken to mean this one, or absent */
    const char *content_type;
};

#define UR_FORMS_MAX 4

/* Proactive negotiation (RFC 9110, 12.5.1) among at most UR_FORMS_MAX: the index of the
 * best. Quality decides; then how exactly the form is named, an alias being as good as
 * the name, so that "text/html" goes before "text/" and any subtype, and that before all
 * types; then the order. The first where Accept is absent or empty, or accepts
 * none of them. Members that do not parse are passed over. */
size_t ur_accept_pick_form(struct ur_span accept, const struct ur_form forms[], size_t count);

/* The index of the form that has this word, in any case; count where none has. */
size_t ur_accept_named_form(struct ur_span word, const struct ur_form forms[], size_t count);

/* The forms an answer's body can take, the server's preference first. */
enum ur_media { UR_MEDIA_JSON, UR_MEDIA_HTML, UR_MEDIA_TEXT, UR_MEDIAS };

/* Among application/problem+json, text/html and text/plain; application/json asks for the
 * first. An Accept that accepts none of them gives JSON: an error may be sent in a form that
 * was not asked for. */
enum ur_media ur_accept_choose(struct ur_span accept);

/* The Content-Type to send. Static string. */
const char *ur_accept_media_type(enum ur_media media);

#endif
