#ifndef UR_OUTCOME_H
#define UR_OUTCOME_H

/* What can become of a tunnel, and of one that was asked for: the words of the log and the
 * metrics. */

/* How a tunnel ended. One row each in ur_outcome.c. */
enum ur_outcome {
    UR_OUTCOME_CLOSED,  /* a Close frame came from one side at least */
    UR_OUTCOME_CLIENT,  /* none did; the client's connection ended first */
    UR_OUTCOME_BACKEND, /* none did; the backend's ended first */
    UR_OUTCOME_TIMEOUT, /* nothing was said for too long */
    UR_OUTCOME_DRAINED, /* a leaving child ended it in the time that it was given */
    UR_OUTCOME_STOPPED, /* the server stopped */
    UR_OUTCOME_LOST,    /* its child went without a word: killed, out of memory */
    UR_OUTCOMES
};

/* Who carries it. */
enum ur_carried { UR_CARRIED_EVENT, UR_CARRIED_THREAD, UR_CARRIERS };

/* Why none was opened. */
enum ur_turned_away {
    UR_TURNED_AWAY_FULL, /* the children hold as many as they may */
    UR_TURNED_AWAY_BUSY, /* too many handshakes wait for their backends */
    UR_TURNED_AWAYS
};

/* Each as the log and the metrics have it. Static strings. */
const char *ur_outcome_word(enum ur_outcome outcome);
const char *ur_outcome_carried_word(enum ur_carried carrier);
const char *ur_outcome_turned_away_word(enum ur_turned_away why);

#endif
