#ifndef UR_OUTLOOK_H
#define UR_OUTLOOK_H

#include "core/metrics/ur_counters.h"
#include "core/policy/ur_decide.h"

/* What requests under a policy can get, so that each of these has its number from the start. */

/* A policy and what bears on it. */
struct ur_prospect {
    const struct ur_policy *policy;
    const struct ur_settings *settings;
    bool excepted; /* there are exceptions; as ACME challenges are for every floor */
    bool kept;     /* nothing is required, but a handshake has to be a valid one */
    const struct ur_origins *origins;    /* accepted; NULL: all */
    const struct ur_words *subprotocols; /* one must be offered; NULL or no words: optional */
};

/* The decisions that are possible from now on, in seconds. None for a policy that requires
 * nothing or is off. */
struct ur_marks ur_outlook(const struct ur_prospect *prospect, int64_t now);

#endif
