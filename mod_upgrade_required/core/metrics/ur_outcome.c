#include "core/metrics/ur_outcome.h"

const char *ur_outcome_word(enum ur_outcome outcome)
{
    static const char *const words[UR_OUTCOMES] = {
        [UR_OUTCOME_CLOSED] = "closed",   [UR_OUTCOME_CLIENT] = "client",
        [UR_OUTCOME_BACKEND] = "backend", [UR_OUTCOME_TIMEOUT] = "timeout",
        [UR_OUTCOME_TOO_BIG] = "too-big", [UR_OUTCOME_DRAINED] = "drained",
        [UR_OUTCOME_STOPPED] = "stopped", [UR_OUTCOME_LOST] = "lost",
    };

    return words[outcome];
}

const char *ur_outcome_carried_word(enum ur_carried carrier)
{
    return carrier == UR_CARRIED_EVENT ? "event" : "thread";
}

const char *ur_outcome_turned_away_word(enum ur_turned_away why)
{
    static const char *const words[UR_TURNED_AWAYS] = {
        [UR_TURNED_AWAY_FULL] = "full",
        [UR_TURNED_AWAY_BUSY] = "busy",
        [UR_TURNED_AWAY_LIMIT] = "limit",
    };

    return words[why];
}

const char *ur_outcome_pings_word(enum ur_pings pings)
{
    static const char *const words[UR_PINGS_ALL] = {
        [UR_PINGS_SENT] = "sent",
        [UR_PINGS_ANSWERED] = "answered",
        [UR_PINGS_UNANSWERED] = "unanswered",
    };

    return words[pings];
}
