#include "fuzz.h"

#include "core/protocol/ur_switch_101.h"
#include "core/protocol/ur_head.h"

#include <stdbool.h>

/* What mod_proxy_http is shown of a good switch, put together again with what it writes anew,
 * is a good switch: clean, and as short as the head at most. */
static void must_pass_on(struct ur_span head, struct ur_span accept)
{
    static const char connection[] = "Connection: Upgrade\r\n\r\n";
    char room[UR_SWITCH_101_MAX + sizeof connection];
    size_t len = 0;
    struct ur_span rest = head;
    struct ur_span line;
    struct ur_span name;
    struct ur_span value;
    const char *fault = NULL;

    ur_head_status_line(&rest, &line);
    do {
        memcpy(room + len, line.at, line.len);
        memcpy(room + len + line.len, "\r\n", 2);
        len += line.len + 2;
        do {
            must(ur_head_line(&rest, &line));
        } while (line.len && ur_head_field(line, &name, &value) &&
                 !ur_switch_101_passes(head, name));
    } while (line.len);
    must(len < head.len);
    memcpy(room + len, connection, sizeof connection - 1);
    len += sizeof connection - 1;
    must(len < sizeof room);
    must(ur_head_is_clean((struct ur_span){room, len}));
    must(len >= UR_SWITCH_101_MAX || ur_switch_101_judge((struct ur_span){room, len}, accept,
                                                         &fault) == UR_SWITCH_101_GOOD);
}

/* The first line is the value expected, the rest the backend's head. A fault is named for what
 * is bad only; and a head that has been judged is judged the same with more behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span head = {(const char *)data, size};
    struct ur_span accept = fuzz_line(&head);
    const char *fault = NULL;
    enum ur_switch_101 verdict = ur_switch_101_judge(head, accept, &fault);

    must((verdict == UR_SWITCH_101_BAD) == (fault != NULL));
    if (verdict == UR_SWITCH_101_GOOD && head.len <= UR_SWITCH_101_MAX) {
        must(head.len > accept.len + 12);
        must_pass_on(head, accept);
    }
    for (size_t len = 0; len < head.len && len < 512; len++) {
        const char *earlier_fault = NULL;
        enum ur_switch_101 earlier =
            ur_switch_101_judge((struct ur_span){head.at, len}, accept, &earlier_fault);
        must(earlier == UR_SWITCH_101_MORE || earlier == verdict);
    }
    return 0;
}
