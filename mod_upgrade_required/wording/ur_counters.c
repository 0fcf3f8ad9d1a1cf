#include "wording/ur_counters.h"

_Static_assert(UR_VERDICTS *UR_REASONS <= 64, "a bit of ur_used for each");

uint64_t ur_tally_bit(enum ur_verdict verdict, enum ur_reason reason)
{
    return UINT64_C(1) << ((unsigned)verdict * UR_REASONS + (unsigned)reason);
}

/* All that decides where a number stands, and what it means. */
void ur_counters_layout(struct ur_buf *out)
{
    ur_buf_number(out, sizeof(struct ur_requests));
    ur_buf_literal(out, " ");
    ur_buf_number(out, sizeof(struct ur_hellos));
    ur_buf_literal(out, " ");
    ur_buf_number(out, sizeof(struct ur_tally));
    ur_buf_literal(out, " ");
    ur_buf_number(out, UR_TUNNEL_LAYOUT);
    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_verdict_word((enum ur_verdict)verdict));
    }
    for (int reason = 0; reason < UR_REASONS; reason++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_reason_row((enum ur_reason)reason)->word);
    }
    for (int http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_http_version((enum ur_http)http));
    }
    for (int tls = UR_TLS_SOME; tls <= UR_TLS_1_3; tls++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_tls_version((enum ur_tls)tls));
    }
}

void ur_count_decision(struct ur_tally_slots slots, size_t slot, enum ur_verdict verdict,
                       enum ur_reason reason, struct ur_seen seen)
{
    size_t at = slot * slots.stride;
    uint64_t mark = ur_tally_bit(verdict, reason);

    atomic_fetch_add_explicit(&slots.first[at].counts[verdict][reason][seen.http - 1][seen.tls],
                              1, memory_order_relaxed);
    if (!(atomic_load_explicit(&slots.used[at], memory_order_relaxed) & mark)) {
        atomic_fetch_or_explicit(&slots.used[at], mark, memory_order_relaxed);
    }
}

uint64_t ur_requests_sum(struct ur_request_slots slots, struct ur_seen seen)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        sum += atomic_load_explicit(&slots.first[i].counts[seen.http - 1][seen.tls],
                                    memory_order_relaxed);
    }
    return sum;
}

uint64_t ur_offers_sum(struct ur_hello_slots slots, enum ur_tls highest)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        sum += atomic_load_explicit(&slots.first[i].offers[highest], memory_order_relaxed);
    }
    return sum;
}

uint64_t ur_failures_sum(struct ur_hello_slots slots, enum ur_tls highest)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        sum += atomic_load_explicit(&slots.first[i].failures[highest], memory_order_relaxed);
    }
    return sum;
}

uint64_t ur_tally_used(struct ur_tally_slots slots)
{
    uint64_t used = 0;

    for (size_t i = 0; i < slots.count; i++) {
        used |= atomic_load_explicit(&slots.used[i * slots.stride], memory_order_relaxed);
    }
    return used;
}

uint64_t ur_tally_sum(struct ur_tally_slots slots, enum ur_verdict verdict,
                      enum ur_reason reason, struct ur_seen seen)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        size_t at = i * slots.stride;
        /* What is not marked is zero, or about to be counted: its page need not be made. */
        if (atomic_load_explicit(&slots.used[at], memory_order_relaxed) &
            ur_tally_bit(verdict, reason)) {
            sum += atomic_load_explicit(
                &slots.first[at].counts[verdict][reason][seen.http - 1][seen.tls],
                memory_order_relaxed);
        }
    }
    return sum;
}

struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid)
{
    for (size_t i = 0; i < cells.count; i++) {
        long nobody = 0;
        if (atomic_compare_exchange_strong(&cells.first[i].pid, &nobody, pid)) {
            atomic_store(&cells.first[i].open, 0);
            return cells.first + i;
        }
    }
    return NULL;
}

void ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid)
{
    for (size_t i = 0; i < cells.count; i++) {
        if (atomic_load(&cells.first[i].pid) == pid) {
            atomic_store(&cells.first[i].open, 0);
            atomic_store(&cells.first[i].pid, 0);
        }
    }
}

uint64_t ur_tunnels_open(struct ur_tunnel_cells cells)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < cells.count; i++) {
        sum += atomic_load_explicit(&cells.first[i].open, memory_order_relaxed);
    }
    return sum;
}

uint64_t ur_tunnels_ended(const struct ur_tunnels *tunnels, enum ur_outcome outcome)
{
    return atomic_load_explicit(&tunnels->ended[outcome], memory_order_relaxed);
}

uint64_t ur_tunnels_bytes(const struct ur_tunnels *tunnels, enum ur_direction direction)
{
    return atomic_load_explicit(&tunnels->bytes[direction], memory_order_relaxed);
}
