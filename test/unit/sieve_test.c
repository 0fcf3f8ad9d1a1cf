#include "tap.h"

#include "core/protocol/ur_sieve.h"

#define BYTES(literal) literal, sizeof(literal) - 1

/* The Pings of these tests are the third to the fifth: two were answered before. */
#define KEY UINT64_C(0x3132333435363700)

/* What goes on, what of that is held back at first, and whether it ends in a refusal. */
static const struct {
    const char *name;
    uint64_t max;
    const char *in;
    size_t in_len;
    const char *out;
    size_t out_len;
    size_t held; /* at the end */
    uint64_t swallowed;
    bool masked;
    bool asked;
    bool refused;
} cases[] = {
#define SAME(literal) BYTES(literal), BYTES(literal)
    {"no rule: all goes on", 0,
     SAME("\x81\x02hi\x8a\x08"
          "1234567\x03\x82"),
     0, 0, false, false, false},

    /* The longest message */
    {"as long as may be", 3,
     SAME("\x82\x03"
          "abc"),
     0, 0, false, false, false},
    {"a byte longer", 3,
     BYTES("\x82\x04"
           "abcd"),
     BYTES(""), 0, 0, false, false, true},
    {"as long as may be, masked", 3, SAME("\x82\x83kkkkabc"), 0, 0, true, false, false},
    {"a byte longer, masked", 3, BYTES("\x82\x84kkkkabcd"), BYTES(""), 0, 0, true, false, true},
    {"known before the key", 3, BYTES("\x82\x84"), BYTES(""), 0, 0, true, false, true},
    {"what stands before goes on", 3,
     BYTES("\x81\x01h\x82\x04"
           "abcd"),
     BYTES("\x81\x01h"), 0, 0, false, false, true},
    {"after a refusal nothing does", 3,
     BYTES("\x82\x04"
           "abcd\x81\x01h"),
     BYTES(""), 0, 0, false, false, true},
    {"fragments, as long as may be", 3,
     SAME("\x01\x01"
          "a\x00\x01"
          "b\x80\x01"
          "c"),
     0, 0, false, false, false},
    {"fragments, a byte longer", 3,
     BYTES("\x01\x01"
           "a\x00\x01"
           "b\x80\x02"
           "cd"),
     BYTES("\x01\x01"
           "a\x00\x01"
           "b"),
     0, 0, false, false, true},
    {"the last of them is empty", 2,
     SAME("\x01\x02"
          "ab\x80\x00"),
     0, 0, false, false, false},
    {"then another message", 3,
     SAME("\x01\x02"
          "ab\x80\x01"
          "c\x82\x03xyz\x82\x03xyz"),
     0, 0, false, false, false},
    {"a Ping and a Pong between fragments do not count", 2,
     SAME("\x01\x01"
          "a\x89\x04ping\x8a\x04pong\x80\x01"
          "b"),
     0, 0, false, false, false},
    {"control frames may be longer", 1,
     SAME("\x89\x04ping\x8a\x04pong\x88\x04\x03\xe8"
          "by"),
     0, 0, false, false, false},
    {"fragments that all begin a message are one", 3,
     BYTES("\x01\x02"
           "ab\x01\x02"
           "cd"),
     BYTES("\x01\x02"
           "ab"),
     0, 0, false, false, true},
    {"a length of 16 bits", 256, BYTES("\x82\x7e\x01\x01"), BYTES(""), 0, 0, false, false,
     true},
    {"half of it", 256, BYTES("\x82\x7e\x01"), BYTES(""), 3, 0, false, false, false},
    {"16 bits for a small one", 3, SAME("\x82\x7e\x00\x03xyz"), 0, 0, false, false, false},
    {"a length of 64 bits", 65535, BYTES("\x82\x7f\0\0\0\0\0\1\0\0"), BYTES(""), 0, 0, false,
     false, true},
    {"all but a byte of it", 65535, BYTES("\x82\x7f\0\0\0\0\0\1\0"), BYTES(""), 9, 0, false,
     false, false},
    {"64 bits for a small one", 3, SAME("\x82\x7f\0\0\0\0\0\0\0\3xyz"), 0, 0, false, false,
     false},
    {"2^63 bytes", INT64_MAX, BYTES("\x82\x7f\x80\0\0\0\0\0\0\0xyz"), BYTES(""), 0, 0, false,
     false, true},
    {"2^64 - 1 after a fragment", INT64_MAX,
     BYTES("\x02\x01x\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), BYTES("\x02\x01x"), 0, 0,
     false, false, true},
    {"2^63 - 1 with the limit of that", INT64_MAX,
     SAME("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffx"), 0, 0, false, false, false},
    {"2^63 without a limit: no frames", 0, SAME("\x82\x7f\x80\0\0\0\0\0\0\0xyz"), 0, 0, false,
     false, false},
    {"a client that does not mask", 3,
     BYTES("\x82\x04"
           "abcd"),
     BYTES(""), 0, 0, true, false, true},
    {"compressed: as it is sent", 3,
     BYTES("\xc1\x04"
           "abcd"),
     BYTES(""), 0, 0, false, false, true},
    {"what are no frames goes on", 3, SAME("GET / HTTP/1.1\r\n\r\n"), 0, 0, false, false,
     false},
    {"and so does what follows a Close", 3,
     SAME("\x88\x00\x82\x04"
          "abcd"),
     0, 0, false, false, false},

    /* Pongs */
    {"the answer to the third Ping", 0,
     BYTES("\x8a\x08"
           "1234567\x03"),
     BYTES(""), 0, 1, false, true, false},
    {"the answer to the latest", 0,
     BYTES("\x8a\x08"
           "1234567\x05"),
     BYTES(""), 0, 1, false, true, false},
    {"all three, in order", 0,
     BYTES("\x8a\x08"
           "1234567\x03\x8a\x08"
           "1234567\x04\x8a\x08"
           "1234567\x05"),
     BYTES(""), 0, 3, false, true, false},
    {"the same one twice: once", 0,
     BYTES("\x8a\x08"
           "1234567\x03\x8a\x08"
           "1234567\x03"),
     BYTES("\x8a\x08"
           "1234567\x03"),
     0, 1, false, true, false},
    {"none before the latest that is answered", 0,
     BYTES("\x8a\x08"
           "1234567\x05\x8a\x08"
           "1234567\x04"),
     BYTES("\x8a\x08"
           "1234567\x04"),
     0, 1, false, true, false},
    {"one that was answered before", 0,
     SAME("\x8a\x08"
          "1234567\x02"),
     0, 0, false, true, false},
    {"one that was not sent yet", 0,
     SAME("\x8a\x08"
          "1234567\x06"),
     0, 0, false, true, false},
    {"none was sent", 0,
     SAME("\x8a\x08"
          "1234567\x03"),
     0, 0, false, false, false},
    {"masked", 0, BYTES("\x8a\x88\1\2\3\4\x30\x30\x30\x30\x34\x34\x34\x07"), BYTES(""), 0, 1,
     true, true, false},
    {"masked, another one", 0, SAME("\x8a\x88\1\2\3\4\x30\x30\x30\x30\x34\x34\x35\x07"), 0, 0,
     true, true, false},
    {"masked by a server", 0, SAME("\x8a\x88\1\2\3\4\x30\x30\x30\x30\x34\x34\x34\x07"), 0, 0,
     false, true, false},
    {"not masked by a client", 0,
     SAME("\x8a\x08"
          "1234567\x03"),
     0, 0, true, true, false},
    {"a Ping with this payload", 0,
     SAME("\x89\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"a message with this payload", 0,
     SAME("\x82\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"a fragment of a Pong", 0,
     SAME("\x0a\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"with a reserved bit", 0,
     SAME("\xca\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"an empty one", 0, SAME("\x8a\x00"), 0, 0, false, true, false},
    {"a byte longer", 0,
     SAME("\x8a\x09"
          "1234567\x03x"),
     0, 0, false, true, false},
    {"a byte shorter", 0,
     SAME("\x8a\x07"
          "1234567"),
     0, 0, false, true, false},
    {"length in 16 bits", 0,
     SAME("\x8a\x7e\x00\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"what stands around it goes on", 0,
     BYTES("\x81\x02hi\x8a\x08"
           "1234567\x03\x89\x01p"),
     BYTES("\x81\x02hi\x89\x01p"), 0, 1, false, true, false},
    {"between fragments", 4,
     BYTES("\x01\x02"
           "ab\x8a\x08"
           "1234567\x04\x80\x02"
           "cd"),
     BYTES("\x01\x02"
           "ab\x80\x02"
           "cd"),
     0, 1, false, true, false},
    {"not in the payload of a message", 0,
     SAME("\x82\x0a\x8a\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"half a header", 0, BYTES("\x81\x01h\x8a"), BYTES("\x81\x01h"), 1, 0, false, true, false},
    {"all but a byte", 0,
     BYTES("\x8a\x08"
           "1234567"),
     BYTES(""), 9, 0, false, true, false},
    {"all but a byte, masked", 0, BYTES("\x8a\x88\1\2\3\4\x30\x30\x30\x30\x34\x34\x34"),
     BYTES(""), 13, 0, true, true, false},
    {"as long as it may be the answer, and no longer", 0,
     SAME("\x8a\x08"
          "12x"),
     0, 0, false, true, false},
    {"a header says that it is none", 0,
     SAME("\x8a\x05"
          "12"),
     0, 0, false, true, false},
    {"other frames are not held back", 0, SAME("\x89"), 0, 0, false, true, false},
    {"nor are messages without a limit", 0, SAME("\x82\x7e"), 0, 0, false, true, false},
    {"what are no frames", 0,
     SAME("\x83\x00\x8a\x08"
          "1234567\x03"),
     0, 0, false, true, false},
    {"after a Close", 0,
     SAME("\x88\x00\x8a\x08"
          "1234567\x03"),
     0, 0, false, true, false},
};

static struct ur_sieve sieve_of(size_t i)
{
    return (struct ur_sieve){
        .max = cases[i].max, .key = KEY, .asked = cases[i].asked ? 5 : 2, .answered = 2};
}

static void check(size_t i, size_t step)
{
    struct ur_sieve sieve = sieve_of(i);
    struct ur_frames frames = {.masked = cases[i].masked};
    char *out = malloc(cases[i].in_len + 1);
    size_t out_len = 0;
    bool right;

    for (size_t at = 0; at < cases[i].in_len; at += step) {
        size_t len = cases[i].in_len - at < step ? cases[i].in_len - at : step;
        char *room = malloc(UR_SIEVE_HELD_MAX + len);
        memcpy(room + UR_SIEVE_HELD_MAX, cases[i].in + at, len);
        struct ur_span part = ur_sieve_feed(&sieve, &frames, room + UR_SIEVE_HELD_MAX, len);
        memcpy(out + out_len, part.at, part.len);
        out_len += part.len;
        free(room);
    }
    right = out_len == cases[i].out_len && memcmp(out, cases[i].out, out_len) == 0 &&
            sieve.held_len == cases[i].held && sieve.swallowed == cases[i].swallowed &&
            sieve.refused == cases[i].refused;
    ok(right, "%s, in steps of %zu", cases[i].name, step);
    if (!sieve.refused) {
        struct ur_span held = ur_sieve_end(&sieve, &frames);
        ok(held.len == cases[i].held &&
               memcmp(held.at, cases[i].in + cases[i].in_len - held.len, held.len) == 0,
           "%s, and then the end", cases[i].name);
    }
    free(out);
}

/* What is asked is what is known again, and by the side that it is for. */
static void check_ping(bool masked)
{
    struct ur_sieve sieve = {.key = UINT64_MAX >> 1};
    struct ur_frames frames = {.masked = masked};
    unsigned char payload[UR_PING_PAYLOAD];
    char room[UR_SIEVE_HELD_MAX + UR_PING_MAX];
    char *frame = room + UR_SIEVE_HELD_MAX;
    size_t len;

    for (unsigned i = 0; i < 300; i++) {
        ur_sieve_ask(&sieve, payload);
    }
    len = ur_frames_ping(frame, payload, masked ? (const unsigned char *)"\1\2\3\4" : NULL);
    ok(len == (masked ? 14 : 10) && frame[0] == (char)0x89, "a Ping is %zu bytes", len);
    ur_frames_feed(&frames, frame, len);
    ok(ur_frames_between(&frames), "and reads as a frame");
    frame[0] = (char)0x8a;
    ok(ur_sieve_feed(&sieve, &frames, frame, len).len == 0 && sieve.swallowed == 1 &&
           sieve.answered == 300,
       "and its Pong is swallowed%s", masked ? ", masked" : "");
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step <= cases[i].in_len; step++) {
            check(i, step);
        }
    }
    check_ping(false);
    check_ping(true);
    return tap_done();
}
