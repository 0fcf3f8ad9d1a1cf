#include "core/metrics/ur_counters.h"

/* The mark of tunnels is the one behind those of all pairs. */
#define OPENED (UR_MARKS - 1)

static size_t mark_of(enum ur_verdict verdict, enum ur_reason reason)
{
    return (size_t)verdict * UR_REASONS + (size_t)reason;
}

static uint64_t bit_of(size_t mark)
{
    return UINT64_C(1) << mark % 64;
}

static bool is_used(ur_used *used, size_t mark)
{
    return atomic_load_explicit(&used->words[mark / 64], memory_order_relaxed) & bit_of(mark);
}

/* Read before it is written: nearly always the mark is there, and the line is shared. */
static void set_used(ur_used *used, size_t mark)
{
    if (!is_used(used, mark)) {
        atomic_fetch_or_explicit(&used->words[mark / 64], bit_of(mark), memory_order_relaxed);
    }
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

    atomic_fetch_add_explicit(&slots.first[at].counts[verdict][reason][seen.http - 1][seen.tls],
                              1, memory_order_relaxed);
    set_used(&slots.used[at], mark_of(verdict, reason));
}

void ur_count_opened(struct ur_tally_slots slots, size_t slot, enum ur_carried carrier)
{
    atomic_fetch_add_explicit(&slots.first[slot * slots.stride].opened[carrier], 1,
                              memory_order_relaxed);
    set_used(&slots.used[slot * slots.stride], OPENED);
}

uint64_t ur_opened_sum(struct ur_tally_slots slots, enum ur_carried carrier)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        size_t at = i * slots.stride;
        if (is_used(&slots.used[at], OPENED)) {
            sum += atomic_load_explicit(&slots.first[at].opened[carrier], memory_order_relaxed);
        }
    }
    return sum;
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

struct ur_marks ur_tally_marks(struct ur_tally_slots slots)
{
    struct ur_marks marks = {{0}};

    for (size_t i = 0; i < slots.count; i++) {
        for (size_t word = 0; word < UR_MARK_WORDS; word++) {
            marks.words[word] |= atomic_load_explicit(&slots.used[i * slots.stride].words[word],
                                                      memory_order_relaxed);
        }
    }
    return marks;
}

bool ur_marked(const struct ur_marks *marks, enum ur_verdict verdict, enum ur_reason reason)
{
    size_t mark = mark_of(verdict, reason);

    return marks->words[mark / 64] & bit_of(mark);
}

uint64_t ur_tally_sum(struct ur_tally_slots slots, enum ur_verdict verdict,
                      enum ur_reason reason, struct ur_seen seen)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        size_t at = i * slots.stride;
        /* What is not marked is zero, or about to be counted: its page need not be made. */
        if (is_used(&slots.used[at], mark_of(verdict, reason))) {
            sum += atomic_load_explicit(
                &slots.first[at].counts[verdict][reason][seen.http - 1][seen.tls],
                memory_order_relaxed);
        }
    }
    return sum;
}

struct ur_tunnel_cell *ur_tunnel_cell_take(struct ur_tunnel_cells cells, long pid,
                                           long generation)
{
    for (size_t i = 0; i < cells.count; i++) {
        long nobody = 0;
        if (atomic_compare_exchange_strong(&cells.first[i].pid, &nobody, pid)) {
            atomic_store(&cells.first[i].generation, generation);
            return cells.first + i;
        }
    }
    return NULL;
}

/* What has ended is read first: nothing ends that was not opened. */
uint64_t ur_tunnel_cell_open(const struct ur_tunnel_cell *cell, enum ur_carried carrier)
{
    uint64_t ended = 0;

    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ended += atomic_load_explicit(&cell->ended[carrier][outcome], memory_order_acquire);
    }
    return atomic_load_explicit(&cell->opened[carrier], memory_order_relaxed) - ended;
}

static uint64_t close_books(struct ur_tunnel_cell *cell, enum ur_outcome outcome)
{
    uint64_t all = 0;

    for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
        uint64_t open = ur_tunnel_cell_open(cell, carrier);
        atomic_fetch_add(&cell->ended[carrier][outcome], open);
        all += open;
    }
    return all;
}

uint64_t ur_tunnel_cell_free(struct ur_tunnel_cells cells, long pid, enum ur_outcome outcome)
{
    uint64_t open = 0;

    for (size_t i = 0; i < cells.count; i++) {
        struct ur_tunnel_cell *cell = &cells.first[i];
        if (atomic_load(&cell->pid) == pid) {
            open += close_books(cell, outcome);
            atomic_store(&cell->leaving, 0);
            atomic_store(&cell->draining, 0);
            atomic_store(&cell->room, 0);
            atomic_store(&cell->held, 0);
            atomic_store(&cell->carried, 0);
            atomic_store(&cell->pid, 0);
        }
    }
    return open;
}

long ur_tunnel_generation(struct ur_tunnel_cells cells)
{
    long newest = 0;

    for (size_t i = 0; i < cells.count; i++) {
        long generation = atomic_load(&cells.first[i].generation);
        if (atomic_load(&cells.first[i].pid) && generation > newest) {
            newest = generation;
        }
    }
    return newest;
}

bool ur_tunnel_cell_leaving(const struct ur_tunnel_cell *cell, long newest)
{
    return atomic_load(&cell->leaving) || atomic_load(&cell->generation) < newest;
}

static void add_carried(struct ur_tunnel_books *books, const struct ur_tunnel_cell *cell,
                        enum ur_carried carrier, bool leaving)
{
    uint64_t ended = 0;
    uint64_t opened;

    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        uint64_t count =
            atomic_load_explicit(&cell->ended[carrier][outcome], memory_order_acquire);
        books->ended[outcome] += count;
        ended += count;
    }
    opened = atomic_load_explicit(&cell->opened[carrier], memory_order_relaxed);
    books->opened[carrier] += opened;
    *(leaving ? &books->leaving : &books->open) += opened - ended;
}

struct ur_tunnel_books ur_tunnel_books(struct ur_tunnel_cells cells)
{
    struct ur_tunnel_books books = {.open = 0};
    long newest = ur_tunnel_generation(cells);

    for (size_t i = 0; i < cells.count; i++) {
        const struct ur_tunnel_cell *cell = &cells.first[i];
        for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
            add_carried(&books, cell, carrier, ur_tunnel_cell_leaving(cell, newest));
        }
        for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
            books.turned_away[why] +=
                atomic_load_explicit(&cell->turned_away[why], memory_order_relaxed);
        }
        for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
            books.bytes[direction] +=
                atomic_load_explicit(&cell->bytes[direction], memory_order_relaxed);
        }
    }
    return books;
}
