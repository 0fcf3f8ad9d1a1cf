#include "wording/ur_report_forms.h"

#include "values/ur_escape.h"
#include "values/ur_time.h"

static void member(struct ur_buf *out, const char *opening, const char *text)
{
    ur_buf_string(out, opening);
    ur_escape_json(out, ur_span_of(text));
    ur_buf_literal(out, "\"");
}

/* {"http":...,"tls":...,"count":...}, with what has to stand before it. */
static void clients(struct ur_buf *out, const char *before, struct ur_seen seen, uint64_t count)
{
    ur_buf_string(out, before);
    member(out, "{\"http\":\"", ur_http_version(seen.http));
    member(out, ",\"tls\":\"", ur_report_tls(seen.tls));
    ur_buf_literal(out, ",\"count\":");
    ur_buf_number(out, count);
    ur_buf_literal(out, "}");
}

static void requests(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_seen seen = {UR_TLS_NONE, UR_HTTP_ANY};
    const char *before = "\n  ";

    while (ur_seen_next(&seen)) {
        uint64_t count = ur_requests_sum(report->requests, seen);
        if (count) {
            clients(out, before, seen, count);
            before = ",\n  ";
        }
    }
}

static void hellos(const struct ur_report *report, struct ur_buf *out)
{
    const char *before = "\n  ";

    ur_buf_literal(out, "],\n \"tls\":[");
    for (enum ur_tls highest = UR_TLS_SOME; highest <= UR_TLS_1_3; highest++) {
        uint64_t offers = ur_offers_sum(report->hellos, highest);
        if (offers) {
            ur_buf_string(out, before);
            member(out, "{\"highest\":\"", ur_report_tls(highest));
            ur_buf_literal(out, ",\"offers\":");
            ur_buf_number(out, offers);
            ur_buf_literal(out, ",\"failures\":");
            ur_buf_number(out, ur_failures_sum(report->hellos, highest));
            ur_buf_literal(out, "}");
            before = ",\n  ";
        }
    }
}

/* "word":number, with what has to stand before it */
static void count(struct ur_buf *out, const char *before, const char *word, uint64_t number)
{
    member(out, before, word);
    ur_buf_literal(out, ":");
    ur_buf_number(out, number);
}

static void children(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_child_numbers child;
    const char *before = "\n    ";
    size_t at = 0;

    ur_buf_literal(out, ",\n  \"children\":[");
    while (ur_child_next(report, &at, &child)) {
        ur_buf_string(out, before);
        count(out, "{\"", "pid", (uint64_t)child.pid);
        count(out, ",\"", "generation", (uint64_t)child.generation);
        ur_buf_string(out, child.leaving ? ",\"leaving\":true" : ",\"leaving\":false");
        for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
            count(out, ",\"", ur_carried_word(carrier), child.open[carrier]);
        }
        count(out, ",\"", "room", child.room);
        ur_buf_literal(out, "}");
        before = ",\n    ";
    }
    ur_buf_literal(out, "]");
}

static void tunnels(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_tunnel_books books = ur_tunnel_books(report->cells);

    ur_buf_literal(out, ",\n \"tunnels\":{\n  \"open\":");
    count(out, "{\"", "current", books.open);
    count(out, ",\"", "leaving", books.leaving);
    ur_buf_literal(out, "},\n  \"opened\":");
    for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
        count(out, carrier ? ",\"" : "{\"", ur_carried_word(carrier), books.opened[carrier]);
    }
    ur_buf_literal(out, "},\n  \"ended\":");
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        count(out, outcome ? ",\"" : "{\"", ur_outcome_word(outcome), books.ended[outcome]);
    }
    ur_buf_literal(out, "},\n  \"refused\":");
    for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
        count(out, why ? ",\"" : "{\"", ur_turned_away_word(why), books.turned_away[why]);
    }
    ur_buf_literal(out, "},\n  \"bytes\":");
    for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
        count(out, direction ? ",\"" : "{\"", ur_report_direction(direction),
              books.bytes[direction]);
    }
    ur_buf_literal(out, "}");
    children(report, out);
    ur_buf_literal(out, "}");
}

static void write_decision(const struct ur_decision *decision, struct ur_buf *out)
{
    struct ur_seen seen = {UR_TLS_NONE, UR_HTTP_ANY};
    const char *before = "";

    member(out, "{\"server\":\"", decision->policy->server);
    member(out, ",\"policy\":\"", decision->policy->policy);
    member(out, ",\"verdict\":\"", ur_verdict_word(decision->verdict));
    member(out, ",\"reason\":\"", ur_reason_row(decision->reason)->word);
    ur_buf_literal(out, ",\"count\":");
    ur_buf_number(out, ur_decision_count(decision));
    ur_buf_literal(out, ",\"clients\":[");
    while (ur_seen_next(&seen)) {
        uint64_t sum =
            ur_tally_sum(decision->policy->tally, decision->verdict, decision->reason, seen);
        if (sum) {
            clients(out, before, seen, sum);
            before = ",";
        }
    }
    ur_buf_literal(out, "]}");
}

void ur_report_json(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_decision_cursor cursor = {.policy = 0};
    struct ur_decision decision;
    const char *before = "\n  ";

    ur_buf_literal(out, "{\"now\":\"");
    ur_time_write(out, report->now);
    ur_buf_literal(out, "\",\n \"since\":\"");
    ur_time_write(out, report->since);
    ur_buf_literal(out, "\",\n \"requests\":[");
    requests(report, out);
    if (report->hellos.first) {
        hellos(report, out);
    }
    ur_buf_literal(out, "],\n \"decisions\":[");
    while (ur_decision_next(report, &cursor, &decision)) {
        ur_buf_string(out, before);
        write_decision(&decision, out);
        before = ",\n  ";
    }
    ur_buf_literal(out, "]");
    if (report->cells.first) {
        tunnels(report, out);
    }
    ur_buf_literal(out, "}\n");
}
