/* Proves: a Sec-WebSocket-Key is checked in bounds; one that is found valid has 24 bytes and
 *   more, and neither a comma, as two keys would have, nor a control character.
 * Assumes: nothing
 * Bound: 26 bytes
 * Unwind: 28
 * Mutant: core/protocol/ur_wskey.c: key.len != LENGTH || => key.len < DIGITS ||
 * Mutant: core/protocol/ur_wskey.c: c == '+' || => c == '+' || c == ',' ||
 */
#include "proof.h"

#include "core/protocol/ur_wskey.h"

int main(void)
{
    struct ur_span key = any_bytes(26);
    size_t at = any_up_to(25);
    bool valid;

    (void)ur_wskey_valid(key);

    key = any_bytes(23);
    PROVE(!ur_wskey_valid(key));
    key = any_bytes(24);
    PROVE(!ur_wskey_valid((struct ur_span){NULL, 0}));
    valid = ur_wskey_valid(key);
    if (valid && at < key.len) {
        PROVE(key.at[at] > ' ' && key.at[at] != ',' && key.at[at] < 0x7f);
    }
    POSSIBLE(valid);
}
