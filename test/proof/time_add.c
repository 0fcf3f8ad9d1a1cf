/* Proves: times and durations are added without overflow, to the sum or to the first or last
 *   time that there is; the sum grows with both. A duration's number and its unit are
 *   multiplied without overflow, to the product or to the longest duration that there is.
 * Assumes: nothing
 * Bound: none
 * Unwind: 1
 * Mutant: core/text/ur_time.c: time > INT64_MAX - seconds) { => time > INT64_MAX - 1) {
 * Mutant: core/text/ur_time.c: return INT64_MIN; => return INT64_MAX;
 * Mutant: core/text/ur_time.c: number > INT64_MAX / unit ? => number > INT64_MAX / DAY ?
 */
#include "core/text/ur_time.c"
#include "proof.h"

static void multiply(int64_t unit)
{
    int64_t number = (int64_t)any_up_to(INT64_MAX);
    int64_t product = times(number, unit);

    PROVE(product >= number && (product == INT64_MAX || number <= INT64_MAX / unit));
    POSSIBLE(product == INT64_MAX && number < INT64_MAX);
}

int main(void)
{
    int64_t time = (int64_t)any();
    int64_t seconds = (int64_t)any();
    int64_t more = (int64_t)any();
    int64_t sum = ur_time_add(time, seconds);

    PROVE(seconds < 0 ? sum <= time : sum >= time);
    ASSUME(more >= seconds);
    PROVE(ur_time_add(time, more) >= sum);
    PROVE(ur_time_add(more, time) >= ur_time_add(seconds, time));
    POSSIBLE(sum == INT64_MIN && time > INT64_MIN);
    POSSIBLE(sum == INT64_MAX && time < INT64_MAX);
    multiply(10);
    multiply(MINUTE);
    multiply(HOUR);
    multiply(DAY);
    multiply(WEEK);
}
