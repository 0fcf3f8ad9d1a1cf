#ifndef SCHEDULES_H
#define SCHEDULES_H

#include "proof.h"

#include "core/policy/ur_schedule.h"

#define BROWNOUTS 2

/* What ur_schedule_parse_brownout() accepts. */
static inline struct ur_brownout any_brownout(void)
{
    struct ur_brownout brownout = {.start = (int64_t)any(), .end = (int64_t)any()};

    ASSUME(brownout.start < brownout.end);
    if (any_bool()) {
        brownout.every = (int64_t)any();
        brownout.lasts = (int64_t)any();
        ASSUME(brownout.lasts > 0 && brownout.lasts <= brownout.every);
    }
    return brownout;
}

/* Any mode, any date, and up to two brownouts, which are kept in room. */
static inline struct ur_schedule any_schedule(struct ur_brownout room[BROWNOUTS])
{
    for (unsigned i = 0; i < BROWNOUTS; i++) {
        room[i] = any_brownout();
    }
    return (struct ur_schedule){(enum ur_mode)any_up_to(UR_MODE_OFF), (int64_t)any(), room,
                                any_up_to(BROWNOUTS)};
}

#endif
