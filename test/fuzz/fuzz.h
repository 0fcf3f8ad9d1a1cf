#ifndef FUZZ_H
#define FUZZ_H

#include "core/text/ur_span.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
static inline void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Cuts off what stands before the next line end; the rest once there is none. */
static inline struct ur_span fuzz_line(struct ur_span *rest)
{
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    struct ur_span line = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    size_t used = line.len + (end ? 1 : 0);

    rest->at += used;
    rest->len -= used;
    return line;
}

#endif
