#include "core/metrics/ur_counters.h"

#include "core/metrics/ur_tunnel_cell.h"

/* The mark of tunnels is the one behind those of all pairs. */
#define OPENED (UR_MARKS - 1)

static uint64_t bit_of(size_t mark)
{
    return UINT64_C(1) << mark % 64;
}

static void tunnel_words(struct ur_buf *out)
{
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_outcome_word(outcome));
    }
    for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_outcome_turned_away_word(why));
    }
    for (enum ur_pings pings = 0; pings < UR_PINGS_ALL; pings++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_outcome_pings_word(pings));
    }
}

/* Everything that decides where a counter is, and what it means. */
void ur_counters_layout(struct ur_buf *out)
{
    ur_buf_number(out, sizeof(struct ur_requests));
    ur_buf_literal(out, " ");
    ur_buf_number(out, sizeof(struct ur_hellos));
    ur_buf_literal(out, " post_quantum no yes");
    ur_buf_literal(out, " ");
    ur_buf_number(out, sizeof(struct ur_tally));
    ur_buf_literal(out, " ");
    ur_buf_number(out, UR_TUNNEL_LAYOUT);
    for (int verdict = 0; verdict < UR_VERDICTS; verdict++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_reason_verdict_word((enum ur_verdict)verdict));
    }
    for (int reason = 0; reason < UR_REASONS; reason++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_reason_row((enum ur_reason)reason)->word);
    }
    for (int http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_protocol_http((enum ur_http)http));
    }
    for (int tls = UR_TLS_SOME; tls <= UR_TLS_1_3; tls++) {
        ur_buf_literal(out, " ");
        ur_buf_string(out, ur_protocol_tls((enum ur_tls)tls));
    }
    tunnel_words(out);
}

void ur_counters_count_decision(struct ur_tally_slots slots, size_t slot,
                                enum ur_verdict verdict, enum ur_reason reason,
                                struct ur_seen seen)
{
    size_t at = slot * slots.stride;

    atomic_fetch_add_explicit(&slots.first[at].counts[verdict][reason][seen.http][seen.tls], 1,
                              memory_order_relaxed);
    ur_used_set(&slots.used[at], ur_mark_of(verdict, reason));
}

void ur_counters_count_opened(struct ur_tally_slots slots, size_t slot, enum ur_carried carrier)
{
    atomic_fetch_add_explicit(&slots.first[slot * slots.stride].opened[carrier], 1,
                              memory_order_relaxed);
    ur_used_set(&slots.used[slot * slots.stride], OPENED);
}

void ur_counters_expect(struct ur_tally_slots slots, size_t slot, enum ur_verdict verdict,
                        enum ur_reason reason)
{
    ur_used_set(&slots.used[slot * slots.stride], ur_mark_of(verdict, reason));
}

void ur_counters_expect_tunnels(struct ur_tally_slots slots)
{
    ur_used_set(slots.used, OPENED);
}

bool ur_counters_expects_tunnels(struct ur_tally_slots slots)
{
    for (size_t i = 0; i < slots.count; i++) {
        if (ur_used_has(&slots.used[i * slots.stride], OPENED)) {
            return true;
        }
    }
    return false;
}

uint64_t ur_counters_opened(struct ur_tally_slots slots, enum ur_carried carrier)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        size_t at = i * slots.stride;
        if (ur_used_has(&slots.used[at], OPENED)) {
            sum += atomic_load_explicit(&slots.first[at].opened[carrier], memory_order_relaxed);
        }
    }
    return sum;
}

uint64_t ur_counters_requests(struct ur_request_slots slots, struct ur_seen seen)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        sum += atomic_load_explicit(&slots.first[i].counts[seen.http][seen.tls],
                                    memory_order_relaxed);
    }
    return sum;
}

uint64_t ur_counters_hellos(struct ur_hello_slots slots, struct ur_offer offer)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        sum += atomic_load_explicit(&slots.first[i].offers[offer.highest][offer.post_quantum],
                                    memory_order_relaxed);
    }
    return sum;
}

uint64_t ur_counters_hello_failures(struct ur_hello_slots slots, enum ur_tls highest)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        sum += atomic_load_explicit(&slots.first[i].failures[highest], memory_order_relaxed);
    }
    return sum;
}

struct ur_marks ur_counters_marks(struct ur_tally_slots slots)
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

bool ur_counters_marked(const struct ur_marks *marks, enum ur_verdict verdict,
                        enum ur_reason reason)
{
    size_t mark = ur_mark_of(verdict, reason);

    return marks->words[mark / 64] & bit_of(mark);
}

void ur_counters_mark(struct ur_marks *marks, enum ur_verdict verdict, enum ur_reason reason)
{
    size_t mark = ur_mark_of(verdict, reason);

    marks->words[mark / 64] |= bit_of(mark);
}

void ur_counters_unite(struct ur_marks *marks, const struct ur_marks *more)
{
    for (size_t word = 0; word < UR_MARK_WORDS; word++) {
        marks->words[word] |= more->words[word];
    }
}

uint64_t ur_counters_decisions(struct ur_tally_slots slots, enum ur_verdict verdict,
                               enum ur_reason reason, struct ur_seen seen)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < slots.count; i++) {
        size_t at = i * slots.stride;
        /* What is not marked is zero, or about to be counted: its page need not be made. */
        if (ur_used_has(&slots.used[at], ur_mark_of(verdict, reason))) {
            sum += atomic_load_explicit(
                &slots.first[at].counts[verdict][reason][seen.http][seen.tls],
                memory_order_relaxed);
        }
    }
    return sum;
}
