#include "tap.h"

#include "core/metrics/ur_farewell.h"

#include <string.h>

/* What the sides do, in this order. C, B: the connection of the client, of the backend ends;
 * c, b: it sends Close 1000, 1001; n: the client sends a Close without a code; h: half of a
 * Close; t: a text. */
static const struct {
    const char *name;
    const char *steps;
    enum ur_outcome outcome;
    enum ur_side closer;
    unsigned code;
} cases[] = {
    {"the client goes", "CB", UR_OUTCOME_CLIENT, UR_SIDE_NONE, 0},
    {"the backend goes", "BC", UR_OUTCOME_BACKEND, UR_SIDE_NONE, 0},
    {"the client alone", "C", UR_OUTCOME_CLIENT, UR_SIDE_NONE, 0},
    {"the backend alone", "B", UR_OUTCOME_BACKEND, UR_SIDE_NONE, 0},
    {"after a text", "tCB", UR_OUTCOME_CLIENT, UR_SIDE_NONE, 0},
    {"both say Close, the client first", "cbBC", UR_OUTCOME_CLOSED, UR_SIDE_CLIENT, 1000},
    {"both say Close, the backend first", "bcCB", UR_OUTCOME_CLOSED, UR_SIDE_BACKEND, 1001},
    {"the client says Close and goes", "cCB", UR_OUTCOME_CLOSED, UR_SIDE_CLIENT, 1000},
    {"the client says Close, the backend goes", "cBC", UR_OUTCOME_CLOSED, UR_SIDE_CLIENT, 1000},
    {"the client goes, the backend says Close", "CbB", UR_OUTCOME_CLOSED, UR_SIDE_BACKEND,
     1001},
    {"a Close without a code", "nbBC", UR_OUTCOME_CLOSED, UR_SIDE_CLIENT, UR_FRAMES_NO_CODE},
    {"half a Close is none", "hCB", UR_OUTCOME_CLIENT, UR_SIDE_NONE, 0},
    {"half a Close, and another's", "hbCB", UR_OUTCOME_CLOSED, UR_SIDE_BACKEND, 1001},
};

static void hear(struct ur_farewell *farewell, struct ur_frames *frames, enum ur_side side,
                 const char *bytes, size_t len)
{
    ur_frames_feed(frames, bytes, len);
    ur_farewell_heard(farewell, side, frames);
}

static void take(struct ur_farewell *farewell, struct ur_frames *client,
                 struct ur_frames *backend, char step)
{
    switch (step) {
    case 'C':
        ur_farewell_ended(farewell, UR_SIDE_CLIENT);
        break;
    case 'B':
        ur_farewell_ended(farewell, UR_SIDE_BACKEND);
        break;
    case 'c':
        hear(farewell, client, UR_SIDE_CLIENT, "\x88\x82\0\0\0\0\x03\xe8", 8);
        break;
    case 'n':
        hear(farewell, client, UR_SIDE_CLIENT, "\x88\x80\0\0\0\0", 6);
        break;
    case 'h':
        hear(farewell, client, UR_SIDE_CLIENT, "\x88\x82\0\0\0\0\x03", 7);
        break;
    case 'b':
        hear(farewell, backend, UR_SIDE_BACKEND, "\x88\x02\x03\xe9", 4);
        break;
    default:
        hear(farewell, client, UR_SIDE_CLIENT, "\x81\x81\0\0\0\0x", 7);
        break;
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ur_farewell farewell = {.closer = UR_SIDE_NONE};
        struct ur_frames client = {.masked = true};
        struct ur_frames backend = {.masked = false};
        for (const char *step = cases[i].steps; *step; step++) {
            take(&farewell, &client, &backend, *step);
        }
        ok(ur_farewell_outcome(&farewell) == cases[i].outcome &&
               farewell.closer == cases[i].closer && farewell.code == cases[i].code,
           "%s", cases[i].name);
    }
    return tap_done();
}
