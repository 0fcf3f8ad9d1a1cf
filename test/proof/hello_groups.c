/* Proves: the groups that a ClientHello names, and those it has keys for, are listed in
 *   bounds, however many there are: what does not fit is left out, and so is GREASE.
 * Assumes: numbers and vectors are taken in bounds (hello_vector.c). A group is added to a
 *   list of any length that fits; the loops around that take a number of groups that does not
 *   matter.
 * Bound: none; loops of three turns
 * Unwind: 5
 * Instead: take_number few_numbers
 * Instead: take_vector any_vector
 * Mutant: core/protocol/ur_client_hello.c: is_grease(id) || count == UR_HELLO_GROUPS_MAX =>
 *   is_grease(id) || count > UR_HELLO_GROUPS_MAX
 * Mutant: core/protocol/ur_client_hello.c: is_grease(id) || count == UR_HELLO_GROUPS_MAX =>
 *   count == UR_HELLO_GROUPS_MAX
 * Mutant: core/protocol/ur_client_hello.c: ids[count] = (uint16_t)id; => ids[count + 1] =
 *   (uint16_t)id;
 */
#include "core/protocol/ur_client_hello.c"
#include "contracts.h"

static unsigned turns;

bool few_numbers(struct ur_span *rest, size_t bytes, size_t *number)
{
    return turns++ < 3 && any_number(rest, bytes, number);
}

int main(void)
{
    uint16_t ids[UR_HELLO_GROUPS_MAX] = {0};
    size_t count = any_up_to(UR_HELLO_GROUPS_MAX);
    size_t id = any_up_to(UINT16_MAX);
    size_t now = add_group(id, ids, count);

    PROVE(now == count || (now == count + 1 && now <= UR_HELLO_GROUPS_MAX));
    PROVE(now == count || ids[count] == id);
    PROVE(now == count || id != 0xFAFA);
    POSSIBLE(now == UR_HELLO_GROUPS_MAX && now > count);
    POSSIBLE(now < UR_HELLO_GROUPS_MAX && now == count);

    PROVE(ur_client_hello_groups(any_bytes(8), ids) <= 3);
    POSSIBLE(turns == 4);
    turns = 0;
    PROVE(ur_client_hello_key_shares(any_bytes(16), ids) <= 3);
    POSSIBLE(turns == 4);
}
