/* Proves: the head of a response is taken apart in bounds. A line has no line end in it, and
 *   what remains begins behind it; without a whole line nothing is taken. A header's name is
 *   a token, its value lies behind the colon. A head that is clean has no control character
 *   but in line ends of CRLF.
 * Assumes: spans are trimmed, and tokens recognised (span.c).
 * Bound: 32 bytes
 * Unwind: 34
 * Instead: ur_span_trim any_trimmed
 * Instead: ur_span_is_token any_token
 * Mutant: core/protocol/ur_head.c: line->len && line->at[line->len - 1] => line->at[line->len
 *   - 1]
 * Mutant: core/protocol/ur_head.c: rest->len -= len + 1; => rest->len -= len;
 * Mutant: core/protocol/ur_head.c: i + 1 < head.len && head.at => i < head.len && head.at
 * Mutant: core/protocol/ur_head.c: ur_is_control(head.at[i]) => ur_is_control(head.at[0])
 * Mutant: core/protocol/ur_head.c: line.len - before.len - 1}); => line.len - before.len});
 */
#include "contracts.h"

#include "core/protocol/ur_head.h"

#define SIZE 32

static void cut(struct ur_span head)
{
    size_t at = any_up_to(SIZE - 1);
    struct ur_span rest = head;
    struct ur_span line = {NULL, 0};

    if (!ur_head_line(&rest, &line)) {
        PROVE(!line.at && rest.at == head.at && rest.len == head.len);
        PROVE(at >= head.len || head.at[at] != '\n');
        return;
    }
    PROVE(line.at == head.at && rest.at + rest.len == head.at + head.len);
    PROVE(rest.len < head.len && rest.at[-1] == '\n');
    PROVE(line.at + line.len == rest.at - 1 ||
          (line.at + line.len == rest.at - 2 && rest.at[-2] == '\r'));
    PROVE(at >= line.len || line.at[at] != '\n');
}

static void split(struct ur_span line)
{
    struct ur_span name = {NULL, 0};
    struct ur_span value = {NULL, 0};

    if (!ur_head_field(line, &name, &value)) {
        PROVE(!name.at && !value.at);
        return;
    }
    PROVE(name.len && name.at == line.at && name.len < line.len && line.at[name.len] == ':');
    PROVE(!memchr(name.at, ':', name.len));
    PROVE(value.at > name.at + name.len && value.at + value.len <= line.at + line.len);
}

static void clean(struct ur_span head)
{
    size_t at = any_up_to(SIZE - 1);

    if (!ur_head_is_clean(head) || at >= head.len) {
        return;
    }
    PROVE(head.at[at] != '\r' || (at + 1 < head.len && head.at[at + 1] == '\n'));
    PROVE(head.at[at] != '\n' || (at && head.at[at - 1] == '\r'));
    PROVE((unsigned char)head.at[at] >= ' ' || strchr("\t\r\n", head.at[at]));
    PROVE(head.at[at] != 0x7F && head.at[at] != 0);
}

int main(void)
{
    struct ur_span head = any_bytes(SIZE);
    struct ur_span value;

    FOR_EACH_LENGTH(2, cut);
    cut(head);
    FOR_EACH_LENGTH(2, split);
    split(head);
    FOR_EACH_LENGTH(2, clean);
    clean(head);
    POSSIBLE(ur_head_is_clean(head) && head.at[SIZE - 2] == '\r');
    POSSIBLE(ur_head_field(head, &head, &value) && value.len == 3);
}
