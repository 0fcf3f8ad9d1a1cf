#include "tap.h"

#include "core/protocol/ur_group.h"

/* The public names, number by number: the registry is the truth, not the table in the code. */
static const struct {
    const char *name;
    uint16_t id; /* 0: unknown */
    bool post_quantum;
    const char *canonical;
} cases[] = {
    {"x25519", 29, false, "x25519"},
    {"X25519", 29, false, "x25519"},
    {"X448", 30, false, "x448"},
    {"secp256r1", 23, false, "secp256r1"},
    {"P-256", 23, false, "secp256r1"},
    {"p-256", 23, false, "secp256r1"},
    {"prime256v1", 23, false, "secp256r1"},
    {"CurveP256", 23, false, "secp256r1"},
    {"secp384r1", 24, false, "secp384r1"},
    {"P-384", 24, false, "secp384r1"},
    {"secp521r1", 25, false, "secp521r1"},
    {"P-521", 25, false, "secp521r1"},
    {"secp224r1", 21, false, "secp224r1"},
    {"prime192v1", 19, false, "secp192r1"},
    {"sect571r1", 14, false, "sect571r1"},
    {"secp256k1", 22, false, "secp256k1"},
    {"brainpoolP256r1", 26, false, "brainpoolP256r1"},
    {"brainpoolP512r1", 28, false, "brainpoolP512r1"},
    {"brainpoolP256r1tls13", 31, false, "brainpoolP256r1tls13"},
    {"brainpoolP512r1tls13", 33, false, "brainpoolP512r1tls13"},
    {"GC512C", 40, false, "GC512C"},
    {"curveSM2", 41, false, "curveSM2"},
    {"ffdhe2048", 256, false, "ffdhe2048"},
    {"ffdhe3072", 257, false, "ffdhe3072"},
    {"ffdhe4096", 258, false, "ffdhe4096"},
    {"ffdhe6144", 259, false, "ffdhe6144"},
    {"ffdhe8192", 260, false, "ffdhe8192"},
    {"MLKEM512", 512, true, "MLKEM512"},
    {"MLKEM768", 513, true, "MLKEM768"},
    {"MLKEM1024", 514, true, "MLKEM1024"},
    {"SecP256r1MLKEM768", 4587, true, "SecP256r1MLKEM768"},
    {"X25519MLKEM768", 4588, true, "X25519MLKEM768"},
    {"x25519mlkem768", 4588, true, "X25519MLKEM768"},
    {"SecP384r1MLKEM1024", 4589, true, "SecP384r1MLKEM1024"},
    {"curveSM2MLKEM768", 4590, true, "curveSM2MLKEM768"},
    {"0x11ec", 4588, true, "X25519MLKEM768"},
    {"0x11EC", 4588, true, "X25519MLKEM768"},
    {"0x001d", 29, false, "x25519"},

    /* Kyber is not ML-KEM */
    {"X25519Kyber768Draft00", 25497, false, "X25519Kyber768Draft00"},
    {"SecP256r1Kyber768Draft00", 25498, false, "SecP256r1Kyber768Draft00"},

    {"", 0, false, NULL},
    {NULL, 0, false, NULL},
    {"X25519MLKEM76", 0, false, NULL},
    {"X25519MLKEM768 ", 0, false, NULL},
    {"X25519MLKEM768,x25519", 0, false, NULL},
    {"RSA", 0, false, NULL},
    {"0x1234", 0, false, NULL},
    {"0x0a0a", 0, false, NULL},
    {"0x0000", 0, false, NULL},
    {"0x11e", 0, false, NULL},
    {"0x011ec", 0, false, NULL},
    {"0x11eg", 0, false, NULL},
    {"1x11ec", 0, false, NULL},
    {"0011ec", 0, false, NULL},
};

/* Rows that have a name as the registry spells it, and are post-quantum. */
static size_t listed(void)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT(cases); i++) {
        count += cases[i].post_quantum && strcmp(cases[i].name, cases[i].canonical) == 0;
    }
    return count;
}

static void is_written(struct ur_groups groups, const char *want)
{
    char room[64];
    struct ur_buf text = {room, sizeof room - 1, 0};

    ur_group_write_list(&text, groups);
    room[text.len] = '\0';
    is(room, want, want);
}

static void test_written(void)
{
    static const uint16_t ids[] = {0x11EC, 29, 0x1234, 0, 0xFFFF};

    is_written((struct ur_groups){ids, COUNT(ids)},
               "X25519MLKEM768, x25519, 0x1234, 0x0000, 0xFFFF");
    is_written((struct ur_groups){ids, 1}, "X25519MLKEM768");
    is_written((struct ur_groups){ids, 0}, "none");
}

int main(void)
{
    size_t known = 0;
    size_t post_quantum = 0;

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint16_t id = ur_group_from_name(edge(cases[i].name));
        const char *shown = cases[i].name ? cases[i].name : "(absent)";

        ok(id == cases[i].id, "'%s' is %u", shown, cases[i].id);
        ok(ur_group_post_quantum(id) == cases[i].post_quantum, "'%s' post-quantum: %s", shown,
           cases[i].post_quantum ? "yes" : "no");
        is(ur_group_name(id), cases[i].canonical, shown);
    }
    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        const char *name = ur_group_name((uint16_t)id);

        if (name) {
            known++;
            ok(strlen(name) <= UR_GROUP_NAME_MAX, "'%s' is not too long", name);
            ok(ur_group_from_name(edge(name)) == id, "'%s' finds itself", name);
            ok(ur_group_at(ur_group_place((uint16_t)id)) == id &&
                   ur_group_place((uint16_t)id) < 1U << UR_GROUP_BITS,
               "'%s' has a place", name);
            ok((strstr(name, "MLKEM") != NULL) == ur_group_post_quantum((uint16_t)id),
               "'%s' is post-quantum if it is ML-KEM", name);
        }
        post_quantum += ur_group_post_quantum((uint16_t)id);
    }
    ok(ur_group_place(UR_GROUP_UNKNOWN) == 0 && ur_group_place(0xFEED) == 0 &&
           ur_group_at(0) == UR_GROUP_UNKNOWN &&
           ur_group_at((unsigned)known + 1) == UR_GROUP_UNKNOWN,
       "an unknown group has place 0");
    ok(known > post_quantum && post_quantum == listed(), "none that is not listed above");
    test_written();
    return tap_done();
}
