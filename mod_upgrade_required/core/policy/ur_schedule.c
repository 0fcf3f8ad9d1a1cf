#include "core/policy/ur_schedule.h"

const char *ur_schedule_mode_word(enum ur_mode mode)
{
    static const char *const words[] = {[UR_MODE_UNSET] = "enforce",
                                        [UR_MODE_ENFORCE] = "enforce",
                                        [UR_MODE_ANNOUNCE] = "announce",
                                        [UR_MODE_OFF] = "off"};

    return words[mode];
}

const char *ur_schedule_stage_word(enum ur_stage stage)
{
    static const char *const words[] = {[UR_STAGE_OFF] = "off",
                                        [UR_STAGE_ANNOUNCE] = "announced",
                                        [UR_STAGE_REHEARSAL] = "rehearsed",
                                        [UR_STAGE_ENFORCE] = "enforced"};

    return words[stage];
}

const char *ur_schedule_phase_word(enum ur_stage stage)
{
    static const char *const words[] = {[UR_STAGE_OFF] = "off",
                                        [UR_STAGE_ANNOUNCE] = "announce",
                                        [UR_STAGE_REHEARSAL] = "brownout",
                                        [UR_STAGE_ENFORCE] = "enforce"};

    return words[stage];
}

/* When the part of a brownout that is on now ends; UR_TIME_ALWAYS where none is on. */
static int64_t end_of(const struct ur_brownout *brownout, int64_t now)
{
    uint64_t since_start;
    int64_t turn_ends;

    if (now < brownout->start || now >= brownout->end) {
        return UR_TIME_ALWAYS;
    }
    if (!brownout->every) {
        return brownout->end;
    }
    since_start = (uint64_t)now - (uint64_t)brownout->start;
    turn_ends =
        ur_time_add(now - (int64_t)(since_start % (uint64_t)brownout->every), brownout->lasts);
    if (now >= turn_ends) {
        return UR_TIME_ALWAYS;
    }
    return turn_ends < brownout->end ? turn_ends : brownout->end;
}

static bool in_rehearsal(const struct ur_schedule *schedule, int64_t now, int64_t *ends)
{
    int64_t last = UR_TIME_ALWAYS;

    for (size_t i = 0; i < schedule->brownouts_count; i++) {
        int64_t end = end_of(&schedule->brownouts[i], now);
        last = end > last ? end : last;
    }
    *ends = last;
    return last != UR_TIME_ALWAYS;
}

enum ur_stage ur_schedule_at(const struct ur_schedule *schedule, int64_t now, int64_t *ends)
{
    bool announces = schedule->mode == UR_MODE_ANNOUNCE || now < schedule->from;

    if (schedule->mode == UR_MODE_OFF) {
        return UR_STAGE_OFF;
    }
    if (!announces) {
        return UR_STAGE_ENFORCE;
    }
    return in_rehearsal(schedule, now, ends) ? UR_STAGE_REHEARSAL : UR_STAGE_ANNOUNCE;
}

unsigned ur_schedule_stages(const struct ur_schedule *schedule, int64_t now)
{
    unsigned stages = 0;

    if (schedule->mode == UR_MODE_OFF) {
        return 1U << UR_STAGE_OFF;
    }
    if (schedule->mode != UR_MODE_ANNOUNCE) {
        stages |= 1U << UR_STAGE_ENFORCE;
    }
    if (schedule->mode == UR_MODE_ANNOUNCE || now < schedule->from) {
        stages |= 1U << UR_STAGE_ANNOUNCE;
        for (size_t i = 0; i < schedule->brownouts_count; i++) {
            stages |= (unsigned)(now < schedule->brownouts[i].end) << UR_STAGE_REHEARSAL;
        }
    }
    return stages;
}

bool ur_schedule_brownouts_overlap(const struct ur_brownout *one,
                                   const struct ur_brownout *other)
{
    return one->start < other->end && other->start < one->end;
}

static const char *parse_interval(struct ur_span interval, struct ur_brownout *brownout,
                                  struct ur_span *culprit)
{
    const char *slash = interval.len ? memchr(interval.at, '/', interval.len) : NULL;
    struct ur_span start = interval;
    struct ur_span end;
    int64_t duration;
    const char *error;

    *culprit = interval;
    if (!slash) {
        return "not an interval; use start/end or start/duration, such as "
               "2026-12-01T09:00:00Z/PT1H";
    }
    start.len = (size_t)(slash - interval.at);
    end = (struct ur_span){slash + 1, interval.len - start.len - 1};
    *culprit = start;
    error = ur_time_parse(start, &brownout->start);
    if (error) {
        return error;
    }
    *culprit = end;
    if (end.len && (end.at[0] == 'P' || end.at[0] == 'p')) {
        error = ur_time_parse_duration(end, &duration);
        brownout->end = error ? brownout->start : ur_time_add(brownout->start, duration);
    }
    else {
        error = ur_time_parse(end, &brownout->end);
    }
    if (!error && brownout->end <= brownout->start) {
        *culprit = interval;
        return "must end after it starts";
    }
    return error;
}

static const char *parse_turns(struct ur_span every, struct ur_span lasts,
                               struct ur_brownout *brownout, struct ur_span *culprit)
{
    const char *error;

    brownout->every = 0;
    brownout->lasts = 0;
    brownout->at = NULL;
    if (!ur_span_present(every) && !ur_span_present(lasts)) {
        return NULL;
    }
    *culprit = ur_span_present(every) ? every : lasts;
    if (!ur_span_present(every) || !ur_span_present(lasts)) {
        return "every= and for= must be used together";
    }
    error = ur_time_parse_duration(every, &brownout->every);
    if (error) {
        return error;
    }
    *culprit = lasts;
    error = ur_time_parse_duration(lasts, &brownout->lasts);
    if (error) {
        return error;
    }
    if (!brownout->lasts || brownout->lasts > brownout->every) {
        return "for= must be greater than 0 and at most as long as every=";
    }
    return NULL;
}

const char *ur_schedule_parse_brownout(struct ur_span interval, struct ur_span every,
                                       struct ur_span lasts, struct ur_brownout *brownout,
                                       struct ur_span *culprit)
{
    const char *error = parse_interval(interval, brownout, culprit);

    return error ? error : parse_turns(every, lasts, brownout, culprit);
}
