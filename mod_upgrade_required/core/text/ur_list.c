#include "core/text/ur_list.h"

#include <string.h>

/* Length of the first member, that is, the distance to the comma that ends it. */
static size_t member_length(struct ur_span list)
{
    bool quoted = false;
    size_t i = 0;

    for (; i < list.len; i++) {
        char c = list.at[i];
        if (quoted && c == '\\' && i + 1 < list.len) {
            i++;
        }
        else if (c == '"') {
            quoted = !quoted;
        }
        else if (c == ',' && !quoted) {
            break;
        }
    }
    return i;
}

bool ur_list_next(struct ur_span *rest, struct ur_span *member)
{
    while (rest->len) {
        size_t len = member_length(*rest);
        size_t used = len < rest->len ? len + 1 : len;
        struct ur_span found = ur_span_trim((struct ur_span){rest->at, len});

        rest->at += used;
        rest->len -= used;
        if (found.len) {
            *member = found;
            return true;
        }
    }
    return false;
}

bool ur_list_has(struct ur_span list, struct ur_span word)
{
    struct ur_span member;

    while (ur_list_next(&list, &member)) {
        if (ur_span_is(member, word)) {
            return true;
        }
    }
    return false;
}

bool ur_list_has_exactly(struct ur_span list, struct ur_span word)
{
    struct ur_span member;

    while (ur_list_next(&list, &member)) {
        if (member.len == word.len && memcmp(member.at, word.at, word.len) == 0) {
            return true;
        }
    }
    return false;
}

size_t ur_list_count(struct ur_span list)
{
    struct ur_span member;
    size_t count = 0;

    while (ur_list_next(&list, &member)) {
        count++;
    }
    return count;
}
