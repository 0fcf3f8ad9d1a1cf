#include "fuzz.h"

#include "core/protocol/ur_client_hello.h"

/* A handshake message. What is read stands inside of it, and its names are printable. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span message = {(const char *)data, size};
    struct ur_client_hello hello;
    char room[64];
    struct ur_buf names = {room, sizeof room, 0};

    if (ur_client_hello_read(message, &hello)) {
        must(hello.highest >= UR_TLS_SOME && hello.highest <= UR_TLS_1_3);
        must(!hello.alpn.at || (hello.alpn.at >= message.at &&
                                hello.alpn.at + hello.alpn.len <= message.at + message.len));
        ur_client_hello_alpn(hello.alpn, &names);
        for (size_t i = 0; i < names.len && i < sizeof room; i++) {
            must(room[i] >= 0x20 && room[i] < 0x7F);
        }
    }
    return 0;
}
