/* Proves: a backend's 426 is read in bounds, whatever lines and headers it has. It offers
 *   something only if that was written and fits; one of another status is none, and an
 *   interim response is one of 1xx.
 * Assumes: heads are taken apart (head.c, head_status.c), members found (list.c), words
 *   compared (span.c).
 * Bound: 32 bytes; three lines, with one protocol
 * Unwind: 4 ur_upgrade_426_read.0:4 add_members.0:2
 * Instead: ur_head_line few_lines
 * Instead: ur_head_field any_field
 * Instead: ur_head_status noted_status
 * Instead: ur_list_next few_members
 * Instead: ur_span_is any_equality
 * Instead: is_protocol any_token
 * Mutant: core/protocol/ur_upgrade_426.c: list->len && !ur_buf_full(list) => !ur_buf_full(list)
 * Mutant: core/protocol/ur_upgrade_426.c: list->len && !ur_buf_full(list) => list->len
 * Mutant: core/protocol/ur_upgrade_426.c: status < 100 || status >= 200 => status >= 200
 */
#include "core/protocol/ur_upgrade_426.c"
#include "contracts.h"

static unsigned lines;
static unsigned members;
static int status;

bool few_lines(struct ur_span *rest, struct ur_span *line)
{
    return lines++ < 3 && any_line(rest, line);
}

bool few_members(struct ur_span *rest, struct ur_span *member)
{
    return members++ < 1 && any_member(rest, member);
}

int noted_status(struct ur_span line)
{
    status = any_status(line);
    return status;
}

int main(void)
{
    char offer[8];
    struct ur_buf list = {offer, sizeof offer, any_up_to(2 * sizeof offer)};
    enum ur_upgrade_426 read = ur_upgrade_426_read(any_bytes(32), &list);

    PROVE(read <= UR_UPGRADE_426_FOUND);
    PROVE(read != UR_UPGRADE_426_FOUND ||
          (status == 426 && list.len && list.len <= sizeof offer && members));
    PROVE(read != UR_UPGRADE_426_INTERIM || (status >= 100 && status <= 199));
    POSSIBLE(read == UR_UPGRADE_426_FOUND && list.len == sizeof offer);
    POSSIBLE(read == UR_UPGRADE_426_INTERIM);
}
