/* Proves: a segment of a path is looked at in bounds, and is plain exactly if no backend can
 *   take it for one that leads elsewhere: not one or two dots, alone or before a parameter,
 *   and not a parameter alone. A decoded path is not longer, and only longer ones were
 *   encoded.
 * Assumes: nothing
 * Bound: 8 bytes
 * Unwind: 10
 * Mutant: core/protocol/ur_path.c: len - in > 2 ? => len - in > 1 ?
 * Mutant: core/protocol/ur_path.c: while (dots < len && segment => while (segment
 * Mutant: core/protocol/ur_path.c: dots > 2 || (dots < len => dots > 1 || (dots < len
 */
#include "core/protocol/ur_path.c"
#include "proof.h"

static void look(struct ur_span text)
{
    char *path = (char *)(uintptr_t)text.at;
    size_t len = text.len;
    bool is_plain = is_plain_segment(path, len);

    if (len == 1 || len == 2 || (len > 2 && (path[1] == ';' || path[2] == ';'))) {
        PROVE(!is_plain || path[0] != '.' || (len > 1 && path[1] != '.' && path[1] != ';'));
    }
    PROVE(!is_plain || !len || path[0] != ';');
    PROVE(decode(path, len) <= len);
}

int main(void)
{
    char encoded[4] = {'%', '2', 'e', '/'};

    FOR_EACH_LENGTH(8, look);
    POSSIBLE(decode(encoded, 4) == 2 && encoded[0] == '.');
}
