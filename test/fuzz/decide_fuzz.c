#include "fuzz.h"

#include "core/policy/ur_decide.h"

#define YEAR (365 * 86400)

static bool excepted(void *context)
{
    return *(const uint8_t *)context & 1;
}

static bool navigates(void *context)
{
    return *(const uint8_t *)context & 2;
}

/* Twelve bytes are a case: whatever it is, the ruling is one that can be carried out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t d[12];
    int64_t start;
    struct ur_brownout brownout;
    struct ur_settings settings;
    struct ur_case c;
    struct ur_ruling ruling;

    if (size < sizeof d) {
        return 0;
    }
    memcpy(d, data, sizeof d);
    start = (int64_t)d[0] * YEAR;
    brownout = (struct ur_brownout){start, start + 1 + d[1] * 86400, 0, 0, NULL};
    settings = (struct ur_settings){
        {d[2] % 4, d[3] ? (int64_t)d[3] * YEAR : UR_TIME_ALWAYS, &brownout, d[4] & 1},
        d[5] % 4,
    };
    c = (struct ur_case){
        .settings = &settings,
        .judgement = {UR_REASON_TLS_MISSING, 1 + d[6] % 15},
        .now = (int64_t)d[7] * YEAR + d[8] * 86400,
        .floor = d[9] & 1,
        .clear = d[9] & 2,
        .body = d[9] & 4,
        .excepted = excepted,
        .navigates = navigates,
        .context = &d[10],
    };
    ruling = ur_decide(&c);
    must(ruling.silent == (settings.schedule.mode == UR_MODE_OFF));
    if (ruling.silent) {
        return 0;
    }
    must((ruling.verdict == UR_VERDICT_EXCEPT) == excepted(&d[10]));
    must(ruling.verdict != UR_VERDICT_REDIRECT ||
         (settings.redirect > UR_REDIRECT_OFF && c.clear && navigates(&d[10]) &&
          !(c.judgement.unmet & (UR_FAMILY_HTTP | UR_FAMILY_WEBSOCKET))));
    must(!ruling.permanent || (ruling.verdict == UR_VERDICT_REDIRECT && !ruling.rehearsal));
    must(!ruling.rehearsal || (ruling.rehearsal_ends > c.now && brownout.end > c.now));
    if (ruling.verdict == UR_VERDICT_EXCEPT || ruling.verdict == UR_VERDICT_ANNOUNCE) {
        must(!ruling.close && !ruling.permanent && !ruling.rehearsal);
    }
    else {
        must(ruling.close == (c.floor || c.body));
    }
    return 0;
}
