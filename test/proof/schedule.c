/* Proves: at every time a schedule has exactly one stage. It is off exactly if its mode is;
 *   once it is enforced it stays enforced at every later time; before that it is never
 *   enforced, and rehearsed only inside the interval of a brownout; a rehearsal ends later
 *   than now and not after the interval.
 * Assumes: brownouts are such as ur_schedule_parse_brownout() accepts.
 * Bound: two brownouts; every date, every duration
 * Unwind: 3
 * Mutant: core/policy/ur_schedule.c: now < schedule->from; => now <= schedule->from;
 * Mutant: core/policy/ur_schedule.c: now >= brownout->end => now > brownout->end
 * Mutant: core/policy/ur_schedule.c: if (now >= turn_ends) { => if (now > turn_ends) {
 * Mutant: core/policy/ur_schedule.c: turn_ends < brownout->end ? turn_ends : brownout->end
 *   => brownout->end + 1
 * Mutant: core/policy/ur_schedule.c: now - (int64_t)(since_start % => now +
 *   (int64_t)(since_start %
 */
#include "schedules.h"

static bool is_inside(const struct ur_schedule *schedule, int64_t time)
{
    for (size_t i = 0; i < schedule->brownouts_count; i++) {
        if (schedule->brownouts[i].start <= time && time < schedule->brownouts[i].end) {
            return true;
        }
    }
    return false;
}

int main(void)
{
    struct ur_brownout room[BROWNOUTS];
    const struct ur_schedule schedule = any_schedule(room);
    int64_t now = (int64_t)any();
    int64_t later = (int64_t)any();
    int64_t ends = 0;
    enum ur_stage stage = ur_schedule_at(&schedule, now, &ends);

    PROVE(stage >= UR_STAGE_OFF && stage <= UR_STAGE_ENFORCE);
    PROVE((stage == UR_STAGE_OFF) == (schedule.mode == UR_MODE_OFF));
    PROVE((stage == UR_STAGE_ENFORCE) ==
          (schedule.mode < UR_MODE_ANNOUNCE && now >= schedule.from));
    if (stage == UR_STAGE_REHEARSAL) {
        PROVE(is_inside(&schedule, now));
        PROVE(ends > now && is_inside(&schedule, ends - 1));
    }
    POSSIBLE(stage == UR_STAGE_REHEARSAL && room[0].every && schedule.brownouts_count == 1);
    POSSIBLE(stage == UR_STAGE_ANNOUNCE && is_inside(&schedule, now));
    if (stage == UR_STAGE_ENFORCE && later >= now) {
        PROVE(ur_schedule_at(&schedule, later, &ends) == UR_STAGE_ENFORCE);
        POSSIBLE(later > now);
    }
}
