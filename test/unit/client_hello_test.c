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

/* Extensions, each of which may be sent once. */
#define VERSIONS   "\x00\x2b\x00\x05\x04\x03\x04\x03\x03"
#define TLS_1_2    "\x00\x2b\x00\x03\x02\x03\x03"
#define ALPN_H2    "\x00\x10\x00\x05\x00\x03\x02h2"
#define X25519     "\x00\x0a\x00\x04\x00\x02\x00\x1d"
#define BOTH       "\x00\x0a\x00\x08\x00\x06\x11\xec\x00\x1d\x00\x17"
#define SHARE      "\x00\x33\x00\x07\x00\x05\x00\x1d\x00\x01k"
#define BOTH_SHARE "\x00\x33\x00\x0d\x00\x0b\x11\xec\x00\x02kk\x00\x1d\x00\x01k"

static const struct {
    const char *name;
    const char *extensions;
    size_t len;
    bool refused;
    bool post_quantum;
    const char *groups; /* NULL: no list */
    const char *shares;
} offers[] = {
    {"no groups", BYTES(VERSIONS), false, false, NULL, NULL},
    {"a classical group", BYTES(VERSIONS X25519 SHARE), false, false, "x25519", "x25519"},
    {"a hybrid one first", BYTES(VERSIONS BOTH BOTH_SHARE), false, true,
     "X25519MLKEM768, x25519, secp256r1", "X25519MLKEM768, x25519"},
    {"groups before versions", BYTES(BOTH VERSIONS), false, true,
     "X25519MLKEM768, x25519, secp256r1", NULL},
    {"no key share for it yet", BYTES(VERSIONS BOTH SHARE), false, true,
     "X25519MLKEM768, x25519, secp256r1", "x25519"},
    {"a hybrid one last", BYTES(VERSIONS "\x00\x0a\x00\x06\x00\x04\x00\x1d\x11\xed"), false,
     true, "x25519, SecP384r1MLKEM1024", NULL},
    {"a pure one", BYTES(VERSIONS "\x00\x0a\x00\x04\x00\x02\x02\x01"), false, true, "MLKEM768",
     NULL},
    {"Kyber was a draft", BYTES(VERSIONS "\x00\x0a\x00\x06\x00\x04\x63\x99\x63\x9a"), false,
     false, "X25519Kyber768Draft00, SecP256r1Kyber768Draft00", NULL},
    {"of no use in TLS 1.2", BYTES(TLS_1_2 BOTH), false, false,
     "X25519MLKEM768, x25519, secp256r1", NULL},
    {"of no use without supported_versions", BYTES(BOTH), false, false,
     "X25519MLKEM768, x25519, secp256r1", NULL},
    {"a key share alone is no offer", BYTES(VERSIONS X25519 BOTH_SHARE), false, false, "x25519",
     "X25519MLKEM768, x25519"},
    {"GREASE is no group",
     BYTES(VERSIONS "\x00\x0a\x00\x06\x00\x04\x2a\x2a\x00\x1d"
                    "\x00\x33\x00\x0c\x00\x0a\x2a\x2a\x00\x01\x00\x00\x1d\x00\x01k"),
     false, false, "x25519", "x25519"},
    {"only GREASE",
     BYTES(VERSIONS "\x00\x0a\x00\x04\x00\x02\xfa\xfa"
                    "\x00\x33\x00\x07\x00\x05\xfa\xfa\x00\x01\x00"),
     false, false, "none", "none"},
    {"no key share, but asked for one", BYTES(VERSIONS X25519 "\x00\x33\x00\x02\x00\x00"),
     false, false, "x25519", "none"},
    {"groups without a name",
     BYTES(VERSIONS "\x00\x0a\x00\x08\x00\x06\x12\x34\xfe\x0a\x00\x00"), false, false,
     "0x1234, 0xFE0A, 0x0000", NULL},

    {"no list of groups", BYTES("\x00\x0a\x00\x00"), true, false, NULL, NULL},
    {"an empty list of groups", BYTES("\x00\x0a\x00\x02\x00\x00"), true, false, NULL, NULL},
    {"half a group", BYTES("\x00\x0a\x00\x05\x00\x03\x00\x1d\x11"), true, false, NULL, NULL},
    {"groups beyond the end", BYTES("\x00\x0a\x00\x04\x00\x04\x00\x1d"), true, false, NULL,
     NULL},
    {"bytes behind the groups", BYTES("\x00\x0a\x00\x05\x00\x02\x00\x1dx"), true, false, NULL,
     NULL},
    {"no list of key shares", BYTES("\x00\x33\x00\x00"), true, false, NULL, NULL},
    {"a key share without a key", BYTES("\x00\x33\x00\x06\x00\x04\x00\x1d\x00\x00"), true,
     false, NULL, NULL},
    {"half a key share", BYTES("\x00\x33\x00\x05\x00\x03\x00\x1d\x00"), true, false, NULL,
     NULL},
    {"a key beyond the end", BYTES("\x00\x33\x00\x07\x00\x05\x00\x1d\x00\x02k"), true, false,
     NULL, NULL},
    {"bytes behind the key shares", BYTES("\x00\x33\x00\x03\x00\x00x"), true, false, NULL,
     NULL},
};

/* A ClientHello of TLS 1.2 with these extensions. */
static struct ur_span with(const char *extensions, size_t len)
{
    static const char start[] = BODY("\x03\x03");
    char body[1024];
    size_t at = sizeof start - 1;

    if (at + 2 + len > sizeof body) {
        abort();
    }
    memcpy(body, start, at);
    body[at++] = (char)(len >> 8);
    body[at++] = (char)(len & 0xFF);
    memcpy(body + at, extensions, len);
    return message_of(1, body, at + len);
}

static void is_list(struct ur_span raw, size_t (*read)(struct ur_span, uint16_t *),
                    const char *want, const char *name)
{
    uint16_t ids[UR_HELLO_GROUPS_MAX];
    char room[1024];
    struct ur_buf text = {room, sizeof room - 1, 0};

    if (ur_span_present(raw)) {
        ur_group_write_list(&text, (struct ur_groups){ids, read(raw, ids)});
    }
    room[text.len] = '\0';
    is(ur_span_present(raw) ? room : NULL, want, name);
}

static void test_groups(void)
{
    struct ur_client_hello hello;

    for (size_t i = 0; i < COUNT(offers); i++) {
        bool good = ur_client_hello_read(with(offers[i].extensions, offers[i].len), &hello);

        if (ok(good != offers[i].refused, "%s", offers[i].name) && good) {
            ok(hello.post_quantum == offers[i].post_quantum, "%s: post-quantum: %s",
               offers[i].name, offers[i].post_quantum ? "yes" : "no");
            is_list(hello.groups, ur_client_hello_groups, offers[i].groups, offers[i].name);
            is_list(hello.key_shares, ur_client_hello_key_shares, offers[i].shares,
                    offers[i].name);
        }
    }
}

/* More than can be kept. The one that counts is the last. */
static void test_many_groups(void)
{
    enum { MANY = UR_HELLO_GROUPS_MAX + 6 };
    char extensions[6 + 2 * MANY + sizeof VERSIONS - 1] = {
        0, 10, 0, (char)(2 * MANY + 2), 0, (char)(2 * MANY)};
    uint16_t ids[UR_HELLO_GROUPS_MAX];
    struct ur_client_hello hello;

    for (size_t i = 0; i < MANY; i++) {
        extensions[7 + 2 * i] = (char)(i + 1);
    }
    memcpy(extensions + 4 + 2 * MANY, "\x11\xec", 2);
    memcpy(extensions + 6 + 2 * MANY, VERSIONS, sizeof VERSIONS - 1);
    ok(ur_client_hello_read(with(extensions, sizeof extensions), &hello) && hello.post_quantum,
       "%d groups, the last of which is post-quantum", MANY);
    ok(ur_client_hello_groups(hello.groups, ids) == UR_HELLO_GROUPS_MAX &&
           ids[UR_HELLO_GROUPS_MAX - 1] == UR_HELLO_GROUPS_MAX,
       "the first %d are kept", UR_HELLO_GROUPS_MAX);
}

/* Each extension that is read, well-formed; twice is once too often. */
static void test_twice(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } each[] = {{BYTES(X25519)}, {BYTES(ALPN_H2)}, {BYTES(VERSIONS)}, {BYTES(SHARE)}};
    struct ur_client_hello hello;
    char extensions[64];

    for (size_t i = 0; i < COUNT(each); i++) {
        for (size_t j = 0; j < COUNT(each); j++) {
            memcpy(extensions, each[i].bytes, each[i].len);
            memcpy(extensions + each[i].len, each[j].bytes, each[j].len);
            ok(ur_client_hello_read(with(extensions, each[i].len + each[j].len), &hello) ==
                   (i != j),
               "extension %d before %d", each[i].bytes[1], each[j].bytes[1]);
        }
    }
}

/* A ClientHello that ends anywhere is none; the extensions as a whole may be missing. */
static void test_cut(void)
{
    static const char whole[] = BODY("\x03\x03") "\x00\x2f" VERSIONS ALPN_H2 BOTH BOTH_SHARE;
    static const char none[] = BODY("\x03\x03");
    struct ur_client_hello hello;
    size_t wrong = 0;

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        wrong +=
            ur_client_hello_read(message_of(1, whole, len), &hello) != (len == sizeof none - 1);
    }
    ok(wrong == 0, "cut short anywhere");
    ok(ur_client_hello_read(message_of(1, whole, sizeof whole - 1), &hello), "and not cut");
}

#define OPENSSL_3                                                                              \
    "x25519, secp256r1, x448, secp521r1, secp384r1, ffdhe2048, ffdhe3072, ffdhe4096, "         \
    "ffdhe6144, ffdhe8192"

/* As they came over a wire; the fuzzer starts from them. */
static const struct {
    const char *file;
    enum ur_tls highest;
    bool post_quantum;
    const char *alpn;
    const char *groups;
    const char *shares;
} clients[] = {
    {"openssl3", UR_TLS_1_3, false, "", OPENSSL_3, "x25519"},
    {"openssl3-tls12", UR_TLS_1_2, false, "", "x25519, secp256r1, x448, secp521r1, secp384r1",
     NULL},
    {"openssl35", UR_TLS_1_3, true, "",
     "X25519MLKEM768, x25519, secp256r1, x448, secp384r1, secp521r1, ffdhe2048, ffdhe3072",
     "X25519MLKEM768, x25519"},
    {"curl", UR_TLS_1_3, false, "h2, http/1.1", OPENSSL_3, "x25519"},
    {"node", UR_TLS_1_3, false, "", OPENSSL_3, "x25519"},
    {"java", UR_TLS_1_3, false, "",
     "x25519, secp256r1, secp384r1, secp521r1, x448, ffdhe2048, ffdhe3072, ffdhe4096, "
     "ffdhe6144, ffdhe8192",
     "x25519, secp256r1"},
    {"chromium", UR_TLS_1_3, true, "h2, http/1.1",
     "X25519MLKEM768, x25519, secp256r1, secp384r1", "X25519MLKEM768, x25519"},
    {"firefox-like", UR_TLS_1_3, true, "h2, http/1.1",
     "X25519MLKEM768, x25519, secp256r1, secp384r1, secp521r1, ffdhe2048, ffdhe3072",
     "X25519MLKEM768, x25519, secp256r1"},
};

static struct ur_span content_of(const char *name)
{
    static char bytes[8192];
    char path[128];
    FILE *file;
    size_t len;

    snprintf(path, sizeof path, "test/fuzz/corpus/client_hello/%s", name);
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        abort();
    }
    len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return (struct ur_span){bytes, len};
}

static void test_clients(void)
{
    struct ur_client_hello hello;

    for (size_t i = 0; i < COUNT(clients); i++) {
        char room[128];
        struct ur_buf names = {room, sizeof room - 1, 0};

        if (!ok(ur_client_hello_read(content_of(clients[i].file), &hello), "%s",
                clients[i].file)) {
            continue;
        }
        ok(hello.highest == clients[i].highest && hello.post_quantum == clients[i].post_quantum,
           "%s: version, and %spost-quantum", clients[i].file,
           clients[i].post_quantum ? "" : "not ");
        ur_client_hello_alpn(hello.alpn, &names);
        room[names.len] = '\0';
        is(room, clients[i].alpn, clients[i].file);
        is_list(hello.groups, ur_client_hello_groups, clients[i].groups, clients[i].file);
        is_list(hello.key_shares, ur_client_hello_key_shares, clients[i].shares,
                clients[i].file);
    }
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
    test_groups();
    test_many_groups();
    test_twice();
    test_cut();
    test_clients();
    return tap_done();
}
