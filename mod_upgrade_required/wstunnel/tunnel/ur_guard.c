#include "wstunnel/tunnel/ur_guard.h"

#include "core/text/ur_jitter.h"
#include "shared/ur_setting.h"
#include "wstunnel/config/ur_route.h"
#include "wstunnel/tunnel/ur_deadline.h"

#include <apr_general.h>

static bool is_given(uint64_t number)
{
    return number && number != UR_SETTING_NONE;
}

static apr_interval_time_t jittered(uint64_t seconds, uint64_t percent)
{
    uint32_t random = 0;

    apr_generate_random_bytes((unsigned char *)&random, sizeof random);
    return (apr_interval_time_t)ur_jitter(seconds * APR_USEC_PER_SEC, (unsigned)percent,
                                          random);
}

void ur_guard_prepare(struct ur_tunnel *tunnel, const struct ur_route *route)
{
    const struct ur_age_setting *age = route->age;

    tunnel->idle_limit = is_given(route->idle);
    if (tunnel->idle_limit) {
        tunnel->timeout = apr_time_from_sec((apr_time_t)route->idle);
    }
    tunnel->limit = age && age->seconds ? tunnel->opened + jittered(age->seconds, age->jitter)
                                        : UR_DEADLINE_NEVER;
}
