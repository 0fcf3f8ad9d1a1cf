/* Proves: the form that Accept asks for is one of those on offer, whatever Accept contains and
 *   however many forms there are: in bounds, over members and parameters. Without members it
 *   is the first.
 * Assumes: members are found (list.c), cut and weighed (accept_range.c), words compared
 *   (span.c).
 * Bound: two members, with two parameters each; 16 bytes
 * Unwind: 5 find_quality.0:4 ur_accept_pick_form.1:4
 * Instead: ur_list_next few_members
 * Instead: cut any_cut
 * Instead: parse_quality any_quality
 * Instead: ur_span_trim any_trimmed
 * Instead: ur_span_is any_equality
 * Mutant: core/response/ur_accept.c: for (size_t i = 1; i < count; i++) { => for (size_t i = 1;
 *   i <= count; i++) {
 * Mutant: core/response/ur_accept.c: if (weight(wishes[i]) > => if (weight(wishes[i]) >=
 * Mutant: core/response/ur_accept.c: q >= 0 && i < count; => q >= 0 && i <= count;
 */
#include "core/response/ur_accept.c"
#include "contracts.h"

static unsigned members;
static unsigned cuts;

bool few_members(struct ur_span *rest, struct ur_span *member)
{
    cuts = 0;
    return members++ < 2 && any_member(rest, member);
}

struct ur_span any_cut(struct ur_span *rest, char separator)
{
    size_t used = any_up_to(rest->len);
    struct ur_span head = {rest->at, used};

    PROVE(READABLE(*rest) && separator);
    ASSUME(cuts++ < 4 || used == rest->len);
    rest->at += used;
    rest->len -= used;
    return any_part(head);
}

int any_quality(struct ur_span value)
{
    PROVE(READABLE(value));
    return (int)any_up_to(Q_ONE + 1) - 1;
}

int main(void)
{
    const struct ur_form forms[UR_FORMS_MAX] = {
        {"a", {"t", 1}, {"s", 1}, {NULL, 0}, "t/s"},
        {"b", {"t", 1}, {"u", 1}, {"v", 1}, "t/u"},
        {"c", {"w", 1}, {"u", 1}, {NULL, 0}, "w/u"},
        {"d", {"w", 1}, {"x", 1}, {NULL, 0}, "w/x"},
    };
    struct ur_span accept = any_bytes(16);
    size_t count = 1 + any_up_to(UR_FORMS_MAX - 1);
    size_t picked = ur_accept_pick_form(accept, forms, count);

    PROVE(picked < count);
    PROVE(members > 1 || picked == 0);
    POSSIBLE(picked == UR_FORMS_MAX - 1);
}
