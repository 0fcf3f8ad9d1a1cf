#ifndef PROOF_H
#define PROOF_H

#include "core/text/ur_span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What proofs are written in. CBMC tries every value of what is ANY; an ordinary compiler only
 * sees whether a proof still compiles. */

#ifdef PROVING
#define ASSUME(condition) __CPROVER_assume(condition)
#define PROVE(condition)  __CPROVER_assert(condition, #condition)
#define FORGET(object)    __CPROVER_havoc_object(&(object))
/* Must be reached, and must be able to be true: a proof about nothing holds, too. */
#ifdef UNREACHED
#define POSSIBLE(condition) ((void)(condition))
#else
#define POSSIBLE(condition) __CPROVER_assert(!(condition), "possible: " #condition)
#endif
#else
void proof_use(const void *object, bool condition);
#define ASSUME(condition)   proof_use(NULL, condition)
#define PROVE(condition)    proof_use(NULL, condition)
#define FORGET(object)      proof_use(&(object), true)
#define POSSIBLE(condition) proof_use(NULL, condition)
#endif

/* An object of any content. */
#define ANY(type, name)                                                                        \
    type name;                                                                                 \
    FORGET(name)

/* Any number; CBMC gives a function without a body, and with such a name, any result. */
unsigned long long nondet_number(void);

static inline uint64_t any(void)
{
    return nondet_number();
}

static inline uint64_t any_up_to(uint64_t most)
{
    uint64_t number = nondet_number();

    ASSUME(number <= most);
    return number;
}

static inline bool any_bool(void)
{
    return nondet_number() & 1;
}

/* That many bytes of any value, with nothing in front of them and nothing behind: the smallest
 * step out of them is out of bounds. */
static inline struct ur_span any_bytes(size_t len)
{
    return (struct ur_span){malloc(len), len};
}

/* Calls a function of a span with each length up to that, and with an absent one. What CBMC
 * need not choose costs it nothing: this is much cheaper than one span of any length. */
#define FOR_EACH_LENGTH(most, function)                                                        \
    do {                                                                                       \
        function((struct ur_span){NULL, 0});                                                   \
        for (size_t length = 0; length <= (most); length++) {                                  \
            function(any_bytes(length));                                                       \
        }                                                                                      \
    } while (0)

/* Whether a part lies within the whole, or is empty. */
static inline bool is_within(struct ur_span part, struct ur_span whole)
{
    return !part.len || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

#endif
