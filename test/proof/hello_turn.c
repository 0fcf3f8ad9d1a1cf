/* Proves: the extensions of a ClientHello are taken one by one in bounds, from any state that
 *   those before can leave behind. An extension has four bytes and its content, which is read
 *   as it lies there; what remains is exactly the rest; the state is such a one again.
 * Assumes: numbers and vectors are taken in bounds (hello_vector.c), an extension is read
 *   (hello_extension.c). The state keeps the invariant is_sane_hello() of hellos.h.
 * Bound: none: a message of any length that there is
 * Unwind: 1
 * Instead: take_number any_number
 * Instead: take_vector any_vector
 * Instead: read_extension any_extension
 * Mutant: core/protocol/ur_client_hello.c: take_number(rest, 2, &type) && take_vector(rest,
 *   2, &extension) => take_vector(rest, 2, &extension) && take_number(rest, 2, &type)
 * Mutant: core/protocol/ur_client_hello.c: take_vector(rest, 2, &extension) && =>
 *   take_vector(rest, 1, &extension) &&
 * Mutant: core/protocol/ur_client_hello.c: read_extension(type, extension, hello, seen); =>
 *   read_extension(type, *rest, hello, seen);
 */
#include "hellos.h"

static struct ur_span message;
static struct ur_span read;

/* What an extension leaves in the result lies within it. */
bool any_extension(size_t type, struct ur_span extension, struct ur_client_hello *hello,
                   unsigned *seen)
{
    struct ur_client_hello other = any_hello(extension);

    PROVE(READABLE(extension) && type <= UINT16_MAX);
    PROVE(is_sane_hello(hello, *seen, message));
    hello->highest = any_bool() ? other.highest : hello->highest;
    hello->post_quantum = any_bool();
    hello->alpn = any_bool() ? other.alpn : hello->alpn;
    hello->groups = any_bool() ? other.groups : hello->groups;
    hello->key_shares = any_bool() ? other.key_shares : hello->key_shares;
    *seen |= any_seen();
    read = extension;
    return any_bool();
}

int main(void)
{
    struct ur_client_hello hello;
    struct ur_span before;
    struct ur_span rest;
    unsigned seen = any_seen();

    message = any_bytes(any_up_to(HELLO_MAX));
    hello = any_hello(message);
    before = rest = any_part(message);
    PROVE(is_sane_hello(&hello, seen, message));
    if (!take_extension(&rest, &hello, &seen)) {
        PROVE(is_sane_hello(&hello, seen, message));
        POSSIBLE(!read.at && before.len > 4);
        return 0;
    }
    PROVE(read.at == before.at + 4 && rest.at == read.at + read.len);
    PROVE(rest.at + rest.len == before.at + before.len);
    PROVE(is_sane_hello(&hello, seen, message));
    POSSIBLE(before.len == 4);
    POSSIBLE(read.len == UINT16_MAX && rest.len);
    POSSIBLE(read.len > 2 && hello.alpn.at == read.at + 2);
}
