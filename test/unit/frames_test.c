#include "tap.h"

#include "core/protocol/ur_frames.h"

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
    {"a Close of one byte", BYTES("\x88\x01\x03"), false, false, true, false},
    {"a masked Close of one byte", BYTES("\x88\x81kkkk\x03"), true, false, true, false},
    {"a Close of 126 bytes", BYTES("\x88\x7e\x00\x7e"), false, false, true, false},
    {"a fragment of a Close", BYTES("\x08\x02\x03\xe8"), false, false, true, false},
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

/* What a Close says. no: not come, or not as far as its code */
static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    bool masked;
    bool said;
    unsigned code;
} closes[] = {
    {"no Close", BYTES("\x81\x02\x03\xe8"), false, false, 0},
    {"1000", BYTES("\x88\x02\x03\xe8"), false, true, 1000},
    {"1000 and a reason",
     BYTES("\x88\x05\x03\xe8"
           "bye"),
     false, true, 1000},
    {"1000 and half a reason",
     BYTES("\x88\x05\x03\xe8"
           "b"),
     false, true, 1000},
    {"no code: 1005", BYTES("\x88\x00"), false, true, UR_FRAMES_NO_CODE},
    {"masked, no code", BYTES("\x88\x80kkkk"), true, true, UR_FRAMES_NO_CODE},
    {"masked, 1001", BYTES("\x88\x82\x01\x02\x04\x08\x02\xeb"), true, true, 1001},
    {"masked, a reason", BYTES("\x88\x85\xff\xfe\xfd\xfc\xf0\x5eXYZ"), true, true, 4000},
    {"after other frames", BYTES("\x81\x02hi\x89\x01p\x88\x02\x0f\xa1"), false, true, 4001},
    {"after a long one", BYTES("\x82\xfe\x00\x02kkkkxy\x88\x82\x00\x00\x00\x00\x03\xe9"), true,
     true, 1001},
    {"0", BYTES("\x88\x02\x00\x00"), false, true, 0},
    {"65535", BYTES("\x88\x02\xff\xff"), false, true, 65535},
    {"half a header", BYTES("\x88"), false, false, 0},
    {"half a key", BYTES("\x88\x82kk"), true, false, 0},
    {"without its code", BYTES("\x88\x02"), false, false, 0},
    {"half a code", BYTES("\x88\x02\x03"), false, false, 0x03},
    {"one byte is no code", BYTES("\x88\x01\x03"), false, false, 0},
    {"what follows a Close is none", BYTES("\x88\x02\x03\xe8\x88\x02\x03\xe9"), false, true,
     1000},
    {"after what is no frame", BYTES("\x83\x00\x88\x02\x03\xe8"), false, false, 0},
};

static void check_code(size_t i, size_t step)
{
    struct ur_frames frames = {.masked = closes[i].masked};
    char *bytes = malloc(closes[i].len);

    memcpy(bytes, closes[i].bytes, closes[i].len);
    for (size_t at = 0; at < closes[i].len; at += step) {
        size_t len = closes[i].len - at < step ? closes[i].len - at : step;
        ur_frames_feed(&frames, bytes + at, len);
    }
    free(bytes);
    ok(ur_frames_said_close(&frames) == closes[i].said && frames.code == closes[i].code,
       "Close: %s, in steps of %zu", closes[i].name, step);
}

/* What need not be seen is skipped, at most so much at a time. */
static void check_skipping(size_t i, size_t most)
{
    struct ur_frames all = {.masked = cases[i].masked};
    struct ur_frames seen = all;

    ur_frames_feed(&all, cases[i].bytes, cases[i].len);
    for (size_t at = 0; at < cases[i].len;) {
        size_t step = cases[i].len - at < most ? cases[i].len - at : most;
        if (ur_frames_payload(&seen)) {
            step = step < ur_frames_payload(&seen) ? step : (size_t)ur_frames_payload(&seen);
            ur_frames_skip(&seen, step);
        }
        else {
            step = 1;
            ur_frames_feed(&seen, cases[i].bytes + at, step);
        }
        at += step;
    }
    ok(memcmp(&seen, &all, sizeof all) == 0, "%s, skipping %zu at most", cases[i].name, most);
}

/* Of the latest frame; nothing is known of what is no frame. */
static void check_size(const char *bytes, size_t len, uint64_t size, uint64_t payload)
{
    struct ur_frames frames = {.masked = false};

    ur_frames_feed(&frames, bytes, len);
    ok(frames.size == size && ur_frames_payload(&frames) == payload,
       "%zu bytes: a frame of %u, %u to come", len, (unsigned)size, (unsigned)payload);
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
    ok(ur_frames_said_close(&frames) && frames.code == 1001 && !frames.lost && frames.left == 0,
       "and it reads as one");
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(i, 1);
        check(i, 3);
        check(i, 1000);
        check_skipping(i, 1);
        check_skipping(i, 1000);
    }
    for (size_t i = 0; i < sizeof closes / sizeof closes[0]; i++) {
        for (size_t step = 1; step <= closes[i].len; step++) {
            check_code(i, step);
        }
    }
    check_size(BYTES(""), 0, 0);
    check_size(BYTES("\x82\x7e\x01\x00xy"), 256, 254);
    check_size(BYTES("\x82\x01x"), 1, 0);
    check_size(BYTES("\x82\x01x\x82"), 1, 0);
    check_size(BYTES("\x82\x03xyz\x82\x02x"), 2, 1);
    check_size(BYTES("\x82\x03xyz\x83\x02x"), 0, 0);
    check_size(BYTES("\x88\x02\x03"), 2, 0); /* the code of a Close is to be seen */
    check_close(NULL, "\x88\x02\x03\xe9", 4);
    check_close((const unsigned char *)"\x01\x02\x04\x08", "\x88\x82\x01\x02\x04\x08\x02\xeb",
                8);
    return tap_done();
}
