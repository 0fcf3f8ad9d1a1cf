/* The core without a server: a policy, what a client speaks, and what is to be answered. */
#include "core/upgrade.h"

#include <stdio.h>

int main(void)
{
    struct ur_policy policy = {0};
    struct ur_settings settings = {0};
    struct ur_facts facts = {.seen = {.tls = UR_TLS_1_2, .http = UR_HTTP_1_1}};
    char text[4096];
    struct ur_buf body = {text, sizeof text, 0};

    ur_policy_add(&policy, UR_SPAN("TLS/1.3"));
    struct ur_judgement judgement = ur_policy_judge(&policy, &facts);
    struct ur_case request = {.settings = &settings, .judgement = judgement, .now = 0};
    if (!judgement.unmet || ur_decide(&request).verdict != UR_VERDICT_REFUSE) {
        return puts("200 OK") < 0;
    }
    struct ur_refusal refusal = {.policy = &policy, .judgement = judgement, .seen = facts.seen};
    struct ur_reply reply = ur_reply_decide(&refusal);
    ur_body_write(UR_MEDIA_TEXT, &refusal, &reply, &body);
    printf("%d %s\n\n%.*s", reply.status, reply.title, (int)body.len, text);
    return 0;
}
