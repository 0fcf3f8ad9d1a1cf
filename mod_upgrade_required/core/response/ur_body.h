#ifndef UR_BODY_H
#define UR_BODY_H

#include "core/response/ur_accept.h"
#include "core/response/ur_reply.h"

/* Writes the answer's body. The same facts in each form; foreign text is escaped for
 * the form it stands in. What does not fit in *out is counted (ur_buf.h). */
void ur_body_write(enum ur_media media, const struct ur_refusal *refusal,
                   const struct ur_reply *reply, struct ur_buf *out);

/* Enough for the usual body of this form, so that it is seldom written twice. */
size_t ur_body_usual_size(enum ur_media media);

#endif
