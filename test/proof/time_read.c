/* Proves: a date and time is read in bounds, whatever it is. One that is accepted has digits
 *   and separators where they belong and a month, a day, an hour and a minute that there are,
 *   and lies within the years that can be written; of one that is not, nothing is kept but a
 *   time that is out of them.
 * Assumes: days are counted (of every day, in test/unit/time_test.c).
 * Bound: 26 bytes, 20 and 19, and none
 * Unwind: 8 strlen.0:24 is_form.0:21
 * Instead: days_since_1970 noted_days
 * Mutant: core/text/ur_time.c: if (rest->len < digits) { => if (rest->len + 1 < digits) {
 * Mutant: core/text/ur_time.c: !rest->len || (rest->at[0] != => (rest->at[0] !=
 * Mutant: core/text/ur_time.c: rest->len > 1 && rest->at[0] == '.' => rest->at[0] == '.'
 * Mutant: core/text/ur_time.c: day > days_in(year, month) => day > 31
 * Mutant: core/text/ur_time.c: if (month < 1 || month > 12 || => if (month > 12 ||
 * Mutant: core/text/ur_time.c: *time < first_second() || *time > last_second() => *time <
 *   first_second()
 * Mutant: core/text/ur_time.c: *offset = sign * seconds_of_day(hours, minutes, 0); => *offset
 *   = sign * INT32_MAX * hours;
 */
#include "core/text/ur_time.c"
#include "proof.h"

#define FIRST (-719528) /* 0000-01-01 */
#define LAST  2932897   /* 10000-01-01 */

/* The only dates that the code itself asks for are those two. */
int64_t noted_days(int year, int month, int day)
{
    int64_t days = FIRST + (int64_t)any_up_to(LAST - FIRST);

    PROVE(year >= 0 && year <= 10000 && month >= 1 && month <= 12);
    PROVE(day >= 1 && day <= days_in(year, month));
    if (month == 1 && day == 1 && year == 0) {
        return FIRST;
    }
    if (year == 10000) {
        return LAST;
    }
    ASSUME(days < LAST);
    return days;
}

static bool is_form(struct ur_span text, const char *form)
{
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == '0' ? !is_digit(text.at[i]) : (text.at[i] | 0x20) != (form[i] | 0x20)) {
            return false;
        }
    }
    return true;
}

static const char *read(struct ur_span text)
{
    int64_t time = 0;
    const char *fault = ur_time_parse(text, &time);

    if (!fault) {
        PROVE(text.len >= 20 && is_form(text, "0000-00-00T00:00:00"));
        PROVE(time >= FIRST * INT64_C(86400) && time < LAST * INT64_C(86400));
        PROVE(text.at[5] < '2' && text.at[8] < '4' && text.at[11] < '3' && text.at[14] < '6');
        PROVE(text.at[19] == '.' ||
              text.len == (text.at[19] == 'Z' || text.at[19] == 'z' ? 20 : 25));
    }
    return fault;
}

int main(void)
{
    struct ur_span text = any_bytes(26);

    (void)read((struct ur_span){NULL, 0});
    PROVE(read(any_bytes(19)));
    (void)read(any_bytes(20));
    POSSIBLE(!read(any_bytes(25)));
    POSSIBLE(!read(text) && text.at[19] == '.');
}
