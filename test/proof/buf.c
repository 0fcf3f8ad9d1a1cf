/* Proves: what is written to a buffer stays within its memory, is counted whether it fits or
 *   not, and is there as far as it fits; what was there before stays. So do numbers: at most
 *   20 digits, without a leading zero.
 * Assumes: the text is shorter than the address space together with what was counted before.
 * Bound: buffer of 12 bytes, text of 12
 * Unwind: 21
 * Mutant: core/text/ur_buf.c: len < room ? len : room => len
 * Mutant: core/text/ur_buf.h: len <= buf->size - buf->len => len <= buf->size
 * Mutant: core/text/ur_buf.c: buf->len += len; => buf->len = buf->size;
 */
#include "core/text/ur_buf.h"
#include "proof.h"

int main(void)
{
    char memory[12];
    char before[12];
    struct ur_buf buf = {memory, any_up_to(sizeof memory), any_up_to(SIZE_MAX / 2)};
    struct ur_buf digits = {memory, 0, 0};
    size_t start = buf.len;
    size_t at = any_up_to(sizeof memory - 1);
    struct ur_span text = any_bytes(12);

    text.len = any_up_to(text.len);
    FORGET(memory);
    memcpy(before, memory, sizeof memory);
    ur_buf_bytes(&buf, text.at, text.len);
    PROVE(buf.len == start + text.len);
    PROVE(ur_buf_full(&buf) == (start + text.len > buf.size));
    PROVE(memory[at] == (at >= start && at < buf.size && at - start < text.len
                             ? text.at[at - start]
                             : before[at]));
    POSSIBLE(ur_buf_full(&buf) && start < buf.size);
    POSSIBLE(!ur_buf_full(&buf) && text.len > 1);

    ur_buf_number(&digits, any());
    PROVE(digits.len >= 1 && digits.len <= 20);
    POSSIBLE(digits.len == 20);
}
