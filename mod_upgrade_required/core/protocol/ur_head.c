#include "core/protocol/ur_head.h"

#include "core/text/ur_ascii.h"

#include <string.h>

bool ur_head_line(struct ur_span *rest, struct ur_span *line)
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

bool ur_head_status_line(struct ur_span *rest, struct ur_span *line)
{
    struct ur_span start = *rest;

    if (ur_head_line(rest, line) && (line->len || ur_head_line(rest, line))) {
        return true;
    }
    *rest = start;
    return false;
}

int ur_head_status(struct ur_span line)
{
    const char *at = line.at;

    if (line.len < 12 || memcmp(at, "HTTP/1.", 7) != 0 || !ur_is_digit(at[7]) || at[8] != ' ' ||
        !ur_is_digit(at[9]) || !ur_is_digit(at[10]) || !ur_is_digit(at[11]) ||
        (line.len > 12 && at[12] != ' ')) {
        return 0;
    }
    return (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
}

bool ur_head_is_clean(struct ur_span head)
{
    for (size_t i = 0; i < head.len; i++) {
        if (head.at[i] == '\r' && i + 1 < head.len && head.at[i + 1] == '\n') {
            i++;
        }
        else if (ur_is_control(head.at[i])) {
            return false;
        }
    }
    return true;
}

bool ur_head_field(struct ur_span line, struct ur_span *name, struct ur_span *value)
{
    const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
    struct ur_span before = {line.at, colon ? (size_t)(colon - line.at) : 0};

    if (!ur_span_is_token(before)) {
        return false;
    }
    *name = before;
    *value = ur_span_trim((struct ur_span){colon + 1, line.len - before.len - 1});
    return true;
}
