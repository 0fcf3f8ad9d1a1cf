#ifndef UR_SCHEDULE_H
#define UR_SCHEDULE_H

#include "core/text/ur_time.h"

/* From announcing to enforcing: what a policy does with a request that does not meet it
 * depends on what the administrator has decided and on the clock. */

/* 0 means "not set", which enforces. */
enum ur_mode { UR_MODE_UNSET, UR_MODE_ENFORCE, UR_MODE_ANNOUNCE, UR_MODE_OFF };

/* A rehearsal: from start to just before end, or during that time the first lasts seconds of
 * each every seconds; every == 0: all of it. */
struct ur_brownout {
    int64_t start;
    int64_t end;
    int64_t every;
    int64_t lasts;
    const char *at; /* "file:line" of the directive; NULL: not known */
};

struct ur_schedule {
    enum ur_mode mode;
    int64_t from; /* enforced from then on, announced before; UR_TIME_ALWAYS: no date */
    const struct ur_brownout *brownouts;
    size_t brownouts_count;
};

enum ur_stage {
    UR_STAGE_OFF,       /* the policy does nothing */
    UR_STAGE_ANNOUNCE,  /* unmet requests are allowed, with a warning */
    UR_STAGE_REHEARSAL, /* a brownout: they are refused until a certain time */
    UR_STAGE_ENFORCE,   /* they are refused */
    UR_STAGES
};

/* "enforce", "announce", "off": as UpgradeMode spells it. */
const char *ur_schedule_mode_word(enum ur_mode mode);

/* "off", "announced", "rehearsed", "enforced": what becomes of unmet requests. */
const char *ur_schedule_stage_word(enum ur_stage stage);

/* "off", "announce", "brownout", "enforce": the stage as metrics name it, by the words of the
 * directives that bring it about. */
const char *ur_schedule_phase_word(enum ur_stage stage);

/* Which stages there are from now on, a bit each (1 << enum ur_stage); with UR_TIME_ALWAYS all
 * that the schedule has. */
unsigned ur_schedule_stages(const struct ur_schedule *schedule, int64_t now);

/* The stage at a time. *ends is the end of the rehearsal; if several are active, the last end.
 */
enum ur_stage ur_schedule_at(const struct ur_schedule *schedule, int64_t now, int64_t *ends);

/* Whether two intervals overlap, whichever part of them is active. */
bool ur_schedule_brownouts_overlap(const struct ur_brownout *one,
                                   const struct ur_brownout *other);

/* Reads "start/end" or "start/duration" (ISO 8601), and the durations of every= and for=,
 * which must both be absent or both be present. Returns NULL on success; otherwise what is
 * wrong with *culprit, and what would be right. */
const char *ur_schedule_parse_brownout(struct ur_span interval, struct ur_span every,
                                       struct ur_span lasts, struct ur_brownout *brownout,
                                       struct ur_span *culprit);

#endif
