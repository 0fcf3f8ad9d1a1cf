#ifndef UR_TEXT_H
#define UR_TEXT_H

#include "core/text/ur_buf.h"

#include <apr_pools.h>

/* Texts of any length, in a pool: the only place that measures and writes. */

/* Writes what from points to; must write the same each time it is called. */
typedef void ur_text_write(struct ur_buf *out, const void *from);

/* The text that write produces, in the pool, NUL-terminated. usual: a size sufficient for most
 * such texts; a longer one is written again, with the size it needs. */
struct ur_span ur_text(apr_pool_t *pool, apr_size_t usual, ur_text_write *write,
                       const void *from);

/* A time of this project in RFC 3339, in UTC. */
const char *ur_text_time(apr_pool_t *pool, int64_t time);

/* ur_time_write_http() into the pool. */
const char *ur_text_http_date(apr_pool_t *pool, int64_t time);

#endif
