#ifndef UR_SCRATCH_H
#define UR_SCRATCH_H

#include "core/protocol/ur_sieve.h"
#include "wstunnel/tunnel/ur_pipe.h"

#include <apr_allocator.h>

/* The most that is read at a time, and so the most that waits for a slow end. */
#define UR_CHUNK ((apr_size_t)65536)

/* A sieve puts what it has held back in front of that: room for it, which keeps the alignment.
 */
#define UR_ROOM ((apr_size_t)64)
_Static_assert(UR_ROOM >= UR_SIEVE_HELD_MAX, "what is held back has room");

/* The size of a chunk after TLS: each record has a header and more. */
#define UR_RECORDS (UR_CHUNK + 1024)

/* What a poller has for all its tunnels, while it is busy with one of them. Its own. */
struct ur_scratch {
    char *buffer;        /* for UR_CHUNK bytes that are forwarded, and UR_ROOM in front */
    char *wire;          /* for UR_CHUNK bytes that TLS is to read */
    char *records;       /* for UR_RECORDS bytes that TLS has written */
    apr_size_t recorded; /* of them, not sent yet */
    struct ur_pipe pipe;
    apr_allocator_t *allocator;
};

#endif
