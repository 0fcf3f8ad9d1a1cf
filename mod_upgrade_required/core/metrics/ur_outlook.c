#include "core/metrics/ur_outlook.h"

static bool stages_have(unsigned stages, enum ur_stage stage)
{
    return stages >> stage & 1;
}

/* Whether a handshake can fail for this reason. */
static bool handshake_can_fail(const struct ur_prospect *prospect, enum ur_reason reason)
{
    switch (reason) {
    case UR_REASON_WEBSOCKET_MISSING:
        return !prospect->kept; /* there a request that does not ask is none */
    case UR_REASON_WEBSOCKET_ORIGIN:
        return prospect->origins && (prospect->origins->same || prospect->origins->count);
    case UR_REASON_WEBSOCKET_SUBPROTOCOL:
        return prospect->subprotocols && prospect->subprotocols->count;
    default:
        return true;
    }
}

/* By the family of its row, so that a new row is here without being listed. */
static bool can_be_unmet(const struct ur_prospect *prospect, enum ur_reason reason)
{
    enum ur_family family = ur_reason_row(reason)->family;

    if (family == UR_FAMILY_NONE) {
        return false;
    }
    if (family == UR_FAMILY_WEBSOCKET) {
        return (prospect->kept || prospect->policy->websocket) &&
               handshake_can_fail(prospect, reason);
    }
    /* Any TLS is new enough for a policy that does not name a version. */
    return ur_policy_word(prospect->policy, family) &&
           (reason != UR_REASON_TLS_VERSION || prospect->policy->tls > UR_TLS_SOME);
}

/* A client that is sent on lacks nothing but TLS, and does not ask for a WebSocket. The key
 * exchange is the reason in clear where no TLS is required. */
static bool can_be_sent_on(const struct ur_prospect *prospect, enum ur_reason reason)
{
    bool in_clear = reason == UR_REASON_TLS_MISSING ||
                    (reason == UR_REASON_KEY_EXCHANGE && !prospect->policy->tls);

    return in_clear && !prospect->policy->websocket && ur_decide_redirects(prospect->settings);
}

static void mark_unmet(struct ur_marks *marks, const struct ur_prospect *prospect,
                       enum ur_reason reason, unsigned stages)
{
    if (prospect->excepted) {
        ur_counters_mark(marks, UR_VERDICT_EXCEPT, reason);
    }
    if (stages_have(stages, UR_STAGE_ANNOUNCE)) {
        ur_counters_mark(marks, UR_VERDICT_ANNOUNCE, reason);
    }
    if (!stages_have(stages, UR_STAGE_REHEARSAL) && !stages_have(stages, UR_STAGE_ENFORCE)) {
        return;
    }
    ur_counters_mark(marks, UR_VERDICT_REFUSE, reason);
    if (can_be_sent_on(prospect, reason)) {
        ur_counters_mark(marks, UR_VERDICT_REDIRECT, reason);
    }
}

struct ur_marks ur_outlook(const struct ur_prospect *prospect, int64_t now)
{
    unsigned stages = ur_schedule_stages(&prospect->settings->schedule, now);
    struct ur_marks marks = {{0}};

    if (stages_have(stages, UR_STAGE_OFF) ||
        (!prospect->kept && !ur_policy_demands(prospect->policy))) {
        return marks;
    }
    ur_counters_mark(&marks, UR_VERDICT_ALLOW, UR_REASON_NONE);
    for (enum ur_reason reason = 0; reason < UR_REASONS; reason++) {
        if (can_be_unmet(prospect, reason)) {
            mark_unmet(&marks, prospect, reason, stages);
        }
    }
    return marks;
}
