#include "judgement/ur_switching.h"

#include "values/ur_head.h"
#include "values/ur_list.h"

#include <string.h>

struct seen {
    size_t upgrades;
    size_t accepts;
    bool websocket;
    bool connection;
    bool accepted;
    bool wrong;
};

static void see_field(struct seen *seen, struct ur_span line, struct ur_span accept)
{
    struct ur_span name;
    struct ur_span value;

    if (!ur_head_field(line, &name, &value)) {
        seen->wrong = true;
        return;
    }
    if (ur_span_is(name, UR_SPAN("Upgrade"))) {
        seen->upgrades++;
        seen->websocket = ur_span_is(value, UR_SPAN("websocket"));
    }
    else if (ur_span_is(name, UR_SPAN("Connection"))) {
        seen->connection = seen->connection || ur_list_has(value, UR_SPAN("upgrade"));
    }
    else if (ur_span_is(name, UR_SPAN("Sec-WebSocket-Accept"))) {
        seen->accepts++;
        seen->accepted =
            value.len == accept.len && memcmp(value.at, accept.at, accept.len) == 0;
    }
    else if (ur_span_is(name, UR_SPAN("Transfer-Encoding"))) {
        seen->wrong = true;
    }
}

static enum ur_switching judge_101(struct ur_span first, const struct seen *seen)
{
    bool good = first.at[7] == '1' && !seen->wrong && seen->upgrades == 1 && seen->websocket &&
                seen->connection && seen->accepts == 1 && seen->accepted;

    return good ? UR_SWITCHING_GOOD : UR_SWITCHING_BAD;
}

enum ur_switching ur_switching_judge(struct ur_span head, struct ur_span accept)
{
    struct ur_span rest = head;
    struct ur_span first;
    struct ur_span line;
    struct seen seen = {0, 0, false, false, false, false};
    enum ur_switching more = head.len < UR_SWITCHING_MAX ? UR_SWITCHING_MORE : UR_SWITCHING_BAD;
    int status;

    if (!ur_head_status_line(&rest, &first)) {
        return more;
    }
    status = ur_head_status(first);
    if (status < 100) {
        return UR_SWITCHING_BAD;
    }
    if (status >= 200) {
        return UR_SWITCHING_OTHER;
    }
    while (ur_head_line(&rest, &line)) {
        if (line.len) {
            see_field(&seen, line, accept);
        }
        else if (status == 101) {
            return judge_101(first, &seen);
        }
        else {
            return UR_SWITCHING_INTERIM;
        }
    }
    return more;
}
