#include "core/protocol/ur_group.h"

struct group {
    uint16_t id;
    bool post_quantum;
    const char *name;
};

static const struct group registry[] = {
    {0x0001, false, "sect163k1"},
    {0x0002, false, "sect163r1"},
    {0x0003, false, "sect163r2"},
    {0x0004, false, "sect193r1"},
    {0x0005, false, "sect193r2"},
    {0x0006, false, "sect233k1"},
    {0x0007, false, "sect233r1"},
    {0x0008, false, "sect239k1"},
    {0x0009, false, "sect283k1"},
    {0x000A, false, "sect283r1"},
    {0x000B, false, "sect409k1"},
    {0x000C, false, "sect409r1"},
    {0x000D, false, "sect571k1"},
    {0x000E, false, "sect571r1"},
    {0x000F, false, "secp160k1"},
    {0x0010, false, "secp160r1"},
    {0x0011, false, "secp160r2"},
    {0x0012, false, "secp192k1"},
    {0x0013, false, "secp192r1"},
    {0x0014, false, "secp224k1"},
    {0x0015, false, "secp224r1"},
    {0x0016, false, "secp256k1"},
    {0x0017, false, "secp256r1"},
    {0x0018, false, "secp384r1"},
    {0x0019, false, "secp521r1"},
    {0x001A, false, "brainpoolP256r1"},
    {0x001B, false, "brainpoolP384r1"},
    {0x001C, false, "brainpoolP512r1"},
    {0x001D, false, "x25519"},
    {0x001E, false, "x448"},
    {0x001F, false, "brainpoolP256r1tls13"},
    {0x0020, false, "brainpoolP384r1tls13"},
    {0x0021, false, "brainpoolP512r1tls13"},
    {0x0022, false, "GC256A"},
    {0x0023, false, "GC256B"},
    {0x0024, false, "GC256C"},
    {0x0025, false, "GC256D"},
    {0x0026, false, "GC512A"},
    {0x0027, false, "GC512B"},
    {0x0028, false, "GC512C"},
    {0x0029, false, "curveSM2"},
    {0x0100, false, "ffdhe2048"},
    {0x0101, false, "ffdhe3072"},
    {0x0102, false, "ffdhe4096"},
    {0x0103, false, "ffdhe6144"},
    {0x0104, false, "ffdhe8192"},
    {0x0200, true, "MLKEM512"},
    {0x0201, true, "MLKEM768"},
    {0x0202, true, "MLKEM1024"},
    {0x11EB, true, "SecP256r1MLKEM768"},
    {0x11EC, true, "X25519MLKEM768"},
    {0x11ED, true, "SecP384r1MLKEM1024"},
    {0x11EE, true, "curveSM2MLKEM768"},
    {0x6399, false, "X25519Kyber768Draft00"},
    {0x639A, false, "SecP256r1Kyber768Draft00"},
};

/* NIST's names, X9.62's, Go's */
static const struct {
    const char *name;
    uint16_t id;
} aliases[] = {
    {"P-192", 0x0013},      {"prime192v1", 0x0013}, {"P-224", 0x0015}, {"P-256", 0x0017},
    {"prime256v1", 0x0017}, {"CurveP256", 0x0017},  {"P-384", 0x0018}, {"CurveP384", 0x0018},
    {"P-521", 0x0019},      {"CurveP521", 0x0019},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

_Static_assert(COUNT(registry) < 1 << UR_GROUP_BITS, "a place for each");

static const struct group *find(uint16_t id)
{
    for (size_t i = 0; i < COUNT(registry); i++) {
        if (registry[i].id == id) {
            return &registry[i];
        }
    }
    return NULL;
}

unsigned ur_group_place(uint16_t id)
{
    const struct group *group = find(id);

    return group ? (unsigned)(group - registry) + 1 : 0;
}

uint16_t ur_group_at(unsigned place)
{
    return place && place <= COUNT(registry) ? registry[place - 1].id
                                             : (uint16_t)UR_GROUP_UNKNOWN;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "0x" and four digits */
static uint16_t number_of(struct ur_span text)
{
    unsigned number = 0;

    if (text.len != 6 || text.at[0] != '0' || text.at[1] != 'x') {
        return UR_GROUP_UNKNOWN;
    }
    for (size_t i = 2; i < text.len; i++) {
        int digit = hex_digit(text.at[i]);
        if (digit < 0) {
            return UR_GROUP_UNKNOWN;
        }
        number = number << 4 | (unsigned)digit;
    }
    return (uint16_t)number;
}

uint16_t ur_group_from_name(struct ur_span name)
{
    uint16_t number = number_of(name);

    for (size_t i = 0; i < COUNT(registry); i++) {
        if (ur_span_is(name, ur_span_of(registry[i].name))) {
            return registry[i].id;
        }
    }
    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (ur_span_is(name, ur_span_of(aliases[i].name))) {
            return aliases[i].id;
        }
    }
    return find(number) ? number : UR_GROUP_UNKNOWN;
}

const char *ur_group_name(uint16_t id)
{
    const struct group *group = find(id);

    return group ? group->name : NULL;
}

bool ur_group_post_quantum(uint16_t id)
{
    const struct group *group = find(id);

    return group && group->post_quantum;
}

void ur_group_write(struct ur_buf *out, uint16_t id)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *name = ur_group_name(id);

    if (name) {
        ur_buf_string(out, name);
        return;
    }
    ur_buf_literal(out, "0x");
    for (int shift = 12; shift >= 0; shift -= 4) {
        ur_buf_bytes(out, &digits[id >> shift & 0xF], 1);
    }
}

void ur_group_write_list(struct ur_buf *out, struct ur_groups groups)
{
    if (!groups.count) {
        ur_buf_literal(out, "none");
    }
    for (size_t i = 0; i < groups.count; i++) {
        ur_buf_string(out, i ? ", " : "");
        ur_group_write(out, groups.ids[i]);
    }
}
