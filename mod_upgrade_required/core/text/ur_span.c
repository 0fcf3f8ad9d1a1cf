#include "core/text/ur_span.h"

#include "core/text/ur_ascii.h"

#include <string.h>

struct ur_span ur_span_of(const char *string)
{
    return (struct ur_span){string, string ? strlen(string) : 0};
}

static bool is_ows(char c)
{
    return c == ' ' || c == '\t';
}

struct ur_span ur_span_trim(struct ur_span span)
{
    while (span.len && is_ows(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len && is_ows(span.at[span.len - 1])) {
        span.len--;
    }
    return span;
}

/* Not tolower(): that one follows the locale, and protocol words are ASCII. */
static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool ur_span_is(struct ur_span span, struct ur_span word)
{
    if (!span.at || !word.at || span.len != word.len) {
        return false;
    }
    for (size_t i = 0; i < span.len; i++) {
        if (lower(span.at[i]) != lower(word.at[i])) {
            return false;
        }
    }
    return true;
}

bool ur_span_is_token(struct ur_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (!ur_is_token_char(span.at[i])) {
            return false;
        }
    }
    return span.len > 0;
}
