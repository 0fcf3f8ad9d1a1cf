#ifndef UR_TEXT_H
#define UR_TEXT_H

#include "core/text/ur_buf.h"

#include <apr_pools.h>

/* Texts as long as they are, in a pool: the one place that measures and writes. */

/* Writes what from points to, the same each time it is called. */
typedef void ur_text_write(struct ur_buf *out, const void *from);

/* The text that write makes, in the pool, with a NUL behind it. usual: bytes that most such
 * texts fit into; one that is longer is written again, with the room it needs. */
struct ur_span ur_text(apr_pool_t *pool, apr_size_t usual, ur_text_write *write,
                       const void *from);

/* A time of this project in RFC 3339, in UTC. */
const char *ur_text_time(apr_pool_t *pool, int64_t time);

#endif
