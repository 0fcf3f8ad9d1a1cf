/* Proves: a member of Accept is taken apart in bounds: what is cut off lies within, and ends
 *   before the separator; a quality is within its limits, or there is none, and only digits
 *   and a dot behind a 0 or a 1 make one.
 * Assumes: spans are trimmed (span.c).
 * Bound: 32 bytes; a quality of 7, of which more than 5 make none
 * Unwind: 34
 * Instead: ur_span_trim any_trimmed
 * Mutant: core/response/ur_accept.c: value.len > 5 || => value.len > 7 ||
 * Mutant: core/response/ur_accept.c: if (!value.len || => if (
 * Mutant: core/response/ur_accept.c: rest->len -= len + (end ? 1 : 0); => rest->len -= len;
 * Mutant: core/response/ur_accept.c: return quality <= Q_ONE ? quality : -1; => return quality;
 */
#include "core/response/ur_accept.c"
#include "contracts.h"

#define SIZE 32

static void separate(struct ur_span member)
{
    struct ur_span rest = member;
    struct ur_span head = cut(&rest, ';');

    PROVE(is_within(head, member) && rest.at + rest.len == member.at + member.len);
    PROVE(!rest.len || rest.at[-1] == ';');
    PROVE(!head.len || head.at + head.len <= rest.at);
}

static void weigh(struct ur_span value)
{
    int quality = parse_quality(value);

    PROVE(quality >= -1 && quality <= Q_ONE);
    PROVE(quality < 0 || (value.len >= 1 && value.len <= 5));
    PROVE(quality < 0 || value.len < 2 || value.at[1] == '.');
    PROVE(quality < 0 || quality == Q_ONE || value.at[0] == '0');
    PROVE(value.len != 1 || quality == (value.at[0] == '0'   ? 0
                                        : value.at[0] == '1' ? 1000
                                                             : -1));
}

int main(void)
{
    struct ur_span member = any_bytes(SIZE);
    struct ur_span value = any_bytes(5);

    separate(any_bytes(0));
    separate(any_bytes(1));
    separate(member);
    FOR_EACH_LENGTH(7, weigh);
    POSSIBLE(parse_quality(value) == 999);
    POSSIBLE(parse_quality(value) == 1000);
    POSSIBLE(cut(&member, '/').len == 5 && member.len == 20);
}
