/* Proves: the Close and the Ping that the proxy writes are what its own scanner, and so a
 *   peer, takes them for, between any two frames of either direction: a Close with that
 *   code, a Ping after which another frame can follow. Neither writes more than its room.
 * Assumes: the state keeps the invariant is_sane() of frames.h, and is between two frames;
 *   the status has 16 bits.
 * Bound: none
 * Unwind: 9 ur_frames_feed.0:4 take_header.0:7
 * Mutant: core/protocol/ur_frames.c: payload[i] ^ (key ? key[i % KEY_SIZE] : 0) =>
 *   payload[i]
 * Mutant: core/protocol/ur_frames.c: (char)(FIN | kind); => (char)kind;
 * Mutant: core/protocol/ur_frames.c: (size | (key ? MASK : 0)); => size;
 */
#include "frames.h"

int main(void)
{
    struct ur_frames frames = any_frames();
    struct ur_frames before;
    unsigned char key[KEY_SIZE];
    unsigned char payload[UR_PING_PAYLOAD];
    char close[UR_CLOSE_MAX];
    char ping[UR_PING_MAX];
    unsigned status = (unsigned)any_up_to(UINT16_MAX);
    size_t len;

    FORGET(key);
    FORGET(payload);
    ASSUME(ur_frames_between(&frames));
    /* As assumed; written down, it is cheaper to prove with. */
    frames.left = frames.have = frames.code_left = 0;
    frames.lost = frames.closed = false;
    before = frames;
    len = ur_frames_ping(ping, payload, frames.masked ? key : NULL);
    PROVE(len <= sizeof ping);
    ur_frames_feed(&frames, ping, len);
    PROVE(ur_frames_between(&frames) && frames.size == UR_PING_PAYLOAD);

    frames = before;
    len = ur_frames_close(close, status, frames.masked ? key : NULL);
    PROVE(len <= sizeof close);
    ur_frames_feed(&frames, close, len);
    PROVE(ur_frames_said_close(&frames) && frames.code == status && !frames.lost);
    PROVE(frames.left == 0 && frames.have == 0);
    POSSIBLE(frames.masked && status == 1001);
}
