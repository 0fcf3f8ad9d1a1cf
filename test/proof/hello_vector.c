/* Proves: the two functions by which the ClientHello's reader moves on read in bounds: a
 *   number and a vector with a length of one, two or three bytes. What they cut off lies
 *   within what was there, what remains is exactly the rest; without success nothing of a
 *   number is taken.
 * Assumes: nothing
 * Bound: 8 bytes that are there; a vector's length is arbitrary
 * Unwind: 10
 * Mutant: core/protocol/ur_client_hello.c: if (rest->len < bytes) { => if (rest->len + 1 <
 *   bytes) {
 * Mutant: core/protocol/ur_client_hello.c: || rest->len < len) { => ) {
 * Mutant: core/protocol/ur_client_hello.c: *vector = (struct ur_span){rest->at, len}; =>
 *   *vector = (struct ur_span){rest->at, len + 1};
 */
#include "core/protocol/ur_client_hello.c"
#include "proof.h"

static void take(struct ur_span all)
{
    for (size_t bytes = 1; bytes <= 3; bytes++) {
        struct ur_span rest = all;
        struct ur_span vector = {NULL, 0};
        size_t number;

        PROVE(take_number(&rest, bytes, &number) == (all.len >= bytes));
        PROVE(rest.at + rest.len == all.at + all.len);
        PROVE(all.len < bytes ? rest.len == all.len : rest.len == all.len - bytes);
        rest = all;
        if (take_vector(&rest, bytes, &vector)) {
            PROVE(vector.at == all.at + bytes && vector.len <= all.len - bytes);
            PROVE(rest.at == vector.at + vector.len);
            PROVE(rest.len == all.len - bytes - vector.len);
        }
    }
}

int main(void)
{
    struct ur_span rest = any_bytes(8);
    struct ur_span vector;

    for (size_t len = 0; len <= 8; len++) {
        take(any_bytes(len));
    }
    POSSIBLE(take_vector(&rest, 2, &vector) && vector.len == 6);
}
