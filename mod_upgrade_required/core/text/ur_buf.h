#ifndef UR_BUF_H
#define UR_BUF_H

#include "core/text/ur_span.h"

#include <stdint.h>
#include <string.h>

/* Text being written into memory of the caller. What does not fit is dropped but counted, so
 * that after ur_buf_full() the caller can provide len bytes and write the same again. No call
 * fails and none allocates. */
struct ur_buf {
    char *at;    /* may be NULL when size is 0 */
    size_t size; /* bytes at at */
    size_t len;  /* length of the text, even if it does not fit */
};

static inline bool ur_buf_full(const struct ur_buf *buf)
{
    return buf->len > buf->size;
}

/* What ur_buf_bytes() does at the end of the room. */
void ur_buf_overflow(struct ur_buf *buf, const char *bytes, size_t len);

/* Inline, so that copying a literal becomes a few moves. */
static inline void ur_buf_bytes(struct ur_buf *buf, const char *bytes, size_t len)
{
    if (buf->len <= buf->size && len <= buf->size - buf->len && len) {
        memcpy(buf->at + buf->len, bytes, len);
        buf->len += len;
    }
    else {
        ur_buf_overflow(buf, bytes, len);
    }
}

/* A string literal, whose length the compiler knows. */
#define ur_buf_literal(buf, literal) ur_buf_bytes((buf), (literal), sizeof(literal) - 1)

void ur_buf_string(struct ur_buf *buf, const char *string);
void ur_buf_number(struct ur_buf *buf, uint64_t number);

#endif
