#include "core/metrics/ur_report_forms.h"

#include "core/text/ur_json.h"
#include "core/text/ur_time.h"

static void clients(struct ur_json *json, struct ur_seen seen, uint64_t count)
{
    ur_json_object(json, NULL, UR_JSON_INLINE);
    ur_json_word(json, "http", ur_protocol_http(seen.http));
    ur_json_word(json, "tls", ur_report_tls(seen.tls));
    ur_json_number(json, "count", count);
    ur_json_end_object(json);
}

static void requests(struct ur_json *json, const struct ur_report *report)
{
    struct ur_seen seen = {.http = UR_HTTP_ANY};

    ur_json_array(json, "requests", UR_JSON_LINES);
    while (ur_report_next_seen(&seen)) {
        uint64_t count = ur_counters_requests(report->requests, seen);
        if (count) {
            clients(json, seen, count);
        }
    }
    ur_json_end_array(json);
}

static void hellos(struct ur_json *json, const struct ur_report *report)
{
    ur_json_array(json, "tls", UR_JSON_LINES);
    for (enum ur_tls highest = UR_TLS_SOME; highest <= UR_TLS_1_3; highest++) {
        uint64_t post_quantum =
            ur_counters_hellos(report->hellos, (struct ur_offer){highest, true});
        uint64_t offers = post_quantum +
                          ur_counters_hellos(report->hellos, (struct ur_offer){highest, false});
        if (offers) {
            ur_json_object(json, NULL, UR_JSON_INLINE);
            ur_json_word(json, "highest", ur_report_tls(highest));
            ur_json_number(json, "offers", offers);
            ur_json_number(json, "post_quantum", post_quantum);
            ur_json_number(json, "failures",
                           ur_counters_hello_failures(report->hellos, highest));
            ur_json_end_object(json);
        }
    }
    ur_json_end_array(json);
}

static void decision(struct ur_json *json, const struct ur_decision *row)
{
    struct ur_seen seen = {.http = UR_HTTP_ANY};

    ur_json_object(json, NULL, UR_JSON_INLINE);
    ur_json_word(json, "server", row->policy->server);
    ur_json_word(json, "policy", row->policy->policy);
    ur_json_word(json, "verdict", ur_reason_verdict_word(row->verdict));
    ur_json_word(json, "reason", ur_reason_row(row->reason)->word);
    ur_json_number(json, "count", ur_report_decision_count(row));
    ur_json_array(json, "clients", UR_JSON_INLINE);
    while (ur_report_next_seen(&seen)) {
        uint64_t sum =
            ur_counters_decisions(row->policy->tally, row->verdict, row->reason, seen);
        if (sum) {
            clients(json, seen, sum);
        }
    }
    ur_json_end_array(json);
    ur_json_end_object(json);
}

static void decisions(struct ur_json *json, const struct ur_report *report)
{
    struct ur_decision_cursor cursor = {.policy = 0};
    struct ur_decision row;

    ur_json_array(json, "decisions", UR_JSON_LINES);
    while (ur_report_next_decision(report, &cursor, &row)) {
        if (ur_report_decision_count(&row)) {
            decision(json, &row);
        }
    }
    ur_json_end_array(json);
}

static void time_member(struct ur_json *json, const char *name, int64_t time)
{
    char room[sizeof "2027-01-01T00:00:00Z"];
    struct ur_buf text = {room, sizeof room, 0};

    ur_time_write(&text, time);
    ur_json_string(json, name, (struct ur_span){room, text.len});
}

static void in_force(struct ur_json *json, const struct ur_policy_numbers *policy,
                     const struct ur_in_force *one, int64_t now)
{
    const char *words[UR_FAMILIES];
    int64_t ends;
    enum ur_stage stage = ur_schedule_at(&one->schedule, now, &ends);

    ur_json_object(json, NULL, UR_JSON_INLINE);
    ur_json_word(json, "server", policy->server);
    ur_json_word(json, "policy", policy->policy);
    ur_json_words(json, "requires", words, ur_policy_words(&one->policy, words));
    ur_json_word(json, "mode", ur_schedule_mode_word(one->schedule.mode));
    ur_json_word(json, "phase", ur_schedule_phase_word(stage));
    if (one->schedule.from != UR_TIME_ALWAYS) {
        time_member(json, "enforced_from", one->schedule.from);
    }
    ur_json_end_object(json);
}

/* As they are configured: several of one name, where sections share it. */
static void policies(struct ur_json *json, const struct ur_report *report)
{
    ur_json_array(json, "policies", UR_JSON_LINES);
    for (size_t i = 0; i < report->policies_count; i++) {
        const struct ur_policy_numbers *policy = &report->policies[i];
        for (const struct ur_in_force *one = policy->in_force; one; one = one->next) {
            in_force(json, policy, one, report->now);
        }
    }
    ur_json_end_array(json);
}

static void largest(struct ur_json *json, const struct ur_largest *from)
{
    struct ur_largest_row rows[UR_LARGEST_SHOWN];
    size_t count = ur_largest_read(from, rows);

    ur_json_array(json, "largest", UR_JSON_LINES);
    for (size_t i = 0; i < count; i++) {
        char room[64];
        struct ur_buf network = {room, sizeof room, 0};
        ur_largest_write_network(&network, rows[i].network);
        ur_json_object(json, NULL, UR_JSON_INLINE);
        ur_json_string(json, "network", (struct ur_span){room, network.len});
        ur_json_word(json, "product", rows[i].product);
        ur_json_number(json, "requests", rows[i].requests);
        ur_json_end_object(json);
    }
    ur_json_end_array(json);
}

static void sketch(struct ur_json *json, const struct ur_sketch *from)
{
    char room[UR_SKETCH_REGISTERS];
    struct ur_buf text = {room, sizeof room, 0};

    ur_sketch_write(&text, from);
    ur_json_number(json, "estimate", ur_sketch_estimate(from));
    ur_json_string(json, "sketch", (struct ur_span){room, text.len});
}

/* Those that do not meet a policy; nothing where nobody asks for them. */
static void counted(struct ur_json *json, const struct ur_report *report)
{
    size_t at = 0;
    const struct ur_policy_numbers *policy = ur_report_next_counted(report, &at);

    if (!policy) {
        return;
    }
    ur_json_array(json, "clients", UR_JSON_LINES);
    for (; policy; policy = ur_report_next_counted(report, &at)) {
        ur_json_object(json, NULL, UR_JSON_LINES);
        ur_json_word(json, "server", policy->server);
        ur_json_word(json, "policy", policy->policy);
        sketch(json, &policy->clients.clients->sketch);
        largest(json, &policy->clients.clients->largest);
        ur_json_end_object(json);
    }
    ur_json_end_array(json);
}

static void children(struct ur_json *json, const struct ur_report *report)
{
    struct ur_child_numbers child;
    struct ur_child_cursor cursor = ur_report_first_child(report);

    ur_json_array(json, "children", UR_JSON_LINES);
    while (ur_report_next_child(report, &cursor, &child)) {
        ur_json_object(json, NULL, UR_JSON_INLINE);
        ur_json_number(json, "pid", (uint64_t)child.pid);
        ur_json_number(json, "generation", (uint64_t)child.generation);
        ur_json_bool(json, "leaving", child.leaving);
        for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
            ur_json_number(json, ur_outcome_carried_word(carrier), child.open[carrier]);
        }
        ur_json_number(json, "room", child.room);
        ur_json_end_object(json);
    }
    ur_json_end_array(json);
}

static void books(struct ur_json *json, const struct ur_tunnel_books *sums)
{
    ur_json_object(json, "open", UR_JSON_INLINE);
    ur_json_number(json, "current", sums->open);
    ur_json_number(json, "leaving", sums->leaving);
    ur_json_end_object(json);
    ur_json_object(json, "opened", UR_JSON_INLINE);
    for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
        ur_json_number(json, ur_outcome_carried_word(carrier), sums->opened[carrier]);
    }
    ur_json_end_object(json);
    ur_json_object(json, "ended", UR_JSON_INLINE);
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ur_json_number(json, ur_outcome_word(outcome), sums->ended[outcome]);
    }
    ur_json_end_object(json);
    ur_json_object(json, "refused", UR_JSON_INLINE);
    for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
        ur_json_number(json, ur_outcome_turned_away_word(why), sums->turned_away[why]);
    }
    ur_json_end_object(json);
    ur_json_number(json, "unlimited", sums->unlimited);
    ur_json_object(json, "bytes", UR_JSON_INLINE);
    for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
        ur_json_number(json, ur_report_direction(direction), sums->bytes[direction]);
    }
    ur_json_end_object(json);
    ur_json_object(json, "pings", UR_JSON_INLINE);
    for (enum ur_pings pings = 0; pings < UR_PINGS_ALL; pings++) {
        ur_json_number(json, ur_outcome_pings_word(pings), sums->pings[pings]);
    }
    ur_json_end_object(json);
}

static void tunnels(struct ur_json *json, const struct ur_report *report)
{
    struct ur_tunnel_books sums = ur_tunnel_cell_books(report->cells);

    ur_json_object(json, "tunnels", UR_JSON_LINES);
    books(json, &sums);
    children(json, report);
    ur_json_end_object(json);
}

void ur_report_json(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_json json = {.out = out};

    ur_json_object(&json, NULL, UR_JSON_LINES);
    time_member(&json, "now", report->now);
    time_member(&json, "since", report->since);
    requests(&json, report);
    if (report->hellos.first) {
        hellos(&json, report);
    }
    policies(&json, report);
    decisions(&json, report);
    counted(&json, report);
    if (report->cells.first) {
        tunnels(&json, report);
    }
    ur_json_end_object(&json);
    ur_buf_literal(out, "\n");
}
