#ifndef UR_OUTCOME_H
#define UR_OUTCOME_H

/* The possible outcomes of a tunnel, and of a request for one: the words of the log and the
 * metrics. */

/* How a tunnel ended. One row each in ur_outcome.c. */
enum ur_outcome {
    UR_OUTCOME_CLOSED,  /* at least one side sent a Close frame */
    UR_OUTCOME_CLIENT,  /* neither did; the client's connection ended first */
    UR_OUTCOME_BACKEND, /* neither did; the backend's connection ended first */
    UR_OUTCOME_TIMEOUT, /* no data for too long */
    UR_OUTCOME_TOO_BIG, /* a message was longer than the route allows */
    UR_OUTCOME_DRAINED, /* a leaving child ended it within its time */
    UR_OUTCOME_STOPPED, /* the server stopped */
    UR_OUTCOME_LOST,    /* its child exited without ending it: killed, out of memory */
    UR_OUTCOMES
};

/* What carries it. */
enum ur_carried { UR_CARRIED_EVENT, UR_CARRIED_THREAD, UR_CARRIERS };

/* Why none was opened. */
enum ur_turned_away {
    UR_TURNED_AWAY_FULL,  /* the children hold their maximum */
    UR_TURNED_AWAY_BUSY,  /* too many handshakes are waiting for their backends */
    UR_TURNED_AWAY_LIMIT, /* its client holds its maximum */
    UR_TURNED_AWAYS
};

/* What became of the Pings that the proxy itself sends. */
enum ur_pings {
    UR_PINGS_SENT,
    UR_PINGS_ANSWERED,   /* their Pong came */
    UR_PINGS_UNANSWERED, /* not a byte came before the next one was due */
    UR_PINGS_ALL
};

/* Each as in the log and the metrics. Static strings. */
const char *ur_outcome_word(enum ur_outcome outcome);
const char *ur_outcome_carried_word(enum ur_carried carrier);
const char *ur_outcome_turned_away_word(enum ur_turned_away why);
const char *ur_outcome_pings_word(enum ur_pings pings);

#endif
