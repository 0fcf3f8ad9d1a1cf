#include "core/metrics/ur_farewell.h"

void ur_farewell_ended(struct ur_farewell *farewell, enum ur_side side)
{
    if (!farewell->ender) {
        farewell->ender = side;
    }
}

enum ur_outcome ur_farewell_outcome(const struct ur_farewell *farewell)
{
    if (farewell->closer) {
        return UR_OUTCOME_CLOSED;
    }
    return farewell->ender == UR_SIDE_CLIENT ? UR_OUTCOME_CLIENT : UR_OUTCOME_BACKEND;
}
