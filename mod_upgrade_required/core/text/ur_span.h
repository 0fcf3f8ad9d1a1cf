#ifndef UR_SPAN_H
#define UR_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes owned by someone else. at == NULL: the value is absent, which is not the same as empty
 * (a header that was sent without a value). */
struct ur_span {
    const char *at;
    size_t len;
};

/* The span of a string literal, without the terminating NUL. */
#define UR_SPAN(literal) ((struct ur_span){(literal), sizeof(literal) - 1})

/* The span of a NUL-terminated string; NULL gives the absent span. */
struct ur_span ur_span_of(const char *string);

static inline bool ur_span_present(struct ur_span span)
{
    return span.at != NULL;
}

/* Without optional white space (SP, HTAB; RFC 9110, 5.6.3) at both ends. */
struct ur_span ur_span_trim(struct ur_span span);

/* Equal, whatever the case of ASCII letters. An absent span equals nothing. */
bool ur_span_is(struct ur_span span, struct ur_span word);

/* Whether it is a token: names of headers and methods, members of Connection (RFC 9110, 5.6.2).
 */
bool ur_span_is_token(struct ur_span span);

#endif
