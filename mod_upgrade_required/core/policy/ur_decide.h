#ifndef UR_DECIDE_H
#define UR_DECIDE_H

#include "core/policy/ur_policy.h"
#include "core/policy/ur_settings.h"

/* What becomes of a request that does not meet its policy. */

/* The facts. What costs something to find out is asked for only where it decides. */
struct ur_case {
    const struct ur_settings *settings;
    struct ur_judgement judgement; /* at least one family is unmet */
    int64_t now;                   /* seconds */
    bool floor;                    /* judged before anything else; else as a route */
    bool clear;                    /* the client is certainly in clear, whoever speaks for it */
    bool body;                     /* a body is announced that nobody has read */

    bool (*excepted)(void *context);  /* an exception holds; NULL: never */
    bool (*navigates)(void *context); /* NULL: never; a GET or HEAD that asks for no other
                                       * protocol, and has an https URL to go to */
    void *context;
};

struct ur_ruling {
    bool silent; /* the request passes, and nothing is said or counted; no verdict */
    enum ur_verdict verdict; /* REFUSE and REDIRECT end the request, the others let it pass */
    bool permanent;          /* REDIRECT: for good */
    bool close;              /* the client has to come back on another connection */
    bool rehearsal;          /* REFUSE, REDIRECT: only until this time */
    int64_t rehearsal_ends;
};

struct ur_ruling ur_decide(const struct ur_case *c);

#endif
