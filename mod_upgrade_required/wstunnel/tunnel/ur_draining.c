#include "wstunnel/tunnel/ur_draining.h"

#include "core/metrics/ur_drain.h"
#include "wstunnel/tunnel/ur_overflow.h"

void ur_draining_open(struct ur_draining *draining, bool first, uint32_t number)
{
    draining->first = first;
    draining->phase = ur_drain_phase(number);
}

static void begin(struct ur_draining *draining, const struct ur_carry *carry, apr_time_t since)
{
    draining->since = since;
    draining->own = (struct ur_ebb){ur_carry_count(carry), 0};
    draining->other = (struct ur_ebb){ur_overflow_count(), 0};
}

static void end_all(struct ur_draining *draining, struct ur_carry *carry,
                    enum ur_outcome outcome)
{
    ur_carry_end_all(carry, outcome);
    if (draining->first) {
        ur_overflow_tell(UINT64_MAX, carry->now);
        ur_overflow_break(carry->now);
    }
}

static void drain(struct ur_draining *draining, struct ur_carry *carry, apr_time_t since,
                  apr_interval_time_t span)
{
    apr_interval_time_t elapsed = carry->now - since;
    uint64_t due;

    if (draining->since != since) {
        begin(draining, carry, since);
    }
    if (elapsed >= span) {
        end_all(draining, carry, UR_OUTCOME_DRAINED);
        return;
    }
    due = ur_drain_due(draining->own.staying, elapsed, span, draining->phase);
    while (draining->own.left < due && ur_carry_leave_next(carry)) {
        draining->own.left++;
    }
    if (draining->first) {
        due = ur_drain_due(draining->other.staying, elapsed, span, draining->phase);
        ur_overflow_tell(due - draining->other.left, carry->now);
        draining->other.left = due;
    }
}

void ur_draining_go_on(struct ur_draining *draining, struct ur_carry *carry)
{
    apr_time_t since = carry->now;
    apr_interval_time_t span = 0;

    switch (ur_leaving(&since, &span)) {
    case UR_LEAVE_DRAIN:
        drain(draining, carry, since, span);
        break;
    case UR_LEAVE_NOW:
        end_all(draining, carry, UR_OUTCOME_STOPPED);
        break;
    default:
        break;
    }
}
