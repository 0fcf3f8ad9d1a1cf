#include "core/protocol/ur_upgrade_426.h"

#include "core/text/ur_ascii.h"
#include "core/protocol/ur_head.h"
#include "core/text/ur_list.h"

/* protocol-name ["/" protocol-version], both tokens (RFC 9110, 7.8) */
static bool is_protocol(struct ur_span word)
{
    size_t part = 0;
    bool version = false;

    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] == '/' && part && !version) {
            version = true;
            part = 0;
        }
        else if (ur_is_token_char(word.at[i])) {
            part++;
        }
        else {
            return false;
        }
    }
    return part > 0;
}

static bool add_members(struct ur_buf *list, struct ur_span value)
{
    struct ur_span word;

    while (ur_list_next(&value, &word)) {
        if (!is_protocol(word)) {
            return false;
        }
        if (list->len) {
            ur_buf_literal(list, ", ");
        }
        ur_buf_bytes(list, word.at, word.len);
    }
    return true;
}

static enum ur_upgrade_426 read_fields(struct ur_span rest, struct ur_buf *list)
{
    struct ur_span line;

    list->len = 0;
    while (ur_head_line(&rest, &line)) {
        struct ur_span name;
        struct ur_span value;
        if (!line.len) {
            return list->len && !ur_buf_full(list) ? UR_UPGRADE_426_FOUND : UR_UPGRADE_426_NONE;
        }
        if (!ur_head_field(line, &name, &value) ||
            (ur_span_is(name, UR_SPAN("Upgrade")) && !add_members(list, value))) {
            return UR_UPGRADE_426_NONE;
        }
    }
    return UR_UPGRADE_426_MORE;
}

enum ur_upgrade_426 ur_upgrade_426_read(struct ur_span head, struct ur_buf *list)
{
    struct ur_span rest = head;
    struct ur_span line;
    int status;

    if (!ur_head_status_line(&rest, &line)) {
        return UR_UPGRADE_426_MORE;
    }
    status = ur_head_status(line);
    if (status == 426) {
        return read_fields(rest, list);
    }
    if (status < 100 || status >= 200) {
        return UR_UPGRADE_426_NONE;
    }
    while (ur_head_line(&rest, &line)) {
        if (!line.len) {
            return UR_UPGRADE_426_INTERIM;
        }
    }
    return UR_UPGRADE_426_MORE;
}
