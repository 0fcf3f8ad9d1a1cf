#include "judgement/ur_switching.h"

#include "values/ur_list.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Cuts the next line off, without its CRLF or LF. False where no line is complete. */
static bool next_line(struct ur_span *rest, struct ur_span *line)
{
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    size_t len;

    if (!end) {
        return false;
    }
    len = (size_t)(end - rest->at);
    *line = (struct ur_span){rest->at, len};
    rest->at += len + 1;
    rest->len -= len + 1;
    if (line->len && line->at[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

/* The status of "HTTP/1.x NNN ...", 0 where the line is nothing of the kind. */
static int status_of(struct ur_span line)
{
    const char *at = line.at;

    if (line.len < 12 || memcmp(at, "HTTP/1.", 7) != 0 || !is_digit(at[7]) || at[8] != ' ' ||
        !is_digit(at[9]) || !is_digit(at[10]) || !is_digit(at[11]) ||
        (line.len > 12 && at[12] != ' ')) {
        return 0;
    }
    return (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
}

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
    const char *colon = memchr(line.at, ':', line.len);
    struct ur_span name;
    struct ur_span value;

    if (!colon || colon == line.at || line.at[0] == ' ' || line.at[0] == '\t' ||
        memchr(line.at, '\0', line.len)) {
        seen->wrong = true;
        return;
    }
    name = (struct ur_span){line.at, (size_t)(colon - line.at)};
    value = ur_span_trim((struct ur_span){colon + 1, line.len - name.len - 1});
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

    if (!next_line(&rest, &first) || (!first.len && !next_line(&rest, &first))) {
        return more;
    }
    status = status_of(first);
    if (status < 100) {
        return UR_SWITCHING_BAD;
    }
    if (status >= 200) {
        return UR_SWITCHING_OTHER;
    }
    while (next_line(&rest, &line)) {
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
