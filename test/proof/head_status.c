/* Proves: the status of a response's first line is read in bounds, and is 0 or has three
 *   digits; a line shorter than "HTTP/1.x NNN" has none.
 * Assumes: nothing
 * Bound: 14 bytes; no byte further on is looked at
 * Unwind: 16
 * Mutant: core/protocol/ur_head.c: line.len < 12 || => line.len < 11 ||
 * Mutant: core/protocol/ur_head.c: (line.len > 12 && at[12] => (line.len > 11 && at[12]
 * Mutant: core/protocol/ur_head.c: !ur_is_digit(at[10]) || =>
 */
#include "proof.h"

#include "core/protocol/ur_head.h"

static void read(struct ur_span line)
{
    int status = ur_head_status(line);

    PROVE(status >= 0 && status <= 999);
    PROVE(!status || line.len >= 12);
    PROVE(!status || (line.at[10] >= '0' && line.at[10] <= '9'));
    if (line.len >= 13) {
        POSSIBLE(status == 101);
    }
}

int main(void)
{
    FOR_EACH_LENGTH(14, read);
}
