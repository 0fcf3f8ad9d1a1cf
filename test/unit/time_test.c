#include "tap.h"

#include "core/text/ur_time.h"

#include <string.h>

#define BAD INT64_MIN

/* The numbers are date(1)'s. */
static const struct {
    const char *text;
    int64_t time; /* BAD: refused */
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2027-01-01T00:00:00Z", 1798761600},
    {"2027-01-01t00:00:00z", 1798761600},
    {"2027-01-01T05:30:00+05:30", 1798761600},
    {"2026-12-31T14:00:00-10:00", 1798761600},
    {"2027-01-01T00:00:00-00:00", 1798761600},
    {"2027-01-01T23:59:00+23:59", 1798761600},
    {"2027-01-01T00:00:00.999999999Z", 1798761600},
    {"2024-02-29T12:00:00Z", 1709208000},
    {"2000-02-29T00:00:00Z", 951782400},
    {"2000-03-01T00:00:00Z", 951868800},
    {"2038-01-19T03:14:07Z", 2147483647},
    {"2038-01-19T03:14:08Z", 2147483648},
    {"2106-02-07T06:28:15Z", 4294967295},
    {"2106-02-07T06:28:16Z", 4294967296},
    {"2100-02-28T23:59:59Z", 4107542399},
    {"2100-03-01T00:00:00Z", 4107542400},
    {"0000-01-01T00:00:00Z", -62167219200},
    {"0000-02-29T00:00:00Z", -62162121600},
    {"9999-12-31T23:59:59Z", 253402300799},

    {"", BAD},
    {"2027-01-01", BAD},
    {"2027-01-01T00:00:00", BAD},
    {"2027-01-01 00:00:00Z", BAD},
    {"2027-01-01T00:00Z", BAD},
    {"2027-1-1T00:00:00Z", BAD},
    {"2027-01-01T00:00:00ZZ", BAD},
    {"2027-01-01T00:00:00.Z", BAD},
    {"2027-01-01T00:00:00+0530", BAD},
    {"2027-01-01T00:00:00+05", BAD},
    {"2027-01-01T00:00:00+24:00", BAD},
    {"2027-01-01T00:00:00+05:60", BAD},
    {"2027-01-01T00:00:00+05:30Z", BAD},
    {"+2027-01-01T00:00:00Z", BAD},
    {"12027-01-01T00:00:00Z", BAD},
    {"2027-00-01T00:00:00Z", BAD},
    {"2027-13-01T00:00:00Z", BAD},
    {"2027-01-00T00:00:00Z", BAD},
    {"2027-01-32T00:00:00Z", BAD},
    {"2027-04-31T00:00:00Z", BAD},
    {"2027-02-29T00:00:00Z", BAD},
    {"2100-02-29T00:00:00Z", BAD},
    {"2027-01-01T24:00:00Z", BAD},
    {"2027-01-01T00:60:00Z", BAD},
    {"2016-12-31T23:59:60Z", BAD},
    {"9999-12-31T23:59:59-00:01", BAD},
    {"0000-01-01T00:00:00+00:01", BAD},
    {"tomorrow", BAD},
    {"1798761600", BAD},
};

static const struct {
    const char *text;
    int64_t seconds; /* BAD: refused */
} durations[] = {
    {"P7D", 604800},
    {"P2W", 1209600},
    {"P1W2D", 777600},
    {"PT1H", 3600},
    {"PT10M", 600},
    {"PT90S", 90},
    {"PT0S", 0},
    {"p1dt1h1m1s", 90061},
    {"P1DT12H", 129600},
    {"PT1H30S", 3630},
    {"P106751991167300D", 9223372036854720000},
    {"P106751991167301D", INT64_MAX},
    {"PT99999999999999999999999S", INT64_MAX},
    {"P15250284452472W", INT64_MAX},

    {"", BAD},
    {"P", BAD},
    {"PT", BAD},
    {"P1DT", BAD},
    {"1D", BAD},
    {"P1", BAD},
    {"PD", BAD},
    {"P-1D", BAD},
    {"P1.5D", BAD},
    {"PT1M1H", BAD},
    {"PT1H1H", BAD},
    {"P1D1W", BAD},
    {"P1H", BAD},
    {"PT1D", BAD},
    {"P1M", BAD},
    {"P1Y", BAD},
    {"P1DT1HX", BAD},
    {"P 1D", BAD},
    {"10m", BAD},
};

/* Each day of the years around the turns of centuries, and each second of one day. */
static void test_round_trips(void)
{
    static const int64_t starts[] = {-62167219200, -2208988800, 946684800, 4102444800,
                                     253370764800};
    bool same = true;

    for (size_t i = 0; i < COUNT(starts); i++) {
        for (int64_t n = 0; n < 365 + 86400; n++) {
            int64_t time = starts[i] + (n < 365 ? n * 86400 : n - 365);
            char room[21];
            struct ur_buf buf = {room, 20, 0};
            int64_t again;
            ur_time_write(&buf, time);
            same = same && buf.len == 20 &&
                   !ur_time_parse((struct ur_span){room, buf.len}, &again) && again == time;
        }
    }
    ok(same, "what is written is read as the same time");
}

static void put(char *at, int digits, int number)
{
    while (digits--) {
        at[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* Whether that is how the first second of a day is written and read. */
static bool is_day(const char *text, int64_t time)
{
    char room[21] = "";
    struct ur_buf buf = {room, 20, 0};
    int64_t read;

    ur_time_write(&buf, time);
    return memcmp(room, text, 20) == 0 && !ur_time_parse((struct ur_span){text, 20}, &read) &&
           read == time;
}

static int days_of(int year, int month)
{
    bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);

    return month == 2                                              ? 28 + leap
           : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                   : 31;
}

/* The proofs take for granted that days are counted right: this looks at all of them. */
static void test_every_day(void)
{
    char text[] = "0000-00-00T00:00:00Z";
    int64_t time = -62167219200;
    int64_t right = 0;

    for (int year = 0; year <= 9999; year++) {
        put(text, 4, year);
        for (int month = 1; month <= 12; month++) {
            put(text + 5, 2, month);
            for (int day = 1; day <= days_of(year, month); day++, time += 86400) {
                put(text + 8, 2, day);
                right += is_day(text, time);
            }
        }
    }
    ok(time == 253402300800 && right == (time + 62167219200) / 86400,
       "every day of the years 0000 to 9999 has its number");
}

static void test_writing(int64_t time, const char *text)
{
    char room[32];
    struct ur_buf buf = {room, sizeof room - 1, 0};

    ur_time_write(&buf, time);
    room[buf.len] = '\0';
    ok(strcmp(room, text) == 0, "written as %s", room);
}

static void test_http_dates(void)
{
    static const struct {
        int64_t time;
        const char *text;
    } dates[] = {
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
        {2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {4070908800, "Thu, 01 Jan 2099 00:00:00 GMT"},
        {UR_TIME_ALWAYS, "Sat, 01 Jan 0000 00:00:00 GMT"},
        {UR_TIME_NEVER, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };

    for (size_t i = 0; i < COUNT(dates); i++) {
        char room[32];
        struct ur_buf buf = {room, sizeof room - 1, 0};
        ur_time_write_http(&buf, dates[i].time);
        room[buf.len] = '\0';
        ok(strcmp(room, dates[i].text) == 0, "in a header: %s", room);
    }
}

int main(void)
{
    test_http_dates();
    for (size_t i = 0; i < COUNT(times); i++) {
        int64_t time = BAD;
        const char *error = ur_time_parse(edge(times[i].text), &time);
        ok(error ? times[i].time == BAD : time == times[i].time, "time '%s'", times[i].text);
    }
    for (size_t i = 0; i < COUNT(durations); i++) {
        int64_t seconds = BAD;
        const char *error = ur_time_parse_duration(edge(durations[i].text), &seconds);
        ok(seconds == durations[i].seconds && !error == (seconds != BAD), "duration '%s'",
           durations[i].text);
    }
    ok(ur_time_add(INT64_MAX, 1) == INT64_MAX && ur_time_add(INT64_MAX - 1, 1) == INT64_MAX &&
           ur_time_add(INT64_MIN, -1) == INT64_MIN && ur_time_add(1, -2) == -1,
       "sums saturate");
    test_round_trips();
    test_every_day();
    test_writing(1798761600, "2027-01-01T00:00:00Z");
    test_writing(INT64_MAX, "9999-12-31T23:59:59Z");
    test_writing(INT64_MIN, "0000-01-01T00:00:00Z");
    return tap_done();
}
