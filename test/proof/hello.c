/* Proves: a ClientHello is read in bounds up to its extensions, and from one of them to the
 *   next: the header, the version, the random, the three vectors in front of them. An
 *   extension that is handed to its reader lies within the message, and so does what the
 *   readers leave in the result. Without TLS 1.3 no client counts as one with a post-quantum
 *   key exchange.
 * Assumes: numbers and vectors are taken in bounds (hello_vector.c), an extension is read in
 *   bounds (hello_extension.c). Proved is the first turn of the loop over the extensions; it
 *   leaves what remains of them to the next turn, and what the readers have found.
 * Bound: 16 MB, which is all that a handshake message can have
 * Unwind: 3
 * Instead: take_number any_number
 * Instead: take_vector any_vector
 * Instead: read_extension any_extension
 * Mutant: core/protocol/ur_client_hello.c: if (body->len < 32) { => if (body->len < 31) {
 * Mutant: core/protocol/ur_client_hello.c: hello->post_quantum && hello->highest >=
 *   UR_TLS_1_3 => hello->post_quantum
 */
#include "core/protocol/ur_client_hello.c"
#include "contracts.h"

#define SIZE (((size_t)1 << 24) + 3)

static struct ur_span message;
static size_t read;

bool any_extension(size_t type, struct ur_span extension, struct ur_client_hello *hello,
                   unsigned *seen)
{
    PROVE(is_within(extension, message) && READABLE(extension));
    POSSIBLE(read == 1);
    ASSUME(read++ == 0);
    PROVE(type <= UINT16_MAX && *seen < 1U << READERS);
    *seen = (unsigned)any_up_to((1U << READERS) - 1);
    hello->highest = (enum ur_tls)any_up_to(UR_TLS_1_3);
    hello->post_quantum = any_bool();
    hello->alpn = any_part(extension);
    return any_bool();
}

int main(void)
{
    struct ur_client_hello hello = {.highest = UR_TLS_NONE};
    bool good;

    message = any_bytes(SIZE);
    message.len = any_up_to(SIZE);
    good = ur_client_hello_read(message, &hello);
    PROVE(!good || message.len >= 42);
    PROVE(!good || (hello.highest <= UR_TLS_1_3 && is_within(hello.alpn, message)));
    PROVE(!good || !hello.post_quantum || hello.highest == UR_TLS_1_3);
    POSSIBLE(good && !read);
    POSSIBLE(good && read == 1);
}
