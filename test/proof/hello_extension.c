/* Proves: the readers of a ClientHello's extensions read in bounds, whatever an extension
 *   contains: groups, ALPN, versions, key shares. One whose length disagrees with what is in
 *   it is refused, and so is a second one of the same type; what is left in the result lies
 *   within the extension; a version is of the enumeration. Other types are left alone.
 * Assumes: numbers and vectors are taken in bounds (hello_vector.c), groups are looked up
 *   (ur_group.c, not proved: it compares numbers).
 * Bound: 24 bytes
 * Unwind: 26
 * Instead: take_number any_number
 * Instead: take_vector any_vector
 * Instead: ur_group_post_quantum any_group
 * Mutant: core/protocol/ur_client_hello.c: number > 0x0304 ? => number > 0x0305 ?
 * Mutant: core/protocol/ur_client_hello.c: return !again && => return
 * Mutant: core/protocol/ur_client_hello.c: &hello->key_shares) || extension.len) { =>
 *   &hello->key_shares)) {
 * Mutant: core/protocol/ur_client_hello.c: &hello->alpn) || extension.len || => &hello->alpn)
 *   ||
 */
#include "core/protocol/ur_client_hello.c"
#include "contracts.h"

#define SIZE 24

bool any_group(uint16_t id)
{
    return id && any_bool();
}

int main(void)
{
    struct ur_span extension = any_bytes(SIZE);
    struct ur_client_hello hello = {.highest = (enum ur_tls)any_up_to(UR_TLS_1_3)};
    size_t type = any_up_to(UINT16_MAX);
    unsigned seen = (unsigned)any_up_to((1U << READERS) - 1);
    unsigned before = seen;
    bool good;

    extension.len = any_up_to(SIZE);
    good = read_extension(type, extension, &hello, &seen);
    PROVE((seen & before) == before && seen < 1U << READERS);
    PROVE(hello.highest <= UR_TLS_1_3);
    PROVE(is_within(hello.alpn, extension) && is_within(hello.groups, extension) &&
          is_within(hello.key_shares, extension));
    PROVE(!good || seen != before || (type != ALPN && type != KEY_SHARE));
    PROVE(!good || type != ALPN || hello.alpn.len == extension.len - 2);
    PROVE(!good || type != SUPPORTED_GROUPS || hello.groups.len == extension.len - 2);
    PROVE(!good || type != KEY_SHARE || hello.key_shares.len == extension.len - 2);
    POSSIBLE(good && type == ALPN && extension.len == SIZE);
    POSSIBLE(good && type == KEY_SHARE && hello.key_shares.len == 0);
    POSSIBLE(good && hello.highest == UR_TLS_1_3 && type == SUPPORTED_VERSIONS);
    POSSIBLE(!good && seen == before);
}
