#include "contracts.h"

struct ur_span any_trimmed(struct ur_span span)
{
    struct ur_span trimmed = any_part(span);

    PROVE(READABLE(span));
    ASSUME(!trimmed.len ||
           (!is_white(trimmed.at[0]) && !is_white(trimmed.at[trimmed.len - 1])));
    return trimmed;
}

bool any_equality(struct ur_span span, struct ur_span word)
{
    PROVE(READABLE(span) && READABLE(word));
    return span.at && word.at && span.len == word.len && any_bool();
}

bool any_token(struct ur_span span)
{
    PROVE(READABLE(span));
    return span.len && any_bool();
}

size_t any_member_length(struct ur_span list)
{
    size_t len = any_up_to(list.len);

    PROVE(READABLE(list));
    ASSUME(len == list.len || list.at[len] == ',');
    return len;
}

bool any_member(struct ur_span *rest, struct ur_span *member)
{
    size_t used = any_up_to(rest->len);

    PROVE(READABLE(*rest));
    if (!used || any_bool()) {
        *rest = (struct ur_span){rest->at + rest->len, 0};
        return false;
    }
    *member = any_part((struct ur_span){rest->at, used});
    ASSUME(member->len);
    rest->at += used;
    rest->len -= used;
    return true;
}

bool any_line(struct ur_span *rest, struct ur_span *line)
{
    size_t used = any_up_to(rest->len);

    PROVE(READABLE(*rest));
    if (!used) {
        return false;
    }
    *line = (struct ur_span){rest->at, used - 1};
    line->len -= line->len && any_bool();
    rest->at += used;
    rest->len -= used;
    return true;
}

int any_status(struct ur_span line)
{
    PROVE(READABLE(line));
    return line.len < 12 ? 0 : (int)any_up_to(999);
}

bool any_field(struct ur_span line, struct ur_span *name, struct ur_span *value)
{
    size_t colon = any_up_to(line.len);

    PROVE(READABLE(line));
    if (!colon || colon == line.len) {
        return false;
    }
    *name = (struct ur_span){line.at, colon};
    *value = any_part((struct ur_span){line.at + colon + 1, line.len - colon - 1});
    return true;
}

bool any_number(struct ur_span *rest, size_t bytes, size_t *number)
{
    PROVE(READABLE(*rest));
    if (rest->len < bytes) {
        return false;
    }
    *number = any_up_to(((size_t)1 << 8 * bytes) - 1);
    rest->at += bytes;
    rest->len -= bytes;
    return true;
}

bool any_vector(struct ur_span *rest, size_t bytes, struct ur_span *vector)
{
    size_t len;

    if (!any_number(rest, bytes, &len) || rest->len < len) {
        return false;
    }
    *vector = (struct ur_span){rest->at, len};
    rest->at += len;
    rest->len -= len;
    return true;
}
