/* Proves: what Connection names in a 101 is judged in bounds, member by member: one that is
 *   not a token, and one that begins as the headers of the handshake do, is refused in any
 *   case; upgrade is noted, and nothing else.
 * Assumes: members are found (list.c). The second of them ends the proof: it finds what was
 *   noted before, as the first does.
 * Bound: members of 7, 14 and 15 bytes, and of one
 * Unwind: 17
 * Instead: ur_list_next turn
 * Mutant: core/protocol/ur_switch_101.c: span.len >= word.len && =>
 * Mutant: core/protocol/ur_switch_101.c: seen->connection = seen->connection || =>
 *   seen->connection =
 * Mutant: core/protocol/ur_switch_101.c: if (!ur_span_is_token(member)) { => if (!member.len)
 *   {
 * Mutant: core/protocol/ur_switch_101.c: begins(member, UR_SPAN("Sec-WebSocket-")) =>
 *   ur_span_is(member, UR_SPAN("Sec-WebSocket-"))
 */
#include "core/protocol/ur_switch_101.c"
#include "proof.h"

static struct ur_span next;
static unsigned turns;

bool turn(struct ur_span *rest, struct ur_span *member)
{
    PROVE(rest->at == next.at);
    if (turns++) {
        return false;
    }
    *member = next;
    return true;
}

static const char *name(struct ur_span member, struct seen *seen)
{
    turns = 0;
    next = member;
    return see_connection(seen, member);
}

static void judge(struct ur_span member)
{
    struct seen before = {{any_bool(), false, false, false}, any_bool()};
    struct seen seen = before;
    const char *fault = name(member, &seen);
    size_t at = any_up_to(member.len - 1);

    PROVE(fault || (member.at[at] > ' ' && member.at[at] != ':' && member.at[at] != ';'));
    PROVE(fault || turns == 2);
    PROVE(seen.once[UPGRADE] == before.once[UPGRADE]);
    PROVE(seen.connection == (before.connection || (!fault && member.len == 7 &&
                                                    ur_span_is(member, UR_SPAN("upgrade")))));
    PROVE(fault || member.len < 14 || (member.at[0] | 0x20) != 's' || member.at[13] != '-' ||
          memcmp(member.at + 1, "ec-WebSocket", 12) != 0);
    POSSIBLE(!fault);
}

int main(void)
{
    struct seen seen = {{false}, false};

    judge(any_bytes(1));
    judge(any_bytes(7));
    judge(any_bytes(14));
    judge(any_bytes(15));
    POSSIBLE(!name(any_bytes(7), &seen) && seen.connection);
}
