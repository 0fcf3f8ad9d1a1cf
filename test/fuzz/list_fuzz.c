#include "fuzz.h"

#include "core/text/ur_list.h"

/* Members lie inside the input, in order, without overlap, trimmed and not empty. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span list = {(const char *)data, size};
    struct ur_span rest = list;
    struct ur_span member;
    const char *reached = list.at;
    size_t count = 0;

    while (ur_list_next(&rest, &member)) {
        must(member.len > 0 && member.at >= reached);
        must(member.at + member.len <= list.at + list.len);
        must(ur_span_trim(member).len == member.len);
        must(ur_list_has(list, member));
        reached = member.at + member.len;
        if (++count == 64) { /* ur_list_has() above makes this loop quadratic */
            break;
        }
    }
    must(ur_list_count(list) >= count);
    return 0;
}
