#include "core/protocol/ur_frames.h"

#include <string.h>

enum {
    FIN = 0x80,
    OPCODE = 0x0f,
    CONTROL = 0x08, /* the bit that sets control frames apart */
    CLOSE = 0x08,
    PING = 0x09,
    KIND_MAX = 2, /* continuation, text, binary; Close, Ping, Pong: the others are reserved */
    MASK = 0x80,
    LENGTH = 0x7f,
    LENGTH_16 = 126, /* two bytes of length follow */
    LENGTH_64 = 127,
    KEY_SIZE = 4,
    CODE_SIZE = 2
};

/* The header's own length, as soon as its first two bytes are there. */
static size_t header_size(const unsigned char *header)
{
    size_t size = header[1] & MASK ? 2 + KEY_SIZE : 2;

    switch (header[1] & LENGTH) {
    case LENGTH_16:
        return size + 2;
    case LENGTH_64:
        return size + 8;
    default:
        return size;
    }
}

static uint64_t payload_size(const unsigned char *header)
{
    unsigned length = header[1] & LENGTH;
    unsigned bytes = length == LENGTH_64 ? 8 : length == LENGTH_16 ? 2 : 0;
    uint64_t size = bytes ? 0 : length;

    for (unsigned i = 0; i < bytes; i++) {
        size = size << 8 | header[2 + i];
    }
    return size;
}

static bool is_close(const unsigned char *header)
{
    return (header[0] & OPCODE) == CLOSE;
}

/* 5.2 and 5.5: what no endpoint may send, after which the rest cannot be trusted. The payload
 * of a Close is empty, or begins with two bytes of code (5.5.1). */
static bool is_sound(const struct ur_frames *frames, uint64_t size)
{
    const unsigned char *header = frames->header;
    bool control = header[0] & CONTROL;
    unsigned kind = header[0] & OPCODE & ~(unsigned)CONTROL;

    if (kind > KIND_MAX || frames->closed || !(header[1] & MASK) == frames->masked ||
        size >> 63) {
        return false;
    }
    if (is_close(header) && size > 0 && size < CODE_SIZE) {
        return false;
    }
    return !control || (header[0] & FIN && (header[1] & LENGTH) < LENGTH_16);
}

static void begin_close(struct ur_frames *frames, uint64_t size)
{
    frames->closed = true;
    frames->code = size ? 0 : UR_FRAMES_NO_CODE;
    frames->code_left = size ? CODE_SIZE : 0;
}

static void begin_frame(struct ur_frames *frames)
{
    uint64_t size = payload_size(frames->header);

    frames->have = 0;
    frames->size = 0;
    if (!is_sound(frames, size)) {
        frames->lost = true;
        return;
    }
    frames->left = frames->size = size;
    if (is_close(frames->header)) {
        begin_close(frames, size);
    }
}

/* The header is that of the Close still, and ends in the key. */
static void take_code(struct ur_frames *frames, const char *at, size_t len)
{
    size_t key = frames->masked ? header_size(frames->header) - KEY_SIZE : 0;

    for (size_t i = 0; i < len && frames->code_left; i++) {
        unsigned mask = key ? frames->header[key + CODE_SIZE - frames->code_left] : 0;
        unsigned byte = (unsigned char)at[i] ^ mask;
        frames->code = (uint16_t)((unsigned)frames->code << 8 | byte);
        frames->code_left--;
    }
}

/* Takes as much of a header as there is, and returns how much that was. */
static size_t take_header(struct ur_frames *frames, const char *at, size_t len)
{
    size_t taken = 0;

    while (taken < len) {
        frames->header[frames->have++] = (unsigned char)at[taken++];
        if (frames->have >= 2 && frames->have == header_size(frames->header)) {
            begin_frame(frames);
            break;
        }
    }
    return taken;
}

static inline size_t step_on(struct ur_frames *frames, const char *at, size_t len)
{
    size_t step = len < frames->left ? len : (size_t)frames->left;

    if (!step) {
        return take_header(frames, at, len);
    }
    if (frames->code_left) {
        take_code(frames, at, step);
    }
    frames->left -= step;
    return step;
}

size_t ur_frames_step(struct ur_frames *frames, const char *at, size_t len)
{
    return frames->lost ? len : step_on(frames, at, len);
}

void ur_frames_feed(struct ur_frames *frames, const char *at, size_t len)
{
    while (len && !frames->lost) {
        size_t step = step_on(frames, at, len);
        at += step;
        len -= step;
    }
}

bool ur_frames_size(const unsigned char *header, size_t len, uint64_t *size)
{
    if (len < 2 || len < header_size(header) - (header[1] & MASK ? KEY_SIZE : 0)) {
        return false;
    }
    *size = payload_size(header);
    return true;
}

static size_t write_control(char *out, unsigned kind, const unsigned char *payload, size_t size,
                            const unsigned char *key)
{
    size_t len = 0;

    out[len++] = (char)(FIN | kind);
    out[len++] = (char)(size | (key ? MASK : 0));
    if (key) {
        memcpy(out + len, key, KEY_SIZE);
        len += KEY_SIZE;
    }
    for (size_t i = 0; i < size; i++) {
        out[len++] = (char)(payload[i] ^ (key ? key[i % KEY_SIZE] : 0));
    }
    return len;
}

size_t ur_frames_close(char out[UR_CLOSE_MAX], unsigned status, const unsigned char *key)
{
    const unsigned char payload[CODE_SIZE] = {(unsigned char)(status >> 8),
                                              (unsigned char)status};

    return write_control(out, CLOSE, payload, sizeof payload, key);
}

size_t ur_frames_ping(char out[UR_PING_MAX], const unsigned char payload[UR_PING_PAYLOAD],
                      const unsigned char *key)
{
    return write_control(out, PING, payload, UR_PING_PAYLOAD, key);
}
