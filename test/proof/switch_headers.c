/* Proves: the headers of a 101 are read in bounds, and are good only if it is of HTTP/1.1,
 *   none was refused, and Upgrade, Connection and Sec-WebSocket-Accept have been noted; the
 *   first fault is the one that is told.
 * Assumes: heads are taken apart (head.c), a status line has twelve bytes and more
 *   (head_status.c). A header is judged from whatever was noted, and leaves anything noted
 *   (switch_field.c): the second one, with less to come, ends the proof.
 * Bound: 32 bytes
 * Unwind: 5
 * Instead: ur_head_line any_line
 * Instead: ur_head_field any_field
 * Instead: see_field turn
 * Mutant: core/protocol/ur_switch_101.c: if (first.at[7] != '1') { => if (first.at[12] !=
 *   '1') {
 * Mutant: core/protocol/ur_switch_101.c: if (!seen.connection) { => if (!seen.once[UPGRADE])
 *   {
 * Mutant: core/protocol/ur_switch_101.c: return seen.once[ACCEPT] ? => return
 *   seen.once[UPGRADE] ?
 * Mutant: core/protocol/ur_switch_101.c: while (!fault && ur_head_line(&rest, &line) && =>
 *   while (ur_head_line(&rest, &line) &&
 */
#include "core/protocol/ur_switch_101.c"
#include "contracts.h"

static const char told[] = "refused";
static struct seen noted;
static const char *fault;
static unsigned turns;

const char *turn(struct seen *seen, struct ur_span name, struct ur_span value,
                 struct ur_span accept)
{
    PROVE(READABLE(name) && READABLE(value) && accept.len == 28);
    PROVE(!fault);
    POSSIBLE(turns);
    ASSUME(!turns++);
    for (enum once i = 0; i < ONCE; i++) {
        noted.once[i] = any_bool();
    }
    noted.connection = any_bool();
    *seen = noted;
    fault = any_bool() ? told : NULL;
    return fault;
}

int main(void)
{
    struct ur_span first = any_bytes(12);
    struct ur_span rest = any_bytes(32);
    const char *wrong = judge_101(first, rest, any_bytes(28));

    PROVE(!fault || wrong == fault);
    PROVE(wrong || (first.at[7] == '1' && noted.once[UPGRADE] && noted.once[ACCEPT] &&
                    noted.connection));
    PROVE(!wrong || fault || first.at[7] != '1' || !noted.once[UPGRADE] ||
          !noted.once[ACCEPT] || !noted.connection);
    POSSIBLE(!wrong);
}
