#include "core/protocol/ur_switch_101.h"

#include "core/protocol/ur_head.h"
#include "core/text/ur_list.h"

#include <string.h>

/* Headers that may appear once (RFC 6455, 4.1 and 11.3). */
enum once { UPGRADE, ACCEPT, PROTOCOL, EXTENSIONS, ONCE };

static const char *const once[ONCE] = {
    [UPGRADE] = "Upgrade",
    [ACCEPT] = "Sec-WebSocket-Accept",
    [PROTOCOL] = "Sec-WebSocket-Protocol",
    [EXTENSIONS] = "Sec-WebSocket-Extensions",
};

struct seen {
    bool once[ONCE];
    bool connection;
};

static bool begins(struct ur_span span, struct ur_span word)
{
    return span.len >= word.len && ur_span_is((struct ur_span){span.at, word.len}, word);
}

/* The headers that Connection names do not pass the next hop: the switch would lose what makes
 * it one. */
static const char *see_connection(struct seen *seen, struct ur_span list)
{
    struct ur_span member;

    while (ur_list_next(&list, &member)) {
        if (!ur_span_is_token(member)) {
            return "Connection is not a list of tokens";
        }
        if (begins(member, UR_SPAN("Sec-WebSocket-"))) {
            return "Connection names a header of the handshake";
        }
        seen->connection = seen->connection || ur_span_is(member, UR_SPAN("upgrade"));
    }
    return NULL;
}

static const char *see_once(struct seen *seen, enum once field, struct ur_span value,
                            struct ur_span accept)
{
    if (seen->once[field]) {
        return "a header appears twice that may appear once";
    }
    seen->once[field] = true;
    if (field == UPGRADE && !ur_span_is(value, UR_SPAN("websocket"))) {
        return "Upgrade is not websocket";
    }
    if (field == ACCEPT &&
        (value.len != accept.len || memcmp(value.at, accept.at, accept.len) != 0)) {
        return "Sec-WebSocket-Accept does not match the key";
    }
    return NULL;
}

static const char *see_field(struct seen *seen, struct ur_span name, struct ur_span value,
                             struct ur_span accept)
{
    for (enum once i = 0; i < ONCE; i++) {
        if (ur_span_is(name, ur_span_of(once[i]))) {
            return see_once(seen, i, value, accept);
        }
    }
    if (ur_span_is(name, UR_SPAN("Connection"))) {
        return see_connection(seen, value);
    }
    if (ur_span_is(name, UR_SPAN("Transfer-Encoding")) ||
        (ur_span_is(name, UR_SPAN("Content-Length")) && !ur_span_is(value, UR_SPAN("0")))) {
        return "it announces a body";
    }
    return NULL;
}

/* What is wrong with the headers of a 101; NULL: nothing. */
static const char *judge_101(struct ur_span first, struct ur_span rest, struct ur_span accept)
{
    struct seen seen = {{false}, false};
    const char *fault = NULL;
    struct ur_span line;
    struct ur_span name;
    struct ur_span value;

    if (first.at[7] != '1') {
        return "it is not HTTP/1.1";
    }
    while (!fault && ur_head_line(&rest, &line) && ur_head_field(line, &name, &value)) {
        fault = see_field(&seen, name, value, accept);
    }
    if (fault) {
        return fault;
    }
    if (!seen.once[UPGRADE]) {
        return "Upgrade is missing";
    }
    if (!seen.connection) {
        return "Connection does not name upgrade";
    }
    return seen.once[ACCEPT] ? NULL : "Sec-WebSocket-Accept is missing";
}

/* Of a head whose lines are all there. */
static const char *judge_lines(struct ur_span head, struct ur_span fields)
{
    struct ur_span line;
    struct ur_span name;
    struct ur_span value;

    if (!ur_head_is_clean(head)) {
        return "it contains a control character, or a line that does not end in CRLF";
    }
    while (ur_head_line(&fields, &line) && line.len) {
        if (!ur_head_field(line, &name, &value)) {
            return "a line is not a header";
        }
    }
    return NULL;
}

/* The part of rest that ends with the first empty line; absent if there is none yet. */
static struct ur_span until_end(struct ur_span rest)
{
    const char *start = rest.at;
    struct ur_span line;

    while (ur_head_line(&rest, &line)) {
        if (!line.len) {
            return (struct ur_span){start, (size_t)(rest.at - start)};
        }
    }
    return (struct ur_span){NULL, 0};
}

static enum ur_switch_101 bad(const char **fault, const char *what)
{
    *fault = what;
    return UR_SWITCH_101_BAD;
}

enum ur_switch_101 ur_switch_101_judge(struct ur_span head, struct ur_span accept,
                                       const char **fault)
{
    bool full = head.len >= UR_SWITCH_101_MAX;
    struct ur_span fields = head;
    struct ur_span first;
    const char *wrong;
    int status;

    if (!ur_head_status_line(&fields, &first)) {
        return full ? bad(fault, "its status line is too long") : UR_SWITCH_101_MORE;
    }
    status = ur_head_status(first);
    if (status < 100) {
        return bad(fault, "it is not an HTTP/1.x response");
    }
    if (status >= 200) {
        return UR_SWITCH_101_OTHER;
    }
    fields = until_end(fields);
    if (!fields.at) {
        return full ? bad(fault, "its headers are too long") : UR_SWITCH_101_MORE;
    }
    wrong = judge_lines((struct ur_span){head.at, (size_t)(fields.at - head.at) + fields.len},
                        fields);
    if (!wrong && status != 101) {
        return UR_SWITCH_101_INTERIM;
    }
    wrong = wrong ? wrong : judge_101(first, fields, accept);
    return wrong ? bad(fault, wrong) : UR_SWITCH_101_GOOD;
}

bool ur_switch_101_passes(struct ur_span head, struct ur_span name)
{
    static const char *const never[] = {
        "Connection", "Content-Length", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection",
        "TE",         "Trailer"};
    struct ur_span line;
    struct ur_span field;
    struct ur_span value;

    if (ur_span_is(name, UR_SPAN("Upgrade"))) {
        return true;
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (ur_span_is(name, ur_span_of(never[i]))) {
            return false;
        }
    }
    ur_head_status_line(&head, &line);
    while (ur_head_line(&head, &line) && ur_head_field(line, &field, &value)) {
        if (ur_span_is(field, UR_SPAN("Connection")) && ur_list_has(value, name)) {
            return false;
        }
    }
    return true;
}
