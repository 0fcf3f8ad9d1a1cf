#ifndef UR_BUF_H
#define UR_BUF_H

#include "values/ur_span.h"

/* A text being written into memory of the caller. What does not fit is dropped but
 * counted, so that a caller who finds ur_buf_full() can come back with len bytes
 * and write the same again. No call fails and none allocates. */
struct ur_buf {
    char *at;    /* may be NULL when size is 0 */
    size_t size; /* bytes at at */
    size_t len;  /* bytes the text has, or would have */
};

static inline bool ur_buf_full(const struct ur_buf *buf)
{
    return buf->len > buf->size;
}

void ur_buf_bytes(struct ur_buf *buf, const char *bytes, size_t len);
void ur_buf_string(struct ur_buf *buf, const char *string);
void ur_buf_number(struct ur_buf *buf, unsigned number);

#endif
