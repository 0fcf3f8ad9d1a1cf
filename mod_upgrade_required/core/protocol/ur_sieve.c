#include "core/protocol/ur_sieve.h"

#include <string.h>

enum {
    FIN = 0x80,
    OPCODE = 0x0f,
    DATA_MAX = 2, /* continuation, text, binary */
    PONG = 0x8a,  /* which is never in fragments */
    MASK = 0x80,
    LENGTH = 0x7f,
    KEY_SIZE = 4
};

/* What becomes of the beginning of a frame. */
enum verdict { PASSES, IS_HELD, IS_SWALLOWED, IS_REFUSED };

static bool is_data(const unsigned char *frame)
{
    return (frame[0] & OPCODE) <= DATA_MAX;
}

/* Whether the first bytes of a payload, as a number, may be of a Ping that is unanswered: their
 * numbers follow each other. */
static bool may_answer(const struct ur_sieve *sieve, uint64_t number, size_t bytes)
{
    unsigned missing = (unsigned)(8 * (UR_PING_PAYLOAD - bytes));
    uint64_t first = sieve->key + sieve->answered + 1;
    uint64_t last = sieve->key + sieve->asked;

    return bytes == 0 || (number >= first >> missing && number <= last >> missing);
}

/* The first bytes of the payload, without their mask. */
static uint64_t payload_number(const unsigned char *frame, size_t header, size_t bytes)
{
    const unsigned char *key = frame[1] & MASK ? frame + header - KEY_SIZE : NULL;
    uint64_t number = 0;

    for (size_t i = 0; i < bytes; i++) {
        number = number << 8 | (uint64_t)(frame[header + i] ^ (key ? key[i % KEY_SIZE] : 0));
    }
    return number;
}

static enum verdict judge_pong(struct ur_sieve *sieve, const struct ur_frames *frames,
                               const unsigned char *frame, size_t len)
{
    size_t header = frames->masked ? 2 + KEY_SIZE : 2;
    size_t bytes = len > header ? len - header : 0;
    uint64_t number;

    if (len < 2) {
        return IS_HELD;
    }
    if (frame[1] != (frames->masked ? MASK | UR_PING_PAYLOAD : UR_PING_PAYLOAD)) {
        return PASSES;
    }
    bytes = bytes > UR_PING_PAYLOAD ? UR_PING_PAYLOAD : bytes;
    number = payload_number(frame, header, bytes);
    if (!may_answer(sieve, number, bytes)) {
        return PASSES;
    }
    if (bytes < UR_PING_PAYLOAD) {
        return IS_HELD;
    }
    sieve->answered = number - sieve->key;
    sieve->swallowed++;
    return IS_SWALLOWED;
}

static enum verdict judge_data(struct ur_sieve *sieve, const unsigned char *frame, size_t len)
{
    uint64_t size;

    if (!ur_frames_size(frame, len, &size)) {
        return IS_HELD;
    }
    if (size > sieve->max - sieve->message) {
        return IS_REFUSED;
    }
    sieve->message = frame[0] & FIN ? 0 : sieve->message + size;
    return PASSES;
}

/* At the beginning of a frame, of which len bytes are there. */
static enum verdict judge(struct ur_sieve *sieve, const struct ur_frames *frames,
                          const char *at, size_t len)
{
    const unsigned char *frame = (const unsigned char *)at;

    if (sieve->max && is_data(frame)) {
        return judge_data(sieve, frame, len);
    }
    if (frame[0] == PONG && sieve->asked != sieve->answered) {
        return judge_pong(sieve, frames, frame, len);
    }
    return PASSES;
}

/* What is looked at, of what has not gone on yet. */
struct cursor {
    char *from;
    char *end;
    char *out; /* what goes on ends here */
};

static void pass(struct cursor *cursor, struct ur_frames *frames)
{
    size_t len = ur_frames_step(frames, cursor->from, (size_t)(cursor->end - cursor->from));

    if (cursor->out != cursor->from) {
        memmove(cursor->out, cursor->from, len);
    }
    cursor->out += len;
    cursor->from += len;
}

static void hold(struct ur_sieve *sieve, struct cursor *cursor)
{
    sieve->held_len = (unsigned char)(cursor->end - cursor->from);
    memcpy(sieve->held, cursor->from, sieve->held_len);
    cursor->from = cursor->end;
}

/* A whole frame, or as much of it as there is, or as has to stay. */
static void go_on(struct ur_sieve *sieve, struct ur_frames *frames, struct cursor *cursor)
{
    enum verdict verdict =
        ur_frames_between(frames)
            ? judge(sieve, frames, cursor->from, (size_t)(cursor->end - cursor->from))
            : PASSES;

    switch (verdict) {
    case PASSES:
        pass(cursor, frames);
        break;
    case IS_HELD:
        hold(sieve, cursor);
        break;
    case IS_SWALLOWED:
        cursor->from += (frames->masked ? 2 + KEY_SIZE : 2) + UR_PING_PAYLOAD;
        break;
    default:
        sieve->refused = true;
        break;
    }
}

struct ur_span ur_sieve_feed(struct ur_sieve *sieve, struct ur_frames *frames, char *at,
                             size_t len)
{
    char *begin = at - sieve->held_len;
    struct cursor cursor = {begin, at + len, begin};

    memcpy(begin, sieve->held, sieve->held_len);
    sieve->held_len = 0;
    while (cursor.from < cursor.end && !sieve->refused) {
        go_on(sieve, frames, &cursor);
    }
    return (struct ur_span){begin, (size_t)(cursor.out - begin)};
}

struct ur_span ur_sieve_end(struct ur_sieve *sieve, struct ur_frames *frames)
{
    struct ur_span held = {sieve->held, sieve->held_len};

    sieve->held_len = 0;
    ur_frames_feed(frames, held.at, held.len);
    return held;
}

void ur_sieve_ask(struct ur_sieve *sieve, unsigned char payload[UR_PING_PAYLOAD])
{
    uint64_t number = sieve->key + ++sieve->asked;

    for (unsigned i = 0; i < UR_PING_PAYLOAD; i++) {
        payload[i] = (unsigned char)(number >> 8 * (UR_PING_PAYLOAD - 1 - i));
    }
}
