#ifndef UR_DECIDE_H
#define UR_DECIDE_H

#include "core/policy/ur_policy.h"
#include "core/policy/ur_settings.h"

/* What becomes of a request that does not meet its policy. */

/* The facts. Expensive ones are asked for only if the outcome depends on them. */
struct ur_case {
    const struct ur_settings *settings;
    struct ur_judgement judgement; /* at least one family is not met */
    int64_t now;                   /* seconds */
    bool floor;                    /* checked before anything else; otherwise as a route */
    bool clear;                    /* the client certainly does not use TLS, even by a proxy's
                                    * word */
    bool body;                     /* a body is announced and has not been read */

    bool (*excepted)(void *context);  /* an exception applies; NULL: never */
    bool (*navigates)(void *context); /* NULL: never; a GET or HEAD that asks for no other
                                       * protocol, and has an https URL to go to */
    void *context;
};

struct ur_ruling {
    bool silent; /* the request is allowed, and nothing is sent or counted; no verdict */
    enum ur_verdict verdict; /* REFUSE and REDIRECT end the request, the others allow it */
    bool permanent;          /* REDIRECT: permanently */
    bool close;              /* the client has to reconnect */
    bool rehearsal;          /* REFUSE, REDIRECT: only until this time */
    int64_t rehearsal_ends;
};

struct ur_ruling ur_decide(const struct ur_case *c);

/* Whether clients are redirected to https at all. */
bool ur_decide_redirects(const struct ur_settings *settings);

#endif
