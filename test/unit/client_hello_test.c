#include "tap.h"

#include "core/protocol/ur_client_hello.h"

#define RANDOM "0123456789abcdef0123456789abcdef"
/* No session, two cipher suites, no compression */
#define BODY(version) version RANDOM "\x00\x00\x04\x13\x01\xc0\x2f\x01\x00"
#define SNI                                                                                    \
    "\x00\x00\x00\x0a\x00\x08\x00\x00\x05"                                                     \
    "a.com"

/* Each ends with a NUL of its own, which is not part of it. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *name;
    const char *body;
    size_t len;
    int highest; /* -1: refused */
    const char *alpn;
} cases[] = {
    {"no extensions", BYTES(BODY("\x03\x01")), UR_TLS_1_0, ""},
    {"TLS 1.1", BYTES(BODY("\x03\x02")), UR_TLS_1_1, ""},
    {"TLS 1.2, empty extensions", BYTES(BODY("\x03\x03") "\x00\x00"), UR_TLS_1_2, ""},
    {"SSL 3", BYTES(BODY("\x03\x00")), UR_TLS_SOME, ""},
    {"a body that claims more than 1.2", BYTES(BODY("\x03\x04")), UR_TLS_1_2, ""},
    {"another extension", BYTES(BODY("\x03\x03") "\x00\x0e" SNI), UR_TLS_1_2, ""},
    {"TLS 1.3", BYTES(BODY("\x03\x03") "\x00\x09\x00\x2b\x00\x05\x04\x03\x04\x03\x03"),
     UR_TLS_1_3, ""},
    {"GREASE is no version",
     BYTES(BODY("\x03\x03") "\x00\x0b\x00\x2b\x00\x07\x06\xfa\xfa\x0a\x0a\x03\x03"), UR_TLS_1_2,
     ""},
    {"only GREASE", BYTES(BODY("\x03\x03") "\x00\x07\x00\x2b\x00\x03\x02\x8a\x8a"), UR_TLS_SOME,
     ""},
    {"a draft of TLS 1.3",
     BYTES(BODY("\x03\x03") "\x00\x09\x00\x2b\x00\x05\x04\x7f\x1c\x03\x03"), UR_TLS_1_2, ""},
    {"a later version", BYTES(BODY("\x03\x03") "\x00\x07\x00\x2b\x00\x03\x02\x03\x05"),
     UR_TLS_1_3, ""},
    {"the list counts, not the body",
     BYTES(BODY("\x03\x03") "\x00\x07\x00\x2b\x00\x03\x02\x03\x01"), UR_TLS_1_0, ""},
    {"ALPN", BYTES(BODY("\x03\x03") "\x00\x12\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1"),
     UR_TLS_1_2, "h2, http/1.1"},
    {"ALPN with GREASE and odd bytes",
     BYTES(BODY("\x03\x03") "\x00\x10\x00\x10\x00\x0c\x00\x0a\x02\x4a\x4a\x06\x01\xff h<\""),
     UR_TLS_1_2, "???h<\""},

    {"no body", BYTES(""), -1, ""},
    {"half a version", BYTES("\x03"), -1, ""},
    {"no random", BYTES("\x03\x03 0123"), -1, ""},
    {"no suites", BYTES("\x03\x03" RANDOM "\x00"), -1, ""},
    {"suites beyond the end", BYTES("\x03\x03" RANDOM "\x00\xff\xff\x00"), -1, ""},
    {"half an extensions' length", BYTES(BODY("\x03\x03") "\x00"), -1, ""},
    {"extensions beyond the end", BYTES(BODY("\x03\x03") "\x00\x05\x00\x2b"), -1, ""},
    {"bytes behind the extensions", BYTES(BODY("\x03\x03") "\x00\x00x"), -1, ""},
    {"an extension beyond the end", BYTES(BODY("\x03\x03") "\x00\x04\x00\x00\x00\x05"), -1, ""},
    {"half a version in the list",
     BYTES(BODY("\x03\x03") "\x00\x08\x00\x2b\x00\x04\x03\x03\x04\x03"), -1, ""},
    {"no versions", BYTES(BODY("\x03\x03") "\x00\x05\x00\x2b\x00\x01\x00"), -1, ""},
    {"an empty ALPN name", BYTES(BODY("\x03\x03") "\x00\x07\x00\x10\x00\x03\x00\x01\x00"), -1,
     ""},
    {"an ALPN name beyond the end",
     BYTES(BODY("\x03\x03") "\x00\x09\x00\x10\x00\x05\x00\x03\x05h2"), -1, ""},
};

/* At the very end of a page: reading one byte too many faults. */
static struct ur_span message_of(char type, const char *body, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *at = map + page - len - 4;

    if (map == MAP_FAILED || mprotect(map + page, page, PROT_NONE) != 0) {
        abort();
    }
    at[0] = type;
    at[1] = 0;
    at[2] = (char)(len >> 8);
    at[3] = (char)(len & 0xFF);
    memcpy(at + 4, body, len);
    return (struct ur_span){at, len + 4};
}

int main(void)
{
    struct ur_client_hello hello;
    struct ur_span message;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[64];
        struct ur_buf names = {room, sizeof room - 1, 0};
        bool good = ur_client_hello_read(message_of(1, cases[i].body, cases[i].len), &hello);

        ok(good == (cases[i].highest >= 0) && (!good || (int)hello.highest == cases[i].highest),
           "%s", cases[i].name);
        if (good) {
            ur_client_hello_alpn(hello.alpn, &names);
            room[names.len] = '\0';
            is(room, cases[i].alpn, cases[i].name);
        }
    }
    message = message_of(2, cases[0].body, cases[0].len);
    ok(!ur_client_hello_read(message, &hello), "a ServerHello");
    message = message_of(1, cases[0].body, cases[0].len);
    message.len--;
    ok(!ur_client_hello_read(message, &hello), "cut short");
    ok(!ur_client_hello_read(edge("GET / HTTP/1.1\r\n"), &hello), "no TLS at all");
    ok(!ur_client_hello_read((struct ur_span){NULL, 0}, &hello), "nothing");
    return tap_done();
}
