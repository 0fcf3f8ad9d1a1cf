#include "fuzz.h"

#include "core/protocol/ur_upgrade_426.h"

/* A backend's head. What is offered is as long as the buffer at most, holds no byte that ends
 * a field, and is the same with more behind the head. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span head = {(const char *)data, size};
    char room[64];
    struct ur_buf list = {room, sizeof room, 0};
    enum ur_upgrade_426 offer = ur_upgrade_426_read(head, &list);

    if (offer == UR_UPGRADE_426_FOUND) {
        must(list.len > 0 && list.len <= sizeof room);
        must(!memchr(room, '\r', list.len) && !memchr(room, '\n', list.len) &&
             !memchr(room, '\0', list.len) && !memchr(room, ';', list.len));
    }
    for (size_t len = 0; len < head.len && len < 512; len++) {
        enum ur_upgrade_426 earlier =
            ur_upgrade_426_read((struct ur_span){head.at, len}, &list);
        must(earlier == UR_UPGRADE_426_MORE || earlier == offer);
    }
    return 0;
}
