#include "core/metrics/ur_client_table.h"

static uint64_t big_endian(const unsigned char *at, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

uint64_t ur_client_of_ipv4(const unsigned char address[4])
{
    return UINT64_C(0xFFFF) << 32 | big_endian(address, 4);
}

/* ::ffff:192.0.2.1 is the IPv4 client of a socket for both (RFC 4291, 2.5.5.2). */
uint64_t ur_client_of_ipv6(const unsigned char address[16])
{
    uint64_t network = big_endian(address, 8);

    return network == 0 && big_endian(address + 8, 4) == 0xFFFF
               ? ur_client_of_ipv4(address + 12)
               : network;
}

/* FNV-1a: routes are few, and the administrator's. */
uint64_t ur_client_route(const char *name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* The finalizer of MurmurHash3: every bit of the input changes half of the output. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    value = (value ^ value >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return value ^ value >> 33;
}

static size_t shard_of(const struct ur_client_table *table, const struct ur_client *client)
{
    return (size_t)(mix(mix(client->network ^ table->salt) ^ client->route) % table->count);
}

size_t ur_client_table_size(size_t shards)
{
    return shards * (sizeof(struct ur_client_shard) + sizeof(atomic_uchar));
}

struct ur_client_table ur_client_table_in(void *memory, size_t shards, uint64_t salt)
{
    struct ur_client_shard *first = memory;

    return (struct ur_client_table){first, (atomic_uchar *)(first + shards), shards, salt};
}

static bool is_of(struct ur_client_entry *entry, const struct ur_client *client)
{
    return atomic_load_explicit(&entry->route, memory_order_relaxed) == client->route &&
           atomic_load_explicit(&entry->network, memory_order_relaxed) == client->network;
}

/* Of one client in a shard. */
struct finding {
    uint64_t held;               /* by all children */
    struct ur_client_entry *own; /* NULL: the caller's child holds none */
    struct ur_client_entry *free;
};

/* Counts only fall meanwhile: whoever makes them grow needs the shard. */
static struct finding look(struct ur_client_shard *shard, const struct ur_client *client,
                           long owner)
{
    struct finding found = {0, NULL, NULL};

    for (size_t i = 0; i < UR_CLIENT_ENTRIES; i++) {
        struct ur_client_entry *entry = &shard->entries[i];
        unsigned count = atomic_load_explicit(&entry->count, memory_order_acquire);
        if (count == 0) {
            found.free = found.free ? found.free : entry;
        }
        else if (is_of(entry, client)) {
            bool own = atomic_load_explicit(&entry->owner, memory_order_relaxed) == owner;
            found.held += count;
            found.own = own ? entry : found.own;
        }
    }
    return found;
}

/* The count is written last: until then the entry is free for whoever comes after a process
 * that ends here. */
static void fill(struct ur_client_entry *entry, const struct ur_client *client, long owner)
{
    atomic_store_explicit(&entry->route, client->route, memory_order_relaxed);
    atomic_store_explicit(&entry->network, client->network, memory_order_relaxed);
    atomic_store_explicit(&entry->owner, owner, memory_order_relaxed);
}

static atomic_uint *enter(const struct finding *found, const struct ur_client *client,
                          long owner)
{
    struct ur_client_entry *entry = found->own ? found->own : found->free;

    if (!found->own) {
        fill(entry, client, owner);
    }
    atomic_fetch_add_explicit(&entry->count, 1, memory_order_release);
    return &entry->count;
}

static size_t behind(const struct ur_client_table *table, size_t number, size_t distance)
{
    return (number + distance) % table->count;
}

static size_t chain_length(const struct ur_client_table *table)
{
    return table->count < UR_CLIENT_CHAIN ? table->count : UR_CLIENT_CHAIN;
}

/* What it holds in the shards behind its own. Only who has its own makes that grow. */
static uint64_t held_behind(const struct ur_client_table *table, size_t number,
                            const struct ur_client *client, long owner)
{
    uint64_t held = 0;

    for (size_t k = 1; k < chain_length(table); k++) {
        size_t at = behind(table, number, k);
        if (atomic_load(&table->used[at])) {
            held += look(&table->shards[at], client, owner).held;
        }
    }
    return held;
}

/* First of all: a process that ends right after it has taken the shard is found by this. */
static bool lock_shard(const struct ur_client_table *table, size_t number, long owner)
{
    long nobody = 0;

    atomic_store(&table->used[number], 1);
    return atomic_compare_exchange_strong(&table->shards[number].taker, &nobody, owner);
}

static void unlock_shard(const struct ur_client_table *table, size_t number)
{
    atomic_store(&table->shards[number].taker, 0);
}

/* In the first shard behind its own that has an entry. */
static enum ur_client_admission take_behind(const struct ur_client_table *table, size_t number,
                                            const struct ur_client *client, long owner,
                                            atomic_uint **held)
{
    enum ur_client_admission admission = UR_CLIENT_UNKNOWN;

    for (size_t k = 1; k < chain_length(table) && admission != UR_CLIENT_ADMITTED; k++) {
        size_t at = behind(table, number, k);
        struct finding found;
        if (!lock_shard(table, at, owner)) {
            admission = UR_CLIENT_BUSY;
            continue;
        }
        found = look(&table->shards[at], client, owner);
        if (found.own || found.free) {
            atomic_store(&table->shards[number].spilled, 1);
            *held = enter(&found, client, owner);
            admission = UR_CLIENT_ADMITTED;
        }
        unlock_shard(table, at);
    }
    return admission;
}

static enum ur_client_admission take_from(const struct ur_client_table *table, size_t number,
                                          const struct ur_client *client, long owner,
                                          uint64_t limit, atomic_uint **held)
{
    struct ur_client_shard *shard = &table->shards[number];
    struct finding found = look(shard, client, owner);

    if (atomic_load(&shard->spilled)) {
        found.held += held_behind(table, number, client, owner);
    }
    if (found.held >= limit) {
        return UR_CLIENT_LIMITED;
    }
    if (!found.own && !found.free) {
        return take_behind(table, number, client, owner, held);
    }
    *held = enter(&found, client, owner);
    return UR_CLIENT_ADMITTED;
}

enum ur_client_admission ur_client_table_take(const struct ur_client_table *table,
                                              const struct ur_client *client, long owner,
                                              uint64_t limit, atomic_uint **held)
{
    enum ur_client_admission admission;
    size_t number;

    if (!table->count) {
        return UR_CLIENT_UNKNOWN;
    }
    number = shard_of(table, client);
    if (!lock_shard(table, number, owner)) {
        return UR_CLIENT_BUSY;
    }
    admission = take_from(table, number, client, owner, limit, held);
    unlock_shard(table, number);
    return admission;
}

/* Shards that nobody has used have no memory yet, and are not to get any here. */
void ur_client_table_free(const struct ur_client_table *table, long owner)
{
    for (size_t i = 0; i < table->count; i++) {
        struct ur_client_shard *shard = &table->shards[i];
        long taker = owner;
        if (!atomic_load(&table->used[i])) {
            continue;
        }
        for (size_t k = 0; k < UR_CLIENT_ENTRIES; k++) {
            struct ur_client_entry *entry = &shard->entries[k];
            if (atomic_load(&entry->count) && atomic_load(&entry->owner) == owner) {
                atomic_store(&entry->count, 0);
            }
        }
        atomic_compare_exchange_strong(&shard->taker, &taker, 0);
    }
}
