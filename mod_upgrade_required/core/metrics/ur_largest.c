#include "core/metrics/ur_largest.h"

#include <stdbool.h>
#include <string.h>

/* IPv4 is in the last four bytes, IPv6 has its /64: in both the last byte goes. */
#define CUT (~UINT64_C(0xFF))

/* Who: a cut network and a product, padded with zeros. */
struct sender {
    uint64_t key;
    uint64_t network;
    uint64_t product[UR_LARGEST_WORDS];
};

static uint64_t get(const atomic_uint_fast64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

static void set(atomic_uint_fast64_t *to, uint64_t value)
{
    atomic_store_explicit(to, value, memory_order_relaxed);
}

/* The same for what is in a place: whoever reads it that way, and then the key, reads what the
 * key was when it was written, or a later one. Not by fences, which ThreadSanitizer does not
 * know. */
static uint64_t get_content(const atomic_uint_fast64_t *from)
{
    return atomic_load_explicit(from, memory_order_acquire);
}

static void set_content(atomic_uint_fast64_t *to, uint64_t value)
{
    atomic_store_explicit(to, value, memory_order_release);
}

/* The key only finds the place, so that all of them lie together: it is not what decides. */
static struct sender sender_of(uint64_t network, struct ur_span product)
{
    struct sender sender = {.network = network & CUT};

    memcpy(sender.product, product.at,
           product.len < UR_PRODUCT_MAX ? product.len : UR_PRODUCT_MAX);
    sender.key = sender.network;
    for (size_t i = 0; i < UR_LARGEST_WORDS; i++) {
        sender.key = (sender.key ^ sender.product[i]) * UINT64_C(0x9E3779B97F4A7C15);
        sender.key ^= sender.key >> 32;
    }
    sender.key |= 1;
    return sender;
}

static bool has_place(const struct ur_largest *largest, size_t at, const struct sender *sender)
{
    bool same = get(&largest->networks[at]) == sender->network;

    for (size_t i = 0; i < UR_LARGEST_WORDS; i++) {
        same = same && get(&largest->products[at][i]) == sender->product[i];
    }
    return same;
}

/* UR_LARGEST_KEPT: it has none. */
static size_t find(const struct ur_largest *largest, const struct sender *sender)
{
    for (size_t at = 0; at < UR_LARGEST_KEPT; at++) {
        if (get(&largest->keys[at]) == sender->key && has_place(largest, at, sender)) {
            return at;
        }
    }
    return UR_LARGEST_KEPT;
}

/* A free place has 0. One that was about to be given when its process ended had the least. */
static size_t find_least(const struct ur_largest *largest)
{
    size_t found = 0;
    uint64_t least = get(&largest->weights[0]);

    for (size_t at = 1; at < UR_LARGEST_KEPT; at++) {
        uint64_t weight = get(&largest->weights[at]);
        if (weight < least) {
            least = weight;
            found = at;
        }
    }
    return found;
}

/* The key goes first and comes last: a reader that finds the same key before and after has read
 * one sender, and a process that ends in between leaves a place that nobody has. */
static void give_place(struct ur_largest *largest, size_t at, const struct sender *sender)
{
    uint64_t weight = get(&largest->weights[at]);

    set(&largest->keys[at], 0);
    set_content(&largest->inherited[at], weight);
    set_content(&largest->weights[at], weight + 1);
    set_content(&largest->networks[at], sender->network);
    for (size_t i = 0; i < UR_LARGEST_WORDS; i++) {
        set_content(&largest->products[at][i], sender->product[i]);
    }
    atomic_store_explicit(&largest->keys[at], sender->key, memory_order_release);
}

static void add_one(struct ur_largest *largest, size_t at)
{
    atomic_fetch_add_explicit(&largest->weights[at], 1, memory_order_relaxed);
}

/* Looked for again: another may have given it a place meanwhile. */
static void admit(struct ur_largest *largest, const struct sender *sender, long owner)
{
    long nobody = 0;
    size_t at;

    if (!atomic_compare_exchange_strong(&largest->taker, &nobody, owner)) {
        return;
    }
    at = find(largest, sender);
    if (at < UR_LARGEST_KEPT) {
        add_one(largest, at);
    }
    else {
        give_place(largest, find_least(largest), sender);
    }
    atomic_store(&largest->taker, 0);
}

void ur_largest_count(struct ur_largest *largest, uint64_t network, struct ur_span product,
                      long owner)
{
    struct sender sender = sender_of(network, product);
    size_t at = find(largest, &sender);

    if (at < UR_LARGEST_KEPT) {
        add_one(largest, at);
    }
    else {
        admit(largest, &sender, owner);
    }
}

void ur_largest_free(struct ur_largest *largest, long owner)
{
    atomic_compare_exchange_strong(&largest->taker, &owner, 0);
}

/* False: the place is free, or was given to another meanwhile. */
static bool read_row(const struct ur_largest *largest, size_t at, struct ur_largest_row *row)
{
    uint64_t key = atomic_load_explicit(&largest->keys[at], memory_order_acquire);

    *row = (struct ur_largest_row){get_content(&largest->networks[at]), "",
                                   get_content(&largest->weights[at]) -
                                       get_content(&largest->inherited[at])};
    for (size_t i = 0; i < UR_LARGEST_WORDS; i++) {
        uint64_t word = get_content(&largest->products[at][i]);
        memcpy(row->product + i * sizeof word, &word, sizeof word);
    }
    return key && get(&largest->keys[at]) == key;
}

/* Among those of one number of requests in the order of networks and products, so that two
 * pages of the same numbers are the same. */
static bool comes_before(const struct ur_largest_row *a, const struct ur_largest_row *b)
{
    if (a->requests != b->requests) {
        return a->requests > b->requests;
    }
    return a->network != b->network ? a->network < b->network
                                    : strcmp(a->product, b->product) < 0;
}

/* Into those that are in order; the last one falls out where there is no room. */
static size_t insert(struct ur_largest_row rows[UR_LARGEST_SHOWN], size_t count,
                     const struct ur_largest_row *row)
{
    size_t at = count < UR_LARGEST_SHOWN ? count : UR_LARGEST_SHOWN - 1;

    if (count == UR_LARGEST_SHOWN && !comes_before(row, &rows[at])) {
        return count;
    }
    for (; at > 0 && comes_before(row, &rows[at - 1]); at--) {
        rows[at] = rows[at - 1];
    }
    rows[at] = *row;
    return count < UR_LARGEST_SHOWN ? count + 1 : count;
}

size_t ur_largest_read(const struct ur_largest *largest,
                       struct ur_largest_row rows[UR_LARGEST_SHOWN])
{
    size_t count = 0;
    struct ur_largest_row row;

    for (size_t at = 0; at < UR_LARGEST_KEPT; at++) {
        if (read_row(largest, at, &row)) {
            count = insert(rows, count, &row);
        }
    }
    return count;
}

static void write_ipv4(struct ur_buf *out, uint64_t network)
{
    for (unsigned shift = 24; shift > 0; shift -= 8) {
        ur_buf_number(out, network >> shift & 0xFF);
        ur_buf_literal(out, ".");
    }
    ur_buf_literal(out, "0/24");
}

static void write_group(struct ur_buf *out, unsigned group)
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned shift = 12; shift < 16; shift -= 4) {
        if (group >> shift || shift == 0) {
            ur_buf_bytes(out, &digits[group >> shift & 15], 1);
        }
    }
}

/* The zeros at the end are the longest run of them, and become the two colons. */
static void write_ipv6(struct ur_buf *out, uint64_t network)
{
    for (uint64_t rest = network; rest; rest <<= 16) {
        write_group(out, (unsigned)(rest >> 48));
        ur_buf_string(out, rest << 16 ? ":" : "");
    }
    ur_buf_literal(out, "::/56");
}

void ur_largest_write_network(struct ur_buf *out, uint64_t network)
{
    if (network >> 32 == 0xFFFF) {
        write_ipv4(out, network);
    }
    else {
        write_ipv6(out, network);
    }
}
