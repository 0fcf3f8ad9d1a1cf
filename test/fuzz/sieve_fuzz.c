#include "fuzz.h"

#include "core/protocol/ur_sieve.h"

/* Both directions of a WebSocket through sieves, with any schedule of Pings and Closes of the
 * proxy's own and any limit. What comes out, without those, is what went in, but for the
 * answers to Pings and what comes after a refusal; and the proxy's own frames stand between two
 * others.
 *
 * The input is a script: a byte says what happens, and of bytes that a side sends how many,
 * which follow. */

#define IN_MAX 4096
#define MOST   (IN_MAX * 16)

struct way {
    struct ur_sieve sieve;
    struct ur_frames frames; /* as the sieve follows them */
    struct ur_sieve slow;    /* the same one, which gets its bytes one by one */
    struct ur_frames slow_frames;
    struct ur_frames seen; /* as the other side sees them, with the proxy's own */
    bool told;             /* the last of them was a Close */

    char want[MOST]; /* what came in, without the answers to Pings */
    size_t want_len;
    char out[MOST]; /* what came out, without the proxy's own */
    size_t out_len;
};

static void goes_on(struct way *way, struct ur_span bytes)
{
    memcpy(way->out + way->out_len, bytes.at, bytes.len);
    way->out_len += bytes.len;
    ur_frames_feed(&way->seen, bytes.at, bytes.len);
}

/* The latest bytes are to be the answer to a Ping, and are taken out. */
static void take_out_pong(struct way *way)
{
    size_t header = way->slow_frames.masked ? 6 : 2;
    const char *frame = way->want + way->want_len - header - 8;
    uint64_t number = 0;

    must(way->want_len >= header + 8);
    must(frame[0] == (char)0x8a && frame[1] == (char)(header == 6 ? 0x88 : 8));
    for (unsigned i = 0; i < 8; i++) {
        char byte = (char)(frame[header + i] ^ (header == 6 ? frame[2 + i % 4] : 0));
        number = number << 8 | (unsigned char)byte;
    }
    must(number - way->slow.key == way->slow.answered);
    must(way->slow.answered <= way->slow.asked);
    way->want_len -= header + 8;
}

static void come_slowly(struct way *way, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && !way->slow.refused; i++) {
        char room[UR_SIEVE_HELD_MAX + 1];
        uint64_t swallowed = way->slow.swallowed;
        way->want[way->want_len++] = (char)data[i];
        room[UR_SIEVE_HELD_MAX] = (char)data[i];
        goes_on(way, ur_sieve_feed(&way->slow, &way->slow_frames, room + UR_SIEVE_HELD_MAX, 1));
        if (way->slow.swallowed != swallowed) {
            must(way->slow.swallowed == swallowed + 1);
            take_out_pong(way);
        }
    }
}

static bool same(const struct way *way)
{
    const struct ur_sieve *a = &way->sieve;
    const struct ur_sieve *b = &way->slow;

    return a->message == b->message && a->asked == b->asked && a->answered == b->answered &&
           a->swallowed == b->swallowed && a->refused == b->refused &&
           (a->refused ||
            (a->held_len == b->held_len && memcmp(a->held, b->held, a->held_len) == 0)) &&
           memcmp(&way->frames, &way->slow_frames, sizeof way->frames) == 0;
}

/* In a block with exactly the room in front that is asked for. */
static void come(struct way *way, const uint8_t *data, size_t len)
{
    char *block = malloc(UR_SIEVE_HELD_MAX + len);
    size_t before = way->out_len;
    struct ur_span out;

    memcpy(block + UR_SIEVE_HELD_MAX, data, len);
    out = ur_sieve_feed(&way->sieve, &way->frames, block + UR_SIEVE_HELD_MAX, len);
    come_slowly(way, data, len);
    must(way->out_len - before == out.len && memcmp(way->out + before, out.at, out.len) == 0);
    free(block);
}

static bool may_put(const struct way *way)
{
    return ur_frames_between(&way->frames) && !way->told;
}

static void put(struct way *way, const char *frame, size_t len)
{
    must(ur_frames_between(&way->seen));
    ur_frames_feed(&way->seen, frame, len);
    must(!way->seen.lost && way->seen.left == 0 && way->seen.have == 0);
}

/* To the side that gets what comes this way; its answer comes back. */
static void ping(struct way *way, struct way *back, const unsigned char *key)
{
    unsigned char payload[UR_PING_PAYLOAD];
    char frame[UR_PING_MAX];

    if (may_put(way)) {
        ur_sieve_ask(&back->slow, payload);
        ur_sieve_ask(&back->sieve, payload);
        put(way, frame, ur_frames_ping(frame, payload, key));
    }
}

static void tell(struct way *way, const unsigned char *key)
{
    char frame[UR_CLOSE_MAX];

    if (may_put(way)) {
        put(way, frame, ur_frames_close(frame, 1001, key));
        way->told = true; /* and nothing more is read of this way */
    }
}

/* As a peer answers the latest Ping, or one that there was not. */
static void pong(struct way *way, size_t off)
{
    uint64_t number = way->sieve.key + way->sieve.asked + off;
    uint8_t frame[UR_PING_MAX] = {0x8a, 8};
    size_t len = 2;

    if (way->frames.masked) {
        frame[1] |= 0x80;
        memcpy(frame + 2, "\x01\x80\xff\x55", 4);
        len = 6;
    }
    for (unsigned i = 0; i < 8; i++) {
        frame[len] = (uint8_t)(number >> (56 - 8 * i));
        frame[len] = (uint8_t)(frame[len] ^ (way->frames.masked ? frame[2 + i % 4] : 0));
        len++;
    }
    come(way, frame, len);
}

static void check(const struct way *way)
{
    must(same(way));
    must(way->sieve.held_len <= UR_SIEVE_HELD_MAX);
    must(!way->sieve.held_len || ur_frames_between(&way->frames));
    must(way->sieve.swallowed <= way->sieve.answered);
    must(way->sieve.message <= way->sieve.max || !way->sieve.max);
    must(way->told || memcmp(&way->frames, &way->seen, sizeof way->seen) == 0 ||
         ur_frames_between(&way->frames) == ur_frames_between(&way->seen));
    must(way->out_len <= way->want_len && memcmp(way->out, way->want, way->out_len) == 0);
    must(way->sieve.refused || way->want_len - way->out_len == way->sieve.held_len);
}

static void happen(struct way *way, struct way *back, unsigned what, const uint8_t *data,
                   size_t len)
{
    const unsigned char *key = way->frames.masked ? (const unsigned char *)"mask" : NULL;

    if (what == 0 && !way->told) {
        come(way, data, len);
    }
    else if (what == 1) {
        ping(way, back, key);
    }
    else if (what == 2 && !way->told) {
        pong(way, len > 28 ? len : 0);
    }
    else if (what == 3 && len == 31) {
        tell(way, key);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct way ways[2];

    if (size < 2 || size > IN_MAX) {
        return 0;
    }
    memset(ways, 0, sizeof ways);
    for (int i = 0; i < 2; i++) {
        ways[i].sieve.max = data[i] < 128 ? data[i] : (uint64_t)(data[i] - 127) << 8;
        ways[i].sieve.key = i ? 0x0123456789abcdef : data[0];
        ways[i].frames.masked = i == 0;
        ways[i].slow = ways[i].sieve;
        ways[i].slow_frames = ways[i].seen = ways[i].frames;
    }
    for (size_t at = 2; at < size;) {
        struct way *way = &ways[data[at] & 1];
        unsigned what = data[at] >> 1 & 3;
        size_t len = data[at++] >> 3;
        if (what == 0) {
            len = len < size - at ? len : size - at;
        }
        happen(way, &ways[way == ways], what, data + at, len);
        at += what == 0 ? len : 0;
        check(way);
    }
    for (int i = 0; i < 2; i++) {
        struct ur_span held = ur_sieve_end(&ways[i].sieve, &ways[i].frames);
        goes_on(&ways[i], held);
        must(ways[i].sieve.refused || ways[i].out_len == ways[i].want_len);
    }
    return 0;
}
