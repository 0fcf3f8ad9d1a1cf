/* Proves: ur_decide() rules on every request, and so: an off policy allows without a word;
 *   what is excepted and what is announced is allowed, and before enforcement nothing is
 *   refused outside a brownout; a refusal in a brownout is marked as a rehearsal that ends
 *   later; no redirect in a rehearsal is permanent, and none is made but for a request
 *   without TLS that leaves nothing unmet but TLS and the key exchange, where a redirect is
 *   configured; what is allowed is not closed. Exceptions are asked for once at most, the
 *   https URL only when it decides.
 * Assumes: the schedule has any one stage, and a rehearsal ends later than now (schedule.c).
 * Bound: none
 * Unwind: 1
 * Replaces: core/policy/ur_schedule.c
 * Mutant: core/policy/ur_decide.c: stage == UR_STAGE_ENFORCE && =>
 * Mutant: core/policy/ur_decide.c: !(c->judgement.unmet & ~lacking) => (c->judgement.unmet &
 *   lacking)
 * Mutant: core/policy/ur_decide.c: c->clear && =>
 * Mutant: core/policy/ur_decide.c: if (stage == UR_STAGE_OFF) { => if (stage == UR_STAGE_OFF
 *   && !c->floor) {
 * Mutant: core/policy/ur_decide.c: c->excepted && c->excepted(c->context) => c->excepted &&
 *   !c->floor && c->excepted(c->context)
 * Mutant: core/policy/ur_decide.c: c->navigates && c->navigates(c->context) => !c->navigates
 */
#include "proof.h"

#include "core/policy/ur_decide.h"

/* What https mends. */
#define LACKING ((unsigned)UR_FAMILY_TLS | UR_FAMILY_KEY_EXCHANGE)

static struct ur_case request;
static enum ur_stage stage;
static int64_t stage_ends;
static bool is_excepted;
static bool navigates;
static unsigned asked_excepted;
static unsigned asked_navigates;

enum ur_stage ur_schedule_at(const struct ur_schedule *schedule, int64_t now, int64_t *ends)
{
    PROVE(schedule == &request.settings->schedule && now == request.now);
    if (stage == UR_STAGE_REHEARSAL) {
        *ends = stage_ends;
    }
    return stage;
}

static bool ask_excepted(void *context)
{
    PROVE(context == request.context);
    asked_excepted++;
    return is_excepted;
}

static bool ask_navigates(void *context)
{
    PROVE(context == request.context);
    PROVE(request.settings->redirect >= UR_REDIRECT_TEMPORARY);
    PROVE(!(request.judgement.unmet & ~LACKING) && request.clear);
    asked_navigates++;
    return navigates;
}

static bool ends_request(struct ur_ruling ruling)
{
    return !ruling.silent &&
           (ruling.verdict == UR_VERDICT_REFUSE || ruling.verdict == UR_VERDICT_REDIRECT);
}

static void prove_allowed(struct ur_ruling ruling)
{
    bool excepted = request.excepted && is_excepted && stage != UR_STAGE_OFF;

    PROVE(ruling.silent == (stage == UR_STAGE_OFF));
    PROVE(!ruling.silent || !asked_excepted);
    if (!ruling.silent) {
        PROVE((ruling.verdict == UR_VERDICT_EXCEPT) == excepted);
        PROVE((ruling.verdict == UR_VERDICT_ANNOUNCE) ==
              (!excepted && stage == UR_STAGE_ANNOUNCE));
    }
    if (!ends_request(ruling)) {
        PROVE(!ruling.close && !ruling.permanent && !ruling.rehearsal && !asked_navigates);
    }
}

static void prove_ended(struct ur_ruling ruling)
{
    bool rehearsal = stage == UR_STAGE_REHEARSAL;

    PROVE(stage == UR_STAGE_ENFORCE || rehearsal);
    PROVE(ruling.rehearsal == rehearsal);
    PROVE(ruling.rehearsal_ends == (rehearsal ? stage_ends : 0));
    PROVE(!rehearsal || ruling.rehearsal_ends > request.now);
    PROVE(ruling.close == (request.floor || request.body));
    PROVE((ruling.verdict == UR_VERDICT_REDIRECT) == (asked_navigates && navigates));
    PROVE(ruling.permanent == (ruling.verdict == UR_VERDICT_REDIRECT && !rehearsal &&
                               request.settings->redirect == UR_REDIRECT_PERMANENT));
}

int main(void)
{
    const struct ur_settings settings = {
        .redirect = (enum ur_redirect)any_up_to(UR_REDIRECT_PERMANENT)};
    struct ur_ruling ruling;

    is_excepted = any_bool();
    navigates = any_bool();
    request = (struct ur_case){
        .settings = &settings,
        .judgement = {UR_REASON_TLS_MISSING, (unsigned)(1 + any_up_to(14))},
        .now = (int64_t)any(),
        .floor = any_bool(),
        .clear = any_bool(),
        .body = any_bool(),
        .excepted = any_bool() ? ask_excepted : NULL,
        .navigates = any_bool() ? ask_navigates : NULL,
        .context = &navigates,
    };
    stage = (enum ur_stage)any_up_to(UR_STAGE_ENFORCE);
    stage_ends = (int64_t)any();
    ASSUME(stage_ends > request.now);
    ruling = ur_decide(&request);
    PROVE(asked_excepted <= 1 && asked_navigates <= 1);
    prove_allowed(ruling);
    if (ends_request(ruling)) {
        prove_ended(ruling);
    }
    POSSIBLE(ruling.permanent);
    POSSIBLE(ruling.verdict == UR_VERDICT_REDIRECT && ruling.rehearsal);
    POSSIBLE(ruling.verdict == UR_VERDICT_EXCEPT);
    POSSIBLE(ruling.silent);
}
