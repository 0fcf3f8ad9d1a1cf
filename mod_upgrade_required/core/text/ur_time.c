#include "core/text/ur_time.h"

#define MINUTE 60
#define HOUR   3600
#define DAY    86400
#define WEEK   604800

static const char NOT_A_TIME[] =
    "not a date and time; use a form such as 2027-01-01T00:00:00Z or 2027-01-01T05:30:00+05:30";
static const char NO_SUCH_TIME[] =
    "no such date or time; check the day, the hour and the offset";
static const char NOT_A_DURATION[] =
    "not a duration; use weeks, days, hours, minutes and seconds, such as P7D or PT1H30M";
static const char NO_LENGTH[] = "years and months have no fixed length; use days, such as P30D";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Cuts off a number of this many digits, -1 if there is none. */
static int take_number(struct ur_span *rest, size_t digits)
{
    int number = 0;

    if (rest->len < digits) {
        return -1;
    }
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(rest->at[i])) {
            return -1;
        }
        number = number * 10 + (rest->at[i] - '0');
    }
    rest->at += digits;
    rest->len -= digits;
    return number;
}

/* Cuts one character off, given as its two cases. */
static bool take(struct ur_span *rest, char upper, char lower)
{
    if (!rest->len || (rest->at[0] != upper && rest->at[0] != lower)) {
        return false;
    }
    rest->at++;
    rest->len--;
    return true;
}

/* A number behind its separator. */
static int take_next(struct ur_span *rest, char separator)
{
    return take(rest, separator, separator) ? take_number(rest, 2) : -1;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days of the proleptic Gregorian calendar since 1970-01-01. The year is counted from March,
 * so that the leap day is its last, and in eras of 400 years, which all have 146,097 days. */
static int64_t days_since_1970(int year, int month, int day)
{
    int shifted = month > 2 ? year : year - 1;
    int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int year_of_era = shifted - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int64_t)era * 146097 + day_of_era - 719468;
}

/* Of the years that can be written, in UTC. */
static int64_t first_second(void)
{
    return days_since_1970(0, 1, 1) * DAY;
}

static int64_t last_second(void)
{
    return days_since_1970(10000, 1, 1) * DAY - 1;
}

static void skip_fraction(struct ur_span *rest)
{
    if (rest->len > 1 && rest->at[0] == '.' && is_digit(rest->at[1])) {
        do {
            rest->at++;
            rest->len--;
        } while (rest->len && is_digit(rest->at[0]));
    }
}

static int seconds_of_day(int hour, int minute, int second)
{
    return hour * HOUR + minute * MINUTE + second;
}

/* Seconds east of Greenwich. */
static const char *parse_offset(struct ur_span text, int *offset)
{
    int sign = take(&text, '-', '-') ? -1 : 1;
    int hours;
    int minutes;

    if (sign == 1 && !take(&text, '+', '+')) {
        *offset = 0;
        return take(&text, 'Z', 'z') && !text.len ? NULL : NOT_A_TIME;
    }
    hours = take_number(&text, 2);
    minutes = take_next(&text, ':');
    if (hours < 0 || minutes < 0 || text.len) {
        return NOT_A_TIME;
    }
    *offset = sign * seconds_of_day(hours, minutes, 0);
    return hours > 23 || minutes > 59 ? NO_SUCH_TIME : NULL;
}

const char *ur_time_parse(struct ur_span text, int64_t *time)
{
    int year = take_number(&text, 4);
    int month = take_next(&text, '-');
    int day = take_next(&text, '-');
    int hour = take(&text, 'T', 't') ? take_number(&text, 2) : -1;
    int minute = take_next(&text, ':');
    int second = take_next(&text, ':');
    int offset = 0;
    const char *error;

    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) {
        return NOT_A_TIME;
    }
    skip_fraction(&text);
    error = parse_offset(text, &offset);
    if (error) {
        return error;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        return NO_SUCH_TIME;
    }
    *time =
        days_since_1970(year, month, day) * DAY + seconds_of_day(hour, minute, second) - offset;
    return *time < first_second() || *time > last_second() ? NO_SUCH_TIME : NULL;
}

int64_t ur_time_add(int64_t time, int64_t seconds)
{
    if (seconds > 0 && time > INT64_MAX - seconds) {
        return INT64_MAX;
    }
    if (seconds < 0 && time < INT64_MIN - seconds) {
        return INT64_MIN;
    }
    return time + seconds;
}

static int64_t times(int64_t number, int64_t unit)
{
    return number > INT64_MAX / unit ? INT64_MAX : number * unit;
}

/* A number of any length, at least one digit. */
static bool take_long(struct ur_span *rest, int64_t *number)
{
    size_t start = rest->len;

    *number = 0;
    while (rest->len && is_digit(rest->at[0])) {
        *number = ur_time_add(times(*number, 10), rest->at[0] - '0');
        rest->at++;
        rest->len--;
    }
    return rest->len < start;
}

struct unit {
    char upper;
    char lower;
    int64_t seconds;
};

/* The parts of a duration in the order of the units, each at most once. False for anything
 * else. *parts counts those that were read. */
static bool add_parts(struct ur_span *rest, const struct unit units[], size_t count,
                      int64_t *seconds, size_t *parts)
{
    size_t next = 0;
    int64_t number;

    while (rest->len && is_digit(rest->at[0])) {
        if (!take_long(rest, &number)) {
            return false;
        }
        while (next < count && !take(rest, units[next].upper, units[next].lower)) {
            next++;
        }
        if (next == count) {
            return false;
        }
        *seconds = ur_time_add(*seconds, times(number, units[next].seconds));
        next++;
        (*parts)++;
    }
    return true;
}

/* Whether there is a year or a month before the T, where M is not a minute. */
static bool has_no_length(struct ur_span text)
{
    for (size_t i = 0; i < text.len && text.at[i] != 'T' && text.at[i] != 't'; i++) {
        char c = text.at[i];
        if (c == 'Y' || c == 'y' || c == 'M' || c == 'm') {
            return true;
        }
    }
    return false;
}

const char *ur_time_parse_duration(struct ur_span text, int64_t *seconds)
{
    static const struct unit days[] = {{'W', 'w', WEEK}, {'D', 'd', DAY}};
    static const struct unit hours[] = {{'H', 'h', HOUR}, {'M', 'm', MINUTE}, {'S', 's', 1}};
    int64_t sum = 0;
    size_t parts = 0;
    size_t day_parts;

    if (!take(&text, 'P', 'p')) {
        return NOT_A_DURATION;
    }
    if (has_no_length(text)) {
        return NO_LENGTH;
    }
    if (!add_parts(&text, days, 2, &sum, &parts)) {
        return NOT_A_DURATION;
    }
    day_parts = parts;
    if (take(&text, 'T', 't') &&
        (!add_parts(&text, hours, 3, &sum, &parts) || parts == day_parts)) {
        return NOT_A_DURATION;
    }
    if (!parts || text.len) {
        return NOT_A_DURATION;
    }
    *seconds = sum;
    return NULL;
}

static void write_padded(struct ur_buf *out, int number, int digits, const char *behind)
{
    for (int limit = 10; digits > 1; digits--, limit *= 10) {
        if (number < limit) {
            ur_buf_literal(out, "0");
        }
    }
    ur_buf_number(out, (unsigned)number);
    ur_buf_string(out, behind);
}

struct date {
    int64_t days; /* since 1970-01-01 */
    int year;
    int month;
    int day;
    int second; /* of the day */
};

/* A time outside the years 0000 to 9999 becomes the nearest within them. */
static struct date date_of(int64_t time)
{
    struct date date = {.month = 1};
    int64_t days;

    time = time < first_second() ? first_second() : time > last_second() ? last_second() : time;
    days = date.days = time / DAY - (time % DAY < 0);
    date.second = (int)(time - days * DAY);
    /* The year is not later than this, and at most two earlier than the real one. */
    date.year = (int)((days * 400 - (days < 0 ? 146096 : 0)) / 146097) + 1970 - 1;
    while (days_since_1970(date.year + 1, 1, 1) <= days) {
        date.year++;
    }
    days -= days_since_1970(date.year, 1, 1);
    while (days >= days_in(date.year, date.month)) {
        days -= days_in(date.year, date.month++);
    }
    date.day = (int)days + 1;
    return date;
}

static void write_clock(struct ur_buf *out, int second, const char *behind)
{
    write_padded(out, second / HOUR, 2, ":");
    write_padded(out, second / MINUTE % 60, 2, ":");
    write_padded(out, second % 60, 2, behind);
}

void ur_time_write(struct ur_buf *out, int64_t time)
{
    struct date date = date_of(time);

    write_padded(out, date.year, 4, "-");
    write_padded(out, date.month, 2, "-");
    write_padded(out, date.day, 2, "T");
    write_clock(out, date.second, "Z");
}

void ur_time_write_http(struct ur_buf *out, int64_t time)
{
    static const char *const weekdays[] = {"Sun, ", "Mon, ", "Tue, ", "Wed, ",
                                           "Thu, ", "Fri, ", "Sat, "};
    static const char *const months[] = {" Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ",
                                         " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};
    struct date date = date_of(time);

    /* 1970 began on a Thursday. */
    ur_buf_string(out, weekdays[(date.days % 7 + 7 + 4) % 7]);
    write_padded(out, date.day, 2, months[date.month - 1]);
    write_padded(out, date.year, 4, " ");
    write_clock(out, date.second, " GMT");
}
