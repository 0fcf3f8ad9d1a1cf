#include "fuzz.h"

#include "core/protocol/ur_client_hello.h"

static void must_be_within(struct ur_span span, struct ur_span message)
{
    must(!span.at || (span.at >= message.at && span.at + span.len <= message.at + message.len));
}

/* At most the first of them, and which of those is post-quantum can be told. */
static bool read_list(size_t (*read)(struct ur_span, uint16_t *), struct ur_span raw)
{
    uint16_t ids[UR_HELLO_GROUPS_MAX];
    size_t count = read(raw, ids);
    bool post_quantum = false;

    must(count <= UR_HELLO_GROUPS_MAX && count * 2 <= raw.len);
    for (size_t i = 0; i < count; i++) {
        post_quantum = post_quantum || ur_group_post_quantum(ids[i]);
    }
    return post_quantum;
}

/* A handshake message. What is read stands inside of it, and its names are printable. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span message = {(const char *)data, size};
    struct ur_client_hello hello;
    char room[64];
    struct ur_buf names = {room, sizeof room, 0};

    if (ur_client_hello_read(message, &hello)) {
        bool offered = read_list(ur_client_hello_groups, hello.groups);
        must(hello.highest >= UR_TLS_SOME && hello.highest <= UR_TLS_1_3);
        must_be_within(hello.alpn, message);
        must_be_within(hello.groups, message);
        must_be_within(hello.key_shares, message);
        must(!hello.post_quantum || (hello.highest == UR_TLS_1_3 && hello.groups.len));
        must(!offered || hello.highest < UR_TLS_1_3 || hello.post_quantum);
        read_list(ur_client_hello_key_shares, hello.key_shares);
        ur_client_hello_alpn(hello.alpn, &names);
        for (size_t i = 0; i < names.len && i < sizeof room; i++) {
            must(room[i] >= 0x20 && room[i] < 0x7F);
        }
    }
    return 0;
}
