#include "core/policy/ur_decide.h"

bool ur_decide_redirects(const struct ur_settings *settings)
{
    return settings->redirect == UR_REDIRECT_TEMPORARY ||
           settings->redirect == UR_REDIRECT_PERMANENT;
}

/* Only a plain navigation that lacks nothing but TLS is redirected: a client that follows a
 * redirect with a handshake or a POST is rare, and one that shows its data twice is worse off
 * than one refused. In clear there is no key exchange, so that such a requirement is unmet
 * whatever the client would agree on over TLS. */
static bool is_sent_on(const struct ur_case *c)
{
    const unsigned lacking = UR_FAMILY_TLS | UR_FAMILY_KEY_EXCHANGE;

    return ur_decide_redirects(c->settings) && !(c->judgement.unmet & ~lacking) && c->clear &&
           c->navigates && c->navigates(c->context);
}

static struct ur_ruling end_request(const struct ur_case *c, enum ur_stage stage, int64_t ends)
{
    bool sent_on = is_sent_on(c);

    return (struct ur_ruling){
        .verdict = sent_on ? UR_VERDICT_REDIRECT : UR_VERDICT_REFUSE,
        /* What is refused only for a while must not be remembered for good. */
        .permanent = sent_on && stage == UR_STAGE_ENFORCE &&
                     c->settings->redirect == UR_REDIRECT_PERMANENT,
        /* httpd cannot keep a connection on which a floor refuses, and one with an unread body
         * would have to wait for the body before the answer. */
        .close = c->floor || c->body,
        .rehearsal = stage == UR_STAGE_REHEARSAL,
        .rehearsal_ends = stage == UR_STAGE_REHEARSAL ? ends : 0,
    };
}

struct ur_ruling ur_decide(const struct ur_case *c)
{
    int64_t ends = 0;
    enum ur_stage stage = ur_schedule_at(&c->settings->schedule, c->now, &ends);

    if (stage == UR_STAGE_OFF) {
        return (struct ur_ruling){.silent = true};
    }
    if (c->excepted && c->excepted(c->context)) {
        return (struct ur_ruling){.verdict = UR_VERDICT_EXCEPT};
    }
    if (stage == UR_STAGE_ANNOUNCE) {
        return (struct ur_ruling){.verdict = UR_VERDICT_ANNOUNCE};
    }
    return end_request(c, stage, ends);
}
