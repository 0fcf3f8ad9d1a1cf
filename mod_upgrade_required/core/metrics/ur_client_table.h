#ifndef UR_CLIENT_TABLE_H
#define UR_CLIENT_TABLE_H

#include "core/metrics/ur_cache_line.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many tunnels each client holds on a route, exactly, over all children of a server: in
 * memory that they share, of a fixed size, all zero at first.
 *
 * Whoever takes a place has the shard of its client for some hundred instructions, or some
 * thousand where there was once no entry left in it, and nobody ever waits: a shard that is
 * taken is told as such. Whoever gives a place back needs no shard: it is one subtraction. A
 * child that is killed leaves nothing half done: an entry counts from the moment on at which
 * its count is written, which is the last thing; and the parent process, which learns of its
 * end, gives back the shards it had and all its places. */

/* A client on a route. */
struct ur_client {
    uint64_t route;   /* which route; the same in all children and after a reload */
    uint64_t network; /* see the functions below */
};

/* The network by which an address counts, from its bytes in network order: IPv4 by address,
 * IPv6 by its /64. Those of IPv4 lie where IPv6 has no networks (0:ffff::/32, in ::/8). */
uint64_t ur_client_of_ipv4(const unsigned char address[4]);
uint64_t ur_client_of_ipv6(const unsigned char address[16]);

/* A name of a route, as a number. */
uint64_t ur_client_route(const char *name);

/* What one child holds for one client. */
struct ur_client_entry {
    atomic_uint_fast64_t route;
    atomic_uint_fast64_t network;
    atomic_long owner; /* the child's process */
    atomic_uint count; /* 0: the entry is free, whatever else it says */
};

#define UR_CLIENT_ENTRIES 32

/* Where there is no entry left the next shards are asked for one, so many together: a client
 * that has a tunnel in each of many children needs one for each of them. */
#define UR_CLIENT_CHAIN ((size_t)32)

struct ur_client_shard {
    _Alignas(UR_CACHE_LINE) atomic_long taker; /* the process that has it; 0: none */
    atomic_uchar spilled; /* clients of this shard have had entries in others */
    struct ur_client_entry entries[UR_CLIENT_ENTRIES];
};

struct ur_client_table {
    struct ur_client_shard *shards;
    atomic_uchar *used; /* of each shard: it has been written to */
    size_t count;       /* of shards; 0: there is no table */
    uint64_t salt;      /* so that clients cannot choose a shard */
};

/* So many bytes are needed for a table, aligned to a cache line. */
size_t ur_client_table_size(size_t shards);

struct ur_client_table ur_client_table_in(void *memory, size_t shards, uint64_t salt);

enum ur_client_admission {
    UR_CLIENT_ADMITTED, /* it holds one more */
    UR_CLIENT_LIMITED,  /* it holds its maximum */
    UR_CLIENT_UNKNOWN,  /* there is no entry left for it, or no table */
    UR_CLIENT_BUSY      /* another takes from this shard at this moment: to be asked again */
};

/* One more for a client that may hold limit of them. ADMITTED: *held is what the caller gives
 * back. owner: its process. */
enum ur_client_admission ur_client_table_take(const struct ur_client_table *table,
                                              const struct ur_client *client, long owner,
                                              uint64_t limit, atomic_uint **held);

/* Once for each that was taken, from any thread. */
static inline void ur_client_table_give_back(atomic_uint *held)
{
    atomic_fetch_sub_explicit(held, 1, memory_order_release);
}

/* The process has exited: what it held is free. In the parent process. */
void ur_client_table_free(const struct ur_client_table *table, long owner);

#endif
