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

static enum ur_client_admission take_from(struct ur_client_shard *shard,
                                          const struct ur_client *client, long owner,
                                          uint64_t limit, atomic_uint **held)
{
    struct finding found = look(shard, client, owner);
    struct ur_client_entry *entry = found.own ? found.own : found.free;

    if (found.held >= limit) {
        return UR_CLIENT_LIMITED;
    }
    if (!entry) {
        return UR_CLIENT_UNKNOWN;
    }
    if (!found.own) {
        fill(entry, client, owner);
    }
    atomic_fetch_add_explicit(&entry->count, 1, memory_order_release);
    *held = &entry->count;
    return UR_CLIENT_ADMITTED;
}

enum ur_client_admission ur_client_table_take(const struct ur_client_table *table,
                                              const struct ur_client *client, long owner,
                                              uint64_t limit, atomic_uint **held)
{
    enum ur_client_admission admission;
    struct ur_client_shard *shard;
    size_t number;
    long nobody = 0;

    if (!table->count) {
        return UR_CLIENT_UNKNOWN;
    }
    number = shard_of(table, client);
    shard = &table->shards[number];
    /* First: a process that ends right after it has taken the shard is found by this. */
    atomic_store(&table->used[number], 1);
    if (!atomic_compare_exchange_strong(&shard->taker, &nobody, owner)) {
        return UR_CLIENT_BUSY;
    }
    admission = take_from(shard, client, owner, limit, held);
    atomic_store(&shard->taker, 0);
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
