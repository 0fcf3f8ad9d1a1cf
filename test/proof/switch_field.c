/* Proves: a header of a 101 is judged by what was seen before, whatever that was. What may
 *   appear once is refused the second time, in any case; Upgrade but websocket, a
 *   Sec-WebSocket-Accept that has one byte other than the expected one, and what announces a
 *   body are refused. What is not refused is noted, and nothing else is.
 * Assumes: Connection's value is judged (switch_connection.c).
 * Bound: values of 12 bytes, of 1 and of none; names of 24
 * Unwind: 30
 * Instead: see_connection noted_connection
 * Mutant: core/protocol/ur_switch_101.c: value.len != accept.len || =>
 * Mutant: core/protocol/ur_switch_101.c: seen->once[field] = true; => seen->once[ACCEPT] =
 *   true;
 * Mutant: core/protocol/ur_switch_101.c: return see_once(seen, i, value, accept); => return
 *   see_once(seen, i, accept, accept);
 * Mutant: core/protocol/ur_switch_101.c: !ur_span_is(value, UR_SPAN("0")) => !value.len
 * Mutant: core/protocol/ur_switch_101.c: if (field == UPGRADE && => if (field == PROTOCOL &&
 */
#include "core/protocol/ur_switch_101.c"
#include "proof.h"

static struct ur_span accept;
static bool asked_connection;

const char *noted_connection(struct seen *seen, struct ur_span list)
{
    PROVE(list.at);
    asked_connection = true;
    seen->connection = seen->connection || any_bool();
    return any_bool() ? "refused" : NULL;
}

static struct seen any_seen(void)
{
    return (struct seen){{any_bool(), any_bool(), any_bool(), any_bool()}, any_bool()};
}

/* The same word, each letter in one of its cases. */
static struct ur_span any_case(const char *word, char room[24])
{
    struct ur_span name = ur_span_of(word);

    for (size_t i = 0; i < name.len; i++) {
        room[i] = word[i];
        if (word[i] != '-' && any_bool()) {
            room[i] = (char)(word[i] ^ 0x20);
        }
    }
    return (struct ur_span){room, name.len};
}

static bool is_noted(struct seen before, struct seen after, enum once field)
{
    for (enum once i = 0; i < ONCE; i++) {
        if (after.once[i] != (before.once[i] || i == field)) {
            return false;
        }
    }
    return asked_connection || before.connection == after.connection;
}

static void judge_once(enum once field, struct ur_span value)
{
    char room[24];
    struct seen before = any_seen();
    struct seen seen = before;
    const char *fault = see_field(&seen, any_case(once[field], room), value, accept);
    size_t at = any_up_to(accept.len - 1);

    PROVE(fault || (!before.once[field] && is_noted(before, seen, field)));
    PROVE(fault || field != UPGRADE || value.len == 9);
    PROVE(fault || field != ACCEPT || value.len == accept.len);
    PROVE(fault || field != ACCEPT || value.at[at] == accept.at[at]);
    PROVE(!fault || before.once[field] || field <= ACCEPT);
    PROVE(!asked_connection);
}

static void judge_value(struct ur_span value)
{
    char room[24];
    struct seen before = any_seen();
    struct seen seen = before;

    for (enum once i = 0; i < ONCE; i++) {
        judge_once(i, value);
    }
    PROVE(see_field(&seen, any_case("Transfer-Encoding", room), value, accept));
    PROVE(!see_field(&seen, any_case("Content-Length", room), value, accept) ==
          (value.len == 1 && value.at[0] == '0'));
    PROVE(is_noted(before, seen, ONCE));
    (void)see_field(&seen, any_case("Connection", room), value, accept);
    PROVE(asked_connection && is_noted(before, seen, ONCE));
    asked_connection = false;
}

int main(void)
{
    struct seen before = any_seen();
    struct seen seen = before;
    struct ur_span name = any_bytes(24);

    accept = any_bytes(12);
    judge_value(any_bytes(0));
    judge_value(any_bytes(1));
    judge_value(any_bytes(12));
    POSSIBLE(!see_once(&seen, UPGRADE, any_bytes(9), accept));
    POSSIBLE(!see_once(&seen, ACCEPT, any_bytes(12), accept));
    seen = before;
    if (!see_field(&seen, name, any_bytes(3), accept)) {
        PROVE(is_noted(before, seen, seen.once[EXTENSIONS] ? EXTENSIONS : ONCE));
        POSSIBLE(seen.once[EXTENSIONS] && !before.once[EXTENSIONS]);
    }
}
