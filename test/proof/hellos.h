#ifndef HELLOS_H
#define HELLOS_H

#include "contracts.h"

#include "core/protocol/ur_client_hello.c"

/* The longest there is. */
#define HELLO_MAX ((1U << 24) + 3)

static inline bool is_sane_span(struct ur_span span, struct ur_span message)
{
    return !span.at || is_within(span, message);
}

/* What is true of a ClientHello between two extensions, whatever was in those before. */
static inline bool is_sane_hello(const struct ur_client_hello *hello, unsigned seen,
                                 struct ur_span message)
{
    return hello->highest <= UR_TLS_1_3 && seen < 1U << READERS &&
           is_sane_span(hello->alpn, message) && is_sane_span(hello->groups, message) &&
           is_sane_span(hello->key_shares, message);
}

static inline struct ur_span any_span(struct ur_span message)
{
    return any_bool() ? any_part(message) : (struct ur_span){NULL, 0};
}

static inline struct ur_client_hello any_hello(struct ur_span message)
{
    return (struct ur_client_hello){(enum ur_tls)any_up_to(UR_TLS_1_3), any_bool(),
                                    any_span(message), any_span(message), any_span(message)};
}

static inline unsigned any_seen(void)
{
    return (unsigned)any_up_to((1U << READERS) - 1);
}

#endif
