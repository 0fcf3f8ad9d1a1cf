#include "core/text/ur_buf.h"

void ur_buf_overflow(struct ur_buf *buf, const char *bytes, size_t len)
{
    if (buf->len < buf->size) {
        size_t room = buf->size - buf->len;
        memcpy(buf->at + buf->len, bytes, len < room ? len : room);
    }
    buf->len += len;
}

void ur_buf_string(struct ur_buf *buf, const char *string)
{
    ur_buf_bytes(buf, string, strlen(string));
}

void ur_buf_number(struct ur_buf *buf, uint64_t number)
{
    char digits[3 * sizeof number];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    ur_buf_bytes(buf, digits + at, sizeof digits - at);
}
