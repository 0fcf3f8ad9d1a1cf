#ifndef UR_BODY_H
#define UR_BODY_H

#include "core/response/ur_accept.h"
#include "core/response/ur_reply.h"

/* Writes the response body. The same facts in each format; foreign text is escaped for that
 * format. What does not fit into *out is still counted (ur_buf.h). */
void ur_body_write(enum ur_media media, const struct ur_refusal *refusal,
                   const struct ur_reply *reply, struct ur_buf *out);

/* Enough for the usual body in this format, so that it is rarely written twice. */
size_t ur_body_usual_size(enum ur_media media);

#endif
