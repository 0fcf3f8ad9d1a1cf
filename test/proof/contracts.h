#ifndef CONTRACTS_H
#define CONTRACTS_H

#include "proof.h"

/* What functions do as far as their callers need to know, each proved in the file that is named
 * there. A proof about a caller has them called instead ("Instead:" in its head): what they
 * read must be there, and what they return is anything that they may. */

#ifdef PROVING
#define READABLE(span) (!(span).len || __CPROVER_r_ok((span).at, (span).len))
#else
#define READABLE(span) ((span).at != NULL)
#endif

static inline bool is_white(char c)
{
    return c == ' ' || c == '\t';
}

/* A part of it, which may be empty. */
static inline struct ur_span any_part(struct ur_span whole)
{
    size_t before = any_up_to(whole.len);

    return (struct ur_span){whole.at + before, any_up_to(whole.len - before)};
}

/* ur_span_trim(), ur_span_is(), ur_span_is_token(): span.c */
struct ur_span any_trimmed(struct ur_span span);
bool any_equality(struct ur_span span, struct ur_span word);
bool any_token(struct ur_span span);

/* member_length(): list_member.c; ur_list_next(): list.c */
size_t any_member_length(struct ur_span list);
bool any_member(struct ur_span *rest, struct ur_span *member);

/* ur_head_line(), ur_head_field(): head.c; ur_head_status(): head_status.c */
bool any_line(struct ur_span *rest, struct ur_span *line);
int any_status(struct ur_span line);
bool any_field(struct ur_span line, struct ur_span *name, struct ur_span *value);

/* take_number(), take_vector(): hello_vector.c */
bool any_number(struct ur_span *rest, size_t bytes, size_t *number);
bool any_vector(struct ur_span *rest, size_t bytes, struct ur_span *vector);

#endif
