#include "shared/ur_retry.h"

#include <httpd.h>

#define RETRY_AFTER_MIN 5
#define RETRY_AFTER_MAX 15

unsigned ur_retry_after(void)
{
    return (unsigned)ap_random_pick(RETRY_AFTER_MIN, RETRY_AFTER_MAX);
}
