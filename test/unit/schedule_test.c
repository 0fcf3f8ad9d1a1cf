#include "tap.h"

#include "core/policy/ur_schedule.h"

#define NONE UR_TIME_ALWAYS

static int64_t at(const char *text)
{
    int64_t time;

    if (ur_time_parse(ur_span_of(text), &time)) {
        abort();
    }
    return time;
}

/* What a brownout of this interval makes of a time in a policy that announces. */
static const struct {
    const char *interval;
    const char *every;
    const char *lasts;
    const char *now;
    const char *ends; /* NULL: no rehearsal */
} brownouts[] = {
    {"2026-12-01T09:00:00Z/2026-12-01T10:00:00Z", NULL, NULL, "2026-12-01T08:59:59Z", NULL},
    {"2026-12-01T09:00:00Z/2026-12-01T10:00:00Z", NULL, NULL, "2026-12-01T09:00:00Z",
     "2026-12-01T10:00:00Z"},
    {"2026-12-01T09:00:00Z/2026-12-01T10:00:00Z", NULL, NULL, "2026-12-01T09:59:59Z",
     "2026-12-01T10:00:00Z"},
    {"2026-12-01T09:00:00Z/2026-12-01T10:00:00Z", NULL, NULL, "2026-12-01T10:00:00Z", NULL},
    {"2026-12-01T09:00:00+05:30/PT1H", NULL, NULL, "2026-12-01T03:30:00Z",
     "2026-12-01T04:30:00Z"},
    {"2026-12-01T09:00:00+05:30/PT1H", NULL, NULL, "2026-12-01T03:29:59Z", NULL},

    {"2026-12-01T00:00:00Z/P7D", "PT1H", "PT10M", "2026-12-01T00:00:00Z",
     "2026-12-01T00:10:00Z"},
    {"2026-12-01T00:00:00Z/P7D", "PT1H", "PT10M", "2026-12-01T00:09:59Z",
     "2026-12-01T00:10:00Z"},
    {"2026-12-01T00:00:00Z/P7D", "PT1H", "PT10M", "2026-12-01T00:10:00Z", NULL},
    {"2026-12-01T00:00:00Z/P7D", "PT1H", "PT10M", "2026-12-01T00:59:59Z", NULL},
    {"2026-12-01T00:00:00Z/P7D", "PT1H", "PT10M", "2026-12-07T23:00:00Z",
     "2026-12-07T23:10:00Z"},
    {"2026-12-01T00:00:00Z/P7D", "PT1H", "PT10M", "2026-12-08T00:00:00Z", NULL},
    {"2026-12-01T00:20:00Z/P7D", "PT1H", "PT10M", "2026-12-01T01:20:00Z",
     "2026-12-01T01:30:00Z"},
    /* The last turn is cut short by the end. */
    {"2026-12-01T00:00:00Z/PT125M", "PT1H", "PT10M", "2026-12-01T02:04:59Z",
     "2026-12-01T02:05:00Z"},
    {"2026-12-01T00:00:00Z/P1D", "PT1H", "PT1H", "2026-12-01T05:00:00Z",
     "2026-12-01T06:00:00Z"},
    /* Days are days, also the leap day. */
    {"2028-02-28T00:00:00Z/P3D", "P1D", "PT1H", "2028-02-29T00:30:00Z", "2028-02-29T01:00:00Z"},
    {"2028-02-28T00:00:00Z/P2D", "P1D", "PT1H", "2028-03-01T00:00:00Z", NULL},
    /* Beyond 32 bits, signed and unsigned */
    {"2038-01-19T03:14:00Z/PT1M", NULL, NULL, "2038-01-19T03:14:08Z", "2038-01-19T03:15:00Z"},
    {"2106-02-07T06:28:00Z/P1D", "PT1M", "PT30S", "2106-02-07T06:28:16Z",
     "2106-02-07T06:28:30Z"},
    /* For ever */
    {"2026-12-01T00:00:00Z/P106751991167301D", NULL, NULL, "9999-12-31T23:59:59Z", "for ever"},
    {"2026-12-01T00:00:00Z/P7D", "P106751991167301D", "P106751991167301D",
     "2026-12-02T00:00:00Z", "2026-12-08T00:00:00Z"},
};

static void test_brownouts(void)
{
    for (size_t i = 0; i < COUNT(brownouts); i++) {
        struct ur_brownout brownout;
        struct ur_span culprit;
        int64_t ends = NONE;
        int64_t want = !brownouts[i].ends                           ? NONE
                       : strcmp(brownouts[i].ends, "for ever") == 0 ? UR_TIME_NEVER
                                                                    : at(brownouts[i].ends);
        const char *error =
            ur_schedule_parse_brownout(edge(brownouts[i].interval), edge(brownouts[i].every),
                                       edge(brownouts[i].lasts), &brownout, &culprit);
        struct ur_schedule schedule = {UR_MODE_ANNOUNCE, NONE, &brownout, 1};
        enum ur_stage stage =
            error ? UR_STAGE_OFF : ur_schedule_at(&schedule, at(brownouts[i].now), &ends);
        ok(!error && ends == want &&
               stage == (want == NONE ? UR_STAGE_ANNOUNCE : UR_STAGE_REHEARSAL),
           "%s %s %s at %s", brownouts[i].interval,
           brownouts[i].every ? brownouts[i].every : "-",
           brownouts[i].lasts ? brownouts[i].lasts : "-", brownouts[i].now);
    }
}

static const struct {
    const char *interval;
    const char *every;
    const char *lasts;
    const char *culprit;
} mistakes[] = {
    {"2026-12-01T09:00:00Z", NULL, NULL, "2026-12-01T09:00:00Z"},
    {"", NULL, NULL, ""},
    {"/", NULL, NULL, ""},
    {"2026-12-01/P1D", NULL, NULL, "2026-12-01"},
    {"2026-12-01T09:00:00Z/", NULL, NULL, ""},
    {"2026-12-01T09:00:00Z/P1M", NULL, NULL, "P1M"},
    {"2026-12-01T09:00:00Z/tomorrow", NULL, NULL, "tomorrow"},
    {"2026-12-01T09:00:00Z/2026-12-01T09:00:00Z", NULL, NULL,
     "2026-12-01T09:00:00Z/2026-12-01T09:00:00Z"},
    {"2026-12-01T09:00:00Z/2026-11-30T09:00:00Z", NULL, NULL,
     "2026-12-01T09:00:00Z/2026-11-30T09:00:00Z"},
    {"2026-12-01T09:00:00Z/PT0S", NULL, NULL, "2026-12-01T09:00:00Z/PT0S"},
    {"2026-12-01T09:00:00Z/P1D", "PT1H", NULL, "PT1H"},
    {"2026-12-01T09:00:00Z/P1D", NULL, "PT1H", "PT1H"},
    {"2026-12-01T09:00:00Z/P1D", "PT1H", "PT61M", "PT61M"},
    {"2026-12-01T09:00:00Z/P1D", "PT1H", "PT0S", "PT0S"},
    {"2026-12-01T09:00:00Z/P1D", "PT0S", "PT1S", "PT1S"},
    {"2026-12-01T09:00:00Z/P1D", "1h", "PT1S", "1h"},
    {"2026-12-01T09:00:00Z/P1D", "PT1H", "1s", "1s"},
};

static void test_mistakes(void)
{
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct ur_brownout brownout;
        struct ur_span culprit = {NULL, 0};
        const char *error =
            ur_schedule_parse_brownout(edge(mistakes[i].interval), edge(mistakes[i].every),
                                       edge(mistakes[i].lasts), &brownout, &culprit);
        ok(error && ur_span_is(culprit, ur_span_of(mistakes[i].culprit)),
           "refused: %s, because of %s", mistakes[i].interval, mistakes[i].culprit);
    }
}

#define FROM 1798761600

static const struct ur_brownout two[] = {{FROM - 100, FROM - 90, 0, 0, NULL},
                                         {FROM - 95, FROM - 80, 0, 0, NULL}};
static const struct ur_brownout across[] = {{FROM - 10, FROM + 10, 0, 0, NULL}};
static const struct ur_brownout whole_time[] = {
    {-62167219200, INT64_MAX, INT64_MAX, INT64_MAX, NULL}};

static const struct {
    const char *name;
    struct ur_schedule schedule;
    int64_t now;
    enum ur_stage stage;
    int64_t ends; /* of a rehearsal */
} stages[] = {
    {"not said", {UR_MODE_UNSET, NONE, NULL, 0}, FROM, UR_STAGE_ENFORCE, 0},
    {"enforce", {UR_MODE_ENFORCE, NONE, NULL, 0}, FROM, UR_STAGE_ENFORCE, 0},
    {"off", {UR_MODE_OFF, NONE, NULL, 0}, FROM, UR_STAGE_OFF, 0},
    {"off with a date", {UR_MODE_OFF, FROM, NULL, 0}, FROM, UR_STAGE_OFF, 0},
    {"announce", {UR_MODE_ANNOUNCE, NONE, NULL, 0}, FROM, UR_STAGE_ANNOUNCE, 0},
    {"last second before", {UR_MODE_ENFORCE, FROM, NULL, 0}, FROM - 1, UR_STAGE_ANNOUNCE, 0},
    {"first second", {UR_MODE_ENFORCE, FROM, NULL, 0}, FROM, UR_STAGE_ENFORCE, 0},
    {"long after", {UR_MODE_ENFORCE, FROM, NULL, 0}, INT64_MAX, UR_STAGE_ENFORCE, 0},
    {"long before", {UR_MODE_ENFORCE, FROM, NULL, 0}, INT64_MIN, UR_STAGE_ANNOUNCE, 0},
    {"a brownout", {UR_MODE_ENFORCE, FROM, two, 2}, FROM - 100, UR_STAGE_REHEARSAL, FROM - 90},
    {"the later end of two",
     {UR_MODE_ENFORCE, FROM, two, 2},
     FROM - 95,
     UR_STAGE_REHEARSAL,
     FROM - 80},
    {"its last second",
     {UR_MODE_ANNOUNCE, NONE, two, 2},
     FROM - 81,
     UR_STAGE_REHEARSAL,
     FROM - 80},
    {"after it", {UR_MODE_ANNOUNCE, NONE, two, 2}, FROM - 80, UR_STAGE_ANNOUNCE, 0},
    {"across the date, before",
     {UR_MODE_ENFORCE, FROM, across, 1},
     FROM - 1,
     UR_STAGE_REHEARSAL,
     FROM + 10},
    {"across the date, after", {UR_MODE_ENFORCE, FROM, across, 1}, FROM, UR_STAGE_ENFORCE, 0},
    {"a brownout while off", {UR_MODE_OFF, NONE, two, 2}, FROM - 100, UR_STAGE_OFF, 0},
    {"a brownout where all is enforced",
     {UR_MODE_ENFORCE, NONE, two, 2},
     FROM - 100,
     UR_STAGE_ENFORCE,
     0},
    {"near the end of time",
     {UR_MODE_ANNOUNCE, NONE, whole_time, 1},
     INT64_MAX - 1,
     UR_STAGE_REHEARSAL,
     INT64_MAX},
};

static void test_stages(void)
{
    for (size_t i = 0; i < COUNT(stages); i++) {
        int64_t ends = 0;
        ok(ur_schedule_at(&stages[i].schedule, stages[i].now, &ends) == stages[i].stage &&
               (stages[i].stage != UR_STAGE_REHEARSAL || ends == stages[i].ends),
           "%s", stages[i].name);
    }
}

static void test_overlap(void)
{
    ok(ur_schedule_brownouts_overlap(&two[0], &two[1]) &&
           ur_schedule_brownouts_overlap(&two[1], &two[0]),
       "they overlap");
    ok(ur_schedule_brownouts_overlap(&two[0], &two[0]), "one overlaps itself");
    ok(!ur_schedule_brownouts_overlap(&two[1], &across[0]), "one after the other");
    ok(!ur_schedule_brownouts_overlap(&(struct ur_brownout){0, 5, 0, 0, NULL},
                                      &(struct ur_brownout){5, 9, 0, 0, NULL}),
       "the end is not in it");
}

int main(void)
{
    test_overlap();
    test_brownouts();
    test_mistakes();
    test_stages();
    return tap_done();
}
