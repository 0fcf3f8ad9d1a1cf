#ifndef UR_ACCEPT_H
#define UR_ACCEPT_H

#include "values/ur_span.h"

/* The forms an answer's body can take, the server's preference first. */
enum ur_media { UR_MEDIA_JSON, UR_MEDIA_HTML, UR_MEDIA_TEXT, UR_MEDIAS };

/* Proactive negotiation (RFC 9110, 12.5.1) over application/problem+json, text/html
 * and text/plain; application/json asks for the first. Quality decides, then the
 * order above. An absent or empty Accept, and one that accepts none of them, gives JSON:
 * an error may be sent in a form that was not asked for. Members that do not
 * parse are passed over. */
enum ur_media ur_accept_choose(struct ur_span accept);

/* The Content-Type to send. Static string. */
const char *ur_media_type(enum ur_media media);

#endif
