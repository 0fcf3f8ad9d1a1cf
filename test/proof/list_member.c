/* Proves: the end of a list's first member is found in bounds: it is a comma, or the end of the
 *   list, and no comma is before it but behind a quotation mark.
 * Assumes: nothing
 * Bound: 32 bytes
 * Unwind: 34
 * Mutant: core/text/ur_list.c: i + 1 < list.len => i < list.len
 * Mutant: core/text/ur_list.c: c == ',' && !quoted => c == ',' && quoted
 * Mutant: core/text/ur_list.c: c == ',' && !quoted => c == ',' && !quoted && i
 */
#include "core/text/ur_list.c"
#include "proof.h"

#define SIZE 32

static void measure(struct ur_span list)
{
    size_t len = member_length(list);
    size_t comma = any_up_to(SIZE);

    PROVE(len <= list.len);
    PROVE(len == list.len || list.at[len] == ',');
    if (comma < len && list.at[comma] == ',') {
        PROVE(memchr(list.at, '"', comma));
    }
}

int main(void)
{
    struct ur_span list = any_bytes(SIZE);

    FOR_EACH_LENGTH(3, measure);
    measure(list);
    POSSIBLE(member_length(list) == SIZE && list.at[SIZE - 1] == ',');
    POSSIBLE(member_length(list) == SIZE - 1);
}
