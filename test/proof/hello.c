/* Proves: a ClientHello is read in bounds, whatever the message is. One that is accepted is
 *   of that type, and what is in it ends where the message does; a version above TLS 1.2
 *   comes from an extension, and without TLS 1.3 nothing is post-quantum; what is left in the
 *   result lies within the message.
 * Assumes: numbers and vectors are taken in bounds (hello_vector.c); an extension is taken
 *   from any state, and leaves any (hello_turn.c). The second of them ends the proof: it
 *   would begin in such a state again, with less to come.
 * Bound: none: a message of any length that there is
 * Unwind: 3
 * Instead: take_number noted_number
 * Instead: take_vector noted_vector
 * Instead: take_extension turn
 * Mutant: core/protocol/ur_client_hello.c: if (body->len < 32) { => if (body->len < 31) {
 * Mutant: core/protocol/ur_client_hello.c: type != CLIENT_HELLO || =>
 * Mutant: core/protocol/ur_client_hello.c: || message.len || => ||
 * Mutant: core/protocol/ur_client_hello.c: &extensions) && !body.len => &extensions)
 * Mutant: core/protocol/ur_client_hello.c: version > 0x0303 ? 0x0303 : version => version
 * Mutant: core/protocol/ur_client_hello.c: hello->post_quantum && hello->highest >=
 *   UR_TLS_1_3 => hello->post_quantum
 */
#include "hellos.h"

static const char *end; /* of what was taken last */
static unsigned numbers;
static size_t type;
static struct ur_client_hello left; /* by what was taken of the extensions */
static unsigned turns;

bool noted_number(struct ur_span *rest, size_t bytes, size_t *number)
{
    bool taken = any_number(rest, bytes, number);

    type = numbers++ ? type : *number;
    return taken;
}

bool noted_vector(struct ur_span *rest, size_t bytes, struct ur_span *vector)
{
    bool taken = any_vector(rest, bytes, vector);

    end = rest->at;
    return taken;
}

static bool is_left(const struct ur_client_hello *hello)
{
    return hello->alpn.at == left.alpn.at && hello->alpn.len == left.alpn.len &&
           hello->groups.at == left.groups.at && hello->groups.len == left.groups.len &&
           hello->key_shares.at == left.key_shares.at &&
           hello->key_shares.len == left.key_shares.len;
}

bool turn(struct ur_span *rest, struct ur_client_hello *hello, unsigned *seen)
{
    size_t used = 4 + any_up_to(UINT16_MAX);

    PROVE(READABLE(*rest) && rest->len && rest->at + rest->len == end);
    PROVE(is_left(hello) && hello->highest <= UR_TLS_1_3 && *seen < 1U << READERS);
    POSSIBLE(turns);
    ASSUME(!turns++);
    *hello = left = any_hello(*rest);
    *seen = any_seen();
    if (rest->len < used || any_bool()) {
        return false;
    }
    rest->at += used;
    rest->len -= used;
    return true;
}

int main(void)
{
    struct ur_span message = any_bytes(any_up_to(HELLO_MAX));
    struct ur_client_hello hello = {.highest = UR_TLS_SOME};
    bool good = ur_client_hello_read(message, &hello);

    PROVE(is_left(&hello) && hello.highest <= UR_TLS_1_3);
    if (!good) {
        POSSIBLE(turns && message.len > UINT16_MAX);
        return 0;
    }
    PROVE(type == CLIENT_HELLO && end == message.at + message.len);
    PROVE(turns || hello.highest <= UR_TLS_1_2);
    PROVE(!hello.post_quantum || hello.highest == UR_TLS_1_3);
    POSSIBLE(!turns && hello.highest == UR_TLS_1_0);
    POSSIBLE(hello.post_quantum);
}
