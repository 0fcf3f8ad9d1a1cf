/* Proves: lists are read in bounds. Each member lies within the list and before what remains,
 *   is not empty, and has no white space at its ends; what remains is shorter, and is the end
 *   of the list. Without another member nothing remains.
 * Assumes: the end of a member is found (list_member.c), and it is trimmed (span.c). Proved
 *   is the first turn of the loop; an empty member leaves what remains to the next turn, and
 *   nothing else.
 * Bound: 32 bytes
 * Unwind: 3
 * Instead: member_length turn
 * Instead: ur_span_trim any_trimmed
 * Mutant: core/text/ur_list.c: len < rest->len ? len + 1 : len => len + 1
 * Mutant: core/text/ur_list.c: if (found.len) { => if (rest->at) {
 * Mutant: core/text/ur_list.c: rest->len -= used; => rest->len -= len;
 */
#include "core/text/ur_list.c"
#include "contracts.h"

static struct ur_span list;
static unsigned turns;

/* Ends the proof where the next turn begins. */
size_t turn(struct ur_span rest)
{
    if (turns++) {
        PROVE(rest.len && rest.len < list.len && rest.at + rest.len == list.at + list.len);
        POSSIBLE(rest.len == 3);
        ASSUME(false);
    }
    return any_member_length(rest);
}

int main(void)
{
    struct ur_span rest;
    struct ur_span member = {NULL, 0};

    list = any_bytes(32);
    list.len = any_up_to(32);
    rest = list;
    if (!ur_list_next(&rest, &member)) {
        PROVE(!member.at && rest.len == 0);
        return 0;
    }
    PROVE(member.len && is_within(member, list));
    PROVE(rest.len < list.len && rest.at + rest.len == list.at + list.len);
    PROVE(member.at + member.len <= rest.at);
    PROVE(!is_white(member.at[0]) && !is_white(member.at[member.len - 1]));
    POSSIBLE(rest.len == 7 && member.len == 1);
    POSSIBLE(member.len == 32);
}
