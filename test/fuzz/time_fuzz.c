#include "fuzz.h"

#include "core/policy/ur_schedule.h"

/* Three lines: an interval, every=, for=; an empty line for none. What can be read as a time
 * is written and read again; a brownout that can be read is on within its bounds only. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span rest = {(const char *)data, size};
    struct ur_span interval = fuzz_line(&rest);
    struct ur_span every = fuzz_line(&rest);
    struct ur_span culprit;
    struct ur_brownout brownout;
    struct ur_schedule schedule = {UR_MODE_ANNOUNCE, UR_TIME_ALWAYS, &brownout, 1};
    int64_t time;
    int64_t ends;

    if (!ur_time_parse(interval, &time)) {
        char room[20];
        struct ur_buf buf = {room, sizeof room, 0};
        int64_t again;
        ur_time_write(&buf, time);
        must(!ur_time_parse((struct ur_span){room, sizeof room}, &again));
        must(again == time);
    }
    every.at = every.len ? every.at : NULL;
    rest.at = rest.len ? rest.at : NULL;
    if (!ur_schedule_parse_brownout(interval, every, rest, &brownout, &culprit)) {
        must(brownout.start < brownout.end);
        must(ur_schedule_at(&schedule, brownout.start, &ends) == UR_STAGE_REHEARSAL);
        must(ends > brownout.start && ends <= brownout.end);
        must(ur_schedule_at(&schedule, brownout.end, &ends) == UR_STAGE_ANNOUNCE);
        must(ur_schedule_at(&schedule, brownout.start - 1, &ends) == UR_STAGE_ANNOUNCE);
    }
    return 0;
}
