#ifndef UR_TIME_H
#define UR_TIME_H

#include "core/text/ur_buf.h"

#include <stdint.h>

/* Points in time are seconds since 1970-01-01T00:00:00Z, durations are seconds. */

/* Before and after every representable time. */
#define UR_TIME_NEVER  INT64_MAX
#define UR_TIME_ALWAYS INT64_MIN

/* Reads an RFC 3339 date-time, "2027-01-01T00:00:00+05:30", whose year is 0000 to 9999, in UTC
 * too. Drops fractions of a second; rejects leap seconds. Returns NULL on success, otherwise
 * what is wrong and what would be right. */
const char *ur_time_parse(struct ur_span text, int64_t *time);

/* Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds: "P7D", "PT1H30M". One
 * that is too long for an int64_t becomes the longest. Errors as above; months and years are
 * errors, because they have no fixed length. */
const char *ur_time_parse_duration(struct ur_span text, int64_t *seconds);

/* The sum, or the nearest value that can be represented. */
int64_t ur_time_add(int64_t time, int64_t seconds);

/* "2027-01-01T00:00:00Z". A time outside the years 0000 to 9999 becomes the nearest within
 * them. */
void ur_time_write(struct ur_buf *out, int64_t time);

/* "Fri, 01 Jan 2027 00:00:00 GMT", as header fields have it (RFC 9110, 5.6.7). The same bounds.
 * APR's own is wrong from 2038 on where its seconds have 32 bits. */
void ur_time_write_http(struct ur_buf *out, int64_t time);

#endif
