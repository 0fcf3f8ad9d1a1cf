#include "tap.h"

#include "values/ur_frames.h"

/* What the bytes come to, given all at once and one by one. */
static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    bool masked;
    bool between;
    bool lost;
    bool closed;
} cases[] = {
#define BYTES(literal) literal, sizeof(literal) - 1
    {"nothing yet", BYTES(""), false, true, false, false},
    {"a text of two bytes", BYTES("\x81\x02hi"), false, true, false, false},
    {"two frames", BYTES("\x81\x01h\x82\x01i"), false, true, false, false},
    {"an empty frame", BYTES("\x81\x00"), false, true, false, false},
    {"a fragment: control frames may follow", BYTES("\x01\x01h"), false, true, false, false},
    {"half a header", BYTES("\x81"), false, false, false, false},
    {"a header without its payload", BYTES("\x81\x02"), false, false, false, false},
    {"half a payload", BYTES("\x81\x02h"), false, false, false, false},
    {"a masked frame", BYTES("\x81\x82kkkkhi"), true, true, false, false},
    {"half a key", BYTES("\x81\x82kk"), true, false, false, false},
    {"a length of 16 bits", BYTES("\x82\x7e\x00\x03xyz"), false, true, false, false},
    {"half a length of 16 bits", BYTES("\x82\x7e\x00"), false, false, false, false},
    {"a length of 64 bits", BYTES("\x82\x7f\0\0\0\0\0\0\0\x02xy"), false, true, false, false},
    {"a masked length of 64 bits", BYTES("\x82\xff\0\0\0\0\0\0\0\x01kkkkx"), true, true, false,
     false},
    {"2^62 bytes: far from done", BYTES("\x82\x7f\x40\0\0\0\0\0\0\0xy"), false, false, false,
     false},
    {"a length of more than 63 bits", BYTES("\x82\x7f\x80\0\0\0\0\0\0\0xy"), false, false, true,
     false},
    {"a Ping", BYTES("\x89\x00"), false, true, false, false},
    {"a Ping of 126 bytes", BYTES("\x89\x7e\x00\x7e"), false, false, true, false},
    {"a fragment of a Ping", BYTES("\x09\x00"), false, false, true, false},
    {"a client that does not mask", BYTES("\x81\x01h"), true, false, true, false},
    {"a server that masks", BYTES("\x81\x81kkkkh"), false, false, true, false},
    {"a Close", BYTES("\x88\x02\x03\xe8"), false, false, false, true},
    {"a Close that has begun", BYTES("\x88\x02\x03"), false, false, false, true},
    {"a frame after a Close", BYTES("\x88\x00\x81\x01h"), false, false, true, true},
    {"another protocol", BYTES("GET / HTTP/1.1\r\n"), false, false, true, false},
};

static void check(size_t i, size_t step)
{
    struct ur_frames frames = {.masked = cases[i].masked};
    char *bytes = malloc(cases[i].len + 1);

    memcpy(bytes, cases[i].bytes, cases[i].len);
    for (size_t at = 0; at < cases[i].len; at += step) {
        size_t len = cases[i].len - at < step ? cases[i].len - at : step;
        ur_frames_feed(&frames, bytes + at, len);
    }
    free(bytes);
    ok(ur_frames_between(&frames) == cases[i].between && frames.lost == cases[i].lost &&
           frames.closed == cases[i].closed,
       "%s, in steps of %zu", cases[i].name, step);
}

/* What is written is read back as what it is, by the side that it is for. */
static void check_close(const unsigned char *key, const char *want, size_t want_len)
{
    char out[UR_CLOSE_MAX];
    struct ur_frames frames = {.masked = key != NULL};
    size_t len = ur_frames_close(out, 1001, key);

    ok(len == want_len && memcmp(out, want, len) == 0, "the bytes of a Close%s",
       key ? ", masked" : "");
    ur_frames_feed(&frames, out, len);
    ok(frames.closed && !frames.lost && frames.left == 0, "and it reads as one");
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(i, 1);
        check(i, 3);
        check(i, 1000);
    }
    check_close(NULL, "\x88\x02\x03\xe9", 4);
    check_close((const unsigned char *)"\x01\x02\x04\x08", "\x88\x82\x01\x02\x04\x08\x02\xeb",
                8);
    return tap_done();
}
