#ifndef UR_MPM_H
#define UR_MPM_H

#include <stdint.h>

#include <ap_mpm.h>

/* A number that the MPM knows (AP_MPMQ_*); 0 if it does not. */
static inline uint64_t ur_mpm_ask(int question)
{
    int answer = 0;

    return ap_mpm_query(question, &answer) == APR_SUCCESS && answer > 0 ? (uint64_t)answer : 0;
}

#endif
